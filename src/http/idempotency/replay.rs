//! `Idempotency-Key`: a POST under a key runs once; a replay gets the stored answer.

use std::sync::Arc;

use actix_web::http::header::{CONTENT_TYPE, HeaderName, HeaderValue};
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder};
use serde::Serialize;

use super::seal::Seal;
use crate::api::WireFormat;
use crate::domain::error::reason;
use crate::domain::id::OrganizationId;
use crate::domain::idempotency::{Fingerprint, Idempotency, IdempotencyKey, KeyedRequest, Replay, RequestOutcome};
use crate::domain::profile::Profile;
use crate::domain::{Error, ErrorKind, Result};
use crate::http::conditional::{entity_tag, tagged};
use crate::http::error::HttpError;
use crate::http::handler::HandlerResult;
use crate::http::middleware::auth::{self, Caller};
use crate::http::service::Service;

/// The version in the fingerprint of a request to the operator's API, which has no versions.
pub(in crate::http) const UNVERSIONED: &str = "";

const IDEMPOTENCY_KEY: &str = "idempotency-key";
const REPLAYED: HeaderName = HeaderName::from_static("idempotent-replayed");

/// A POST with or without an idempotency key. While this exists, another request with the same key is refused in this process; one in
/// another process waits in the database.
pub(in crate::http) struct IdempotentRequest<'s> {
    service: &'s Service,
    keyed: Option<Keyed>,
}

struct Keyed {
    organization: OrganizationId,
    key: IdempotencyKey,
    fingerprint: Fingerprint,
    /// Encrypts stored answers that hold a secret.
    seal: Seal,
}

