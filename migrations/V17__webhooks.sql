-- Where organizations want to hear of what happens to their profiles.
create table webhook_endpoints (
    organization_id uuid not null,
    id uuid not null,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    url text not null,
    -- Empty: none. So too the description, and the reason while the service has not disabled the endpoint.
    name text not null,
    description text not null,
    enabled_events text[] not null,
    state text not null,
    disabled_reason text not null,
    -- Not a hash: deliveries are signed with it.
    signing_secret bytea not null,
    -- The one before, which signs too until then.
    previous_secret bytea,
    previous_secret_until timestamptz,
    -- Since when no delivery has succeeded. Null: the last one did, or there was none.
    failing_since timestamptz,
    constraint webhook_endpoints_pkey primary key (organization_id, id),
    constraint webhook_endpoints_organization_id_fkey foreign key (organization_id) references organizations (id),
    constraint webhook_endpoints_state_check check (state in ('enabled', 'disabled')),
    constraint webhook_endpoints_enabled_events_check check (
        cardinality(enabled_events) > 0
        and enabled_events <@ array[
            'user_profile.enforcement_action_opened',
            'user_profile.enforcement_action_resolved',
            'user_profile.program_status_updated'
        ]
    ),
    constraint webhook_endpoints_signing_secret_check check (length(signing_secret) = 32 and length(previous_secret) = 32),
    constraint webhook_endpoints_previous_secret_check check ((previous_secret is null) = (previous_secret_until is null))
);

-- One event on its way to one endpoint, queued in the transaction in which it happened.
create table webhook_deliveries (
    organization_id uuid not null,
    endpoint_id uuid not null,
    event_id uuid not null,
    created_at timestamptz not null,
    -- The shape that the organization was pinned to then: every attempt tells the same.
    version text not null,
    state text not null,
    -- From when on somebody may take it on; whoever does moves it into the future, which is a lease.
    due_at timestamptz not null,
    -- Until when it is tried again after failures, of which there were so many.
    tried_until timestamptz not null,
    failures integer not null default 0,
    attempts integer not null default 0,
    constraint webhook_deliveries_pkey primary key (organization_id, endpoint_id, event_id),
    constraint webhook_deliveries_endpoint_fkey foreign key (organization_id, endpoint_id)
        references webhook_endpoints (organization_id, id) on delete cascade,
    constraint webhook_deliveries_event_fkey foreign key (organization_id, event_id)
        references events (organization_id, id) on delete cascade,
    constraint webhook_deliveries_state_check check (state in ('pending', 'delivered', 'failed'))
);

-- What is yet to be delivered, by endpoint: small, however much was delivered. Leads with the organization as all keys do; finding out
-- which organizations are in it at all is the one question that cannot.
create index webhook_deliveries_due_idx on webhook_deliveries (organization_id, endpoint_id, due_at)
    where state = 'pending';

-- What each attempt came to.
create table webhook_attempts (
    organization_id uuid not null,
    endpoint_id uuid not null,
    event_id uuid not null,
    number integer not null,
    started_at timestamptz not null,
    took_ms integer not null,
    -- What the endpoint answered, or why it did not.
    status integer,
    error text,
    constraint webhook_attempts_pkey primary key (organization_id, endpoint_id, event_id, number),
    constraint webhook_attempts_delivery_fkey foreign key (organization_id, endpoint_id, event_id)
        references webhook_deliveries (organization_id, endpoint_id, event_id) on delete cascade,
    constraint webhook_attempts_outcome_check check ((status is null) <> (error is null))
);
