//! The verbs, and how the arguments of this process become one of them.

use std::env;
use std::io::{Write, stdout};
use std::process::{self, ExitCode};

use clap::error::ErrorKind;
use clap::parser::ValueSource;
use clap::{ArgMatches, Args, Command, CommandFactory, FromArgMatches, Parser, Subcommand};

use super::admin::{enforcement_actions, events, keys, organizations, recovery, trust_grants, webhooks};
use super::environment::{remove_blank_driver_variables, without_blank_variables};
use super::run::{completions, config, dev, health, man, migrate, openapi, serve};
use super::{bulk, client};
use crate::allocator::return_free_pages;
use crate::config::LogFormat;
use crate::telemetry;

/// The user-profile service that a platform runs for the entities it serves through an AI API
#[derive(Debug, Parser)]
#[command(name = "uprof", version, max_term_width = 120)]
pub struct Cli {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Run the service with an embedded database, an organization and an API key: for a laptop
    Dev(dev::Dev),
    /// Run the service on an existing Postgres: for a deployment
    Serve(serve::Serve),
    /// Migrate the database schema
    Migrate(migrate::Migrate),
    /// Manage organizations, the tenants that profiles belong to
    #[command(subcommand)]
    Organizations(organizations::OrganizationsCommand),
    /// Manage the API keys of an organization
    #[command(subcommand)]
    Keys(keys::KeysCommand),
    /// List the events of an organization's profiles
    #[command(subcommand)]
    Events(events::EventsCommand),
    /// List and decide trust grants
    #[command(subcommand)]
    TrustGrants(trust_grants::TrustGrantsCommand),
    /// Restrict and ban profiles, and lift restrictions and bans
    #[command(subcommand)]
    EnforcementActions(enforcement_actions::EnforcementActionsCommand),
    /// Manage the webhook endpoints of an organization
    #[command(subcommand)]
    Webhooks(webhooks::WebhooksCommand),
    /// Restore a backup without the profiles that were erased since
    #[command(subcommand)]
    Recovery(recovery::RecoveryCommand),
    /// Check the settings of the service
    #[command(subcommand)]
    Config(config::ConfigCommand),
    /// Check whether a running service is ready; exit with status 1 if it is not
    Health(health::HealthProbe),
    /// Print the OpenAPI document of an API version
    Openapi(openapi::OpenApi),
    /// Create, read and change the user profiles of a running service, in the original API version
    #[command(name = client::BETA_PROFILES_NAME)]
    BetaUserProfiles(client::Profiles<client::Beta>),
    /// Create links for the entities that profiles represent
    #[command(name = client::BETA_LINKS_NAME)]
    BetaActionUrls(client::ActionUrls<client::Beta>),
    /// Create, read and change the user profiles of a running service, in the newest API version
    #[command(name = client::PROFILES_NAME)]
    UserProfiles(client::Profiles<client::General>),
    /// Create links for the entities that profiles represent
    #[command(name = client::LINKS_NAME)]
    ActionUrls(client::ActionUrls<client::General>),
    /// Create and update the user profiles of a running service from a file
    Import(bulk::Import),
    /// Write the user profiles of a running service to a file
    Export(bulk::Export),
    /// Print a script that completes commands in a shell
    Completions(completions::Completions),
    /// Print man pages
    Man(man::ManPages),
}

impl Verb {
    /// Whether it has the flag `name` of the client verbs: those that send one request have all, a transfer those that name the service.
    fn has_client_flag(&self, name: &str) -> bool {
        match self {
            Self::BetaUserProfiles(_) | Self::BetaActionUrls(_) | Self::UserProfiles(_) | Self::ActionUrls(_) => true,
            Self::Import(_) | Self::Export(_) => client::ServiceOptions::augment_args(Command::new(""))
                .get_arguments()
                .any(|flag| flag.get_id().as_str() == name),
            _ => false,
        }
    }

    /// The form of the error that ends the verb: that of the log, for those that write one.
    fn error_format(&self) -> LogFormat {
        match self {
            Self::Dev(verb) => verb.log_format(),
            Self::Serve(verb) => verb.log_format(),
            _ => LogFormat::Text,
        }
    }
}

