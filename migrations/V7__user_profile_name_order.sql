-- Lists by name. The "C" collation lowers ASCII letters only and compares bytes, so the service can compute the same key for a cursor.
-- Two indexes, for profiles without a name come last in both directions: a list reads the one and then the other.
create index user_profiles_name_idx on user_profiles (organization_id, lower(name collate "C"), id) where name is not null;
create index user_profiles_nameless_idx on user_profiles (organization_id, id) where name is null;
