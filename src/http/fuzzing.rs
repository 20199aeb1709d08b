//! What the fuzz targets in `fuzz/` reach and no other code does. Part of the crate with the feature `fuzzing` only.

use actix_web::http::header::HeaderMap;

use super::handler;
use super::middleware::auth;
use crate::domain::credential::api_key::ApiKeySecret;

/// The parameters of a query string, in the order in which they were sent.
#[must_use]
pub fn pairs(query: &str) -> Vec<(String, String)> {
    handler::pairs_of(query)
}

/// The key in `headers`, if they carry exactly one.
#[must_use]
pub fn credential(headers: &HeaderMap) -> Option<ApiKeySecret> {
    auth::credential(headers).ok()
}
