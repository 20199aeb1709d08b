//! The repository of quotas: counts from time to time, and adds what it has admitted since.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use tokio::sync::Mutex as AsyncMutex;

use super::count::{count, is_answered};
use crate::domain::Result;
use crate::domain::clock::Timestamp;
use crate::domain::id::OrganizationId;
use crate::domain::limit::quota::{Resource, quota_exceeded};
use crate::domain::repository::{QuotaClaim, QuotaRepository};
use crate::storage::pool::Pool;

/// How long a count holds at least.
const MIN_AGE: Duration = Duration::from_secs(5);

/// A count holds for this many times what it took, so that counting takes a hundredth of the time.
const AGE_PER_COUNT: u32 = 100;

/// From how many counts on those are looked for that hold no longer.
const SWEPT_COUNTS: usize = 1_024;

/// [`QuotaRepository`] on Postgres.
pub struct PgQuotas {
    pool: Pool,
    usages: Mutex<HashMap<(OrganizationId, Resource), SharedUsage>>,
}

/// Locked while the objects are counted, so that one request counts and the others wait.
type SharedUsage = Arc<AsyncMutex<Usage>>;

/// What is known of the objects of an organization.
#[derive(Default)]
struct Usage(Option<Counted>);

struct Counted {
    /// The objects, up to `quota`, and those that were admitted since.
    used: u32,
    quota: u32,
    until: Instant,
}

impl PgQuotas {
    /// The quotas in the database of `pool`.
    #[must_use]
    pub fn new(pool: Pool) -> Self {
        Self { pool, usages: Mutex::default() }
    }

    fn usage(&self, organization: OrganizationId, resource: Resource) -> SharedUsage {
        // No holder of the lock can panic half-way.
        let mut usages = self.usages.lock().unwrap_or_else(PoisonError::into_inner);
        if usages.len() >= SWEPT_COUNTS && !usages.contains_key(&(organization, resource)) {
            let now = Instant::now();
            // One that is locked is in use.
            usages.retain(|_, usage| usage.try_lock().map_or(true, |usage| usage.holds_at(now)));
        }
        Arc::clone(usages.entry((organization, resource)).or_default())
    }

    async fn count(&self, organization: OrganizationId, resource: Resource, quota: u32, now: Timestamp) -> Counted {
        let started = Instant::now();
        let counted = self
            .pool
            .of(organization)
            .read(move |connection| {
                Box::pin(async move { Ok(count(connection, organization, resource, quota, now).await?) })
            })
            .await;
        let age = MIN_AGE.max(started.elapsed() * AGE_PER_COUNT);
        let used = match counted {
            Ok(used) => u32::try_from(used).unwrap_or(u32::MAX),
            Err(error) => {
                tracing::warn!(error.cause = %error, "quota could not be counted, objects are admitted; retrying in 5 s");
                0
            }
        };
        Counted { used, quota, until: Instant::now() + age }
    }
}

#[async_trait]
impl QuotaRepository for PgQuotas {
    #[tracing::instrument(level = "debug", name = "quotas.admit", skip_all, fields(organization.id = %organization))]
    async fn admit(&self, organization: OrganizationId, claim: QuotaClaim<'_>, now: Timestamp) -> Result<()> {
        let QuotaClaim { resource, quota, number, key } = claim;
        let usage = self.usage(organization, resource);
        {
            let mut usage = usage.lock().await;
            let counted = match usage.0.take_if(|counted| counted.quota == quota && Instant::now() < counted.until) {
                Some(counted) => counted,
                None => self.count(organization, resource, quota, now).await,
            };
            let counted = usage.0.insert(counted);
            let after = counted.used.saturating_add(number);
            if after <= quota {
                counted.used = after;
                return Ok(());
            }
        }
        let Some(key) = key.cloned() else { return Err(quota_exceeded(resource, quota)) };
        let is_answered = self
            .pool
            .of(organization)
            .read(move |connection| Box::pin(async move { Ok(is_answered(connection, organization, &key).await?) }))
            .await?;
        if is_answered { Ok(()) } else { Err(quota_exceeded(resource, quota)) }
    }
}

impl Usage {
    fn holds_at(&self, now: Instant) -> bool {
        self.0.as_ref().is_some_and(|counted| now < counted.until)
    }
}
