-- Services are told of a changed credential by the service or the command that changed it, after its commit, and no longer by triggers: a
-- distributed Postgres has none, and does not prepare a transaction that notifies. A replica of the release before that serves meanwhile tells
-- nobody; its changes take effect within 5 seconds, as they do whenever a notification is lost.
drop trigger api_keys_changed on api_keys;
drop trigger api_keys_created on api_keys;
drop trigger organizations_changed on organizations;
drop function notify_of_api_key();
drop function notify_of_new_api_key();
drop function notify_of_organization();
