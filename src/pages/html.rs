//! The headers of every page.

use actix_web::http::header;
use actix_web::{HttpResponse, HttpResponseBuilder};
use askama::Template;

/// Renders `page` into `response`, to be shown under `policy`, its content security policy.
pub(super) fn html(response: &mut HttpResponseBuilder, policy: &str, page: &impl Template) -> HttpResponse {
    response
        .insert_header((header::CONTENT_TYPE, "text/html; charset=utf-8"))
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .insert_header((header::CONTENT_SECURITY_POLICY, policy))
        .insert_header((header::REFERRER_POLICY, "no-referrer"))
        .insert_header((header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .insert_header((header::X_FRAME_OPTIONS, "DENY"))
        // Rendering fails only if a field's `Display` does; those of text and times do not.
        .body(page.render().unwrap_or_default())
}
