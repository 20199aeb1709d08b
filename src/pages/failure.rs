//! The page that people see when the service fails.

use actix_web::{HttpResponse, HttpResponseBuilder};
use askama::Template;

use super::sheet::sheet;
use crate::domain::Error;
use crate::domain::id::RequestId;
use crate::http::HttpError;

#[derive(Template)]
#[template(path = "failure.html")]
struct Failure {
    request_id: RequestId,
}

/// `error`, answered with a page instead of the error envelope.
pub(super) fn page_error(error: Error) -> HttpError {
    error_page(error.into())
}

/// The same for an error that has its answer already.
pub(super) fn error_page(error: HttpError) -> HttpError {
    error.rendered_by(failure)
}

fn failure(response: &mut HttpResponseBuilder, request_id: RequestId) -> HttpResponse {
    sheet(response, "Something went wrong", Failure { request_id })
}
