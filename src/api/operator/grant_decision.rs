//! Decisions on a trust grant: request bodies, answers and the list.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Value, json};

use super::trust_grant::{WireFeatures, WireGrantName, WireTiers, parts};
use crate::api::body::fields::Fields;
use crate::api::body::{reader, values};
use crate::api::wire::cursor::IdList;
use crate::api::wire::id_page::{IdPage, IdPageQuery};
use crate::api::wire::parameters::Parameters;
use crate::api::wire::scalars::{WireId, WireLabel};
use crate::api::wire::timestamp::WireTimestamp;
use crate::domain::clock::Timestamp;
use crate::domain::error::{Error, Result};
use crate::domain::id::{DecisionId, DecisionKind, OrganizationId, ProfileId, ProfileKind};
use crate::domain::label::{EnumLabel, labels};
use crate::domain::page::{Order, Page};
use crate::domain::text::Text;
use crate::domain::trust::decision::{Decision, DecisionQuery};
use crate::domain::trust::grant::{
    CYBER_TIERS, EFS_FEATURES, GrantName, GrantPart, GrantParts, PartStatus, Requirements,
};
use crate::domain::trust::verdict::{DecidedStatus, Verdict, VerdictViolation};

labels! {
    /// The `type` of a decision.
    DecisionType {
        /// A decision.
        TrustGrantDecision = "trust_grant_decision",
    }
}

/// A decision on a grant of a profile.
#[derive(Debug, Serialize, JsonSchema)]
pub struct WireDecision {
    /// Unique; ids sort in the order of decisions.
    id: WireId<DecisionKind>,
    /// The type of the object.
    r#type: WireLabel<DecisionType>,
    /// The profile that has the grant.
    user_profile_id: WireId<ProfileKind>,
    /// The name of the grant.
    name: WireGrantName,
    /// The status that the decision set.
    status: WireLabel<DecidedStatus>,
    /// Time of the decision, in UTC.
    decided_at: WireTimestamp,
    /// The actor of the decision: as the operator named it, or `entity` (submitted an enrollment link), or `expiry`.
    actor: String,
    /// The reason, if one was given.
    reason: Option<String>,
    /// Time at which the grant expires, in UTC. Null: it does not expire, or was not granted.
    expires_at: Option<WireTimestamp>,
    /// The tiers of `cyber` that the decision names; all other tiers are inactive. Null: the grant is not `cyber`.
    tiers: Option<WireTiers>,
    /// The features of `efs` that the decision names; all other features are inactive. Null: the grant is not `efs`.
    features: Option<WireFeatures>,
}

impl WireDecision {
    /// The `decision` on the grant `name` of a profile.
    #[must_use]
    pub fn new(profile: ProfileId, name: GrantName, decision: Decision) -> Self {
        let status = decision.verdict.status();
        let (expires_at, decided) = match decision.verdict {
            Verdict::Grant { expires_at, parts } => (expires_at, parts),
            Verdict::Request | Verdict::Reject | Verdict::Withdraw => (None, GrantParts::new()),
        };
        let (tiers, features) = parts(&name, &decided);
        Self {
            id: WireId(decision.id),
            r#type: WireLabel(DecisionType::TrustGrantDecision),
            user_profile_id: WireId(profile),
            name: name.into(),
            status: WireLabel(status),
            decided_at: WireTimestamp(decision.decided_at),
            actor: decision.actor.into_string(),
            reason: decision.reason.map(Text::into_string),
            expires_at: expires_at.map(WireTimestamp),
            tiers,
            features,
        }
    }
}

/// Reads `bytes`, which arrived `now`, as the decision `id` on the grant `name`.
///
/// # Errors
/// `Invalid` with every violation.
pub fn parse(bytes: &[u8], name: &GrantName, id: DecisionId, now: Timestamp) -> Result<Decision> {
    let read = reader::parse_with(bytes, now, |fields| read(fields, Some(name), id, now))?;
    read.ok_or_else(|| Error::internal("grant decision passed validation without a required field"))
}

/// The schema of the bodies that [`parse`] accepts.
pub(in crate::api) fn schema() -> Value {
    let unused = DecisionId::new(uuid::Uuid::nil());
    Fields::schema_of(|fields| read(fields, None, unused, Timestamp::UNIX_EPOCH))
}

