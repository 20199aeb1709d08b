//! A well-behaved client. Every answer that passes through it is checked, see [`Answer::checked`].

use std::net::SocketAddr;

use serde_json::Value;
use ureq::Agent;
use ureq::http::{Method, Request, request};

use super::accounts::Key;
use super::answer::Answer;
use super::document;
use super::max_wait::MAX_WAIT;
use super::shape::Shape;

/// Where profiles live.
pub(crate) const PROFILES: &str = "/v1/user_profiles";

/// Where they are exported.
pub(crate) const EXPORT: &str = "/v1/user_profiles/export";

/// The name of the original shape.
pub(crate) const V1: &str = "user-profiles-2026-03-24";

/// More than any export of a test.
const MAX_ANSWER_BYTES: u64 = 64 << 20;

/// Speaks for one key, in one shape.
#[derive(Clone)]
pub(crate) struct Client {
    address: SocketAddr,
    agent: Agent,
    key: Option<String>,
    beta: Option<String>,
    version: &'static str,
}

/// A request on its way.
pub(crate) struct Call<'a> {
    client: &'a Client,
    request: request::Builder,
    body: Option<Vec<u8>>,
}

impl Client {
    /// Speaks V1, without a key.
    pub(crate) fn new(address: SocketAddr) -> Self {
        Self { address, agent: agent(), key: None, beta: Some(V1.to_owned()), version: "2023-06-01" }
    }

    pub(crate) fn with_key(&self, key: &Key) -> Self {
        Self { key: Some(key.secret.clone()), ..self.clone() }
    }

    pub(crate) fn without_key(&self) -> Self {
        Self { key: None, ..self.clone() }
    }

    /// Speaks the shape that `beta` selects.
    pub(crate) fn with_beta(&self, beta: &str) -> Self {
        Self { beta: Some(beta.to_owned()), ..self.clone() }
    }

    pub(crate) fn without_beta(&self) -> Self {
        Self { beta: None, ..self.clone() }
    }

    /// Speaks `shape`, in the way that needs no pinned organization.
    pub(crate) fn speaking(&self, shape: Shape) -> Self {
        let client = Self { beta: shape.beta().map(str::to_owned), ..self.clone() };
        client.with_version(shape.version())
    }

    /// Sends another `anthropic-version`.
    pub(crate) fn with_version(&self, version: &'static str) -> Self {
        Self { version, ..self.clone() }
    }

    /// Closes the idle connections of this client, but not those of its clones.
    pub(crate) fn hang_up(&mut self) {
        self.agent = agent();
    }

    pub(crate) fn get(&self, path: &str) -> Call<'_> {
        self.call(Method::GET, path)
    }

    pub(crate) fn post(&self, path: &str) -> Call<'_> {
        self.call(Method::POST, path)
    }

    pub(crate) fn delete(&self, path: &str) -> Call<'_> {
        self.call(Method::DELETE, path)
    }

    /// A request with the client's key and shape; what else it says is up to the caller.
    pub(crate) fn call(&self, method: Method, path: &str) -> Call<'_> {
        let mut request = Request::builder()
            .method(method)
            .uri(format!("http://{}{path}", self.address))
            .header("anthropic-version", self.version);
        if let Some(key) = &self.key {
            request = request.header("x-api-key", key);
        }
        if let Some(beta) = &self.beta {
            request = request.header("anthropic-beta", beta);
        }
        Call { client: self, request, body: None }
    }

    /// Creates a profile, which must succeed.
    #[track_caller]
    pub(crate) fn create(&self, body: &Value) -> Value {
        self.post(PROFILES).json(body).ok()
    }

    /// Retrieves a profile, which must succeed.
    #[track_caller]
    pub(crate) fn retrieve(&self, id: &str) -> Value {
        self.get(&path(id)).send().ok()
    }

    /// Updates a profile, which must succeed.
    #[track_caller]
    pub(crate) fn update(&self, id: &str, body: &Value) -> Value {
        self.post(&path(id)).json(body).ok()
    }

    /// One page, which must succeed; `query` as in `limit=1&order=asc`.
    #[track_caller]
    pub(crate) fn list(&self, query: &str) -> Value {
        self.get(&format!("{PROFILES}?{query}")).send().ok()
    }

    /// The data of all pages, as clients follow them: every parameter again, with the cursor.
    #[track_caller]
    pub(crate) fn pages(&self, query: &str) -> Vec<Vec<Value>> {
        let mut page = self.list(query);
        let mut pages = Vec::new();
        loop {
            pages.push(page["data"].as_array().unwrap().clone());
            assert!(pages.len() <= 1_000, "the list never ends");
            let Some(next) = page["next_page"].as_str() else { return pages };
            let first_page = query.split('&').filter(|parameter| !parameter.starts_with("page="));
            let query: Vec<_> = first_page.map(str::to_owned).chain([format!("page={next}")]).collect();
            page = self.list(&query.join("&"));
        }
    }
}

impl Call<'_> {
    /// Adds a header, beside those of the same name that are there already.
    pub(crate) fn header(self, name: &str, value: &str) -> Self {
        Self { request: self.request.header(name, value), ..self }
    }

    /// The bytes of the body; without a content type.
    pub(crate) fn body(self, bytes: impl Into<Vec<u8>>) -> Self {
        Self { body: Some(bytes.into()), ..self }
    }

    /// Sends bytes that claim to be JSON.
    #[track_caller]
    pub(crate) fn json_text(self, text: impl Into<Vec<u8>>) -> Answer {
        self.header("content-type", "application/json").body(text).send()
    }

    /// Sends a JSON body.
    #[track_caller]
    pub(crate) fn json(self, body: &Value) -> Answer {
        self.json_text(body.to_string())
    }

    /// Sends it. The answer must be one that the OpenAPI document of the shape announces.
    #[track_caller]
    pub(crate) fn send(self) -> Answer {
        let (request, ()) = self.request.body(()).unwrap().into_parts();
        let answer = match self.body {
            Some(bytes) => self.client.agent.run(Request::from_parts(request.clone(), bytes)),
            None => self.client.agent.run(Request::from_parts(request.clone(), ())),
        };
        let (head, mut body) = answer.unwrap().into_parts();
        let answer = Answer::checked(
            head.status.as_u16(),
            head.headers,
            &body.with_config().limit(MAX_ANSWER_BYTES).read_to_vec().unwrap(),
        );
        document::check(&request, &answer);
        answer
    }
}

/// The path of a profile.
pub(crate) fn path(id: &str) -> String {
    format!("{PROFILES}/{id}")
}

/// The id of a profile.
pub(crate) fn id(profile: &Value) -> &str {
    profile["id"].as_str().unwrap()
}

fn agent() -> Agent {
    Agent::config_builder()
        .http_status_as_error(false)
        .max_redirects(0)
        .timeout_global(Some(MAX_WAIT))
        .build()
        .new_agent()
}
