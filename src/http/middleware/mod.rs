//! What surrounds every handler: request log, credentials, API version.
//! May know what `http` may.

pub(super) mod auth;
pub(super) mod request_log;
pub(super) mod version;
