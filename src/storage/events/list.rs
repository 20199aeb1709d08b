//! The statements of the list of events: a keyset query for each filter and direction, each on an index in that order.

use sqlx::postgres::PgConnection;
use sqlx::{FromRow, Result};
use time::Duration;
use uuid::Uuid;

use super::row::EventRow;
use crate::domain::clock::Timestamp;
use crate::domain::event::{EventBacklog, EventKeyset, EventKind, EventQuery};
use crate::domain::id::{EventId, OrganizationId};
use crate::domain::page::Order;

/// How far the time in an id may be ahead of the event's own: the ids of a source increase even when its clock is set back.
const ID_AHEAD: Duration = Duration::hours(1);

/// The columns of a [`PositionedRow`].
macro_rules! positioned_event_columns {
    () => {
        "id,
         created_at,
         kind,
         profile_id,
         fields,
         grant_name,
         grant_status,
         enforcement_action_id,
         api_key_id,
         actor_api_key_id,
         position"
    };
}

/// Reads the organization's (`$1`) events with ids between `$2` and `$3`, both exclusive, created from `$4` on and before `$5`, in positions up
/// to `$7`.
macro_rules! select_events {
    ($which:literal, $order:literal) => {
        concat!(
            "select ",
            positioned_event_columns!(),
            " from events
              where organization_id = $1
                and id > $2
                and id < $3
                and ($4::timestamptz is null or created_at >= $4)
                and ($5::timestamptz is null or created_at < $5)
                and position <= $7",
            $which,
            " order by id ",
            $order,
            " limit $6"
        )
    };
}

/// The condition of the partial index of rare events, literally, so that Postgres uses it.
macro_rules! select_rare_events {
    ($order:literal) => {
        select_events!(" and kind not in ('user_profile.created', 'user_profile.updated')", $order)
    };
}

/// A stored event in its position.
#[derive(FromRow)]
pub(super) struct PositionedRow {
    #[sqlx(flatten)]
    pub(super) event: EventRow,
    pub(super) position: i64,
}

/// Up to `limit` of the events that `query` selects, in the order of ids: of `backlog` only, if there is one.
pub(super) async fn by_id(
    connection: &mut PgConnection,
    organization: OrganizationId,
    query: &EventQuery,
    backlog: Option<EventBacklog>,
    limit: usize,
) -> Result<Vec<PositionedRow>> {
    let (least, greatest) = bounds(query, backlog);
    let statement = sqlx::query_as(by_id_statement(query))
        .bind(organization.uuid())
        .bind(least)
        .bind(greatest)
        .bind(query.since)
        .bind(query.until)
        .bind(i64::try_from(limit).unwrap_or(i64::MAX))
        .bind(backlog.map_or(i64::MAX, |backlog| backlog.position));
    let statement = match query.profile_id {
        Some(profile) => statement.bind(profile.uuid()),
        None => statement,
    };
    statement.fetch_all(connection).await
}

fn by_id_statement(query: &EventQuery) -> &'static str {
    let common = [EventKind::Created, EventKind::Updated];
    let rare = !query.kinds.is_empty() && !query.kinds.iter().any(|kind| common.contains(kind));
    match (query.profile_id, rare, query.order) {
        (Some(_), _, Order::Ascending) => select_events!(" and profile_id = $8", "asc"),
        (Some(_), _, Order::Descending) => select_events!(" and profile_id = $8", "desc"),
        (None, true, Order::Ascending) => select_rare_events!("asc"),
        (None, true, Order::Descending) => select_rare_events!("desc"),
        (None, false, Order::Ascending) => select_events!("", "asc"),
        (None, false, Order::Descending) => select_events!("", "desc"),
    }
}

/// Up to `limit` of the organization's events in positions after `after` and up to `last`, in the order of positions.
pub(super) async fn by_position(
    connection: &mut PgConnection,
    organization: OrganizationId,
    after: i64,
    last: i64,
    limit: usize,
) -> Result<Vec<PositionedRow>> {
    // "position > 0" is the condition of the partial index, literally, so that Postgres uses it.
    sqlx::query_as(concat!(
        "select ",
        positioned_event_columns!(),
        " from events
          where organization_id = $1
            and position > 0
            and position > $2
            and position <= $3
          order by position
          limit $4",
    ))
    .bind(organization.uuid())
    .bind(after)
    .bind(last)
    .bind(i64::try_from(limit).unwrap_or(i64::MAX))
    .fetch_all(connection)
    .await
}

/// The bounds of the page's ids, both exclusive: after the previous page, within the times of the query, and within the backlog.
fn bounds(query: &EventQuery, backlog: Option<EventBacklog>) -> (Uuid, Uuid) {
    let since = query.since.map_or(Uuid::nil(), first_id_at);
    let until = query.until.and_then(|until| until.checked_add(ID_AHEAD)).map_or(Uuid::max(), first_id_at);
    let end = backlog.map_or(Uuid::max(), |backlog| id_after(backlog.last_id));
    let after = match query.after {
        Some(EventKeyset::Id(after) | EventKeyset::Backlog { after, .. }) => Some(after.uuid()),
        Some(EventKeyset::Position(_)) | None => None,
    };
    match (after, query.order) {
        (None, _) => (since, until.min(end)),
        (Some(after), Order::Ascending) => (since.max(after), until.min(end)),
        (Some(after), Order::Descending) => (since, until.min(after)),
    }
}

fn id_after(id: EventId) -> Uuid {
    Uuid::from_u128(id.uuid().as_u128().saturating_add(1))
}

/// A lower bound of every `UUIDv7` made at `moment` or later: its first 48 bits are the milliseconds since 1970.
fn first_id_at(moment: Timestamp) -> Uuid {
    let milliseconds = u128::try_from(moment.unix_timestamp_nanos() / 1_000_000).unwrap_or_default();
    Uuid::from_u128(milliseconds << 80)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use time::OffsetDateTime;

    use super::*;
    use crate::domain::clock::{Clock, SystemClock};
    use crate::domain::id::{IdSource, RandomIds};

    proptest! {
        #[test]
        fn no_id_is_smaller_than_the_first_of_its_time(seconds in 0_i64..4_000_000_000, micros in 0_u32..1_000_000) {
            let at = OffsetDateTime::from_unix_timestamp(seconds).unwrap().replace_nanosecond(micros * 1_000).unwrap();
            let id = RandomIds::default().next(at);
            prop_assert!(first_id_at(at) < id);
            prop_assert!(id < first_id_at(at + Duration::milliseconds(1)));
        }
    }

    #[test]
    fn a_page_begins_after_the_previous_one_and_within_the_times_of_the_query() {
        let now = SystemClock.now();
        let after = EventId::new(RandomIds::default().next(now));
        let keyset = Some(EventKeyset::Id(after));
        let query = EventQuery { after: keyset, since: Some(now - Duration::HOUR), ..EventQuery::default() };
        assert_eq!(bounds(&query, None), (first_id_at(now - Duration::HOUR), after.uuid()));
        let query = EventQuery { order: Order::Ascending, until: Some(now), ..query };
        assert_eq!(bounds(&query, None), (after.uuid(), first_id_at(now + ID_AHEAD)));
        let backlog = EventBacklog { position: 7, last_id: EventId::new(Uuid::from_u128(8)) };
        assert_eq!(bounds(&query, Some(backlog)), (after.uuid(), Uuid::from_u128(9)));
    }
}
