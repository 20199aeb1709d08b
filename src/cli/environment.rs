//! Environment variables without a value count as not set: templates and `.env` files list settings that nobody chose.

use std::env;

use clap::Command;
use clap::builder::Resettable;

/// Variables of libpq that the driver reads: where the URL says nothing, they do.
pub(super) const DRIVER_VARIABLES: [&str; 12] = [
    "PGHOST",
    "PGHOSTADDR",
    "PGPORT",
    "PGUSER",
    "PGPASSWORD",
    "PGPASSFILE",
    "PGDATABASE",
    "PGSSLMODE",
    "PGSSLROOTCERT",
    "PGSSLCERT",
    "PGSSLKEY",
    "PGOPTIONS",
];

/// Whether the variable `name` is set to nothing.
fn is_blank(name: &str) -> bool {
    env::var_os(name).is_some_and(|value| value.as_encoded_bytes().trim_ascii().is_empty())
}

/// `command` and its verbs without the variables that are blank.
pub(super) fn without_blank_variables(command: Command) -> Command {
    let command = command.mut_args(|argument| {
        let is_blank = argument.get_env().and_then(|name| name.to_str()).is_some_and(is_blank);
        if is_blank { argument.env(Resettable::Reset) } else { argument }
    });
    command.mut_subcommands(without_blank_variables)
}

/// Removes the driver's variables that are blank: the driver would take a blank password for the password, and a blank path for a path, and
/// it has no way to be told otherwise. Must be called while the process has one thread.
#[expect(unsafe_code, reason = "the driver reads the environment itself, so only the environment can tell it")]
pub(super) fn remove_blank_driver_variables() {
    for name in DRIVER_VARIABLES.into_iter().filter(|name| is_blank(name)) {
        // SAFETY: no other thread exists that could read the environment meanwhile.
        unsafe { env::remove_var(name) };
    }
}
