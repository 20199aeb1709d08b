//! Every path of the API, its methods and its handlers.

use actix_web::http::Method;
use actix_web::middleware::from_fn;
use actix_web::{Scope, guard, web};

use super::resource::only;
use super::{auth, health, links, openapi, operator, profiles, version};
use crate::api::ga::Ga;
use crate::api::v2026_03_24::V2026_03_24;
use crate::api::v2026_08_18::V2026_08_18;
use crate::api::v2026_09_04::V2026_09_04;
use crate::api::{ApiVersion, WireFormat};

/// Mounts the API, the probes and the OpenAPI documents.
pub(super) fn configure(app: &mut web::ServiceConfig) {
    // The API first: paths are compared in this order. The last wrap is the outermost: the caller is known before the version.
    app.service(
        web::scope("/v1")
            .wrap(from_fn(version::resolve))
            .wrap(from_fn(auth::authenticate))
            // Before the shapes, each of which matches every remaining path.
            .service(operator::organizations())
            .service(shape::<V2026_03_24>())
            .service(shape::<V2026_08_18>())
            .service(shape::<V2026_09_04>())
            .service(shape::<Ga>()),
    )
    .service(only(&[Method::GET], web::resource("/health/live").route(web::get().to(health::live))))
    .service(only(&[Method::GET], web::resource("/health/ready").route(web::get().to(health::ready))))
    .service(only(
        &[Method::GET],
        web::resource("/openapi/{version}.json").route(web::get().to(openapi::show_document)),
    ));
}

/// The paths of one version, behind the guard that selects it.
fn shape<F: WireFormat>() -> Scope {
    web::scope("")
        .guard(guard::fn_guard(|context| context.req_data().get::<ApiVersion>() == Some(&F::VERSION)))
        .service(only(
            &[Method::GET, Method::POST],
            web::resource("/user_profiles")
                .route(web::get().to(profiles::list_user_profiles::<F>))
                .route(web::post().to(profiles::create_user_profile::<F>)),
        ))
        .service(only(
            &[Method::GET, Method::POST, Method::DELETE],
            web::resource("/user_profiles/{id}")
                .route(web::get().to(profiles::retrieve_user_profile::<F>))
                .route(web::post().to(profiles::update_user_profile::<F>))
                .route(web::delete().to(profiles::delete_user_profile)),
        ))
        .service(only(
            &[Method::POST],
            web::resource("/user_profiles/{id}/enrollment_url")
                .route(web::post().to(links::create_enrollment_url::<F>)),
        ))
        .service(only(
            &[Method::POST],
            web::resource("/user_profiles/{id}/action_urls").route(web::post().to(links::create_action_url::<F>)),
        ))
        // The same under every version. After the paths above, since patterns are compared in order: nine patterns in front of them
        // cost 5 % of a retrieve.
        .configure(operator::profiles)
}
