//! The operations on webhook endpoints.

use serde_json::{Map, Value, json};

use super::component::reference;
use super::examples;
use super::operator_operation::{operation, post};
use super::parameters::{path_id, query, with_default};
use crate::api::operator::webhook::{
    CreateWebhook, DeletedEndpoint, NewSigningSecret, NewWireEndpoint, WireEndpoint, patch_schema,
};
use crate::api::operator::webhook_delivery::WireDelivery;
use crate::api::wire::scalars::{WireId, label_schema};
use crate::api::wire::schema::{object, schema_of};
use crate::domain::id::{EventMark, WebhookEndpointKind};
use crate::domain::page::{Order, PageLimit};

/// The schemas that operations refer to, by the names of their components.
pub(super) fn schemas() -> [(&'static str, Value); 9] {
    [
        ("CreateWebhook", CreateWebhook::schema()),
        ("DeletedWebhook", schema_of::<DeletedEndpoint>()),
        ("NewWebhook", schema_of::<NewWireEndpoint>()),
        ("SigningSecret", schema_of::<NewSigningSecret>()),
        ("UpdateWebhook", patch_schema()),
        ("Webhook", schema_of::<WireEndpoint>()),
        ("WebhookDelivery", schema_of::<WireDelivery>()),
        ("WebhookDeliveryPage", page_schema("WebhookDelivery")),
        ("WebhookPage", page_schema("Webhook")),
    ]
}

fn page_schema(name: &str) -> Value {
    let id = json!({"type": ["string", "null"]});
    object([
        ("data", json!({"type": "array", "items": reference("schemas", name)}), "In the order of the list."),
        ("has_more", json!({"type": "boolean"}), "Whether the list goes on."),
        ("first_id", id.clone(), "The id of the first of them. Null: there is none."),
        (
            "last_id",
            id,
            "The id of the last of them, after which the next page begins: `after_id`. Null: there is none.",
        ),
    ])
}

/// The parameters that several operations have, by the names of their components.
pub(super) fn parameters() -> [(&'static str, Value); 2] {
    let endpoint = path_id::<WebhookEndpointKind>("webhook_endpoint_id", "The id of the endpoint.");
    let delivery = path_id::<EventMark>("delivery_id", "The id of the delivery, which is that of its event.");
    [("webhook_endpoint_id", endpoint), ("delivery_id", delivery)]
}

/// Every path, with its operations.
pub(super) fn paths() -> Map<String, Value> {
    const ENDPOINTS: &str = "/v1/organizations/webhooks";
    let of_one = json!([reference("parameters", "webhook_endpoint_id")]);
    let of_delivery = json!([reference("parameters", "webhook_endpoint_id"), reference("parameters", "delivery_id")]);
    let path = |below: &str, operations: Value| (format!("{ENDPOINTS}{below}"), operations);
    Map::from_iter([
        path("", json!({"get": list(), "post": create()})),
        path(
            "/{webhook_endpoint_id}",
            json!({"parameters": of_one, "get": retrieve(), "post": update(), "delete": delete()}),
        ),
        path("/{webhook_endpoint_id}/regenerate_signing_secret", json!({"parameters": of_one, "post": regenerate()})),
        path("/{webhook_endpoint_id}/deliveries", json!({"parameters": of_one, "get": list_deliveries()})),
        path(
            "/{webhook_endpoint_id}/deliveries/{delivery_id}/redeliver",
            json!({"parameters": of_delivery, "post": redeliver()}),
        ),
    ])
}

fn create() -> Value {
    let about = "The only answer that shows the signing secret. An organization has at most 32 endpoints.";
    let mut create = post("create_webhook", "Create a webhook endpoint", about);
    create.body("CreateWebhook", &CreateWebhook::schema());
    create.answers("NewWebhook", &examples::new_webhook(), "The new endpoint.", &[408, 409, 413])
}

fn list() -> Value {
    let mut list = operation("list_webhooks", "List webhook endpoints", "The webhook endpoints of the organization.");
    list.parameters(cursor_page::<WebhookEndpointKind>());
    list.answers("WebhookPage", &examples::webhooks(), "The page.", &[])
}

fn retrieve() -> Value {
    let retrieve = operation("retrieve_webhook", "Retrieve a webhook endpoint", "One endpoint.");
    retrieve.answers("Webhook", &examples::webhook(), "The endpoint.", &[404])
}

fn update() -> Value {
    let about = "An absent field is not changed. Deliveries that were pending when the endpoint was disabled resume when it is enabled.";
    let mut update = post("update_webhook", "Update a webhook endpoint", about);
    update.body("UpdateWebhook", &patch_schema());
    update.answers("Webhook", &examples::webhook(), "The endpoint after the update.", &[404, 408, 409, 413])
}

fn delete() -> Value {
    let about = "Deletes the endpoint and its deliveries; nothing more is sent to it.";
    let delete = operation("delete_webhook", "Delete a webhook endpoint", about);
    delete.answers("DeletedWebhook", &examples::deleted_webhook(), "The endpoint is deleted.", &[404])
}

fn regenerate() -> Value {
    let about = "For 24 hours, the old secret signs deliveries too. Takes no body.";
    let regenerate = post("regenerate_signing_secret", "Replace the signing secret", about);
    regenerate.answers(
        "SigningSecret",
        &examples::signing_secret(),
        "The new secret, which only this answer shows.",
        &[404, 409],
    )
}

fn list_deliveries() -> Value {
    let about = "The pending and past deliveries of the endpoint with all attempts, in the order of the events.";
    let mut list = operation("list_deliveries", "List deliveries", about);
    list.parameters(cursor_page::<EventMark>());
    list.answers("WebhookDeliveryPage", &examples::deliveries(), "The page.", &[404])
}

fn redeliver() -> Value {
    let about = "Queues a delivery again, whatever its state. Takes no body.";
    let redeliver = post("redeliver", "Redeliver", about);
    redeliver.answers("WebhookDelivery", &examples::delivery(), "The pending delivery.", &[404, 409])
}

/// What the lists take, of objects with ids of a `K`.
fn cursor_page<K: crate::domain::id::IdKind>() -> Vec<Value> {
    let limit =
        json!({"type": "integer", "minimum": 0, "maximum": PageLimit::MAX, "default": PageLimit::default().get()});
    vec![
        query("limit", "How many a page holds at the most; 0 stands for the default.", &limit),
        query(
            "order",
            "The way the list runs, in the order of ids.",
            &with_default(label_schema::<Order>(), Order::default()),
        ),
        query("after_id", "Only what comes after this one in the list.", &schema_of::<WireId<K>>()),
        query(
            "before_id",
            "Only what comes before this one in the list; the page begins where the list does.",
            &schema_of::<WireId<K>>(),
        ),
    ]
}
