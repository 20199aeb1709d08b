//! What the history of profiles holds.

use clap::{Args, ValueEnum};

/// The history of profiles.
#[derive(Args, Clone, Copy, Debug)]
pub struct HistoryArgs {
    /// What the history of a profile holds of updates: the names of the changed fields, or also their values before the update
    #[arg(long, env = "UPROF_HISTORY", value_name = "DETAIL", default_value = "names")]
    pub history: HistoryMode,
}

impl HistoryArgs {
    /// Whether values are stored.
    #[must_use]
    pub const fn has_values(self) -> bool {
        matches!(self.history, HistoryMode::Values)
    }
}

/// The values of `UPROF_HISTORY`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum HistoryMode {
    /// The names of fields.
    Names,
    /// Their values too, which are personal data.
    Values,
}
