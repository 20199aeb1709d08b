//! What a person sees when the service fails.

use actix_web::{HttpResponse, HttpResponseBuilder};

use super::html::letter;
use crate::domain::Error;
use crate::domain::id::RequestId;
use crate::http::HttpError;

/// `error`, shown to a person.
pub(super) fn page_error(error: Error) -> HttpError {
    HttpError::from(error).rendered_by(failure)
}

fn failure(response: &mut HttpResponseBuilder, id: RequestId) -> HttpResponse {
    let body = format!(
        "<p>This is not your fault: the service cannot answer at the moment. Please try again in a minute.</p>\n\
         <p class=\"note\">If it happens again, tell whoever sent you here this number: <code>{id}</code></p>"
    );
    letter(response, "Something went wrong", &body)
}
