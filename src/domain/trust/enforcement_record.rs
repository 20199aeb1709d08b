//! Enforcement actions as operators see them: opening, transitions and resolution.

use validator::{ValidationError, ValidationErrors};

use super::enforcement::{EnforcementAction, EnforcementKind, EnforcementReason, IdentityCheck};
use crate::domain::clock::{Timestamp, check_future};
use crate::domain::error::{Error, ErrorKind, Result, reason};
use crate::domain::id::{EnforcementActionId, ProfileId};
use crate::domain::page::{Order, PageLimit};
use crate::domain::text::{Actor, Rationale};

/// An enforcement action with the fields that only operators see.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EnforcementRecord {
    /// The action.
    pub action: EnforcementAction,
    /// Who opened it.
    pub opened_by: Actor,
    /// Their note.
    pub note: Option<Rationale>,
    /// Its resolution or expiry; `None` while it is open.
    pub end: Option<EnforcementEnd>,
}

/// The resolution or expiry of an action.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EnforcementEnd {
    /// When it ended.
    pub at: Timestamp,
    /// Who resolved it.
    pub by: Actor,
    /// Their note.
    pub note: Option<Rationale>,
}

/// The fields of a new action.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opening {
    /// The kind.
    pub kind: EnforcementKind,
    /// The reason.
    pub reason: EnforcementReason,
    /// When it expires.
    pub expires_at: Option<Timestamp>,
    /// Whether an identity check is offered.
    pub offers_check: bool,
    /// Who opens it.
    pub opened_by: Actor,
    /// Their note.
    pub note: Option<Rationale>,
}

/// A transition of an open action.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EnforcementStep {
    /// The offered check was submitted and is in review.
    SubmitCheck,
    /// The check in review failed; another is offered.
    FailCheck,
    /// The action is resolved, by a check or a decision.
    Resolve {
        /// Who resolves it.
        by: Actor,
        /// Their note.
        note: Option<Rationale>,
    },
}

/// A page of the actions on one profile, including resolved ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EnforcementQuery {
    /// The profile.
    pub profile_id: ProfileId,
    /// The order of the list, by action id.
    pub order: Order,
    /// The most actions.
    pub limit: PageLimit,
    /// Start after this action; `None`: the first page.
    pub after: Option<EnforcementActionId>,
}

impl Opening {
    /// The violations at `now`, by field: a ban has neither an expiry nor a check, an action for a taken-over account has no expiry, and an
    /// expiry is in the future.
    #[must_use]
    pub fn violations(&self, now: Timestamp) -> Vec<(&'static str, ValidationError)> {
        let endless = match (self.kind, self.reason) {
            (EnforcementKind::Ban, _) => Some("A ban has no end"),
            (_, EnforcementReason::AccountCompromise) => Some("A restriction for `account_compromise` has no end"),
            _ => None,
        };
        let end = match (self.expires_at, endless) {
            (None, _) => None,
            (Some(_), Some(why)) => Some(reason("endless", why)),
            (Some(end), None) => check_future(end, now).err(),
        };
        let check =
            (self.kind == EnforcementKind::Ban && self.offers_check).then(|| reason("ban", "No check clears a ban"));
        end.map(|why| ("expires_at", why)).into_iter().chain(check.map(|why| ("action", why))).collect()
    }

    /// The action `id`, opened `now`.
    ///
    /// # Errors
    /// `Invalid` with its [`violations`](Self::violations).
    pub fn into_record(self, id: EnforcementActionId, now: Timestamp) -> Result<EnforcementRecord> {
        let mut wrong = ValidationErrors::new();
        self.violations(now).into_iter().for_each(|(field, why)| wrong.add(field, why));
        if !wrong.is_empty() {
            return Err(Error::invalid(&wrong));
        }
        let action = EnforcementAction {
            id,
            kind: self.kind,
            reason: self.reason,
            opened_at: now,
            expires_at: self.expires_at,
            identity_check: if self.offers_check { IdentityCheck::Offered } else { IdentityCheck::None },
        };
        Ok(EnforcementRecord { action, opened_by: self.opened_by, note: self.note, end: None })
    }
}

impl EnforcementRecord {
    /// The action as of `now`: an expired one has ended, even if the expiry is not yet recorded.
    #[must_use]
    pub fn as_of(mut self, now: Timestamp) -> Self {
        if self.end.is_none() {
            let reached = self.action.expires_at.filter(|end| *end <= now);
            self.end = reached.map(|at| EnforcementEnd { at, by: Actor::expiry(), note: None });
        }
        self
    }

    /// Applies `step`.
    ///
    /// # Errors
    /// `Conflict` if the action has ended, or its check's state rules the step out.
    pub fn advanced(&self, step: EnforcementStep, now: Timestamp) -> Result<Self> {
        let mut after = self.clone().as_of(now);
        if after.end.is_some() {
            return Err(conflict("An action that has ended cannot change"));
        }
        let check = &mut after.action.identity_check;
        match (step, *check) {
            (EnforcementStep::SubmitCheck, IdentityCheck::Offered) => *check = IdentityCheck::InReview,
            (EnforcementStep::SubmitCheck, IdentityCheck::None) => return Err(conflict("No check is offered")),
            (EnforcementStep::SubmitCheck, IdentityCheck::InReview) => {
                return Err(conflict("A check is in review already"));
            }
            (EnforcementStep::FailCheck, IdentityCheck::InReview) => *check = IdentityCheck::Offered,
            (EnforcementStep::FailCheck, IdentityCheck::None | IdentityCheck::Offered) => {
                return Err(conflict("No check is in review"));
            }
            (EnforcementStep::Resolve { by, note }, _) => after.end = Some(EnforcementEnd { at: now, by, note }),
        }
        Ok(after)
    }
}

