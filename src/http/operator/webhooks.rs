//! Webhook endpoints and their deliveries.

use actix_web::{HttpRequest, HttpResponse, web};

use crate::api::operator::webhook::{
    self, CreateWebhook, DeletedEndpoint, NewSigningSecret, NewWireEndpoint, WireEndpoint,
};
use crate::api::operator::webhook_delivery::{self, WireDelivery};
use crate::domain::Error;
use crate::domain::credential::api_key::Scope;
use crate::domain::id::WebhookEndpointId;
use crate::domain::webhook::secret::{ROTATION, SigningSecret};
use crate::http::body::json_body::JsonBytes;
use crate::http::handler::{HandlerResult, pairs, path_id};
use crate::http::idempotency::replay::{IdempotentRequest, UNVERSIONED};
use crate::http::middleware::auth::Caller;
use crate::http::service::Service;

pub(super) async fn create_webhook(
    service: web::Data<Service>,
    caller: Caller,
    request: HttpRequest,
    request_body: JsonBytes,
) -> HandlerResult {
    caller.permit("create_webhook", Scope::Admin)?;
    let now = service.ports.clock.now();
    let id = WebhookEndpointId::new(service.ports.ids.next(now));
    let endpoint = CreateWebhook::parse(&request_body.0, service.webhook_reach, id, now)?;
    let secret = SigningSecret::new(service.ports.randomness.bits()?);
    let request = IdempotentRequest::of(&service, &caller, &request, UNVERSIONED, &request_body.0)?;
    let (webhooks, organization, shown) = (&service.ports.webhooks, caller.organization(), secret.clone());
    let encode = move |endpoint| NewWireEndpoint::new(endpoint, &shown);
    request.answer_sealed(encode, |key| webhooks.create(organization, endpoint, secret, key)).await
}

pub(super) async fn list_webhooks(service: web::Data<Service>, caller: Caller, request: HttpRequest) -> HandlerResult {
    caller.permit("list_webhooks", Scope::Admin)?;
    let query = webhook::parse_query(pairs(&request))?;
    let page = service.ports.webhooks.list(caller.organization(), query).await?;
    Ok(HttpResponse::Ok().json(webhook::cursor_page(page)))
}

pub(super) async fn retrieve_webhook(
    service: web::Data<Service>,
    caller: Caller,
    path: web::Path<String>,
) -> HandlerResult {
    caller.permit("retrieve_webhook", Scope::Admin)?;
    let endpoint = service.ports.webhooks.retrieve(caller.organization(), endpoint_id(&path)?).await?;
    Ok(HttpResponse::Ok().json(WireEndpoint::from(endpoint)))
}

pub(super) async fn update_webhook(
    service: web::Data<Service>,
    caller: Caller,
    path: web::Path<String>,
    request: HttpRequest,
    request_body: JsonBytes,
) -> HandlerResult {
    caller.permit("update_webhook", Scope::Admin)?;
    let id = endpoint_id(&path)?;
    let now = service.ports.clock.now();
    let changes = webhook::parse_patch(&request_body.0, service.webhook_reach, now)?;
    let request = IdempotentRequest::of(&service, &caller, &request, UNVERSIONED, &request_body.0)?;
    let (webhooks, organization) = (&service.ports.webhooks, caller.organization());
    request.answer(WireEndpoint::from, |key| webhooks.update(organization, id, changes, now, key)).await
}

pub(super) async fn delete_webhook(
    service: web::Data<Service>,
    caller: Caller,
    path: web::Path<String>,
) -> HandlerResult {
    caller.permit("delete_webhook", Scope::Admin)?;
    let id = endpoint_id(&path)?;
    service.ports.webhooks.delete(caller.organization(), id).await?;
    Ok(HttpResponse::Ok().json(DeletedEndpoint::new(id)))
}

pub(super) async fn regenerate_signing_secret(
    service: web::Data<Service>,
    caller: Caller,
    path: web::Path<String>,
    request: HttpRequest,
) -> HandlerResult {
    caller.permit("regenerate_signing_secret", Scope::Admin)?;
    let id = endpoint_id(&path)?;
    let now = service.ports.clock.now();
    let secret = SigningSecret::new(service.ports.randomness.bits()?);
    let request = IdempotentRequest::of(&service, &caller, &request, UNVERSIONED, &[])?;
    let (webhooks, organization, shown) = (&service.ports.webhooks, caller.organization(), secret.clone());
    let encode = move |()| NewSigningSecret::new(&shown);
    request.answer_sealed(encode, |key| webhooks.rotate(organization, id, secret, now + ROTATION, now, key)).await
}

pub(super) async fn list_deliveries(
    service: web::Data<Service>,
    caller: Caller,
    path: web::Path<String>,
    request: HttpRequest,
) -> HandlerResult {
    caller.permit("list_deliveries", Scope::Admin)?;
    let id = endpoint_id(&path)?;
    let query = webhook::parse_query(pairs(&request))?;
    let page = service.ports.webhooks.deliveries(caller.organization(), id, query).await?;
    Ok(HttpResponse::Ok().json(webhook_delivery::cursor_page(page)))
}

pub(super) async fn redeliver(
    service: web::Data<Service>,
    caller: Caller,
    path: web::Path<(String, String)>,
    request: HttpRequest,
) -> HandlerResult {
    caller.permit("redeliver", Scope::Admin)?;
    let (endpoint, delivery) = path.into_inner();
    let (id, event) = (endpoint_id(&endpoint)?, path_id(&delivery, "Webhook delivery")?);
    let now = service.ports.clock.now();
    let request = IdempotentRequest::of(&service, &caller, &request, UNVERSIONED, &[])?;
    let (webhooks, organization) = (&service.ports.webhooks, caller.organization());
    request.answer(WireDelivery::from, |key| webhooks.redeliver(organization, id, event, now, key)).await
}

fn endpoint_id(text: &str) -> Result<WebhookEndpointId, Error> {
    path_id(text, "Webhook endpoint")
}
