//! Lists of events: a keyset query for each filter and direction, each on an index in that order.

use async_trait::async_trait;
use sqlx::FromRow;
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use crate::domain::clock::Timestamp;
use crate::domain::event::{Event, EventDetails, EventKind, EventQuery};
use crate::domain::id::{EnforcementActionId, EventId, OrganizationId, ProfileId};
use crate::domain::label::EnumLabel;
use crate::domain::page::{Order, Page};
use crate::domain::profile::ProfileField;
use crate::domain::repository::EventRepository;
use crate::domain::text::Text;
use crate::domain::trust::grant::{GrantName, TrustGrantStatus};
use crate::domain::{Error, Result};
use crate::storage::pool::Pool;

/// The most events that a request with a filter by kind examines.
const MAX_EXAMINED: usize = 1_000;

/// How far the time in an id may be ahead of the event's own: the ids of a source increase even when its clock is set back.
const ID_AHEAD: Duration = Duration::hours(1);

/// [`EventRepository`] on Postgres.
#[derive(Clone, Debug)]
pub struct PgEvents(Pool);

impl PgEvents {
    /// The events in the database of `pool`.
    #[must_use]
    pub const fn new(pool: Pool) -> Self {
        Self(pool)
    }
}

/// Reads the organization's (`$1`) events with ids between `$2` and `$3`, both exclusive, created from `$4` on and before `$5`.
macro_rules! select_events {
    ($which:literal, $order:literal) => {
        concat!(
            "select id,
                    created_at,
                    kind,
                    profile_id,
                    fields,
                    grant_name,
                    grant_status,
                    enforcement_action_id
               from events
              where organization_id = $1
                and id > $2
                and id < $3
                and ($4::timestamptz is null or created_at >= $4)
                and ($5::timestamptz is null or created_at < $5)",
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

/// A stored event.
#[derive(FromRow)]
pub(in crate::storage) struct EventRow {
    id: Uuid,
    created_at: OffsetDateTime,
    kind: String,
    profile_id: Uuid,
    fields: Option<Vec<String>>,
    grant_name: Option<String>,
    grant_status: Option<String>,
    enforcement_action_id: Option<Uuid>,
}

#[async_trait]
impl EventRepository for PgEvents {
    #[tracing::instrument(level = "debug", name = "events.list", skip_all, fields(organization.id = %organization))]
    async fn list(&self, organization: OrganizationId, query: EventQuery) -> Result<Page<Event, EventId>> {
        let examined = if query.kinds.is_empty() { query.limit.get() } else { MAX_EXAMINED };
        let limit = i64::try_from(examined + 1).unwrap_or(i64::MAX);
        let (least, greatest) = bounds(&query);
        let select = statement(&query);
        let (profile, since, until) = (query.profile_id, query.since, query.until);
        let rows: Vec<EventRow> = self
            .0
            .read(move |connection| {
                Box::pin(async move {
                    let statement = sqlx::query_as(select)
                        .bind(organization.uuid())
                        .bind(least)
                        .bind(greatest)
                        .bind(since)
                        .bind(until)
                        .bind(limit);
                    let statement = match profile {
                        Some(profile) => statement.bind(profile.uuid()),
                        None => statement,
                    };
                    Ok(statement.fetch_all(connection).await?)
                })
            })
            .await?;
        let events = rows.into_iter().map(Event::try_from).collect::<Result<Vec<_>>>()?;
        let matches = |event: &Event| query.kinds.is_empty() || query.kinds.contains(&event.details.kind());
        Ok(Page::filtered(events, examined, query.limit, |event| event.id, matches))
    }
}

fn statement(query: &EventQuery) -> &'static str {
    let common = [EventKind::Created, EventKind::Updated];
    let rare = !query.kinds.is_empty() && !query.kinds.iter().any(|kind| common.contains(kind));
    match (query.profile_id, rare, query.order) {
        (Some(_), _, Order::Ascending) => select_events!(" and profile_id = $7", "asc"),
        (Some(_), _, Order::Descending) => select_events!(" and profile_id = $7", "desc"),
        (None, true, Order::Ascending) => select_rare_events!("asc"),
        (None, true, Order::Descending) => select_rare_events!("desc"),
        (None, false, Order::Ascending) => select_events!("", "asc"),
        (None, false, Order::Descending) => select_events!("", "desc"),
    }
}

/// The bounds of the page's ids, both exclusive: after the previous page, and within the times of the query.
fn bounds(query: &EventQuery) -> (Uuid, Uuid) {
    let since = query.since.map_or(Uuid::nil(), first_id_at);
    let until = query.until.and_then(|until| until.checked_add(ID_AHEAD)).map_or(Uuid::max(), first_id_at);
    match (query.after.map(EventId::uuid), query.order) {
        (None, _) => (since, until),
        (Some(after), Order::Ascending) => (since.max(after), until),
        (Some(after), Order::Descending) => (since, until.min(after)),
    }
}

/// A lower bound of every `UUIDv7` made at `moment` or later: its first 48 bits are the milliseconds since 1970.
fn first_id_at(moment: Timestamp) -> Uuid {
    let milliseconds = u128::try_from(moment.unix_timestamp_nanos() / 1_000_000).unwrap_or_default();
    Uuid::from_u128(milliseconds << 80)
}

impl TryFrom<EventRow> for Event {
    type Error = Error;

    fn try_from(row: EventRow) -> Result<Self> {
        let id = EventId::new(row.id);
        let details =
            event_details(&row).ok_or_else(|| Error::internal(format!("events {id}: a column breaks a rule")))?;
        Ok(Self { id, created_at: row.created_at, profile_id: ProfileId::new(row.profile_id), details })
    }
}

fn event_details(row: &EventRow) -> Option<EventDetails> {
    let action = row.enforcement_action_id.map(EnforcementActionId::new);
    Some(match EventKind::from_label(&row.kind)? {
        EventKind::Created => EventDetails::Created,
        EventKind::Updated => {
            let fields = row.fields.as_ref()?.iter().map(|field| ProfileField::from_label(field));
            EventDetails::Updated(fields.collect::<Option<_>>()?)
        }
        EventKind::Erased => EventDetails::Erased,
        EventKind::ProgramStatusUpdated => EventDetails::ProgramStatusUpdated {
            grant: GrantName::parse(row.grant_name.clone()?).ok()?,
            status: match &row.grant_status {
                Some(status) => Some(TrustGrantStatus::from_label(status)?),
                None => None,
            },
        },
        EventKind::EnforcementActionOpened => EventDetails::EnforcementActionOpened(action?),
        EventKind::EnforcementActionResolved => EventDetails::EnforcementActionResolved(action?),
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

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
        let query = EventQuery { after: Some(after), since: Some(now - Duration::HOUR), ..EventQuery::default() };
        assert_eq!(bounds(&query), (first_id_at(now - Duration::HOUR), after.uuid()));
        let query = EventQuery { order: Order::Ascending, until: Some(now), ..query };
        assert_eq!(bounds(&query), (after.uuid(), first_id_at(now + ID_AHEAD)));
    }
}
