//! The flags that restrict a list to some profiles.

use clap::Args;

use super::input::Input;
use crate::cli::error::CliError;

/// The parameters of a query, in the order in which they are sent.
pub(in crate::cli) type Parameters = Vec<(String, String)>;

/// The filters of a namespace.
pub(in crate::cli) trait Filter {
    /// The parameters of the query: of the flags, else of the input.
    ///
    /// # Errors
    /// The input has a value that is not a text.
    fn into_query(self, input: &mut Input) -> Result<Parameters, CliError>;
}

/// The filters of all beta versions; `--beta` selects one.
#[derive(Args, Debug)]
pub(in crate::cli) struct BetaFilter {
    /// Only profiles with this id of yours; as every filter repeatable, and one of its values has to fit
    #[arg(long, value_name = "TEXT")]
    external_id: Vec<String>,
    /// Only profiles with this one: external, resold or internal
    #[arg(long, value_name = "VALUE")]
    relationship: Vec<String>,
    #[command(flatten)]
    shared: SharedFilter,
}

impl Filter for BetaFilter {
    fn into_query(self, _: &mut Input) -> Result<Parameters, CliError> {
        let mut query = named("external_id", self.external_id);
        query.extend(named("relationship", self.relationship));
        query.extend(self.shared.into_query());
        Ok(query)
    }
}

#[derive(Args, Debug)]
pub(in crate::cli) struct GeneralFilter {
    /// Only profiles with this id of yours; as every filter repeatable, and one of its values has to fit
    #[arg(long, value_name = "TEXT")]
    external_id: Vec<String>,
    #[command(flatten)]
    shared: SharedFilter,
    /// Only profiles with this status: unrestricted, pending, restricted or banned
    #[arg(long, value_name = "VALUE")]
    enforcement_status: Vec<String>,
}

impl Filter for GeneralFilter {
    fn into_query(self, input: &mut Input) -> Result<Parameters, CliError> {
        let piped = input.take_all("enforcement_status")?;
        let statuses = if self.enforcement_status.is_empty() { piped } else { self.enforcement_status };
        let mut query = named(REFERENCE_ID, self.external_id);
        query.extend(self.shared.into_query());
        query.extend(named("enforcement_status[]", statuses));
        Ok(query)
    }
}

const REFERENCE_ID: &str = "external_user_details[reference_id]";

/// The filters of every namespace.
#[derive(Args, Clone, Debug)]
pub(in crate::cli) struct SharedFilter {
    #[arg(
        long = "external-user-details.reference-id",
        value_name = "TEXT",
        help = "The same as --external-id (under --beta, from user-profiles-2026-09-04 on)"
    )]
    reference_id: Vec<String>,
    /// Only profiles with this one: application or passthrough (under --beta, from user-profiles-2026-08-18 on)
    #[arg(long, value_name = "VALUE")]
    access_type: Vec<String>,
    /// Only profiles with this pair
    #[arg(long, value_name = "KEY=VALUE", value_parser = pair)]
    metadata: Vec<(String, String)>,
    /// Only profiles whose grant has this status: active, pending or rejected
    #[arg(long, value_name = "NAME=STATUS", value_parser = pair)]
    trust_grant: Vec<(String, String)>,
    /// Only profiles created after this time, in RFC 3339
    #[arg(long, value_name = "TIME")]
    created_after: Option<String>,
    /// Only profiles created before this time, in RFC 3339
    #[arg(long, value_name = "TIME")]
    created_before: Option<String>,
    /// Only profiles with this name; the case of ASCII letters is ignored
    #[arg(long, value_name = "TEXT")]
    name: Vec<String>,
    /// Only profiles whose name begins so
    #[arg(long, value_name = "TEXT")]
    name_prefix: Vec<String>,
}

impl SharedFilter {
    /// The parameters of the query.
    pub(in crate::cli) fn into_query(self) -> Parameters {
        let keyed = |base: &'static str, pairs: Vec<(String, String)>| {
            pairs.into_iter().map(move |(key, value)| (format!("{base}[{key}]"), value))
        };
        let mut query = named(REFERENCE_ID, self.reference_id);
        query.extend(named("access_type", self.access_type));
        query.extend(keyed("metadata", self.metadata));
        query.extend(keyed("trust_grant", self.trust_grant));
        query.extend(named("created_at[gt]", self.created_after));
        query.extend(named("created_at[lt]", self.created_before));
        query.extend(named("name", self.name));
        query.extend(named("name[prefix]", self.name_prefix));
        query
    }
}

/// A parameter for each of `values`.
pub(in crate::cli) fn named(name: &str, values: impl IntoIterator<Item = String>) -> Parameters {
    values.into_iter().map(|value| (name.to_owned(), value)).collect()
}

fn pair(text: &str) -> Result<(String, String), String> {
    let (key, value) = text.split_once('=').ok_or("a pair has the form KEY=VALUE")?;
    Ok((key.to_owned(), value.to_owned()))
}
