-- Links that nobody used, by the time from which on they open nothing and can be deleted, in all organizations.
create index enrollments_expires_at_idx on enrollments (expires_at) where used_at is null;
