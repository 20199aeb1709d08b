-- Trust grants, one row a grant that is decided or in flight; a grant that is neither has no row.
create table trust_grants (
    organization_id uuid not null,
    profile_id uuid not null,
    name text collate "C" not null,
    status text not null,
    constraint trust_grants_pkey primary key (organization_id, profile_id, name),
    constraint trust_grants_profile_fkey foreign key (organization_id, profile_id)
        references user_profiles (organization_id, id) on delete cascade,
    constraint trust_grants_name_check check (name ~ '^[a-z][a-z0-9_]{0,63}$'),
    constraint trust_grants_status_check check (status in ('active', 'pending', 'rejected'))
);
