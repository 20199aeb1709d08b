-- runs outside a transaction
-- Profiles by a pair of their metadata, in the order of the list. The hash stands for the value, which may be longer than an index entry can
-- be, and makes the entries small; the value itself is compared in the row. The function is the one that hash partitions rely on, so that
-- upgrades of Postgres do not change it.
create index concurrently if not exists user_profile_metadata_value_idx
    on user_profile_metadata (organization_id, key, hashtextextended(value, 0), profile_id);
