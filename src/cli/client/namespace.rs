//! The two namespaces of the API's clients, and in what their requests differ.

use std::fmt::Debug;

use clap::Args;

use super::document::Document;
use super::fields::{BetaFields, GeneralFields};
use super::filter::{BetaFilter, GeneralFilter};

/// The path of the collection, in both.
pub(super) const PROFILES: &str = "/v1/user_profiles";

/// One namespace: the headers of its requests, and the flags of its verbs.
pub(in crate::cli) trait Namespace: Debug {
    /// `anthropic-version`.
    const VERSION: &'static str;
    /// What `anthropic-beta` says unless `--beta` says something else.
    const BETA: Option<&'static str>;
    /// What the query of every request begins with.
    const QUERY: &'static [(&'static str, &'static str)];
    /// The flags that fill a body.
    type Fields: Args + Debug + Into<Document>;
    /// The flags of a list that the other namespace does not have.
    type Filter: Args + Debug + Into<Vec<(&'static str, String)>>;
}

/// `beta:user-profiles`: what `ant` and the older SDKs send, with the oldest shape.
#[derive(Debug)]
pub(in crate::cli) enum Beta {}

impl Namespace for Beta {
    const VERSION: &'static str = "2023-06-01";
    const BETA: Option<&'static str> = Some("user-profiles-2026-03-24");
    const QUERY: &'static [(&'static str, &'static str)] = &[("beta", "true")];
    type Fields = BetaFields;
    type Filter = BetaFilter;
}

/// `user-profiles`: what the newest SDKs send. No beta value and a version from this date on select the newest shape.
#[derive(Debug)]
pub(in crate::cli) enum General {}

impl Namespace for General {
    const VERSION: &'static str = "2026-10-21";
    const BETA: Option<&'static str> = None;
    const QUERY: &'static [(&'static str, &'static str)] = &[];
    type Fields = GeneralFields;
    type Filter = GeneralFilter;
}
