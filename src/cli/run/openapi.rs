//! `uprof openapi`.

use clap::Args;

use crate::api::ApiVersion;
use crate::api::document::{ApiDocument, document_text};
use crate::cli::error::VerbResult;
use crate::cli::output::print_line;
use crate::cli::values;
use crate::domain::label::EnumLabel;

#[derive(Args, Debug)]
pub(in crate::cli) struct OpenApi {
    /// An API version, or the operator API
    #[arg(long, default_value = ApiVersion::NEWEST.as_str(), value_parser = values::label::<ApiDocument>())]
    version: ApiDocument,
}

impl OpenApi {
    pub(in crate::cli) fn run(&self) -> VerbResult {
        print_line(document_text(self.version).trim_end())
    }
}
