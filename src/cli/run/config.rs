//! `uprof config`: the settings in force, and where each comes from.

use std::env;

use clap::parser::ValueSource;
use clap::{Arg, ArgMatches, Args, Command, Subcommand};
use secrecy::SecretString;
use serde::Serialize;

use super::serve::Serve;
use crate::app::check_trusted_roots;
use crate::cli::environment::DRIVER_VARIABLES;
use crate::cli::error::VerbResult;
use crate::cli::output::{OutputFormat, Printable};
use crate::storage::check_database_url;
use crate::telemetry;

/// Stands for a value that may hold a secret.
const HIDDEN: &str = "(set, not shown)";

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum ConfigCommand {
    /// Print the settings of `uprof serve` that are in force, and where each comes from; exit with status 1 if one is missing or they contradict
    Check(Check),
}

#[derive(Args, Debug)]
pub(in crate::cli) struct Check {
    /// Output format
    #[arg(long, value_enum, default_value_t)]
    format: OutputFormat,

    #[command(flatten)]
    serve: Serve,
}

/// A setting in force.
#[derive(Serialize)]
struct Setting {
    /// Its variable.
    name: String,
    /// `None` if it has no value.
    value: Option<String>,
    /// `default`, `flag --NAME`, `variable NAME` or `file PATH`.
    source: String,
}

impl ConfigCommand {
    /// Prints what `matches`, those of the whole command line, hold for the arguments of `command`.
    pub(in crate::cli) fn run(self, mut command: Command, matches: &ArgMatches) -> VerbResult {
        let Self::Check(check) = self;
        command.build();
        let verb = command.find_subcommand("config").and_then(|config| config.find_subcommand("check"));
        let matches = matches.subcommand_matches("config").and_then(|config| config.subcommand_matches("check"));
        if let (Some(verb), Some(matches)) = (verb, matches) {
            let settings = verb.get_arguments().filter_map(|argument| check.serve.setting(argument, matches));
            let driver = DRIVER_VARIABLES.into_iter().filter_map(driver_setting);
            let lines: Vec<_> = settings.chain(driver).map(Setting::printable).collect();
            Printable::print_all(&lines, check.format)?;
        }
        check.serve.errors()
    }
}

impl Serve {
    /// The setting of `argument`; `None` if it has no variable.
    fn setting(&self, argument: &Arg, matches: &ArgMatches) -> Option<Setting> {
        let name = argument.get_env()?.to_str()?.to_owned();
        let id = argument.get_id().as_str();
        let given = matches.get_raw(id).map(|values| {
            let values: Vec<_> = values.map(|value| value.to_string_lossy()).collect();
            if argument.is_hide_env_values_set() { HIDDEN.to_owned() } else { values.join(",") }
        });
        // A secret may come from its file instead, which is an argument of its own.
        let file = matches.try_get_raw(&format!("{id}_file")).ok().flatten().and_then(|mut values| values.next());
        let (value, source) = match (matches.value_source(id), file) {
            (Some(ValueSource::CommandLine), _) => {
                (given, format!("flag --{}", argument.get_long().unwrap_or_default()))
            }
            (Some(ValueSource::EnvVariable), _) => (given, format!("variable {name}")),
            (_, Some(file)) => (Some(HIDDEN.to_owned()), format!("file {}", file.to_string_lossy())),
            _ => (given.or_else(|| self.computed(&name)), "default".to_owned()),
        };
        Some(Setting { name, value, source })
    }

    /// The default of a setting whose default follows from others or from the machine.
    fn computed(&self, name: &str) -> Option<String> {
        let server = &self.server;
        match name {
            "UPROF_ORGANIZATION_CONNECTIONS" => {
                Some(server.pool.settings(SecretString::from("")).organization_connections.to_string())
            }
            "UPROF_WORKERS" => Some(server.http().workers.to_string()),
            "UPROF_PUBLIC_URL" => Some(server.links(server.listen).public_url),
            "OTEL_SERVICE_NAME" => Some("uprof".to_owned()),
            "UPROF_LOG_FORMAT" => Some(format!("{:?}", self.log_format()).to_lowercase()),
            _ => None,
        }
    }

    /// What would keep the service from starting, as far as settings tell: the database is not asked.
    fn errors(&self) -> VerbResult {
        let url = |url: Result<Option<SecretString>, String>| {
            url.and_then(|url| url.map_or(Ok(()), |url| check_database_url(&url).map_err(|error| error.to_string())))
        };
        let checks = [
            url(self.database_url().map(Some)),
            url(self.migration_url()),
            telemetry::check(&self.server),
            check_trusted_roots(&self.server).map_err(|error| error.to_string()),
            self.check(),
        ];
        let errors: Vec<_> = checks.into_iter().filter_map(Result::err).collect();
        if errors.is_empty() { Ok(()) } else { Err(errors.join("; ").into()) }
    }
}

/// A variable of the driver, if it is set.
fn driver_setting(name: &str) -> Option<Setting> {
    let value = env::var(name).ok().filter(|value| !value.trim().is_empty())?;
    let value = if name == "PGPASSWORD" { HIDDEN.to_owned() } else { value };
    Some(Setting { name: name.to_owned(), value: Some(value), source: format!("variable {name}") })
}

impl Setting {
    fn printable(self) -> Printable<Self> {
        let value = self.value.as_deref().unwrap_or("(none)");
        let text = format!("{:<36} {value:<36} {}", self.name, self.source);
        Printable::new(self, text)
    }
}