impl<'s> IdempotentRequest<'s> {
    /// `request` with its `body`, under the API version `version`.
    ///
    /// # Errors
    /// `Invalid` for a malformed or contradictory key; `InProgress` while a request with the same key is in flight.
    pub(in crate::http) fn of(
        service: &'s Service,
        caller: &Caller,
        request: &HttpRequest,
        version: &str,
        body: &[u8],
    ) -> std::result::Result<Self, HttpError> {
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

    /// Runs `operation` once per key, and answers its result as `encode` writes it; a replay gets the bytes of the first answer.
    ///
    /// # Errors
    /// Those of `operation`; `Internal` where the answer cannot be serialized: then nothing was stored.
    pub(in crate::http) async fn answer<T, A, F>(
        self,
        encode: impl Fn(T) -> A + Clone + Send + Sync + 'static,
        operation: impl FnOnce(Option<Idempotency<T>>) -> F,
    ) -> HandlerResult
    where
        T: Clone,
        A: Serialize,
        F: Future<Output = Result<RequestOutcome<T>>>,
    {
        match self.outcome(encode.clone(), operation).await? {
            RequestOutcome::Done(done) => Ok(HttpResponse::Ok().json(encode(done))),
            RequestOutcome::Replayed(stored) => Ok(self.replayed(HttpResponse::Ok()).body(stored.answer)),
        }
    }

    /// As [`IdempotentRequest::answer`], for a profile in the shape `W`, with its entity tag.
    ///
    /// # Errors
    /// Those of [`IdempotentRequest::answer`].
    pub(in crate::http) async fn answer_profile<W, F>(
        self,
        operation: impl FnOnce(Option<Idempotency<Profile>>) -> F,
    ) -> HandlerResult
    where
        W: WireFormat,
        F: Future<Output = Result<RequestOutcome<Profile>>>,
    {
        match self.outcome(W::Profile::from, operation).await? {
            RequestOutcome::Done(profile) => {
                let tag = entity_tag(profile.revision, W::VERSION);
                Ok(tagged(tag).json(W::Profile::from(profile)))
            }
            RequestOutcome::Replayed(Replay { answer, revision }) => {
                // Answers that a release without revisions stored have none.
                let tag = revision.and_then(|revision| entity_tag(revision, W::VERSION));
                Ok(self.replayed(tagged(tag)).body(answer))
            }
        }
    }

    async fn outcome<T, A, F>(
        &self,
        encode: impl Fn(T) -> A + Send + Sync + 'static,
        operation: impl FnOnce(Option<Idempotency<T>>) -> F,
    ) -> Result<RequestOutcome<T>>
    where
        T: Clone,
        A: Serialize,
        F: Future<Output = Result<RequestOutcome<T>>>,
    {
        let idempotency = self.idempotency(move |done: &T| serialized(&encode(done.clone())));
        self.retryable(operation(idempotency).await)
    }

    /// As [`IdempotentRequest::answer`], for an `operation` that makes the bytes of the answer itself: the answer to be completed with them, and
    /// the bytes.
    ///
    /// # Errors
    /// Those of `operation`.
    pub(in crate::http) async fn answer_bytes<F>(
        self,
        operation: impl FnOnce(Option<KeyedRequest>) -> F,
    ) -> Result<(HttpResponseBuilder, Vec<u8>)>
    where
        F: Future<Output = Result<RequestOutcome<Vec<u8>>>>,
    {
        let keyed = self.keyed.as_ref();
        let request =
            keyed.map(|Keyed { key, fingerprint, .. }| KeyedRequest { key: key.clone(), fingerprint: *fingerprint });
        Ok(match self.retryable(operation(request).await)? {
            RequestOutcome::Done(bytes) => (HttpResponse::Ok(), bytes),
            RequestOutcome::Replayed(stored) => (self.replayed(HttpResponse::Ok()), stored.answer),
        })
    }

    /// As [`IdempotentRequest::answer`], for an answer that holds a secret: it is stored so that only the caller's API key opens it.
    ///
    /// # Errors
    /// Those of [`IdempotentRequest::answer`]; `Invalid` for a replay with another API key.
    pub(in crate::http) async fn answer_sealed<T, A, F>(
        self,
        encode: impl Fn(T) -> A + Clone + Send + Sync + 'static,
        operation: impl FnOnce(Option<Idempotency<T>>) -> F,
    ) -> HandlerResult
    where
        T: Clone,
        A: Serialize,
        F: Future<Output = Result<RequestOutcome<T>>>,
    {
        let (stored, seal) = (encode.clone(), self.keyed.as_ref().map(|keyed| keyed.seal.clone()));
        let idempotency = self.idempotency(move |done: &T| {
            let answer = serialized(&stored(done.clone()))?;
            seal.as_ref()
                .map_or_else(|| Err(Error::internal("a sealed answer without a seal")), |seal| seal.close(&answer))
        });
        match self.retryable(operation(idempotency).await)? {
            RequestOutcome::Done(done) => Ok(HttpResponse::Ok().json(encode(done))),
            RequestOutcome::Replayed(stored) => {
                let opened =
                    self.keyed.as_ref().and_then(|keyed| keyed.seal.open(&stored.answer)).ok_or_else(|| {
                        let why =
                            reason("other_key", "Key was used with another API key, and its answer holds a secret");
                        Error::invalid_field(IDEMPOTENCY_KEY, why)
                    })?;
                Ok(self.replayed(HttpResponse::Ok()).body(opened))
            }
        }
    }

    /// An unknown outcome under a key is found out by a retry, so it is answered as any failure of the database.
    fn retryable<T>(&self, outcome: Result<T>) -> Result<T> {
        outcome.map_err(|error| match error.kind {
            ErrorKind::OutcomeUnknown if self.keyed.is_some() => {
                Error { kind: ErrorKind::Unavailable, message: "The database is unavailable".into(), ..error }
            }
            _ => error,
        })
    }

    /// `response` as that of a replay.
    fn replayed(&self, mut response: HttpResponseBuilder) -> HttpResponseBuilder {
        self.service.metrics.replays.inc();
        response.insert_header((CONTENT_TYPE, "application/json"));
        response.insert_header((REPLAYED, HeaderValue::from_static("true")));
        response
    }

    fn idempotency<T>(&self, answer: impl Fn(&T) -> Result<Vec<u8>> + Send + Sync + 'static) -> Option<Idempotency<T>> {
        let keyed = self.keyed.as_ref()?;
        Some(Idempotency { key: keyed.key.clone(), fingerprint: keyed.fingerprint, answer: Arc::new(answer) })
    }
}

impl Drop for IdempotentRequest<'_> {
    fn drop(&mut self) {
        if let Some(keyed) = self.keyed.take() {
            self.service.in_flight_keys.remove(&(keyed.organization, keyed.key));
        }
    }
}

fn serialized(answer: &impl Serialize) -> Result<Vec<u8>> {
    serde_json::to_vec(answer).map_err(Error::internal)
}
