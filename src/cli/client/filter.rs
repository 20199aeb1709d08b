//! The flags that restrict a list to some profiles.

use clap::Args;

/// The beta versions have no filters.
#[derive(Args, Debug)]
pub(in crate::cli) struct BetaFilter {}

impl From<BetaFilter> for Vec<(&'static str, String)> {
    fn from(_: BetaFilter) -> Self {
        Self::new()
    }
}

#[derive(Args, Debug)]
pub(in crate::cli) struct GeneralFilter {
    /// Only profiles with this status: unrestricted, pending, restricted or banned; repeatable
    #[arg(long, value_name = "VALUE")]
    enforcement_status: Vec<String>,
}

impl From<GeneralFilter> for Vec<(&'static str, String)> {
    fn from(filter: GeneralFilter) -> Self {
        filter.enforcement_status.into_iter().map(|status| ("enforcement_status[]", status)).collect()
    }
}
