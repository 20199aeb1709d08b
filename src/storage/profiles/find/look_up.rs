//! Look-ups by one external id, many in one statement.

use sqlx::FromRow;
use sqlx::postgres::PgConnection;

use crate::domain::Result;
use crate::domain::clock::Timestamp;
use crate::domain::id::OrganizationId;
use crate::domain::page::{Order, Page};
use crate::domain::profile::Profile;
use crate::domain::profile::list::{OrderBy, ProfileKeyset, ProfilePage, ProfileQuery};
use crate::domain::text::Text;
use crate::storage::profiles::calls::BatchOutcome;
use crate::storage::profiles::row::{ProfileRow, select_profiles};

/// The most profiles with one external id that a look-up answers. Almost every external id has one profile; an organization that has many with
/// the same must not hold up the look-ups beside its own.
const MOST_PROFILES: usize = 4;

/// The first page of the profiles with one external id, by creation.
#[derive(Clone, Debug)]
pub(in crate::storage) struct LookUp {
    pub(in crate::storage) organization: OrganizationId,
    query: ProfileQuery,
    pub(in crate::storage) now: Timestamp,
}

#[derive(FromRow)]
struct FoundRow {
    look_up: i64,
    #[sqlx(flatten)]
    profile: ProfileRow,
}

impl LookUp {
    /// `query` as a look-up, if it is one.
    pub(in crate::storage) fn of(organization: OrganizationId, query: &ProfileQuery, now: Timestamp) -> Option<Self> {
        let is_first_page = query.order_by == OrderBy::CreatedAt && query.after.is_none();
        let is_look_up = is_first_page && query.filter.only_reference_id().is_some();
        is_look_up.then(|| Self { organization, query: query.clone(), now })
    }

    fn reference_id(&self) -> &str {
        self.query.filter.only_reference_id().map_or("", Text::as_str)
    }

    /// The list that it is the first page of.
    pub(in crate::storage) fn into_query(self) -> ProfileQuery {
        self.query
    }

    /// About how many bytes it holds.
    pub(in crate::storage) fn bytes(&self) -> usize {
        size_of::<Self>() + self.reference_id().len()
    }

    /// The page of `found`, which are the oldest with the external id: all of them, or one more than a look-up answers.
    fn page(&self, found: Vec<ProfileRow>) -> BatchOutcome<ProfilePage> {
        if found.len() > MOST_PROFILES {
            return BatchOutcome::Deferred;
        }
        let profiles = found.into_iter().map(Profile::try_from).collect::<Result<Vec<_>>>();
        BatchOutcome::Done(profiles.map(|mut profiles| {
            if self.query.order == Order::Descending {
                profiles.reverse();
            }
            let (limit, order_by) = (self.query.limit, self.query.order_by);
            Page::filtered(profiles, limit.get(), limit, |profile| ProfileKeyset::of(profile, order_by), |_| true)
        }))
    }
}

/// The pages of `look_ups` as of `now`. One whose external id has more than four profiles is deferred. The index range is written as in
/// [`Driver::scan`](super::driver::Driver::scan).
pub(in crate::storage) async fn look_up(
    connection: &mut PgConnection,
    look_ups: &[LookUp],
    now: Timestamp,
) -> std::result::Result<Vec<BatchOutcome<ProfilePage>>, sqlx::Error> {
    let rows: Vec<FoundRow> = sqlx::query_as(select_profiles!(
        "$2",
        with ", wanted.look_up",
        from "unnest($1::uuid[], $3::text[]) with ordinality as wanted (organization_id, reference_id, look_up)
             cross join lateral (
                   select *
                     from user_profiles u
                    where u.organization_id = wanted.organization_id
                      and u.reference_id collate \"C\" >= wanted.reference_id
                      and u.reference_id collate \"C\" <= wanted.reference_id
                      and u.reference_id is not null
                    order by u.reference_id collate \"C\", u.id
                    limit $4
             ) p",
        "order by wanted.look_up, p.id"
    ))
    .bind(look_ups.iter().map(|look_up| look_up.organization.uuid()).collect::<Vec<_>>())
    .bind(now)
    .bind(look_ups.iter().map(LookUp::reference_id).collect::<Vec<_>>())
    .bind(i64::try_from(MOST_PROFILES + 1).unwrap_or(i64::MAX))
    .fetch_all(connection)
    .await?;
    let mut rows = rows.into_iter().peekable();
    let pages = (1..).zip(look_ups).map(|(position, look_up)| {
        let mut found = Vec::new();
        while let Some(row) = rows.next_if(|row: &FoundRow| row.look_up == position) {
            found.push(row.profile);
        }
        look_up.page(found)
    });
    Ok(pages.collect())
}
