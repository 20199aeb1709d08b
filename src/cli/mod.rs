//! The command line: one file a verb.
//! May know `app`, `config`, `database` and whatever a verb administers.

mod admin;
mod bulk;
mod client;
mod command;
mod database;
mod environment;
mod error;
mod output;
mod run;
mod values;

pub use command::{Cli, run};
