//! Decisions as programs: the grant `cyber` with its tiers, the grant `efs` with its features. Other grants do not show.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::domain::trust_grant::{CYBER, CYBER_TIERS, EFS, EFS_FEATURES, TrustGrant, TrustGrants};
use crate::domain::word::Word;

#[derive(Debug, Serialize)]
pub(super) struct Programs {
    cyber: Option<Cyber>,
    efs: Option<Efs>,
}

#[derive(Debug, Serialize)]
struct Cyber {
    status: &'static str,
    /// Every tier, or none where they are not reported.
    tiers: Parts,
    /// Null while no tier is active, and where tiers are not reported.
    requirements: Option<Requirements>,
}

#[derive(Debug, Serialize)]
struct Requirements {
    data_retention: bool,
    human_review: bool,
}

#[derive(Debug, Serialize)]
struct Efs {
    status: &'static str,
    features: Parts,
}

type Parts = BTreeMap<&'static str, Part>;

#[derive(Debug, Serialize)]
struct Part {
    status: &'static str,
}

impl Programs {
    /// With every tier and feature.
    pub(super) fn in_full(grants: &TrustGrants) -> Self {
        Self {
            cyber: grants.get(CYBER).map(|grant| Cyber {
                status: grant.status.as_str(),
                tiers: parts(grant, CYBER_TIERS),
                requirements: grant.requirements().map(|required| Requirements {
                    data_retention: required.data_retention,
                    human_review: required.human_review,
                }),
            }),
            efs: grants
                .get(EFS)
                .map(|grant| Efs { status: grant.status.as_str(), features: parts(grant, EFS_FEATURES) }),
        }
    }

    /// As lists show them.
    pub(super) fn in_brief(grants: &TrustGrants) -> Self {
        let brief =
            |grant: &TrustGrant| Cyber { status: grant.status.as_str(), tiers: Parts::new(), requirements: None };
        Self { cyber: grants.get(CYBER).map(brief), efs: None }
    }
}

fn parts(grant: &TrustGrant, names: [&'static str; 3]) -> Parts {
    names.into_iter().map(|name| (name, Part { status: grant.part_status(name).as_str() })).collect()
}
