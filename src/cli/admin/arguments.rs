//! The flags that the administrative verbs share.

use clap::Args;
use serde::Serialize;

use crate::cli::database::with_pool;
use crate::cli::error::{CliError, VerbResult};
use crate::cli::output::{OutputFormat, Printable};
use crate::cli::values;
use crate::config::DatabaseArgs;
use crate::domain::Error;
use crate::domain::clock::{Timestamp, check_future};
use crate::domain::id::OrganizationId;
use crate::domain::profile::RevisionCondition;
use crate::storage::Pool;

#[derive(Args, Debug)]
pub(in crate::cli) struct AdminArgs {
    /// Output format
    #[arg(long, value_enum, default_value_t)]
    format: OutputFormat,
    #[command(flatten)]
    database: DatabaseArgs,
}

#[derive(Args, Debug)]
pub(in crate::cli) struct OrganizationArgs {
    /// The organization's id
    #[arg(long, value_name = "ORGANIZATION_ID")]
    pub(super) organization: OrganizationId,
    #[command(flatten)]
    pub(super) admin: AdminArgs,
}

#[derive(Args, Debug)]
pub(in crate::cli) struct ConditionArgs {
    /// Change the profile only if this is its entity tag, such as 3-ga, or the number in it
    #[arg(long, value_name = "ETAG", value_parser = values::revision_condition)]
    if_match: Option<RevisionCondition>,
}

impl ConditionArgs {
    /// The condition; without the flag, any revision meets it.
    pub(super) fn condition(self) -> RevisionCondition {
        self.if_match.unwrap_or(RevisionCondition::Any)
    }
}

impl AdminArgs {
    /// Runs `work` on the database, whose schema is current.
    pub(super) fn with_pool<T>(&self, work: impl AsyncFnOnce(Pool) -> Result<T, Error>) -> Result<T, CliError> {
        with_pool(&self.database, work)
    }

    pub(super) fn print<T: Serialize>(&self, object: &Printable<T>) -> VerbResult {
        object.print(self.format)
    }

    pub(super) fn print_all<T: Serialize>(&self, objects: impl Iterator<Item = Printable<T>>) -> VerbResult {
        Printable::print_all(&objects.collect::<Vec<_>>(), self.format)
    }
}

/// Checks `--expires-at`.
///
/// # Errors
/// It is not later than `now`.
pub(super) fn check_expiry(expires_at: Option<Timestamp>, now: Timestamp) -> VerbResult {
    let checked = expires_at.map_or(Ok(()), |expires_at| check_future(expires_at, now));
    checked.map_err(|violation| format!("--expires-at: {}", violation.message.unwrap_or(violation.code)).into())
}
