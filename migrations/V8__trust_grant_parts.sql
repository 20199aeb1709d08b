-- What a grant consists of: the tiers of cyber, the features of efs. A part without a row is inactive.
create table trust_grant_parts (
    organization_id uuid not null,
    profile_id uuid not null,
    grant_name text collate "C" not null,
    name text collate "C" not null,
    status text not null,
    -- What a request must allow to profit from the part while it is active. Only tiers ask for anything.
    requires_data_retention boolean not null default false,
    requires_human_review boolean not null default false,
    constraint trust_grant_parts_pkey primary key (organization_id, profile_id, grant_name, name),
    constraint trust_grant_parts_grant_fkey foreign key (organization_id, profile_id, grant_name)
        references trust_grants (organization_id, profile_id, name) on delete cascade,
    constraint trust_grant_parts_name_check check (
        (grant_name = 'cyber' and name in ('a', 'b', 'c'))
        or (grant_name = 'efs' and name in ('data_retention_exemption', 'cmek', 'storage'))
    ),
    constraint trust_grant_parts_status_check check (status in ('active', 'inactive'))
);
