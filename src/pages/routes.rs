//! The paths of all pages.

use actix_web::web;

use super::{assets, enrollment, reference};
use crate::http::{ENROLLMENT_PATH, path};

/// Mounts the pages.
pub fn configure(app: &mut web::ServiceConfig) {
    app.service(path("/").get(reference::lead_to_reference))
        // Before `/enroll/{token}`, which matches it too.
        .service(path(enrollment::ENROLLED_PATH).get(enrollment::show_enrolled))
        .service(path(ENROLLMENT_PATH).get(enrollment::show_enrollment).post(enrollment::submit_enrollment))
        .service(path("/docs").get(reference::show_newest_reference))
        .service(path("/docs/{document}").get(reference::show_reference))
        .service(path(assets::ASSET_PATH).get(assets::show_asset));
}