/// Runs the verb that the arguments of this process name. Must be called from the main thread, outside a runtime.
#[must_use]
pub fn run() -> ExitCode {
    return_free_pages();
    remove_blank_driver_variables();
    let (cli, matches) = parse();
    let error_format = cli.verb.error_format();
    let outcome = match cli.verb {
        Verb::Dev(verb) => verb.run(),
        Verb::Serve(verb) => verb.run(),
        Verb::Migrate(verb) => verb.run(),
        Verb::Organizations(verb) => verb.run(),
        Verb::Keys(verb) => verb.run(),
        Verb::Events(verb) => verb.run(),
        Verb::TrustGrants(verb) => verb.run(),
        Verb::EnforcementActions(verb) => verb.run(),
        Verb::Webhooks(verb) => verb.run(),
        Verb::Recovery(verb) => verb.run(),
        Verb::Config(verb) => verb.run(Cli::command(), &matches),
        Verb::Health(verb) => verb.run(),
        Verb::BetaUserProfiles(verb) => verb.run(),
        Verb::BetaActionUrls(verb) => verb.run(),
        Verb::UserProfiles(verb) => verb.run(),
        Verb::ActionUrls(verb) => verb.run(),
        // A transfer has exit statuses of its own.
        Verb::Import(verb) => return verb.run(),
        Verb::Export(verb) => return verb.run(),
        Verb::Completions(verb) => verb.run(Cli::command()),
        Verb::Man(verb) => verb.run(Cli::command()),
        Verb::Openapi(verb) => verb.run(),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            match error_format {
                LogFormat::Text => eprintln!("error: {error}"),
                LogFormat::Json => eprintln!("{}", telemetry::fatal_line(&error.to_string())),
            }
            ExitCode::FAILURE
        }
    }
}

/// Parses the arguments of this process; exits on a usage error or a request for help.
fn parse() -> (Cli, ArgMatches) {
    // Scripts written for `ant` may put the flags of client verbs before the verb (`uprof --format yaml user-profiles list`).
    // clap passes them on to the flags of the same names that the verb has.
    let flags = client::ClientOptions::augment_args(Command::new("")).get_arguments().cloned().collect::<Vec<_>>();
    let mut command = without_blank_variables(Cli::command())
        .args(flags.iter().map(|flag| flag.clone().global(false).hide(true).overrides_with(flag.get_id())));
    // Hands global flags to the verbs.
    command.build();
    let arguments = client::Arguments::new(&command, env::args_os());
    let as_ant = arguments.fail_as_ant;
    let matches = command.try_get_matches_from_mut(arguments.all).unwrap_or_else(|error| exit(&error, as_ant));
    let cli = Cli::from_arg_matches(&matches).unwrap_or_else(|error| exit(&error.format(&mut command), as_ant));
    let given = |flag: &&clap::Arg| matches.value_source(flag.get_id().as_str()) == Some(ValueSource::CommandLine);
    if let Some(flag) = flags.iter().filter(given).find(|flag| !cli.verb.has_client_flag(flag.get_id().as_str())) {
        let name = flag.get_long().unwrap_or_default();
        let message = format!("--{name} is a flag of user-profiles and beta:user-profiles, not of this verb");
        exit(&command.error(ErrorKind::UnknownArgument, message), as_ant)
    }
    (cli, matches)
}

/// Whether the verb is `serve`, and its log is JSON. Arguments that cannot be parsed do not say so themselves.
fn serves_for_machines() -> bool {
    let arguments: Vec<_> = env::args_os().skip(1).collect();
    let names_format = |format: &str| {
        let is_flag = arguments.windows(2).any(|pair| pair[0] == "--log-format" && pair[1] == format);
        is_flag || arguments.iter().any(|argument| *argument == *format!("--log-format={format}"))
    };
    let chosen = env::var("UPROF_LOG_FORMAT").unwrap_or_default();
    let is_json = match (names_format("text"), names_format("json"), chosen.trim()) {
        (true, _, _) | (false, false, "text") => false,
        (_, true, _) | (_, _, "json") => true,
        _ => LogFormat::of_stderr() == LogFormat::Json,
    };
    arguments.first().is_some_and(|verb| verb == "serve") && is_json
}

/// Prints a usage error or the help, and exits: with clap's statuses, or with those of `ant`.
fn exit(error: &clap::Error, as_ant: bool) -> ! {
    let status = match error.kind() {
        _ if !as_ant => error.exit_code(),
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => 0,
        // Without a verb: not wrong, and the help is what was asked for.
        ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
            // A closed standard output (`| head`) is not an error.
            let _ = write!(stdout(), "{}", error.render());
            process::exit(0)
        }
        ErrorKind::InvalidSubcommand => 3,
        _ => 1,
    };
    if error.use_stderr() && serves_for_machines() {
        eprintln!("{}", telemetry::fatal_line(error.render().to_string().trim()));
    } else {
        // Nothing is left to report to if this fails.
        let _ = error.print();
    }
    process::exit(status)
}
