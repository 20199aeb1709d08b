//! The operations on trust grants and enforcement actions.

use serde_json::{Map, Value, json};

use super::component::reference;
use super::operation::page_schema;
use super::operator_operation::{limit, operation, order, page, post};
use super::parameters::{path, path_id, query, with_default};
use super::trust_examples as examples;
use crate::api::operator::enforcement::{WireEnforcementRecord, opening_schema, step_schema};
use crate::api::operator::grant_decision;
use crate::api::operator::grant_decision::WireDecision;
use crate::api::operator::trust_grant::{WireGrantName, WireTrustGrant};
use crate::api::wire::scalars::label_schema;
use crate::api::wire::schema::schema_of;
use crate::domain::id::EnforcementActionKind;
use crate::domain::page::Order;
use crate::domain::trust::grant::TrustGrantStatus;

/// The schemas that operations refer to, by the names of their components.
pub(super) fn schemas() -> [(&'static str, Value); 9] {
    [
        ("DecideTrustGrant", grant_decision::schema()),
        ("EnforcementAction", schema_of::<WireEnforcementRecord>()),
        (
            "EnforcementActionPage",
            page_schema("EnforcementAction", "The actions of this page, in the order of the list."),
        ),
        ("OpenEnforcementAction", opening_schema()),
        ("TrustGrant", schema_of::<WireTrustGrant>()),
        ("TrustGrantDecision", schema_of::<WireDecision>()),
        (
            "TrustGrantDecisionPage",
            page_schema("TrustGrantDecision", "The decisions of this page, in the order of the list."),
        ),
        ("TrustGrantPage", page_schema("TrustGrant", "The grants of this page, in the order of the list.")),
        ("UpdateEnforcementAction", step_schema()),
    ]
}

/// The parameters that several operations have, by the names of their components.
pub(super) fn parameters() -> [(&'static str, Value); 2] {
    [
        ("trust_grant_name", path("trust_grant_name", "The name of the grant.", &schema_of::<WireGrantName>())),
        ("enforcement_action_id", path_id::<EnforcementActionKind>("enforcement_action_id", "The id of the action.")),
    ]
}

/// Every path, with its operations.
pub(super) fn paths() -> Map<String, Value> {
    let of_profile = json!([reference("parameters", "user_profile_id")]);
    let of_grant = json!([reference("parameters", "user_profile_id"), reference("parameters", "trust_grant_name")]);
    let of_action =
        json!([reference("parameters", "user_profile_id"), reference("parameters", "enforcement_action_id")]);
    let path = |below: &str, operations: Value| (format!("/v1/user_profiles/{{user_profile_id}}{below}"), operations);
    Map::from_iter([
        ("/v1/organizations/trust_grants".to_owned(), json!({"get": list_grants()})),
        path("/trust_grants/{trust_grant_name}", json!({"parameters": of_grant, "post": decide()})),
        path("/trust_grants/{trust_grant_name}/decisions", json!({"parameters": of_grant, "get": list_decisions()})),
        path("/enforcement_actions", json!({"parameters": of_profile, "get": list_actions(), "post": open_action()})),
        path("/enforcement_actions/{enforcement_action_id}", json!({"parameters": of_action, "post": update_action()})),
    ])
}

fn list_grants() -> Value {
    let about = "The grants of all profiles that have one status, in the order of the decisions that set it; by default pending grants, oldest \
        decision first.";
    let mut list = operation("list_trust_grants", "List trust grants", about);
    let status = with_default(label_schema::<TrustGrantStatus>(), TrustGrantStatus::Pending);
    let order = with_default(label_schema::<Order>(), Order::Ascending);
    list.parameters(vec![
        limit(),
        query("order", "Sort order of the decisions.", &order),
        page(),
        query("status", "Only grants with this status.", &status),
    ]);
    list.answers("TrustGrantPage", &examples::trust_grants(), "The page.", &[])
}

/// The statuses that a change under `If-Match` may be answered with.
const CONDITIONAL: &[u16] = &[404, 408, 409, 412, 413];

fn decide() -> Value {
    let about = "A pending grant can be granted, rejected or withdrawn; an active one can be granted again, with other tiers or features or another expiry, or \
        withdrawn; any other can be granted or requested. The last decision alone defines the grant.";
    let mut decide = post("decide_trust_grant", "Decide on a trust grant", about);
    decide.body_like("DecideTrustGrant", &examples::verdict());
    decide.parameters(vec![reference("parameters", "if_match")]);
    decide.answers("TrustGrantDecision", &examples::decision(), "The decision, as it is stored.", CONDITIONAL)
}

fn list_decisions() -> Value {
    let about = "All decisions on the grant. A grant without decisions has an empty list.";
    let mut list = operation("list_trust_grant_decisions", "List decisions on a trust grant", about);
    list.parameters(vec![limit(), order(), page()]);
    list.answers("TrustGrantDecisionPage", &examples::decisions(), "The page.", &[404])
}

fn open_action() -> Value {
    let mut open =
        post("open_enforcement_action", "Open an enforcement action", "Opens a restriction or a ban of a profile.");
    open.body_like("OpenEnforcementAction", &examples::opening());
    open.parameters(vec![reference("parameters", "if_match")]);
    open.answers("EnforcementAction", &examples::open_action(), "The open action.", CONDITIONAL)
}

fn list_actions() -> Value {
    let about = "All enforcement actions of the profile, open and resolved.";
    let mut list = operation("list_enforcement_actions", "List enforcement actions", about);
    list.parameters(vec![limit(), order(), page()]);
    list.answers("EnforcementActionPage", &examples::actions(), "The page.", &[404])
}

fn update_action() -> Value {
    let about = "Records that the offered check was submitted, that it did not clear the action, or that the action is resolved.";
    let mut update = post("update_enforcement_action", "Update an enforcement action", about);
    update.body_like("UpdateEnforcementAction", &examples::step());
    update.parameters(vec![reference("parameters", "if_match")]);
    update.answers("EnforcementAction", &examples::resolved_action(), "The updated action.", CONDITIONAL)
}
