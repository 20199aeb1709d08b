//! Inserts idempotency records.

use sqlx::postgres::PgConnection;

use super::records::{IdempotencyRecord, RecordColumns};

/// Inserts the records whose keys are free or have expired, and returns those. Waits for a transaction that is inserting the same key. Part
/// of a statement: the arguments are its parameters, one array per column, so that they stand beside their binds.
macro_rules! insert_records {
    ($organization_ids:literal, $keys:literal, $fingerprints:literal, $profile_ids:literal, $created_ats:literal, $answers:literal, $revisions:literal) => {
        concat!(
            "insert into idempotency_keys as k (organization_id, key, fingerprint, profile_id, created_at, answer, revision)
             select *
               from unnest(",
            $organization_ids,
            "::uuid[], ",
            $keys,
            "::text[], ",
            $fingerprints,
            "::bytea[], ",
            $profile_ids,
            "::uuid[], ",
            $created_ats,
            "::timestamptz[], ",
            $answers,
            "::bytea[], ",
            $revisions,
            "::bigint[])
                 on conflict on constraint idempotency_keys_pkey do update
                set fingerprint = excluded.fingerprint,
                    profile_id = excluded.profile_id,
                    created_at = excluded.created_at,
                    answer = excluded.answer,
                    revision = excluded.revision
              where excluded.created_at - k.created_at >= interval '24 hours'
          returning k.organization_id, k.profile_id"
        )
    };
}

pub(in crate::storage) use insert_records;

/// Stores `record` if its key is free; answers whether it was.
pub(in crate::storage) async fn insert(connection: &mut PgConnection, record: IdempotencyRecord) -> sqlx::Result<bool> {
    let records = RecordColumns::of(vec![record]);
    let inserted = sqlx::query(insert_records!("$1", "$2", "$3", "$4", "$5", "$6", "$7"))
        .bind(records.organization_ids)
        .bind(records.keys)
        .bind(records.fingerprints)
        .bind(records.profile_ids)
        .bind(records.created_ats)
        .bind(records.answers)
        .bind(records.revisions)
        .fetch_optional(connection)
        .await?;
    Ok(inserted.is_some())
}
