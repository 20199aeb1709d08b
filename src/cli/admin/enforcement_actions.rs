//! `uprof enforcement-actions`.

use std::num::NonZeroUsize;
use std::sync::Arc;

use clap::{Args, Subcommand, ValueEnum};

use super::arguments::{ConditionArgs, OrganizationArgs};
use super::paging::read_list;
use crate::api::operator::enforcement::WireEnforcementRecord;
use crate::cli::error::VerbResult;
use crate::cli::output::Printable;
use crate::cli::values;
use crate::domain::clock::{Clock, SystemClock, Timestamp};
use crate::domain::id::{EnforcementActionId, IdSource, ProfileId, RandomIds};
use crate::domain::label::EnumLabel;
use crate::domain::page::Order;
use crate::domain::repository::EnforcementRepository;
use crate::domain::text::{Actor, Rationale, Text};
use crate::domain::trust::enforcement::{EnforcementKind, EnforcementReason};
use crate::domain::trust::enforcement_record::{EnforcementQuery, EnforcementRecord, EnforcementStep, Opening};
use crate::storage::{Outbox, PgEnforcement, Pool};

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum EnforcementActionsCommand {
    /// Restrict or ban a profile
    Open(OpenAction),
    /// List all enforcement actions on a profile, newest first, including resolved ones
    List(ListActions),
    /// Lift a restriction or a ban
    Resolve(ResolveAction),
    /// Record that an identity check was submitted, or has failed
    RecordCheck(RecordCheck),
}

#[derive(Args, Debug)]
pub(in crate::cli) struct OpenAction {
    /// The profile's id
    #[arg(value_name = "PROFILE_ID")]
    profile: ProfileId,
    /// Serve the entity in part (restriction) or not at all (ban)
    #[arg(long = "type", value_name = "TYPE", value_parser = values::label::<EnforcementKind>())]
    kind: EnforcementKind,
    /// Why the action is opened
    #[arg(long, value_parser = values::label::<EnforcementReason>())]
    reason: EnforcementReason,
    /// Offer the entity an identity check that can clear the restriction
    #[arg(long)]
    verify: bool,
    /// When the restriction expires, as 2027-01-31T00:00:00Z [default: never]
    #[arg(long, value_name = "TIME", value_parser = values::timestamp)]
    expires_at: Option<Timestamp>,
    #[command(flatten)]
    author: AuthorArgs,
    #[command(flatten)]
    condition: ConditionArgs,
    #[command(flatten)]
    organization: OrganizationArgs,
}

#[derive(Args, Debug)]
pub(in crate::cli) struct ListActions {
    /// The profile's id
    #[arg(value_name = "PROFILE_ID")]
    profile: ProfileId,
    /// The maximum number of actions to print
    #[arg(long, value_name = "N", default_value = "100")]
    limit: NonZeroUsize,
    #[command(flatten)]
    organization: OrganizationArgs,
}

#[derive(Args, Debug)]
pub(in crate::cli) struct ResolveAction {
    #[command(flatten)]
    author: AuthorArgs,
    #[command(flatten)]
    condition: ConditionArgs,
    #[command(flatten)]
    action: ActionArgs,
}

#[derive(Args, Debug)]
pub(in crate::cli) struct RecordCheck {
    #[command(flatten)]
    condition: ConditionArgs,
    #[command(flatten)]
    action: ActionArgs,
    /// The outcome of the check
    #[arg(value_enum)]
    outcome: CheckOutcome,
}

#[derive(Args, Debug)]
struct ActionArgs {
    /// The profile's id
    #[arg(value_name = "PROFILE_ID")]
    profile: ProfileId,
    /// The action's id
    #[arg(value_name = "ACTION_ID")]
    id: EnforcementActionId,
    #[command(flatten)]
    organization: OrganizationArgs,
}

#[derive(Args, Debug)]
struct AuthorArgs {
    /// Who does this: a person or a program
    #[arg(long, value_parser = values::text::<Actor>)]
    actor: Actor,
    /// A note for later readers
    #[arg(long, value_parser = values::text::<Rationale>)]
    note: Option<Rationale>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum CheckOutcome {
    /// It is in review.
    Submitted,
    /// It has not cleared the action.
    Failed,
}

impl EnforcementActionsCommand {
    pub(in crate::cli) fn run(self) -> VerbResult {
        match self {
            Self::Open(verb) => verb.run(),
            Self::List(verb) => verb.run(),
            Self::Resolve(ResolveAction { action, condition, author }) => {
                action.advance(EnforcementStep::Resolve { by: author.actor, note: author.note }, condition)
            }
            Self::RecordCheck(RecordCheck { action, condition, outcome }) => {
                let step = match outcome {
                    CheckOutcome::Submitted => EnforcementStep::SubmitCheck,
                    CheckOutcome::Failed => EnforcementStep::FailCheck,
                };
                action.advance(step, condition)
            }
        }
    }
}

impl OpenAction {
    fn run(self) -> VerbResult {
        let OrganizationArgs { organization, admin } = self.organization;
        let now = SystemClock.now();
        let opening = Opening {
            kind: self.kind,
            reason: self.reason,
            expires_at: self.expires_at,
            offers_check: self.verify,
            opened_by: self.author.actor,
            note: self.author.note,
        };
        let record = opening.into_record(EnforcementActionId::new(RandomIds::default().next(now)), now)?;
        let condition = self.condition.condition();
        let opened = admin.with_pool(async |pool| {
            repository(pool).open(organization, self.profile, record, condition, None).await?.done()
        })?;
        admin.print(&printable(opened))
    }
}

impl ListActions {
    fn run(self) -> VerbResult {
        let OrganizationArgs { organization, admin } = self.organization;
        let found = admin.with_pool(async |pool| {
            let actions = repository(pool);
            read_list(self.limit, async |limit, after| {
                let query = EnforcementQuery { profile_id: self.profile, order: Order::Descending, limit, after };
                actions.list(organization, query, SystemClock.now()).await
            })
            .await
        })?;
        admin.print_all(found.into_iter().map(printable))
    }
}

impl ActionArgs {
    fn advance(self, step: EnforcementStep, condition: ConditionArgs) -> VerbResult {
        let OrganizationArgs { organization, admin } = self.organization;
        let now = SystemClock.now();
        let condition = condition.condition();
        let advanced = admin.with_pool(async |pool| {
            repository(pool).advance(organization, (self.profile, self.id), step, condition, now, None).await?.done()
        })?;
        admin.print(&printable(advanced))
    }
}

fn repository(pool: Pool) -> PgEnforcement {
    PgEnforcement::new(pool, Outbox::new(Arc::new(RandomIds::default())))
}

fn printable(record: EnforcementRecord) -> Printable<WireEnforcementRecord> {
    let action = &record.action;
    let state = match (&record.end, action.expires_at) {
        (Some(end), _) => format!("ended {} by {}", values::rfc3339(end.at), end.by.as_str()),
        (None, Some(at)) => format!("open until {}", values::rfc3339(at)),
        (None, None) => "open".to_owned(),
    };
    let (kind, reason, opened) = (action.kind.as_str(), action.reason.as_str(), values::rfc3339(action.opened_at));
    let text = format!("{}  {kind}  {reason}  {opened}  {state}", action.id);
    Printable::new(record.into(), text)
}
