//! The flags of every client verb: the service, the credential, and how answers are printed.

use std::env;
use std::time::Duration;

use clap::Args;
use secrecy::{ExposeSecret, SecretString};

use super::base_url::DEFAULT_BASE_URL;
use super::input::Input;
use super::message::note;
use super::output::format::AnswerFormat;
use super::output::printer::Printer;
use crate::cli::error::CliError;
use crate::config;

/// May be given before the namespace, before the verb and after it.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Global options")]
pub(in crate::cli) struct ClientOptions {
    /// The URL of the service; https needs a build with --features tls
    #[arg(long, global = true, env = "ANTHROPIC_BASE_URL", value_name = "URL", default_value = DEFAULT_BASE_URL)]
    pub(super) base_url: String,

    #[arg(long, global = true, value_name = "KEY", help = "The API key [env: ANTHROPIC_API_KEY]")]
    api_key: Option<SecretString>,

    #[arg(
        long,
        global = true,
        value_name = "TOKEN",
        help = "The API key, sent as a bearer token; not used if there is an API key [env: ANTHROPIC_AUTH_TOKEN]"
    )]
    auth_token: Option<SecretString>,

    /// The workspace of the request
    #[arg(long, global = true, env = "ANTHROPIC_WORKSPACE_ID", value_name = "ID")]
    pub(super) workspace_id: Option<String>,

    /// A value of anthropic-beta, which replaces the one of the namespace; repeatable
    #[arg(long = "beta", global = true, value_name = "VALUE")]
    pub(super) betas: Vec<String>,

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
    pub(super) debug: bool,

    /// The timeout of one attempt, such as 10s
    #[arg(long, global = true, value_name = "DURATION", default_value = "60s", value_parser = config::duration)]
    pub(super) timeout: Duration,

    /// How often to retry a request that may succeed later
    #[arg(long, global = true, value_name = "N", default_value = "2")]
    pub(super) max_retries: u32,
}

/// The credential of a request.
#[derive(Debug)]
pub(super) enum ClientCredential {
    Key(SecretString),
    Token(SecretString),
}

impl ClientCredential {
    /// The header that carries it.
    pub(super) fn header(&self) -> (&'static str, String) {
        match self {
            Self::Key(_) => ("x-api-key", self.secret().to_owned()),
            Self::Token(_) => ("authorization", format!("Bearer {}", self.secret())),
        }
    }

    fn secret(&self) -> &str {
        let (Self::Key(secret) | Self::Token(secret)) = self;
        secret.expose_secret().trim()
    }
}

impl ClientOptions {
    /// Prints the answers of the service.
    pub(super) fn answer_printer(&self) -> Printer {
        if self.format == AnswerFormat::Explore {
            note("--format explore is not supported; printing json");
        }
        Printer::new(self.format, self.transform.clone(), self.raw_output)
    }

    /// Prints the bodies of its errors.
    pub(super) fn error_printer(&self) -> Printer {
        Printer::new(self.format_error, self.transform_error.clone(), self.raw_output)
    }

    /// Uses the values of anthropic-beta in the input if no flag has any.
    ///
    /// # Errors
    /// The input has one that is not a text.
    pub(super) fn use_piped_betas(&mut self, input: &mut Input) -> Result<(), CliError> {
        let piped = input.take_all("anthropic-beta")?;
        if self.betas.is_empty() {
            self.betas = piped;
        }
        Ok(())
    }

    /// As in `ant`, a key takes precedence over a token, wherever it was given. Only one is sent, because a server refuses two
    /// that differ.
    ///
    /// # Errors
    /// None is set.
    pub(super) fn credential(&self) -> Result<ClientCredential, CliError> {
        let from_flag_or = |flag: &Option<SecretString>, variable: &str| {
            let given = flag.clone().or_else(|| env::var(variable).ok().map(SecretString::from));
            given.filter(|secret| !secret.expose_secret().trim().is_empty())
        };
        let key = from_flag_or(&self.api_key, "ANTHROPIC_API_KEY").map(ClientCredential::Key);
        let token = from_flag_or(&self.auth_token, "ANTHROPIC_AUTH_TOKEN").map(ClientCredential::Token);
        if key.is_some() && self.auth_token.is_some() {
            note("--auth-token is not used, because --api-key or ANTHROPIC_API_KEY is set");
        }
        key.or(token).ok_or_else(|| "no API key: set ANTHROPIC_API_KEY, or give --api-key; uprof dev prints one".into())
    }
}
