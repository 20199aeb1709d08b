//! The verbs: each is one request, and its answer printed.

use clap::{Args, Subcommand};
use ureq::http::Method;

use super::base_url::percent_encoded;
use super::document::Document;
use super::fields::Action;
use super::input;
use super::list::ListProfiles;
use super::message::note;
use super::namespace::{Namespace, PROFILES};
use super::options::ClientOptions;
use super::transport::client::{Client, Request};
use crate::cli::error::{CliError, VerbResult};

const BODY_HELP: &str = "\
A map of fields, in JSON or YAML, may come on standard input; it is laid under the flags: maps are merged, and a flag wins.

The word null as the value of a flag sends JSON's null, which clears a field. To send those four letters as text, put them \
into a body on standard input: echo '{name: \"null\"}' | uprof …

No value is judged here: that is what the server does.";

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
    /// Show a user profile
    Retrieve(ProfileChoice),
    /// Change what is given of a user profile
    Update(UpdateProfileArgs<N>),
    /// List user profiles, over all pages
    List(ListProfiles<N>),
    /// Delete a user profile
    Delete(ProfileChoice),
    /// Make a link by which the one whom the profile represents can enroll
    CreateEnrollmentUrl(ProfileChoice),
}

#[derive(Args, Debug)]
#[command(after_long_help = BODY_HELP)]
struct CreateProfileArgs<N: Namespace> {
    #[command(flatten)]
    fields: N::Fields,
}

#[derive(Args, Debug)]
#[command(after_long_help = BODY_HELP)]
struct UpdateProfileArgs<N: Namespace> {
    #[command(flatten)]
    chosen: ProfileChoice,
    #[command(flatten)]
    fields: N::Fields,
}

/// Which profile.
#[derive(Args, Debug)]
struct ProfileChoice {
    /// The profile's id
    #[arg(value_name = "USER_PROFILE_ID", required_unless_present = "user_profile_id", value_parser = id)]
    id: Option<String>,
    /// The profile's id, too
    #[arg(long, value_name = "USER_PROFILE_ID", conflicts_with = "id", value_parser = id)]
    user_profile_id: Option<String>,
}

impl ProfileChoice {
    fn path(self) -> String {
        let id = self.id.or(self.user_profile_id).unwrap_or_default();
        format!("{PROFILES}/{}", percent_encoded(&id))
    }
}

/// An id goes into a path, which one of these would turn into the path of something else.
fn id(text: &str) -> Result<String, &'static str> {
    if ["", ".", ".."].contains(&text) { Err("no id is that") } else { Ok(text.to_owned()) }
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
    /// Make a link by which the one whom the profile represents can do something
    Create(CreateActionUrlArgs),
}

#[derive(Args, Debug)]
#[command(after_long_help = BODY_HELP)]
struct CreateActionUrlArgs {
    #[command(flatten)]
    chosen: ProfileChoice,
    #[command(flatten)]
    action: Action,
}

impl<N: Namespace> ActionUrls<N> {
    pub(in crate::cli) fn run(self) -> VerbResult {
        let ActionUrlsVerb::Create(verb) = self.verb;
        let body = body(Action::default_body(), verb.action.into())?;
        send::<N>(&self.options, Method::POST, format!("{}/action_urls", verb.chosen.path()), Some(body))
    }
}

/// `least`, under what comes on standard input, under what the flags say.
fn body(least: Document, flags: Document) -> Result<Document, CliError> {
    let says_something = flags != Document::empty() || least != Document::empty();
    let mut body = least;
    if let Some(input) = input::body(says_something)? {
        body.merge(input);
    }
    body.merge(flags);
    Ok(body)
}

/// A new profile has nothing to clear, so whoever says null there may well mean a name.
fn warn_of_null(fields: &Document) {
    if fields.get("name") == Some(&Document::Null) {
        note("--name null means no name; to send those four letters, put them into a body on standard input");
    }
}

fn send<N: Namespace>(options: &ClientOptions, method: Method, path: String, body: Option<Document>) -> VerbResult {
    let answer = Client::new::<N>(options)?.call(Request { method, path, query: Vec::new(), body })?;
    options.answer_printer().print(&answer)?;
    Ok(())
}
