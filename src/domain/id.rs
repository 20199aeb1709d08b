//! Ids: a prefix for the kind of object, `01`, and a `UUIDv7` in 22 characters. Ids sort in the order of creation.

use std::fmt;
use std::marker::PhantomData;
use std::str::FromStr;
use std::sync::Mutex;

use uuid::{ContextV7, Timestamp as UuidTimestamp, Uuid};

use super::base62;
use super::clock::Timestamp;

const GENERATION: &str = "01";
const DIGITS: usize = 22;

/// The kind of object that an [`Id`] identifies.
pub trait IdKind {
    /// The prefix of the text form, with the underscore.
    const PREFIX: &'static str;
}

/// The id of a `K`: `PREFIX`, `01`, and the fixed-width, big-endian base62 (`0-9A-Za-z`) of a UUID.
pub struct Id<K>(Uuid, PhantomData<fn() -> K>);

macro_rules! ids {
    ($($(#[$doc:meta])* $id:ident = $kind:ident $prefix:literal;)*) => { $(
        #[doc = concat!("Marks ids that start with `", $prefix, "`.")]
        #[derive(Debug)]
        pub enum $kind {}
        impl IdKind for $kind {
            const PREFIX: &'static str = $prefix;
        }
        $(#[$doc])*
        pub type $id = Id<$kind>;
    )* };
}

ids! {
    /// The id of a user profile.
    ProfileId = ProfileKind "uprof_";
    /// The id of an organization.
    OrganizationId = OrganizationKind "org_";
    /// The id of an API key (not the key itself).
    ApiKeyId = ApiKeyKind "apikey_";
    /// The id of an enforcement action.
    EnforcementActionId = EnforcementActionKind "enac_";
    /// The id of a decision on a trust grant.
    DecisionId = DecisionKind "decision_";
    /// The id of an enrollment link.
    EnrollmentId = EnrollmentKind "enroll_";
    /// The id of an event.
    EventId = EventMark "evt_";
    /// The id of a webhook endpoint.
    WebhookEndpointId = WebhookEndpointKind "wh_";
    /// The id of a replica: one run of the service.
    ReplicaId = ReplicaKind "replica_";
    /// The id of a request, in its response and its log lines.
    RequestId = RequestKind "req_";
}

impl<K> Id<K> {
    /// The id for `uuid`.
    #[must_use]
    pub const fn new(uuid: Uuid) -> Self {
        Self(uuid, PhantomData)
    }

    /// The UUID inside.
    #[must_use]
    pub const fn uuid(self) -> Uuid {
        self.0
    }
}

impl<K: IdKind> Id<K> {
    /// A regular expression that matches the text form of every such id, and of a few numbers that are too large for a UUID.
    #[must_use]
    pub fn pattern() -> String {
        format!("^{}{GENERATION}[0-9A-Za-z]{{{DIGITS}}}$", K::PREFIX)
    }
}

impl<K: IdKind> fmt::Display for Id<K> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(K::PREFIX)?;
        formatter.write_str(GENERATION)?;
        let digits = base62::encode::<16, DIGITS>(self.0.into_bytes());
        formatter.write_str(std::str::from_utf8(&digits).map_err(|_| fmt::Error)?)
    }
}

/// The least UUID of an id that is made at `moment` or later: a `UUIDv7` begins with 48 bits of milliseconds.
#[must_use]
pub fn least_uuid(moment: Timestamp) -> Uuid {
    let milliseconds = u128::try_from(moment.unix_timestamp_nanos() / 1_000_000).unwrap_or(0);
    Uuid::from_u128(milliseconds << RANDOM_BITS)
}

/// The bits of a `UUIDv7` behind its milliseconds.
const RANDOM_BITS: u32 = 80;

/// The text is not an id of this kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an id of this kind")]
pub struct MalformedId;

impl<K: IdKind> FromStr for Id<K> {
    type Err = MalformedId;

    fn from_str(text: &str) -> Result<Self, MalformedId> {
        let digits = text.strip_prefix(K::PREFIX).and_then(|rest| rest.strip_prefix(GENERATION)).ok_or(MalformedId)?;
        if digits.len() != DIGITS {
            return Err(MalformedId);
        }
        base62::decode(digits).map(|number| Self::new(Uuid::from_u128(number))).ok_or(MalformedId)
    }
}

// Implemented by hand: a derive would require the traits of `K`.
impl<K> Clone for Id<K> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<K> Copy for Id<K> {}
impl<K> PartialEq for Id<K> {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}
impl<K> Eq for Id<K> {}
impl<K> std::hash::Hash for Id<K> {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.0.hash(state);
    }
}
impl<K: IdKind> fmt::Debug for Id<K> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

/// A source of ids.
pub trait IdSource: Send + Sync {
    /// A new `UUIDv7` of `now`, greater than all earlier ones of this source.
    fn next(&self, now: Timestamp) -> Uuid;
}

/// Random ids; a counter orders those of one millisecond.
#[derive(Debug, Default)]
pub struct RandomIds(Mutex<ContextV7>);

impl IdSource for RandomIds {
    fn next(&self, now: Timestamp) -> Uuid {
        let seconds = u64::try_from(now.unix_timestamp()).unwrap_or_default();
        Uuid::new_v7(UuidTimestamp::from_unix(&self.0, seconds, now.nanosecond()))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use time::Duration;

    use super::*;
    use crate::domain::clock::{Clock, SystemClock};

    proptest! {
        #[test]
        fn an_id_reads_back_and_sorts_as_its_uuid(left: u128, right: u128) {
            let [a, b] = [left, right].map(|value| ProfileId::new(Uuid::from_u128(value)));
            prop_assert_eq!(a.to_string().parse(), Ok(a));
            prop_assert_eq!(a.to_string().len(), "uprof_".len() + 24);
            prop_assert_eq!(a.to_string().cmp(&b.to_string()), left.cmp(&right));
        }

        #[test]
        fn a_text_that_parses_is_the_canonical_form(text in "(uprof_)?(01)?[0-9A-Za-z]{0,24}") {
            if let Ok(id) = text.parse::<ProfileId>() {
                prop_assert_eq!(id.to_string(), text);
            }
        }
    }

    #[test]
    fn an_id_beyond_128_bits_and_an_id_of_another_kind_are_refused() {
        assert_eq!(format!("uprof_01{}", "z".repeat(22)).parse::<ProfileId>(), Err(MalformedId));
        let organization = OrganizationId::new(Uuid::from_u128(7)).to_string();
        assert_eq!(organization.parse::<ProfileId>(), Err(MalformedId));
    }

    #[test]
    fn ids_of_one_source_increase_even_when_the_clock_is_set_back() {
        let (ids, now) = (RandomIds::default(), SystemClock.now());
        let made: Vec<_> =
            [0, 1, 2, 3_600, 3_600, 7_200, 0].map(|back| ids.next(now - Duration::seconds(back))).into_iter().collect();
        assert!(made.is_sorted_by(|a, b| a < b), "{made:?}");
    }

    #[test]
    fn ids_of_one_source_increase_even_when_the_clock_stands_still() {
        let (ids, now) = (RandomIds::default(), SystemClock.now());
        let made: Vec<_> = (0..10_000).map(|_| ids.next(now)).collect();
        assert!(made.is_sorted_by(|a, b| a < b));
        assert!(made.iter().all(|id| id.get_version_num() == 7));
    }
}
