//! Organizations, their API keys, and the cache of credentials.
//! May know what its parent may.

mod api_key_cache;
mod api_key_row;
mod api_keys;
mod changes;
mod credential_cache;
mod key_limits;
mod known_keys;
mod organizations;
mod quota_columns;
mod rate_limits;
mod revocation;

pub use api_key_cache::CachedApiKeys;
pub use api_keys::PgApiKeys;
pub use organizations::PgOrganizations;
