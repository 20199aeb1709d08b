//! The data controls of a profile: both are disabled, and stay so.

use actix_web::{HttpRequest, HttpResponse, web};

use crate::api::WireFormat;
use crate::api::body;
use crate::api::v2026_09_04::data_controls::{UpdateDataControls, WireDataControls};
use crate::domain::credential::api_key::Scope;
use crate::domain::label::EnumLabel;
use crate::domain::profile::{ProfilePatch, ProfileUpdate, RevisionCondition};
use crate::http::body::json_body::JsonBytes;
use crate::http::handler::{HandlerResult, profile_id};
use crate::http::idempotency::replay::IdempotentRequest;
use crate::http::middleware::auth::Caller;
use crate::http::service::Service;

pub(in crate::http) async fn retrieve_data_controls(
    service: web::Data<Service>,
    caller: Caller,
    path: web::Path<String>,
) -> HandlerResult {
    caller.permit("retrieve_data_controls", Scope::ProfilesRead)?;
    let id = profile_id(&path)?;
    let profile = service.ports.profiles.retrieve(caller.organization(), id, service.ports.clock.now()).await?;
    Ok(HttpResponse::Ok().json(WireDataControls::from(profile)))
}

pub(in crate::http) async fn update_data_controls<F: WireFormat>(
    service: web::Data<Service>,
    caller: Caller,
    path: web::Path<String>,
    request: HttpRequest,
    request_body: JsonBytes,
) -> HandlerResult {
    caller.permit("update_data_controls", Scope::ProfilesWrite)?;
    let id = profile_id(&path)?;
    let now = service.ports.clock.now();
    let UpdateDataControls(changes) = body::parse(&request_body.0, now)?;
    let request = IdempotentRequest::of(&service, &caller, &request, F::VERSION.as_str(), &request_body.0)?;
    let (profiles, organization) = (&service.ports.profiles, caller.organization());
    if let Err(refused) = changes.check_approved() {
        // A profile that does not exist is the better answer.
        profiles.retrieve(organization, id, now).await?;
        return Err(refused.into());
    }
    // What remains changes nothing: an update of the profile without a change, which stores the answer under an idempotency key.
    let (nothing, condition) = (ProfilePatch::default(), RevisionCondition::Any);
    let unchanged = ProfileUpdate { patch: nothing, condition, by: caller.key().id, now };
    request.answer(WireDataControls::from, |key| profiles.update(organization, id, unchanged, key)).await
}
