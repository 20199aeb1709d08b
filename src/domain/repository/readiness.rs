//! The port of the readiness probe.

use async_trait::async_trait;

use crate::domain::error::Result;

/// Whether the database can serve requests. Called by the readiness probe.
#[async_trait]
pub trait Readiness: Send + Sync {
    /// Checks that the database answers and that its schema is at least as new as this binary's.
    ///
    /// # Errors
    /// `Unavailable`; its cause says what is wrong.
    async fn check(&self) -> Result<()>;
}
