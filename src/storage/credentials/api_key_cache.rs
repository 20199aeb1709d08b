//! A decorator that caches credentials, so that authentication costs the hot path no round trip.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use tokio::runtime::Handle;
use tokio::sync::oneshot;

use super::changes::{CredentialChange, follow};
use super::credential_cache::{Cached, CredentialCache};
use super::known_keys;
use crate::domain::clock::Timestamp;
use crate::domain::credential::api_key::{ApiKey, ApiKeyQuery, Credential, KeyActor, KeyHash};
use crate::domain::id::{ApiKeyId, OrganizationId};
use crate::domain::idempotency::{Idempotency, RequestOutcome};
use crate::domain::limit::rate_limit::RateLimitsPatch;
use crate::domain::page::Page;
use crate::domain::repository::ApiKeyRepository;
use crate::domain::text::WorkspaceId;
use crate::domain::{Error, Result};
use crate::metrics::{Counter, EncodeLabelSet, Family, Gauge, Registry};
use crate::storage::guesses::GuessLimit;
use crate::storage::pool::Pool;

/// The age at which a credential in use is looked up again in the background, so that no request waits for it.
const REFRESH: Duration = Duration::from_millis(2_500);

/// [`ApiKeyRepository`] with a cache of at most 5 seconds, which limits how often unknown keys are looked up. A key works at once after its
/// creation: the database notifies of it.
pub struct CachedApiKeys<R>(Arc<Shared<R>>);

struct Shared<R> {
    inner: R,
    cache: RwLock<CredentialCache>,
    guesses: GuessLimit,
    /// Whether all keys are being loaded, which may take several attempts.
    is_loading: AtomicBool,
    /// The lookups in flight with their waiters, by hash and number of changes: a lookup that began before a change does not serve later
    /// requests.
    lookups: Mutex<HashMap<(KeyHash, u64), Vec<Waiter>>>,
    runtime: Handle,
    metrics: Metrics,
}

type Waiter = oneshot::Sender<Result<Option<Arc<Credential>>>>;

struct Metrics {
    hits: Counter,
    misses: Counter,
    unknown: Counter,
    lookups: Counter,
    following: Arc<AtomicBool>,
}

#[derive(Clone, Debug, EncodeLabelSet, Eq, Hash, PartialEq)]
struct OutcomeLabels {
    outcome: &'static str,
}

impl<R: ApiKeyRepository + 'static> CachedApiKeys<R> {
    /// A cache of what `inner` finds. Must be called within a runtime: lookups run on it.
    #[must_use]
    pub fn new(inner: R, registry: &Registry) -> Self {
        let shared = Arc::new(Shared {
            inner,
            cache: RwLock::default(),
            guesses: GuessLimit::new(registry, "uprof_api_key_guesses_refused", "API keys"),
            is_loading: AtomicBool::new(false),
            lookups: Mutex::default(),
            runtime: Handle::current(),
            metrics: Metrics::new(registry),
        });
        let known = Arc::downgrade(&shared);
        registry
            .register(
                "uprof_api_keys_known",
                "API keys that are looked up without the limit on guesses",
                Gauge::default(),
            )
            .read(move || known.upgrade().map_or(0, |shared| shared.guesses.known()));
        Self(shared)
    }

    /// From now on removes credentials when the database notifies that they have changed, and follows which keys exist.
    pub fn follow_changes(&self, pool: &Pool) {
        let (shared, keys) = (Arc::clone(&self.0), pool.in_background());
        follow(pool, Arc::clone(&self.0.metrics.following), move |change| {
            shared.invalidate(change);
            let (shared, keys) = (Arc::clone(&shared), keys.clone());
            keys.clone().spawn(async move { shared.learn(change, &keys).await });
        });
    }
}

#[async_trait]
impl<R: ApiKeyRepository + 'static> ApiKeyRepository for CachedApiKeys<R> {
    async fn create(
        &self,
        key: &ApiKey,
        hash: KeyHash,
        actor: KeyActor,
        idempotency: Option<Idempotency<()>>,
    ) -> Result<RequestOutcome<()>> {
        let created = self.0.inner.create(key, hash, actor, idempotency).await;
        self.0.invalidate(CredentialChange::NewKey(key.organization_id, key.id));
        if matches!(created, Ok(RequestOutcome::Done(()))) {
            self.0.guesses.know(&hash.0);
        }
        created
    }

    async fn list(&self, organization: OrganizationId, query: ApiKeyQuery) -> Result<Page<ApiKey, ApiKeyId>> {
        self.0.inner.list(organization, query).await
    }

    async fn revoke(
        &self,
        organization: OrganizationId,
        id: ApiKeyId,
        workspace: Option<&WorkspaceId>,
        actor: KeyActor,
        now: Timestamp,
    ) -> Result<ApiKey> {
        let revoked = self.0.inner.revoke(organization, id, workspace, actor, now).await;
        self.0.invalidate(CredentialChange::Key(id));
        revoked
    }

    async fn limit(&self, organization: OrganizationId, id: ApiKeyId, patch: RateLimitsPatch) -> Result<ApiKey> {
        let limited = self.0.inner.limit(organization, id, patch).await;
        self.0.invalidate(CredentialChange::Key(id));
        limited
    }

    fn may_exist(&self, hash: KeyHash) -> bool {
        self.0.guesses.may_exist(&hash.0)
    }

    async fn find(&self, hash: KeyHash) -> Result<Option<Arc<Credential>>> {
        let (cached, changes) = self.0.cached(&hash);
        match cached {
            Some(Cached::Found(age, credential)) => {
                self.0.metrics.hits.inc();
                if age >= REFRESH {
                    self.0.look_up(hash, changes, None);
                }
                return Ok(Some(credential));
            }
            Some(Cached::Unknown) => {
                self.0.metrics.unknown.inc();
                return Ok(None);
            }
            None => {}
        }
        self.0.metrics.misses.inc();
        let (answer, answered) = oneshot::channel();
        self.0.look_up(hash, changes, Some(answer));
        answered.await.unwrap_or_else(|_| Err(Error::internal("a key lookup was not answered")))
    }
}

