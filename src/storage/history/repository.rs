//! The repository that lists the revisions of a profile.
//!
//! Events have an index by profile and id, and none by revision, which would cost every update. Ids are in the order of revisions unless the clocks of
//! two processes differ, or one waited for the lock of the other. So a page is read in the order of ids, and is right if its revisions are
//! consecutive; if not, all events of the profile are sorted.

use async_trait::async_trait;
use sqlx::FromRow;
use sqlx::postgres::PgConnection;
use uuid::Uuid;

use super::before_row::BeforeRow;
use crate::domain::history::{ChangeAuthor, HistoryDetail, HistoryKeyset, HistoryQuery, ProfileChange};
use crate::domain::id::{ApiKeyId, EventId, OrganizationId};
use crate::domain::page::Page;
use crate::domain::profile::Revision;
use crate::domain::repository::HistoryRepository;
use crate::domain::text::{Actor, Text};
use crate::domain::{Error, Result};
use crate::storage::events::row::EventRow;
use crate::storage::pool::Pool;
use crate::storage::profiles::read::profile_not_found;

/// [`HistoryRepository`] on Postgres.
#[derive(Clone, Debug)]
pub struct PgHistory {
    pool: Pool,
    detail: HistoryDetail,
}

impl PgHistory {
    /// The history in the database of `pool`. Stored values are read only with [`HistoryDetail::Values`].
    #[must_use]
    pub const fn new(pool: Pool, detail: HistoryDetail) -> Self {
        Self { pool, detail }
    }
}

/// Reads the recorded changes of the profile (`$2`) that made revisions before `$3`, up to `$4` of those that `$which` selects and orders; none if
/// the profile was erased meanwhile. `$columns` and `$join` add the values before.
macro_rules! select_changes {
    ($columns:literal, $join:literal, $which:literal) => {
        concat!(
            "select e.id,
                    e.created_at,
                    e.kind,
                    e.profile_id,
                    e.fields,
                    e.grant_name,
                    e.grant_status,
                    e.enforcement_action_id,
                    e.revision,
                    e.actor_api_key_id as author_api_key_id,
                    case e.kind
                         when 'user_profile.program_status_updated' then d.actor
                         when 'user_profile.enforcement_action_opened' then a.opened_by
                         when 'user_profile.enforcement_action_resolved' then a.resolved_by
                    end as author_actor",
            $columns,
            "  from (
                    select *
                      from events
                     where organization_id = $1
                       and profile_id = $2
                       and revision < $3
                       and exists (
                           select
                             from user_profiles
                            where organization_id = $1
                              and id = $2
                       ) ",
            $which,
            "        limit $4
                    ) e
               left join trust_grant_decisions d
                 on d.organization_id = e.organization_id
                and d.profile_id = e.profile_id
                and d.grant_name = e.grant_name
                and d.id = e.decision_id
               left join enforcement_actions a
                 on a.organization_id = e.organization_id
                and a.profile_id = e.profile_id
                and a.id = e.enforcement_action_id
             ",
            $join,
            " order by e.revision desc"
        )
    };
}

macro_rules! select_changes_with {
    (names, $which:literal) => {
        select_changes!("", "", $which)
    };
    (values, $which:literal) => {
        select_changes!(
            ",      i.name,
                    i.relationship,
                    i.account_status,
                    i.country,
                    i.email_hash,
                    i.entity_type,
                    i.name_hash,
                    i.onboarded_at,
                    i.reference_id,
                    i.metadata
            ",
            "left join user_profile_before_images i
                 on i.organization_id = e.organization_id
                and i.profile_id = e.profile_id
                and i.revision = e.revision",
            $which
        )
    };
}

#[derive(FromRow)]
struct ChangeRow {
    #[sqlx(flatten)]
    event: EventRow,
    revision: i64,
    author_api_key_id: Option<Uuid>,
    author_actor: Option<String>,
    #[sqlx(flatten)]
    before: BeforeRow,
}

