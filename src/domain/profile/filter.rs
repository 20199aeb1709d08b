//! Filters of a list of profiles, as values: storage finds what [`ProfileFilter::matches`] selects.

use std::collections::BTreeMap;

use time::Duration;

use super::relationship::Relationship;
use super::user_profile::Profile;
use crate::domain::clock::Timestamp;
use crate::domain::text::{ReferenceId, Text};
use crate::domain::trust::enforcement::EnforcementStatus;
use crate::domain::trust::grant::{GrantName, TrustGrantStatus};

/// The most values in the filters of one request: storage looks each of them up.
pub const MAX_FILTER_VALUES: usize = 100;

/// Selects profiles. Every field selects by itself, and an empty one all profiles; of the values in a field one has to hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProfileFilter {
    /// The platform's own id is one of these.
    pub reference_ids: Vec<ReferenceId>,
    /// For each key: the pair is there, with one of the values.
    pub metadata: BTreeMap<String, Vec<String>>,
    /// For each name: the grant has one of the statuses.
    pub trust_grants: BTreeMap<GrantName, Vec<TrustGrantStatus>>,
    /// The relationship is one of these.
    pub relationships: Vec<Relationship>,
    /// The time of creation is in the range.
    pub created: CreationRange,
    /// The name is one of these, ignoring the case of ASCII letters; they are in lower case.
    pub names: Vec<String>,
    /// The name begins with one of these, ignoring the case of ASCII letters; they are in lower case.
    pub name_prefixes: Vec<String>,
    /// The enforcement status is one of these.
    pub statuses: Vec<EnforcementStatus>,
}

impl ProfileFilter {
    /// Whether it selects all profiles, because nothing is asked for.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.statuses.is_empty() && self.is_status_only()
    }

    /// Whether nothing is asked for but, perhaps, enforcement statuses.
    #[must_use]
    pub fn is_status_only(&self) -> bool {
        self.reference_ids.is_empty() && self.has_only_ids_and_statuses()
    }

    fn has_only_ids_and_statuses(&self) -> bool {
        let Self {
            reference_ids: _,
            metadata,
            trust_grants,
            relationships,
            created,
            names,
            name_prefixes,
            statuses: _,
        } = self;
        metadata.is_empty()
            && trust_grants.is_empty()
            && relationships.is_empty()
            && *created == CreationRange::default()
            && names.is_empty()
            && name_prefixes.is_empty()
    }

    /// The external id, if nothing is asked for but one.
    #[must_use]
    pub fn only_reference_id(&self) -> Option<&ReferenceId> {
        let [id] = self.reference_ids.as_slice() else { return None };
        (self.statuses.is_empty() && self.has_only_ids_and_statuses()).then_some(id)
    }

    /// Whether it selects only profiles with an enforcement action that is not resolved.
    #[must_use]
    pub fn is_restricted(&self) -> bool {
        !self.statuses.is_empty() && !self.statuses.contains(&EnforcementStatus::Unrestricted)
    }

    /// Whether it selects `profile`, of which only live grants and open enforcement actions were read.
    #[must_use]
    pub fn matches(&self, profile: &Profile) -> bool {
        let name = profile.name.as_ref().map(|name| name.as_str().to_ascii_lowercase());
        let has_pair = |(key, values): (&String, &Vec<String>)| {
            profile.metadata.pairs().any(|(known, value)| known == key && values.iter().any(|wanted| wanted == value))
        };
        let has_grant = |(name, statuses): (&GrantName, &Vec<TrustGrantStatus>)| {
            profile.trust_grants.get(name.as_str()).is_some_and(|grant| statuses.contains(&grant.status))
        };
        one_of(&self.reference_ids, |id| profile.details.reference_id.as_ref() == Some(id))
            && self.metadata.iter().all(has_pair)
            && self.trust_grants.iter().all(has_grant)
            && one_of(&self.relationships, |relationship| profile.relationship == *relationship)
            && self.created.contains(profile.created_at)
            && one_of(&self.names, |wanted| name.as_ref() == Some(wanted))
            && one_of(&self.name_prefixes, |prefix| name.as_ref().is_some_and(|name| name.starts_with(prefix.as_str())))
            && one_of(&self.statuses, |status| EnforcementStatus::of(&profile.enforcement_actions) == *status)
    }
}

fn one_of<T>(wanted: &[T], holds: impl Fn(&T) -> bool) -> bool {
    wanted.is_empty() || wanted.iter().any(holds)
}

/// Times of creation, which are whole microseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CreationRange {
    /// The first; `None`: no matter how early.
    pub from: Option<Timestamp>,
    /// The end, which is not in the range; `None`: no matter how late.
    pub until: Option<Timestamp>,
}

impl CreationRange {
    /// Whether `moment` is in the range.
    #[must_use]
    pub fn contains(&self, moment: Timestamp) -> bool {
        self.from.is_none_or(|from| from <= moment) && self.until.is_none_or(|until| moment < until)
    }

