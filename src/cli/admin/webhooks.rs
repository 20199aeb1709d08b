//! `uprof webhooks`.

use std::num::NonZeroUsize;

use clap::{Args, Subcommand};

use super::arguments::OrganizationArgs;
use super::paging::{keyed, read_list};
use super::webhook_output::{printable_delivery, printable_endpoint, printable_removal};
use crate::cli::error::{CliError, VerbResult};
use crate::cli::values;
use crate::config::ReachArgs;
use crate::domain::clock::{Clock, SystemClock};
use crate::domain::id::{EventId, IdSource, RandomIds, WebhookEndpointId};
use crate::domain::page::Order;
use crate::domain::random::{Randomness, SystemRandomness};
use crate::domain::repository::WebhookRepository;
use crate::domain::webhook::endpoint::{
    CursorPageQuery, EndpointDescription, EndpointLabel, EndpointPatch, EndpointState, WebhookEndpoint,
    WebhookEventType,
};
use crate::domain::webhook::secret::{ROTATION, SigningSecret};
use crate::domain::webhook::url::WebhookUrl;
use crate::storage::PgWebhooks;

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum WebhooksCommand {
    /// Create an endpoint and print its signing secret; the secret cannot be shown again
    Create(CreateEndpoint),
    /// List an organization's endpoints, oldest first
    List(OrganizationArgs),
    /// Change the given fields of an endpoint
    Update(UpdateEndpoint),
    /// Delete an endpoint and its deliveries
    Delete(EndpointArgs),
    /// Replace an endpoint's signing secret; the old one stays valid for 24 hours
    RegenerateSecret(EndpointArgs),
    /// List the deliveries to an endpoint, newest first
    Deliveries(ListDeliveries),
    /// Deliver an event again, whatever the state of its delivery
    Redeliver(RedeliverEvent),
}

#[derive(Args, Debug)]
pub(in crate::cli) struct CreateEndpoint {
    /// The URL that deliveries are sent to
    #[arg(long)]
    url: String,
    /// The events to deliver, separated by commas
    #[arg(long, value_name = "EVENT", required = true, value_delimiter = ',', value_parser = values::label::<WebhookEventType>())]
    events: Vec<WebhookEventType>,
    /// A short label
    #[arg(long, value_parser = values::text::<EndpointLabel>)]
    name: Option<EndpointLabel>,
    /// Notes
    #[arg(long, value_parser = values::text::<EndpointDescription>)]
    description: Option<EndpointDescription>,
    #[command(flatten)]
    reach: ReachArgs,
    #[command(flatten)]
    organization: OrganizationArgs,
}

#[derive(Args, Debug)]
pub(in crate::cli) struct UpdateEndpoint {
    /// The URL that deliveries are sent to
    #[arg(long)]
    url: Option<String>,
    /// The events to deliver, separated by commas; they replace the present ones
    #[arg(long, value_name = "EVENT", value_delimiter = ',', value_parser = values::label::<WebhookEventType>())]
    events: Vec<WebhookEventType>,
    /// A short label
    #[arg(long, value_parser = values::text::<EndpointLabel>)]
    name: Option<EndpointLabel>,
    /// Notes
    #[arg(long, value_parser = values::text::<EndpointDescription>)]
    description: Option<EndpointDescription>,
    /// Whether deliveries are sent
    #[arg(long, value_parser = values::label::<EndpointState>())]
    state: Option<EndpointState>,
    #[command(flatten)]
    reach: ReachArgs,
    #[command(flatten)]
    endpoint: EndpointArgs,
}

#[derive(Args, Debug)]
pub(in crate::cli) struct EndpointArgs {
    /// The endpoint's id
    #[arg(value_name = "ENDPOINT_ID")]
    id: WebhookEndpointId,
    #[command(flatten)]
    organization: OrganizationArgs,
}

#[derive(Args, Debug)]
pub(in crate::cli) struct ListDeliveries {
    /// The maximum number of deliveries to print
    #[arg(long, value_name = "N", default_value = "20")]
    limit: NonZeroUsize,
    #[command(flatten)]
    endpoint: EndpointArgs,
}

#[derive(Args, Debug)]
pub(in crate::cli) struct RedeliverEvent {
    #[command(flatten)]
    endpoint: EndpointArgs,
    /// The event's id
    #[arg(value_name = "EVENT_ID")]
    event: EventId,
}

impl WebhooksCommand {
    pub(in crate::cli) fn run(self) -> VerbResult {
        match self {
            Self::Create(verb) => verb.run(),
            Self::List(organization) => list(&organization),
            Self::Update(verb) => verb.run(),
            Self::Delete(verb) => verb.delete(),
            Self::RegenerateSecret(verb) => verb.regenerate_secret(),
            Self::Deliveries(verb) => verb.run(),
            Self::Redeliver(verb) => verb.run(),
        }
    }
}

