//! The credential cache: entries expire, are dropped when a change is notified, and concurrent lookups are shared.
#![expect(clippy::unwrap_used, reason = "a test whose setup fails must fail")]

use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use tokio::sync::oneshot;
use tokio::task::{JoinHandle, LocalSet, spawn_local};
use uprof::domain::Result;
use uprof::domain::clock::{Clock, SystemClock, Timestamp};
use uprof::domain::credential::api_key::{ApiKey, ApiKeyQuery, Credential, KeyActor, KeyHash};
use uprof::domain::id::{ApiKeyId, OrganizationId};
use uprof::domain::idempotency::{Idempotency, RequestOutcome};
use uprof::domain::limit::quota::Quotas;
use uprof::domain::limit::rate_limit::{RateLimits, RateLimitsPatch};
use uprof::domain::page::Page;
use uprof::domain::repository::ApiKeyRepository;
use uprof::domain::text::WorkspaceId;
use uprof::metrics::Registry;
use uprof::storage::CachedApiKeys;
use uuid::Uuid;

use crate::support::client::PROFILES;
use crate::support::database::runtime;
use crate::support::max_wait::until;
use crate::support::{Client, KeySpec, Shape, TestApp};

const HITS: &str = "uprof_api_key_cache_total{outcome=\"hit\"}";
const MISSES: &str = "uprof_api_key_cache_total{outcome=\"miss\"}";
const LOOKUPS: &str = "uprof_api_key_lookups_total";
const FOLLOWED: &str = "uprof_api_key_changes_followed";

/// The longest time for which a cached credential may be outdated.
const BOUND: Duration = Duration::from_secs(5);

/// A service that follows the notifications of changes.
fn following() -> TestApp {
    // Tests send a revoked key as often as they like.
    let app = TestApp::with(&["--address-failures=none"]);
    until("the listener is connected", || app.metrics().count(FOLLOWED) == 1);
    app
}

/// Waits until `is_so` after a change, which must be within the bound.
#[track_caller]
fn soon(mut is_so: impl FnMut() -> bool) {
    let changed = Instant::now();
    loop {
        let last_chance = changed.elapsed() >= BOUND;
        if is_so() {
            return;
        }
        assert!(!last_chance, "the change has not taken effect");
    }
}

fn status(client: &Client) -> u16 {
    client.get(PROFILES).send().status
}

#[test]
fn a_revocation_by_another_process_is_notified_and_takes_effect() {
    let app = following();
    let (key, other) = (app.another_key(KeySpec::default()), app.another_key(KeySpec::default()));
    let [client, bystander] = [&key, &other].map(|key| app.client.with_key(key));
    assert_eq!([status(&client), status(&bystander)], [200, 200]);
    let misses = app.metrics().count(MISSES);
    app.accounts.revoke(&key);
    soon(|| status(&client) == 401);
    // The entry was dropped, and did not expire: a key in use is looked up again before it expires, without a miss.
    assert_eq!(app.metrics().count(MISSES), misses + 1);
    assert_eq!(status(&bystander), 200);
    assert_eq!(app.metrics().count(MISSES), misses + 1);
}

#[test]
fn a_change_of_the_pinned_shape_is_notified_and_takes_effect() {
    let app = following();
    let client = app.client.without_beta();
    assert_eq!(Shape::of(&client.create(&serde_json::json!({}))), Shape::V1);
    let misses = app.metrics().count(MISSES);
    app.accounts.pin(app.key.organization, Shape::V3.label());
    soon(|| Shape::of(&client.create(&serde_json::json!({}))) == Shape::V3);
    assert_eq!(app.metrics().count(MISSES), misses + 1);
}

#[test]
fn a_revocation_without_a_notification_takes_effect_too() {
    let app = following();
    let key = app.another_key(KeySpec::default());
    let client = app.client.with_key(&key);
    assert_eq!(status(&client), 200);
    let (misses, lookups) = (app.metrics().count(MISSES), app.metrics().count(LOOKUPS));
    app.database.seed(&format!("update api_keys set revoked_at = now() where id = '{}'", key.id.uuid()));
    soon(|| status(&client) == 401);
    // No request waited for the lookup.
    assert_eq!(app.metrics().count(MISSES), misses);
    assert_eq!(app.metrics().count(LOOKUPS), lookups + 1);
}

