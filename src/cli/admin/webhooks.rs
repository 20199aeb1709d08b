//! `uprof webhooks`.

use std::num::NonZeroU32;

use clap::{Args, Subcommand};

use super::arguments;
use super::webhook_output::{Deleted, Shown, ShownDelivery};
use crate::cli::database::with_pool;
use crate::cli::error::{CliError, VerbResult};
use crate::cli::output;
use crate::cli::output::Format;
use crate::config::DatabaseArgs;
use crate::domain::clock::{Clock, SystemClock};
use crate::domain::id::{EventId, IdSource, OrganizationId, RandomIds, WebhookEndpointId};
use crate::domain::label::EnumLabel;
use crate::domain::page::{Order, PageLimit};
use crate::domain::random::{Randomness, SystemRandomness};
use crate::domain::repository::WebhookRepository;
use crate::domain::webhook::endpoint::{
    CursorPageQuery, EndpointDescription, EndpointLabel, EndpointPatch, EndpointState, WebhookEndpoint,
    WebhookEventType,
};
use crate::domain::webhook::secret::{ROTATION, SigningSecret};
use crate::domain::webhook::url::{Reach, WebhookUrl};
use crate::storage::PgWebhooks;

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum Webhooks {
    /// Register an endpoint. Its signing secret is shown this once
    Create(Create),
    /// List an organization's endpoints, oldest first
    List(List),
    /// Change what is given of an endpoint
    Update(Update),
    /// Remove an endpoint, and whatever was sent or is to be sent to it
    Delete(One),
    /// Replace an endpoint's signing secret; the old one signs too for 24 hours
    RegenerateSecret(One),
    /// List what was and is to be delivered to an endpoint, newest first
    Deliveries(Deliveries),
    /// Deliver an event again, whatever became of it
    Redeliver(Redeliver),
}

#[derive(Args, Debug)]
pub(in crate::cli) struct Create {
    /// Where deliveries go
    #[arg(long)]
    url: String,
    /// Of what it hears, separated by commas
    #[arg(long, value_name = "EVENT", required = true, value_delimiter = ',', value_parser = arguments::label::<WebhookEventType>())]
    events: Vec<String>,
    /// A short label
    #[arg(long, value_parser = arguments::text::<EndpointLabel>)]
    name: Option<EndpointLabel>,
    /// What people note of it
    #[arg(long, value_parser = arguments::text::<EndpointDescription>)]
    description: Option<EndpointDescription>,
    #[command(flatten)]
    reach: ReachArgs,
    #[command(flatten)]
    common: Common,
}

#[derive(Args, Debug)]
pub(in crate::cli) struct List {
    #[command(flatten)]
    common: Common,
}

#[derive(Args, Debug)]
pub(in crate::cli) struct Update {
    /// The endpoint's id
    #[arg(value_name = "ENDPOINT_ID")]
    id: WebhookEndpointId,
    /// Where deliveries go
    #[arg(long)]
    url: Option<String>,
    /// Of what it hears, separated by commas, in place of what it did
    #[arg(long, value_name = "EVENT", value_delimiter = ',', value_parser = arguments::label::<WebhookEventType>())]
    events: Vec<String>,
    /// A short label
    #[arg(long, value_parser = arguments::text::<EndpointLabel>)]
    name: Option<EndpointLabel>,
    /// What people note of it
    #[arg(long, value_parser = arguments::text::<EndpointDescription>)]
    description: Option<EndpointDescription>,
    /// Whether deliveries are sent to it
    #[arg(long, value_parser = arguments::label::<EndpointState>())]
    state: Option<String>,
    #[command(flatten)]
    reach: ReachArgs,
    #[command(flatten)]
    common: Common,
}

#[derive(Args, Debug)]
pub(in crate::cli) struct One {
    /// The endpoint's id
    #[arg(value_name = "ENDPOINT_ID")]
    id: WebhookEndpointId,
    #[command(flatten)]
    common: Common,
}

#[derive(Args, Debug)]
pub(in crate::cli) struct Deliveries {
    /// The endpoint's id
    #[arg(value_name = "ENDPOINT_ID")]
    id: WebhookEndpointId,
    /// The most deliveries to print, up to 100
    #[arg(long, value_name = "N", default_value = "20")]
    limit: NonZeroU32,
    #[command(flatten)]
    common: Common,
}

#[derive(Args, Debug)]
pub(in crate::cli) struct Redeliver {
    /// The endpoint's id
    #[arg(value_name = "ENDPOINT_ID")]
    id: WebhookEndpointId,
    /// The id of the event
    #[arg(value_name = "EVENT_ID")]
    event: EventId,
    #[command(flatten)]
    common: Common,
}

#[derive(Args, Clone, Copy, Debug)]
struct ReachArgs {
    /// Take http and addresses that are not on the internet: for a service that delivers there
    #[arg(long, env = "UPROF_WEBHOOKS_ALLOW_INSECURE")]
    webhooks_allow_insecure: bool,
}

#[derive(Args, Debug)]
struct Common {
    /// The organization's id
    #[arg(long, value_name = "ORGANIZATION_ID")]
    organization: OrganizationId,
    /// How to print
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    #[command(flatten)]
    database: DatabaseArgs,
}

