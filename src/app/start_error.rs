//! The error of a start.

/// Why the service did not start, or did not end well: one line for the operator.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct StartError(pub(super) String);
