-- A profile may have any number of links, decisions, enforcement actions and stored answers. An erasure that cascaded to all of them had no
-- bound in time, and held the profile's lock meanwhile. Now the profile and at most 1,000 rows of each are deleted at once, which hides the
-- rest from every reader; the background sweep deletes the rest in transactions of the same size. No row is inserted here without the lock
-- on its profile, so none can be orphaned by a concurrent erasure.
alter table idempotency_keys drop constraint idempotency_keys_profile_fkey;
alter table trust_grant_decisions drop constraint trust_grant_decisions_profile_fkey;
alter table enforcement_actions drop constraint enforcement_actions_profile_fkey;
alter table enrollments drop constraint enrollments_profile_fkey;

-- A key and the fingerprint of its request outlive the erasure of the profile: a late retry must not create the profile again. The answer
-- does not: null, as profile_id is then.
alter table idempotency_keys alter column answer drop not null;

-- Whether rows of the profile are left for the background sweep.
alter table erased_user_profiles add column has_remains boolean not null default false;
create index erased_user_profiles_remains_idx on erased_user_profiles (erased_at) where has_remains;
