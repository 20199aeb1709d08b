//! The HTTP client of exports: the one that the binary has anyway. It blocks, which is right on the exporter's own thread.

use async_trait::async_trait;
use opentelemetry_http::{Bytes, HttpClient, HttpError, Request, Response};
use ureq::Agent;

use crate::config::TraceSettings;

/// The most bytes of an answer that are read: it says at most which spans were refused.
const LARGEST_ANSWER: u64 = 64 << 10;

/// Sends exports.
#[derive(Debug)]
pub(super) struct ExportClient(Agent);

impl ExportClient {
    pub(super) fn new(settings: &TraceSettings) -> Self {
        let config = Agent::config_builder()
            .timeout_global(Some(settings.timeout))
            .http_status_as_error(false)
            // The headers may hold a key, which belongs to the endpoint.
            .max_redirects(0)
            .user_agent(concat!("uprof/", env!("CARGO_PKG_VERSION")));
        Self(config.build().new_agent())
    }
}

#[async_trait]
impl HttpClient for ExportClient {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let (head, body) = request.into_parts();
        let (head, mut body) = self.0.run(Request::from_parts(head, &body[..]))?.into_parts();
        let body = body.with_config().limit(LARGEST_ANSWER).read_to_vec()?;
        Ok(Response::from_parts(head, body.into()))
    }
}
