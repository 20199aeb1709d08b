//! The exports that run, of which there are few: each holds a page in memory for as long as its client takes to read it.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::domain::id::OrganizationId;
use crate::domain::{Error, ErrorKind};
use crate::shares::{OrganizationShares, SharePermit};

/// The most exports of one organization at once.
const OF_AN_ORGANIZATION: usize = 2;

/// The most exports of all organizations at once.
const OF_ALL: usize = 16;

/// Counts the exports that run.
#[derive(Debug)]
pub(in crate::http) struct RunningExports {
    all: Arc<Semaphore>,
    shares: OrganizationShares,
}

/// Counts as a running export until it is dropped.
#[derive(Debug)]
pub(in crate::http) struct ExportPermit {
    _one: OwnedSemaphorePermit,
    _share: SharePermit,
}

impl Default for RunningExports {
    fn default() -> Self {
        Self { all: Arc::new(Semaphore::new(OF_ALL)), shares: OrganizationShares::new(OF_AN_ORGANIZATION) }
    }
}

impl RunningExports {
    /// Lets an export of `organization` begin.
    ///
    /// # Errors
    /// `Throttled` if as many run as may.
    pub(in crate::http) fn begin(&self, organization: OrganizationId) -> Result<ExportPermit, Error> {
        let too_many = |whose| Error::new(ErrorKind::Throttled, format!("Too many exports {whose} are running"));
        let share = self.shares.try_acquire(organization).ok_or_else(|| too_many("of this organization"))?;
        let one = Arc::clone(&self.all).try_acquire_owned().map_err(|_| too_many("of all organizations"))?;
        Ok(ExportPermit { _one: one, _share: share })
    }
}
