//! Sends requests and retries them.

use ureq::Agent;
use ureq::http::{self, HeaderMap, Method, StatusCode};

use super::agent::{USER_AGENT, agent, is_transient};
use super::{retry, trace};
use crate::cli::client::base_url::BaseUrl;
use crate::cli::client::document::Document;
use crate::cli::client::message::one_line;
use crate::cli::client::namespace::Namespace;
use crate::cli::client::options::ClientOptions;
use crate::cli::client::output::printer::Printer;
use crate::cli::error::CliError;

/// The largest answer that is read, in bytes. A page of 100 profiles has at most 3 MB.
const MAX_ANSWER_BYTES: u64 = 64 << 20;

/// What distinguishes one request from the others of a client.
#[derive(Debug)]
pub(in crate::cli) struct Request {
    pub(in crate::cli) method: Method,
    /// Below the base URL, percent-encoded.
    pub(in crate::cli) path: String,
    pub(in crate::cli) query: Vec<(String, String)>,
    pub(in crate::cli) body: Option<Document>,
    /// The value of `If-Match`.
    pub(in crate::cli) if_match: Option<String>,
}

impl Request {
    pub(in crate::cli) const fn get(path: String) -> Self {
        Self { method: Method::GET, path, query: Vec::new(), body: None, if_match: None }
    }

    pub(in crate::cli) const fn post(path: String, body: Option<Document>) -> Self {
        Self { method: Method::POST, path, query: Vec::new(), body, if_match: None }
    }

    pub(in crate::cli) const fn delete(path: String) -> Self {
        Self { method: Method::DELETE, path, query: Vec::new(), body: None, if_match: None }
    }

    /// Adds `If-Match`.
    pub(in crate::cli) fn on_condition(self, if_match: Option<String>) -> Self {
        Self { if_match, ..self }
    }
}

/// An answer of the service, whatever its status.
pub(in crate::cli) struct HttpAnswer {
    status: StatusCode,
    headers: HeaderMap,
    pub(in crate::cli) body: String,
}

impl HttpAnswer {
    /// The value of `ETag`.
    pub(in crate::cli) fn entity_tag(&self) -> Option<String> {
        Some(String::from_utf8_lossy(self.headers.get(http::header::ETAG)?.as_bytes()).into_owned())
    }
}

/// A client of one service, with the headers of one namespace.
#[derive(Debug)]
pub(in crate::cli) struct Client {
    agent: Agent,
    base_url: BaseUrl,
    headers: Vec<(&'static str, String)>,
    query: &'static [(&'static str, &'static str)],
    max_retries: u32,
    debug: bool,
    errors: Printer,
}

impl Client {
    /// # Errors
    /// The options have no credential, or the base URL is invalid.
    pub(in crate::cli) fn new<N: Namespace>(options: &ClientOptions) -> Result<Self, CliError> {
        let base_url = BaseUrl::parse(&options.service.base_url)?;
        let mut headers = vec![options.service.credential()?.header(), ("anthropic-version", N::VERSION.to_owned())];
        if options.betas.is_empty() {
            headers.extend(N::BETA.map(|beta| ("anthropic-beta", beta.to_owned())));
        }
        headers.extend(options.betas.iter().map(|beta| ("anthropic-beta", beta.clone())));
        let workspace = options.service.workspace_id.clone().filter(|id| !id.is_empty());
        headers.extend(workspace.map(|id| ("anthropic-workspace-id", id)));
        headers.extend([("accept", "application/json".to_owned()), ("user-agent", USER_AGENT.to_owned())]);

        Ok(Self {
            agent: agent(&base_url, Some(options.service.timeout)),
            base_url,
            headers,
            query: N::QUERY,
            max_retries: options.max_retries,
            debug: options.debug,
            errors: options.error_printer(),
        })
    }

    /// Sends a request and returns its successful answer.
    ///
    /// # Errors
    /// The service was not reached, or returned an error, whose body has then been printed.
    pub(in crate::cli) fn call(&mut self, request: Request) -> Result<HttpAnswer, CliError> {
        let query: Vec<_> =
            self.query.iter().map(|&(name, value)| (name.to_owned(), value.to_owned())).chain(request.query).collect();
        let url = self.base_url.join(&request.path, &query);
        let body = request.body.as_ref().map(serde_json::to_string).transpose()?;
        let headers = self.headers_of(&request.method, body.is_some(), request.if_match)?;
        let answer = self.send(&request.method, &url, &headers, body.as_deref())?;
        if answer.status.is_success() {
            return Ok(answer);
        }
        self.errors.print_error(&answer.body)?;
        Err(describe_error(&request.method, &url, &answer).into())
    }

