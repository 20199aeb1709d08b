-- Who decided what of a grant, when and why. A row is written with the change of the grant, and is never changed.
create table trust_grant_decisions (
    organization_id uuid not null,
    profile_id uuid not null,
    grant_name text collate "C" not null,
    -- A UUIDv7: the primary key is the order of the decisions on one grant.
    id uuid not null,
    decided_at timestamptz not null,
    status text not null,
    actor text not null,
    reason text,
    expires_at timestamptz,
    -- The parts that were named, column by column: they are only ever read together.
    part_names text[] collate "C" not null,
    part_statuses text[] not null,
    part_data_retentions boolean[] not null,
    part_human_reviews boolean[] not null,
    constraint trust_grant_decisions_pkey primary key (organization_id, profile_id, grant_name, id),
    constraint trust_grant_decisions_profile_fkey foreign key (organization_id, profile_id)
        references user_profiles (organization_id, id) on delete cascade,
    constraint trust_grant_decisions_grant_name_check check (grant_name ~ '^[a-z][a-z0-9_]{0,63}$'),
    constraint trust_grant_decisions_status_check check (status in ('active', 'pending', 'rejected', 'withdrawn')),
    constraint trust_grant_decisions_actor_check check (char_length(actor) between 1 and 255),
    constraint trust_grant_decisions_reason_check check (char_length(reason) between 1 and 512),
    constraint trust_grant_decisions_expires_at_check check (expires_at is null or status = 'active'),
    constraint trust_grant_decisions_parts_check check (
        cardinality(part_statuses) = cardinality(part_names)
        and cardinality(part_data_retentions) = cardinality(part_names)
        and cardinality(part_human_reviews) = cardinality(part_names)
    )
);

-- What a grant is came about by its last decision. One past its end is there no longer, without anybody writing so.
alter table trust_grants
    add column decision_id uuid,
    add column decided_at timestamptz,
    add column expires_at timestamptz,
    add constraint trust_grants_expires_at_check check (expires_at is null or status = 'active');

-- Grants from before decisions were kept count as decided when their profile was created. An id begins with that time, as every UUIDv7.
update trust_grants g
   set decision_id = (left(g.profile_id::text, 19) || '8' || substr(md5(g.profile_id::text || g.name)::uuid::text, 21))::uuid,
       decided_at = p.created_at
  from user_profiles p
 where p.organization_id = g.organization_id
   and p.id = g.profile_id;

alter table trust_grants
    alter column decision_id set not null,
    alter column decided_at set not null;

-- The grants of an organization that are in one state, in the order of their decisions: those that wait are what the operator works off.
create index trust_grants_status_idx on trust_grants (organization_id, status, decision_id);

-- What ends, for whoever writes that it has, in all organizations.
create index trust_grants_expires_at_idx on trust_grants (expires_at) where expires_at is not null;
