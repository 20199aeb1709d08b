-- What was answered to a request that carried an idempotency key, for its repetitions: written in the transaction of what was done.
create table idempotency_keys (
    organization_id uuid not null,
    key text collate "C" not null,
    -- SHA-256 of the request, by which a repetition is told from another request under the same key.
    fingerprint bytea not null,
    -- Whom the answer speaks of: it must not outlive that profile's erasure. Null where it speaks of no profile.
    profile_id uuid,
    created_at timestamptz not null,
    -- As it was sent; encrypted with the caller's own API key where it holds a secret.
    answer bytea not null,
    constraint idempotency_keys_pkey primary key (organization_id, key),
    constraint idempotency_keys_profile_fkey foreign key (organization_id, profile_id)
        references user_profiles (organization_id, id) on delete cascade,
    constraint idempotency_keys_key_check check (length(key) between 1 and 255),
    constraint idempotency_keys_fingerprint_check check (length(fingerprint) = 32)
);

-- For the cascade.
create index idempotency_keys_profile_idx on idempotency_keys (organization_id, profile_id) where profile_id is not null;

-- For the sweep of those that are too old, over all organizations.
create index idempotency_keys_created_at_idx on idempotency_keys (created_at);
