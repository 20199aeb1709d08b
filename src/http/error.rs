//! From errors to HTTP answers: the only table of statuses, and the only place that logs a failed request.

use std::borrow::Cow;
use std::time::Duration;

use actix_web::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use actix_web::http::{Method, StatusCode};
use actix_web::{HttpResponse, HttpResponseBuilder, ResponseError};

use super::metrics::Conflict;
use super::request_record::RequestRecord;
use crate::api::wire::error::{ErrorCode, ErrorEnvelope, ErrorType};
use crate::domain::error::Cause;
use crate::domain::id::RequestId;
use crate::domain::{Error, ErrorKind};

/// Keeps the published clients from retrying.
const X_SHOULD_RETRY: HeaderName = HeaderName::from_static("x-should-retry");

/// Seconds until a client may retry after a database failure, a timeout, or a request that is still in flight.
const RETRY_AFTER_SECONDS: HeaderValue = HeaderValue::from_static("1");

/// Writes the page for the failed request of that id into a response that has the error's status and headers.
pub(crate) type ErrorPage = fn(&mut HttpResponseBuilder, &HttpError, RequestId) -> HttpResponse;

/// An error as it is answered.
#[derive(Debug)]
pub(crate) struct HttpError {
    status: StatusCode,
    kind: ErrorType,
    message: Cow<'static, str>,
    code: Option<ErrorCode>,
    headers: HeaderMap,
    /// Whether the connection closes after the answer: the unread rest of a body must not be parsed as the next request.
    closes: bool,
    /// Renders the answer as a page where a person reads it; the error envelope otherwise.
    page: Option<ErrorPage>,
    /// Whether the service or its database failed, which is logged.
    is_fault: bool,
    /// What kept the request from being done, if that is what others did.
    conflict: Option<Conflict>,
    cause: Option<Cause>,
}

impl HttpError {
    fn new(status: StatusCode, kind: ErrorType, message: impl Into<Cow<'static, str>>) -> Self {
        let (message, headers) = (message.into(), HeaderMap::new());
        let (code, page, conflict, cause) = (None, None, None, None);
        Self { status, kind, message, code, headers, closes: false, page, is_fault: false, conflict, cause }
    }

    fn with_header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.insert(name, value);
        self
    }

    /// The same error, after which the connection closes.
    pub(super) fn closing(mut self) -> Self {
        self.closes = true;
        self
    }

    /// The same error, rendered by `page` instead of as the error envelope.
    pub(crate) fn rendered_by(self, page: ErrorPage) -> Self {
        Self { page: Some(page), ..self }
    }

    /// No such path.
    pub(crate) fn unknown_path() -> Self {
        Self::new(StatusCode::NOT_FOUND, ErrorType::NotFound, "Not found")
    }

    /// The path is known, the method is not among `allowed`.
    pub(super) fn method_not_allowed(allowed: &[Method]) -> Self {
        let names = allowed.iter().map(Method::as_str).collect::<Vec<_>>().join(", ");
        let error = Self::new(StatusCode::METHOD_NOT_ALLOWED, ErrorType::InvalidRequest, "Method not allowed");
        match HeaderValue::from_str(&names) {
            Ok(value) => error.with_header(header::ALLOW, value),
            Err(_) => error,
        }
    }

    /// A limit on requests is exceeded, until `retry_in` has passed.
    pub(super) fn rate_limited(message: impl Into<Cow<'static, str>>, retry_in: Duration) -> Self {
        let seconds = retry_in.as_secs() + u64::from(retry_in.subsec_nanos() > 0);
        Self::new(StatusCode::TOO_MANY_REQUESTS, ErrorType::RateLimit, message)
            .with_header(header::RETRY_AFTER, seconds.max(1).into())
    }

    /// The body is larger than `limit` bytes.
    pub(super) fn too_large(limit: usize) -> Self {
        let message = format!("body: Request should have at most {limit} bytes");
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, ErrorType::RequestTooLarge, message).closing()
    }

    /// The body did not arrive within its time limit.
    pub(super) fn slow_body() -> Self {
        Self::new(StatusCode::REQUEST_TIMEOUT, ErrorType::InvalidRequest, "body: Request took too long to arrive")
            .closing()
    }

    /// The body ended early or is framed wrongly.
    pub(super) fn broken_body() -> Self {
        Self::new(StatusCode::BAD_REQUEST, ErrorType::InvalidRequest, "body: Request body is incomplete or malformed")
            .closing()
    }

    /// An error of actix, in the error envelope.
    pub(super) fn from_actix(failure: &actix_web::Error) -> Self {
        let status = failure.as_response_error().status_code();
        if status.is_client_error() {
            Self::new(status, ErrorType::InvalidRequest, "Malformed request")
        } else {
            Error::internal(failure.to_string()).into()
        }
    }

    /// Whether a limit on requests was exceeded, and for how many seconds it will be.
    pub(crate) fn rate_limited_for(&self) -> Option<u64> {
        let retry_after =
            self.headers.get(header::RETRY_AFTER).filter(|_| self.status == StatusCode::TOO_MANY_REQUESTS)?;
        retry_after.to_str().ok()?.parse().ok()
    }

    /// What kept the request from being done, if that is what others did.
    pub(super) const fn conflict(&self) -> Option<Conflict> {
        self.conflict
    }

    /// What a batch answers in place of this error: its type and its message.
    pub(super) fn in_batch(&self) -> (ErrorType, &str) {
        (self.kind, &self.message)
    }

    /// Logs a fault of the service or its database.
    pub(super) fn log(&self, id: RequestId) {
        if !self.is_fault {
            return;
        }
        let causes = causes(self.cause.as_ref());
        tracing::error!(request.id = %id, http.status = self.status.as_u16(), error.cause = causes, "request failed");
    }

    /// The answer, with the request id that also stands in the log.
    pub(super) fn to_response(&self, record: &RequestRecord) -> HttpResponse {
        self.log(record.id);
        let mut response = HttpResponse::build(self.status);
        for (name, value) in &self.headers {
            response.insert_header((name, value));
        }
        if self.closes {
            response.force_close();
        }
        if let Some(page) = self.page {
            return page(&mut response, self, record.id);
        }
        response.json(ErrorEnvelope::new(self.kind, self.message.as_ref(), record.id.to_string()).with_code(self.code))
    }
}

