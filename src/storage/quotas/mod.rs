//! Quotas of organizations.
//! May know what its parent may.

mod count;
mod counted_quotas;

pub(super) use count::check_api_key_quota;
pub use counted_quotas::PgQuotas;
