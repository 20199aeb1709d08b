//! What is recorded of a request while it is served.

use std::cell::Cell;
use std::rc::Rc;

use actix_web::HttpMessage;

use super::limits::rate_headers::RateHeaders;
use crate::api::ApiVersion;
use crate::domain::id::{OrganizationId, RequestId};
use crate::spans::PROBES;

/// What the log line, the metrics, the span and the headers of a request say. Each layer fills in what it has found out.
#[derive(Debug)]
pub(crate) struct RequestRecord {
    pub(crate) id: RequestId,
    pub(crate) organization: Cell<Option<OrganizationId>>,
    pub(crate) version: Cell<Option<ApiVersion>>,
    pub(crate) operation: Cell<Option<&'static str>>,
    /// What the answer says of the caller's rate limit, if there is one.
    pub(super) rate: Cell<Option<RateHeaders>>,
}

impl RequestRecord {
    /// The record of `request`. Every request has one: `request_log::record` is the outermost middleware.
    pub(crate) fn of(request: &impl HttpMessage) -> Option<Rc<Self>> {
        request.extensions().get().cloned()
    }

    /// Names the operation of `request`.
    pub(crate) fn name(request: &impl HttpMessage, operation: &'static str) {
        if let Some(record) = Self::of(request) {
            record.set_operation(operation);
        }
    }

    /// Names the operation in the log line and in the metrics, and, at debug level, in the request's span, which must be the current
    /// one: the JSON log format parses a span's fields anew for each one recorded later, which costs a retrieve 3 % of its CPU time.
    pub(super) fn set_operation(&self, operation: &'static str) {
        self.operation.set(Some(operation));
        if tracing::enabled!(tracing::Level::DEBUG) {
            tracing::Span::current().record("operation", operation);
        }
    }

    /// The span around all work on the request, which may be a probe. Its level is the highest, so that warnings inside carry the request's
    /// id whatever the log level is.
    pub(super) fn span(&self, is_probe: bool) -> tracing::Span {
        if is_probe {
            tracing::error_span!(target: PROBES, "request", request.id = %self.id, operation = tracing::field::Empty)
        } else {
            tracing::error_span!("request", request.id = %self.id, operation = tracing::field::Empty)
        }
    }
}
