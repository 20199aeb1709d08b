-- What the platform states about the entity beyond its own id for it (reference_id). Nothing here is verified; the hashes are opaque.
alter table user_profiles
    add column account_status text,
    add column country text,
    add column email_hash text,
    add column entity_type text,
    add column name_hash text,
    add column onboarded_at timestamptz,
    add constraint user_profiles_account_status_check check (account_status in ('active', 'suspended', 'blocked')),
    add constraint user_profiles_country_check check (country ~ '^[A-Z]{2}$'),
    add constraint user_profiles_email_hash_check check (length(email_hash) between 1 and 255),
    add constraint user_profiles_entity_type_check
        check (entity_type in ('individual', 'business', 'non_profit', 'government')),
    add constraint user_profiles_name_hash_check check (length(name_hash) between 1 and 255);
