//! Settings of webhooks.

use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use super::values::interval;
use crate::domain::webhook::url::Reach;
use crate::webhook::DispatcherSettings;

/// The delivery of webhooks.
#[derive(Args, Clone, Debug)]
pub struct WebhookArgs {
    #[command(flatten)]
    #[expect(missing_docs, reason = "clap would print it")]
    pub reach: ReachArgs,

    /// The timeout of a webhook delivery
    #[arg(long, env = "UPROF_WEBHOOKS_TIMEOUT", value_name = "DURATION", default_value = "15s", value_parser = interval)]
    pub webhooks_timeout: Duration,

    /// The interval between polls for due webhook deliveries
    #[arg(long, env = "UPROF_WEBHOOKS_POLL", value_name = "DURATION", default_value = "1s", value_parser = interval)]
    pub webhooks_poll: Duration,

    /// The maximum number of concurrent webhook deliveries
    #[arg(long, env = "UPROF_WEBHOOKS_CONCURRENCY", value_name = "N", default_value = "64")]
    pub webhooks_concurrency: NonZeroUsize,

    /// A file with the certificate authorities, in PEM form, that https webhooks are checked against [default: Mozilla's]
    #[arg(long, env = "UPROF_CA_FILE", value_name = "FILE")]
    pub ca_file: Option<PathBuf>,
}

/// Which addresses webhooks may be sent to.
#[derive(Args, Clone, Copy, Debug)]
pub struct ReachArgs {
    /// Allow webhooks by http, to this machine and to private networks. For a laptop only; `uprof dev` always does
    #[arg(long, env = "UPROF_WEBHOOKS_ALLOW_INSECURE")]
    pub webhooks_allow_insecure: bool,
}

impl ReachArgs {
    /// The addresses that are allowed.
    #[must_use]
    pub const fn allowed(self) -> Reach {
        if self.webhooks_allow_insecure { Reach::Anywhere } else { Reach::Internet }
    }
}

impl WebhookArgs {
    /// The addresses that webhooks may be sent to.
    #[must_use]
    pub const fn reach(&self) -> Reach {
        self.reach.allowed()
    }

    /// The settings of the dispatcher.
    #[must_use]
    pub const fn dispatcher(&self) -> DispatcherSettings {
        DispatcherSettings {
            reach: self.reach(),
            timeout: self.webhooks_timeout,
            poll: self.webhooks_poll,
            concurrency: self.webhooks_concurrency.get(),
        }
    }
}
