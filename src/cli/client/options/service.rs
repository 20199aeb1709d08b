//! The flags that say which service is called, and with which credential.

use std::env;
use std::time::Duration;

use clap::Args;
use secrecy::{ExposeSecret, SecretString};

use crate::cli::client::base_url::DEFAULT_BASE_URL;
use crate::cli::client::message::note;
use crate::cli::error::CliError;
use crate::config;

/// May be given before the namespace, before the verb and after it.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Global options")]
pub(in crate::cli) struct ServiceOptions {
    /// The URL of the service; https needs a build with --features tls
    #[arg(long, global = true, env = "ANTHROPIC_BASE_URL", value_name = "URL", default_value = DEFAULT_BASE_URL)]
    pub(in crate::cli) base_url: String,

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
    pub(in crate::cli) workspace_id: Option<String>,

    /// The timeout of one attempt, such as 10s
    #[arg(long, global = true, value_name = "DURATION", default_value = "60s", value_parser = config::duration)]
    pub(in crate::cli) timeout: Duration,
}

/// The credential of a request.
#[derive(Debug)]
pub(in crate::cli) enum ClientCredential {
    Key(SecretString),
    Token(SecretString),
}

impl ClientCredential {
    /// The header that carries it.
    pub(in crate::cli) fn header(&self) -> (&'static str, String) {
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

impl ServiceOptions {
    /// As in `ant`, a key takes precedence over a token, wherever it was given. Only one is sent, because a server refuses two
    /// that differ.
    ///
    /// # Errors
    /// None is set.
    pub(in crate::cli) fn credential(&self) -> Result<ClientCredential, CliError> {
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
