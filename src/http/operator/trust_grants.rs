//! Trust grants: list by status, decide, and list the decisions on one.

use actix_web::{HttpRequest, HttpResponse, web};

use crate::api::operator::grant_decision::{self, WireDecision};
use crate::api::operator::trust_grant;
use crate::domain::credential::api_key::Scope;
use crate::domain::id::DecisionId;
use crate::http::body::json_body::JsonBytes;
use crate::http::conditional::if_match;
use crate::http::handler::{HandlerResult, pairs, profile_id};
use crate::http::idempotency::replay::{IdempotentRequest, UNVERSIONED};
use crate::http::middleware::auth::Caller;
use crate::http::service::Service;

pub(super) async fn list_trust_grants(
    service: web::Data<Service>,
    caller: Caller,
    request: HttpRequest,
) -> HandlerResult {
    caller.permit("list_trust_grants", Scope::Admin)?;
    let organization = caller.organization();
    let query = trust_grant::parse_query(organization, pairs(&request))?;
    let page = service.ports.trust_grants.list(organization, query, service.ports.clock.now()).await?;
    Ok(HttpResponse::Ok().json(trust_grant::page(organization, query, page)))
}

pub(super) async fn decide_trust_grant(
    service: web::Data<Service>,
    caller: Caller,
    path: web::Path<(String, String)>,
    request: HttpRequest,
    request_body: JsonBytes,
) -> HandlerResult {
    caller.permit("decide_trust_grant", Scope::Admin)?;
    let (profile, name) = (profile_id(&path.0)?, trust_grant::parse_name(&path.1)?);
    let now = service.ports.clock.now();
    let decision = grant_decision::parse(&request_body.0, &name, DecisionId::new(service.ports.ids.next(now)), now)?;
    let condition = if_match(&request)?;
    let request = IdempotentRequest::of(&service, &caller, &request, UNVERSIONED, &request_body.0)?;
    let (trust_grants, organization, decided) = (&service.ports.trust_grants, caller.organization(), name.clone());
    let encode = move |decision| WireDecision::new(profile, decided.clone(), decision);
    request.answer(encode, |key| trust_grants.decide(organization, profile, name, decision, condition, key)).await
}

pub(super) async fn list_trust_grant_decisions(
    service: web::Data<Service>,
    caller: Caller,
    path: web::Path<(String, String)>,
    request: HttpRequest,
) -> HandlerResult {
    caller.permit("list_trust_grant_decisions", Scope::Admin)?;
    let (organization, profile) = (caller.organization(), profile_id(&path.0)?);
    let name = trust_grant::parse_name(&path.1)?;
    let query = grant_decision::parse_query(organization, profile, name, pairs(&request))?;
    let page = service.ports.trust_grants.decisions(organization, query.clone()).await?;
    Ok(HttpResponse::Ok().json(grant_decision::page(organization, &query, page)))
}
