-- The history of a profile is that of its events. Which revision of the profile an event made; null for events of before, for which it is not
-- known. No default: no row is rewritten.
alter table events add column revision bigint;
-- The decision on a grant that an event reports. Its row holds the actor, whose name must not outlive the profile's erasure, as events do.
alter table events add column decision_id uuid;

-- The outcome of an identity check is a change that the profile shows, and had no event. `not valid` saves a scan: each of these constraints
-- holds for the rows of before.
alter table events drop constraint events_kind_check;
alter table events add constraint events_kind_check check (
    kind in (
        'user_profile.created',
        'user_profile.updated',
        'user_profile.erased',
        'user_profile.program_status_updated',
        'user_profile.enforcement_action_opened',
        'user_profile.enforcement_action_updated',
        'user_profile.enforcement_action_resolved',
        'api_key.created',
        'api_key.revoked'
    )
) not valid;
-- Creates and updates have an acting API key too.
alter table events drop constraint events_actor_api_key_id_check;
alter table events add constraint events_actor_api_key_id_check check (
    actor_api_key_id is null or api_key_id is not null or kind in ('user_profile.created', 'user_profile.updated')
) not valid;
alter table events add constraint events_decision_id_check
    check (decision_id is null or kind = 'user_profile.program_status_updated') not valid;

-- The values that a platform had written before an update, where the operator has chosen to store them. No foreign key: a profile may have any
-- number of them, and an erasure that cascaded to all would have no bound in time (V22). A row is inserted by the statement that locks and
-- updates the profile, so none can be orphaned by a concurrent erasure.
create table user_profile_before_images (
    organization_id uuid not null,
    profile_id uuid not null,
    -- The revision that the update made. The values are those of the revision before.
    revision bigint not null,
    name text,
    relationship text not null,
    account_status text,
    country text,
    email_hash text,
    entity_type text,
    name_hash text,
    onboarded_at timestamptz,
    reference_id text,
    -- Keys and values in turns.
    metadata text[] not null,
    constraint user_profile_before_images_pkey primary key (organization_id, profile_id, revision)
);
