//! Verbs that administer organizations and what belongs to them, on the database.
//! May know what its parent may.

mod arguments;
pub(in crate::cli) mod enforcement_actions;
pub(in crate::cli) mod events;
pub(in crate::cli) mod keys;
pub(in crate::cli) mod organizations;
mod paging;
mod quotas;
mod rate_limits;
pub(in crate::cli) mod recovery;
pub(in crate::cli) mod trust_grants;
mod webhook_output;
pub(in crate::cli) mod webhooks;
