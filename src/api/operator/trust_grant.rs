//! Trust grants of all profiles, by status.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use crate::api::ga::programs::{WirePart, WireRequirements};
use crate::api::wire::cursor::IdList;
use crate::api::wire::id_page::{IdPage, IdPageQuery};
use crate::api::wire::parameters::{self, Parameters};
use crate::api::wire::scalars::{WireId, WireLabel};
use crate::api::wire::timestamp::WireTimestamp;
use crate::domain::Result;
use crate::domain::error::Error;
use crate::domain::id::{DecisionId, DecisionKind, OrganizationId, ProfileKind};
use crate::domain::label::labels;
use crate::domain::page::{Order, Page};
use crate::domain::text::Text;
use crate::domain::trust::grant::{
    CYBER, EFS, GrantName, GrantPart, GrantParts, GrantQuery, PartStatus, ProfileGrant, TrustGrantStatus,
};

labels! {
    /// The `type` of a grant.
    TrustGrantType {
        /// A grant.
        TrustGrant = "trust_grant",
    }
}

/// The name of a grant.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(extend("pattern" = GrantName::PATTERN))]
pub struct WireGrantName(String);

/// A grant of one profile.
#[derive(Debug, Serialize, JsonSchema)]
pub struct WireTrustGrant {
    /// The type of the object.
    r#type: WireLabel<TrustGrantType>,
    /// The profile that has the grant.
    user_profile_id: WireId<ProfileKind>,
    /// The name of the grant.
    name: WireGrantName,
    /// The status that the last decision set.
    status: WireLabel<TrustGrantStatus>,
    /// The decision that set the status; the list is sorted by it.
    decision_id: WireId<DecisionKind>,
    /// Time of that decision, in UTC.
    decided_at: WireTimestamp,
    /// Time at which the grant expires, in UTC. Null: it does not expire.
    expires_at: Option<WireTimestamp>,
    /// The tiers of `cyber` that the decision names; all other tiers are inactive. Null: the grant is not `cyber`.
    tiers: Option<WireTiers>,
    /// The features of `efs` that the decision names; all other features are inactive. Null: the grant is not `efs`.
    features: Option<WireFeatures>,
}

/// Tiers, by name.
pub(super) type WireTiers = BTreeMap<String, WireTier>;

/// Features, by name.
pub(super) type WireFeatures = BTreeMap<String, WirePart>;

/// A tier.
#[derive(Debug, Serialize, JsonSchema)]
pub struct WireTier {
    /// Whether it is active.
    status: WireLabel<PartStatus>,
    /// What a request must permit in order to use the tier.
    requirements: WireRequirements,
}

impl From<GrantName> for WireGrantName {
    fn from(name: GrantName) -> Self {
        Self(name.into_string())
    }
}

impl From<GrantPart> for WireTier {
    fn from(part: GrantPart) -> Self {
        Self { status: WireLabel(part.status), requirements: part.requirements.into() }
    }
}

impl From<ProfileGrant> for WireTrustGrant {
    fn from(found: ProfileGrant) -> Self {
        let (tiers, features) = parts(&found.name, &found.grant.parts);
        Self {
            r#type: WireLabel(TrustGrantType::TrustGrant),
            user_profile_id: WireId(found.profile_id),
            name: found.name.into(),
            status: WireLabel(found.grant.status),
            decision_id: WireId(found.decision_id),
            decided_at: WireTimestamp(found.decided_at),
            expires_at: found.grant.expires_at.map(WireTimestamp),
            tiers,
            features,
        }
    }
}

/// The parts of the grant `name` as its tiers or its features.
pub(super) fn parts(name: &GrantName, parts: &GrantParts) -> (Option<WireTiers>, Option<WireFeatures>) {
    match name.as_str() {
        CYBER => (Some(parts.iter().map(|(name, part)| (name.clone(), (*part).into())).collect()), None),
        EFS => (None, Some(parts.iter().map(|(name, part)| (name.clone(), part.status.into())).collect())),
        _ => (None, None),
    }
}

/// The name of a grant in a path.
///
/// # Errors
/// `Invalid`: not the name of a grant.
pub fn parse_name(text: &str) -> Result<GrantName> {
    GrantName::parse(text.to_owned()).map_err(|why| Error::invalid_field("trust_grant_name", why))
}

const PARAMETERS: &[&str] = &["limit", "order", "page", "status"];

/// Reads the query string's `pairs`. Without parameters: pending grants, oldest decision first.
///
/// # Errors
/// `Invalid` with every invalid parameter.
pub fn parse_query(organization: OrganizationId, pairs: Vec<(String, String)>) -> Result<GrantQuery> {
    let mut parameters = Parameters::new(PARAMETERS, pairs);
    let IdPageQuery { order, limit, after } =
        IdPageQuery::read(&mut parameters, organization, IdList::TrustGrants, Order::Ascending);
    let query = GrantQuery {
        status: parameters.one("status", parameters::label).unwrap_or(TrustGrantStatus::Pending),
        order,
        limit,
        after,
    };
    parameters.finish()?;
    Ok(query)
}

/// The `page` that `query` selects.
#[must_use]
pub fn page(
    organization: OrganizationId,
    query: GrantQuery,
    page: Page<ProfileGrant, DecisionId>,
) -> IdPage<WireTrustGrant> {
    IdPage::new(organization, IdList::TrustGrants, query.order, page, WireTrustGrant::from)
}
