//! A decorator that remembers credentials for a moment, so that authentication costs the hot path no round trip.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use async_trait::async_trait;

use crate::domain::Result;
use crate::domain::api_key::{ApiKey, Credential, KeyHash};
use crate::domain::clock::Timestamp;
use crate::domain::id::{ApiKeyId, OrganizationId};
use crate::domain::repository::ApiKeyRepository;
use crate::metrics::{Counter, Registry};

/// How long a credential is believed: the longest that a revocation takes to be felt by another process.
const LIFETIME: Duration = Duration::from_secs(5);

/// How many credentials are remembered; beyond, the cache starts over. 10,000 take about 4 MB.
const CAPACITY: usize = 10_000;

/// [`ApiKeyRepository`] with a memory of at most 5 seconds. Unknown keys are not remembered: a key works at once after its creation.
pub struct CachedApiKeys<R> {
    inner: R,
    remembered: Mutex<HashMap<KeyHash, (Instant, Credential)>>,
    hits: Counter,
    misses: Counter,
}

impl<R> CachedApiKeys<R> {
    /// Remembers what `inner` finds, and counts in `registry`.
    pub fn new(inner: R, registry: &Registry) -> Self {
        let lookups = registry.counters(
            "uprof_api_key_lookups_total",
            "Keys that were looked up, by whether they were remembered or had to be asked for.",
            ["outcome"],
        );
        let (hits, misses) = (lookups.with(["hit"]), lookups.with(["miss"]));
        Self { inner, remembered: Mutex::default(), hits, misses }
    }

    fn remembered(&self) -> std::sync::MutexGuard<'_, HashMap<KeyHash, (Instant, Credential)>> {
        // The map is whole whatever its holder was doing when it panicked.
        self.remembered.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl<R: ApiKeyRepository> ApiKeyRepository for CachedApiKeys<R> {
    async fn create(&self, key: &ApiKey, hash: KeyHash) -> Result<()> {
        self.inner.create(key, hash).await
    }

    async fn list(&self, organization: OrganizationId) -> Result<Vec<ApiKey>> {
        self.inner.list(organization).await
    }

    async fn revoke(&self, organization: OrganizationId, id: ApiKeyId, now: Timestamp) -> Result<ApiKey> {
        let revoked = self.inner.revoke(organization, id, now).await;
        self.remembered().retain(|_, (_, credential)| credential.key.id != id);
        revoked
    }

    async fn find(&self, hash: KeyHash) -> Result<Option<Credential>> {
        let hit = self
            .remembered()
            .get(&hash)
            .filter(|(since, _)| since.elapsed() < LIFETIME)
            .map(|(_, credential)| credential.clone());
        if hit.is_some() {
            self.hits.increment();
            return Ok(hit);
        }
        self.misses.increment();
        // The age counts from before the question, for a revocation may commit while the answer is under way.
        let since = Instant::now();
        let found = self.inner.find(hash).await?;
        let mut remembered = self.remembered();
        match &found {
            Some(credential) => {
                if remembered.len() >= CAPACITY {
                    remembered.retain(|_, (since, _)| since.elapsed() < LIFETIME);
                }
                if remembered.len() >= CAPACITY {
                    remembered.clear();
                }
                remembered.insert(hash, (since, credential.clone()));
            }
            None => _ = remembered.remove(&hash),
        }
        Ok(found)
    }
}
