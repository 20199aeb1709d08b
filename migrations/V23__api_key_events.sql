-- Creating and revoking an API key are events too. `not valid` saves a scan: each of these constraints holds for the rows of before.
alter table events alter column profile_id drop not null;
alter table events add column api_key_id uuid;
-- The API key with which it was done. Null: on the command line.
alter table events add column actor_api_key_id uuid;

alter table events drop constraint events_kind_check;
alter table events add constraint events_kind_check check (
    kind in (
        'user_profile.created',
        'user_profile.updated',
        'user_profile.erased',
        'user_profile.program_status_updated',
        'user_profile.enforcement_action_opened',
        'user_profile.enforcement_action_resolved',
        'api_key.created',
        'api_key.revoked'
    )
) not valid;
alter table events add constraint events_profile_id_check check ((profile_id is not null) = (kind like 'user\_profile.%')) not valid;
alter table events add constraint events_api_key_id_check check ((api_key_id is not null) = (kind like 'api\_key.%')) not valid;
alter table events add constraint events_actor_api_key_id_check check (actor_api_key_id is null or api_key_id is not null) not valid;
