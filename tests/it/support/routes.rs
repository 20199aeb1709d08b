//! Every route that needs a key. A new one belongs into this table: the tests about strangers, scopes and methods walk it.

use serde_json::{Value, json};
use uprof::domain::api_key::Scope;
use ureq::http::Method;

use super::answer::Answer;
use super::client::{Client, PROFILES};

/// A route, with a body that it takes.
pub(crate) struct Route {
    pub(crate) method: Method,
    pub(crate) path: &'static str,
    pub(crate) body: Option<Value>,
    pub(crate) scope: Scope,
}

impl Route {
    /// All of them.
    pub(crate) fn all() -> Vec<Self> {
        const PROFILE: &str = "/v1/user_profiles/{id}";
        let route = |method, path, body, scope| Self { method, path, body, scope };
        vec![
            route(Method::POST, PROFILES, Some(json!({"name": "Example"})), Scope::ProfilesWrite),
            route(Method::GET, PROFILES, None, Scope::ProfilesRead),
            route(Method::GET, PROFILE, None, Scope::ProfilesRead),
            route(Method::POST, PROFILE, Some(json!({"name": "Another"})), Scope::ProfilesWrite),
            route(Method::DELETE, PROFILE, None, Scope::ProfilesWrite),
            route(Method::POST, "/v1/user_profiles/{id}/enrollment_url", None, Scope::ProfilesWrite),
            route(
                Method::POST,
                "/v1/user_profiles/{id}/action_urls",
                Some(json!({"action": {"type": "enroll_end_user"}})),
                Scope::ProfilesWrite,
            ),
            route(Method::GET, "/v1/organizations/events", None, Scope::Admin),
        ]
    }

    /// Whether it leads to one profile.
    pub(crate) fn names_a_profile(&self) -> bool {
        self.path.contains("{id}")
    }

    /// Takes the route with whatever `client` has to show; `id` is the profile, where the route names one.
    pub(crate) fn take(&self, client: &Client, id: &str) -> Answer {
        let call = client.call(self.method.clone(), &self.path.replace("{id}", id));
        match &self.body {
            Some(body) => call.json(body),
            None => call.send(),
        }
    }
}
