//! `uprof trust-grants`.

use std::num::NonZeroUsize;
use std::sync::Arc;

use clap::{Args, Subcommand};
use serde::Serialize;

use super::arguments;
use crate::api::operator::grant_decision::WireDecision;
use crate::api::operator::trust_grant::WireTrustGrant;
use crate::cli::database::with_pool;
use crate::cli::error::VerbResult;
use crate::cli::output;
use crate::cli::output::{Format, Show};
use crate::config::DatabaseArgs;
use crate::domain::Error;
use crate::domain::clock::{Clock, SystemClock, Timestamp};
use crate::domain::id::{DecisionId, IdSource, OrganizationId, ProfileId, RandomIds};
use crate::domain::label::EnumLabel;
use crate::domain::page::Order;
use crate::domain::repository::TrustGrantRepository;
use crate::domain::text::{Actor, Rationale, Text};
use crate::domain::trust::decision::{DecidedStatus, Decision, DecisionQuery, Verdict};
use crate::domain::trust::grant::{
    CYBER_TIERS, EFS_FEATURES, GrantName, GrantPart, GrantParts, GrantQuery, PartStatus, ProfileGrant, Requirements,
    TrustGrantStatus, parts_of,
};
use crate::storage::{Outbox, PgTrustGrants, Pool};

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum TrustGrants {
    /// List the grants of an organization's profiles that wait for a decision, oldest first
    List(List),
    /// Decide on a grant of a profile
    Decide(Decide),
    /// List the decisions on a grant of a profile, newest first
    Decisions(Decisions),
}

#[derive(Args, Debug)]
pub(in crate::cli) struct List {
    /// Only grants that are this
    #[arg(long, default_value = TrustGrantStatus::Pending.as_str(), value_parser = arguments::label::<TrustGrantStatus>())]
    status: String,
    /// The most grants to print
    #[arg(long, value_name = "N", default_value = "100")]
    limit: NonZeroUsize,
    #[command(flatten)]
    common: Common,
}

#[derive(Args, Debug)]
pub(in crate::cli) struct Decide {
    #[command(flatten)]
    grant: Grant,
    /// What is decided: the grant is granted, asked for, declined, or withdrawn
    #[arg(long, value_parser = arguments::label::<DecidedStatus>())]
    status: String,
    /// Who decides: a person or a program
    #[arg(long, value_parser = arguments::text::<Actor>)]
    actor: Actor,
    /// Why, for those who read it later
    #[arg(long, value_parser = arguments::text::<Rationale>)]
    reason: Option<Rationale>,
    /// From when on the grant is there no longer, as 2027-01-31T00:00:00Z [default: it has no end]
    #[arg(long, value_name = "TIME", value_parser = arguments::timestamp)]
    expires_at: Option<Timestamp>,
    /// An active tier of cyber, with what it requires: `a`, `a=data_retention`, `a=data_retention+human_review`; repeatable
    #[arg(long = "tier", value_name = "TIER", value_parser = tier)]
    tiers: Vec<(String, Requirements)>,
    /// An active feature of efs; repeatable
    #[arg(long = "feature", value_name = "FEATURE", value_parser = EFS_FEATURES)]
    features: Vec<String>,
    #[command(flatten)]
    common: Common,
}

#[derive(Args, Debug)]
pub(in crate::cli) struct Decisions {
    #[command(flatten)]
    grant: Grant,
    /// The most decisions to print
    #[arg(long, value_name = "N", default_value = "100")]
    limit: NonZeroUsize,
    #[command(flatten)]
    common: Common,
}

