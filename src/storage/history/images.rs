//! The values before updates, part of the statement that saves the updates.

use sqlx::Postgres;
use sqlx::postgres::PgArguments;
use sqlx::query::Query;

use crate::domain::id::OrganizationId;
use crate::domain::profile::Profile;
use crate::storage::profiles::columns::ProfileColumns;

/// Inserts the images of [`BeforeImages::bind`], whose parameters start at `$40`.
macro_rules! insert_before_images {
    () => {
        "insert into user_profile_before_images (
                organization_id,
                profile_id,
                revision,
                name,
                relationship,
                account_status,
                country,
                email_hash,
                entity_type,
                name_hash,
                onboarded_at,
                reference_id,
                metadata)
         select image.organization_id,
                image.profile_id,
                image.revision + 1,
                image.name,
                image.relationship,
                image.account_status,
                image.country,
                image.email_hash,
                image.entity_type,
                image.name_hash,
                image.onboarded_at,
                image.reference_id,
                image.metadata::text[]
           from unnest(
                $40::uuid[],
                $41::uuid[],
                $42::bigint[],
                $43::text[],
                $44::text[],
                $45::text[],
                $46::text[],
                $47::text[],
                $48::text[],
                $49::text[],
                $50::timestamptz[],
                $51::text[],
                $52::text[]
                ) as image (
                organization_id,
                profile_id,
                revision,
                name,
                relationship,
                account_status,
                country,
                email_hash,
                entity_type,
                name_hash,
                onboarded_at,
                reference_id,
                metadata)"
    };
}

pub(in crate::storage) use insert_before_images;

/// Profiles as they were before updates, one array per column.
#[derive(Default)]
pub(in crate::storage) struct BeforeImages<'p> {
    columns: ProfileColumns<'p>,
    /// Each an array, as Postgres writes one: it has no arrays of arrays of different lengths.
    metadata: Vec<String>,
}

impl<'p> BeforeImages<'p> {
    pub(in crate::storage) fn is_empty(&self) -> bool {
        self.metadata.is_empty()
    }

    pub(in crate::storage) fn add(&mut self, organization: OrganizationId, before: &'p Profile) {
        self.columns.add_profile(organization.uuid(), before);
        self.metadata.push(array_literal(before.metadata.pairs().flat_map(|(key, value)| [key, value])));
    }

    /// Binds the parameters of [`insert_before_images`].
    pub(in crate::storage) fn bind(self, query: Query<'_, Postgres, PgArguments>) -> Query<'_, Postgres, PgArguments> {
        let columns = self.columns;
        query
            .bind(columns.organization_ids)
            .bind(columns.ids)
            .bind(columns.revisions)
            .bind(columns.names)
            .bind(columns.relationships)
            .bind(columns.account_statuses)
            .bind(columns.countries)
            .bind(columns.email_hashes)
            .bind(columns.entity_types)
            .bind(columns.name_hashes)
            .bind(columns.onboarded_ats)
            .bind(columns.reference_ids)
            .bind(self.metadata)
    }
}

/// `texts` as an array of Postgres in its text form.
fn array_literal<'t>(texts: impl Iterator<Item = &'t str>) -> String {
    let quoted = texts.map(|text| format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"")));
    format!("{{{}}}", quoted.collect::<Vec<_>>().join(","))
}
