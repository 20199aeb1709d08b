//! What all handlers use: their result, the query string, and ids in paths.

use actix_web::{HttpRequest, HttpResponse, web};

use super::error::HttpError;
use crate::domain::id::ProfileId;
use crate::domain::{Error, ErrorKind};

pub(super) type HandlerResult = Result<HttpResponse, HttpError>;

/// The parameters of the query string, in the order in which they were sent.
pub(super) fn pairs(request: &HttpRequest) -> Vec<(String, String)> {
    web::Query::from_query(request.query_string()).map(web::Query::into_inner).unwrap_or_default()
}

/// A malformed id names no profile, so it is answered as one that does not exist.
pub(super) fn profile_id(text: &str) -> Result<ProfileId, Error> {
    text.parse().map_err(|_| Error::new(ErrorKind::NotFound, "User profile not found"))
}
