//! Locks profiles and finds idempotency records, in one statement.

use std::collections::{HashMap, HashSet};

use sqlx::FromRow;
use sqlx::postgres::PgConnection;
use uuid::Uuid;

use super::lock::{in_lock_order, lock_profiles};
use super::row::ProfileKey;
use crate::domain::Result;
use crate::domain::clock::Timestamp;
use crate::domain::id::{OrganizationId, ProfileId};
use crate::domain::idempotency::IDEMPOTENCY_RETENTION;
use crate::storage::idempotency::records::{FullKey, StoredAnswer, StoredAnswerRow};
use crate::storage::pool::error::StorageError;

/// What to do about a profile that another transaction has locked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum WhenLocked {
    /// Wait for it, up to the lock timeout.
    Wait,
    /// Leave it out.
    Skip,
}

/// The profiles that were locked, and the records that were found.
#[derive(Debug, Default)]
pub(super) struct LockedAndFound {
    pub(super) locked: HashSet<ProfileKey>,
    pub(super) records: HashMap<FullKey, StoredAnswer>,
}

/// A locked profile, or a record.
#[derive(FromRow)]
struct LockedOrFoundRow {
    organization_id: Uuid,
    profile_id: Option<Uuid>,
    key: Option<String>,
    fingerprint: Option<Vec<u8>>,
    answer: Option<Vec<u8>>,
}

macro_rules! lock_and_find {
    ($when_locked:literal) => {
        concat!(
            "with locked as materialized (",
            lock_profiles!("$1", "$2", $when_locked),
            ")
             select l.organization_id,
                    l.id as profile_id,
                    null as key,
                    null as fingerprint,
                    null as answer
               from locked l
              union all
             select k.organization_id,
                    null,
                    k.key,
                    k.fingerprint,
                    k.answer
               from unnest($3::uuid[], $4::text[]) as wanted (organization_id, key)
              cross join lateral (
                    select *
                      from idempotency_keys
                     where organization_id = wanted.organization_id
                       and key = wanted.key
                       and created_at > $5
                     limit 1
              ) k"
        )
    };
}

/// Locks the profiles with `keys` and finds the records with `record_keys`, in one round trip. A record that is inserted while this waits for
/// a lock is not found; the save then finds its key taken.
pub(super) async fn lock_and_find_records(
    connection: &mut PgConnection,
    keys: &HashSet<ProfileKey>,
    when_locked: WhenLocked,
    record_keys: &[FullKey],
    now: Timestamp,
) -> std::result::Result<LockedAndFound, StorageError> {
    let (organizations, ids) = in_lock_order(keys);
    let (key_organizations, key_texts): (Vec<_>, Vec<_>) =
        record_keys.iter().map(|(organization, key)| (organization.uuid(), key.as_str())).unzip();
    let statement = match when_locked {
        WhenLocked::Wait => lock_and_find!(""),
        WhenLocked::Skip => lock_and_find!("skip locked"),
    };
    let rows: Vec<LockedOrFoundRow> = sqlx::query_as(statement)
        .bind(organizations)
        .bind(ids)
        .bind(key_organizations)
        .bind(key_texts)
        .bind(now - IDEMPOTENCY_RETENTION)
        .fetch_all(connection)
        .await?;
    let mut all = LockedAndFound::default();
    for row in rows {
        row.add_to(&mut all)?;
    }
    Ok(all)
}

impl LockedOrFoundRow {
    fn add_to(self, all: &mut LockedAndFound) -> Result<()> {
        let Self { organization_id, profile_id, key, fingerprint, answer } = self;
        if let Some(profile_id) = profile_id {
            all.locked.insert((OrganizationId::new(organization_id), ProfileId::new(profile_id)));
        }
        if let (Some(key), Some(fingerprint)) = (key, fingerprint) {
            let (key, stored) = StoredAnswerRow { organization_id, key, fingerprint, answer }.parse()?;
            all.records.insert(key, stored);
        }
        Ok(())
    }
}
