//! Shared by handlers: their result type, the query string, and ids in paths.

use actix_web::http::header::ContentType;
use actix_web::{HttpRequest, HttpResponse, web};
use serde::Serialize;

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

/// `body` as JSON, of about so many `bytes`: a page that grows as it is written is copied ten times.
///
/// # Errors
/// `Internal` if it cannot be written.
pub(super) fn json_of_about(bytes: usize, body: &impl Serialize) -> HandlerResult {
    let mut json = Vec::with_capacity(bytes);
    serde_json::to_writer(&mut json, body).map_err(|error| Error::internal("an answer is no JSON").caused_by(error))?;
    Ok(HttpResponse::Ok().content_type(ContentType::json()).body(json))
}
