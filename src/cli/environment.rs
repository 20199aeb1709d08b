//! Environment variables without a value.

use std::env;

use clap::Command;
use clap::builder::Resettable;

/// `command` and its verbs without the variables that are set to nothing: templates and `.env` files list settings that nobody chose.
pub(super) fn without_blank_variables(command: Command) -> Command {
    let command = command.mut_args(|argument| {
        let value = argument.get_env().and_then(env::var_os);
        let is_blank = value.is_some_and(|value| value.as_encoded_bytes().trim_ascii().is_empty());
        if is_blank { argument.env(Resettable::Reset) } else { argument }
    });
    command.mut_subcommands(without_blank_variables)
}
