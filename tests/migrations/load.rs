//! An upgrade of a database that is in use.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use crate::support::database::Database;
use crate::upgrades::{ORGANIZATION, migrated_to};
use crate::{run, state, success};

/// The migration from which on none makes others wait (docs/operations.md).
const ONLINE: i32 = 26;

/// How many profiles there are; `UPROF_UPGRADE_PROFILES=1000000` is the long form, which prints what it measured.
const PROFILES: usize = 5_000;

/// The writers and readers.
const CLIENTS: usize = 4;

/// The transaction that each client repeats. It fails if it waits for a lock for longer than the first statement allows.
const WORK: &str = "
    set lock_timeout = '2s';
    with created as (
        insert into user_profiles (organization_id, id, created_at, updated_at, name, relationship, reference_id)
        select id, gen_random_uuid(), now(), now(), 'Ada', 'external', 'late' from organizations
        returning organization_id, id
    )
    insert into user_profile_metadata (organization_id, profile_id, key, value)
    select organization_id, id, 'plan', 'pro' from created;
    update user_profiles set name = 'Bob' where (organization_id, id) in (
           select organization_id, id from user_profiles order by organization_id, id limit 1 for update skip locked);
    select count(*) from (select from user_profiles order by organization_id, id limit 100) page";

fn profiles() -> usize {
    std::env::var("UPROF_UPGRADE_PROFILES").map_or(PROFILES, |count| count.parse().unwrap())
}

fn seed(database: &Database, count: usize) {
    database.execute(ORGANIZATION);
    database.execute(&format!(
        "insert into user_profiles (organization_id, id, created_at, updated_at, name, relationship, reference_id)
         select id, gen_random_uuid(), now(), now(), 'Ada ' || number, 'external', 'user_' || number
           from organizations, generate_series(1, {count}) number;
         insert into user_profile_metadata (organization_id, profile_id, key, value)
         select organization_id, id, 'plan', 'pro' from user_profiles;
         insert into trust_grants (organization_id, profile_id, name, status, decision_id, decided_at)
         select organization_id, id, 'cyber', 'active', gen_random_uuid(), now() from user_profiles limit {count} / 3"
    ));
}

#[test]
fn while_a_database_that_is_in_use_is_upgraded_nobody_waits_for_long_and_nothing_is_lost() {
    let (database, count) = (migrated_to(ONLINE), profiles());
    seed(&database, count);
    let is_done = AtomicBool::new(false);
    let (took, worked) = thread::scope(|scope| {
        let work = || {
            let (mut times, mut longest) = (0, Duration::ZERO);
            while !is_done.load(Ordering::Relaxed) {
                let begun = Instant::now();
                database.execute(WORK);
                (times, longest) = (times + 1, longest.max(begun.elapsed()));
            }
            (times, longest)
        };
        let clients: Vec<_> = (0..CLIENTS).map(|_| scope.spawn(work)).collect();
        let begun = Instant::now();
        let output = run(&["migrate"], &database.url());
        let took = begun.elapsed();
        is_done.store(true, Ordering::Relaxed);
        success(&output);
        (took, clients.into_iter().map(|client| client.join().unwrap()).collect::<Vec<_>>())
    });
    assert_eq!(state(&database), uprof::storage::SchemaState::Current);
    let times: usize = worked.iter().map(|(times, _)| times).sum();
    let longest = worked.iter().map(|(_, longest)| *longest).max().unwrap();
    println!("{count} profiles upgraded in {took:.1?}; {times} transactions meanwhile, the longest took {longest:.0?}");
    assert!(worked.iter().all(|(times, _)| *times > 0), "{worked:?}");
    assert_eq!(usize::try_from(database.count("user_profiles")).unwrap(), count + times);
    assert_eq!(database.count("pg_index where not indisvalid"), 0);
}
