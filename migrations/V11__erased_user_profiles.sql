-- What is left of a profile after its erasure: that it was there, from when to when. No foreign key to it exists, for all that could
-- point here is erased with it.
create table erased_user_profiles (
    organization_id uuid not null,
    id uuid not null,
    created_at timestamptz not null,
    erased_at timestamptz not null,
    constraint erased_user_profiles_pkey primary key (organization_id, id),
    constraint erased_user_profiles_organization_id_fkey foreign key (organization_id) references organizations (id)
);
