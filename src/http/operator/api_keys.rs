//! The organization's API keys.

use actix_web::{HttpRequest, HttpResponse, web};

use crate::api::body;
use crate::api::operator::api_key;
use crate::api::operator::api_key::{CreateApiKey, NewWireApiKey, WireApiKey};
use crate::domain::credential::api_key::{ApiKeyQuery, ApiKeySecret, KeyActor, Scope};
use crate::domain::id::ApiKeyId;
use crate::http::body::json_body::JsonBytes;
use crate::http::handler::{HandlerResult, pairs, path_id};
use crate::http::idempotency::replay::{IdempotentRequest, UNVERSIONED};
use crate::http::middleware::auth::Caller;
use crate::http::service::Service;

pub(super) async fn list_api_keys(service: web::Data<Service>, caller: Caller, request: HttpRequest) -> HandlerResult {
    caller.permit("list_api_keys", Scope::Admin)?;
    let organization = caller.organization();
    let query = api_key::parse_query(organization, pairs(&request))?;
    let query = ApiKeyQuery { workspace: caller.key().workspace_id.clone(), ..query };
    let page = service.ports.api_keys.list(organization, query.clone()).await?;
    Ok(HttpResponse::Ok().json(api_key::page(organization, &query, page)))
}

pub(super) async fn create_api_key(
    service: web::Data<Service>,
    caller: Caller,
    request: HttpRequest,
    request_body: JsonBytes,
) -> HandlerResult {
    caller.permit("create_api_key", Scope::Admin)?;
    let now = service.ports.clock.now();
    let CreateApiKey(draft) = body::parse(&request_body.0, now)?;
    let secret = ApiKeySecret::from_random(service.ports.randomness.bits()?);
    let id = ApiKeyId::new(service.ports.ids.next(now));
    let key = draft.issued_by(caller.key())?.into_key(id, caller.organization(), &secret, now);
    let actor = KeyActor::ApiKey(caller.key().id);
    let request = IdempotentRequest::of(&service, &caller, &request, UNVERSIONED, &request_body.0)?;
    let (api_keys, shown, hash) = (&service.ports.api_keys, key.clone(), secret.hash());
    let encode = move |()| NewWireApiKey::new(shown.clone(), &secret);
    request.answer_sealed(encode, |idempotency| api_keys.create(&key, hash, actor, idempotency)).await
}

pub(super) async fn revoke_api_key(
    service: web::Data<Service>,
    caller: Caller,
    path: web::Path<String>,
) -> HandlerResult {
    caller.permit("revoke_api_key", Scope::Admin)?;
    let id = path_id(&path, "API key")?;
    let key = caller.key();
    key.may_revoke(id)?;
    let (workspace, actor, now) = (key.workspace_id.as_ref(), KeyActor::ApiKey(key.id), service.ports.clock.now());
    let revoked = service.ports.api_keys.revoke(caller.organization(), id, workspace, actor, now).await?;
    Ok(HttpResponse::Ok().json(WireApiKey::from(revoked)))
}