fn conflict(why: &str) -> Error {
    Error::new(ErrorKind::Conflict, format!("transition: {why}"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use time::Duration;
    use time::macros::datetime;
    use uuid::Uuid;

    use super::*;
    use crate::domain::label::EnumLabel;
    use crate::domain::text::Text;
    use crate::domain::trust::enforcement::EnforcementStatus;

    const NOW: Timestamp = datetime!(2026-03-15 10:00 UTC);
    const ID: EnforcementActionId = EnforcementActionId::new(Uuid::nil());

    fn actor() -> Actor {
        Actor::parse("reviewer".to_owned()).unwrap()
    }

    fn openings() -> impl Strategy<Value = Opening> {
        let kind = prop::sample::select(EnforcementKind::ALL);
        let reason = prop::sample::select(EnforcementReason::ALL);
        let end = prop::option::of(-5_i64..20);
        (kind, reason, end, any::<bool>()).prop_map(|(kind, reason, end, offers_check)| {
            let expires_at = end.map(|seconds| NOW + Duration::seconds(seconds));
            Opening { kind, reason, expires_at, offers_check, opened_by: actor(), note: None }
        })
    }

    fn steps() -> impl Strategy<Value = Vec<EnforcementStep>> {
        let step = prop_oneof![
            4 => Just(EnforcementStep::SubmitCheck),
            4 => Just(EnforcementStep::FailCheck),
            1 => Just(EnforcementStep::Resolve { by: actor(), note: None }),
        ];
        prop::collection::vec(step, 0..20)
    }

    /// The invariants of an action, which the database also checks.
    fn is_sound(record: &EnforcementRecord) -> bool {
        let action = &record.action;
        let ends = action.expires_at.is_none_or(|end| {
            end > action.opened_at
                && action.kind == EnforcementKind::Restriction
                && action.reason != EnforcementReason::AccountCompromise
        });
        ends && (action.kind == EnforcementKind::Restriction || action.identity_check == IdentityCheck::None)
    }

    proptest! {
        #[test]
        fn steps_keep_the_invariants_and_never_change_an_ended_action(opening in openings(), steps in steps()) {
            let offered = opening.offers_check;
            match opening.clone().into_record(ID, NOW) {
                Err(error) => {
                    prop_assert_eq!(error.kind, ErrorKind::Invalid);
                    let ban = opening.kind == EnforcementKind::Ban;
                    let endless = ban || opening.reason == EnforcementReason::AccountCompromise;
                    let ends = opening.expires_at.is_some_and(|end| endless || end <= NOW);
                    prop_assert!(ends || (ban && offered), "{}", error);
                }
                Ok(mut record) => {
                    for (second, step) in steps.into_iter().enumerate() {
                        let now = NOW + Duration::seconds(i64::try_from(second).unwrap());
                        let before = record.clone().as_of(now);
                        match record.advanced(step.clone(), now) {
                            Ok(after) => {
                                prop_assert!(before.end.is_none());
                                // A step changes the check or ends the action, and nothing else.
                                prop_assert_eq!(after.end.is_some(), matches!(step, EnforcementStep::Resolve { .. }));
                                prop_assert!(after.end.is_some() || after.action.identity_check != before.action.identity_check);
                                let identity_check = before.action.identity_check;
                                let action = EnforcementAction { identity_check, ..after.action.clone() };
                                prop_assert_eq!(&action, &before.action);
                                record = after;
                            }
                            Err(error) => prop_assert_eq!(error.kind, ErrorKind::Conflict),
                        }
                        prop_assert!(is_sound(&record));
                        // Nothing makes a check that was not offered.
                        prop_assert!(offered || record.action.identity_check == IdentityCheck::None);
                        let open: Vec<_> = record.clone().as_of(now).end.is_none().then(|| record.action.clone()).into_iter().collect();
                        let pending = EnforcementStatus::of(&open) == EnforcementStatus::Pending;
                        let in_review = open.iter().any(|action| {
                            action.identity_check == IdentityCheck::InReview && action.reason != EnforcementReason::AccountCompromise
                        });
                        prop_assert_eq!(pending, in_review);
                    }
                }
            }
        }
    }

    #[test]
    fn an_expired_action_has_ended_at_its_expiry() {
        let end = NOW + Duration::HOUR;
        let opening = Opening {
            kind: EnforcementKind::Restriction,
            reason: EnforcementReason::Unspecified,
            expires_at: Some(end),
            offers_check: true,
            opened_by: actor(),
            note: None,
        };
        let record = opening.into_record(ID, NOW).unwrap();
        assert_eq!(record.clone().as_of(end - Duration::MICROSECOND).end, None);
        let ended = EnforcementEnd { at: end, by: Actor::expiry(), note: None };
        assert_eq!(record.clone().as_of(end).end, Some(ended.clone()));
        assert_eq!(record.clone().as_of(end).as_of(end + Duration::DAY).end, Some(ended));
        let late = record.advanced(EnforcementStep::SubmitCheck, end).unwrap_err();
        assert_eq!(
            (late.kind, &*late.message),
            (ErrorKind::Conflict, "transition: An action that has ended cannot change")
        );
    }

    #[test]
    fn an_opening_lists_all_its_violations() {
        let opening = Opening {
            kind: EnforcementKind::Ban,
            reason: EnforcementReason::HighHarm,
            expires_at: Some(NOW + Duration::HOUR),
            offers_check: true,
            opened_by: actor(),
            note: None,
        };
        let refused = opening.into_record(ID, NOW).unwrap_err();
        assert_eq!(refused.message, "action: No check clears a ban; expires_at: A ban has no end");
    }
}