/// Logs that an answer ended with `error` after its status had been sent.
pub(super) fn log_cut_answer(error: &Error, record: &RequestRecord) {
    let (operation, causes) = (record.operation.get(), causes(error.cause.as_ref()));
    tracing::error!(request.id = %record.id, operation, error.cause = causes, "answer cut; its client has to go on where it ended");
}

/// `Display` of each cause only: `Debug` of a database error would contain the failed row.
fn causes(cause: Option<&Cause>) -> String {
    let mut causes = cause.map(ToString::to_string).unwrap_or_default();
    let mut next = cause.and_then(|cause| cause.source());
    while let Some(cause) = next {
        causes = format!("{causes}: {cause}");
        next = cause.source();
    }
    causes
}

impl From<Error> for HttpError {
    fn from(error: Error) -> Self {
        let is_fault = error.is_fault();
        let (status, kind) = match error.kind {
            ErrorKind::Invalid | ErrorKind::CmekNotApproved | ErrorKind::StorageNotApproved => {
                (StatusCode::BAD_REQUEST, ErrorType::InvalidRequest)
            }
            ErrorKind::TooLarge => (StatusCode::PAYLOAD_TOO_LARGE, ErrorType::RequestTooLarge),
            ErrorKind::Unauthenticated => (StatusCode::UNAUTHORIZED, ErrorType::Authentication),
            ErrorKind::Forbidden => (StatusCode::FORBIDDEN, ErrorType::Permission),
            ErrorKind::NotFound => (StatusCode::NOT_FOUND, ErrorType::NotFound),
            ErrorKind::Conflict | ErrorKind::InProgress => (StatusCode::CONFLICT, ErrorType::Conflict),
            ErrorKind::PreconditionFailed => (StatusCode::PRECONDITION_FAILED, ErrorType::InvalidRequest),
            ErrorKind::Unavailable | ErrorKind::Throttled | ErrorKind::Contended | ErrorKind::OutcomeUnknown => {
                (StatusCode::SERVICE_UNAVAILABLE, ErrorType::Overloaded)
            }
            ErrorKind::Canceled | ErrorKind::TimedOut => (StatusCode::GATEWAY_TIMEOUT, ErrorType::Timeout),
            ErrorKind::Internal => (StatusCode::INTERNAL_SERVER_ERROR, ErrorType::Api),
        };
        let conflict = match error.kind {
            ErrorKind::InProgress => Some(Conflict::InProgress),
            ErrorKind::PreconditionFailed => Some(Conflict::Precondition),
            ErrorKind::Conflict => Some(Conflict::State),
            _ => None,
        };
        let answer = Self { is_fault, conflict, cause: error.cause, ..Self::new(status, kind, error.message) };
        match error.kind {
            ErrorKind::InProgress
            | ErrorKind::Unavailable
            | ErrorKind::Throttled
            | ErrorKind::Contended
            | ErrorKind::Canceled
            | ErrorKind::TimedOut => answer.with_header(header::RETRY_AFTER, RETRY_AFTER_SECONDS),
            // The clients would retry at once, and so might do it twice.
            ErrorKind::OutcomeUnknown => {
                let answer = Self { code: Some(ErrorCode::ChangeOutcomeUnknown), ..answer };
                answer
                    .with_header(header::RETRY_AFTER, RETRY_AFTER_SECONDS)
                    .with_header(X_SHOULD_RETRY, HeaderValue::from_static("false"))
            }
            ErrorKind::CmekNotApproved => Self { code: Some(ErrorCode::CmekNotApproved), ..answer },
            ErrorKind::StorageNotApproved => Self { code: Some(ErrorCode::StorageNotApproved), ..answer },
            ErrorKind::Conflict => answer.with_header(X_SHOULD_RETRY, HeaderValue::from_static("false")),
            _ => answer,
        }
    }
}

impl std::fmt::Display for HttpError {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(&self.message)
    }
}

/// Carries the error through actix. `request_log::record` makes the answer: it knows the request id.
impl ResponseError for HttpError {
    fn status_code(&self) -> StatusCode {
        self.status
    }

    fn error_response(&self) -> HttpResponse {
        HttpResponse::new(self.status)
    }
}
