//! The verbs: each sends one request and prints the answer.

use clap::{Args, Subcommand};
use ureq::http::Method;

use super::base_url::percent_encoded;
use super::document::Document;
use super::fields::LinkActionArgs;
use super::input;
use super::list::ListProfiles;
use super::message::note;
use super::namespace::{Namespace, PROFILES};
use super::options::ClientOptions;
use super::transport::client::{Client, Request};
use crate::cli::error::{CliError, VerbResult};

const BODY_HELP: &str = "\
Standard input may provide a body: a map of fields in JSON or YAML. Flags are merged into it and take precedence.

The value null of a flag is JSON's null, which clears a field. To send the string \"null\", use a body: \
echo '{name: \"null\"}' | uprof …

The server validates all values.";

#[derive(Args, Debug)]
pub(in crate::cli) struct Profiles<N: Namespace> {
    #[command(subcommand)]
    verb: ProfilesVerb<N>,
    #[command(flatten)]
    options: ClientOptions,
}

#[derive(Debug, Subcommand)]
enum ProfilesVerb<N: Namespace> {
    /// Create a user profile
    Create(CreateProfileArgs<N>),
    /// Print a user profile
    Retrieve(ProfileIdArgs),
    /// Change the given fields of a user profile
    Update(UpdateProfileArgs<N>),
    /// List user profiles, from all pages
    List(ListProfiles<N>),
    /// Delete a user profile
    Delete(ProfileIdArgs),
    /// Create a link with which the entity that the profile represents can enroll
    CreateEnrollmentUrl(ProfileIdArgs),
}

#[derive(Args, Debug)]
#[command(after_long_help = BODY_HELP)]
struct CreateProfileArgs<N: Namespace> {
    #[command(flatten)]
    fields: N::FieldArgs,
}

#[derive(Args, Debug)]
#[command(after_long_help = BODY_HELP)]
struct UpdateProfileArgs<N: Namespace> {
    #[command(flatten)]
    chosen: ProfileIdArgs,
    #[command(flatten)]
    fields: N::FieldArgs,
}

#[derive(Args, Debug)]
struct ProfileIdArgs {
    /// The profile's id
    #[arg(value_name = "USER_PROFILE_ID", required_unless_present = "user_profile_id", value_parser = id)]
    id: Option<String>,
    /// The profile's id, as a flag
    #[arg(long, value_name = "USER_PROFILE_ID", conflicts_with = "id", value_parser = id)]
    user_profile_id: Option<String>,
}

impl ProfileIdArgs {
    fn path(self) -> String {
        let id = self.id.or(self.user_profile_id).unwrap_or_default();
        format!("{PROFILES}/{}", percent_encoded(&id))
    }
}

/// Refuses ids that would change the path.
fn id(text: &str) -> Result<String, &'static str> {
    if ["", ".", ".."].contains(&text) { Err("not an id") } else { Ok(text.to_owned()) }
}

impl<N: Namespace> Profiles<N> {
    pub(in crate::cli) fn run(self) -> VerbResult {
        let options = &self.options;
        match self.verb {
            ProfilesVerb::Create(verb) => {
                let fields = verb.fields.into();
                warn_of_null(&fields);
                let body = body(Document::empty(), fields)?;
                send::<N>(options, Method::POST, PROFILES.to_owned(), Some(body))
            }
            ProfilesVerb::Retrieve(chosen) => send::<N>(options, Method::GET, chosen.path(), None),
            ProfilesVerb::Update(verb) => {
                let body = body(Document::empty(), verb.fields.into())?;
                send::<N>(options, Method::POST, verb.chosen.path(), Some(body))
            }
            ProfilesVerb::List(list) => list.run(&mut Client::new::<N>(options)?, &mut options.answer_printer()),
            ProfilesVerb::Delete(chosen) => send::<N>(options, Method::DELETE, chosen.path(), None),
            ProfilesVerb::CreateEnrollmentUrl(chosen) => {
                send::<N>(options, Method::POST, format!("{}/enrollment_url", chosen.path()), None)
            }
        }
    }
}

#[derive(Args, Debug)]
pub(in crate::cli) struct ActionUrls<N: Namespace> {
    #[command(subcommand)]
    verb: ActionUrlsVerb,
    #[command(flatten)]
    options: ClientOptions,
    #[arg(skip)]
    namespace: std::marker::PhantomData<N>,
}

#[derive(Debug, Subcommand)]
enum ActionUrlsVerb {
    /// Create a link for an action of the entity that the profile represents
    Create(CreateActionUrlArgs),
}

#[derive(Args, Debug)]
#[command(after_long_help = BODY_HELP)]
struct CreateActionUrlArgs {
    #[command(flatten)]
    chosen: ProfileIdArgs,
    #[command(flatten)]
    action: LinkActionArgs,
}

impl<N: Namespace> ActionUrls<N> {
    pub(in crate::cli) fn run(self) -> VerbResult {
        let ActionUrlsVerb::Create(verb) = self.verb;
        let body = body(LinkActionArgs::default_body(), verb.action.into())?;
        send::<N>(&self.options, Method::POST, format!("{}/action_urls", verb.chosen.path()), Some(body))
    }
}

/// Merges standard input into `default`, and `flags` into both.
fn body(default: Document, flags: Document) -> Result<Document, CliError> {
    let has_fields = flags != Document::empty() || default != Document::empty();
    let mut body = default;
    if let Some(input) = input::body(has_fields)? {
        body.merge(input);
    }
    body.merge(flags);
    Ok(body)
}

/// Warns of a null name: a new profile has none to clear, so a name may be meant.
fn warn_of_null(fields: &Document) {
    if fields.get("name") == Some(&Document::Null) {
        note("--name null means no name; to send the string \"null\", use a body on standard input");
    }
}

fn send<N: Namespace>(options: &ClientOptions, method: Method, path: String, body: Option<Document>) -> VerbResult {
    let answer = Client::new::<N>(options)?.call(Request { method, path, query: Vec::new(), body })?;
    options.answer_printer().print(&answer)?;
    Ok(())
}
