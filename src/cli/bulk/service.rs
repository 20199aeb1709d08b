//! Requests of a transfer, and when they are sent again.

use std::io::BufReader;
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde::Deserialize;
use serde::de::DeserializeOwned;
use ureq::http::{HeaderMap, HeaderValue, Method, Request, Response};
use ureq::{Agent, Body};

use super::failure::ServiceFailure;
use crate::api::{ANTHROPIC_VERSION, ApiVersion};
use crate::cli::client::ServiceOptions;
use crate::cli::client::base_url::BaseUrl;
use crate::cli::client::filter::Parameters;
use crate::cli::client::message::one_line;
use crate::cli::client::transport::agent::{USER_AGENT, agent, is_transient};
use crate::cli::client::transport::retry;
use crate::cli::error::CliError;

/// The path of profiles.
pub(super) const PROFILES: &str = "/v1/user_profiles";

/// The date that older clients send, which selects no version by itself.
const FIRST_DATE: &str = "2023-06-01";

/// The largest answer to a batch or a list that is read, in bytes.
const MAX_ANSWER_BYTES: u64 = 64 << 20;

/// The largest error that is read, in bytes.
const MAX_ERROR_BYTES: u64 = 1 << 20;

/// The service of a transfer.
#[derive(Clone, Debug)]
pub(super) struct BulkService {
    /// For exchanges that end.
    agent: Agent,
    /// Without a time limit: an export takes as long as it takes.
    streaming: Agent,
    base_url: Arc<BaseUrl>,
    headers: HeaderMap,
    /// For how long a request is sent again.
    patience: Duration,
}

/// An error of the service.
#[derive(Deserialize)]
struct ErrorBody {
    error: ErrorDetails,
}

#[derive(Deserialize)]
struct ErrorDetails {
    message: String,
}

impl BulkService {
    /// The service that `options` name. Requests that fail are sent again for as long as `patience`.
    ///
    /// # Errors
    /// There is no credential, or the base URL is invalid.
    pub(super) fn new(options: &ServiceOptions, patience: Duration) -> Result<Self, CliError> {
        let base_url = BaseUrl::parse(&options.base_url)?;
        let mut headers = HeaderMap::new();
        let workspace = options.workspace_id.clone().filter(|id| !id.is_empty());
        let workspace = workspace.map(|id| ("anthropic-workspace-id", id));
        for (name, value) in [options.credential()?.header()].into_iter().chain(workspace) {
            // The value may be a credential, so the message omits it.
            let value = HeaderValue::try_from(value)
                .map_err(|_| format!("the value for {name} holds a character that no header may hold"))?;
            headers.insert(name, value);
        }
        headers.insert("user-agent", HeaderValue::from_static(USER_AGENT));
        let (timed, streaming) = (agent(&base_url, Some(options.timeout)), agent(&base_url, None));
        Ok(Self { agent: timed, streaming, base_url: Arc::new(base_url), headers, patience })
    }

    /// Begins to read an export; answers when its head has arrived.
    ///
    /// # Errors
    /// The service refuses the request, or was not reached for too long.
    pub(super) fn stream(
        &self,
        version: ApiVersion,
        path: &str,
        query: &Parameters,
        accept: &str,
    ) -> Result<Body, ServiceFailure> {
        let url = self.base_url.join(path, query);
        self.until_answered(Ok, || {
            let request = self.request(Method::GET, &url, version).header("accept", accept);
            self.streaming.run(request.body(())?)
        })
    }

    /// Reads a page of profiles.
    ///
    /// # Errors
    /// Those of [`BulkService::stream`].
    pub(super) fn list<T: DeserializeOwned>(
        &self,
        version: ApiVersion,
        query: &Parameters,
    ) -> Result<T, ServiceFailure> {
        let url = self.base_url.join(PROFILES, query);
        self.until_answered(json, || self.agent.run(self.request(Method::GET, &url, version).body(())?))
    }

    /// Sends a batch, which is done once under `key` however often it is sent.
    ///
    /// # Errors
    /// Those of [`BulkService::stream`].
    pub(super) fn post_batch<T: DeserializeOwned>(
        &self,
        version: ApiVersion,
        key: &str,
        body: &[u8],
    ) -> Result<T, ServiceFailure> {
        let url = self.base_url.join(&format!("{PROFILES}/batch"), &Vec::new());
        self.until_answered(json, || {
            let request = self.request(Method::POST, &url, version).header("content-type", "application/json");
            self.agent.run(request.header("idempotency-key", key).body(body)?)
        })
    }

    fn request(&self, method: Method, url: &str, version: ApiVersion) -> ureq::http::request::Builder {
        let mut request = Request::builder().method(method).uri(url);
        if let Some(headers) = request.headers_mut() {
            headers.clone_from(&self.headers);
            headers.insert(ANTHROPIC_VERSION, HeaderValue::from_static(FIRST_DATE));
        }
        let (name, value) = version.header();
        if let (Some(headers), Ok(value)) = (request.headers_mut(), HeaderValue::try_from(value)) {
            headers.insert(name, value);
        }
        request
    }

    /// Sends a request until it is answered with something that another attempt would not change, and has been read.
    fn until_answered<T>(
        &self,
        read: impl Fn(Body) -> Result<T, ureq::Error>,
        attempt: impl Fn() -> Result<Response<Body>, ureq::Error>,
    ) -> Result<T, ServiceFailure> {
        let (started, mut attempts) = (Instant::now(), 0);
        loop {
            let (answer, mut headers) = (attempt(), None);
            let failure = match answer {
                Ok(answer) if answer.status().is_success() => match read(answer.into_body()) {
                    Ok(read) => return Ok(read),
                    Err(error) => unreachable_because(&error)?,
                },
                Ok(answer) => {
                    let (head, body) = answer.into_parts();
                    let failure = refusal(head.status.as_u16(), body);
                    if !retry::is_retryable(head.status.as_u16(), &head.headers) {
                        return Err(failure);
                    }
                    headers = Some(head.headers);
                    failure
                }
                Err(error) => unreachable_because(&error)?,
            };
            let mut jitter = [0];
            // Without random numbers all clients wait equally long.
            let _ = getrandom::fill(&mut jitter);
            let pause = retry::pause(attempts, headers.as_ref(), jitter[0]);
            if started.elapsed() + pause > self.patience {
                return Err(match failure {
                    ServiceFailure::Refused { status, message } => ServiceFailure::Busy { status, message },
                    other => other,
                });
            }
            retry::sleep(pause);
            attempts += 1;
        }
    }
}

fn json<T: DeserializeOwned>(body: Body) -> Result<T, ureq::Error> {
    let read = serde_json::from_reader(BufReader::new(body.into_with_config().limit(MAX_ANSWER_BYTES).reader()));
    read.map_err(|error: serde_json::Error| ureq::Error::Io(error.into()))
}

/// The failure of an attempt after which another may succeed.
///
/// # Errors
/// None would.
fn unreachable_because(error: &ureq::Error) -> Result<ServiceFailure, ServiceFailure> {
    let failure = ServiceFailure::Unreachable(one_line(&error.to_string()));
    if is_transient(error) { Ok(failure) } else { Err(failure) }
}

fn refusal(status: u16, mut body: Body) -> ServiceFailure {
    let text = body.with_config().limit(MAX_ERROR_BYTES).lossy_utf8(true).read_to_string().unwrap_or_default();
    let message = serde_json::from_str(&text).map_or_else(
        |_| "is there a proxy or another service at --base-url?".to_owned(),
        |body: ErrorBody| one_line(&body.error.message),
    );
    ServiceFailure::Refused { status, message }
}
