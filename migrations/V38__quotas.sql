-- How many objects an organization may have. Null: the service's default, which for profiles is any number. No default, and `not valid`: no row is
-- rewritten or scanned, and each of them satisfies the constraints.
alter table organizations add column api_key_quota bigint;
alter table organizations add column open_link_quota bigint;
alter table organizations add column profile_quota bigint;
alter table organizations add constraint organizations_api_key_quota_check check (api_key_quota >= 0) not valid;
alter table organizations add constraint organizations_open_link_quota_check check (open_link_quota >= 0) not valid;
alter table organizations add constraint organizations_profile_quota_check check (profile_quota >= 0) not valid;