impl<R: ApiKeyRepository + 'static> Shared<R> {
    /// What is cached of a key, and the number of changes so far.
    fn cached(&self, hash: &KeyHash) -> (Option<Cached>, u64) {
        let cache = self.cache();
        (cache.get(hash), cache.changes())
    }

    /// Looks a key up and answers `waiter`, sharing a lookup in flight that began after the last of `changes`. It completes even if its
    /// waiters are cancelled.
    fn look_up(self: &Arc<Self>, hash: KeyHash, changes: u64, waiter: Option<Waiter>) {
        let mut lookups = self.lookups();
        if let Some(waiters) = lookups.get_mut(&(hash, changes)) {
            waiters.extend(waiter);
            return;
        }
        lookups.insert((hash, changes), Vec::from_iter(waiter));
        drop(lookups);
        let shared = Arc::clone(self);
        let mut lookup = Lookup { shared: Arc::clone(self), hash, changes, has_ended: false };
        self.runtime.spawn(async move {
            let found = shared.find_admitted(hash, changes).await;
            for waiter in lookup.end() {
                // A cancelled waiter has dropped the receiver.
                drop(waiter.send(found.as_ref().map(Clone::clone).map_err(Error::duplicate)));
            }
        });
    }

    /// Looks a key up in the database, within the limit on guesses.
    async fn find_admitted(&self, hash: KeyHash, changes: u64) -> Result<Option<Arc<Credential>>> {
        let _permit = self.guesses.admit(&hash.0).await?;
        self.metrics.lookups.inc();
        // The age counts from before the query: a revocation may commit while the result is in flight.
        let since = Instant::now();
        let found = self.inner.find(hash).await?;
        match &found {
            Some(_) => self.guesses.know(&hash.0),
            None => self.guesses.forget(&hash.0),
        }
        self.cache_mut().store(hash, since, changes, found.as_ref());
        Ok(found)
    }

    /// Learns which keys exist after `change`.
    async fn learn(&self, change: CredentialChange, pool: &Pool) {
        match change {
            CredentialChange::NewKey(organization, id) => {
                if let Some(hash) = known_keys::load(pool, organization, id).await {
                    self.guesses.know(&hash.0);
                }
            }
            CredentialChange::Any => {
                let is_loading = self.is_loading.swap(true, Ordering::Relaxed);
                if !is_loading {
                    self.guesses.know_all(known_keys::load_all(pool).await);
                    self.is_loading.store(false, Ordering::Relaxed);
                }
            }
            CredentialChange::Key(_) | CredentialChange::Organization(_) => {}
        }
    }

    fn invalidate(&self, change: CredentialChange) {
        self.cache_mut().invalidate(change);
    }
}

impl<R> Shared<R> {
    // A panic of a holder cannot leave the data inconsistent, so poisoning is ignored.
    fn cache(&self) -> RwLockReadGuard<'_, CredentialCache> {
        self.cache.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn cache_mut(&self) -> RwLockWriteGuard<'_, CredentialCache> {
        self.cache.write().unwrap_or_else(PoisonError::into_inner)
    }

    fn lookups(&self) -> MutexGuard<'_, HashMap<(KeyHash, u64), Vec<Waiter>>> {
        self.lookups.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A lookup in flight. Its waiters are removed however it ends.
struct Lookup<R> {
    shared: Arc<Shared<R>>,
    hash: KeyHash,
    changes: u64,
    has_ended: bool,
}

impl<R> Lookup<R> {
    /// Ends it; answers the waiters.
    fn end(&mut self) -> Vec<Waiter> {
        // Once: a later entry belongs to another lookup.
        let has_ended = std::mem::replace(&mut self.has_ended, true);
        if has_ended {
            Vec::new()
        } else {
            self.shared.lookups().remove(&(self.hash, self.changes)).unwrap_or_default()
        }
    }
}

impl<R> Drop for Lookup<R> {
    fn drop(&mut self) {
        self.end();
    }
}

impl Metrics {
    fn new(registry: &Registry) -> Self {
        let requests: Family<_, Counter> =
            registry.register("uprof_api_key_cache", "Lookups in the API key cache, by outcome", Family::default());
        let outcome = |outcome| requests.get_or_create_owned(&OutcomeLabels { outcome });
        let following = Arc::new(AtomicBool::new(false));
        let read = Arc::clone(&following);
        registry
            .register(
                "uprof_api_key_changes_followed",
                "1 while the API key change listener is connected, else 0",
                Gauge::default(),
            )
            .read(move || u64::from(read.load(Ordering::Relaxed)));
        Self {
            hits: outcome("hit"),
            misses: outcome("miss"),
            unknown: outcome("unknown"),
            lookups: registry.register("uprof_api_key_lookups", "API key lookups in the database", Counter::default()),
            following,
        }
    }
}
