//! `uprof man`.

use std::fs;
use std::path::PathBuf;

use clap::{Args, Command};
use clap_mangen::{Man, generate_to};

use crate::cli::error::VerbResult;
use crate::cli::output::print_line;

#[derive(Args, Debug)]
pub(in crate::cli) struct ManPages {
    /// Write a page for each verb into this directory, creating it if necessary [default: print the page of uprof itself]
    #[arg(value_name = "DIR")]
    directory: Option<PathBuf>,
}

impl ManPages {
    pub(in crate::cli) fn run(self, command: Command) -> VerbResult {
        let Some(directory) = self.directory else {
            let mut page = Vec::new();
            Man::new(command).render(&mut page)?;
            return print_line(String::from_utf8(page)?.trim_end());
        };
        let result = fs::create_dir_all(&directory).and_then(|()| generate_to(command, &directory));
        result.map_err(|error| format!("cannot write into {}: {error}", directory.display()).into())
    }
}
