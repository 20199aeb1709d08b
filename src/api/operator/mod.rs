//! The operator's API: one file per resource. It is the same under every API version.
//! May know what its parent may.

pub mod api_key;
pub mod enforcement;
pub mod event;
pub mod grant_decision;
pub mod history;
pub mod trust_grant;
pub mod webhook;
pub mod webhook_delivery;
