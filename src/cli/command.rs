//! The verbs, and how the arguments of this process become one of them.

use std::process::ExitCode;

use clap::error::ErrorKind;
use clap::parser::ValueSource;
use clap::{Args, Command, CommandFactory, FromArgMatches, Parser, Subcommand};

use super::admin::{enforcement_actions, events, keys, organizations, trust_grants, webhooks};
use super::client;
use super::run::{completions, dev, health, man, migrate, openapi, serve};

/// The user-profile service that a platform runs for the entities it serves through an AI API
#[derive(Debug, Parser)]
#[command(name = "uprof", version, max_term_width = 120)]
pub struct Cli {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Serve on an embedded database, with an organization and a key to try it: for a laptop
    Dev(dev::Dev),
    /// Serve on a Postgres that is there: for a deployment
    Serve(serve::Serve),
    /// Bring the database's schema up to date
    Migrate(migrate::Migrate),
    /// Administer organizations: the tenants that profiles belong to
    #[command(subcommand)]
    Organizations(organizations::Organizations),
    /// Administer the API keys of an organization
    #[command(subcommand)]
    Keys(keys::Keys),
    /// Read what happened to an organization's profiles
    #[command(subcommand)]
    Events(events::Events),
    /// See which trust grants wait, decide them, and read what was decided
    #[command(subcommand)]
    TrustGrants(trust_grants::TrustGrants),
    /// Place limits on profiles and lift them
    #[command(subcommand)]
    EnforcementActions(enforcement_actions::EnforcementActions),
    /// Administer the webhook endpoints of an organization
    #[command(subcommand)]
    Webhooks(webhooks::Webhooks),
    /// Ask a running service whether it is ready; the exit status tells
    Health(health::Health),
    /// Print the OpenAPI document of a dated shape
    Openapi(openapi::OpenApi),
    /// Create, read and change the user profiles of a running service, in the original shape
    #[command(name = "beta:user-profiles")]
    BetaUserProfiles(client::Profiles<client::Beta>),
    /// Make links with which those whom profiles represent can act
    #[command(name = "beta:user-profiles:action-urls")]
    BetaActionUrls(client::ActionUrls<client::Beta>),
    /// Create, read and change the user profiles of a running service, in the newest shape
    #[command(name = "user-profiles")]
    UserProfiles(client::Profiles<client::General>),
    /// Make links with which those whom profiles represent can act
    #[command(name = "user-profiles:action-urls")]
    ActionUrls(client::ActionUrls<client::General>),
    /// Print a script that completes commands in a shell
    Completions(completions::Completions),
    /// Print man pages
    Man(man::ManPages),
}

impl Verb {
    fn is_of_client(&self) -> bool {
        matches!(
            self,
            Self::BetaUserProfiles(_) | Self::BetaActionUrls(_) | Self::UserProfiles(_) | Self::ActionUrls(_)
        )
    }
}

/// Does what the arguments of this process say. Must be called from the main thread, outside a runtime.
#[must_use]
pub fn run() -> ExitCode {
    let outcome = match parse().verb {
        Verb::Dev(verb) => verb.run(),
        Verb::Serve(verb) => verb.run(),
        Verb::Migrate(verb) => verb.run(),
        Verb::Organizations(verb) => verb.run(),
        Verb::Keys(verb) => verb.run(),
        Verb::Events(verb) => verb.run(),
        Verb::TrustGrants(verb) => verb.run(),
        Verb::EnforcementActions(verb) => verb.run(),
        Verb::Webhooks(verb) => verb.run(),
        Verb::Health(verb) => verb.run(),
        Verb::BetaUserProfiles(verb) => verb.run(),
        Verb::BetaActionUrls(verb) => verb.run(),
        Verb::UserProfiles(verb) => verb.run(),
        Verb::ActionUrls(verb) => verb.run(),
        Verb::Completions(verb) => verb.run(Cli::command()),
        Verb::Man(verb) => verb.run(Cli::command()),
        Verb::Openapi(verb) => verb.run(),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

/// The arguments of this process; ends it where they are wrong, or ask for help.
fn parse() -> Cli {
    // `uprof --format yaml user-profiles list`: scripts that were written for `ant` put these flags before the verb too. Clap
    // hands them on to the verb, which has flags of the same names.
    let flags = client::ClientOptions::augment_args(Command::new("")).get_arguments().cloned().collect::<Vec<_>>();
    let mut command = Cli::command().args(flags.iter().map(|flag| flag.clone().global(false).hide(true)));
    let matches = command.get_matches_mut();
    let cli = Cli::from_arg_matches(&matches).unwrap_or_else(|error| error.format(&mut command).exit());
    let given = |flag: &&clap::Arg| matches.value_source(flag.get_id().as_str()) == Some(ValueSource::CommandLine);
    if let Some(flag) = flags.iter().find(given)
        && !cli.verb.is_of_client()
    {
        let name = flag.get_long().unwrap_or_default();
        let message = format!("--{name} is a flag of user-profiles and beta:user-profiles, not of this verb");
        command.error(ErrorKind::UnknownArgument, message).exit()
    }
    cli
}
