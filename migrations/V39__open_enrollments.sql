-- runs outside a transaction
-- The open links of an organization, which its quota counts; used ones stay for as long as their profile.
create index concurrently if not exists enrollments_open_idx on enrollments (organization_id, expires_at) where used_at is null;
