//! Which API keys exist, for the limit on guesses.

use std::time::Duration;

use tokio::time::sleep;

use crate::domain::Result;
use crate::domain::credential::api_key::KeyHash;
use crate::domain::id::{ApiKeyId, OrganizationId};
use crate::storage::guesses::GuessLimit;
use crate::storage::pool::Pool;

/// The pause after a failure.
const RETRY: Duration = Duration::from_secs(5);

/// Reads the hashes of all keys that are not revoked, up to [`GuessLimit::CAPACITY`], until it succeeds. Over all organizations: an unknown
/// key is refused before it is known whose it is.
pub(super) async fn load_all(pool: &Pool) -> Vec<[u8; 32]> {
    loop {
        match hashes(pool, None).await {
            Ok(hashes) => return hashes,
            Err(error) => {
                tracing::warn!(error.cause = %error, "API keys could not be loaded, guesses of keys are not limited; retrying in 5 s");
                sleep(RETRY).await;
            }
        }
    }
}

/// Reads the hash of a key that was created. If that fails, the key is known from its first use on.
pub(super) async fn load(pool: &Pool, organization: OrganizationId, id: ApiKeyId) -> Option<KeyHash> {
    hashes(pool, Some((organization, id))).await.ok()?.pop().map(KeyHash)
}

async fn hashes(pool: &Pool, key: Option<(OrganizationId, ApiKeyId)>) -> Result<Vec<[u8; 32]>> {
    let (organization, id) = key.unzip();
    let rows: Vec<Vec<u8>> = pool
        .read(move |connection| {
            Box::pin(async move {
                let select = if id.is_some() {
                    "select hash from api_keys where organization_id = $1 and id = $2 limit $3"
                } else {
                    "select hash from api_keys where $1::uuid is null and $2::uuid is null and revoked_at is null limit $3"
                };
                let rows = sqlx::query_scalar(select)
                    .bind(organization.map(OrganizationId::uuid))
                    .bind(id.map(ApiKeyId::uuid))
                    .bind(i64::try_from(GuessLimit::CAPACITY).unwrap_or(i64::MAX))
                    .fetch_all(connection)
                    .await?;
                Ok(rows)
            })
        })
        .await?;
    Ok(rows.into_iter().filter_map(|hash| hash.try_into().ok()).collect())
}
