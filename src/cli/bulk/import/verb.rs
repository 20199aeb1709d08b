//! The verb and its flags.

use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use clap::Args;

use super::batch::Batches;
use super::dry_run::validate;
use super::key::ImportIdentity;
use super::read::mapping::Mapping;
use super::read::source::{Records, Source, standard_input};
use super::rejections::Rejections;
use super::run::Run;
use super::send::{OnExisting, Sender};
use super::state::{Counts, ImportOptions, ImportState, StateFile};
use crate::api::ApiVersion;
use crate::api::export::ExportFormat;
use crate::cli::bulk::failure;
use crate::cli::bulk::file_format::{STANDARD_STREAM, is_csv};
use crate::cli::bulk::progress::Progress;
use crate::cli::bulk::service::BulkService;
use crate::cli::client::ServiceOptions;
use crate::cli::client::message::note;
use crate::cli::error::CliError;
use crate::cli::output::print_line;
use crate::cli::values;
use crate::config;
use crate::domain::clock::{Clock, SystemClock};
use crate::domain::label::EnumLabel;

/// The exit status if lines were rejected.
const REJECTED: u8 = 1;

const HELP: &str = "\
A line is the body of a create, in any API version, or a profile as an export has it. A CSV file names the fields in its first row, such as \
external_id, name and metadata.plan.

What is done is recorded in FILE.uprof-import.json: after an interruption, the same command goes on, and no line is imported twice.

Exit status: 0, 1 if lines were rejected, 2 if the import was stopped.";

#[derive(Args, Debug)]
#[command(after_help = HELP)]
pub(in crate::cli) struct Import {
    /// The file to read, decompressed if it ends in .gz; - for standard input, which cannot be resumed
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// The format [default: csv for a file that ends in .csv or .csv.gz, else ndjson]
    #[arg(long, value_name = "FORMAT", value_parser = values::label::<ExportFormat>())]
    format: Option<ExportFormat>,
    /// The API version of all lines [default: for each line the one whose fields it has]
    #[arg(long, value_name = "VERSION", value_parser = values::label::<ApiVersion>())]
    shape: Option<ApiVersion>,
    /// The field that a column, or a value of a JSON line, becomes; repeatable. Others are left out then
    #[arg(long, value_name = "COLUMN=FIELD", value_parser = Mapping::parse)]
    map: Vec<Mapping>,
    /// What to do with a line whose external id has a profile
    #[arg(long, value_name = "ACTION", default_value = "skip", value_enum)]
    on_existing: OnExisting,
    /// A file for rejected lines: number, reason and line, as NDJSON
    #[arg(long, value_name = "FILE")]
    errors: Option<PathBuf>,
    /// Validate all lines, and send none
    #[arg(long)]
    dry_run: bool,
    /// How many batches are sent at once
    #[arg(long, value_name = "N", default_value = "4")]
    concurrency: NonZeroUsize,
    /// The most lines of a batch, up to 1000
    #[arg(long, value_name = "N", default_value = "1000", value_parser = clap::value_parser!(u64).range(1..=1000))]
    batch_lines: u64,
    /// Begin anew, whatever an earlier run has recorded
    #[arg(long)]
    restart: bool,
    /// For how long a request that fails is sent again
    #[arg(long, value_name = "DURATION", default_value = "5m", value_parser = config::duration)]
    patience: Duration,
    #[command(flatten)]
    service: ServiceOptions,
}

impl Import {
    pub(in crate::cli) fn run(self) -> ExitCode {
        failure::status(self.transfer())
    }

    fn transfer(self) -> Result<ExitCode, CliError> {
        let counts = if self.dry_run {
            self.validate()?
        } else if self.file == Path::new(STANDARD_STREAM) {
            self.import_standard_input()?
        } else {
            self.import_file()?
        };
        let Counts { created, updated, skipped, rejected } = counts;
        let total = counts.total();
        if self.dry_run {
            print_line(&format!("{total} lines: {created} valid, {rejected} rejected"))?;
        } else {
            print_line(&format!(
                "{total} lines: {created} created, {updated} updated, {skipped} skipped, {rejected} rejected"
            ))?;
        }
        Ok(if rejected == 0 { ExitCode::SUCCESS } else { ExitCode::from(REJECTED) })
    }

    fn validate(&self) -> Result<Counts, CliError> {
        let mut rejections = Rejections::open(self.errors.as_deref(), 0)?;
        let input = if self.file == Path::new(STANDARD_STREAM) {
            standard_input()
        } else {
            Source::open(&self.file)?.read()?.0
        };
        Ok(validate(self.batches(input)?, &mut rejections, SystemClock.now(), &Progress::of_unknown_length())?)
    }

