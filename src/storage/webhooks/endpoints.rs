//! The repository of webhook endpoints.

use async_trait::async_trait;

use super::cursor_page::{bounds, cursor_page, limit};
use super::endpoint_changes::{check_limit, insert, save};
use super::endpoint_row::{EndpointRow, endpoint_not_found, select_endpoints};
use super::{deliveries, redelivery};
use crate::domain::Result;
use crate::domain::clock::Timestamp;
use crate::domain::id::{EventId, OrganizationId, WebhookEndpointId};
use crate::domain::idempotency::{Idempotency, RequestOutcome};
use crate::domain::page::Order;
use crate::domain::repository::WebhookRepository;
use crate::domain::webhook::delivery::Delivery;
use crate::domain::webhook::endpoint::{CursorPage, CursorPageQuery, EndpointPatch, WebhookEndpoint};
use crate::domain::webhook::secret::SigningSecret;
use crate::storage::pool::Pool;

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
