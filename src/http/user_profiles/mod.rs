//! The handlers of `/v1/user_profiles`, the same for every API version.
//! May know what `http` may.

pub(super) mod data_controls;
pub(super) mod export;
mod export_stream;
pub(super) mod links;
pub(super) mod profiles;
pub(super) mod running_exports;
