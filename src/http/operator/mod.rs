//! The operator's API: operations of the scope `admin`, one file per resource, the same under every API version.
//! May know what its parent may.

mod api_keys;
mod enforcement;
mod events;
mod trust_grants;
mod webhooks;

use actix_web::http::Method;
use actix_web::{Scope, web};

use super::resource::only;

/// Paths below `/v1/organizations`.
pub(super) fn organizations() -> Scope {
    web::scope("/organizations")
        .service(only(&[Method::GET], web::resource("/events").route(web::get().to(events::list_events))))
        .service(only(
            &[Method::GET],
            web::resource("/trust_grants").route(web::get().to(trust_grants::list_trust_grants)),
        ))
        .configure(api_keys)
        .configure(webhooks)
}

/// Paths below `/v1/user_profiles`.
pub(super) fn profiles(app: &mut web::ServiceConfig) {
    app.service(only(
        &[Method::POST],
        web::resource("/user_profiles/{id}/trust_grants/{name}")
            .route(web::post().to(trust_grants::decide_trust_grant)),
    ))
    .service(only(
        &[Method::GET],
        web::resource("/user_profiles/{id}/trust_grants/{name}/decisions")
            .route(web::get().to(trust_grants::list_trust_grant_decisions)),
    ))
    .service(only(
        &[Method::GET, Method::POST],
        web::resource("/user_profiles/{id}/enforcement_actions")
            .route(web::get().to(enforcement::list_enforcement_actions))
            .route(web::post().to(enforcement::open_enforcement_action)),
    ))
    .service(only(
        &[Method::POST],
        web::resource("/user_profiles/{id}/enforcement_actions/{action_id}")
            .route(web::post().to(enforcement::update_enforcement_action)),
    ));
}

fn api_keys(app: &mut web::ServiceConfig) {
    app.service(only(
        &[Method::GET, Method::POST],
        web::resource("/api_keys")
            .route(web::get().to(api_keys::list_api_keys))
            .route(web::post().to(api_keys::create_api_key)),
    ))
    .service(only(
        &[Method::DELETE],
        web::resource("/api_keys/{id}").route(web::delete().to(api_keys::revoke_api_key)),
    ));
}

fn webhooks(app: &mut web::ServiceConfig) {
    app.service(only(
        &[Method::GET, Method::POST],
        web::resource("/webhooks")
            .route(web::get().to(webhooks::list_webhooks))
            .route(web::post().to(webhooks::create_webhook)),
    ))
    .service(only(
        &[Method::GET, Method::POST, Method::DELETE],
        web::resource("/webhooks/{id}")
            .route(web::get().to(webhooks::retrieve_webhook))
            .route(web::post().to(webhooks::update_webhook))
            .route(web::delete().to(webhooks::delete_webhook)),
    ))
    .service(only(
        &[Method::POST],
        web::resource("/webhooks/{id}/regenerate_signing_secret")
            .route(web::post().to(webhooks::regenerate_signing_secret)),
    ))
    .service(only(
        &[Method::GET],
        web::resource("/webhooks/{id}/deliveries").route(web::get().to(webhooks::list_deliveries)),
    ))
    .service(only(
        &[Method::POST],
        web::resource("/webhooks/{id}/deliveries/{delivery_id}/redeliver").route(web::post().to(webhooks::redeliver)),
    ));
}