    fn headers_of(&self, method: &Method, has_body: bool, if_match: Option<String>) -> Result<HeaderMap, CliError> {
        let mut headers = self.headers.clone();
        headers.extend(if_match.map(|tags| ("if-match", tags)));
        if has_body {
            headers.push(("content-type", "application/json".to_owned()));
        }
        if *method == Method::POST {
            // The same for all attempts, so that the server does not repeat what it did before its answer was lost.
            headers.push(("idempotency-key", random_key()?));
        }
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            // The value may be a credential, so the message omits it.
            let value = http::HeaderValue::try_from(value)
                .map_err(|_| format!("the value for {name} holds a character that no header may hold"))?;
            map.append(name, value);
        }
        Ok(map)
    }

    fn send(
        &self,
        method: &Method,
        url: &str,
        headers: &HeaderMap,
        body: Option<&str>,
    ) -> Result<HttpAnswer, CliError> {
        let mut attempt = 0;
        loop {
            let sent = self.send_once(method, url, headers, body);
            let is_retryable = match &sent {
                Ok(answer) => retry::is_retryable(answer.status.as_u16(), &answer.headers),
                Err(error) => is_transient(error),
            };
            if attempt >= self.max_retries || !is_retryable {
                return sent.map_err(|error| {
                    let why = match error {
                        ureq::Error::Io(error) => error.to_string(),
                        error => error.to_string(),
                    };
                    let why = one_line(&why);
                    format!("{method} {url}: {why}: is the service running there? --base-url says where it is").into()
                });
            }
            let mut jitter = [0];
            getrandom::fill(&mut jitter)?;
            let pause = retry::pause(attempt, sent.as_ref().ok().map(|answer| &answer.headers), jitter[0]);
            if self.debug {
                trace::failure(sent.as_ref().err(), pause);
            }
            retry::sleep(pause);
            attempt += 1;
        }
    }

    fn send_once(
        &self,
        method: &Method,
        url: &str,
        headers: &HeaderMap,
        body: Option<&str>,
    ) -> Result<HttpAnswer, ureq::Error> {
        if self.debug {
            trace::request(method.as_str(), url, headers, body);
        }
        let mut request = http::Request::builder().method(method).uri(url);
        if let Some(all) = request.headers_mut() {
            all.clone_from(headers);
        }
        let response = match body {
            Some(body) => self.agent.run(request.body(body)?),
            None if *method == Method::POST => self.agent.run(request.body("")?),
            None => self.agent.run(request.body(())?),
        }?;
        let (head, mut body) = response.into_parts();
        let body = body.with_config().limit(MAX_ANSWER_BYTES).lossy_utf8(true).read_to_string()?;
        if self.debug {
            trace::answer(&head.status.to_string(), &head.headers, &body);
        }
        Ok(HttpAnswer { status: head.status, headers: head.headers, body })
    }
}

/// An error answer on one line: status, message and request.
fn describe_error(method: &Method, url: &str, answer: &HttpAnswer) -> String {
    let body: Option<Document> = serde_json::from_str(&answer.body).ok();
    let message = body.as_ref().and_then(|body| body.get("error")?.get("message")?.as_text());
    let location = answer.headers.get(http::header::LOCATION).filter(|_| answer.status.is_redirection());
    let what = match (message, location) {
        (Some(message), _) => format!(": {message}"),
        (None, Some(location)) => format!(": it is at {}", String::from_utf8_lossy(location.as_bytes())),
        (None, None) => String::new(),
    };
    one_line(&format!("{}{what} ({method} {url})", answer.status))
}

fn random_key() -> Result<String, CliError> {
    let mut random = [0; 16];
    getrandom::fill(&mut random).map_err(|error| format!("no random numbers from the operating system: {error}"))?;
    Ok(format!("{:032x}", u128::from_be_bytes(random)))
}
