//! The two namespaces of the API's clients, and how their requests differ.

use std::fmt::Debug;

use clap::Args;

use super::fields::{BetaFields, Change, GeneralFields};
use super::filter::{BetaFilter, Filter, GeneralFilter};

/// The names of the namespaces.
pub(in crate::cli) const BETA_PROFILES_NAME: &str = "beta:user-profiles";
pub(in crate::cli) const BETA_LINKS_NAME: &str = "beta:user-profiles:action-urls";
pub(in crate::cli) const PROFILES_NAME: &str = "user-profiles";
pub(in crate::cli) const LINKS_NAME: &str = "user-profiles:action-urls";

/// Whether `name` is the one of a namespace.
pub(super) fn is_namespace(name: &str) -> bool {
    [BETA_PROFILES_NAME, BETA_LINKS_NAME, PROFILES_NAME, LINKS_NAME].contains(&name)
}

/// The path of the collection, in both namespaces.
pub(super) const PROFILES: &str = "/v1/user_profiles";

/// One namespace: the headers of its requests, and the flags of its verbs.
pub(in crate::cli) trait Namespace: Debug {
    /// The `anthropic-version` header.
    const VERSION: &'static str;
    /// The `anthropic-beta` header, unless `--beta` is given.
    const BETA: Option<&'static str>;
    /// The first pairs of every query.
    const QUERY: &'static [(&'static str, &'static str)];
    /// The flags for the fields of a body.
    type FieldArgs: Args + Debug + Into<Vec<Change>>;
    /// The flags that filter a list.
    type FilterArgs: Args + Debug + Filter;
}

/// `beta:user-profiles`: what `ant` and the older SDKs send; selects the original version.
#[derive(Debug)]
pub(in crate::cli) enum Beta {}

impl Namespace for Beta {
    const VERSION: &'static str = "2023-06-01";
    const BETA: Option<&'static str> = Some("user-profiles-2026-03-24");
    const QUERY: &'static [(&'static str, &'static str)] = &[("beta", "true")];
    type FieldArgs = BetaFields;
    type FilterArgs = BetaFilter;
}

/// `user-profiles`: what the newest SDKs send. No beta value and an `anthropic-version` from this date on select the newest
/// version.
#[derive(Debug)]
pub(in crate::cli) enum General {}

impl Namespace for General {
    const VERSION: &'static str = "2026-10-21";
    const BETA: Option<&'static str> = None;
    const QUERY: &'static [(&'static str, &'static str)] = &[];
    type FieldArgs = GeneralFields;
    type FilterArgs = GeneralFilter;
}
