//! The flags of every client verb: the service, the credential, and how answers are printed.

use clap::Args;

use super::service::ServiceOptions;
use crate::cli::client::input::Input;
use crate::cli::client::message::note;
use crate::cli::client::output::format::AnswerFormat;
use crate::cli::client::output::printer::Printer;
use crate::cli::error::CliError;

/// May be given before the namespace, before the verb and after it.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Global options")]
pub(in crate::cli) struct ClientOptions {
    #[command(flatten)]
    pub(in crate::cli::client) service: ServiceOptions,

    /// A value of anthropic-beta, which replaces the one of the namespace; repeatable
    #[arg(long = "beta", global = true, value_name = "VALUE")]
    pub(in crate::cli::client) betas: Vec<String>,

    /// The output format of answers
    #[arg(long, global = true, value_enum, ignore_case = true, default_value_t)]
    format: AnswerFormat,

    /// A GJSON path: print only what it selects from the answer, or from each profile of a list
    #[arg(long, global = true, value_name = "PATH")]
    transform: Option<String>,

    /// Print strings without quotes
    #[arg(long, short, global = true)]
    raw_output: bool,

    /// The output format of error bodies
    #[arg(long, global = true, value_enum, ignore_case = true, default_value_t)]
    format_error: AnswerFormat,

    /// A GJSON path: print only what it selects from an error body
    #[arg(long, global = true, value_name = "PATH")]
    transform_error: Option<String>,

    /// Print requests and answers to standard error, without the API key
    #[arg(long, global = true)]
    pub(in crate::cli::client) debug: bool,

    /// How often to retry a request that may succeed later
    #[arg(long, global = true, value_name = "N", default_value = "2")]
    pub(in crate::cli::client) max_retries: u32,
}

impl ClientOptions {
    /// Prints the answers of the service.
    pub(in crate::cli::client) fn answer_printer(&self) -> Printer {
        if self.format == AnswerFormat::Explore {
            note("--format explore is not supported; printing json");
        }
        Printer::new(self.format, self.transform.clone(), self.raw_output)
    }

    /// Prints the bodies of its errors.
    pub(in crate::cli::client) fn error_printer(&self) -> Printer {
        Printer::new(self.format_error, self.transform_error.clone(), self.raw_output)
    }

    /// Uses the values of anthropic-beta in the input if no flag has any.
    ///
    /// # Errors
    /// The input has one that is not a text.
    pub(in crate::cli::client) fn use_piped_betas(&mut self, input: &mut Input) -> Result<(), CliError> {
        let piped = input.take_all("anthropic-beta")?;
        if self.betas.is_empty() {
            self.betas = piped;
        }
        Ok(())
    }
}
