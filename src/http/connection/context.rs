//! What the connections of a listener share.

use std::sync::Arc;

use super::metrics::ConnectionMetrics;
use crate::domain::clock::Clock;
use crate::domain::id::IdSource;
use crate::http::metrics::RequestMetrics;

/// What the connections of a listener need to answer what is no request, and to be counted.
pub(in crate::http) struct ListenerContext {
    pub(in crate::http) connections: ConnectionMetrics,
    pub(in crate::http) requests: RequestMetrics,
    pub(in crate::http) clock: Arc<dyn Clock>,
    pub(in crate::http) ids: Arc<dyn IdSource>,
}
