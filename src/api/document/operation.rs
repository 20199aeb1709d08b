//! One operation of a document.

use serde_json::{Map, Value, json};

use super::component::reference;
use super::{answers, examples};
use crate::api::wire::schema::object;

/// An operation under construction.
pub(super) struct Operation(Map<String, Value>);

impl Operation {
    pub(super) fn new(id: &str, summary: &str, about: &str, parameters: Vec<Value>) -> Self {
        let mut operation = Map::new();
        operation.insert("operationId".to_owned(), id.into());
        operation.insert("summary".to_owned(), summary.into());
        operation.insert("description".to_owned(), about.into());
        operation.insert("parameters".to_owned(), parameters.into());
        Self(operation)
    }

    pub(super) fn parameters(&mut self, more: Vec<Value>) {
        if let Some(Value::Array(parameters)) = self.0.get_mut("parameters") {
            parameters.extend(more);
        }
    }

    pub(super) fn body(&mut self, name: &str, schema: &Value) {
        self.body_like(name, &examples::body(schema));
    }

    /// A body with an explicit `example`, because not all of its fields go together.
    pub(super) fn body_like(&mut self, name: &str, example: &Value) {
        let content = json!({"schema": reference("schemas", name), "example": example});
        let body = json!({"required": true, "content": {"application/json": content}});
        self.0.insert("requestBody".to_owned(), body);
    }

    /// As [`Operation::answers`], for an answer that is one profile.
    pub(super) fn answers_tagged(self, success: &str, example: &Value, about: &str, more: &[u16]) -> Value {
        let mut operation = self.answers(success, example, about, more);
        operation["responses"]["200"]["headers"]["etag"] = answers::entity_tag();
        operation
    }

    pub(super) fn answers(mut self, success: &str, example: &Value, about: &str, more: &[u16]) -> Value {
        self.0.insert("responses".to_owned(), answers::answers(success, example, about, more));
        self.0.into()
    }
}

/// The schema of a page of objects with the schema `name`.
pub(super) fn page_schema(name: &str, about: &str) -> Value {
    object([
        ("data", json!({"type": "array", "items": reference("schemas", name)}), about),
        (
            "next_page",
            json!({"type": ["string", "null"]}),
            "Where the next page begins: the parameter `page` of the request for it. Null on the last page.",
        ),
    ])
}
