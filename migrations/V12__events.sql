-- What happened to profiles: the audit trail. A row is written in the transaction of the change that it tells of, and is never changed.
-- It holds no value that a platform wrote, only the names of fields, so it outlives an erasure: no foreign key to the profile. Nor one to
-- the organization, which the profile has: what is written with every create need not be looked up twice.
create table events (
    organization_id uuid not null,
    -- A UUIDv7: the primary key is the order in which things happened.
    id uuid not null,
    created_at timestamptz not null,
    kind text not null,
    profile_id uuid not null,
    -- Which fields an update changed.
    fields text[],
    -- Which grant was asked for, decided or withdrawn, and what it is now; a status of null: neither decided nor in flight.
    grant_name text collate "C",
    grant_status text,
    enforcement_action_id uuid,
    constraint events_pkey primary key (organization_id, id),
    constraint events_kind_check check (
        kind in (
            'user_profile.created',
            'user_profile.updated',
            'user_profile.erased',
            'user_profile.program_status_updated',
            'user_profile.enforcement_action_opened',
            'user_profile.enforcement_action_resolved'
        )
    ),
    constraint events_fields_check check ((fields is not null) = (kind = 'user_profile.updated')),
    constraint events_grant_name_check check ((grant_name is not null) = (kind = 'user_profile.program_status_updated')),
    constraint events_grant_status_check check (grant_status in ('active', 'pending', 'rejected')),
    constraint events_enforcement_action_id_check
        check ((enforcement_action_id is not null) = (kind like 'user\_profile.enforcement\_action\_%'))
);

-- The history of one profile.
create index events_profile_idx on events (organization_id, profile_id, id);

-- What happens rarely, in its order. Creates and updates are found soon enough on the way through the primary key, and are what must not
-- pay for another index.
create index events_rare_idx on events (organization_id, id)
    where kind not in ('user_profile.created', 'user_profile.updated');
