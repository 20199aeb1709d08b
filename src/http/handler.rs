//! Shared by handlers: their result type, the query string, and ids in paths.

use actix_web::{HttpRequest, HttpResponse, web};

use super::error::HttpError;
use crate::domain::id::{Id, IdKind, ProfileId};
use crate::domain::{Error, ErrorKind};

pub(super) type HandlerResult = Result<HttpResponse, HttpError>;

/// The parameters of the query string, in the order in which they were sent.
pub(super) fn pairs(request: &HttpRequest) -> Vec<(String, String)> {
    pairs_of(request.query_string())
}

pub(super) fn pairs_of(query: &str) -> Vec<(String, String)> {
    web::Query::from_query(query).map(web::Query::into_inner).unwrap_or_default()
}

/// Parses an id in a path. A malformed id is answered as one that does not exist: `object` not found.
pub(super) fn path_id<K: IdKind>(text: &str, object: &str) -> Result<Id<K>, Error> {
    text.parse().map_err(|_| Error::new(ErrorKind::NotFound, format!("{object} not found")))
}

pub(super) fn profile_id(text: &str) -> Result<ProfileId, Error> {
    path_id(text, "User profile")
}