impl Webhooks {
    pub(in crate::cli) fn run(self) -> VerbResult {
        match self {
            Self::Create(verb) => verb.run(),
            Self::List(verb) => verb.run(),
            Self::Update(verb) => verb.run(),
            Self::Delete(verb) => verb.delete(),
            Self::RegenerateSecret(verb) => verb.regenerate_secret(),
            Self::Deliveries(verb) => verb.run(),
            Self::Redeliver(verb) => verb.run(),
        }
    }
}

impl ReachArgs {
    fn url(self, text: String) -> Result<WebhookUrl, CliError> {
        let reach = if self.webhooks_allow_insecure { Reach::Anywhere } else { Reach::Internet };
        WebhookUrl::parse(text, reach).map_err(|why| format!("--url: {}", why.message.unwrap_or(why.code)).into())
    }
}

impl Create {
    fn run(self) -> VerbResult {
        let now = SystemClock.now();
        let endpoint = WebhookEndpoint {
            id: WebhookEndpointId::new(RandomIds::default().next(now)),
            created_at: now,
            updated_at: now,
            url: self.reach.url(self.url)?,
            name: self.name.unwrap_or_default(),
            description: self.description.unwrap_or_default(),
            enabled_events: subjects(&self.events),
            state: EndpointState::Enabled,
            disabled_reason: String::new(),
        };
        let secret = SigningSecret::new(SystemRandomness.bits()?);
        let (organization, kept) = (self.common.organization, secret.clone());
        let created = with_pool(&self.common.database, async |pool| {
            PgWebhooks::new(pool).create(organization, endpoint, kept, None).await?.done()
        })?;
        output::one(self.common.format, &Shown::with_secret(created, &secret))
    }
}

impl List {
    fn run(self) -> VerbResult {
        let organization = self.common.organization;
        // More than an organization may have.
        let limit = PageLimit::new(PageLimit::MAX).unwrap_or_default();
        let query = CursorPageQuery { order: Order::Ascending, limit, after: None, before: None };
        let found =
            with_pool(&self.common.database, async |pool| PgWebhooks::new(pool).list(organization, query).await)?;
        output::all(self.common.format, &found.items.into_iter().map(Shown::from).collect::<Vec<_>>())
    }
}

impl Update {
    fn run(self) -> VerbResult {
        let patch = EndpointPatch {
            url: self.url.map(|url| self.reach.url(url)).transpose()?,
            name: self.name,
            description: self.description,
            enabled_events: subjects(&self.events),
            state: self.state.as_deref().and_then(EndpointState::from_label),
        };
        let (organization, now) = (self.common.organization, SystemClock.now());
        let updated = with_pool(&self.common.database, async |pool| {
            PgWebhooks::new(pool).update(organization, self.id, patch, now, None).await?.done()
        })?;
        output::one(self.common.format, &Shown::from(updated))
    }
}

impl One {
    fn delete(self) -> VerbResult {
        let organization = self.common.organization;
        with_pool(&self.common.database, async |pool| PgWebhooks::new(pool).delete(organization, self.id).await)?;
        output::one(self.common.format, &Deleted::new(self.id))
    }

    fn regenerate_secret(self) -> VerbResult {
        let (organization, now) = (self.common.organization, SystemClock.now());
        let secret = SigningSecret::new(SystemRandomness.bits()?);
        let kept = secret.clone();
        let endpoint = with_pool(&self.common.database, async |pool| {
            let webhooks = PgWebhooks::new(pool);
            webhooks.rotate(organization, self.id, kept, now + ROTATION, now, None).await?.done()?;
            webhooks.retrieve(organization, self.id).await
        })?;
        output::one(self.common.format, &Shown::with_secret(endpoint, &secret))
    }
}

impl Deliveries {
    fn run(self) -> VerbResult {
        let limit = PageLimit::new(self.limit.get()).ok_or("--limit: expected at most 100")?;
        let query = CursorPageQuery { order: Order::Descending, limit, after: None, before: None };
        let organization = self.common.organization;
        let found = with_pool(&self.common.database, async |pool| {
            PgWebhooks::new(pool).deliveries(organization, self.id, query).await
        })?;
        output::all(self.common.format, &found.items.into_iter().map(ShownDelivery::from).collect::<Vec<_>>())
    }
}

impl Redeliver {
    fn run(self) -> VerbResult {
        let (organization, now) = (self.common.organization, SystemClock.now());
        let queued = with_pool(&self.common.database, async |pool| {
            PgWebhooks::new(pool).redeliver(organization, self.id, self.event, now, None).await?.done()
        })?;
        output::one(self.common.format, &ShownDelivery::from(queued))
    }
}

/// Each once, in the order given.
fn subjects(words: &[String]) -> Vec<WebhookEventType> {
    let mut subjects = Vec::new();
    for subject in words.iter().filter_map(|word| WebhookEventType::from_label(word)) {
        if !subjects.contains(&subject) {
            subjects.push(subject);
        }
    }
    subjects
}
