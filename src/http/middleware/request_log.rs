//! The outermost middleware: request id, span, error answers, log line, metrics and trace of every request.

use std::cell::Cell;
use std::rc::Rc;
use std::time::{Duration, Instant};

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::StatusCode;
use actix_web::http::header::{CACHE_CONTROL, HeaderName, HeaderValue, X_CONTENT_TYPE_OPTIONS};
use actix_web::middleware::Next;
use actix_web::{HttpMessage, web};
use tracing::{Instrument, Span};

use crate::domain::id::RequestId;
use crate::domain::label::EnumLabel;
use crate::http::body::unread::UnreadBody;
use crate::http::error::HttpError;
use crate::http::metrics::RequestMetrics;
use crate::http::request_record::RequestRecord;
use crate::http::service::Service;
use crate::spans::{self, Answer};

const REQUEST_ID: HeaderName = HeaderName::from_static("request-id");

/// Wraps every request.
pub(in crate::http) async fn record(
    service: web::Data<Service>,
    mut request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
    let started = Instant::now();
    let record = Rc::new(RequestRecord {
        id: RequestId::new(service.ports.ids.next(service.ports.clock.now())),
        organization: Cell::default(),
        version: Cell::default(),
        operation: Cell::default(),
        rate: Cell::default(),
    });
    request.extensions_mut().insert(Rc::clone(&record));
    UnreadBody::park(&mut request);
    // Probes are frequent: logged at debug level, not counted and not traced.
    let is_probe = request.path().starts_with("/health/");
    let span = record.span(is_probe);
    spans::continue_trace(&span, |name| request.headers().get(name)?.to_str().ok());
    let traced = spans::are_exported().then(|| span.clone());
    let response = next.call(request).instrument(span).await?;
    let mut response = answered(response, &record, &service.metrics);
    if let Some(unread) = UnreadBody::take(response.request()) {
        response = response.map_body(|_, answer| unread.outlive(answer));
    }
    let id = record.id.to_string();
    if let Ok(id) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(REQUEST_ID, id);
    }
    let headers = response.headers_mut();
    if let Some(rate) = record.rate.get() {
        rate.insert(headers);
    }
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    // What holds no personal data says so itself.
    if !headers.contains_key(CACHE_CONTROL) {
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    if service.is_draining() {
        response.response_mut().head_mut().set_connection_type(actix_web::http::ConnectionType::Close);
    }
    let duration = started.elapsed();
    if !is_probe {
        service.metrics.count(&record, response.status(), duration);
    }
    log_line(&record, &id, response.status(), duration, is_probe);
    if let Some(span) = traced {
        trace(&span, &record, &response, &service);
    }
    Ok(response)
}

/// Completes the span of a request whose trace may be exported.
fn trace(span: &Span, record: &RequestRecord, response: &ServiceResponse<BoxBody>, service: &Service) {
    let route = response.request().match_pattern();
    let organization = record.organization.get().map(|organization| organization.to_string());
    let answer = Answer {
        operation: record.operation.get(),
        method: response.request().method().as_str(),
        route: route.as_deref(),
        status: response.status().as_u16(),
        public_url: &service.links.public_url,
        version: record.version.get().map(EnumLabel::as_str),
        organization: organization.as_deref(),
    };
    spans::record_answer(span, answer);
}

/// Renders errors, which need the request id. Inner middlewares answer with `request.error_response(error)`: a bare `Err` would lose
/// the request.
fn answered(
    response: ServiceResponse<impl MessageBody + 'static>,
    record: &RequestRecord,
    metrics: &RequestMetrics,
) -> ServiceResponse<BoxBody> {
    let answer = response.response().error().map(|failure| match failure.as_error::<HttpError>() {
        Some(error) => {
            if let Some(conflict) = error.conflict() {
                metrics.count_conflict(conflict);
            }
            error.to_response(record)
        }
        None => HttpError::from_actix(failure).to_response(record),
    });
    match answer {
        Some(answer) => response.into_response(answer),
        None => response.map_into_boxed_body(),
    }
}

/// One line per request. Nothing else of a request is logged: path, query, headers and body may hold personal data.
fn log_line(record: &RequestRecord, id: &str, status: StatusCode, duration: Duration, is_probe: bool) {
    macro_rules! line {
        ($level:ident) => {
            tracing::$level!(
                request.id = id,
                organization.id = record.organization.get().map(tracing::field::display),
                operation = record.operation.get(),
                api.version = record.version.get().map(EnumLabel::as_str),
                http.status = status.as_u16(),
                duration.us = u64::try_from(duration.as_micros()).unwrap_or(u64::MAX),
                "request"
            )
        };
    }
    if is_probe { line!(debug) } else { line!(info) }
}
