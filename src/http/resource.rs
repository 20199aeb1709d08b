//! Resources that name the methods they allow.

use actix_web::http::Method;
use actix_web::{HttpResponse, Resource, web};

use super::error::HttpError;

/// `resource`, which answers any method but `allowed` with 405 and an `allow` header.
pub(crate) fn only(allowed: &'static [Method], resource: Resource) -> Resource {
    resource.default_service(web::to(async move || Err::<HttpResponse, _>(HttpError::method_not_allowed(allowed))))
}
