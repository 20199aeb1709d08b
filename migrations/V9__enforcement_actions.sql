-- Limits that were placed on a profile. A row stays when it is resolved; the profile shows those that are open.
create table enforcement_actions (
    organization_id uuid not null,
    profile_id uuid not null,
    id uuid not null,
    kind text not null,
    reason text not null,
    opened_at timestamptz not null,
    -- Null: no end date. A restriction past it is open no longer, without anybody writing so.
    expires_at timestamptz,
    -- Whether an identity check can clear the action, and whether one has been submitted.
    identity_check text not null,
    resolved_at timestamptz,
    constraint enforcement_actions_pkey primary key (organization_id, profile_id, id),
    constraint enforcement_actions_profile_fkey foreign key (organization_id, profile_id)
        references user_profiles (organization_id, id) on delete cascade,
    constraint enforcement_actions_kind_check check (kind in ('restriction', 'ban')),
    constraint enforcement_actions_reason_check check (
        reason in ('unsupported_region', 'fraud_or_abuse', 'high_harm', 'usage_policy_violation', 'account_compromise', 'unspecified')
    ),
    constraint enforcement_actions_identity_check_check check (identity_check in ('none', 'offered', 'in_review')),
    constraint enforcement_actions_expires_at_check
        check (expires_at is null or (expires_at > opened_at and kind = 'restriction' and reason <> 'account_compromise')),
    constraint enforcement_actions_ban_check check (kind = 'restriction' or identity_check = 'none')
);
