//! `uprof trust-grants`.

use std::num::NonZeroUsize;
use std::sync::Arc;

use clap::{Args, Subcommand};

use super::arguments::{ConditionArgs, OrganizationArgs, check_expiry};
use super::paging::read_list;
use crate::api::operator::grant_decision::WireDecision;
use crate::api::operator::trust_grant::WireTrustGrant;
use crate::cli::error::{CliError, VerbResult};
use crate::cli::output::Printable;
use crate::cli::values;
use crate::domain::Error;
use crate::domain::clock::{Clock, SystemClock, Timestamp};
use crate::domain::id::{DecisionId, IdSource, ProfileId, RandomIds};
use crate::domain::label::EnumLabel;
use crate::domain::page::Order;
use crate::domain::repository::TrustGrantRepository;
use crate::domain::text::{Actor, Rationale, Text};
use crate::domain::trust::decision::{Decision, DecisionQuery};
use crate::domain::trust::grant::{
    CYBER_TIERS, EFS_FEATURES, GrantName, GrantPart, GrantParts, GrantQuery, PartStatus, ProfileGrant, Requirements,
    TrustGrantStatus,
};
use crate::domain::trust::verdict::{DecidedStatus, Verdict, VerdictViolation};
use crate::storage::{Outbox, PgTrustGrants, Pool};

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum TrustGrantsCommand {
    /// List the trust grants of an organization's profiles, oldest first; by default those that wait for a decision
    List(ListGrants),
    /// Decide a trust grant of a profile
    Decide(DecideGrant),
    /// List the decisions on a trust grant of a profile, newest first
    Decisions(ListDecisions),
}

#[derive(Args, Debug)]
pub(in crate::cli) struct ListGrants {
    /// Only grants with this status
    #[arg(long, default_value = TrustGrantStatus::Pending.as_str(), value_parser = values::label::<TrustGrantStatus>())]
    status: TrustGrantStatus,
    /// The maximum number of grants to print
    #[arg(long, value_name = "N", default_value = "100")]
    limit: NonZeroUsize,
    #[command(flatten)]
    organization: OrganizationArgs,
}

#[derive(Args, Debug)]
pub(in crate::cli) struct DecideGrant {
    /// The decision: grant it, record that it was asked for, reject it, or withdraw it
    #[arg(long, value_parser = values::label::<DecidedStatus>())]
    status: DecidedStatus,
    /// Who decides: a person or a program
    #[arg(long, value_parser = values::text::<Actor>)]
    actor: Actor,
    /// The reason, for later readers
    #[arg(long, value_parser = values::text::<Rationale>)]
    reason: Option<Rationale>,
    /// When the grant expires, as 2027-01-31T00:00:00Z [default: never]
    #[arg(long, value_name = "TIME", value_parser = values::timestamp)]
    expires_at: Option<Timestamp>,
    /// An active tier of cyber and its requirements: `a`, `a=data_retention`, `a=data_retention+human_review`; repeatable
    #[arg(long = "tier", value_name = "TIER", value_parser = tier)]
    tiers: Vec<(String, Requirements)>,
    /// An active feature of efs; repeatable
    #[arg(long = "feature", value_name = "FEATURE", value_parser = EFS_FEATURES)]
    features: Vec<String>,
    #[command(flatten)]
    condition: ConditionArgs,
    #[command(flatten)]
    grant: GrantArgs,
}

#[derive(Args, Debug)]
pub(in crate::cli) struct ListDecisions {
    /// The maximum number of decisions to print
    #[arg(long, value_name = "N", default_value = "100")]
    limit: NonZeroUsize,
    #[command(flatten)]
    grant: GrantArgs,
}

#[derive(Args, Debug)]
struct GrantArgs {
    /// The profile's id
    #[arg(value_name = "PROFILE_ID")]
    profile: ProfileId,
    /// The grant's name
    #[arg(value_name = "GRANT", value_parser = values::text::<GrantName>)]
    name: GrantName,
    #[command(flatten)]
    organization: OrganizationArgs,
}

impl TrustGrantsCommand {
    pub(in crate::cli) fn run(self) -> VerbResult {
        match self {
            Self::List(verb) => verb.run(),
            Self::Decide(verb) => verb.run(),
            Self::Decisions(verb) => verb.run(),
        }
    }
}

