-- A profile counts its changes: 1 at its creation, one more with each change that it shows. `If-Match` compares the number. A constant
-- default: no row is rewritten.
alter table user_profiles add column revision bigint not null default 1;

-- The number in the answer under an idempotency key; null for answers that were stored before.
alter table idempotency_keys add column revision bigint;

-- Fails a statement that saved fewer rows than it meant to, so that none of it is done: another transaction has changed or locked a
-- profile, or taken an idempotency key, since they were read. SQLSTATE UP001 is this service's own.
create function require_saved(saved bigint, expected bigint) returns boolean language plpgsql as $$
begin
    if saved <> expected then
        raise exception 'profiles or idempotency keys have changed since they were read' using errcode = 'UP001';
    end if;
    return true;
end
$$;
