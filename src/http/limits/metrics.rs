//! Counts the requests that a limit has refused.

use super::rate_limiter::LimitHolder;
use crate::domain::label::EnumLabel;
use crate::domain::limit::rate_limit::AccessKind;
use crate::metrics::{Counter, EncodeLabelSet, Family, Registry};

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
        Self(registry.register("uprof_rate_limited_requests", help, Family::default()))
    }

    /// Counts a request that exceeds the rate limit of `holder`.
    pub(in crate::http) fn count_excess(&self, holder: LimitHolder, kind: AccessKind) {
        let scope = match holder {
            LimitHolder::Organization => "organization",
            LimitHolder::Key => "key",
        };
        self.count(scope, kind);
    }

    /// Counts a request of an organization that has too many at once.
    pub(in crate::http) fn count_crowd(&self, kind: AccessKind) {
        self.count("concurrency", kind);
    }

    /// Counts a request of a client address that has used too many wrong secrets.
    pub(in crate::http) fn count_failures(&self, kind: AccessKind) {
        self.count("address", kind);
    }

    fn count(&self, scope: &'static str, kind: AccessKind) {
        self.0.get_or_create(&LimitLabels { scope, kind: kind.as_str() }).inc();
    }
}
