//! `uprof openapi`.

use clap::Args;
use clap::builder::PossibleValuesParser;

use crate::api::ApiVersion;
use crate::api::document::{Subject, document_text};
use crate::cli::admin::output;
use crate::cli::{Failure, Outcome};
use crate::domain::label::Word;

#[derive(Args, Debug)]
pub(in crate::cli) struct OpenApi {
    /// Which of the dated shapes, or the operator's API
    #[arg(long, default_value = ApiVersion::Ga.as_str(), value_parser = PossibleValuesParser::new(Subject::ALL.iter().map(|subject| subject.as_str())))]
    version: String,
}

impl OpenApi {
    pub(in crate::cli) fn run(&self) -> Outcome {
        let subject = Subject::from_word(&self.version).ok_or_else(|| Failure::from("no such version"))?;
        output::line(document_text(subject).trim_end())
    }
}