    fn import_standard_input(&self) -> Result<Counts, CliError> {
        let mut identity = [0; 32];
        getrandom::fill(&mut identity)?;
        let run = Run {
            batches: self.batches(standard_input())?,
            sender: self.sender(ImportIdentity(identity), false)?,
            concurrency: self.concurrency,
            state: ImportState::new(String::new(), self.options()),
            state_file: None,
            rejections: Rejections::open(self.errors.as_deref(), 0)?,
            progress: &Progress::of_unknown_length(),
            position: Arc::new(AtomicU64::new(0)),
        };
        run.finish().map_err(|error| {
            format!("{error}\nnothing is recorded of standard input: import a file to go on after an interruption")
                .into()
        })
    }

    fn import_file(&self) -> Result<Counts, CliError> {
        let source = Source::open(&self.file)?;
        let state_file = StateFile::beside(&self.file);
        let sha256 = BASE64_STANDARD.encode(source.sha256);
        let options = self.options();
        let mut stored = if self.restart { None } else { state_file.read()? };
        let is_late = stored.as_mut().is_some_and(|state| state.is_late(SystemClock.now()));
        let mut state = match stored {
            None => ImportState::new(sha256, options.clone()),
            Some(state) => {
                self.check(&state, &sha256, &options, &state_file, is_late)?;
                state
            }
        };
        if state.is_complete {
            note(&format!(
                "this file has been imported, as {} records; --restart imports it again",
                state_file.path().display()
            ));
            return Ok(state.counts);
        }
        let identity = ImportIdentity::of_file(&source.sha256, self.on_existing.label());
        let progress = Progress::of_bytes(source.bytes);
        let (input, position) = source.read()?;
        // Before the first batch: a state that cannot be written is found out now.
        state.touch(SystemClock.now());
        state_file.write(&state)?;
        let run = Run {
            batches: self.batches(input)?,
            sender: self.sender(identity, is_late)?,
            concurrency: self.concurrency,
            rejections: Rejections::open(self.errors.as_deref(), state.rejected_bytes)?,
            state,
            state_file: Some(&state_file),
            progress: &progress,
            position,
        };
        let recorded = format!(
            "what was done is recorded in {}: run the same command again to go on",
            state_file.path().display()
        );
        let counts = run.finish().map_err(|error| format!("{error}\n{recorded}"))?;
        source.check_unchanged()?;
        Ok(counts)
    }

    /// Checks that `state` is one of this import.
    fn check(
        &self,
        state: &ImportState,
        sha256: &str,
        options: &ImportOptions,
        file: &StateFile,
        is_late: bool,
    ) -> Result<(), CliError> {
        let state_path = file.path().display();
        let name = self.file.display();
        if state.sha256 != sha256 {
            return Err(format!("{name} has changed since its import began, as {state_path} records: import the other file, or begin anew with --restart").into());
        }
        if state.options != *options {
            return Err(format!("the import of {name} began with other options, as {state_path} records: go on with those, or begin anew with --restart").into());
        }
        if is_late && !state.is_complete && self.on_existing == OnExisting::Create {
            return Err(format!("the import of {name} was interrupted more than 23 hours ago, so lines might be imported twice: begin anew with --restart --on-existing skip, which looks up external ids").into());
        }
        Ok(())
    }

    fn batches(&self, input: Box<dyn std::io::Read>) -> Result<Batches, CliError> {
        let records = Records::new(input, self.format(), self.shape, &self.map)?;
        Ok(Batches::new(records, usize::try_from(self.batch_lines)?))
    }

    fn sender(&self, identity: ImportIdentity, is_late: bool) -> Result<Sender, CliError> {
        let service = BulkService::new(&self.service, self.patience)?;
        Ok(Sender { service, identity, on_existing: self.on_existing, is_late })
    }

    fn format(&self) -> ExportFormat {
        let default = if is_csv(&self.file) { ExportFormat::Csv } else { ExportFormat::Ndjson };
        self.format.unwrap_or(default)
    }

    fn options(&self) -> ImportOptions {
        ImportOptions {
            base_url: self.service.base_url.clone(),
            on_existing: self.on_existing.label().to_owned(),
            format: self.format().as_str().to_owned(),
            shape: self.shape.map(|shape| shape.as_str().to_owned()),
            map: self.map.iter().map(|mapping| (mapping.source.clone(), mapping.target.clone())).collect(),
            batch_lines: usize::try_from(self.batch_lines).unwrap_or(usize::MAX),
        }
    }
}