impl ListGrants {
    fn run(self) -> VerbResult {
        let OrganizationArgs { organization, admin } = self.organization;
        let found = admin.with_pool(async |pool| {
            let grants = repository(pool);
            read_list(self.limit, async |limit, after| {
                let query = GrantQuery { status: self.status, order: Order::Ascending, limit, after };
                grants.list(organization, query, SystemClock.now()).await
            })
            .await
        })?;
        admin.print_all(found.into_iter().map(printable_grant))
    }
}

impl DecideGrant {
    fn run(self) -> VerbResult {
        let GrantArgs { profile, name, organization: OrganizationArgs { organization, admin } } = self.grant;
        let now = SystemClock.now();
        let active = |requirements| GrantPart { status: PartStatus::Active, requirements };
        let tiers: GrantParts = self.tiers.into_iter().map(|(tier, requires)| (tier, active(requires))).collect();
        let features: GrantParts =
            self.features.into_iter().map(|name| (name, active(Requirements::default()))).collect();
        let given = |parts: GrantParts| Some(parts).filter(|parts| !parts.is_empty());
        let verdict = Verdict::from_parts(self.status, self.expires_at, &name, given(tiers), given(features));
        let verdict = verdict.map_err(complaint)?;
        check_expiry(self.expires_at, now)?;
        let id = DecisionId::new(RandomIds::default().next(now));
        let decision = Decision { id, verdict, decided_at: now, actor: self.actor, reason: self.reason };
        let condition = self.condition.condition();
        let decided = admin.with_pool(async |pool| {
            repository(pool).decide(organization, profile, name.clone(), decision, condition, None).await?.done()
        })?;
        admin.print(&printable_decision(profile, name, decided))
    }
}

/// The first violation, in terms of the flags.
fn complaint(violations: Vec<VerdictViolation>) -> CliError {
    match violations.into_iter().next() {
        Some(VerdictViolation::WrongParts(field, reason)) => Error::invalid_field(field, reason).into(),
        _ => "--expires-at, --tier and --feature go with --status active only".into(),
    }
}

impl ListDecisions {
    fn run(self) -> VerbResult {
        let GrantArgs { profile, name, organization: OrganizationArgs { organization, admin } } = self.grant;
        let found = admin.with_pool(async |pool| {
            let grants = repository(pool);
            read_list(self.limit, async |limit, after| {
                let order = Order::Descending;
                let query = DecisionQuery { profile_id: profile, name: name.clone(), order, limit, after };
                grants.decisions(organization, query).await
            })
            .await
        })?;
        admin.print_all(found.into_iter().map(|decision| printable_decision(profile, name.clone(), decision)))
    }
}

fn repository(pool: Pool) -> PgTrustGrants {
    PgTrustGrants::new(pool, Outbox::new(Arc::new(RandomIds::default())))
}

/// Parses `a=data_retention+human_review`.
fn tier(text: &str) -> Result<(String, Requirements), String> {
    let (name, required) = text.split_once('=').unwrap_or((text, ""));
    if !CYBER_TIERS.contains(&name) {
        return Err(format!("expected one of {}", CYBER_TIERS.join(", ")));
    }
    let mut requirements = Requirements::default();
    for requirement in required.split('+').filter(|requirement| !requirement.is_empty()) {
        match requirement {
            "data_retention" => requirements.data_retention = true,
            "human_review" => requirements.human_review = true,
            _ => return Err("expected data_retention or human_review after `=`".to_owned()),
        }
    }
    Ok((name.to_owned(), requirements))
}

fn printable_grant(found: ProfileGrant) -> Printable<WireTrustGrant> {
    let (status, at) = (found.grant.status.as_str(), values::rfc3339(found.decided_at));
    let text = format!("{}  {}  {status}  {at}", found.profile_id, found.name.as_str());
    Printable::new(found.into(), text)
}

fn printable_decision(profile: ProfileId, name: GrantName, decision: Decision) -> Printable<WireDecision> {
    let (at, status) = (values::rfc3339(decision.decided_at), decision.verdict.status().as_str());
    let reason = decision.reason.as_ref().map_or("", Text::as_str);
    let text = format!("{}  {at}  {status}  {}  {reason}", decision.id, decision.actor.as_str());
    Printable::new(WireDecision::new(profile, name, decision), text.trim_end().to_owned())
}
