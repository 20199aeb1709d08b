-- runs outside a transaction
-- Profiles by the platform's own id, which is not unique; those with one id in the order of the list, so that a page is a range. The "C"
-- collation compares bytes, as the service does.
create index concurrently if not exists user_profiles_reference_id_idx
    on user_profiles (organization_id, reference_id collate "C", id)
    where reference_id is not null;
