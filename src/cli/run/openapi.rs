//! `uprof openapi`.

use clap::Args;
use clap::builder::PossibleValuesParser;

use crate::api::ApiVersion;
use crate::api::document::{ApiDocument, document_text};
use crate::cli::error::{CliError, VerbResult};
use crate::cli::output;
use crate::domain::label::EnumLabel;

#[derive(Args, Debug)]
pub(in crate::cli) struct OpenApi {
    /// Which of the dated shapes, or the operator's API
    #[arg(long, default_value = ApiVersion::Ga.as_str(), value_parser = PossibleValuesParser::new(ApiDocument::ALL.iter().map(|subject| subject.as_str())))]
    version: String,
}

impl OpenApi {
    pub(in crate::cli) fn run(&self) -> VerbResult {
        let subject = ApiDocument::from_label(&self.version).ok_or_else(|| CliError::from("no such version"))?;
        output::line(document_text(subject).trim_end())
    }
}
