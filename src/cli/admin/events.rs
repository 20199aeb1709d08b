//! `uprof events`.

use std::num::NonZeroUsize;

use clap::{Args, Subcommand};

use super::arguments::OrganizationArgs;
use super::paging::read_list;
use crate::api::operator::event::WireEvent;
use crate::cli::error::VerbResult;
use crate::cli::output::Printable;
use crate::cli::values;
use crate::domain::clock::Timestamp;
use crate::domain::event::{Event, EventDetails, EventKind, EventQuery, EventSubject};
use crate::domain::id::ProfileId;
use crate::domain::label::EnumLabel;
use crate::domain::page::Order;
use crate::domain::repository::EventRepository;
use crate::domain::text::Text;
use crate::storage::PgEvents;

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum EventsCommand {
    /// List the events of an organization's profiles and API keys, newest first
    List(ListEvents),
}

#[derive(Args, Debug)]
pub(in crate::cli) struct ListEvents {
    /// Only events of this profile, which may be deleted
    #[arg(long, value_name = "PROFILE_ID")]
    user_profile: Option<ProfileId>,
    /// Only events of these types, separated by commas
    #[arg(long = "type", value_name = "TYPE", value_delimiter = ',', value_parser = values::label::<EventKind>())]
    kinds: Vec<EventKind>,
    /// Only events at or after this time, as 2027-01-31T00:00:00Z
    #[arg(long, value_name = "TIME", value_parser = values::timestamp)]
    starting_at: Option<Timestamp>,
    /// Only events before this time
    #[arg(long, value_name = "TIME", value_parser = values::timestamp)]
    ending_at: Option<Timestamp>,
    /// Oldest (asc) or newest (desc) first
    #[arg(long, default_value = Order::Descending.as_str(), value_parser = values::label::<Order>())]
    order: Order,
    /// The maximum number of events to print
    #[arg(long, value_name = "N", default_value = "100")]
    limit: NonZeroUsize,
    #[command(flatten)]
    organization: OrganizationArgs,
}

impl EventsCommand {
    pub(in crate::cli) fn run(self) -> VerbResult {
        match self {
            Self::List(verb) => verb.run(),
        }
    }
}

impl ListEvents {
    fn run(self) -> VerbResult {
        let OrganizationArgs { organization, admin } = self.organization;
        let found = admin.with_pool(async |pool| {
            let events = PgEvents::new(pool);
            read_list(self.limit, async |limit, after| {
                let query = EventQuery {
                    order: self.order,
                    limit,
                    after,
                    profile_id: self.user_profile,
                    kinds: self.kinds.clone(),
                    since: self.starting_at,
                    until: self.ending_at,
                };
                events.list(organization, query).await
            })
            .await
        })?;
        admin.print_all(found.into_iter().map(printable))
    }
}

fn printable(event: Event) -> Printable<WireEvent> {
    let (subject, details) = match &event.subject {
        EventSubject::Profile(id, details) => (id.to_string(), readable(details)),
        EventSubject::ApiKey(id, _, actor) => (id.to_string(), actor.to_string()),
    };
    let (at, kind) = (values::rfc3339(event.created_at), event.kind().as_str());
    let text = format!("{}  {at}  {subject}  {kind}  {details}", event.id);
    Printable::new(event.into(), text.trim_end().to_owned())
}

fn readable(details: &EventDetails) -> String {
    match details {
        EventDetails::Created | EventDetails::Erased => String::new(),
        EventDetails::Updated(fields) => fields.iter().map(|field| field.as_str()).collect::<Vec<_>>().join(","),
        EventDetails::ProgramStatusUpdated { grant, status } => {
            format!("{} {}", grant.as_str(), status.map_or("none", EnumLabel::as_str))
        }
        EventDetails::EnforcementActionOpened(id)
        | EventDetails::EnforcementActionUpdated(id)
        | EventDetails::EnforcementActionResolved(id) => id.to_string(),
    }
}
