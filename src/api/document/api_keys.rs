//! The operations on API keys.

use serde_json::{Map, Value, json};

use super::component::reference;
use super::examples;
use super::operation::page_schema;
use super::operator_operation::{limit, operation, order, page, post};
use super::parameters::path_id;
use crate::api::body::reader;
use crate::api::operator::api_key::{CreateApiKey, NewWireApiKey, WireApiKey};
use crate::api::wire::schema::schema_of;
use crate::domain::id::ApiKeyKind;

/// The schemas that operations refer to, by the names of their components.
pub(super) fn schemas() -> [(&'static str, Value); 4] {
    [
        ("ApiKey", schema_of::<WireApiKey>()),
        ("ApiKeyPage", page_schema("ApiKey", "The keys of this page, in the order of the list.")),
        ("CreateApiKey", create_schema()),
        ("NewApiKey", schema_of::<NewWireApiKey>()),
    ]
}

fn create_schema() -> Value {
    reader::schema::<CreateApiKey>()
}

/// The parameters that several operations have, by the names of their components.
pub(super) fn parameters() -> [(&'static str, Value); 1] {
    [("api_key_id", path_id::<ApiKeyKind>("api_key_id", "The id of the key (not the key itself)."))]
}

/// Every path, with its operations.
pub(super) fn paths() -> Map<String, Value> {
    let of_one = json!([reference("parameters", "api_key_id")]);
    Map::from_iter([
        ("/v1/organizations/api_keys".to_owned(), json!({"get": list(), "post": create()})),
        ("/v1/organizations/api_keys/{api_key_id}".to_owned(), json!({"parameters": of_one, "delete": revoke()})),
    ])
}

fn list() -> Value {
    let about = "The API keys of the organization, including revoked and expired keys.";
    let mut list = operation("list_api_keys", "List API keys", about);
    list.parameters(vec![limit(), order(), page()]);
    list.answers("ApiKeyPage", &examples::api_keys(), "The page.", &[])
}

fn create() -> Value {
    let about = "Only this answer contains the key itself. A key that is bound to a workspace creates keys for that workspace only.";
    let mut create = post("create_api_key", "Create an API key", about);
    create.body("CreateApiKey", &create_schema());
    create.answers("NewApiKey", &examples::new_api_key(), "The new key.", &[408, 409, 413])
}

fn revoke() -> Value {
    let about = "The key is refused from then on, and remains in the list. Revoking it again does not change the time. A key cannot revoke itself.";
    let revoke = operation("revoke_api_key", "Revoke an API key", about);
    revoke.answers("ApiKey", &examples::revoked_api_key(), "The revoked key.", &[404, 409])
}
