//! The port of the history of profiles.

use async_trait::async_trait;

use crate::domain::error::Result;
use crate::domain::history::{HistoryKeyset, HistoryQuery, ProfileChange};
use crate::domain::id::OrganizationId;
use crate::domain::page::Page;

/// The history of an organization's profiles. Read only: each change of a profile adds to it. Called by the operator's API.
#[async_trait]
pub trait HistoryRepository: Send + Sync {
    /// One page, newest revision first. Changes whose revision was not recorded, those of earlier releases, are not in it. Every page but the
    /// last is full.
    ///
    /// # Errors
    /// `NotFound` if the profile does not exist.
    async fn list(
        &self,
        organization: OrganizationId,
        query: HistoryQuery,
    ) -> Result<Page<ProfileChange, HistoryKeyset>>;
}
