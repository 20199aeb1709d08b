//! How a verb ends.

/// Why a verb failed: one line that says what went wrong and what to do.
pub(super) type CliError = Box<dyn std::error::Error>;

/// What a verb returns.
pub(super) type VerbResult = Result<(), CliError>;
