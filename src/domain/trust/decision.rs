//! Decisions on trust grants, and the table of allowed transitions.

use super::grant::{GrantName, GrantParts, TrustGrant, TrustGrantStatus};
use super::verdict::{DecidedStatus, Verdict};
use crate::domain::clock::Timestamp;
use crate::domain::error::{Error, ErrorKind, Result};
use crate::domain::id::{DecisionId, ProfileId};
use crate::domain::label::EnumLabel;
use crate::domain::page::{Order, PageLimit};
use crate::domain::text::{Actor, Rationale};

/// A decision on a grant. Immutable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    /// Unique; ids sort in the order of decisions.
    pub id: DecisionId,
    /// The verdict.
    pub verdict: Verdict,
    /// When it was made.
    pub decided_at: Timestamp,
    /// Who made it.
    pub actor: Actor,
    /// Why it was made.
    pub reason: Option<Rationale>,
}

/// A page of the decisions on one grant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DecisionQuery {
    /// The profile.
    pub profile_id: ProfileId,
    /// The name of the grant.
    pub name: GrantName,
    /// The order of the list, by decision id.
    pub order: Order,
    /// The most decisions.
    pub limit: PageLimit,
    /// Start after this decision; `None`: the first page.
    pub after: Option<DecisionId>,
}

impl Decision {
    /// The entity requests the grant.
    #[must_use]
    pub fn request(id: DecisionId, now: Timestamp) -> Self {
        Self { id, verdict: Verdict::Request, decided_at: now, actor: Actor::entity(), reason: None }
    }

    /// The grant has expired.
    #[must_use]
    pub fn expiry(id: DecisionId, now: Timestamp) -> Self {
        Self { id, verdict: Verdict::Withdraw, decided_at: now, actor: Actor::expiry(), reason: None }
    }

    /// The grant after the decision; `None` after a withdrawal.
    ///
    /// # Errors
    /// `Conflict` if the state `before` rules the decision out.
    pub fn outcome(&self, before: Option<&TrustGrant>) -> Result<Option<TrustGrant>> {
        let before = before.map(|grant| grant.status);
        if !is_allowed(before, self.verdict.status()) {
            return Err(self.conflict(before));
        }
        let plain = |status| Some(TrustGrant { status, parts: GrantParts::new(), expires_at: None });
        Ok(match &self.verdict {
            Verdict::Request => plain(TrustGrantStatus::Pending),
            Verdict::Grant { expires_at, parts } => {
                Some(TrustGrant { status: TrustGrantStatus::Active, parts: parts.clone(), expires_at: *expires_at })
            }
            Verdict::Reject => plain(TrustGrantStatus::Rejected),
            Verdict::Withdraw => None,
        })
    }

    fn conflict(&self, before: Option<TrustGrantStatus>) -> Error {
        let is = before.map_or("neither decided nor asked for", EnumLabel::as_str);
        let becomes = match self.verdict {
            Verdict::Request => "asked for",
            Verdict::Grant { .. } => "granted",
            Verdict::Reject => "rejected",
            Verdict::Withdraw => "withdrawn",
        };
        Error::new(ErrorKind::Conflict, format!("status: A grant that is {is} cannot be {becomes}"))
    }
}

