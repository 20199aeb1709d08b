//! Listens to what the database tells of credentials that change (`migrations/V18__api_key_notifications.sql`).

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use sqlx::Executor;
use sqlx::postgres::{PgListener, PgPool};
use tokio::time::{sleep, timeout};

use crate::domain::id::{ApiKeyId, OrganizationId};
use crate::storage::pool::connections::Pool;

const CHANNEL: &str = "uprof_credentials";

/// How long nothing is told before the connection is tried. One whose other end has gone without a word never tells anything.
const SILENCE: Duration = Duration::from_secs(15);

/// How long it may take to answer then.
const RESPONSE_TIMEOUT: Duration = Duration::from_secs(5);

/// How long to wait before the first new try to connect; twice as long before each after it, up to [`LONGEST_PAUSE`].
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// What has changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::storage) enum CredentialChange {
    /// This key.
    Key(ApiKeyId),
    /// This organization, and so all of its keys' credentials.
    Organization(OrganizationId),
    /// Perhaps any: for a time nobody was listening.
    Any,
}

impl CredentialChange {
    fn parse(payload: &str) -> Self {
        let (kind, id) = payload.split_once(':').unwrap_or_default();
        match (kind, id.parse()) {
            ("api_key", Ok(id)) => Self::Key(ApiKeyId::new(id)),
            ("organization", Ok(id)) => Self::Organization(OrganizationId::new(id)),
            _ => Self::Any,
        }
    }
}

/// Hands every change to `tell`, for as long as `pool` is open and the database can be reached; `following` says whether it can.
pub(in crate::storage) fn follow(
    pool: &Pool,
    following: Arc<AtomicBool>,
    tell: impl Fn(CredentialChange) + Send + Sync + 'static,
) {
    let connections = pool.for_notifications().clone();
    pool.spawn(async move {
        let mut pause = FIRST_PAUSE;
        loop {
            let lost = match listen(&connections).await {
                Ok(listener) => {
                    tell(CredentialChange::Any);
                    following.store(true, Ordering::Relaxed);
                    pause = FIRST_PAUSE;
                    Some(receive(listener, &tell).await)
                }
                Err(_) => None,
            };
            following.store(false, Ordering::Relaxed);
            if connections.is_closed() {
                return;
            }
            if let Some(error) = lost {
                tracing::warn!(error.cause = %error, "changes of keys are not told for a moment");
            }
            sleep(pause).await;
            pause = LONGEST_PAUSE.min(pause * 2);
        }
    });
}

async fn listen(connections: &PgPool) -> sqlx::Result<PgListener> {
    let mut listener = PgListener::connect_with(connections).await?;
    // What is missed between two connections must not go unnoticed.
    listener.eager_reconnect(false);
    listener.listen(CHANNEL).await?;
    Ok(listener)
}

/// Why no more is told.
async fn receive(mut listener: PgListener, tell: impl Fn(CredentialChange)) -> sqlx::Error {
    loop {
        match timeout(SILENCE, listener.try_recv()).await {
            Ok(Ok(Some(told))) => tell(CredentialChange::parse(told.payload())),
            Ok(Ok(None)) => return sqlx::Error::WorkerCrashed,
            Ok(Err(error)) => return error,
            Err(_) => match timeout(RESPONSE_TIMEOUT, listener.execute("select 1")).await {
                Ok(Ok(_)) => {}
                Ok(Err(error)) => return error,
                Err(_) => return sqlx::Error::PoolTimedOut,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use uuid::Uuid;

    use super::*;

    proptest! {
        #[test]
        fn what_is_told_is_read_and_what_cannot_be_read_may_be_anything(id: u128, other in ".{0,60}") {
            let id = Uuid::from_u128(id);
            prop_assert_eq!(CredentialChange::parse(&format!("api_key:{id}")), CredentialChange::Key(ApiKeyId::new(id)));
            let organization = CredentialChange::Organization(OrganizationId::new(id));
            prop_assert_eq!(CredentialChange::parse(&format!("organization:{id}")), organization);
            prop_assert_eq!(CredentialChange::parse(&other), CredentialChange::Any);
        }
    }
}
