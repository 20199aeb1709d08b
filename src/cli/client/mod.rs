//! The verbs of the API's own command line: requests to a service that runs here or elsewhere.
//! May know `config`, and of its parent only how a verb ends; of a service it knows only the wire.

mod arguments;
pub(super) mod base_url;
pub(super) mod document;
mod fields;
pub(super) mod filter;
mod input;
mod list;
pub(super) mod message;
mod namespace;
mod options;
mod output;
mod text;
pub(super) mod transport;
mod verbs;
mod yaml;

pub(super) use arguments::Arguments;
pub(super) use namespace::{BETA_LINKS_NAME, BETA_PROFILES_NAME, Beta, General, LINKS_NAME, PROFILES_NAME};
pub(super) use options::{ClientOptions, ServiceOptions};
pub(super) use verbs::{ActionUrls, Profiles};
