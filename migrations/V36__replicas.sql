-- The service processes that run now. Each counts requests by itself, and divides rate limits by their number.
create table replicas (
    id uuid not null,
    started_at timestamptz not null,
    -- By the database's clock, so that the clocks of replicas need not agree.
    seen_at timestamptz not null,
    constraint replicas_pkey primary key (id)
);
