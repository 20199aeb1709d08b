//! Decisions as programs: the grant `cyber` with its tiers, the grant `efs` with its features. Other grants do not show.

use std::collections::BTreeMap;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Serialize;
use serde_json::{Map, Value};

use crate::api::wire::scalars::WireLabel;
use crate::api::wire::schema::schema_of;
use crate::domain::trust::grant::{
    CYBER, CYBER_TIERS, EFS, EFS_FEATURES, PartStatus, Requirements, TrustGrant, TrustGrantStatus, TrustGrants,
};

/// The programs that there are.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Programs {
    /// The cyber program; null unless applied for or decided.
    cyber: Option<Cyber>,
    /// The efs program; null unless applied for or decided, and always null in lists.
    efs: Option<Efs>,
}

/// The grant with tiers.
#[derive(Debug, Serialize, JsonSchema)]
struct Cyber {
    /// Granted, asked for, or declined.
    status: WireLabel<TrustGrantStatus>,
    /// Every tier by its name; empty in lists, which do not report them.
    #[schemars(schema_with = "tiers_schema")]
    tiers: BTreeMap<&'static str, WirePart>,
    /// What a request must permit in order to use the active tiers; null while none is active, and in lists.
    requirements: Option<WireRequirements>,
}

/// What a request must permit.
#[derive(Debug, Serialize, JsonSchema)]
pub(in crate::api) struct WireRequirements {
    /// The request's data are retained.
    data_retention: bool,
    /// People may review the retained data.
    human_review: bool,
}

/// The grant with features.
#[derive(Debug, Serialize, JsonSchema)]
struct Efs {
    /// Granted, asked for, or declined.
    status: WireLabel<TrustGrantStatus>,
    /// Every feature by its name.
    #[schemars(schema_with = "features_schema")]
    features: BTreeMap<&'static str, WirePart>,
}

/// A tier or a feature.
#[derive(Debug, Serialize, JsonSchema)]
pub(in crate::api) struct WirePart {
    /// Whether it is active.
    status: WireLabel<PartStatus>,
}

impl From<Requirements> for WireRequirements {
    fn from(requirements: Requirements) -> Self {
        Self { data_retention: requirements.data_retention, human_review: requirements.human_review }
    }
}

impl From<PartStatus> for WirePart {
    fn from(status: PartStatus) -> Self {
        Self { status: WireLabel(status) }
    }
}

impl Programs {
    /// With every tier and feature.
    pub(super) fn in_full(grants: &TrustGrants) -> Self {
        Self {
            cyber: grants.get(CYBER).map(|grant| Cyber {
                status: WireLabel(grant.status),
                tiers: parts(grant, CYBER_TIERS),
                requirements: grant.requirements().map(WireRequirements::from),
            }),
            efs: grants
                .get(EFS)
                .map(|grant| Efs { status: WireLabel(grant.status), features: parts(grant, EFS_FEATURES) }),
        }
    }

    /// As lists show them.
    pub(super) fn in_brief(grants: &TrustGrants) -> Self {
        let brief =
            |grant: &TrustGrant| Cyber { status: WireLabel(grant.status), tiers: BTreeMap::new(), requirements: None };
        Self { cyber: grants.get(CYBER).map(brief), efs: None }
    }
}

fn parts(grant: &TrustGrant, names: [&'static str; 3]) -> BTreeMap<&'static str, WirePart> {
    names.into_iter().map(|name| (name, grant.part_status(name).into())).collect()
}

fn tiers_schema(_: &mut SchemaGenerator) -> Schema {
    json_schema!({"type": "object", "properties": parts_schema(CYBER_TIERS)})
}

fn features_schema(_: &mut SchemaGenerator) -> Schema {
    json_schema!({"type": "object", "properties": parts_schema(EFS_FEATURES), "required": EFS_FEATURES})
}

fn parts_schema(names: [&str; 3]) -> Map<String, Value> {
    names.into_iter().map(|name| (name.to_owned(), schema_of::<WirePart>())).collect()
}
