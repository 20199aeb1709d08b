//! What one transaction of the retention takes.

/// The most rows of one organization, or one endpoint, that a transaction deletes: one with many must not hold up the others.
pub(super) const SHARE: i64 = 100;

/// The most rows that a transaction deletes.
pub(super) const BATCH: i64 = 1_000;
