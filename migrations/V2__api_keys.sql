-- API keys. The secret itself is never stored, only its SHA-256: it has 256 random bits, so there is nothing to guess.
create table api_keys (
    organization_id uuid not null,
    id uuid not null,
    hash bytea not null,
    -- By which people tell keys apart.
    last_four text not null,
    scopes text[] not null,
    -- Null: not bound to a workspace.
    workspace_id text,
    created_at timestamptz not null,
    expires_at timestamptz,
    revoked_at timestamptz,
    constraint api_keys_pkey primary key (organization_id, id),
    constraint api_keys_organization_id_fkey foreign key (organization_id) references organizations (id),
    constraint api_keys_hash_check check (length(hash) = 32),
    constraint api_keys_scopes_check check (scopes <@ array['profiles:read', 'profiles:write', 'admin'])
);

-- Authentication finds a key before it knows whose it is: the one lookup that cannot lead with organization_id. Not unique, for a
-- unique key could not be distributed; two equal hashes would mean that 256 random bits came up twice.
create index api_keys_hash_idx on api_keys (hash);
