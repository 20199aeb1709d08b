//! Enforcement actions in the operator's API: request bodies, answers and the list.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Value, json};

use crate::api::body::fields::Fields;
use crate::api::body::{reader, values};
use crate::api::ga::enforcement::ClearingAction;
use crate::api::wire::cursor::IdList;
use crate::api::wire::id_page::{IdPage, IdPageQuery};
use crate::api::wire::parameters::Parameters;
use crate::api::wire::scalars::{WireId, WireLabel};
use crate::api::wire::timestamp::WireTimestamp;
use crate::domain::clock::Timestamp;
use crate::domain::error::{Error, Result, reason};
use crate::domain::id::{EnforcementActionId, EnforcementActionKind, OrganizationId, ProfileId};
use crate::domain::label::{EnumLabel, labels};
use crate::domain::page::{Order, Page};
use crate::domain::text::Text;
use crate::domain::trust::enforcement::{EnforcementKind, EnforcementReason, IdentityCheck};
use crate::domain::trust::enforcement_record::{EnforcementQuery, EnforcementRecord, EnforcementStep, Opening};

labels! {
    /// The changes of an open action.
    Transition {
        /// The entity has submitted the check that it was offered.
        CheckSubmitted = "check_submitted",
        /// The check in review has not cleared the action; a new check is offered.
        CheckFailed = "check_failed",
        /// The limit is lifted.
        Resolved = "resolved",
    }
}

/// An enforcement action, open or resolved.
#[derive(Debug, Serialize, JsonSchema)]
pub struct WireEnforcementRecord {
    /// Unique; ids sort in the order in which actions were opened.
    id: WireId<EnforcementActionKind>,
    /// What kind of limit it is.
    r#type: WireLabel<EnforcementKind>,
    /// What the entity can do to clear the action. Null: a check is in review, or nothing can clear it.
    action: Option<WireLabel<ClearingAction>>,
    /// Why the limit was placed.
    reason: WireLabel<EnforcementReason>,
    /// When the limit was placed, in UTC.
    opened_at: WireTimestamp,
    /// When the limit ends on its own, in UTC; null where it does not.
    expires_at: Option<WireTimestamp>,
    /// Whether an identity check can clear it, and whether one is in review.
    identity_check: WireLabel<IdentityCheck>,
    /// The actor that opened the action.
    opened_by: String,
    /// A note of that actor, if there is one.
    note: Option<String>,
    /// Time at which the action was resolved, in UTC. Null: it is open.
    resolved_at: Option<WireTimestamp>,
    /// The actor that resolved the action: as the operator named it, or `expiry`. Null: it is open.
    resolved_by: Option<String>,
    /// A note of that actor, if there is one.
    resolution_note: Option<String>,
}

impl From<EnforcementRecord> for WireEnforcementRecord {
    fn from(record: EnforcementRecord) -> Self {
        let action = record.action;
        let offered = record.end.is_none() && action.identity_check == IdentityCheck::Offered;
        let (resolved_at, resolved_by, resolution_note) = match record.end {
            Some(end) => (Some(end.at), Some(end.by.into_string()), end.note.map(Text::into_string)),
            None => (None, None, None),
        };
        Self {
            id: WireId(action.id),
            r#type: WireLabel(action.kind),
            action: offered.then_some(WireLabel(ClearingAction::Verify)),
            reason: WireLabel(action.reason),
            opened_at: WireTimestamp(action.opened_at),
            expires_at: action.expires_at.map(WireTimestamp),
            identity_check: WireLabel(action.identity_check),
            opened_by: record.opened_by.into_string(),
            note: record.note.map(Text::into_string),
            resolved_at: resolved_at.map(WireTimestamp),
            resolved_by,
            resolution_note,
        }
    }
}

/// Reads `bytes`, which arrived `now`, as the opening of the action `id`.
///
/// # Errors
/// `Invalid` with every violation.
pub fn parse_opening(bytes: &[u8], id: EnforcementActionId, now: Timestamp) -> Result<EnforcementRecord> {
    let read = reader::parse_with(bytes, now, |fields| read_opening(fields, now))?;
    read.ok_or_else(|| Error::internal("enforcement action passed validation without a required field"))?
        .into_record(id, now)
}

/// The schema of the bodies that [`parse_opening`] accepts.
pub(in crate::api) fn opening_schema() -> Value {
    Fields::schema_of(|fields| read_opening(fields, Timestamp::UNIX_EPOCH))
}

