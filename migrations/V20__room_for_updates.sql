-- Room on each page for the next version of its rows. An update that changes nothing indexed then stays on its page and touches no index;
-- in a table that is larger than memory each page that it touches besides would be read, and written whole to the log, for that one row.
alter table user_profiles set (fillfactor = 90);
alter table user_profile_metadata set (fillfactor = 90);
