//! The repository of webhook endpoints.

use async_trait::async_trait;
use sqlx::postgres::PgConnection;

use super::cursor_page::{bounds, cursor_page, limit};
use super::endpoint_row::{EndpointRow, endpoint_not_found, labels, select_endpoints};
use super::{deliveries, redelivery};
use crate::domain::clock::Timestamp;
use crate::domain::id::{EventId, OrganizationId, WebhookEndpointId};
use crate::domain::idempotency::{Idempotency, RequestOutcome};
use crate::domain::label::EnumLabel;
use crate::domain::page::Order;
use crate::domain::repository::WebhookRepository;
use crate::domain::text::Text;
use crate::domain::webhook::delivery::Delivery;
use crate::domain::webhook::endpoint::{CursorPage, CursorPageQuery, EndpointPatch, MAX_ENDPOINTS, WebhookEndpoint};
use crate::domain::webhook::secret::SigningSecret;
use crate::domain::{Error, ErrorKind, Result};
use crate::storage::pool::Pool;
use crate::storage::pool::error::StorageError;

/// [`WebhookRepository`] on Postgres.
#[derive(Clone, Debug)]
pub struct PgWebhooks(Pool);

impl PgWebhooks {
    /// The endpoints in the database of `pool`.
    #[must_use]
    pub const fn new(pool: Pool) -> Self {
        Self(pool)
    }
}

#[async_trait]
impl WebhookRepository for PgWebhooks {
    #[tracing::instrument(level = "debug", name = "webhooks.create", skip_all, fields(organization.id = %organization))]
    async fn create(
        &self,
        organization: OrganizationId,
        endpoint: WebhookEndpoint,
        secret: SigningSecret,
        idempotency: Option<Idempotency<WebhookEndpoint>>,
    ) -> Result<RequestOutcome<WebhookEndpoint>> {
        self.0
            .once(organization, None, endpoint.created_at, idempotency, move |connection| {
                Box::pin(async move {
                    check_limit(connection, organization).await?;
                    insert(connection, organization, &endpoint, &secret).await?;
                    Ok(endpoint)
                })
            })
            .await
    }

    #[tracing::instrument(level = "debug", name = "webhooks.retrieve", skip_all, fields(organization.id = %organization))]
    async fn retrieve(&self, organization: OrganizationId, id: WebhookEndpointId) -> Result<WebhookEndpoint> {
        let row: Option<EndpointRow> = self
            .0
            .of(organization)
            .read(move |connection| {
                Box::pin(async move {
                    Ok(sqlx::query_as(select_endpoints!("where organization_id = $1 and id = $2"))
                        .bind(organization.uuid())
                        .bind(id.uuid())
                        .fetch_optional(connection)
                        .await?)
                })
            })
            .await?;
        row.ok_or_else(endpoint_not_found)?.try_into()
    }

    #[tracing::instrument(level = "debug", name = "webhooks.list", skip_all, fields(organization.id = %organization))]
    async fn list(
        &self,
        organization: OrganizationId,
        query: CursorPageQuery<WebhookEndpointId>,
    ) -> Result<CursorPage<WebhookEndpoint>> {
        let (greater, less) = bounds(&query);
        let select = match query.order {
            Order::Ascending => {
                select_endpoints!("where organization_id = $1 and id > $2 and id < $3 order by id asc limit $4")
            }
            Order::Descending => {
                select_endpoints!("where organization_id = $1 and id > $2 and id < $3 order by id desc limit $4")
            }
        };
        let rows: Vec<EndpointRow> = self
            .0
            .of(organization)
            .read(move |connection| {
                Box::pin(async move {
                    Ok(sqlx::query_as(select)
                        .bind(organization.uuid())
                        .bind(greater)
                        .bind(less)
                        .bind(limit(&query))
                        .fetch_all(connection)
                        .await?)
                })
            })
            .await?;
        cursor_page(rows, &query)
    }

    #[tracing::instrument(level = "debug", name = "webhooks.update", skip_all, fields(organization.id = %organization))]
    async fn update(
        &self,
        organization: OrganizationId,
        id: WebhookEndpointId,
        patch: EndpointPatch,
        now: Timestamp,
        idempotency: Option<Idempotency<WebhookEndpoint>>,
    ) -> Result<RequestOutcome<WebhookEndpoint>> {
        self.0
            .once(organization, None, now, idempotency, move |connection| {
                Box::pin(async move {
                    let row: Option<EndpointRow> =
                        sqlx::query_as(select_endpoints!("where organization_id = $1 and id = $2 for no key update"))
                            .bind(organization.uuid())
                            .bind(id.uuid())
                            .fetch_optional(&mut *connection)
                            .await?;
                    let before: WebhookEndpoint = row.ok_or_else(endpoint_not_found)?.try_into()?;
                    let Some(after) = before.patched(patch, now) else { return Ok(before) };
                    save(connection, organization, &before, &after).await?;
                    Ok(after)
                })
            })
            .await
    }

    #[tracing::instrument(level = "debug", name = "webhooks.delete", skip_all, fields(organization.id = %organization))]
    async fn delete(&self, organization: OrganizationId, id: WebhookEndpointId) -> Result<()> {
        self.0
            .of(organization)
            .run(move |connection| {
                Box::pin(async move {
                    let deleted = sqlx::query(
                        "delete from webhook_endpoints
                          where organization_id = $1
                            and id = $2",
                    )
                    .bind(organization.uuid())
                    .bind(id.uuid())
                    .execute(connection)
                    .await?;
                    if deleted.rows_affected() == 0 { Err(endpoint_not_found().into()) } else { Ok(()) }
                })
            })
            .await
    }