#[derive(Args, Debug)]
struct Grant {
    /// The profile's id
    #[arg(value_name = "PROFILE_ID")]
    profile: ProfileId,
    /// The grant's name
    #[arg(value_name = "GRANT", value_parser = arguments::text::<GrantName>)]
    name: GrantName,
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

impl TrustGrants {
    pub(in crate::cli) fn run(self) -> VerbResult {
        match self {
            Self::List(verb) => verb.run(),
            Self::Decide(verb) => verb.run(),
            Self::Decisions(verb) => verb.run(),
        }
    }
}

impl List {
    fn run(self) -> VerbResult {
        let (organization, most) = (self.common.organization, self.limit.get());
        let mut query = GrantQuery {
            status: TrustGrantStatus::from_label(&self.status).unwrap_or(TrustGrantStatus::Pending),
            order: Order::Ascending,
            limit: arguments::page_limit(most),
            after: None,
        };
        let found = with_pool(&self.common.database, async |pool| {
            let (grants, mut found) = (port(pool), Vec::new());
            loop {
                let page = grants.list(organization, query, SystemClock.now()).await?;
                found.extend(page.items);
                query.after = page.next;
                if query.after.is_none() || found.len() >= most {
                    found.truncate(most);
                    return Ok(found);
                }
            }
        })?;
        output::all(self.common.format, &found.into_iter().map(ShownGrant::from).collect::<Vec<_>>())
    }
}

impl Decide {
    fn run(self) -> VerbResult {
        let (organization, now, Grant { profile, name }) = (self.common.organization, SystemClock.now(), self.grant);
        let status = DecidedStatus::from_label(&self.status).ok_or("--status is none that there is")?;
        let said = self.expires_at.is_some() || !self.tiers.is_empty() || !self.features.is_empty();
        if said && status != DecidedStatus::Active {
            return Err("--expires-at, --tier and --feature go with --status active only".into());
        }
        if self.expires_at.is_some_and(|expires_at| expires_at <= now) {
            return Err("--expires-at lies in the past: give a time to come".into());
        }
        let active = |requirements| GrantPart { status: PartStatus::Active, requirements };
        let tiers: GrantParts = self.tiers.into_iter().map(|(tier, asked)| (tier, active(asked))).collect();
        let features = self.features.into_iter().map(|feature| (feature, active(Requirements::default()))).collect();
        let parts = parts_of(&name, tiers, features).map_err(|(field, why)| Error::invalid_field(field, why))?;
        let verdict = match status {
            DecidedStatus::Active => Verdict::Grant { expires_at: self.expires_at, parts },
            DecidedStatus::Pending => Verdict::Request,
            DecidedStatus::Rejected => Verdict::Reject,
            DecidedStatus::Withdrawn => Verdict::Withdraw,
        };
        let id = DecisionId::new(RandomIds::default().next(now));
        let decision = Decision { id, verdict, decided_at: now, actor: self.actor, reason: self.reason };
        let made = with_pool(&self.common.database, async |pool| {
            port(pool).decide(organization, profile, name.clone(), decision, None).await?.done()
        })?;
        output::one(self.common.format, &ShownDecision::new(profile, name, made))
    }
}

impl Decisions {
    fn run(self) -> VerbResult {
        let (organization, most, Grant { profile, name }) = (self.common.organization, self.limit.get(), self.grant);
        let mut query = DecisionQuery {
            profile_id: profile,
            name: name.clone(),
            order: Order::default(),
            limit: arguments::page_limit(most),
            after: None,
        };
        let found = with_pool(&self.common.database, async |pool| {
            let (grants, mut found) = (port(pool), Vec::new());
            loop {
                let page = grants.decisions(organization, query.clone()).await?;
                found.extend(page.items);
                query.after = page.next;
                if query.after.is_none() || found.len() >= most {
                    found.truncate(most);
                    return Ok(found);
                }
            }
        })?;
        let shown = found.into_iter().map(|decision| ShownDecision::new(profile, name.clone(), decision));
        output::all(self.common.format, &shown.collect::<Vec<_>>())
    }
}

fn port(pool: Pool) -> PgTrustGrants {
    PgTrustGrants::new(pool, Outbox::new(Arc::new(RandomIds::default())))
}

/// `a=data_retention+human_review`.
fn tier(text: &str) -> Result<(String, Requirements), String> {
    let (name, asked) = text.split_once('=').unwrap_or((text, ""));
    if !CYBER_TIERS.contains(&name) {
        return Err(format!("expected one of {}", CYBER_TIERS.join(", ")));
    }
    let mut requirements = Requirements::default();
    for word in asked.split('+').filter(|word| !word.is_empty()) {
        match word {
            "data_retention" => requirements.data_retention = true,
            "human_review" => requirements.human_review = true,
            _ => return Err("expected data_retention or human_review after `=`".to_owned()),
        }
    }
    Ok((name.to_owned(), requirements))
}

#[derive(Serialize)]
#[serde(transparent)]
struct ShownGrant {
    grant: WireTrustGrant,
    #[serde(skip)]
    text: String,
}

impl Show for ShownGrant {
    fn text(&self) -> String {
        self.text.clone()
    }
}

impl From<ProfileGrant> for ShownGrant {
    fn from(found: ProfileGrant) -> Self {
        let (at, status) = (arguments::rfc3339(found.decided_at), found.grant.status.as_str());
        let text = format!("{}  {}  {status}  {at}", found.profile_id, found.name.as_str());
        Self { grant: found.into(), text }
    }
}

#[derive(Serialize)]
#[serde(transparent)]
struct ShownDecision {
    decision: WireDecision,
    #[serde(skip)]
    text: String,
}

impl ShownDecision {
    fn new(profile: ProfileId, name: GrantName, decision: Decision) -> Self {
        let (at, status) = (arguments::rfc3339(decision.decided_at), decision.verdict.status().as_str());
        let why = decision.reason.as_ref().map_or("", Text::as_str);
        let text = format!("{}  {at}  {status}  {}  {why}", decision.id, decision.actor.as_str()).trim_end().to_owned();
        Self { decision: WireDecision::new(profile, name, decision), text }
    }
}

impl Show for ShownDecision {
    fn text(&self) -> String {
        self.text.clone()
    }
}
