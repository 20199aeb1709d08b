//! The paths of all pages.

use actix_web::http::Method;
use actix_web::web;

use super::{enrollment, reference};
use crate::http::{ENROLLMENT_PATH, only};

/// Mounts the pages.
pub fn configure(app: &mut web::ServiceConfig) {
    // `/enroll/done` before `/enroll/{token}`, which matches it too.
    app.service(only(
        &[Method::GET, Method::HEAD],
        web::resource(enrollment::ENROLLED_PATH)
            .route(web::get().to(enrollment::show_enrolled))
            .route(web::head().to(enrollment::show_enrolled)),
    ))
    .service(only(
        &[Method::GET, Method::HEAD, Method::POST],
        web::resource(ENROLLMENT_PATH)
            .route(web::get().to(enrollment::show_enrollment))
            .route(web::head().to(enrollment::show_enrollment))
            .route(web::post().to(enrollment::submit_enrollment)),
    ))
    .service(only(&[Method::GET], web::resource("/docs").route(web::get().to(reference::show_newest_reference))))
    .service(only(&[Method::GET], web::resource("/docs/{version}").route(web::get().to(reference::show_reference))));
}
