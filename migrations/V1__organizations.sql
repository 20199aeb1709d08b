-- Tenants. Everything else belongs to one and leads its keys with organization_id, so that a tenant's rows lie together and the
-- tables can be distributed by that column when one Postgres is outgrown.
create table organizations (
    id uuid not null,
    created_at timestamptz not null,
    name text not null,
    -- The label of the wire shape for requests that name none. Which labels exist, the service knows; a check here would have to
    -- change with every new shape.
    default_version text not null,
    constraint organizations_pkey primary key (id)
);
