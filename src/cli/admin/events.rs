//! `uprof events`.

use std::num::NonZeroUsize;

use clap::{Args, Subcommand};
use serde::Serialize;

use super::arguments;
use crate::api::operator::event::WireEvent;
use crate::cli::database::with_pool;
use crate::cli::error::VerbResult;
use crate::cli::output;
use crate::cli::output::{Format, Show};
use crate::config::DatabaseArgs;
use crate::domain::clock::Timestamp;
use crate::domain::event::{Event, EventDetails, EventKind, EventQuery};
use crate::domain::id::{OrganizationId, ProfileId};
use crate::domain::label::EnumLabel;
use crate::domain::page::{Order, PageLimit};
use crate::domain::repository::EventRepository;
use crate::domain::text::Text;
use crate::storage::PgEvents;

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum Events {
    /// List what happened to an organization's profiles, newest first
    List(List),
}

#[derive(Args, Debug)]
pub(in crate::cli) struct List {
    /// The organization's id
    #[arg(long, value_name = "ORGANIZATION_ID")]
    organization: OrganizationId,
    /// Only what happened to this profile, which may be gone
    #[arg(long, value_name = "PROFILE_ID")]
    user_profile: Option<ProfileId>,
    /// Only events of these kinds, separated by commas
    #[arg(long = "type", value_name = "TYPE", value_delimiter = ',', value_parser = arguments::label::<EventKind>())]
    kinds: Vec<String>,
    /// Only what happened from this time on, as 2027-01-31T00:00:00Z
    #[arg(long, value_name = "TIME", value_parser = arguments::timestamp)]
    starting_at: Option<Timestamp>,
    /// Only what happened before this time
    #[arg(long, value_name = "TIME", value_parser = arguments::timestamp)]
    ending_at: Option<Timestamp>,
    /// The way the list runs
    #[arg(long, default_value = Order::Descending.as_str(), value_parser = arguments::label::<Order>())]
    order: String,
    /// The most events to print
    #[arg(long, value_name = "N", default_value = "100")]
    limit: NonZeroUsize,
    /// How to print
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    #[command(flatten)]
    database: DatabaseArgs,
}

impl Events {
    pub(in crate::cli) fn run(self) -> VerbResult {
        match self {
            Self::List(verb) => verb.run(),
        }
    }
}

impl List {
    fn run(self) -> VerbResult {
        let mut query = EventQuery {
            order: Order::from_label(&self.order).unwrap_or_default(),
            limit: u32::try_from(self.limit.get()).ok().and_then(PageLimit::new).unwrap_or_default(),
            after: None,
            profile_id: self.user_profile,
            kinds: self.kinds.iter().filter_map(|kind| EventKind::from_label(kind)).collect(),
            since: self.starting_at,
            until: self.ending_at,
        };
        let (organization, most) = (self.organization, self.limit.get());
        let found = with_pool(&self.database, async |pool| {
            let events = PgEvents::new(pool);
            let mut found = Vec::new();
            loop {
                let page = events.list(organization, query.clone()).await?;
                found.extend(page.items);
                query.after = page.next;
                if query.after.is_none() || found.len() >= most {
                    found.truncate(most);
                    return Ok(found);
                }
            }
        })?;
        output::all(self.format, &found.into_iter().map(Shown::from).collect::<Vec<_>>())
    }
}

#[derive(Serialize)]
#[serde(transparent)]
struct Shown {
    event: WireEvent,
    #[serde(skip)]
    text: String,
}

impl Show for Shown {
    fn text(&self) -> String {
        self.text.clone()
    }
}

impl From<Event> for Shown {
    fn from(event: Event) -> Self {
        let more = match &event.details {
            EventDetails::Created | EventDetails::Erased => String::new(),
            EventDetails::Updated(fields) => fields.iter().map(|field| field.as_str()).collect::<Vec<_>>().join(","),
            EventDetails::ProgramStatusUpdated { grant, status } => {
                format!("{} {}", grant.as_str(), status.map_or("none", EnumLabel::as_str))
            }
            EventDetails::EnforcementActionOpened(id) | EventDetails::EnforcementActionResolved(id) => id.to_string(),
        };
        let (at, kind) = (arguments::rfc3339(event.created_at), event.details.kind().as_str());
        let text = format!("{}  {at}  {}  {kind}  {more}", event.id, event.profile_id).trim_end().to_owned();
        Self { event: event.into(), text }
    }
}
