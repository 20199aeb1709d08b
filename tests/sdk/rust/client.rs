//! The clients that the tests use; `../run` says where the service is and with which keys.

use std::env::var;
use std::fs;

use claude_api::Client;
use claude_api::retry::RetryPolicy;

/// A client whose key is in this variable, with further values of `anthropic-beta`.
pub fn client_with(variable: &str, betas: &[&str]) -> Client {
    client_of(var(variable).unwrap(), betas)
}

/// A client with this key. Without retries: a client that tries again would hide an answer of 5xx.
pub fn client_of(key: String, betas: &[&str]) -> Client {
    let mut builder =
        Client::builder().api_key(key).base_url(var("UPROF_TEST_BASE_URL").unwrap()).retry(RetryPolicy::none());
    for beta in betas {
        builder = builder.beta(*beta);
    }
    builder.build().unwrap()
}

/// An organization of this test run, with a key that reads and writes.
pub fn client() -> Client {
    client_with("UPROF_TEST_API_KEY", &[])
}

/// The ids of all profiles of another organization, oldest first. No test writes there: other clients read them at the same time.
pub fn crowd() -> Vec<String> {
    let profiles: Vec<(String, Option<String>)> =
        serde_json::from_str(&fs::read_to_string(var("UPROF_TEST_CROWD").unwrap()).unwrap()).unwrap();
    profiles.into_iter().map(|(id, _)| id).collect()
}