#[async_trait]
impl HistoryRepository for PgHistory {
    #[tracing::instrument(level = "debug", name = "history.list", skip_all, fields(organization.id = %organization))]
    async fn list(
        &self,
        organization: OrganizationId,
        query: HistoryQuery,
    ) -> Result<Page<ProfileChange, HistoryKeyset>> {
        let (detail, limit) = (self.detail, query.limit);
        let rows = self
            .pool
            .of(organization)
            .read(move |connection| {
                Box::pin(async move {
                    let current = revision(connection, organization, query).await?.ok_or_else(profile_not_found)?;
                    Ok(newest_first(connection, organization, query, current, detail).await?)
                })
            })
            .await?;
        let changes = rows.into_iter().map(ProfileChange::try_from).collect::<Result<Vec<_>>>()?;
        let least = query.after.map_or(EventId::new(Uuid::max()), |after| after.event_id);
        let least = changes.iter().take(limit.get()).map(|change| change.event.id.uuid()).fold(least.uuid(), Uuid::min);
        let keyset =
            |change: &ProfileChange| HistoryKeyset { revision: change.revision, event_id: EventId::new(least) };
        Ok(Page::filtered(changes, limit.get(), limit, keyset, |_| true))
    }
}

/// The profile's revision, if it exists.
async fn revision(
    connection: &mut PgConnection,
    organization: OrganizationId,
    query: HistoryQuery,
) -> sqlx::Result<Option<i64>> {
    sqlx::query_scalar(
        "select revision
           from user_profiles
          where organization_id = $1
            and id = $2",
    )
    .bind(organization.uuid())
    .bind(query.profile_id.uuid())
    .fetch_optional(connection)
    .await
}

/// The changes of the page and one more, if there are more.
async fn newest_first(
    connection: &mut PgConnection,
    organization: OrganizationId,
    query: HistoryQuery,
    current: i64,
    detail: HistoryDetail,
) -> sqlx::Result<Vec<ChangeRow>> {
    let bound = query.after.map_or(current.saturating_add(1), |after| after.revision.number());
    let wanted = query.limit.get() + 1;
    let by_id = match detail {
        HistoryDetail::Names => select_changes_with!(names, "and id < $5 order by id desc"),
        HistoryDetail::Values => select_changes_with!(values, "and id < $5 order by id desc"),
    };
    let by_revision = match detail {
        HistoryDetail::Names => select_changes_with!(names, "order by revision desc"),
        HistoryDetail::Values => select_changes_with!(values, "order by revision desc"),
    };
    let after = query.after.map_or(Uuid::max(), |after| after.event_id.uuid());
    let select = |statement| {
        let statement = sqlx::query_as(statement).bind(organization.uuid()).bind(query.profile_id.uuid());
        statement.bind(bound).bind(i64::try_from(wanted).unwrap_or(i64::MAX))
    };
    let rows: Vec<ChangeRow> = select(by_id).bind(after).fetch_all(&mut *connection).await?;
    let consecutive = rows.iter().zip(1..).all(|(row, distance)| row.revision == bound - distance);
    let is_whole = rows.len() == wanted || rows.last().map_or(bound, |row| row.revision) == 1;
    if consecutive && is_whole { Ok(rows) } else { select(by_revision).fetch_all(connection).await }
}

impl TryFrom<ChangeRow> for ProfileChange {
    type Error = Error;

    fn try_from(row: ChangeRow) -> Result<Self> {
        let ChangeRow { event, revision, author_api_key_id, author_actor, before } = row;
        let id = EventId::new(event.id);
        let broken = || Error::internal(format!("history of event {id}: a column breaks a rule"));
        let author = match (author_api_key_id, author_actor) {
            (Some(key), _) => ChangeAuthor::ApiKey(ApiKeyId::new(key)),
            (None, Some(actor)) => ChangeAuthor::Actor(Actor::parse(actor).map_err(|_| broken())?),
            (None, None) => ChangeAuthor::Unknown,
        };
        let before = before.parse().map_err(|_| broken())?;
        Ok(Self { revision: Revision::from_stored(revision), event: event.try_into()?, author, before })
    }
}
