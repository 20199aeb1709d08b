-- runs outside a transaction
-- Profiles by relationship, in the order of the list. Most are external: those are no selection worth an entry in an index on each create.
create index concurrently if not exists user_profiles_relationship_idx
    on user_profiles (organization_id, relationship, id)
    where relationship <> 'external';