#[test]
fn a_disconnected_listener_reconnects_and_empties_the_cache() {
    let app = following();
    for only_the_listener in [true, false] {
        let key = app.another_key(KeySpec::default());
        let client = app.client.with_key(&key);
        assert_eq!(status(&client), 200);
        if only_the_listener {
            app.database.seed(
                "select pg_terminate_backend(pid)
                   from pg_stat_activity
                  where datname = current_database() and application_name = 'uprof notifications'",
            );
        } else {
            app.database.set_reachable(false);
        }
        until("the listener is disconnected", || app.metrics().count(FOLLOWED) == 0);
        app.database.set_reachable(true);
        until("the listener is connected", || app.metrics().count(FOLLOWED) == 1);
        let misses = app.metrics().count(MISSES);
        assert_eq!(status(&client), 200);
        assert_eq!(app.metrics().count(MISSES), misses + 1);
        app.accounts.revoke(&key);
        soon(|| status(&client) == 401);
        assert_eq!(app.metrics().count(MISSES), misses + 2);
    }
}

#[test]
fn concurrent_requests_with_one_key_make_one_lookup() {
    let app = following();
    let stranger = TestApp::start();
    for (key, expected) in [(&app.key, 200), (&stranger.key, 401)] {
        let before = app.metrics();
        let locked = app.database.session("lock table api_keys in access exclusive mode");
        let client = app.client.with_key(key);
        let statuses: Vec<u16> = thread::scope(|scope| {
            let crowd: Vec<_> = (0..64).map(|_| scope.spawn(|| status(&client))).collect();
            until("the last of them", || app.metrics().count(MISSES) == before.count(MISSES) + 64);
            drop(locked);
            crowd.into_iter().map(|call| call.join().unwrap()).collect()
        });
        assert_eq!(statuses, [expected; 64]);
        assert_eq!(app.metrics().count(LOOKUPS), before.count(LOOKUPS) + 1);
    }
    assert_eq!(app.metrics().count(HITS), 0);
}

/// A repository whose lookups finish when the test lets them.
#[derive(Clone, Default)]
struct Keys(Arc<Mutex<Vec<oneshot::Sender<()>>>>);

#[async_trait]
impl ApiKeyRepository for Keys {
    async fn create(
        &self,
        _: &ApiKey,
        _: KeyHash,
        _: KeyActor,
        _: Option<Idempotency<()>>,
    ) -> Result<RequestOutcome<()>> {
        unreachable!()
    }

    async fn list(&self, _: OrganizationId, _: ApiKeyQuery) -> Result<Page<ApiKey, ApiKeyId>> {
        unreachable!()
    }

    async fn revoke(
        &self,
        _: OrganizationId,
        _: ApiKeyId,
        _: Option<&WorkspaceId>,
        _: KeyActor,
        _: Timestamp,
    ) -> Result<ApiKey> {
        Ok(key())
    }

    async fn limit(&self, _: OrganizationId, _: ApiKeyId, _: RateLimitsPatch) -> Result<ApiKey> {
        unreachable!()
    }

    fn may_exist(&self, _: KeyHash) -> bool {
        true
    }

    async fn find(&self, _: KeyHash) -> Result<Option<Arc<Credential>>> {
        let (say, said) = oneshot::channel();
        self.0.lock().unwrap().push(say);
        said.await.unwrap();
        Ok(Some(Arc::new(Credential {
            key: key(),
            default_version: String::new(),
            organization_limits: RateLimits::default(),
            quotas: Quotas::default(),
        })))
    }
}

fn key() -> ApiKey {
    ApiKey {
        id: ApiKeyId::new(Uuid::nil()),
        organization_id: OrganizationId::new(Uuid::nil()),
        last_four: String::new(),
        scopes: Vec::new(),
        workspace_id: None,
        created_at: SystemClock.now(),
        expires_at: None,
        revoked_at: None,
        rate_limits: RateLimits::default(),
    }
}

#[test]
fn a_lookup_from_before_a_change_answers_no_call_from_after_it() {
    LocalSet::new().block_on(&runtime(), async {
        let keys = Keys::default();
        let cached = Arc::new(CachedApiKeys::new(keys.clone(), &Registry::default()));
        let find = || -> JoinHandle<_> {
            let cached = Arc::clone(&cached);
            spawn_local(async move { cached.find(KeyHash([0; 32])).await })
        };
        let asked = async |count| {
            while keys.0.lock().unwrap().len() < count {
                tokio::task::yield_now().await;
            }
        };
        let early = [find(), find()];
        asked(1).await;
        cached.revoke(key().organization_id, key().id, None, KeyActor::CommandLine, SystemClock.now()).await.unwrap();
        let late = [find(), find()];
        asked(2).await;
        let mut sayers = std::mem::take(&mut *keys.0.lock().unwrap()).into_iter();
        sayers.next().unwrap().send(()).unwrap();
        for call in early {
            call.await.unwrap().unwrap().unwrap();
        }
        assert!(late.iter().all(|call| !call.is_finished()));
        sayers.next().unwrap().send(()).unwrap();
        for call in late {
            call.await.unwrap().unwrap().unwrap();
        }
        // The lookup from after the change is cached.
        find().await.unwrap().unwrap().unwrap();
        assert_eq!(sayers.count() + keys.0.lock().unwrap().len(), 0);
    });
}
