-- Metadata, one row a pair, so that two updates that touch different keys touch different rows. At most 16 a profile: counted by the
-- service under the profile's row lock, for a check constraint cannot count rows. The "C" collation sorts by bytes, as the service does.
create table user_profile_metadata (
    organization_id uuid not null,
    profile_id uuid not null,
    key text collate "C" not null,
    value text not null,
    constraint user_profile_metadata_pkey primary key (organization_id, profile_id, key),
    constraint user_profile_metadata_profile_fkey foreign key (organization_id, profile_id)
        references user_profiles (organization_id, id) on delete cascade,
    constraint user_profile_metadata_key_check check (length(key) between 1 and 64),
    constraint user_profile_metadata_value_check check (length(value) between 1 and 512)
);
