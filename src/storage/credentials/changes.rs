//! Changes of credentials as notifications: published after their commit, so that the services that cache credentials forget them at once.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use sqlx::Executor;
use sqlx::postgres::{PgListener, PgPool};
use tokio::time::{sleep, timeout};

use crate::domain::id::{ApiKeyId, OrganizationId};
use crate::storage::pool::Pool;

const CHANNEL: &str = "uprof_credentials";

/// How long without a notification before the connection is pinged: after a silent network failure none ever arrives.
const PING_INTERVAL: Duration = Duration::from_secs(15);

/// How long a ping may take.
const PING_TIMEOUT: Duration = Duration::from_secs(5);

/// The wait before reconnecting; doubles with each failure, up to [`MAX_BACKOFF`].
const MIN_BACKOFF: Duration = Duration::from_millis(100);
const MAX_BACKOFF: Duration = Duration::from_secs(5);

/// Which credentials have changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum CredentialChange {
    /// The credential of this key.
    Key(ApiKeyId),
    /// The credentials of all keys of this organization.
    Organization(OrganizationId),
    /// This key of this organization was created.
    NewKey(OrganizationId, ApiKeyId),
    /// Possibly any: notifications were missed, or one cannot be parsed.
    Any,
}

impl CredentialChange {
    /// Tells every service of the change, which is committed. What fails is logged: a service believes a credential for 5 seconds at most.
    pub(super) async fn publish(self, pool: &Pool) {
        let published = pool.read(move |connection| {
            Box::pin(async move {
                sqlx::query("select pg_notify($1, $2)").bind(CHANNEL).bind(self.payload()).execute(connection).await?;
                Ok(())
            })
        });
        if let Err(error) = published.await {
            tracing::warn!(error.cause = %error, "API key change not published; it takes effect within 5 s");
        }
    }

    fn payload(self) -> String {
        match self {
            Self::Key(id) => format!("api_key:{}", id.uuid()),
            Self::Organization(id) => format!("organization:{}", id.uuid()),
            Self::NewKey(organization, id) => format!("new_api_key:{}:{}", organization.uuid(), id.uuid()),
            Self::Any => String::new(),
        }
    }

    fn parse(payload: &str) -> Self {
        let (kind, id) = payload.split_once(':').unwrap_or_default();
        match (kind, id.parse()) {
            ("api_key", Ok(id)) => Self::Key(ApiKeyId::new(id)),
            ("organization", Ok(id)) => Self::Organization(OrganizationId::new(id)),
            ("new_api_key", _) => Self::parse_new_key(id).unwrap_or(Self::Any),
            _ => Self::Any,
        }
    }

    fn parse_new_key(ids: &str) -> Option<Self> {
        let (organization, id) = ids.split_once(':')?;
        Some(Self::NewKey(OrganizationId::new(organization.parse().ok()?), ApiKeyId::new(id.parse().ok()?)))
    }
}

/// Passes every change to `notify` until `pool` is closed. `following` is true while the listener is connected.
pub(super) fn follow(
    pool: &Pool,
    following: Arc<AtomicBool>,
    notify: impl Fn(CredentialChange) + Send + Sync + 'static,
) {
    let connections = pool.for_notifications().clone();
    pool.spawn(async move {
        let mut backoff = MIN_BACKOFF;
        loop {
            let lost = match listen(&connections).await {
                Ok(listener) => {
                    notify(CredentialChange::Any);
                    following.store(true, Ordering::Relaxed);
                    backoff = MIN_BACKOFF;
                    Some(receive(listener, &notify).await)
                }
                Err(_) => None,
            };
            following.store(false, Ordering::Relaxed);
            if connections.is_closed() {
                return;
            }
            if let Some(error) = lost {
                tracing::warn!(error.cause = %error, "API key change listener disconnected; reconnecting (keys are re-checked every 5 s meanwhile)");
            }
            sleep(backoff).await;
            backoff = MAX_BACKOFF.min(backoff * 2);
        }
    });
}

async fn listen(connections: &PgPool) -> sqlx::Result<PgListener> {
    let mut listener = PgListener::connect_with(connections).await?;
    // A reconnection inside sqlx would hide that notifications were missed.
    listener.eager_reconnect(false);
    listener.listen(CHANNEL).await?;
    Ok(listener)
}

/// Passes notifications on until the connection fails; answers the error.
async fn receive(mut listener: PgListener, notify: impl Fn(CredentialChange)) -> sqlx::Error {
    loop {
        match timeout(PING_INTERVAL, listener.try_recv()).await {
            Ok(Ok(Some(notification))) => notify(CredentialChange::parse(notification.payload())),
            Ok(Ok(None)) => return sqlx::Error::WorkerCrashed,
            Ok(Err(error)) => return error,
            Err(_) => match timeout(PING_TIMEOUT, listener.execute("select 1")).await {
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
        fn a_payload_says_what_changed_and_one_that_cannot_be_parsed_may_concern_any_credential(id: u128, other in ".{0,60}") {
            let (key, organization) = (ApiKeyId::new(Uuid::from_u128(id)), OrganizationId::new(Uuid::from_u128(id)));
            let of_organization = CredentialChange::Organization(organization);
            let new = CredentialChange::NewKey(organization, key);
            for change in [CredentialChange::Key(key), of_organization, new, CredentialChange::Any] {
                prop_assert_eq!(CredentialChange::parse(&change.payload()), change);
            }
            prop_assert_eq!(CredentialChange::parse(&other), CredentialChange::Any);
            prop_assert_eq!(CredentialChange::parse(&format!("new_api_key:{other}")), CredentialChange::Any);
        }
    }
}