fn parse_url(text: String, reach: ReachArgs) -> Result<WebhookUrl, CliError> {
    WebhookUrl::parse(text, reach.allowed()).map_err(|why| format!("--url: {}", why.message.unwrap_or(why.code)).into())
}

impl CreateEndpoint {
    fn run(self) -> VerbResult {
        let OrganizationArgs { organization, admin } = self.organization;
        let now = SystemClock.now();
        let endpoint = WebhookEndpoint {
            id: WebhookEndpointId::new(RandomIds::default().next(now)),
            created_at: now,
            updated_at: now,
            url: parse_url(self.url, self.reach)?.into(),
            name: self.name.unwrap_or_default(),
            description: self.description.unwrap_or_default(),
            enabled_events: distinct(self.events),
            state: EndpointState::Enabled,
            disabled_reason: String::new(),
        };
        let secret = SigningSecret::new(SystemRandomness.bits()?);
        let created = admin.with_pool(async |pool| {
            PgWebhooks::new(pool).create(organization, endpoint, secret.clone(), None).await?.done()
        })?;
        admin.print(&printable_endpoint(created, Some(&secret)))
    }
}

fn list(OrganizationArgs { organization, admin }: &OrganizationArgs) -> VerbResult {
    let found = admin.with_pool(async |pool| {
        let webhooks = PgWebhooks::new(pool);
        read_list(NonZeroUsize::MAX, async |limit, after| {
            let query = CursorPageQuery { order: Order::Ascending, limit, after, before: None };
            Ok(keyed(webhooks.list(*organization, query).await?, |endpoint| endpoint.id))
        })
        .await
    })?;
    admin.print_all(found.into_iter().map(|endpoint| printable_endpoint(endpoint, None)))
}

impl UpdateEndpoint {
    fn run(self) -> VerbResult {
        let EndpointArgs { id, organization: OrganizationArgs { organization, admin } } = self.endpoint;
        let patch = EndpointPatch {
            url: self.url.map(|url| parse_url(url, self.reach)).transpose()?,
            name: self.name,
            description: self.description,
            enabled_events: distinct(self.events),
            state: self.state,
        };
        let now = SystemClock.now();
        let updated = admin
            .with_pool(async |pool| PgWebhooks::new(pool).update(organization, id, patch, now, None).await?.done())?;
        admin.print(&printable_endpoint(updated, None))
    }
}

impl EndpointArgs {
    fn delete(self) -> VerbResult {
        let Self { id, organization: OrganizationArgs { organization, admin } } = self;
        admin.with_pool(async |pool| PgWebhooks::new(pool).delete(organization, id).await)?;
        admin.print(&printable_removal(id))
    }

    fn regenerate_secret(self) -> VerbResult {
        let Self { id, organization: OrganizationArgs { organization, admin } } = self;
        let now = SystemClock.now();
        let secret = SigningSecret::new(SystemRandomness.bits()?);
        let endpoint = admin.with_pool(async |pool| {
            let webhooks = PgWebhooks::new(pool);
            webhooks.rotate(organization, id, secret.clone(), now + ROTATION, now, None).await?.done()?;
            webhooks.retrieve(organization, id).await
        })?;
        admin.print(&printable_endpoint(endpoint, Some(&secret)))
    }
}

impl ListDeliveries {
    fn run(self) -> VerbResult {
        let EndpointArgs { id, organization: OrganizationArgs { organization, admin } } = self.endpoint;
        let found = admin.with_pool(async |pool| {
            let webhooks = PgWebhooks::new(pool);
            read_list(self.limit, async |limit, after| {
                let query = CursorPageQuery { order: Order::Descending, limit, after, before: None };
                Ok(keyed(webhooks.deliveries(organization, id, query).await?, |delivery| delivery.event_id))
            })
            .await
        })?;
        admin.print_all(found.into_iter().map(printable_delivery))
    }
}

impl RedeliverEvent {
    fn run(self) -> VerbResult {
        let EndpointArgs { id, organization: OrganizationArgs { organization, admin } } = self.endpoint;
        let now = SystemClock.now();
        let queued = admin.with_pool(async |pool| {
            PgWebhooks::new(pool).redeliver(organization, id, self.event, now, None).await?.done()
        })?;
        admin.print(&printable_delivery(queued))
    }
}

/// Without duplicates, in the given order.
fn distinct(events: Vec<WebhookEventType>) -> Vec<WebhookEventType> {
    let mut distinct = Vec::new();
    for event in events {
        if !distinct.contains(&event) {
            distinct.push(event);
        }
    }
    distinct
}
