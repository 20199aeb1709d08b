//! Who asks: a key in `x-api-key` or `authorization: Bearer`, and what it may do.

use std::future::{Ready, ready};
use std::rc::Rc;
use std::sync::Arc;

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{Payload, ServiceRequest, ServiceResponse};
use actix_web::http::header::{AUTHORIZATION, HeaderMap};
use actix_web::middleware::Next;
use actix_web::{FromRequest, HttpMessage, HttpRequest, web};

use super::error::HttpError;
use super::request_record::RequestRecord;
use super::service::Service;
use crate::domain::credential::api_key::{ApiKey, ApiKeySecret, Credential, Scope};
use crate::domain::id::OrganizationId;
use crate::domain::label::EnumLabel;
use crate::domain::text::Text;
use crate::domain::{Error, ErrorKind};

const X_API_KEY: &str = "x-api-key";
const WORKSPACE_ID: &str = "anthropic-workspace-id";

/// An authenticated request.
#[derive(Clone, Debug)]
pub(super) struct Caller {
    credential: Arc<Credential>,
    record: Rc<RequestRecord>,
}

impl Caller {
    /// Whose objects the caller may reach.
    pub(super) fn organization(&self) -> OrganizationId {
        self.credential.key.organization_id
    }

    /// With which key the caller asks.
    pub(super) fn key(&self) -> &ApiKey {
        &self.credential.key
    }

    /// The label of the shape for requests that name none.
    pub(super) fn default_version(&self) -> &str {
        &self.credential.default_version
    }

    /// Lets the caller do `operation`, which the log will name, if its key has `scope`.
    pub(super) fn permit(&self, operation: &'static str, scope: Scope) -> Result<(), HttpError> {
        self.record.set_operation(operation);
        if self.credential.key.scopes.contains(&scope) {
            return Ok(());
        }
        let message = format!("API key lacks the scope `{}`", scope.as_str());
        Err(Error::new(ErrorKind::Forbidden, message).into())
    }
}

impl FromRequest for Caller {
    type Error = HttpError;
    type Future = Ready<Result<Self, HttpError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(request.extensions().get().cloned().ok_or_else(|| unauthenticated("API key required")))
    }
}

/// Refuses strangers; lets the rest see who the caller is.
pub(super) async fn authenticate(
    service: web::Data<Service>,
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
    match caller(&service, &request).await {
        Ok(caller) => _ = request.extensions_mut().insert(caller),
        Err(error) => return Ok(request.error_response(error)),
    }
    next.call(request).await.map(ServiceResponse::map_into_boxed_body)
}

async fn caller(service: &Service, request: &ServiceRequest) -> Result<Caller, HttpError> {
    let secret = credential(request.headers())?;
    let credential = service
        .ports
        .api_keys
        .find(secret.hash())
        .await?
        .filter(|credential| credential.key.is_valid_at(service.ports.clock.now()))
        .ok_or_else(|| unauthenticated("Invalid API key"))?;
    check_workspace(&credential, request.headers())?;
    let record = RequestRecord::of(request).ok_or_else(|| Error::internal("a request without its record"))?;
    record.organization.set(Some(credential.key.organization_id));
    Ok(Caller { credential, record })
}

/// The one key that the headers carry, in whichever of the two and however often.
pub(super) fn credential(headers: &HeaderMap) -> Result<ApiKeySecret, HttpError> {
    let mut sent = None;
    let bearers = headers.get_all(AUTHORIZATION).map(|value| {
        let (scheme, key) = value.to_str().ok()?.split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then(|| key.trim())
    });
    for key in headers.get_all(X_API_KEY).map(|value| value.to_str().ok().map(str::trim)).chain(bearers) {
        let key = key.ok_or_else(|| unauthenticated("Invalid API key"))?;
        if sent.replace(key).is_some_and(|other| other != key) {
            return Err(unauthenticated("`x-api-key` and `authorization` carry different keys"));
        }
    }
    let key = sent.ok_or_else(|| unauthenticated("`x-api-key` or `authorization: Bearer` header is required"))?;
    ApiKeySecret::parse(key).ok_or_else(|| unauthenticated("Invalid API key"))
}

/// A key that is bound to a workspace serves no other.
fn check_workspace(credential: &Credential, headers: &HeaderMap) -> Result<(), HttpError> {
    let Some(bound) = &credential.key.workspace_id else { return Ok(()) };
    if headers.get_all(WORKSPACE_ID).all(|sent| sent.as_bytes() == bound.as_str().as_bytes()) {
        return Ok(());
    }
    let message = "anthropic-workspace-id: API key belongs to another workspace";
    Err(Error::new(ErrorKind::Forbidden, message).into())
}

fn unauthenticated(message: &'static str) -> HttpError {
    Error::new(ErrorKind::Unauthenticated, message).into()
}
