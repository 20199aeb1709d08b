//! The horizon: up to which event a client that reads oldest first has seen all that there will ever be. `migrations/V21__event_positions.sql`
//! says why it holds.

use async_trait::async_trait;
use sqlx::postgres::PgConnection;
use uuid::Uuid;

use crate::domain::Result;
use crate::domain::event::EventBacklog;
use crate::domain::id::{EventId, OrganizationId};
use crate::domain::repository::EventHorizon;
use crate::storage::pool::Pool;

/// [`EventHorizon`] on Postgres.
#[derive(Clone, Debug)]
pub struct PgEventHorizon(Pool);

impl PgEventHorizon {
    /// The horizon of the events in the database of `pool`.
    #[must_use]
    pub const fn new(pool: Pool) -> Self {
        Self(pool)
    }
}

#[async_trait]
impl EventHorizon for PgEventHorizon {
    #[tracing::instrument(level = "debug", name = "events.held_back_at", skip_all)]
    async fn held_back_at(&self) -> Result<Option<i64>> {
        self.0
            .read(|connection| {
                Box::pin(async move {
                    Ok(sqlx::query_scalar("select oldest_open_event_position()").fetch_one(connection).await?)
                })
            })
            .await
    }
}

/// The settled events of `organization`, which are visible to the next statement of `connection`; `None` if there are no events.
pub(super) async fn settled(
    connection: &mut PgConnection,
    organization: OrganizationId,
) -> sqlx::Result<Option<EventBacklog>> {
    let (position, last_id): (i64, Option<Uuid>) =
        sqlx::query_as("select settled_position, last_id from settled_events($1)")
            .bind(organization.uuid())
            .fetch_one(connection)
            .await?;
    Ok(last_id.map(|id| EventBacklog { position, last_id: EventId::new(id) }))
}
