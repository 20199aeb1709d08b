//! Enforcement actions: open, list, update.

use actix_web::{HttpRequest, HttpResponse, web};

use crate::api::operator::enforcement;
use crate::api::operator::enforcement::WireEnforcementRecord;
use crate::domain::credential::api_key::Scope;
use crate::domain::id::EnforcementActionId;
use crate::http::body::json_body::JsonBytes;
use crate::http::conditional::if_match;
use crate::http::handler::{HandlerResult, pairs, path_id, profile_id};
use crate::http::idempotency::replay::{IdempotentRequest, UNVERSIONED};
use crate::http::middleware::auth::Caller;
use crate::http::service::Service;

pub(super) async fn open_enforcement_action(
    service: web::Data<Service>,
    caller: Caller,
    path: web::Path<String>,
    request: HttpRequest,
    request_body: JsonBytes,
) -> HandlerResult {
    caller.permit("open_enforcement_action", Scope::Admin)?;
    let profile = profile_id(&path)?;
    let now = service.ports.clock.now();
    let id = EnforcementActionId::new(service.ports.ids.next(now));
    let record = enforcement::parse_opening(&request_body.0, id, now)?;
    let condition = if_match(&request)?;
    let request = IdempotentRequest::of(&service, &caller, &request, UNVERSIONED, &request_body.0)?;
    let (enforcement, organization) = (&service.ports.enforcement, caller.organization());
    request
        .answer(WireEnforcementRecord::from, |key| enforcement.open(organization, profile, record, condition, key))
        .await
}

pub(super) async fn list_enforcement_actions(
    service: web::Data<Service>,
    caller: Caller,
    path: web::Path<String>,
    request: HttpRequest,
) -> HandlerResult {
    caller.permit("list_enforcement_actions", Scope::Admin)?;
    let organization = caller.organization();
    let query = enforcement::parse_query(organization, profile_id(&path)?, pairs(&request))?;
    let page = service.ports.enforcement.list(organization, query, service.ports.clock.now()).await?;
    Ok(HttpResponse::Ok().json(enforcement::page(organization, query, page)))
}

pub(super) async fn update_enforcement_action(
    service: web::Data<Service>,
    caller: Caller,
    path: web::Path<(String, String)>,
    request: HttpRequest,
    request_body: JsonBytes,
) -> HandlerResult {
    caller.permit("update_enforcement_action", Scope::Admin)?;
    let action = (profile_id(&path.0)?, path_id(&path.1, "Enforcement action")?);
    let now = service.ports.clock.now();
    let step = enforcement::parse_step(&request_body.0, now)?;
    let condition = if_match(&request)?;
    let request = IdempotentRequest::of(&service, &caller, &request, UNVERSIONED, &request_body.0)?;
    let (enforcement, organization) = (&service.ports.enforcement, caller.organization());
    request
        .answer(WireEnforcementRecord::from, |key| enforcement.advance(organization, action, step, condition, now, key))
        .await
}
