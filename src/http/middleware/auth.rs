//! Authentication: an API key in `x-api-key` or `authorization: Bearer`, and the scopes that it grants.

use std::future::{Ready, ready};
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{Payload, ServiceRequest, ServiceResponse};
use actix_web::http::StatusCode;
use actix_web::http::header::{AUTHORIZATION, HeaderMap};
use actix_web::middleware::Next;
use actix_web::{FromRequest, HttpMessage, HttpRequest, ResponseError, web};

use crate::domain::credential::api_key::{ApiKey, ApiKeySecret, Credential, Scope};
use crate::domain::id::OrganizationId;
use crate::domain::label::EnumLabel;
use crate::domain::limit::quota::Quotas;
use crate::domain::limit::rate_limit::AccessKind;
use crate::domain::text::Text;
use crate::domain::{Error, ErrorKind};
use crate::http::batches::turns;
use crate::http::error::HttpError;
use crate::http::limits::concurrency::RequestSlot;
use crate::http::limits::rate_headers::{RateHeaders, access_kind, excess_message};
use crate::http::request_record::RequestRecord;
use crate::http::service::Service;

/// After how long a client may try again while its organization has too many requests at once.
const CROWD_PAUSE: Duration = Duration::from_secs(1);

const X_API_KEY: &str = "x-api-key";
const WORKSPACE_ID: &str = "anthropic-workspace-id";

/// An authenticated request.
#[derive(Clone, Debug)]
pub(in crate::http) struct Caller {
    credential: Arc<Credential>,
    record: Rc<RequestRecord>,
}

impl Caller {
    /// The organization that the key belongs to.
    pub(in crate::http) fn organization(&self) -> OrganizationId {
        self.credential.key.organization_id
    }

    /// The key of the request.
    pub(in crate::http) fn key(&self) -> &ApiKey {
        &self.credential.key
    }

    /// The quotas of the organization.
    pub(in crate::http) fn quotas(&self) -> &Quotas {
        &self.credential.quotas
    }

    /// The label of the API version that the organization is pinned to.
    pub(in crate::http) fn default_version(&self) -> &str {
        &self.credential.default_version
    }

    /// Counts the request among those of its organization that are being served, until the slot is dropped.
    ///
    /// # Errors
    /// There are too many.
    fn enter<'s>(&self, service: &'s Service, kind: AccessKind) -> Result<RequestSlot<'s>, HttpError> {
        service.concurrency.enter(self.organization()).ok_or_else(|| {
            service.limit_metrics.count_crowd(kind);
            HttpError::rate_limited("Too many requests of this organization are being served", CROWD_PAUSE)
        })
    }

    /// Counts the request in the rate limits: with `cost`, in place of what was `paid` before. Its answer says what is left of them.
    ///
    /// # Errors
    /// It exceeds one, and has cost nothing.
    pub(in crate::http) fn charge(
        &self,
        service: &Service,
        kind: AccessKind,
        (paid, cost): (u32, u32),
    ) -> Result<(), HttpError> {
        let limiter = &service.rate_limiter;
        let admitted = limiter.admit(&self.credential, kind, (paid, cost), Instant::now());
        let standing = match &admitted {
            Ok(None) => return Ok(()),
            Ok(Some(standing)) => standing,
            Err(excess) => &excess.standing,
        };
        self.record.rate.set(Some(RateHeaders::new(standing, service.ports.clock.now())));
        admitted.map(drop).map_err(|excess| {
            service.limit_metrics.count_excess(excess.holder, kind);
            HttpError::rate_limited(excess_message(&excess, kind), excess.retry_in)
        })
    }

    /// Names the operation for log, metrics and span, and checks that the key has `scope`.
    ///
    /// # Errors
    /// `Forbidden`.
    pub(in crate::http) fn permit(&self, operation: &'static str, scope: Scope) -> Result<(), HttpError> {
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

/// Refuses requests without a valid key, and notes the [`Caller`] on the others.
pub(in crate::http) async fn authenticate(
    service: web::Data<Service>,
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
    let admitted = async {
        let caller = caller(&service, &request).await?;
        let kind = access_kind(request.method());
        let slot = caller.enter(&service, kind)?;
        caller.charge(&service, kind, (0, 1))?;
        Ok::<_, HttpError>((caller, slot))
    };
    let (caller, _slot) = match admitted.await {
        Ok(admitted) => admitted,
        Err(error) => return Ok(request.error_response(error)),
    };
    let (organization, record) = (caller.organization(), Rc::clone(&caller.record));
    request.extensions_mut().insert(caller);
    let response = next.call(request).await;
    if record.operation.get() != Some(turns::OPERATION) {
        service.batch_turns.note_single(organization, Instant::now());
    }
    response.map(ServiceResponse::map_into_boxed_body)
}

async fn caller(service: &Service, request: &ServiceRequest) -> Result<Caller, HttpError> {
    let credential = match valid_credential(service, request).await {
        Err(error) if error.status_code() == StatusCode::UNAUTHORIZED => {
            service.key_guesses.count_failure(request.request())?;
            return Err(error);
        }
        credential => credential?,
    };
    check_workspace(&credential, request.headers())?;
    let record = RequestRecord::of(request).ok_or_else(|| Error::internal("request record missing"))?;
    record.organization.set(Some(credential.key.organization_id));
    Ok(Caller { credential, record })
}

async fn valid_credential(service: &Service, request: &ServiceRequest) -> Result<Arc<Credential>, HttpError> {
    let hash = credential(request.headers())?.hash();
    service.key_guesses.check_guess(request.request(), || service.ports.api_keys.may_exist(hash))?;
    service
        .ports
        .api_keys
        .find(hash)
        .await?
        .filter(|credential| credential.key.is_valid_at(service.ports.clock.now()))
        .ok_or_else(|| unauthenticated("Invalid API key"))
}

/// The key in the headers; either header may carry it, repeatedly, if all of them carry the same.
pub(in crate::http) fn credential(headers: &HeaderMap) -> Result<ApiKeySecret, HttpError> {
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

/// A key that is bound to a workspace is refused for another.
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
