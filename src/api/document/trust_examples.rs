//! Examples of trust grants, decisions and limits.

use serde_json::{Value, json};
use uuid::Uuid;

use super::examples::{CREATED_AT, EXPIRES_AT, ID, serialized};
use crate::api::operator::enforcement;
use crate::api::operator::enforcement::WireEnforcementRecord;
use crate::api::operator::grant_decision;
use crate::api::operator::grant_decision::WireDecision;
use crate::api::operator::trust_grant;
use crate::domain::clock::Timestamp;
use crate::domain::id::{DecisionId, EnforcementActionId, OrganizationId};
use crate::domain::page::{Order, Page, PageLimit};
use crate::domain::text::{Actor, Text};
use crate::domain::trust::decision::{Decision, DecisionQuery};
use crate::domain::trust::enforcement::{EnforcementAction, EnforcementKind, EnforcementReason, IdentityCheck};
use crate::domain::trust::enforcement_record::{EnforcementEnd, EnforcementQuery, EnforcementRecord};
use crate::domain::trust::grant::{GrantName, GrantParts, GrantQuery, ProfileGrant, TrustGrant, TrustGrantStatus};

const DECISION_ID: DecisionId = DecisionId::new(Uuid::from_u128(0x019d_191b_7f00_7b2a_9c3d_5e6f_7081_92a6));
const ACTION_ID: EnforcementActionId =
    EnforcementActionId::new(Uuid::from_u128(0x019d_191b_7f00_7b2a_9c3d_5e6f_7081_92a7));
const ORGANIZATION: OrganizationId = OrganizationId::new(Uuid::nil());

pub(super) fn trust_grants() -> Value {
    let grant = TrustGrant { status: TrustGrantStatus::Pending, parts: GrantParts::new(), expires_at: None };
    let found = ProfileGrant {
        profile_id: ID,
        name: GrantName::cyber(),
        decision_id: DECISION_ID,
        decided_at: CREATED_AT,
        grant,
    };
    let query = GrantQuery {
        status: TrustGrantStatus::Pending,
        order: Order::Ascending,
        limit: PageLimit::default(),
        after: None,
    };
    serialized(trust_grant::page(ORGANIZATION, query, Page { items: vec![found], next: None }))
}

/// A body that grants `cyber` with a tier.
pub(super) fn verdict() -> Value {
    json!({
        "status": "active",
        "actor": "reviewer@example.com",
        "reason": "Verified by telephone.",
        "expires_at": "2999-01-01T00:00:00Z",
        "tiers": {"a": {"status": "active", "requirements": {"data_retention": true, "human_review": false}}},
    })
}

pub(super) fn decision() -> Value {
    serialized(WireDecision::new(ID, GrantName::cyber(), Decision::request(DECISION_ID, CREATED_AT)))
}

pub(super) fn decisions() -> Value {
    let query = DecisionQuery {
        profile_id: ID,
        name: GrantName::cyber(),
        order: Order::default(),
        limit: PageLimit::default(),
        after: None,
    };
    let page = Page { items: vec![Decision::request(DECISION_ID, CREATED_AT)], next: None };
    serialized(grant_decision::page(ORGANIZATION, &query, page))
}

/// A body that places a restriction.
pub(super) fn opening() -> Value {
    json!({
        "type": "restriction",
        "reason": "fraud_or_abuse",
        "action": "verify",
        "expires_at": "2999-01-01T00:00:00Z",
        "actor": "reviewer@example.com",
        "note": "Several complaints.",
    })
}

/// A body that lifts a limit.
pub(super) fn step() -> Value {
    json!({"transition": "resolved", "actor": "reviewer@example.com", "note": "The check cleared it."})
}

pub(super) fn open_action() -> Value {
    serialized(WireEnforcementRecord::from(record(None)))
}

pub(super) fn resolved_action() -> Value {
    serialized(WireEnforcementRecord::from(record(Some(EXPIRES_AT))))
}

pub(super) fn actions() -> Value {
    let query = EnforcementQuery { profile_id: ID, order: Order::default(), limit: PageLimit::default(), after: None };
    serialized(enforcement::page(ORGANIZATION, query, Page { items: vec![record(None)], next: None }))
}

fn record(ended: Option<Timestamp>) -> EnforcementRecord {
    let action = EnforcementAction {
        id: ACTION_ID,
        kind: EnforcementKind::Restriction,
        reason: EnforcementReason::FraudOrAbuse,
        opened_at: CREATED_AT,
        expires_at: None,
        identity_check: IdentityCheck::Offered,
    };
    let end = ended.map(|at| EnforcementEnd { at, by: reviewer(), note: None });
    EnforcementRecord { action, opened_by: reviewer(), note: None, end }
}

fn reviewer() -> Actor {
    Actor::parse("reviewer@example.com".to_owned()).unwrap_or_else(|_| Actor::expiry())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::trust::grant::GrantName;

    #[test]
    fn every_example_of_a_body_is_one_that_is_accepted() {
        let bytes = |example: Value| example.to_string().into_bytes();
        grant_decision::parse(&bytes(verdict()), &GrantName::cyber(), DECISION_ID, CREATED_AT).unwrap();
        enforcement::parse_opening(&bytes(opening()), ACTION_ID, CREATED_AT).unwrap();
        enforcement::parse_step(&bytes(step()), CREATED_AT).unwrap();
    }
}
