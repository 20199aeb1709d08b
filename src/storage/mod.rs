//! The only SQL: the domain's ports on Postgres.
//! May know `domain`, `metrics` and sqlx; nothing of the wire.

mod api_key_cache;
mod api_keys;
mod batch_metrics;
mod batching;
mod credential_changes;
mod enrollments;
mod error;
mod events;
mod fair_queue;
mod idempotency;
mod migrate;
mod organizations;
mod outbox;
mod pool;
mod profile_changes;
mod profile_columns;
mod profile_list;
mod profile_lock;
mod profile_row;
mod profile_write;
mod profiles;
mod trust_grants;
mod webhook_deliveries;
mod webhook_fan_out;
mod webhook_log;
mod webhook_row;
mod webhook_settlement;
mod webhooks;

pub use api_key_cache::CachedApiKeys;
pub use api_keys::PgApiKeys;
pub use batching::{BatchSettings, BatchingProfiles};
pub use enrollments::PgEnrollments;
pub use events::PgEvents;
pub use migrate::{SchemaError, SchemaState, migrate, schema_state};
pub use organizations::PgOrganizations;
pub use outbox::Outbox;
pub use pool::{Pool, PoolSettings};
pub use profiles::PgProfiles;
pub use webhook_deliveries::PgDeliveries;
pub use webhooks::PgWebhooks;
