//! Decisions as programs: the grant `cyber` with its tiers, the grant `efs` with its features. Other grants do not show.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::api::wire::scalars::WireLabel;
use crate::api::wire::schema::{Documented, answer};
use crate::domain::trust::grant::{
    CYBER, CYBER_TIERS, EFS, EFS_FEATURES, PartStatus, TrustGrant, TrustGrantStatus, TrustGrants,
};

answer! {
    /// The programs that there are.
    pub(super) struct Programs {
        /// The cyber program; null unless applied for or decided.
        cyber: Option<Cyber>,
        /// The efs program; null unless applied for or decided, and always null in lists.
        efs: Option<Efs>,
    }
}

answer! {
    /// The grant with tiers.
    struct Cyber {
        /// Granted, asked for, or declined.
        status: WireLabel<TrustGrantStatus>,
        /// Every tier by its name; empty in lists, which do not report them.
        tiers: Tiers,
        /// What a request must allow to profit from the active tiers; null while none is active, and in lists.
        requirements: Option<Requirements>,
    }
}

answer! {
    /// What a request must allow.
    struct Requirements {
        /// That its data are kept.
        data_retention: bool,
        /// That people review what is kept.
        human_review: bool,
    }
}

answer! {
    /// The grant with features.
    struct Efs {
        /// Granted, asked for, or declined.
        status: WireLabel<TrustGrantStatus>,
        /// Every feature by its name.
        features: Features,
    }
}

answer! {
    /// A tier or a feature.
    struct Part {
        /// Whether it applies.
        status: WireLabel<PartStatus>,
    }
}

#[derive(Debug, Serialize)]
#[serde(transparent)]
struct Tiers(BTreeMap<&'static str, Part>);

#[derive(Debug, Serialize)]
#[serde(transparent)]
struct Features(BTreeMap<&'static str, Part>);

impl Documented for Tiers {
    fn schema() -> Value {
        json!({"type": "object", "properties": parts_schema(CYBER_TIERS)})
    }
}

impl Documented for Features {
    fn schema() -> Value {
        json!({"type": "object", "properties": parts_schema(EFS_FEATURES), "required": EFS_FEATURES})
    }
}

impl Programs {
    /// With every tier and feature.
    pub(super) fn in_full(grants: &TrustGrants) -> Self {
        Self {
            cyber: grants.get(CYBER).map(|grant| Cyber {
                status: WireLabel(grant.status),
                tiers: Tiers(parts(grant, CYBER_TIERS)),
                requirements: grant.requirements().map(|required| Requirements {
                    data_retention: required.data_retention,
                    human_review: required.human_review,
                }),
            }),
            efs: grants
                .get(EFS)
                .map(|grant| Efs { status: WireLabel(grant.status), features: Features(parts(grant, EFS_FEATURES)) }),
        }
    }

    /// As lists show them.
    pub(super) fn in_brief(grants: &TrustGrants) -> Self {
        let brief = |grant: &TrustGrant| Cyber {
            status: WireLabel(grant.status),
            tiers: Tiers(BTreeMap::new()),
            requirements: None,
        };
        Self { cyber: grants.get(CYBER).map(brief), efs: None }
    }
}

fn parts(grant: &TrustGrant, names: [&'static str; 3]) -> BTreeMap<&'static str, Part> {
    names.into_iter().map(|name| (name, Part { status: WireLabel(grant.part_status(name)) })).collect()
}

fn parts_schema(names: [&str; 3]) -> Map<String, Value> {
    names.into_iter().map(|name| (name.to_owned(), Part::schema())).collect()
}
