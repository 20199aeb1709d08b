//! Concurrent calls are batched, without harm to any of them. Most of this asks the port itself: on one thread, calls that
//! are started together wait together.
#![expect(clippy::unwrap_used, reason = "a test whose setup fails must fail")]

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use secrecy::ExposeSecret;
use serde_json::json;
use sqlx::postgres::PgConnection;
use sqlx::{Connection, Executor, Row};
use tokio::task::{JoinHandle, LocalSet, spawn_local};
use uprof::domain::clock::{Clock, SystemClock};
use uprof::domain::id::{ApiKeyId, IdSource, OrganizationId, ProfileId, RandomIds};
use uprof::domain::profile::change::Change;
use uprof::domain::profile::metadata::Metadata;
use uprof::domain::profile::relationship::{Relationship, RelationshipChange};
use uprof::domain::profile::{NamePolicy, Profile, ProfileDraft, ProfilePatch, ProfileUpdate, RevisionCondition};
use uprof::domain::repository::ProfileRepository;
use uprof::domain::text::{DisplayName, Text};
use uprof::domain::{ErrorKind, Result};
use uprof::metrics::Registry;
use uprof::storage::{BatchSettings, BatchingProfiles, Outbox, PgProfiles, Pool, PoolSettings};
use uuid::Uuid;

use crate::support::TestApp;
use crate::support::accounts::Accounts;
use crate::support::app::DEFAULT_VERSION;
use crate::support::client::{id, path};
use crate::support::database::{Database, runtime};
use crate::support::max_wait::MAX_WAIT;

const SETTINGS: BatchSettings =
    BatchSettings { max_rows: 256, capacity: 4096, capacity_bytes: 32 << 20, max_wait: MAX_WAIT };

/// The port on a database of its own, with two organizations.
struct Port {
    profiles: Arc<BatchingProfiles>,
    organization: OrganizationId,
    another: OrganizationId,
    ids: RandomIds,
    url: String,
}

/// Does `test` on one thread; answers how many profiles there are in the end.
fn with_port(settings: BatchSettings, test: impl AsyncFnOnce(&Port)) -> i64 {
    let database = Database::migrated();
    let accounts = Accounts::of(database.url());
    let [organization, another] = [(); 2].map(|()| accounts.organization(DEFAULT_VERSION));
    LocalSet::new().block_on(&runtime(), async {
        let pool = PoolSettings {
            url: database.url(),
            max_connections: 8,
            organization_connections: 8,
            lock_timeout: MAX_WAIT,
            acquire_timeout: MAX_WAIT,
            statement_timeout: MAX_WAIT,
        };
        let pool = Pool::new(&pool).unwrap();
        let profiles = PgProfiles::new(pool.clone(), Outbox::new(Arc::new(RandomIds::default())));
        let profiles = Arc::new(BatchingProfiles::new(profiles, settings, &Registry::default()));
        let url = database.url().expose_secret().to_owned();
        test(&Port { profiles, organization, another, ids: RandomIds::default(), url }).await;
        pool.close().await;
    });
    database.row("select count(*) from user_profiles").get(0)
}

impl Port {
    /// Starts a create.
    fn create(&self, organization: OrganizationId) -> JoinHandle<Result<Profile>> {
        self.create_of(organization, ProfileDraft::default())
    }

    fn create_of(&self, organization: OrganizationId, draft: ProfileDraft) -> JoinHandle<Result<Profile>> {
        let now = SystemClock.now();
        let profile = draft.into_profile(ProfileId::new(self.ids.next(now)), now);
        let profiles = Arc::clone(&self.profiles);
        spawn_local(async move {
            Ok(profiles.create(organization, profile, ApiKeyId::new(Uuid::nil()), None).await?.done().unwrap())
        })
    }

    /// Starts an update.
    fn update(&self, id: ProfileId, patch: ProfilePatch) -> JoinHandle<Result<Profile>> {
        let (profiles, organization) = (Arc::clone(&self.profiles), self.organization);
        spawn_local(async move {
            let (condition, by) = (RevisionCondition::Any, ApiKeyId::new(Uuid::nil()));
            let update = ProfileUpdate { patch, condition, by, now: SystemClock.now() };
            let outcome = profiles.update(organization, id, update, None).await?;
            Ok(outcome.done().unwrap())
        })
    }
}

async fn kind(call: JoinHandle<Result<Profile>>) -> Option<ErrorKind> {
    call.await.unwrap().err().map(|error| error.kind)
}

