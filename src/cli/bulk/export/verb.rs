//! The verb and its flags.

use std::io;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::Args;

use super::download::{ExportRequest, download};
use super::output::Output;
use crate::api::ApiVersion;
use crate::api::export::ExportFormat;
use crate::cli::bulk::failure;
use crate::cli::bulk::file_format::{STANDARD_STREAM, is_csv};
use crate::cli::bulk::progress::Progress;
use crate::cli::bulk::service::BulkService;
use crate::cli::bulk::shape::ReferenceIdFilter;
use crate::cli::client::ServiceOptions;
use crate::cli::client::filter::{SharedFilter, named};
use crate::cli::error::CliError;
use crate::cli::values;
use crate::config;

const HELP: &str = "\
The file has its name when it is complete; until then it is FILE.partial. An export that is cut goes on after the last whole line. \
Several filters have to fit all; of the values of one, one has to fit.

Exit status: 0, or 2 if the export was stopped.";

#[derive(Args, Debug)]
#[command(after_help = HELP)]
pub(in crate::cli) struct Export {
    /// The file to write, compressed if it ends in .gz; - for standard output
    #[arg(value_name = "FILE", default_value = STANDARD_STREAM)]
    file: PathBuf,
    /// The format [default: csv for a file that ends in .csv or .csv.gz, else ndjson]
    #[arg(long, value_name = "FORMAT", value_parser = values::label::<ExportFormat>())]
    format: Option<ExportFormat>,
    /// The API version whose fields are exported
    #[arg(long, value_name = "VERSION", default_value = "ga", value_parser = values::label::<ApiVersion>())]
    shape: ApiVersion,
    /// The most profiles [default: all]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    limit: Option<u64>,
    /// For how long a request that fails is sent again
    #[arg(long, value_name = "DURATION", default_value = "5m", value_parser = config::duration)]
    patience: Duration,
    /// Only profiles with this id of yours
    #[arg(long, value_name = "TEXT")]
    external_id: Vec<String>,
    /// Only profiles with this one: external, resold or internal (of 2026-03-24)
    #[arg(long, value_name = "VALUE")]
    relationship: Vec<String>,
    /// Only profiles with this status: unrestricted, pending, restricted or banned (of ga)
    #[arg(long, value_name = "VALUE")]
    enforcement_status: Vec<String>,
    #[command(flatten)]
    shared: SharedFilter,
    #[command(flatten)]
    service: ServiceOptions,
}

impl Export {
    pub(in crate::cli) fn run(self) -> ExitCode {
        failure::status(self.transfer())
    }

    fn transfer(self) -> Result<ExitCode, CliError> {
        let service = BulkService::new(&self.service, self.patience)?;
        let default_format = if is_csv(&self.file) { ExportFormat::Csv } else { ExportFormat::Ndjson };
        let mut filters = named(self.shape.visit(ReferenceIdFilter), self.external_id);
        filters.extend(named("relationship", self.relationship));
        filters.extend(named("enforcement_status[]", self.enforcement_status));
        filters.extend(self.shared.into_query());
        let request = ExportRequest {
            version: self.shape,
            format: self.format.unwrap_or(default_format),
            filters,
            limit: self.limit,
            timeout: self.service.timeout,
        };
        let mut output = Output::create(&self.file)?;
        let progress = Progress::of_unknown_length();
        let finished = match download(&service, &request, &mut output, &progress) {
            Ok(_) => output.finish(),
            Err(error) => match error.downcast::<io::Error>() {
                Ok(error) => Err(*error),
                Err(error) => return Err(error),
            },
        };
        drop(progress);
        match finished {
            Ok(()) => Ok(ExitCode::SUCCESS),
            // A reader that has enough (`| head`) is not an error.
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(ExitCode::SUCCESS),
            Err(error) => Err(format!("cannot write {}: {error}", self.file.display()).into()),
        }
    }
}
