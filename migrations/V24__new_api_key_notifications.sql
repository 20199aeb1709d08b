-- Services know which keys exist, so that guesses do not compete with them for the database, and remember for a few seconds which do not.
-- A new key is made known to all of them: by its id, for every session of the database can listen.
create function notify_of_new_api_key() returns trigger language plpgsql as $$
begin
    perform pg_notify('uprof_credentials', 'new_api_key:' || new.organization_id || ':' || new.id);
    return null;
end
$$;

create trigger api_keys_created after insert on api_keys
    for each row execute function notify_of_new_api_key();