fn named(name: &str) -> ProfilePatch {
    ProfilePatch { name: Change::Set(DisplayName::parse(name.to_owned()).unwrap()), ..ProfilePatch::default() }
}

/// Breaks a rule on every profile without a name.
fn resold() -> ProfilePatch {
    ProfilePatch {
        relationship: Some(RelationshipChange::To(Relationship::Resold)),
        name_policy: NamePolicy::RequiredWhenResold,
        ..ProfilePatch::default()
    }
}

#[test]
fn a_bad_row_fails_alone() {
    let stored = with_port(SETTINGS, async |port| {
        let unknown = OrganizationId::new(port.ids.next(SystemClock.now()));
        let calls: Vec<_> =
            (0..20).map(|at| (at, port.create(if at == 7 { unknown } else { port.organization }))).collect();
        for (at, call) in calls {
            assert_eq!(kind(call).await, (at == 7).then_some(ErrorKind::NotFound), "{at}");
        }
    });
    assert_eq!(stored, 19);
}

#[test]
fn many_creates_do_not_wait_for_a_transaction_that_waits_for_a_lock() {
    let stored = with_port(SETTINGS, async |port| {
        let mut locking = PgConnection::connect(&port.url).await.unwrap();
        locking.execute("begin").await.unwrap();
        let lock = sqlx::query("select from organizations where id = $1 for update").bind(port.another.uuid());
        lock.execute(&mut locking).await.unwrap();
        let first = port.create(port.another);
        for call in (0..24).map(|_| port.create(port.organization)).collect::<Vec<_>>() {
            call.await.unwrap().unwrap();
        }
        assert!(!first.is_finished());
        locking.execute("commit").await.unwrap();
        first.await.unwrap().unwrap();
    });
    assert_eq!(stored, 25);
}

#[test]
fn a_flood_of_one_organization_does_not_hold_up_the_single_request_of_another() {
    let stored = with_port(BatchSettings { max_rows: 16, ..SETTINGS }, async |port| {
        let done = Rc::new(RefCell::new(Vec::new()));
        let noted = |organization, call: JoinHandle<Result<Profile>>| {
            let done = Rc::clone(&done);
            spawn_local(async move {
                call.await.unwrap().unwrap();
                done.borrow_mut().push(organization);
            })
        };
        let mut calls: Vec<_> = (0..2000).map(|_| noted(port.organization, port.create(port.organization))).collect();
        calls.push(noted(port.another, port.create(port.another)));
        for call in calls {
            call.await.unwrap();
        }
        let place = done.borrow().iter().position(|organization| *organization == port.another).unwrap();
        // In the second batch at the latest, after the first call, which skipped the queue.
        assert!(place < 1 + 2 * 16, "{place}");
    });
    assert_eq!(stored, 2001);
}

#[test]
fn a_call_that_finds_the_queue_full_is_refused_and_not_written() {
    let stored = with_port(BatchSettings { capacity: 4, ..SETTINGS }, async |port| {
        let calls: Vec<_> = (0..10).map(|at| (at, port.create(port.organization))).collect();
        for (at, call) in calls {
            // The first finds no other call, and skips the queue.
            assert_eq!(kind(call).await, (at > 4).then_some(ErrorKind::Unavailable), "{at}");
        }
    });
    assert_eq!(stored, 5);
}

/// As large as a profile may be: 36 KB.
fn largest() -> ProfileDraft {
    let pairs = (0..16).map(|at| (format!("{at:0>64}"), "\u{1f600}".repeat(512)));
    ProfileDraft { metadata: Metadata::parse(pairs).unwrap(), ..ProfileDraft::default() }
}

#[test]
fn large_creates_of_one_organization_are_refused_beyond_the_bytes_that_may_wait_and_small_ones_of_another_are_not() {
    const LARGE: usize = 40;
    let stored = with_port(BatchSettings { capacity: 100, capacity_bytes: 10 * 36_000, ..SETTINGS }, async |port| {
        let mut blocker = PgConnection::connect(&port.url).await.unwrap();
        blocker.execute("begin; lock table user_profiles in share mode").await.unwrap();
        let large: Vec<_> = (0..LARGE).map(|_| port.create_of(port.organization, largest())).collect();
        let small: Vec<_> = (0..20).map(|_| port.create(port.another)).collect();
        // All have been queued or refused before any can be stored.
        tokio::task::yield_now().await;
        blocker.execute("commit").await.unwrap();
        let mut refused = 0;
        for call in large {
            refused += usize::from(kind(call).await == Some(ErrorKind::Unavailable));
        }
        // Ten fit, but for those that gave way to the small ones, and one skipped the queue.
        assert!((LARGE - 11..LARGE - 5).contains(&refused), "{refused}");
        for call in small {
            assert_eq!(kind(call).await, None);
        }
        blocker.close().await.unwrap();
    });
    assert!((25..=31).contains(&stored), "{stored}");
}

