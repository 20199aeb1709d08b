-- runs outside a transaction
-- Its successor is complete. Releases of before read that one just as well.
drop index concurrently if exists user_profile_metadata_value_idx;
