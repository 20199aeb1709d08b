//! The flags that restrict a list to some profiles.

use clap::Args;

use super::input::Input;
use crate::cli::error::CliError;

/// The filters of a namespace.
pub(in crate::cli) trait Filter {
    /// The parameters of the query: of the flags, else of the input.
    ///
    /// # Errors
    /// The input has a value that is not a text.
    fn into_query(self, input: &mut Input) -> Result<Vec<(&'static str, String)>, CliError>;
}

/// The beta versions have no filters.
#[derive(Args, Debug)]
pub(in crate::cli) struct BetaFilter {}

impl Filter for BetaFilter {
    fn into_query(self, _: &mut Input) -> Result<Vec<(&'static str, String)>, CliError> {
        Ok(Vec::new())
    }
}

#[derive(Args, Debug)]
pub(in crate::cli) struct GeneralFilter {
    /// Only profiles with this status: unrestricted, pending, restricted or banned; repeatable
    #[arg(long, value_name = "VALUE")]
    enforcement_status: Vec<String>,
}

impl Filter for GeneralFilter {
    fn into_query(self, input: &mut Input) -> Result<Vec<(&'static str, String)>, CliError> {
        let piped = input.take_all("enforcement_status")?;
        let statuses = if self.enforcement_status.is_empty() { piped } else { self.enforcement_status };
        Ok(statuses.into_iter().map(|status| ("enforcement_status[]", status)).collect())
    }
}
