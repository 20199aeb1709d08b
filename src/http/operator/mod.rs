//! The operator's API: operations of the scope `admin`, one file per resource, the same under every API version.
//! May know what its parent may.

mod api_keys;
mod enforcement;
mod events;
mod history;
mod trust_grants;
mod webhooks;

use actix_web::{Scope, web};

use super::resource::path;
use crate::api::WireFormat;

/// Paths below `/v1/organizations`.
pub(super) fn organizations() -> Scope {
    web::scope("/organizations")
        .service(path("/events").get(events::list_events))
        .service(path("/trust_grants").get(trust_grants::list_trust_grants))
        .configure(api_keys)
        .configure(webhooks)
}

/// Paths below `/v1/user_profiles`.
pub(super) fn profiles<F: WireFormat>(app: &mut web::ServiceConfig) {
    app.service(path("/user_profiles/{id}/history").get(history::list_user_profile_history::<F>))
        .service(path("/user_profiles/{id}/trust_grants/{name}").post(trust_grants::decide_trust_grant))
        .service(
            path("/user_profiles/{id}/trust_grants/{name}/decisions").get(trust_grants::list_trust_grant_decisions),
        )
        .service(
            path("/user_profiles/{id}/enforcement_actions")
                .get(enforcement::list_enforcement_actions)
                .post(enforcement::open_enforcement_action),
        )
        .service(
            path("/user_profiles/{id}/enforcement_actions/{action_id}").post(enforcement::update_enforcement_action),
        );
}

fn api_keys(app: &mut web::ServiceConfig) {
    app.service(path("/api_keys").get(api_keys::list_api_keys).post(api_keys::create_api_key))
        .service(path("/api_keys/{id}").delete(api_keys::revoke_api_key));
}

fn webhooks(app: &mut web::ServiceConfig) {
    app.service(path("/webhooks").get(webhooks::list_webhooks).post(webhooks::create_webhook))
        .service(
            path("/webhooks/{id}")
                .get(webhooks::retrieve_webhook)
                .post(webhooks::update_webhook)
                .delete(webhooks::delete_webhook),
        )
        .service(path("/webhooks/{id}/regenerate_signing_secret").post(webhooks::regenerate_signing_secret))
        .service(path("/webhooks/{id}/deliveries").get(webhooks::list_deliveries))
        .service(path("/webhooks/{id}/deliveries/{delivery_id}/redeliver").post(webhooks::redeliver));
}
