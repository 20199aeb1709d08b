-- Services remember credentials for a few seconds. What changes one is told to all of them in the same transaction, so that they forget it
-- at once: by its id, for whoever is connected to the database can listen.
create function notify_of_api_key() returns trigger language plpgsql as $$
begin
    perform pg_notify('uprof_credentials', 'api_key:' || old.id);
    return null;
end
$$;

create trigger api_keys_changed after update or delete on api_keys
    for each row execute function notify_of_api_key();

-- The shape that an organization is pinned to is remembered with its keys.
create function notify_of_organization() returns trigger language plpgsql as $$
begin
    perform pg_notify('uprof_credentials', 'organization:' || old.id);
    return null;
end
$$;

create trigger organizations_changed after update of default_version on organizations
    for each row execute function notify_of_organization();