/// The allowed transitions of a grant.
const fn is_allowed(before: Option<TrustGrantStatus>, decided: DecidedStatus) -> bool {
    use TrustGrantStatus::{Active, Pending, Rejected};
    match decided {
        // A rejected grant may be requested again.
        DecidedStatus::Pending => matches!(before, None | Some(Rejected)),
        // A request is not required. An active grant is granted again to change its parts or expiry.
        DecidedStatus::Active => matches!(before, None | Some(Pending | Active | Rejected)),
        // Only a request can be rejected; an active grant is withdrawn instead.
        DecidedStatus::Rejected => matches!(before, Some(Pending)),
        // A rejection stays until the next request or grant.
        DecidedStatus::Withdrawn => matches!(before, Some(Pending | Active)),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;
    use time::Duration;
    use time::macros::datetime;
    use uuid::Uuid;

    use super::*;
    use crate::domain::trust::grant::{CYBER_TIERS, GrantPart, PartStatus, Requirements};
    use crate::domain::trust::verdict::VerdictViolation;

    const NOW: Timestamp = datetime!(2026-03-15 10:00 UTC);

    fn verdicts() -> impl Strategy<Value = Verdict> {
        let part = (any::<bool>(), any::<bool>(), any::<bool>()).prop_map(|(active, data_retention, human_review)| {
            let status = if active { PartStatus::Active } else { PartStatus::Inactive };
            GrantPart { status, requirements: Requirements { data_retention, human_review } }
        });
        let tier = prop::sample::select(&CYBER_TIERS[..]).prop_map(str::to_owned);
        let grant = (prop::collection::btree_map(tier, part, 0..3), prop::option::of(1_i64..1_000)).prop_map(
            |(parts, seconds)| Verdict::Grant { expires_at: seconds.map(|s| NOW + Duration::seconds(s)), parts },
        );
        prop_oneof![Just(Verdict::Request), grant, Just(Verdict::Reject), Just(Verdict::Withdraw)]
    }

    fn decision(verdict: Verdict) -> Decision {
        Decision { verdict, ..Decision::request(DecisionId::new(Uuid::nil()), NOW) }
    }

    proptest! {
        #[test]
        fn a_grant_is_the_outcome_of_its_last_allowed_decision(verdicts in prop::collection::vec(verdicts(), 0..20)) {
            let mut grant: Option<TrustGrant> = None;
            let mut last: Option<Verdict> = None;
            for verdict in verdicts {
                match decision(verdict.clone()).outcome(grant.as_ref()) {
                    Ok(after) => {
                        grant = after;
                        last = Some(verdict);
                    }
                    Err(error) => prop_assert_eq!(error.kind, ErrorKind::Conflict),
                }
                // Only what is active has parts or an end.
                if let Some(grant) = &grant && grant.status != TrustGrantStatus::Active {
                    prop_assert!(grant.parts.is_empty() && grant.expires_at.is_none());
                }
                match (&last, &grant) {
                    (None | Some(Verdict::Withdraw), grant) => prop_assert_eq!(grant, &None),
                    (Some(Verdict::Grant { expires_at, parts }), Some(grant)) => {
                        prop_assert_eq!((&grant.expires_at, &grant.parts), (expires_at, parts));
                        prop_assert_eq!(grant.status, TrustGrantStatus::Active);
                    }
                    (Some(verdict), Some(grant)) => prop_assert_eq!(grant.status.as_str(), verdict.status().as_str()),
                    (_, None) => prop_assert!(false, "a grant is lost"),
                }
            }
        }

        #[test]
        fn what_is_legal_depends_on_the_state_alone(first in verdicts(), second in verdicts()) {
            let before = decision(first).outcome(None).ok().flatten();
            let bare = before.as_ref().map(|grant| TrustGrant { parts: GrantParts::new(), expires_at: None, ..*grant });
            let (one, other) = (decision(second.clone()).outcome(before.as_ref()), decision(second).outcome(bare.as_ref()));
            prop_assert_eq!(one.ok(), other.ok());
        }
    }

    #[test]
    fn the_allowed_transitions() {
        let states =
            [None, Some(TrustGrantStatus::Pending), Some(TrustGrantStatus::Active), Some(TrustGrantStatus::Rejected)];
        let followers = |before| -> BTreeSet<&str> {
            DecidedStatus::ALL
                .iter()
                .filter(|decided| is_allowed(before, **decided))
                .map(|decided| decided.as_str())
                .collect()
        };
        assert_eq!(
            states.map(followers),
            [
                BTreeSet::from(["pending", "active"]),
                BTreeSet::from(["active", "rejected", "withdrawn"]),
                BTreeSet::from(["active", "withdrawn"]),
                BTreeSet::from(["active", "pending"]),
            ]
        );
    }

    #[test]
    fn a_verdict_has_only_what_goes_with_its_status_and_its_grant() {
        let (end, cyber) = (Some(NOW), GrantName::cyber());
        let part = GrantPart { status: PartStatus::Active, requirements: Requirements::default() };
        let parts = GrantParts::from([("a".to_owned(), part)]);
        let granted = Verdict::from_parts(DecidedStatus::Active, end, &cyber, Some(parts.clone()), None);
        assert_eq!(granted, Ok(Verdict::Grant { expires_at: end, parts: parts.clone() }));
        for (status, verdict) in [
            (DecidedStatus::Pending, Verdict::Request),
            (DecidedStatus::Rejected, Verdict::Reject),
            (DecidedStatus::Withdrawn, Verdict::Withdraw),
        ] {
            assert_eq!(Verdict::from_parts(status, None, &cyber, None, None), Ok(verdict));
            let refused = |tiers, features| {
                let violations = Verdict::from_parts(status, end, &cyber, tiers, features).unwrap_err();
                let reasons = violations.into_iter().map(VerdictViolation::into_reason);
                reasons.map(|(field, reason)| (field, reason.code)).collect::<Vec<_>>()
            };
            // Even without an entry, parts are given.
            assert_eq!(
                refused(Some(GrantParts::new()), None),
                [("expires_at", "status".into()), ("tiers", "status".into())]
            );
            assert_eq!(
                refused(None, Some(parts.clone())),
                [("expires_at", "status".into()), ("features", "status".into()), ("features", "grant".into())]
            );
        }
    }

    #[test]
    fn a_conflict_says_what_cannot_become_what() {
        let grant = decision(Verdict::Request).outcome(None).unwrap();
        let again = decision(Verdict::Request).outcome(grant.as_ref()).unwrap_err();
        assert_eq!(again.message, "status: A grant that is pending cannot be asked for");
        let nothing = decision(Verdict::Withdraw).outcome(None).unwrap_err();
        assert_eq!(nothing.message, "status: A grant that is neither decided nor asked for cannot be withdrawn");
    }
}
