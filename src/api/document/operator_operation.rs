//! Operations of the operator's API, and the parameters that its lists share.

use serde_json::{Value, json};

use super::component::reference;
use super::operation::Operation;
use super::parameters::{self, query, with_default};
use crate::api::wire::scalars::label_schema;
use crate::domain::page::Order;

pub(super) fn operation(id: &str, summary: &str, about: &str) -> Operation {
    Operation::new(id, summary, about, vec![reference("parameters", "workspace")]).limited()
}

/// A POST, which accepts an idempotency key.
pub(super) fn post(id: &str, summary: &str, about: &str) -> Operation {
    let mut operation = operation(id, summary, about);
    operation.parameters(vec![reference("parameters", "idempotency_key")]);
    operation
}

pub(super) fn limit() -> Value {
    query("limit", "How many a page holds at the most.", &parameters::limit_schema())
}

pub(super) fn order() -> Value {
    query(
        "order",
        "The way the list runs, in the order of ids.",
        &with_default(label_schema::<Order>(), Order::default()),
    )
}

pub(super) fn page() -> Value {
    query(
        "page",
        "Where to go on: `next_page` of the page before. The other parameters must be the same as for that page.",
        &json!({"type": "string", "minLength": 1}),
    )
}