    #[tracing::instrument(level = "debug", name = "webhooks.rotate", skip_all, fields(organization.id = %organization))]
    async fn rotate(
        &self,
        organization: OrganizationId,
        id: WebhookEndpointId,
        secret: SigningSecret,
        previous_until: Timestamp,
        now: Timestamp,
        idempotency: Option<Idempotency<()>>,
    ) -> Result<RequestOutcome<()>> {
        self.0
            .once(organization, None, now, idempotency, move |connection| {
                Box::pin(async move {
                    let rotated = sqlx::query(
                        "update webhook_endpoints
                            set previous_secret = signing_secret,
                                previous_secret_until = $4,
                                signing_secret = $3,
                                updated_at = $5
                          where organization_id = $1
                            and id = $2",
                    )
                    .bind(organization.uuid())
                    .bind(id.uuid())
                    .bind(secret.bits().as_slice())
                    .bind(previous_until)
                    .bind(now)
                    .execute(connection)
                    .await?;
                    if rotated.rows_affected() == 0 { Err(endpoint_not_found().into()) } else { Ok(()) }
                })
            })
            .await
    }

    #[tracing::instrument(level = "debug", name = "webhooks.deliveries", skip_all, fields(organization.id = %organization))]
    async fn deliveries(
        &self,
        organization: OrganizationId,
        id: WebhookEndpointId,
        query: CursorPageQuery<EventId>,
    ) -> Result<CursorPage<Delivery>> {
        self.0
            .of(organization)
            .read(move |connection| {
                Box::pin(async move { deliveries::page(connection, organization, id, &query).await })
            })
            .await
    }

    #[tracing::instrument(level = "debug", name = "webhooks.redeliver", skip_all, fields(organization.id = %organization))]
    async fn redeliver(
        &self,
        organization: OrganizationId,
        id: WebhookEndpointId,
        event: EventId,
        now: Timestamp,
        idempotency: Option<Idempotency<Delivery>>,
    ) -> Result<RequestOutcome<Delivery>> {
        self.0
            .once(organization, None, now, idempotency, move |connection| {
                Box::pin(async move { redelivery::redeliver(connection, organization, id, event, now).await })
            })
            .await
    }
}

/// Checks that the organization may have another endpoint. Locks the organization, so that concurrent creates do not exceed the limit.
async fn check_limit(
    connection: &mut PgConnection,
    organization: OrganizationId,
) -> std::result::Result<(), StorageError> {
    sqlx::query("select from organizations where id = $1 for no key update")
        .bind(organization.uuid())
        .execute(&mut *connection)
        .await?;
    let count: i64 = sqlx::query_scalar("select count(*) from webhook_endpoints where organization_id = $1")
        .bind(organization.uuid())
        .fetch_one(connection)
        .await?;
    if usize::try_from(count).is_ok_and(|count| count < MAX_ENDPOINTS) {
        return Ok(());
    }
    let message = format!("An organization has at most {MAX_ENDPOINTS} webhook endpoints; delete one first");
    Err(Error::new(ErrorKind::Conflict, message).into())
}

async fn insert(
    connection: &mut PgConnection,
    organization: OrganizationId,
    endpoint: &WebhookEndpoint,
    secret: &SigningSecret,
) -> sqlx::Result<()> {
    sqlx::query(
        "insert into webhook_endpoints (
                organization_id,
                id,
                created_at,
                updated_at,
                url,
                name,
                description,
                enabled_events,
                state,
                disabled_reason,
                signing_secret)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
    )
    .bind(organization.uuid())
    .bind(endpoint.id.uuid())
    .bind(endpoint.created_at)
    .bind(endpoint.updated_at)
    .bind(endpoint.url.as_str())
    .bind(endpoint.name.as_str())
    .bind(endpoint.description.as_str())
    .bind(labels(&endpoint.enabled_events))
    .bind(endpoint.state.as_str())
    .bind(&endpoint.disabled_reason)
    .bind(secret.bits().as_slice())
    .execute(connection)
    .await?;
    Ok(())
}

async fn save(
    connection: &mut PgConnection,
    organization: OrganizationId,
    before: &WebhookEndpoint,
    after: &WebhookEndpoint,
) -> sqlx::Result<()> {
    sqlx::query(
        "update webhook_endpoints
            set updated_at = $3,
                url = $4,
                name = $5,
                description = $6,
                enabled_events = $7,
                state = $8,
                disabled_reason = $9,
                failing_since = case when $10 then null else failing_since end
          where organization_id = $1
            and id = $2",
    )
    .bind(organization.uuid())
    .bind(after.id.uuid())
    .bind(after.updated_at)
    .bind(after.url.as_str())
    .bind(after.name.as_str())
    .bind(after.description.as_str())
    .bind(labels(&after.enabled_events))
    .bind(after.state.as_str())
    .bind(&after.disabled_reason)
    // Enabling an endpoint or changing its URL starts a new count of failures.
    .bind(before.state != after.state || before.url != after.url)
    .execute(connection)
    .await?;
    Ok(())
}
