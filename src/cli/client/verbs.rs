//! The verbs: each sends one request and prints the answer.

use clap::{Args, Subcommand};

use super::base_url::percent_encoded;
use super::document::Document;
use super::fields::{Change, LinkActionArgs};
use super::input::Input;
use super::list::ListProfiles;
use super::message::{note, one_line};
use super::namespace::{Namespace, PROFILES};
use super::options::ClientOptions;
use super::transport::client::{Client, Request};
use crate::cli::error::{CliError, VerbResult};
use crate::cli::output::print_line;

const BODY_HELP: &str = "\
Standard input may provide a body: a map of fields in JSON or YAML. Flags take precedence.

The value null of a flag is JSON's null, which clears a field. To send the string \"null\", use a body: \
echo '{name: \"null\"}' | uprof …

The server validates all values.";

#[derive(Args, Debug)]
#[command(args_override_self = true)]
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
    Retrieve(RetrieveProfileArgs),
    /// Change the given fields of a user profile
    Update(UpdateProfileArgs<N>),
    /// List user profiles, from all pages
    List(ListProfiles<N>),
    /// Delete a user profile
    Delete(DeleteProfileArgs),
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
struct RetrieveProfileArgs {
    #[command(flatten)]
    chosen: ProfileIdArgs,
    /// Print the entity tag of the profile, for --if-match, and not the profile
    #[arg(long)]
    print_etag: bool,
}

#[derive(Args, Debug)]
#[command(after_long_help = BODY_HELP)]
struct UpdateProfileArgs<N: Namespace> {
    #[command(flatten)]
    chosen: ProfileIdArgs,
    #[command(flatten)]
    condition: ConditionArgs,
    #[command(flatten)]
    fields: N::FieldArgs,
}

#[derive(Args, Debug)]
struct DeleteProfileArgs {
    #[command(flatten)]
    chosen: ProfileIdArgs,
    #[command(flatten)]
    condition: ConditionArgs,
}

#[derive(Args, Debug)]
struct ConditionArgs {
    /// Change the profile only if this is its entity tag, as retrieve --print-etag prints it
    #[arg(long, value_name = "ETAG")]
    if_match: Option<String>,
}

impl ConditionArgs {
    /// The value of `If-Match`. A tag may be given without its quotes, which a shell removes.
    fn header(self) -> Option<String> {
        self.if_match.map(|tag| if tag == "*" || tag.contains('"') { tag } else { format!("\"{tag}\"") })
    }
}

#[derive(Args, Debug)]
struct ProfileIdArgs {
    /// The profile's id; standard input may give it too
    #[arg(value_name = "USER_PROFILE_ID")]
    id: Option<String>,
    /// The profile's id, as a flag
    #[arg(long, value_name = "USER_PROFILE_ID", conflicts_with = "id")]
    user_profile_id: Option<String>,
}

impl ProfileIdArgs {
    fn is_given(&self) -> bool {
        self.id.is_some() || self.user_profile_id.is_some()
    }

    /// The path of the profile.
    ///
    /// # Errors
    /// Neither the arguments nor the input has an id, or it would change the path.
    fn path(self, input: &mut Input) -> Result<String, CliError> {
        let piped = input.take("user_profile_id")?;
        let id = self.id.or(self.user_profile_id).or(piped);
        match id.as_deref() {
            None => Err("no profile: give its id as an argument, or user_profile_id on standard input".into()),
            Some("" | "." | "..") => Err("that is not the id of a profile".into()),
            Some(id) => Ok(format!("{PROFILES}/{}", percent_encoded(id))),
        }
    }
}

impl<N: Namespace> Profiles<N> {
    pub(in crate::cli) fn run(self) -> VerbResult {
        let mut options = self.options;
        let request = match self.verb {
            ProfilesVerb::Create(verb) => {
                let mut changes: Vec<Change> = verb.fields.into();
                make_fields_of_new_profile(&mut changes);
                let mut input = Input::read(changes.is_empty())?;
                options.use_piped_betas(&mut input)?;
                Request::post(PROFILES.to_owned(), Some(body(input, changes)))
            }
            ProfilesVerb::Update(verb) => {
                let changes: Vec<Change> = verb.fields.into();
                let mut input = Input::read(changes.is_empty() || !verb.chosen.is_given())?;
                options.use_piped_betas(&mut input)?;
                let path = verb.chosen.path(&mut input)?;
                Request::post(path, Some(body(input, changes))).on_condition(verb.condition.header())
            }
            ProfilesVerb::List(list) => {
                let mut input = Input::read_parameters()?;
                options.use_piped_betas(&mut input)?;
                return list.run(input, &mut Client::new::<N>(&options)?, &mut options.answer_printer());
            }
            ProfilesVerb::Retrieve(verb) => {
                let request = Request::get(path_without_body(verb.chosen, &mut options)?);
                if verb.print_etag {
                    return print_entity_tag::<N>(&options, request);
                }
                request
            }
            ProfilesVerb::Delete(verb) => {
                Request::delete(path_without_body(verb.chosen, &mut options)?).on_condition(verb.condition.header())
            }
            ProfilesVerb::CreateEnrollmentUrl(chosen) => {
                Request::post(path_without_body(chosen, &mut options)? + "/enrollment_url", None)
            }
        };
        send::<N>(&options, request)
    }
}

#[derive(Args, Debug)]
#[command(args_override_self = true)]
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
        let (mut options, ActionUrlsVerb::Create(verb)) = (self.options, self.verb);
        // A body is rarely needed, because the action has a default.
        let mut input = Input::read(!verb.chosen.is_given())?;
        options.use_piped_betas(&mut input)?;
        let path = verb.chosen.path(&mut input)? + "/action_urls";
        let mut body = body(input, verb.action.into());
        if body.get("action").is_none() {
            LinkActionArgs::default_action().apply(&mut body);
        }
        send::<N>(&options, Request::post(path, Some(body)))
    }
}

/// The path of a verb that has no body. If its arguments have the id, standard input is not read, so that the verb can stand in
/// a loop that reads ids from there.
fn path_without_body(chosen: ProfileIdArgs, options: &mut ClientOptions) -> Result<String, CliError> {
    let mut input = if chosen.is_given() { Input::none() } else { Input::read(true)? };
    options.use_piped_betas(&mut input)?;
    chosen.path(&mut input)
}

/// The fields of standard input, changed by flags.
fn body(input: Input, flags: Vec<Change>) -> Document {
    let mut body = input.into_body();
    for change in flags {
        change.apply(&mut body);
    }
    body
}

/// Replaces a null relationship by the text, as `ant` does, and warns of a null name: a new profile has none to clear, so a name
/// may be meant.
fn make_fields_of_new_profile(fields: &mut [Change]) {
    for field in fields {
        match field {
            Change::Field("relationship", value @ Document::Null) => *value = Document::Text("null".to_owned()),
            Change::Field("name", Document::Null) => {
                note("--name null means no name; to send the string \"null\", use a body on standard input");
            }
            Change::Field(..) | Change::Key(..) => {}
        }
    }
}

fn send<N: Namespace>(options: &ClientOptions, request: Request) -> VerbResult {
    let answer = Client::new::<N>(options)?.call(request)?;
    options.answer_printer().print(&answer.body)?;
    Ok(())
}

fn print_entity_tag<N: Namespace>(options: &ClientOptions, request: Request) -> VerbResult {
    let answer = Client::new::<N>(options)?.call(request)?;
    let tag = answer.entity_tag().ok_or("the answer has no ETag: the server has no revisions of profiles")?;
    print_line(&one_line(&tag))
}
