-- runs outside a transaction
-- As user_profile_metadata_value_idx, which it replaces, with the value: so that the profiles with a pair are known from the index alone. Only the
-- entries of leaves have it, and no search compares it. An entry has at most 2,356 bytes: 64 characters of the key, 512 of the value.
create index concurrently if not exists user_profile_metadata_pair_idx
    on user_profile_metadata (organization_id, key, hashtextextended(value, 0), profile_id)
    include (value);
