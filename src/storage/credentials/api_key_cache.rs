//! A decorator that remembers credentials for a moment, so that authentication costs the hot path no round trip.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use tokio::runtime::Handle;
use tokio::sync::oneshot;

use super::changes::{CredentialChange, follow};
use crate::domain::clock::Timestamp;
use crate::domain::credential::api_key::{ApiKey, ApiKeyQuery, Credential, KeyHash};
use crate::domain::id::{ApiKeyId, OrganizationId};
use crate::domain::idempotency::{Idempotency, RequestOutcome};
use crate::domain::page::Page;
use crate::domain::repository::ApiKeyRepository;
use crate::domain::{Error, Result};
use crate::metrics::{Counter, Registry};
use crate::storage::pool::connections::Pool;

/// How long a credential is believed: the longest that a revocation takes to be felt by another process, whatever happens.
const LIFETIME: Duration = Duration::from_secs(5);

/// The age from which on a credential that is in use is looked up again, while it is still believed. So nobody waits for that.
const REFRESH: Duration = Duration::from_millis(2_500);

/// How many credentials are remembered; beyond, the cache starts over. 10,000 take about 4 MB.
const CAPACITY: usize = 10_000;

/// [`ApiKeyRepository`] with a memory of at most 5 seconds. Unknown keys are not remembered: a key works at once after its creation.
pub struct CachedApiKeys<R>(Arc<Shared<R>>);

struct Shared<R> {
    inner: R,
    remembered: RwLock<Remembered>,
    /// The lookups that are under way, and who waits for each. One that began before something changed serves nobody who came after.
    lookups: Mutex<HashMap<(KeyHash, u64), Vec<Waiter>>>,
    home: Handle,
    metrics: Metrics,
}

type Waiter = oneshot::Sender<Result<Option<Arc<Credential>>>>;

#[derive(Default)]
struct Remembered {
    credentials: HashMap<KeyHash, (Instant, Arc<Credential>)>,
    /// How often something has changed. What was asked before a change is not remembered after it.
    changes: u64,
}

struct Metrics {
    hits: Counter,
    misses: Counter,
    lookups: Counter,
    following: Arc<AtomicBool>,
}

impl<R: ApiKeyRepository + 'static> CachedApiKeys<R> {
    /// Remembers what `inner` finds, and counts in `registry`. Must be called within a runtime: the one that looks keys up.
    #[must_use]
    pub fn new(inner: R, registry: &Registry) -> Self {
        Self(Arc::new(Shared {
            inner,
            remembered: RwLock::default(),
            lookups: Mutex::default(),
            home: Handle::current(),
            metrics: Metrics::new(registry),
        }))
    }

    /// From now on forgets at once what the database tells has changed.
    pub fn follow_changes(&self, pool: &Pool) {
        let shared = Arc::clone(&self.0);
        follow(pool, Arc::clone(&self.0.metrics.following), move |change| shared.forget(change));
    }
}

#[async_trait]
impl<R: ApiKeyRepository + 'static> ApiKeyRepository for CachedApiKeys<R> {
    async fn create(
        &self,
        key: &ApiKey,
        hash: KeyHash,
        idempotency: Option<Idempotency<()>>,
    ) -> Result<RequestOutcome<()>> {
        self.0.inner.create(key, hash, idempotency).await
    }

    async fn list(&self, organization: OrganizationId, query: ApiKeyQuery) -> Result<Page<ApiKey, ApiKeyId>> {
        self.0.inner.list(organization, query).await
    }

    async fn revoke(&self, organization: OrganizationId, id: ApiKeyId, now: Timestamp) -> Result<ApiKey> {
        let revoked = self.0.inner.revoke(organization, id, now).await;
        self.0.forget(CredentialChange::Key(id));
        revoked
    }

    async fn find(&self, hash: KeyHash) -> Result<Option<Arc<Credential>>> {
        let (known, changes) = self.0.recall(&hash);
        if let Some((age, credential)) = known {
            self.0.metrics.hits.increment();
            if age >= REFRESH {
                self.0.look_up(hash, changes, None);
            }
            return Ok(Some(credential));
        }
        self.0.metrics.misses.increment();
        let (answer, answered) = oneshot::channel();
        self.0.look_up(hash, changes, Some(answer));
        answered.await.unwrap_or_else(|_| Err(Error::internal("a lookup is gone")))
    }
}

