//! `Idempotency-Key`: how a POST is known again, and answered as it was.

use std::sync::Arc;

use actix_web::http::header::{CONTENT_TYPE, HeaderName, HeaderValue};
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder};
use serde::Serialize;

use super::seal::Seal;
use crate::domain::error::reason;
use crate::domain::id::OrganizationId;
use crate::domain::idempotency::{Fingerprint, Idempotency, IdempotencyKey, RequestOutcome};
use crate::domain::{Error, ErrorKind};
use crate::http::auth;
use crate::http::auth::Caller;
use crate::http::error::HttpError;
use crate::http::service::Service;

/// What stands for the shape of a request to the operator's API, which has none.
pub(in crate::http) const UNVERSIONED: &str = "";

const IDEMPOTENCY_KEY: &str = "idempotency-key";
const REPLAYED: HeaderName = HeaderName::from_static("idempotent-replayed");

/// A request that may be repeated, or one that cannot be told from another. While this lives, another with the same key is refused by this
/// process; one that another process takes waits in the database.
pub(in crate::http) struct IdempotentRequest<'s> {
    service: &'s Service,
    keyed: Option<Keyed>,
}

struct Keyed {
    organization: OrganizationId,
    key: IdempotencyKey,
    fingerprint: Fingerprint,
    /// For answers that hold a secret.
    seal: Seal,
}

impl<'s> IdempotentRequest<'s> {
    /// The request `request` with its `body`, of the shape `version`.
    pub(in crate::http) fn of(
        service: &'s Service,
        caller: &Caller,
        request: &HttpRequest,
        version: &str,
        body: &[u8],
    ) -> Result<Self, HttpError> {
        let mut sent = request.headers().get_all(IDEMPOTENCY_KEY);
        let Some(key) = sent.next() else { return Ok(Self { service, keyed: None }) };
        let refused = |violation| Error::invalid_field(IDEMPOTENCY_KEY, violation);
        if sent.any(|other| other != key) {
            return Err(refused(reason("repeated", "Header was sent more than once")).into());
        }
        let key = IdempotencyKey::parse(key.as_bytes()).map_err(refused)?;
        let parts = [request.method().as_str(), request.path(), version].map(str::as_bytes);
        let fingerprint = Fingerprint::of(&[parts[0], parts[1], parts[2], body]);
        let organization = caller.organization();
        let seal = Seal::new(&auth::credential(request.headers())?, &key, service.ports.randomness.bits()?);
        if !service.in_flight_keys.insert((organization, key.clone())) {
            let message = "A request with the same Idempotency-Key is still running";
            return Err(Error::new(ErrorKind::InProgress, message).into());
        }
        Ok(Self { service, keyed: Some(Keyed { organization, key, fingerprint, seal }) })
    }

    /// For an operation whose answer, made by `answer`, may be kept as it is.
    pub(in crate::http) fn plain<T, A: Serialize>(
        &self,
        answer: impl Fn(&T) -> A + Send + Sync + 'static,
    ) -> Option<Idempotency<T>> {
        self.keyed.as_ref().map(|keyed| Idempotency {
            key: keyed.key.clone(),
            fingerprint: keyed.fingerprint,
            answer: Arc::new(move |done| serde_json::to_vec(&answer(done)).unwrap_or_default()),
        })
    }

    /// For an operation whose answer, made by `answer`, holds a secret: nobody but the caller can read what is kept.
    pub(in crate::http) fn sealed<T, A: Serialize>(
        &self,
        answer: impl Fn(&T) -> A + Send + Sync + 'static,
    ) -> Option<Idempotency<T>> {
        self.keyed.as_ref().map(|keyed| {
            let seal = keyed.seal.clone();
            Idempotency {
                key: keyed.key.clone(),
                fingerprint: keyed.fingerprint,
                answer: Arc::new(move |done| seal.close(&serde_json::to_vec(&answer(done)).unwrap_or_default())),
            }
        })
    }

    /// The answer to an operation that was called with [`IdempotentRequest::sealed`].
    pub(in crate::http) fn unsealed<T, A: Serialize>(
        &self,
        outcome: RequestOutcome<T>,
        answer: impl FnOnce(T) -> A,
    ) -> Result<HttpResponse, HttpError> {
        let kept = match outcome {
            RequestOutcome::Done(done) => return Ok(HttpResponse::Ok().json(answer(done))),
            RequestOutcome::Replayed(kept) => kept,
        };
        let opened = self.keyed.as_ref().and_then(|keyed| keyed.seal.open(&kept)).ok_or_else(|| {
            let why = reason("other_key", "Key was used with another API key, and its answer holds a secret");
            Error::invalid_field(IDEMPOTENCY_KEY, why)
        })?;
        Ok(replayed().body(opened))
    }
}

impl Drop for IdempotentRequest<'_> {
    fn drop(&mut self) {
        if let Some(keyed) = self.keyed.take() {
            self.service.in_flight_keys.remove(&(keyed.organization, keyed.key));
        }
    }
}

/// The answer to an operation that was called with [`IdempotentRequest::plain`].
pub(in crate::http) fn answer<T, A: Serialize>(
    outcome: RequestOutcome<T>,
    answer: impl FnOnce(T) -> A,
) -> HttpResponse {
    match outcome {
        RequestOutcome::Done(done) => HttpResponse::Ok().json(answer(done)),
        RequestOutcome::Replayed(kept) => replayed().body(kept),
    }
}

fn replayed() -> HttpResponseBuilder {
    let mut response = HttpResponse::Ok();
    response.insert_header((CONTENT_TYPE, "application/json"));
    response.insert_header((REPLAYED, HeaderValue::from_static("true")));
    response
}
