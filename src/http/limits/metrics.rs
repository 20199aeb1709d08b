//! Counts the requests that a limit has refused.

use super::rate_limiter::LimitHolder;
use crate::domain::label::EnumLabel;
use crate::domain::limit::rate_limit::AccessKind;
use crate::metrics::{Counter, EncodeLabelSet, Family, Registry};

const ORGANIZATION: &str = "organization";
const KEY: &str = "key";
const CONCURRENCY: &str = "concurrency";
const ADDRESS: &str = "address";

/// The refused requests, by what was limited. A clone counts in the same.
#[derive(Clone)]
pub(in crate::http) struct LimitMetrics(Family<LimitLabels, Counter>);

#[derive(Clone, Debug, EncodeLabelSet, Eq, Hash, PartialEq)]
struct LimitLabels {
    scope: &'static str,
    kind: &'static str,
}

impl LimitMetrics {
    pub(in crate::http) fn new(registry: &Registry) -> Self {
        let help =
            "Requests that were refused by a limit, by what was limited, and whether they would have read or written";
        let requests: Family<LimitLabels, Counter> =
            registry.register("uprof_rate_limited_requests", help, Family::default());
        // From the start: a series that begins at 1 shows no increase.
        for scope in [ORGANIZATION, KEY, CONCURRENCY, ADDRESS] {
            for kind in [AccessKind::Read, AccessKind::Write] {
                drop(requests.get_or_create_owned(&LimitLabels { scope, kind: kind.as_str() }));
            }
        }
        Self(requests)
    }

    /// Counts a request that exceeds the rate limit of `holder`.
    pub(in crate::http) fn count_excess(&self, holder: LimitHolder, kind: AccessKind) {
        let scope = match holder {
            LimitHolder::Organization => ORGANIZATION,
            LimitHolder::Key => KEY,
        };
        self.count(scope, kind);
    }

    /// Counts a request of an organization that has too many at once.
    pub(in crate::http) fn count_crowd(&self, kind: AccessKind) {
        self.count(CONCURRENCY, kind);
    }

    /// Counts a request of a client address that has used too many wrong secrets.
    pub(in crate::http) fn count_failures(&self, kind: AccessKind) {
        self.count(ADDRESS, kind);
    }

    fn count(&self, scope: &'static str, kind: AccessKind) {
        self.0.get_or_create(&LimitLabels { scope, kind: kind.as_str() }).inc();
    }
}
