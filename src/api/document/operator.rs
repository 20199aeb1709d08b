//! The operations of the operator's API, each under the name of its handler.

use serde_json::{Value, json};

use super::component::{error_schema_with_codes, reference};
use super::operation::page_schema;
use super::operator_operation::{limit, operation, order, page};
use super::parameters::query;
use super::{answers, api_keys, examples, parameters, trust, webhooks};
use crate::api::operator::event::WireEvent;
use crate::api::operator::history::WireRevision;
use crate::api::wire::scalars::{WireId, label_schema};
use crate::api::wire::schema::schema_of;
use crate::domain::event::EventKind;
use crate::domain::id::ProfileKind;

/// The description of the API.
pub(super) const ABOUT: &str = "The operator's API: trust, enforcement, keys, webhooks and events, for keys with the scope `admin`. \
    It is the same under every dated shape. \
    A path answers a method that it does not know with 405 and an `allow` header; unknown query parameters are ignored.";

/// The schemas that operations refer to, by the names of their components.
pub(super) fn schemas() -> Value {
    let mut schemas = json!({
        "Error": error_schema_with_codes(),
        "Event": schema_of::<WireEvent>(),
        "UserProfileRevision": schema_of::<WireRevision>(),
        "UserProfileRevisionPage": page_schema("UserProfileRevision", "The revisions of this page, newest first."),
        "EventPage": page_schema("Event", "The events of this page, in the order of the list."),
    });
    for (name, schema) in api_keys::schemas().into_iter().chain(trust::schemas()).chain(webhooks::schemas()) {
        schemas[name] = schema;
    }
    schemas
}

/// The parameters that several operations have, by the names of their components.
pub(super) fn parameters() -> Value {
    let mut components = json!({
        "idempotency_key": parameters::idempotency_key(),
        "if_match": parameters::if_match(),
        "user_profile_id": parameters::user_profile_id(),
        "workspace": parameters::workspace(),
    });
    for (name, parameter) in api_keys::parameters().into_iter().chain(trust::parameters()).chain(webhooks::parameters())
    {
        components[name] = parameter;
    }
    components
}

/// Every path, with its operations.
pub(super) fn paths() -> Value {
    let mut paths = api_keys::paths();
    paths.extend(trust::paths());
    paths.extend(webhooks::paths());
    paths.insert("/v1/organizations/events".to_owned(), json!({"get": list_events()}));
    let of_profile = json!([reference("parameters", "user_profile_id")]);
    let history = json!({"parameters": of_profile, "get": list_history()});
    paths.insert("/v1/user_profiles/{user_profile_id}/history".to_owned(), history);
    paths.into()
}

/// The failures, by the names of their components.
pub(super) fn failures() -> Value {
    answers::failures(&answers::NEWER)
}

fn list_history() -> Value {
    let about = "The revisions of the profile and the changes that made them, newest first. Values before updates are in the shape that the request selects, as for \
        the profile itself, and only if the service stores them. Changes that an earlier release made are not listed.";
    let mut list = operation("list_user_profile_history", "List the revisions of a profile", about);
    list.parameters(vec![limit(), page()]);
    list.answers("UserProfileRevisionPage", &examples::history(), "The page.", &[404])
}

fn list_events() -> Value {
    let about = "The events of the organization's profiles. Newest first, they are sorted by id. Oldest first, a client can follow the list while events are added: \
        events that exist when the first page is read are sorted by id, and later events follow in an order in which none is ever inserted before a listed one. \
        A client that reads the last page again later, the one without a next page, sees every event. \
        With a filter, a page may be short or empty and still have a next page.";
    let mut list = operation("list_events", "List events", about);
    let moment = json!({"type": "string", "format": "date-time"});
    list.parameters(vec![
        limit(),
        order(),
        page(),
        query(
            "user_profile_id",
            "Only events of this profile, which may have been deleted.",
            &schema_of::<WireId<ProfileKind>>(),
        ),
        query(
            "type",
            "Only events of these kinds. May be written `type[]` too.",
            &json!({"type": "array", "items": label_schema::<EventKind>()}),
        ),
        query("starting_at", "Only events at this time or later.", &moment),
        query("ending_at", "Only events before this time.", &moment),
    ]);
    list.answers("EventPage", &examples::events(), "The page.", &[])
}
