//! Every route that needs a key. A new one belongs into this table: the tests about strangers, scopes and methods walk it.

use serde_json::{Value, json};
use uprof::domain::credential::api_key::Scope;
use ureq::http::Method;

use super::answer::Answer;
use super::client::{Call, Client, EXPORT, PROFILES};
use super::shape::Shape;

/// A route, with a body that it takes.
pub(crate) struct Route {
    pub(crate) method: Method,
    pub(crate) path: &'static str,
    pub(crate) body: Option<Value>,
    pub(crate) scope: Scope,
    /// The first shape that has it, where not all do: a request asks for that one too.
    pub(crate) first: Option<Shape>,
    /// The first shape whose document has it, where that is not the first that has it.
    pub(crate) documented: Option<Shape>,
}

impl Route {
    /// All of them.
    pub(crate) fn all() -> Vec<Self> {
        const PROFILE: &str = "/v1/user_profiles/{id}";
        const API_KEYS: &str = "/v1/organizations/api_keys";
        const WEBHOOKS: &str = "/v1/organizations/webhooks";
        const WEBHOOK: &str = "/v1/organizations/webhooks/{endpoint}";
        const DATA_CONTROLS: &str = "/v1/user_profiles/{id}/providers/google/data_controls";
        let route = |method, path, body, scope| Self { method, path, body, scope, first: None, documented: None };
        let in_newest = |route| Self { documented: Some(Shape::Ga), ..route };
        let later = |route| Self { first: Some(Shape::V3), ..route };
        vec![
            route(Method::POST, PROFILES, Some(json!({"name": "Example"})), Scope::ProfilesWrite),
            route(Method::GET, PROFILES, None, Scope::ProfilesRead),
            in_newest(route(Method::GET, EXPORT, None, Scope::ProfilesRead)),
            route(Method::GET, PROFILE, None, Scope::ProfilesRead),
            route(Method::POST, PROFILE, Some(json!({"name": "Another"})), Scope::ProfilesWrite),
            in_newest(route(
                Method::POST,
                "/v1/user_profiles/batch",
                Some(json!({"requests": [{"custom_id": "one", "params": {"name": "Example"}}]})),
                Scope::ProfilesWrite,
            )),
            route(Method::DELETE, PROFILE, None, Scope::ProfilesWrite),
            route(Method::POST, "/v1/user_profiles/{id}/enrollment_url", None, Scope::ProfilesWrite),
            route(
                Method::POST,
                "/v1/user_profiles/{id}/action_urls",
                Some(json!({"action": {"type": "enroll_end_user"}})),
                Scope::ProfilesWrite,
            ),
            later(route(Method::GET, DATA_CONTROLS, None, Scope::ProfilesRead)),
            later(route(
                Method::POST,
                DATA_CONTROLS,
                Some(json!({"cmek": {"type": "disabled"}})),
                Scope::ProfilesWrite,
            )),
            route(Method::GET, "/v1/user_profiles/{id}/history", None, Scope::Admin),
            route(Method::GET, "/v1/organizations/events", None, Scope::Admin),
            route(Method::GET, "/v1/organizations/trust_grants", None, Scope::Admin),
            route(
                Method::POST,
                "/v1/user_profiles/{id}/trust_grants/{trust_grant_name}",
                Some(json!({"status": "active", "actor": "reviewer"})),
                Scope::Admin,
            ),
            route(Method::GET, "/v1/user_profiles/{id}/trust_grants/{trust_grant_name}/decisions", None, Scope::Admin),
            route(
                Method::POST,
                "/v1/user_profiles/{id}/enforcement_actions",
                Some(json!({"type": "ban", "reason": "high_harm", "actor": "reviewer"})),
                Scope::Admin,
            ),
            route(Method::GET, "/v1/user_profiles/{id}/enforcement_actions", None, Scope::Admin),
            route(
                Method::POST,
                "/v1/user_profiles/{id}/enforcement_actions/{enforcement_action_id}",
                Some(json!({"transition": "resolved", "actor": "reviewer"})),
                Scope::Admin,
            ),
            route(Method::GET, API_KEYS, None, Scope::Admin),
            route(Method::POST, API_KEYS, Some(json!({"scopes": ["admin"]})), Scope::Admin),
            route(Method::DELETE, "/v1/organizations/api_keys/{api_key}", None, Scope::Admin),
            route(Method::GET, WEBHOOKS, None, Scope::Admin),
            route(
                Method::POST,
                WEBHOOKS,
                Some(json!({"url": "https://example.com", "enabled_events": ["user_profile.program_status_updated"]})),
                Scope::Admin,
            ),
            route(Method::GET, WEBHOOK, None, Scope::Admin),
            route(Method::POST, WEBHOOK, Some(json!({"name": "Another"})), Scope::Admin),
            route(Method::POST, "/v1/organizations/webhooks/{endpoint}/regenerate_signing_secret", None, Scope::Admin),
            route(Method::GET, "/v1/organizations/webhooks/{endpoint}/deliveries", None, Scope::Admin),
            route(
                Method::POST,
                "/v1/organizations/webhooks/{endpoint}/deliveries/{delivery}/redeliver",
                None,
                Scope::Admin,
            ),
            route(Method::DELETE, WEBHOOK, None, Scope::Admin),
        ]
    }

    /// Whether it leads to one profile.
    pub(crate) fn names_a_profile(&self) -> bool {
        self.path.contains("{id}")
    }

    /// Whether it leads to one object, of whatever kind.
    pub(crate) fn names_an_object(&self) -> bool {
        self.path.contains('{')
    }

    /// Sends a request of the route with the credentials of `client`; `id` is the profile, where the route names one, and derives other ids:
    /// what [`TestApp::with_everything`](super::TestApp::with_everything) puts beside it.
    pub(crate) fn take(&self, client: &Client, id: &str) -> Answer {
        self.send(client.call(self.method.clone(), &filled(self.path, id)))
    }

    /// As [`Route::take`], under an idempotency key.
    pub(crate) fn take_once(&self, client: &Client, id: &str, key: &str) -> Answer {
        self.send(client.call(self.method.clone(), &filled(self.path, id)).header("idempotency-key", key))
    }

    fn send(&self, call: Call<'_>) -> Answer {
        let call = match self.first.and_then(Shape::beta) {
            Some(beta) => call.header("anthropic-beta", beta),
            None => call,
        };
        match &self.body {
            Some(body) => call.json(body),
            None => call.send(),
        }
    }
}

/// `path` with the ids of what stands beside the profile `id`.
pub(crate) fn filled(path: &str, id: &str) -> String {
    // Tests ask for what is no id, too.
    let path = path.replace("{trust_grant_name}", "cyber");
    let Some(number) = id.strip_prefix("uprof_") else {
        return path.replace("{enforcement_action_id}", "enac_").replace("{id}", id);
    };
    let mut filled = path;
    for (name, prefix) in [
        ("{id}", "uprof_"),
        ("{user_profile_id}", "uprof_"),
        ("{enforcement_action_id}", "enac_"),
        ("{api_key}", "apikey_"),
        ("{api_key_id}", "apikey_"),
        ("{endpoint}", "wh_"),
        ("{webhook_endpoint_id}", "wh_"),
        ("{delivery}", "evt_"),
        ("{delivery_id}", "evt_"),
    ] {
        filled = filled.replace(name, &format!("{prefix}{number}"));
    }
    filled
}
