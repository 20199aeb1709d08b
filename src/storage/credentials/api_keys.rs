//! The repository of API keys.

use std::sync::Arc;

use async_trait::async_trait;
use sqlx::Connection;
use sqlx::postgres::PgConnection;
use uuid::Uuid;

use super::api_key_row::{ApiKeyRow, CredentialRow};
use super::changes::CredentialChange;
use super::key_limits;
use super::revocation::{read, revoke};
use crate::domain::Result;
use crate::domain::clock::Timestamp;
use crate::domain::credential::api_key::{ApiKey, ApiKeyQuery, Credential, KeyActor, KeyHash};
use crate::domain::event::ApiKeyChange;
use crate::domain::id::{ApiKeyId, OrganizationId};
use crate::domain::idempotency::{Idempotency, RequestOutcome};
use crate::domain::label::EnumLabel;
use crate::domain::limit::rate_limit::RateLimitsPatch;
use crate::domain::page::{Order, Page};
use crate::domain::repository::ApiKeyRepository;
use crate::domain::text::{Text, WorkspaceId};
use crate::storage::events::outbox::{self, Outbox};
use crate::storage::pool::Pool;
use crate::storage::pool::error::{StorageError, not_found};
use crate::storage::quotas::check_api_key_quota;

/// [`ApiKeyRepository`] on Postgres.
#[derive(Clone, Debug)]
pub struct PgApiKeys {
    pool: Pool,
    outbox: Outbox,
}

impl PgApiKeys {
    /// The keys in the database of `pool`, whose events take their ids from `outbox`.
    #[must_use]
    pub const fn new(pool: Pool, outbox: Outbox) -> Self {
        Self { pool, outbox }
    }
}

/// Reads up to `$3` of the organization's (`$1`) keys after `$2`, of the workspace `$4` only if it is given.
macro_rules! select_api_keys {
    ($after:literal, $order:literal) => {
        concat!(
            "select organization_id,
                    id,
                    last_four,
                    scopes,
                    workspace_id,
                    created_at,
                    expires_at,
                    revoked_at,
                    read_limit,
                    write_limit
               from api_keys
              where organization_id = $1
                and id ",
            $after,
            " $2
                and ($4::text is null or workspace_id = $4)
              order by id ",
            $order,
            " limit $3"
        )
    };
}

#[async_trait]
impl ApiKeyRepository for PgApiKeys {
    #[tracing::instrument(level = "debug", name = "api_keys.create", skip_all, fields(organization.id = %key.organization_id))]
    async fn create(
        &self,
        key: &ApiKey,
        hash: KeyHash,
        actor: KeyActor,
        idempotency: Option<Idempotency<()>>,
    ) -> Result<RequestOutcome<()>> {
        let key = key.clone();
        let created = CredentialChange::NewKey(key.organization_id, key.id);
        let event = self.outbox.api_key_event(key.id, ApiKeyChange::Created, actor, key.created_at);
        let outcome = self
            .pool
            .once(key.organization_id, None, key.created_at, idempotency, move |connection| {
                Box::pin(async move {
                    check_api_key_quota(connection, key.organization_id, key.created_at).await?;
                    let scopes: Vec<_> = key.scopes.iter().map(|scope| scope.as_str()).collect();
                    sqlx::query(
                        "insert into api_keys
                                (organization_id, id, hash, last_four, scopes, workspace_id, created_at, expires_at, read_limit, write_limit)
                         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
                    )
                    .bind(key.organization_id.uuid())
                    .bind(key.id.uuid())
                    .bind(hash.0.as_slice())
                    .bind(key.last_four)
                    .bind(scopes)
                    .bind(key.workspace_id.map(Text::into_string))
                    .bind(key.created_at)
                    .bind(key.expires_at)
                    .bind(key.rate_limits.read.map(|limit| limit.to_string()))
                    .bind(key.rate_limits.write.map(|limit| limit.to_string()))
                    .execute(&mut *connection)
                    .await?;
                    outbox::append(connection, &[(key.organization_id, event)]).await?;
                    Ok(())
                })
            })
            .await?;
        if let RequestOutcome::Done(()) = outcome {
            created.publish(&self.pool).await;
        }
        Ok(outcome)
    }

