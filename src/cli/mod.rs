//! The command line: one file a verb.
//! May know `app`, `config` and whatever a verb administers.

use std::process::ExitCode;

use clap::{Parser, Subcommand};

mod arguments;
mod database;
mod dev;
mod health;
mod keys;
mod migrate;
mod organizations;
mod output;
mod serve;

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
    /// Ask a running service whether it is ready; the exit status tells
    Health(health::Health),
}

/// One line about what went wrong and what to do.
type Failure = Box<dyn std::error::Error>;

/// What a verb ends with.
type Outcome = Result<(), Failure>;

/// Does what the arguments of this process say. Must be called from the main thread, outside a runtime.
#[must_use]
pub fn run() -> ExitCode {
    let outcome = match Cli::parse().verb {
        Verb::Dev(verb) => verb.run(),
        Verb::Serve(verb) => verb.run(),
        Verb::Migrate(verb) => verb.run(),
        Verb::Organizations(verb) => verb.run(),
        Verb::Keys(verb) => verb.run(),
        Verb::Health(verb) => verb.run(),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}
