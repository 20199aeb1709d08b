-- The role `uprof_service`, as which the service runs: it reads and writes rows. It owns nothing, is no superuser, and cannot change the
-- schema. Run this in the service's database as the role that owns the schema, which is the one that runs `uprof migrate`:
--
--     psql "$UPROF_MIGRATION_DATABASE_URL" --set ON_ERROR_STOP=1 --file deploy/roles.sql
--
-- It may run again. Tables of later migrations get the same privileges by themselves. If it runs before the first migration, run it again
-- afterwards: only then the history of migrations is read-only for the service. An owner that may not create roles needs an administrator who
-- has run `create role uprof_service login` before. The password is set apart from this: `\password uprof_service` in psql.

do $$
begin
    if not exists (select from pg_roles where rolname = 'uprof_service') then
        create role uprof_service login;
    end if;
    execute format('grant connect on database %I to uprof_service', current_database());
end $$;

grant usage on schema public to uprof_service;
grant select, insert, update, delete on all tables in schema public to uprof_service;
grant usage, select on all sequences in schema public to uprof_service;
alter default privileges in schema public grant select, insert, update, delete on tables to uprof_service;
alter default privileges in schema public grant usage, select on sequences to uprof_service;

do $$
begin
    if to_regclass('public.refinery_schema_history') is not null then
        revoke insert, update, delete on public.refinery_schema_history from uprof_service;
    end if;
    if to_regclass('public.schema_requirement') is not null then
        revoke insert, update, delete on public.schema_requirement from uprof_service;
    end if;
end $$;
