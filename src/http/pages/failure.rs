//! What a person sees when the service fails.

use actix_web::{HttpResponse, HttpResponseBuilder};

use super::html::letter;
use crate::domain::id::RequestId;

/// The page for the failure of the request `id`, on top of what `response` says already.
pub(in crate::http) fn failure(response: &mut HttpResponseBuilder, id: RequestId) -> HttpResponse {
    let body = format!(
        "<p>This is not your fault: the service cannot answer at the moment. Please try again in a minute.</p>\n\
         <p class=\"note\">If it happens again, tell whoever sent you here this number: <code>{id}</code></p>"
    );
    letter(response, "Something went wrong", &body)
}
