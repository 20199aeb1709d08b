-- Profiles. The id is a UUIDv7, so the primary key is also the order of creation and lists need no second index.
create table user_profiles (
    organization_id uuid not null,
    id uuid not null,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    name text,
    relationship text not null,
    -- The platform's own id for the entity. Not unique: platforms reuse theirs.
    reference_id text,
    constraint user_profiles_pkey primary key (organization_id, id),
    constraint user_profiles_organization_id_fkey foreign key (organization_id) references organizations (id),
    constraint user_profiles_name_check check (length(name) between 1 and 255),
    constraint user_profiles_relationship_check check (relationship in ('external', 'resold', 'internal')),
    constraint user_profiles_reference_id_check check (length(reference_id) between 1 and 255),
    constraint user_profiles_updated_at_check check (updated_at >= created_at)
);