    /// The part of the range that is `other` as well.
    #[must_use]
    pub fn intersection(self, other: Self) -> Self {
        let earlier = |one: Timestamp, two: Option<Timestamp>| two.map_or(one, |two| one.min(two));
        Self {
            from: self.from.max(other.from),
            until: self.until.map(|until| earlier(until, other.until)).or(other.until),
        }
    }
}

/// The microsecond after `moment`, or `moment` itself if there is none.
#[must_use]
pub fn next_microsecond(moment: Timestamp) -> Timestamp {
    moment.checked_add(Duration::MICROSECOND).unwrap_or(moment)
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;
    use uuid::Uuid;

    use super::*;
    use crate::domain::id::ProfileId;
    use crate::domain::profile::ProfileDraft;
    use crate::domain::profile::external_user::ExternalUserDetails;
    use crate::domain::profile::metadata::Metadata;
    use crate::domain::text::DisplayName;
    use crate::domain::trust::grant::{GrantParts, TrustGrant};

    fn profile() -> Profile {
        let draft = ProfileDraft {
            name: Some(DisplayName::parse("Ada É".to_owned()).unwrap()),
            relationship: Relationship::Internal,
            details: ExternalUserDetails { reference_id: Some(reference("u1")), ..ExternalUserDetails::default() },
            metadata: Metadata::parse([("plan".to_owned(), "pro".to_owned())]).unwrap(),
        };
        let mut profile = draft.into_profile(ProfileId::new(Uuid::nil()), datetime!(2026-03-15 10:00 UTC));
        let pending = TrustGrant { status: TrustGrantStatus::Pending, parts: GrantParts::new(), expires_at: None };
        profile.trust_grants.insert(GrantName::cyber(), pending);
        profile
    }

    fn reference(text: &str) -> ReferenceId {
        ReferenceId::parse(text.to_owned()).unwrap()
    }

    fn texts(texts: &[&str]) -> Vec<String> {
        texts.iter().map(|text| (*text).to_owned()).collect()
    }

    #[test]
    fn an_empty_filter_selects_every_profile() {
        assert!(ProfileFilter::default().is_empty() && ProfileFilter::default().matches(&profile()));
    }

    #[test]
    fn one_value_of_each_field_has_to_hold() {
        let some = ProfileFilter::default;
        let grants = |status| BTreeMap::from([(GrantName::cyber(), vec![status])]);
        let plan = |values: &[&str]| BTreeMap::from([("plan".to_owned(), texts(values))]);
        for (filter, selects) in [
            (ProfileFilter { reference_ids: vec![reference("u2"), reference("u1")], ..some() }, true),
            (ProfileFilter { reference_ids: vec![reference("U1")], ..some() }, false),
            (ProfileFilter { metadata: plan(&["free", "pro"]), ..some() }, true),
            (ProfileFilter { metadata: plan(&["pro "]), ..some() }, false),
            (ProfileFilter { metadata: BTreeMap::from([("pro".to_owned(), texts(&["pro"]))]), ..some() }, false),
            (ProfileFilter { trust_grants: grants(TrustGrantStatus::Pending), ..some() }, true),
            (ProfileFilter { trust_grants: grants(TrustGrantStatus::Active), ..some() }, false),
            (ProfileFilter { relationships: vec![Relationship::External, Relationship::Internal], ..some() }, true),
            (ProfileFilter { relationships: vec![Relationship::Resold], ..some() }, false),
            (ProfileFilter { names: texts(&["ada É"]), ..some() }, true),
            (ProfileFilter { names: texts(&["ada é"]), ..some() }, false),
            (ProfileFilter { name_prefixes: texts(&["b", "ad"]), ..some() }, true),
            (ProfileFilter { name_prefixes: texts(&["da"]), ..some() }, false),
            (ProfileFilter { statuses: vec![EnforcementStatus::Unrestricted], ..some() }, true),
            (ProfileFilter { statuses: vec![EnforcementStatus::Banned], ..some() }, false),
            (ProfileFilter { names: texts(&["ada É"]), statuses: vec![EnforcementStatus::Banned], ..some() }, false),
        ] {
            assert_eq!(filter.matches(&profile()), selects, "{filter:?}");
            assert!(!filter.is_empty());
        }
    }

    #[test]
    fn a_range_of_times_has_its_first_and_not_its_end() {
        let moment = datetime!(2026-03-15 10:00 UTC);
        let next = next_microsecond(moment);
        let from = |from| CreationRange { from: Some(from), until: None };
        let until = |until| CreationRange { from: None, until: Some(until) };
        assert!(from(moment).contains(moment) && !from(next).contains(moment));
        assert!(until(next).contains(moment) && !until(moment).contains(moment));
        let both = CreationRange { from: Some(moment), until: Some(next) };
        assert_eq!(from(moment).intersection(until(next)), both);
        assert_eq!(until(next).intersection(from(moment)).intersection(CreationRange::default()), both);
        assert_eq!(both.intersection(from(next)), CreationRange { from: Some(next), until: Some(next) });
    }
}
