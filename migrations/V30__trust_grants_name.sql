-- runs outside a transaction
-- Profiles by the status of one grant, in the order of the list. (The index by status alone is in the order of decisions.)
create index concurrently if not exists trust_grants_name_idx on trust_grants (organization_id, name, status, profile_id);
