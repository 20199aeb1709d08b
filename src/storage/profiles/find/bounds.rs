//! The ids between which profiles of a list can be: by its cursor, and by the times of creation that are asked for.

use time::Duration;
use uuid::Uuid;

use crate::domain::clock::MAX_CLOCK_DIFFERENCE;
use crate::domain::id::least_uuid;
use crate::domain::page::Order;
use crate::domain::profile::list::{ProfileKeyset, ProfileQuery};

/// Ids between which, exclusively, those of the list lie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct IdBounds {
    pub(super) after: Uuid,
    pub(super) before: Uuid,
}

impl IdBounds {
    /// The bounds of `query`.
    ///
    /// An id is made of the time of creation. It may be later, never earlier: the ids of one process increase even if its clock is set back,
    /// by no more than clocks may differ from the database's, to both sides.
    pub(super) fn of(query: &ProfileQuery) -> Self {
        let created = query.filter.created;
        let after = created.from.map_or(0, |from| least_uuid(from).as_u128().saturating_sub(1));
        let before = created.until.map_or(u128::MAX, |until| {
            let last = until.saturating_add(MAX_CLOCK_DIFFERENCE * 2);
            least_uuid(last.saturating_add(Duration::MILLISECOND)).as_u128()
        });
        let mut bounds = Self { after: Uuid::from_u128(after), before: Uuid::from_u128(before) };
        if let Some(ProfileKeyset::CreatedAt(id) | ProfileKeyset::Nameless(id)) = &query.after {
            match query.order {
                Order::Ascending => bounds.after = bounds.after.max(id.uuid()),
                Order::Descending => bounds.before = bounds.before.min(id.uuid()),
            }
        }
        bounds
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use time::macros::datetime;

    use super::*;
    use crate::domain::id::{IdSource, RandomIds};
    use crate::domain::profile::filter::{CreationRange, ProfileFilter};

    proptest! {
        #[test]
        fn an_id_lies_between_the_bounds_of_each_range_with_its_time(micros in 0..4_000_000_000_000_000_i64, back in 0..600_i64) {
            let moment = datetime!(1970-01-01 00:00 UTC) + Duration::microseconds(micros);
            let ids = RandomIds::default();
            ids.next(moment + Duration::seconds(back));
            let id = ids.next(moment);
            let created = CreationRange { from: Some(moment), until: Some(moment + Duration::MICROSECOND) };
            let filter = ProfileFilter { created, ..ProfileFilter::default() };
            let bounds = IdBounds::of(&ProfileQuery { filter, ..ProfileQuery::default() });
            prop_assert!(bounds.after < id && id < bounds.before, "{bounds:?} {id}");
        }
    }

    #[test]
    fn times_at_the_ends_of_the_calendar_are_no_trouble() {
        let created = CreationRange {
            from: Some(datetime!(0000-01-01 00:00 UTC)),
            until: Some(datetime!(9999-12-31 23:59:59.999_999 UTC)),
        };
        let filter = ProfileFilter { created, ..ProfileFilter::default() };
        let bounds = IdBounds::of(&ProfileQuery { filter, ..ProfileQuery::default() });
        assert!(
            bounds.after == Uuid::nil()
                && bounds.before > RandomIds::default().next(datetime!(9999-12-31 23:59:59 UTC))
        );
    }
}