fn read_opening(fields: &mut Fields, now: Timestamp) -> Option<Opening> {
    let kind = fields.required("type", values::label());
    fields.documented_as("type", "What kind of limit it is: the entity is served in part, or not at all.");
    let why = fields.required("reason", values::label());
    fields.documented_as("reason", "Why the limit is placed.");
    let action = fields.optional("action", values::label::<ClearingAction>());
    fields.documented_as("action", "What can clear a restriction. A ban has none.");
    let expires_at = fields.optional("expires_at", values::future_timestamp());
    fields.documented_as(
        "expires_at",
        "Time at which a restriction expires. A ban and a restriction for `account_compromise` have none.",
    );
    let opened_by = fields.required("actor", values::text());
    let note = fields.optional("note", values::text());
    fields.documented_rule(|| {
        json!({
            "if": {"properties": {"type": {"const": EnforcementKind::Ban.as_str()}}},
            "then": {"properties": {"action": {"type": "null"}, "expires_at": {"type": "null"}}},
        })
    });
    fields.documented_rule(|| {
        json!({
            "if": {"properties": {"reason": {"const": EnforcementReason::AccountCompromise.as_str()}}},
            "then": {"properties": {"expires_at": {"type": "null"}}},
        })
    });
    let opening =
        Opening { kind: kind?, reason: why?, expires_at, offers_check: action.is_some(), opened_by: opened_by?, note };
    opening.violations(now).into_iter().for_each(|(field, why)| fields.refuse(field, why));
    Some(opening)
}

/// Reads `bytes`, which arrived `now`, as a change of an open action.
///
/// # Errors
/// `Invalid` with every violation.
pub fn parse_step(bytes: &[u8], now: Timestamp) -> Result<EnforcementStep> {
    let read = reader::parse_with(bytes, now, read_step)?;
    read.ok_or_else(|| Error::internal("enforcement change passed validation without a required field"))
}

/// The schema of the bodies that [`parse_step`] accepts.
pub(in crate::api) fn step_schema() -> Value {
    Fields::schema_of(read_step)
}

fn read_step(fields: &mut Fields) -> Option<EnforcementStep> {
    let transition = fields.required("transition", values::label::<Transition>());
    let actor = fields.optional("actor", values::text());
    fields.documented_as(
        "actor",
        "The actor that resolves the action: required with `resolved`, refused with the other transitions.",
    );
    let note = fields.optional("note", values::text());
    fields.documented_as("note", "A note of the actor; only with `resolved`.");
    fields.documented_rule(|| {
        json!({
            "if": {"properties": {"transition": {"const": Transition::Resolved.as_str()}}},
            "then": {"properties": {"actor": {"type": "string"}}, "required": ["actor"]},
            "else": {"properties": {"actor": {"type": "null"}, "note": {"type": "null"}}},
        })
    });
    match transition? {
        Transition::Resolved => {
            if actor.is_none() {
                fields.refuse("actor", reason("required", "Field required"));
            }
            Some(EnforcementStep::Resolve { by: actor?, note })
        }
        transition => {
            for (field, said) in [("actor", actor.is_some()), ("note", note.is_some())] {
                if said {
                    fields.refuse(field, reason("transition", "Only with the transition `resolved`"));
                }
            }
            let submitted = transition == Transition::CheckSubmitted;
            Some(if submitted { EnforcementStep::SubmitCheck } else { EnforcementStep::FailCheck })
        }
    }
}

const PARAMETERS: &[&str] = &["limit", "order", "page"];

/// Reads the query string's `pairs`, of the actions on a profile.
///
/// # Errors
/// `Invalid` with every invalid parameter.
pub fn parse_query(
    organization: OrganizationId,
    profile_id: ProfileId,
    pairs: Vec<(String, String)>,
) -> Result<EnforcementQuery> {
    let mut parameters = Parameters::new(PARAMETERS, pairs);
    let IdPageQuery { order, limit, after } =
        IdPageQuery::read(&mut parameters, organization, IdList::EnforcementActions, Order::default());
    let query = EnforcementQuery { profile_id, order, limit, after };
    parameters.finish()?;
    Ok(query)
}

/// The `page` that `query` selects.
#[must_use]
pub fn page(
    organization: OrganizationId,
    query: EnforcementQuery,
    page: Page<EnforcementRecord, EnforcementActionId>,
) -> IdPage<WireEnforcementRecord> {
    IdPage::new(organization, IdList::EnforcementActions, query.order, page, WireEnforcementRecord::from)
}