fn read(fields: &mut Fields, name: Option<&GrantName>, id: DecisionId, now: Timestamp) -> Option<Decision> {
    let status = fields.required("status", values::label::<DecidedStatus>());
    fields
        .documented_as("status", "The new status: the grant is requested (`pending`), granted, rejected or withdrawn.");
    let actor = fields.required("actor", values::text());
    let why = fields.optional("reason", values::text());
    fields.documented_as("reason", "The reason of the decision, shown in its history.");
    let expires_at = fields.optional("expires_at", values::future_timestamp());
    fields.documented_as("expires_at", "Time at which the grant expires; only with the status `active`.");
    let tiers = fields.object("tiers", |tiers| read_parts(tiers, CYBER_TIERS, read_tier));
    fields.documented_as(
        "tiers",
        "The tiers of `cyber`; only with the status `active`. Tiers that are not named are inactive.",
    );
    let features = fields.object("features", |features| read_parts(features, EFS_FEATURES, read_feature));
    fields.documented_as(
        "features",
        "The features of `efs`; only with the status `active`. Features that are not named are inactive.",
    );
    fields.documented_rule(|| {
        let none = json!({"type": "null"});
        json!({
            "if": {"properties": {"status": {"const": DecidedStatus::Active.as_str()}}},
            "else": {"properties": {"expires_at": none, "tiers": none, "features": none}},
        })
    });
    // A status that is missing or invalid is reported already; `active` adds no violation to it.
    let checked = status.unwrap_or(DecidedStatus::Active);
    let verdict = match Verdict::from_parts(checked, expires_at, name?, tiers, features) {
        Ok(verdict) => verdict,
        Err(violations) => {
            for (field, why) in violations.into_iter().map(VerdictViolation::into_reason) {
                fields.refuse(field, why);
            }
            return None;
        }
    };
    status?;
    Some(Decision { id, verdict, decided_at: now, actor: actor?, reason: why })
}

fn read_parts(fields: &mut Fields, names: [&'static str; 3], read: fn(&mut Fields) -> GrantPart) -> GrantParts {
    let mut parts = GrantParts::new();
    for name in names {
        if let Some(part) = fields.object(name, read) {
            parts.insert(name.to_owned(), part);
        }
        fields.documented_as(name, "Whether it is active.");
    }
    parts
}

fn read_tier(tier: &mut Fields) -> GrantPart {
    let part = read_feature(tier);
    let requirements = tier.object("requirements", |requirements| {
        let required = Requirements {
            data_retention: requirements.optional("data_retention", values::flag()).unwrap_or_default(),
            human_review: requirements.optional("human_review", values::flag()).unwrap_or_default(),
        };
        requirements.documented_as("data_retention", "The request's data are retained.");
        requirements.documented_as("human_review", "People may review the retained data.");
        required
    });
    tier.documented_as("requirements", "What a request must permit in order to use the tier.");
    GrantPart { requirements: requirements.unwrap_or_default(), ..part }
}

fn read_feature(feature: &mut Fields) -> GrantPart {
    let status = feature.required("status", values::label()).unwrap_or(PartStatus::Inactive);
    feature.documented_as("status", "Whether it is active.");
    GrantPart { status, requirements: Requirements::default() }
}

const PARAMETERS: &[&str] = &["limit", "order", "page"];

/// Reads the query string's `pairs`, of the decisions on the grant `name` of a profile.
///
/// # Errors
/// `Invalid` with every invalid parameter.
pub fn parse_query(
    organization: OrganizationId,
    profile_id: ProfileId,
    name: GrantName,
    pairs: Vec<(String, String)>,
) -> Result<DecisionQuery> {
    let mut parameters = Parameters::new(PARAMETERS, pairs);
    let IdPageQuery { order, limit, after } =
        IdPageQuery::read(&mut parameters, organization, IdList::Decisions, Order::default());
    let query = DecisionQuery { profile_id, name, order, limit, after };
    parameters.finish()?;
    Ok(query)
}

/// The `page` that `query` selects.
#[must_use]
pub fn page(
    organization: OrganizationId,
    query: &DecisionQuery,
    page: Page<Decision, DecisionId>,
) -> IdPage<WireDecision> {
    let convert = |decision| WireDecision::new(query.profile_id, query.name.clone(), decision);
    IdPage::new(organization, IdList::Decisions, query.order, page, convert)
}
