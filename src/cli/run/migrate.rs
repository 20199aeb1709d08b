//! `uprof migrate`.

use actix_web::rt::System;
use clap::Args;
use secrecy::SecretString;

use crate::app::check_schema;
use crate::cli::database::with_database;
use crate::cli::error::VerbResult;
use crate::cli::output::print_line;
use crate::config::{DatabaseArgs, MigrationArgs};
use crate::storage::{SchemaState, migrate};

#[derive(Args, Debug)]
pub(in crate::cli) struct Migrate {
    /// Only check whether the schema is current; exit with status 1 if it is not
    #[arg(long)]
    check: bool,

    #[command(flatten)]
    migration: MigrationArgs,

    #[command(flatten)]
    database: DatabaseArgs,
}

impl Migrate {
    pub(in crate::cli) fn run(self) -> VerbResult {
        let migration_url = self.migration.url(&self.database.external.password)?;
        let work = async |url: SecretString| {
            if self.check {
                match check_schema(&url).await? {
                    SchemaState::Newer(unknown) => print_line(&format!(
                        "the schema is newer than this release, which can run on it (unknown here: {})",
                        unknown.join(", ")
                    )),
                    _ => print_line("the schema is current"),
                }
            } else {
                match migrate(&url).await? {
                    0 => print_line("the schema was current already"),
                    count => print_line(&format!("migrations applied: {count}")),
                }
            }
        };
        match migration_url {
            Some(url) => System::new().block_on(work(url)),
            None => with_database(&self.database, work),
        }
    }
}
