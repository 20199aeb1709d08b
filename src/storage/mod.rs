//! The only SQL: the domain's ports on Postgres.
//! May know `domain`, `metrics`, `shares` and sqlx; nothing of the wire.

mod batching;
mod credentials;
mod events;
mod guesses;
mod history;
mod idempotency;
mod pool;
mod profiles;
mod quotas;
mod replicas;
mod retention;
mod schema;
mod sweep;
mod trust;
mod webhooks;

pub use batching::{BatchSettings, BatchingProfiles};
pub use credentials::{CachedApiKeys, PgApiKeys, PgOrganizations};
pub use events::{Outbox, PgEventHorizon, PgEvents};
pub use history::PgHistory;
pub use pool::{Pool, PoolSettings, check_database_url};
pub use profiles::{PgErasures, PgProfiles};
pub use quotas::PgQuotas;
pub use replicas::PgReplicas;
pub use retention::PgRetention;
pub use schema::{PgClock, PgReadiness, PgStatistics, SchemaError, SchemaState, migrate, schema_state};
pub use sweep::PgExpiry;
pub use trust::{LimitedEnrollments, PgEnforcement, PgEnrollments, PgTrustGrants};
pub use webhooks::{PgDeliveries, PgWebhooks};
