//! One operation of a document.

use serde_json::{Map, Value, json};

use super::component::reference;
use super::{answers, examples};
use crate::api::wire::schema::object;

/// An operation under construction.
pub(super) struct Operation {
    fields: Map<String, Value>,
    /// Whether it documents that a rate limit may refuse it.
    is_limited: bool,
}

impl Operation {
    pub(super) fn new(id: &str, summary: &str, about: &str, parameters: Vec<Value>) -> Self {
        let mut fields = Map::new();
        fields.insert("operationId".to_owned(), id.into());
        fields.insert("summary".to_owned(), summary.into());
        fields.insert("description".to_owned(), about.into());
        fields.insert("parameters".to_owned(), parameters.into());
        Self { fields, is_limited: false }
    }

    /// The same operation, which a rate limit may refuse.
    pub(super) fn limited(self) -> Self {
        Self { is_limited: true, ..self }
    }

    pub(super) fn parameters(&mut self, more: Vec<Value>) {
        if let Some(Value::Array(parameters)) = self.fields.get_mut("parameters") {
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
        self.fields.insert("requestBody".to_owned(), body);
    }

    /// As [`Operation::answers`], for an answer that is one profile.
    pub(super) fn answers_tagged(self, success: &str, example: &Value, about: &str, more: &[u16]) -> Value {
        let mut operation = self.answers(success, example, about, more);
        operation["responses"]["200"]["headers"]["etag"] = answers::entity_tag();
        operation
    }

    pub(super) fn answers(mut self, success: &str, example: &Value, about: &str, more: &[u16]) -> Value {
        let limited: &[u16] = if self.is_limited { &[answers::TOO_MANY_REQUESTS] } else { &[] };
        let more = [more, limited].concat();
        self.fields.insert("responses".to_owned(), answers::answers(success, example, about, &more));
        self.fields.into()
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
