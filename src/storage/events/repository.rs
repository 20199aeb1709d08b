//! The repository that lists events.

use std::sync::Arc;

use async_trait::async_trait;
use sqlx::postgres::PgConnection;

use super::horizon::settled;
use super::list::{PositionedRow, by_id, by_position};
use super::row::EventRow;
use crate::domain::Result;
use crate::domain::event::{Event, EventBacklog, EventKeyset, EventQuery};
use crate::domain::id::{EventId, OrganizationId};
use crate::domain::page::{Order, Page};
use crate::domain::repository::EventRepository;
use crate::storage::pool::Pool;

/// The most events that a request with a filter examines, for which there is no index: by kind, and past the backlog.
const MAX_EXAMINED: usize = 1_000;

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

#[async_trait]
impl EventRepository for PgEvents {
    #[tracing::instrument(level = "debug", name = "events.list", skip_all, fields(organization.id = %organization))]
    async fn list(&self, organization: OrganizationId, query: EventQuery) -> Result<Page<Event, EventKeyset>> {
        let query = Arc::new(query);
        let asked = Arc::clone(&query);
        let examined = self
            .0
            .of(organization)
            .read(move |connection| {
                Box::pin(async move {
                    Ok(match asked.order {
                        Order::Ascending => oldest_first(connection, organization, &asked).await?,
                        Order::Descending => newest_first(connection, organization, &asked).await?,
                    })
                })
            })
            .await?;
        let positioned = |(row, keyset): (EventRow, _)| Ok((Event::try_from(row)?, keyset));
        let found = examined.rows.into_iter().map(positioned).collect::<Result<Vec<_>>>()?;
        let selects = |(event, _): &(Event, _)| query.selects(event);
        let Page { items, next } = Page::filtered(found, examined.most, query.limit, |(_, keyset)| *keyset, selects);
        Ok(Page { items: items.into_iter().map(|(event, _)| event).collect(), next })
    }
}

/// Events in the list's order, one more than the page examines if there are more.
struct Examined {
    rows: Vec<(EventRow, EventKeyset)>,
    /// The most that the page examines.
    most: usize,
}

impl Examined {
    fn by_id(rows: Vec<PositionedRow>, most: usize, keyset: impl Fn(EventId) -> EventKeyset) -> Self {
        let keyed = |row: PositionedRow| {
            let keyset = keyset(EventId::new(row.event.id));
            (row.event, keyset)
        };
        Self { rows: rows.into_iter().map(keyed).collect(), most }
    }
}

async fn newest_first(
    connection: &mut PgConnection,
    organization: OrganizationId,
    query: &EventQuery,
) -> sqlx::Result<Examined> {
    let most = most_examined_by_id(query);
    let rows = by_id(connection, organization, query, None, most + 1).await?;
    Ok(Examined::by_id(rows, most, EventKeyset::Id))
}

async fn oldest_first(
    connection: &mut PgConnection,
    organization: OrganizationId,
    query: &EventQuery,
) -> sqlx::Result<Examined> {
    let (mut examined, after) = match query.after {
        None | Some(EventKeyset::Id(_)) => {
            let Some(backlog) = settled(connection, organization).await? else {
                return Ok(Examined { rows: Vec::new(), most: 0 });
            };
            // Past the backlog, nothing is settled yet.
            return from_backlog(connection, organization, query, backlog).await;
        }
        Some(EventKeyset::Backlog { backlog, .. }) => {
            let examined = from_backlog(connection, organization, query, backlog).await?;
            if examined.rows.len() > examined.most {
                return Ok(examined);
            }
            (examined, backlog.position)
        }
        Some(EventKeyset::Position(position)) => (Examined { rows: Vec::new(), most: 0 }, position),
    };
    let last = settled(connection, organization).await?.map_or(0, |settled| settled.position);
    let free = query.limit.get().saturating_sub(examined.rows.len());
    let most = if query.has_filter() { MAX_EXAMINED } else { free };
    let rows = by_position(connection, organization, after, last, most + 1).await?;
    examined.most = examined.rows.len() + most;
    examined.rows.extend(rows.into_iter().map(|row| (row.event, EventKeyset::Position(row.position))));
    Ok(examined)
}

async fn from_backlog(
    connection: &mut PgConnection,
    organization: OrganizationId,
    query: &EventQuery,
    backlog: EventBacklog,
) -> sqlx::Result<Examined> {
    let most = most_examined_by_id(query);
    let rows = by_id(connection, organization, query, Some(backlog), most + 1).await?;
    Ok(Examined::by_id(rows, most, |after| EventKeyset::Backlog { after, backlog }))
}

/// In the order of ids, only a filter by kind examines more events than it selects.
fn most_examined_by_id(query: &EventQuery) -> usize {
    if query.kinds.is_empty() { query.limit.get() } else { MAX_EXAMINED }
}
