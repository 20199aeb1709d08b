//! `uprof enforcement-actions`.

use std::num::NonZeroUsize;
use std::sync::Arc;

use clap::{Args, Subcommand};
use serde::Serialize;

use super::arguments;
use crate::api::operator::enforcement::WireEnforcementRecord;
use crate::cli::database::with_pool;
use crate::cli::error::VerbResult;
use crate::cli::output;
use crate::cli::output::{Format, Show};
use crate::config::DatabaseArgs;
use crate::domain::clock::{Clock, SystemClock, Timestamp};
use crate::domain::id::{EnforcementActionId, IdSource, OrganizationId, ProfileId, RandomIds};
use crate::domain::label::EnumLabel;
use crate::domain::page::Order;
use crate::domain::repository::EnforcementRepository;
use crate::domain::text::{Actor, Rationale, Text};
use crate::domain::trust::enforcement::{EnforcementKind, EnforcementReason};
use crate::domain::trust::enforcement_record::{EnforcementQuery, EnforcementRecord, EnforcementStep, Opening};
use crate::storage::{Outbox, PgEnforcement, Pool};

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum EnforcementActions {
    /// Place a limit on a profile
    Open(Open),
    /// List every limit that was ever placed on a profile, newest first
    List(List),
    /// Lift a limit
    Resolve(Resolve),
    /// Record what became of the identity check that a restriction offers
    RecordCheck(RecordCheck),
}

#[derive(Args, Debug)]
pub(in crate::cli) struct Open {
    /// The profile's id
    #[arg(value_name = "PROFILE_ID")]
    profile: ProfileId,
    /// Whether the entity is served in part, or not at all
    #[arg(long = "type", value_name = "TYPE", value_parser = arguments::label::<EnforcementKind>())]
    kind: String,
    /// Why the limit is placed
    #[arg(long, value_parser = arguments::label::<EnforcementReason>())]
    reason: String,
    /// Offer the entity to clear a restriction by an identity check
    #[arg(long)]
    verify: bool,
    /// When a restriction ends on its own, as 2027-01-31T00:00:00Z [default: it does not]
    #[arg(long, value_name = "TIME", value_parser = arguments::timestamp)]
    expires_at: Option<Timestamp>,
    #[command(flatten)]
    who: Who,
    #[command(flatten)]
    common: Common,
}

#[derive(Args, Debug)]
pub(in crate::cli) struct List {
    /// The profile's id
    #[arg(value_name = "PROFILE_ID")]
    profile: ProfileId,
    /// The most limits to print
    #[arg(long, value_name = "N", default_value = "100")]
    limit: NonZeroUsize,
    #[command(flatten)]
    common: Common,
}

#[derive(Args, Debug)]
pub(in crate::cli) struct Resolve {
    #[command(flatten)]
    one: One,
    #[command(flatten)]
    who: Who,
    #[command(flatten)]
    common: Common,
}

#[derive(Args, Debug)]
pub(in crate::cli) struct RecordCheck {
    #[command(flatten)]
    one: One,
    /// Whether the check was submitted, or has not cleared the limit
    #[arg(value_parser = ["submitted", "failed"])]
    outcome: String,
    #[command(flatten)]
    common: Common,
}

#[derive(Args, Debug)]
struct One {
    /// The profile's id
    #[arg(value_name = "PROFILE_ID")]
    profile: ProfileId,
    /// The limit's id
    #[arg(value_name = "ACTION_ID")]
    id: EnforcementActionId,
}

#[derive(Args, Debug)]
struct Who {
    /// Who does this: a person or a program
    #[arg(long, value_parser = arguments::text::<Actor>)]
    actor: Actor,
    /// What they note, for those who read it later
    #[arg(long, value_parser = arguments::text::<Rationale>)]
    note: Option<Rationale>,
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

impl EnforcementActions {
    pub(in crate::cli) fn run(self) -> VerbResult {
        match self {
            Self::Open(verb) => verb.run(),
            Self::List(verb) => verb.run(),
            Self::Resolve(verb) => {
                let step = EnforcementStep::Resolve { by: verb.who.actor, note: verb.who.note };
                advance(&verb.one, step, &verb.common)
            }
            Self::RecordCheck(verb) => {
                let submitted = verb.outcome == "submitted";
                let step = if submitted { EnforcementStep::SubmitCheck } else { EnforcementStep::FailCheck };
                advance(&verb.one, step, &verb.common)
            }
        }
    }
}

impl Open {
    fn run(self) -> VerbResult {
        let (organization, now) = (self.common.organization, SystemClock.now());
        let opening = Opening {
            kind: EnforcementKind::from_label(&self.kind).ok_or("--type is none that there is")?,
            reason: EnforcementReason::from_label(&self.reason).ok_or("--reason is none that there is")?,
            expires_at: self.expires_at,
            offers_check: self.verify,
            opened_by: self.who.actor,
            note: self.who.note,
        };
        let record = opening.into_record(EnforcementActionId::new(RandomIds::default().next(now)), now)?;
        let opened = with_pool(&self.common.database, async |pool| {
            port(pool).open(organization, self.profile, record, None).await?.done()
        })?;
        output::one(self.common.format, &Shown::from(opened))
    }
}

impl List {
    fn run(self) -> VerbResult {
        let (organization, most) = (self.common.organization, self.limit.get());
        let mut query = EnforcementQuery {
            profile_id: self.profile,
            order: Order::default(),
            limit: arguments::page_limit(most),
            after: None,
        };
        let found = with_pool(&self.common.database, async |pool| {
            let (actions, mut found) = (port(pool), Vec::new());
            loop {
                let page = actions.list(organization, query, SystemClock.now()).await?;
                found.extend(page.items);
                query.after = page.next;
                if query.after.is_none() || found.len() >= most {
                    found.truncate(most);
                    return Ok(found);
                }
            }
        })?;
        output::all(self.common.format, &found.into_iter().map(Shown::from).collect::<Vec<_>>())
    }
}

fn advance(one: &One, step: EnforcementStep, common: &Common) -> VerbResult {
    let (organization, now) = (common.organization, SystemClock.now());
    let after = with_pool(&common.database, async |pool| {
        port(pool).advance(organization, (one.profile, one.id), step, now, None).await?.done()
    })?;
    output::one(common.format, &Shown::from(after))
}

fn port(pool: Pool) -> PgEnforcement {
    PgEnforcement::new(pool, Outbox::new(Arc::new(RandomIds::default())))
}

#[derive(Serialize)]
#[serde(transparent)]
struct Shown {
    record: WireEnforcementRecord,
    #[serde(skip)]
    text: String,
}

impl Show for Shown {
    fn text(&self) -> String {
        self.text.clone()
    }
}

impl From<EnforcementRecord> for Shown {
    fn from(record: EnforcementRecord) -> Self {
        let action = &record.action;
        let state = match (&record.end, action.expires_at) {
            (Some(end), _) => format!("ended {} by {}", arguments::rfc3339(end.at), end.by.as_str()),
            (None, Some(at)) => format!("open until {}", arguments::rfc3339(at)),
            (None, None) => "open".to_owned(),
        };
        let text = format!(
            "{}  {}  {}  {}  {state}",
            action.id,
            action.kind.as_str(),
            action.reason.as_str(),
            arguments::rfc3339(action.opened_at)
        );
        Self { record: record.into(), text }
    }
}
