//! Every path of the API, its methods and its handlers.

use actix_web::middleware::from_fn;
use actix_web::{Scope, guard, web};

use super::batches::handler as batches;
use super::middleware::{auth, version};
use super::resource::path;
use super::user_profiles::{data_controls, export, links, profiles};
use super::{health, openapi, operator};
use crate::api::{ApiVersion, VersionVisitor, WireFormat};
use crate::domain::label::EnumLabel;

/// Mounts the API, the probes and the OpenAPI documents.
pub(super) fn configure(app: &mut web::ServiceConfig) {
    // The API first: paths are compared in this order. The last wrap is the outermost: the caller is known before the version.
    app.service(
        web::scope("/v1")
            .wrap(from_fn(version::resolve))
            .wrap(from_fn(auth::authenticate))
            // Before the versions, each of which matches every remaining path.
            .service(operator::organizations())
            .configure(versions),
    )
    .service(path("/health/live").get(health::live))
    .service(path("/health/ready").get(health::ready))
    .service(path("/openapi/{version}.json").get(openapi::show_document));
}

fn versions(app: &mut web::ServiceConfig) {
    for version in ApiVersion::ALL {
        app.service(version.visit(Mount));
    }
}

/// Mounts the paths of a version.
struct Mount;

impl VersionVisitor for Mount {
    type Output = Scope;

    fn visit<F: WireFormat>(self) -> Scope {
        version_scope::<F>()
    }
}

/// The paths that not every version has; where one is missing, it is unknown.
fn later_paths<F: WireFormat>(app: &mut web::ServiceConfig) {
    if F::HAS_DATA_CONTROLS {
        app.service(
            path("/user_profiles/{id}/providers/google/data_controls")
                .get(data_controls::retrieve_data_controls)
                .post(data_controls::update_data_controls::<F>),
        );
    }
}

/// The paths of one version, behind the guard that selects it.
fn version_scope<F: WireFormat>() -> Scope {
    web::scope("")
        .guard(guard::fn_guard(|context| context.req_data().get::<ApiVersion>() == Some(&F::VERSION)))
        .service(path("/user_profiles").get(profiles::list_user_profiles::<F>).post(profiles::create_user_profile::<F>))
        // Before the ids, whose pattern matches them too.
        .service(path("/user_profiles/export").get(export::export_user_profiles::<F>))
        .service(path("/user_profiles/batch").post(batches::batch_user_profiles::<F>))
        .service(
            path("/user_profiles/{id}")
                .get(profiles::retrieve_user_profile::<F>)
                .post(profiles::update_user_profile::<F>)
                .delete(profiles::delete_user_profile),
        )
        .service(path("/user_profiles/{id}/enrollment_url").post(links::create_enrollment_url::<F>))
        .service(path("/user_profiles/{id}/action_urls").post(links::create_action_url::<F>))
        // The same under every version. After the paths above, since patterns are compared in order: nine patterns in front of them
        // cost 5 % of a retrieve.
        .configure(operator::profiles::<F>)
        .configure(later_paths::<F>)
}