#[test]
fn a_call_that_waited_too_long_is_refused_and_never_written() {
    let settings = BatchSettings { max_rows: 1, max_wait: Duration::from_millis(200), ..SETTINGS };
    let stored = with_port(settings, async |port| {
        let mut blocker = PgConnection::connect(&port.url).await.unwrap();
        blocker.execute("begin; lock table user_profiles in share mode").await.unwrap();
        // As many as may run, and one more.
        let [first, second] = [(); 2].map(|()| port.create(port.organization));
        assert_eq!(kind(second).await, Some(ErrorKind::Unavailable));
        blocker.execute("commit").await.unwrap();
        assert_eq!(kind(first).await, None);
        // Whatever was queued before it is done by now.
        assert_eq!(kind(port.create(port.organization)).await, None);
        blocker.close().await.unwrap();
    });
    assert_eq!(stored, 2);
}

#[test]
fn a_cancelled_call_does_not_delay_its_batch() {
    with_port(BatchSettings { max_wait: Duration::from_secs(2), ..SETTINGS }, async |port| {
        let mut blocker = PgConnection::connect(&port.url).await.unwrap();
        blocker.execute("begin; lock table user_profiles in share mode").await.unwrap();
        let alone = port.create(port.organization);
        let waiting = "select exists (select from pg_locks where not granted and relation = 'user_profiles'::regclass)";
        while !sqlx::query_scalar::<_, bool>(waiting).fetch_one(&mut blocker).await.unwrap() {
            tokio::task::yield_now().await;
        }
        alone.abort();
        assert!(alone.await.unwrap_err().is_cancelled());
        let next = port.create(port.organization);
        blocker.execute("commit").await.unwrap();
        assert_eq!(kind(next).await, None);
        blocker.close().await.unwrap();
    });
}

#[test]
fn two_updates_of_one_profile_apply_in_the_order_of_arrival() {
    with_port(SETTINGS, async |port| {
        let profile = port.create(port.organization).await.unwrap().unwrap();
        for _ in 0..10 {
            let names = ["one", "two", "three"];
            let calls = names.map(|name| port.update(profile.id, named(name)));
            for (call, name) in calls.into_iter().zip(names) {
                assert_eq!(call.await.unwrap().unwrap().name.unwrap().as_str(), name);
            }
            let stored = port.profiles.retrieve(port.organization, profile.id, SystemClock.now()).await.unwrap();
            assert_eq!(stored.name.unwrap().as_str(), "three");
        }
    });
}

#[test]
fn an_update_that_breaks_a_rule_fails_alone() {
    with_port(SETTINGS, async |port| {
        let [bad, good] = [port.create(port.organization), port.create(port.organization)];
        let (bad, good) = (bad.await.unwrap().unwrap().id, good.await.unwrap().unwrap().id);
        let calls = [(bad, resold()), (good, named("Good")), (bad, named("Better")), (bad, resold())]
            .map(|(id, patch)| port.update(id, patch));
        let mut kinds = Vec::new();
        for call in calls {
            kinds.push(kind(call).await);
        }
        assert_eq!(kinds, [Some(ErrorKind::Invalid), None, None, None]);
    });
}

#[test]
fn the_limit_of_sixteen_pairs_holds_within_a_batch() {
    let app = TestApp::start();
    let profile = app.client.create(&json!({}));
    let update = |at: usize| app.client.post(&path(id(&profile))).json(&json!({"metadata": {format!("k{at}"): "v"}}));
    let statuses: Vec<u16> = thread::scope(|scope| {
        let threads: Vec<_> =
            (0..40).map(|at| (at, &update)).map(|(at, update)| scope.spawn(move || update(at).status)).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert_eq!(statuses.iter().filter(|status| **status == 200).count(), 16, "{statuses:?}");
    assert_eq!(statuses.iter().filter(|status| **status == 400).count(), 24, "{statuses:?}");
    assert_eq!(app.client.retrieve(id(&profile))["metadata"].as_object().unwrap().len(), 16);
}
