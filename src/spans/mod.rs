//! What spans say in traces besides their names and ids, in the semantic conventions of OpenTelemetry, and which traces they belong to.
//! May know no other module. In a build without the feature `otel`, and where no traces are exported, each function does nothing.
//!
//! Names and ids are fields of the spans themselves, and also stand in the log. No attribute is something that a caller sent: paths, query
//! strings, headers, bodies and addresses of clients may hold personal data.

#[cfg(feature = "otel")]
mod exported;
#[cfg(not(feature = "otel"))]
mod off;
// The test of its completeness belongs to every build.
#[cfg(any(feature = "otel", test))]
mod ports;

#[cfg(feature = "otel")]
pub(crate) use exported::{
    are_exported, continue_trace, export, record_answer, record_attempt, record_failure, traceparent,
};
#[cfg(not(feature = "otel"))]
pub(crate) use off::{are_exported, continue_trace, record_answer, record_attempt, record_failure, traceparent};
#[cfg(feature = "otel")]
pub(crate) use ports::port_method;

/// The name of the spans of requests, until they have that of their operation.
#[cfg(feature = "otel")]
pub(crate) const REQUEST: &str = "request";
/// The name of the spans of webhook attempts.
#[cfg(feature = "otel")]
pub(crate) const WEBHOOK_ATTEMPT: &str = "webhook.attempt";
/// The target of the spans of probes, which are frequent and not exported.
pub(crate) const PROBES: &str = "uprof::probes";

/// What the span of an answered request says.
#[derive(Clone, Copy, Debug)]
#[cfg_attr(not(feature = "otel"), expect(dead_code, reason = "nothing reads it where nothing is exported"))]
pub(crate) struct Answer<'a> {
    /// The operation, if the request had a known one.
    pub(crate) operation: Option<&'static str>,
    pub(crate) method: &'a str,
    /// The path with the names of its parameters in place of their values.
    pub(crate) route: Option<&'a str>,
    pub(crate) status: u16,
    /// Where people and clients reach the service, as it is configured.
    pub(crate) public_url: &'a str,
    pub(crate) version: Option<&'static str>,
    pub(crate) organization: Option<&'a str>,
}

/// What the span of a webhook attempt says.
#[derive(Clone, Copy, Debug)]
#[cfg_attr(not(feature = "otel"), expect(dead_code, reason = "nothing reads it where nothing is exported"))]
pub(crate) struct AttemptEnd<'a> {
    /// The URL of the endpoint, of which scheme, host and port are recorded.
    pub(crate) url: Option<&'a str>,
    /// The status that the endpoint answered with, or why there was none.
    pub(crate) outcome: Result<u16, &'a str>,
    pub(crate) is_accepted: bool,
}
