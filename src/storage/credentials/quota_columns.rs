//! The columns of quotas, which organizations have.

use sqlx::FromRow;

use crate::domain::limit::quota::Quotas;
use crate::domain::profile::change::Change;

/// The quotas of a row.
#[derive(FromRow)]
pub(super) struct QuotaColumns {
    #[sqlx(rename = "api_key_quota")]
    api_keys: Option<i64>,
    #[sqlx(rename = "open_link_quota")]
    open_links: Option<i64>,
    #[sqlx(rename = "profile_quota")]
    profiles: Option<i64>,
}

impl From<QuotaColumns> for Quotas {
    fn from(columns: QuotaColumns) -> Self {
        // None is negative, and the service writes none that is larger.
        let quota = |column: Option<i64>| column.map(|quota| u32::try_from(quota).unwrap_or(u32::MAX));
        Self {
            api_keys: quota(columns.api_keys),
            open_links: quota(columns.open_links),
            profiles: quota(columns.profiles),
        }
    }
}

/// Whether a column changes, and its new value.
pub(super) fn quota_column(change: Change<u32>) -> (bool, Option<i64>) {
    match change {
        Change::Keep => (false, None),
        Change::Clear => (true, None),
        Change::Set(quota) => (true, Some(quota.into())),
    }
}