    #[tracing::instrument(level = "debug", name = "api_keys.list", skip_all, fields(organization.id = %organization))]
    async fn list(&self, organization: OrganizationId, query: ApiKeyQuery) -> Result<Page<ApiKey, ApiKeyId>> {
        let select = match query.order {
            Order::Ascending => select_api_keys!(">", "asc"),
            Order::Descending => select_api_keys!("<", "desc"),
        };
        let first = if query.order == Order::Ascending { Uuid::nil() } else { Uuid::max() };
        let after = query.after.map_or(first, ApiKeyId::uuid);
        let limit = i64::try_from(query.limit.get() + 1).unwrap_or(i64::MAX);
        let workspace = query.workspace.map(Text::into_string);
        let rows: Vec<ApiKeyRow> = self
            .pool
            .of(organization)
            .read(move |connection| {
                Box::pin(async move {
                    let rows: Vec<ApiKeyRow> = sqlx::query_as(select)
                        .bind(organization.uuid())
                        .bind(after)
                        .bind(limit)
                        .bind(workspace)
                        .fetch_all(&mut *connection)
                        .await?;
                    if rows.is_empty() {
                        check_organization(connection, organization).await?;
                    }
                    Ok(rows)
                })
            })
            .await?;
        let found = rows.into_iter().map(ApiKey::try_from).collect::<Result<Vec<_>>>()?;
        Ok(Page::filtered(found, query.limit.get(), query.limit, |key| key.id, |_| true))
    }

    #[tracing::instrument(level = "debug", name = "api_keys.revoke", skip_all, fields(organization.id = %organization))]
    async fn revoke(
        &self,
        organization: OrganizationId,
        id: ApiKeyId,
        workspace: Option<&WorkspaceId>,
        actor: KeyActor,
        now: Timestamp,
    ) -> Result<ApiKey> {
        let workspace = workspace.map(|id| id.as_str().to_owned());
        let event = self.outbox.api_key_event(id, ApiKeyChange::Revoked, actor, now);
        let key = self
            .pool
            .of(organization)
            .run(move |connection| {
                Box::pin(async move {
                    let mut transaction = connection.begin().await?;
                    if revoke(&mut transaction, organization, id, workspace.as_deref(), now).await? {
                        outbox::append(&mut transaction, &[(organization, event)]).await?;
                    }
                    let key = read(&mut transaction, organization, id, workspace.as_deref()).await?;
                    let key = key.ok_or_else(|| not_found("API key"))?;
                    transaction.commit().await?;
                    Ok(ApiKey::try_from(key)?)
                })
            })
            .await?;
        CredentialChange::Key(id).publish(&self.pool).await;
        Ok(key)
    }

    #[tracing::instrument(level = "debug", name = "api_keys.limit", skip_all, fields(organization.id = %organization))]
    async fn limit(&self, organization: OrganizationId, id: ApiKeyId, patch: RateLimitsPatch) -> Result<ApiKey> {
        let key = self
            .pool
            .of(organization)
            .run(move |connection| {
                Box::pin(async move { Ok(key_limits::update(connection, organization, id, patch).await?) })
            })
            .await?;
        let key = key.ok_or_else(|| not_found("API key"))?.try_into()?;
        CredentialChange::Key(id).publish(&self.pool).await;
        Ok(key)
    }

    fn may_exist(&self, _: KeyHash) -> bool {
        true
    }

    #[tracing::instrument(level = "debug", name = "api_keys.find", skip_all)]
    async fn find(&self, hash: KeyHash) -> Result<Option<Arc<Credential>>> {
        let row: Option<CredentialRow> = self
            .pool
            .read(move |connection| {
                Box::pin(async move {
                    Ok(sqlx::query_as(
                        "select k.organization_id,
                                k.id,
                                k.last_four,
                                k.scopes,
                                k.workspace_id,
                                k.created_at,
                                k.expires_at,
                                k.revoked_at,
                                k.read_limit,
                                k.write_limit,
                                o.default_version,
                                o.read_limit as organization_read_limit,
                                o.write_limit as organization_write_limit,
                                o.api_key_quota,
                                o.open_link_quota,
                                o.profile_quota
                           from api_keys k
                           join organizations o on o.id = k.organization_id
                          where k.hash = $1",
                    )
                    .bind(hash.0.as_slice())
                    .fetch_optional(connection)
                    .await?)
                })
            })
            .await?;
        Ok(row.map(Credential::try_from).transpose()?.map(Arc::new))
    }
}

/// Checks that the organization exists: an empty list of keys would not show that it does not.
async fn check_organization(
    connection: &mut PgConnection,
    organization: OrganizationId,
) -> std::result::Result<(), StorageError> {
    let known: bool = sqlx::query_scalar("select exists (select from organizations where id = $1)")
        .bind(organization.uuid())
        .fetch_one(connection)
        .await?;
    if known { Ok(()) } else { Err(not_found("Organization").into()) }
}
