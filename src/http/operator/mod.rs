//! The operator's API: the operations of the scope `admin`, one file a resource. They are the same under every dated shape.
//! May know what its parent may.

mod events;

use actix_web::http::Method;
use actix_web::web;

use super::routes::only;

/// Mounts everything, within `/v1`.
pub(super) fn configure(app: &mut web::ServiceConfig) {
    app.service(only(&[Method::GET], web::resource("/organizations/events").route(web::get().to(events::list_events))));
}