impl<R: ApiKeyRepository + 'static> Shared<R> {
    /// What is still believed of a key, with its age, and how often something has changed so far.
    fn recall(&self, hash: &KeyHash) -> (Option<(Duration, Arc<Credential>)>, u64) {
        let remembered = self.remembered();
        let known = remembered.credentials.get(hash).map(|(since, credential)| (since.elapsed(), credential));
        let believed = known.filter(|(age, _)| *age < LIFETIME);
        (believed.map(|(age, credential)| (age, Arc::clone(credential))), remembered.changes)
    }

    /// Asks for a key, unless somebody does so already since the last of `changes`; tells the answer to `waiting`. Whoever waits may go
    /// away: the question is asked to its end.
    fn look_up(self: &Arc<Self>, hash: KeyHash, changes: u64, waiting: Option<Waiter>) {
        let mut lookups = self.lookups();
        if let Some(others) = lookups.get_mut(&(hash, changes)) {
            others.extend(waiting);
            return;
        }
        lookups.insert((hash, changes), Vec::from_iter(waiting));
        drop(lookups);
        let shared = Arc::clone(self);
        let mut lookup = Lookup { shared: Arc::clone(self), hash, changes, ended: false };
        self.home.spawn(async move {
            shared.metrics.lookups.increment();
            // The age counts from before the question, for a revocation may commit while the answer is under way.
            let since = Instant::now();
            let found = shared.inner.find(hash).await;
            if let Ok(found) = &found {
                shared.remember(hash, since, changes, found.as_ref());
            }
            for answer in lookup.end() {
                // Whoever is gone needs no answer.
                drop(answer.send(found.as_ref().map(Clone::clone).map_err(Error::duplicate)));
            }
        });
    }

    fn remember(&self, hash: KeyHash, since: Instant, changes: u64, found: Option<&Arc<Credential>>) {
        let mut remembered = self.remembered_mut();
        let Some(credential) = found else {
            remembered.credentials.remove(&hash);
            return;
        };
        if remembered.changes != changes {
            return;
        }
        if remembered.credentials.len() >= CAPACITY {
            remembered.credentials.retain(|_, (since, _)| since.elapsed() < LIFETIME);
        }
        if remembered.credentials.len() >= CAPACITY {
            remembered.credentials.clear();
        }
        remembered.credentials.insert(hash, (since, Arc::clone(credential)));
    }

    fn forget(&self, change: CredentialChange) {
        let mut remembered = self.remembered_mut();
        remembered.changes += 1;
        remembered.credentials.retain(|_, (_, credential)| match change {
            CredentialChange::Key(id) => credential.key.id != id,
            CredentialChange::Organization(id) => credential.key.organization_id != id,
            CredentialChange::Any => false,
        });
    }
}

impl<R> Shared<R> {
    // What the locks hold is whole whatever their holder was doing when it panicked.
    fn remembered(&self) -> RwLockReadGuard<'_, Remembered> {
        self.remembered.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn remembered_mut(&self) -> RwLockWriteGuard<'_, Remembered> {
        self.remembered.write().unwrap_or_else(PoisonError::into_inner)
    }

    fn lookups(&self) -> MutexGuard<'_, HashMap<(KeyHash, u64), Vec<Waiter>>> {
        self.lookups.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A lookup that is under way. However it ends, nobody waits for it any more.
struct Lookup<R> {
    shared: Arc<Shared<R>>,
    hash: KeyHash,
    changes: u64,
    ended: bool,
}

impl<R> Lookup<R> {
    /// Ends it; answers who waits.
    fn end(&mut self) -> Vec<Waiter> {
        // Once: the next one is another's.
        let ended = std::mem::replace(&mut self.ended, true);
        if ended { Vec::new() } else { self.shared.lookups().remove(&(self.hash, self.changes)).unwrap_or_default() }
    }
}

impl<R> Drop for Lookup<R> {
    fn drop(&mut self) {
        self.end();
    }
}

impl Metrics {
    fn new(registry: &Registry) -> Self {
        let requests = registry.counters(
            "uprof_api_key_cache_total",
            "Keys that came with requests, by whether they were remembered or the request had to wait.",
            ["outcome"],
        );
        let lookups = registry.counters("uprof_api_key_lookups_total", "Keys that the database was asked for.", []);
        let followed = registry.gauges(
            "uprof_api_key_changes_followed",
            "1 while the database tells of keys that change, else 0.",
            [],
        );
        let following = Arc::new(AtomicBool::new(false));
        let read = Arc::clone(&following);
        followed.with([]).read(move || u64::from(read.load(Ordering::Relaxed)));
        Self { hits: requests.with(["hit"]), misses: requests.with(["miss"]), lookups: lookups.with([]), following }
    }
}
