-- Links that were handed out. Of the token in a link only the SHA-256 is kept: it has 256 random bits.
create table enrollments (
    organization_id uuid not null,
    profile_id uuid not null,
    id uuid not null,
    token_hash bytea not null,
    created_at timestamptz not null,
    expires_at timestamptz not null,
    constraint enrollments_pkey primary key (organization_id, profile_id, id),
    constraint enrollments_profile_fkey foreign key (organization_id, profile_id)
        references user_profiles (organization_id, id) on delete cascade,
    constraint enrollments_token_hash_check check (length(token_hash) = 32),
    constraint enrollments_expires_at_check check (expires_at > created_at)
);

-- Whoever opens a link says nothing of an organization. Not unique, as with api_keys_hash_idx.
create index enrollments_token_hash_idx on enrollments (token_hash);
