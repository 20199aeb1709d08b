//! Drivers: the index ranges that yield candidates.

use uuid::Uuid;

use crate::domain::label::EnumLabel;
use crate::domain::page::Order;
use crate::domain::profile::filter::ProfileFilter;
use crate::domain::profile::relationship::Relationship;
use crate::domain::text::Text;
use crate::domain::trust::grant::GrantName;

use super::names;

/// What yields candidates.
#[derive(Clone, Debug)]
pub(super) enum Driver {
    /// The platform's own ids.
    ReferenceId,
    /// The pairs with this key.
    Metadata(String),
    /// The grants with this name.
    TrustGrant(GrantName),
    /// Relationships that few profiles have.
    Relationship,
    /// Unresolved enforcement actions, perhaps expired ones.
    EnforcementActions,
    /// Whole names.
    Name,
    /// Beginnings of names: not in the order of ids.
    NamePrefix,
    /// All profiles.
    Creation,
    /// All profiles without a name.
    Nameless,
    /// These profiles.
    Ids(Vec<Uuid>),
}

/// The values that a driver looks for: `wanted.key` and `wanted.value` in its scan.
#[derive(Debug, Default)]
pub(super) struct Wanted {
    pub(super) keys: Vec<String>,
    pub(super) values: Vec<String>,
}

impl Wanted {
    fn keys(keys: impl IntoIterator<Item = String>) -> Self {
        Self::pairs(keys.into_iter().map(|key| (key, String::new())))
    }

    pub(super) fn pairs(pairs: impl IntoIterator<Item = (String, String)>) -> Self {
        let (keys, values) = pairs.into_iter().unzip();
        Self { keys, values }
    }
}

/// How the index of a driver is read.
struct Scan {
    /// Where a profile may have several entries.
    distinct: &'static str,
    table: &'static str,
    id: &'static str,
    /// The columns of the index between the organization and the id, and what is looked for in each.
    columns: &'static [(&'static str, &'static str)],
    /// What the index answers: the condition of a partial index, or of a column that it includes.
    index_condition: &'static str,
    /// What only the row answers.
    row_condition: &'static str,
}

impl Driver {
    /// The drivers for `filter` whose candidates come in the order of ids.
    pub(super) fn by_id(filter: &ProfileFilter) -> Vec<Self> {
        let mut drivers = Vec::new();
        if !filter.reference_ids.is_empty() {
            drivers.push(Self::ReferenceId);
        }
        drivers.extend(filter.metadata.keys().cloned().map(Self::Metadata));
        drivers.extend(filter.trust_grants.keys().cloned().map(Self::TrustGrant));
        if !filter.names.is_empty() {
            drivers.push(Self::Name);
        }
        // Its index leaves out those that most profiles have.
        if !filter.relationships.is_empty() && !filter.relationships.contains(&Relationship::External) {
            drivers.push(Self::Relationship);
        }
        if filter.is_restricted() {
            drivers.push(Self::EnforcementActions);
        }
        drivers
    }

    /// What it looks for.
    pub(super) fn wanted(&self, filter: &ProfileFilter) -> Wanted {
        match self {
            Self::ReferenceId => Wanted::keys(filter.reference_ids.iter().map(|id| id.as_str().to_owned())),
            Self::Metadata(key) => {
                let values = filter.metadata.get(key).into_iter().flatten();
                Wanted::pairs(values.map(|value| (key.clone(), value.clone())))
            }
            Self::TrustGrant(name) => {
                let statuses = filter.trust_grants.get(name.as_str()).into_iter().flatten();
                Wanted::pairs(statuses.map(|status| (name.as_str().to_owned(), status.as_str().to_owned())))
            }
            Self::Relationship => Wanted::keys(filter.relationships.iter().map(|kind| kind.as_str().to_owned())),
            Self::Name => Wanted::keys(filter.names.iter().cloned()),
            Self::NamePrefix => {
                let ranges = names::ranges(filter);
                Wanted::pairs(ranges.into_iter().map(|range| (range.from, range.until)))
            }
            Self::Ids(ids) => Wanted::keys(ids.iter().map(Uuid::to_string)),
            Self::EnforcementActions | Self::Creation | Self::Nameless => Wanted::keys([String::new()]),
        }
    }

    fn index(&self) -> Scan {
        let profiles = |columns, index_condition, row_condition| {
            let (distinct, table, id) = ("", "user_profiles", "i.id");
            Scan { distinct, table, id, columns, index_condition, row_condition }
        };
        match self {
            Self::ReferenceId => {
                profiles(&[("i.reference_id collate \"C\"", "wanted.key")], "and i.reference_id is not null", "")
            }
            Self::Metadata(_) => Scan {
                distinct: "",
                table: "user_profile_metadata",
                id: "i.profile_id",
                columns: &[
                    ("i.key", "wanted.key"),
                    ("hashtextextended(i.value, 0)", "hashtextextended(wanted.value, 0)"),
                ],
                index_condition: "and i.value = wanted.value",
                row_condition: "",
            },
            Self::TrustGrant(_) => Scan {
                distinct: "",
                table: "trust_grants",
                id: "i.profile_id",
                columns: &[("i.name", "wanted.key"), ("i.status", "wanted.value")],
                index_condition: "",
                row_condition: "and (i.expires_at is null or i.expires_at > $2)",
            },
            Self::Relationship => profiles(&[("i.relationship", "wanted.key")], "and i.relationship <> 'external'", ""),
            Self::EnforcementActions => Scan {
                distinct: "distinct",
                table: "enforcement_actions",
                id: "i.profile_id",
                columns: &[],
                index_condition: "and i.resolved_at is null",
                row_condition: "",
            },
            Self::Name | Self::NamePrefix => {
                profiles(&[("lower(i.name collate \"C\")", "wanted.key")], "and i.name is not null", "")
            }
            Self::Creation => profiles(&[], "", ""),
            Self::Nameless => profiles(&[], "", "and i.name is null"),
            Self::Ids(_) => profiles(&[("i.id", "wanted.key::uuid")], "", ""),
        }
    }

    /// A query for the candidates of one `wanted`, in the index's order: the last of its columns before the id as `key`, if there is one, then the
    /// `id`.
    ///
    /// That column is compared by `>=` and `<=`, and sorted by, instead of equated: no other index has this order, so Postgres cannot read one
    /// in the order of ids, such as the primary key, and check the profiles of the whole organization. The columns before it are equated: a
    /// comparison of rows says where a scan starts, and not where it ends.
    pub(super) fn scan(&self, order: Order) -> String {
        let Scan { distinct, table, id, columns, index_condition, row_condition } = self.index();
        let direction = order.as_str();
        let by_id = format!("and {id} > $3 and {id} < $4");
        let (key, bounds, sorted) = match columns {
            [] => (String::new(), by_id, String::new()),
            [equated @ .., (last, wanted)] => {
                let equation = |(own, wanted): &(&str, &str)| format!("and {own} = {wanted}\n                    ");
                let equations = equated.iter().map(equation).collect::<Vec<_>>().concat();
                let range = match self {
                    Self::NamePrefix => format!("and {last} >= wanted.key and {last} < wanted.value"),
                    _ => format!("and {last} >= {wanted} and {last} <= {wanted} {by_id}"),
                };
                (format!("{last} as key,"), equations + &range, format!("{last} {direction}, "))
            }
        };
        format!(
            "select {distinct} {key}
                    {id} as id
               from {table} i
              where i.organization_id = $1
                    {bounds}
                    {index_condition}
                    {row_condition}
              order by {sorted} {id} {direction}"
        )
    }

    /// The order of [`Driver::scan`], of its columns in `d`.
    pub(super) fn sorted(&self, order: Order) -> String {
        let direction = order.as_str();
        let key = if self.index().columns.is_empty() { String::new() } else { format!("d.key {direction}, ") };
        format!("{key}d.id {direction}")
    }

    /// Whether the ids of its candidates can be read from an index alone, in their order, for what it looks for.
    pub(super) fn is_intersectable(&self, filter: &ProfileFilter) -> bool {
        let is_covered = matches!(self, Self::Metadata(_) | Self::TrustGrant(_) | Self::Relationship);
        is_covered && self.wanted(filter).keys.len() == 1
    }

    /// A query for the ids of all entries that an index has for the `wanted` at this place of the arrays `$5` and `$6`, between `$2` and `$3`:
    /// those of its candidates, and perhaps of some that only the row excludes.
    pub(super) fn entries(&self, place: usize) -> String {
        let Scan { table, id, columns, index_condition, .. } = self.index();
        let equation = |(own, wanted): &(&str, &str)| format!("and {own} = {wanted}\n                ");
        let equations = columns.iter().map(equation).collect::<String>();
        format!(
            "select {id} as id
               from (select ($5::text[])[{place}] as key, ($6::text[])[{place}] as value) wanted
              cross join {table} i
              where i.organization_id = $1
                {equations} and {id} > $2
                and {id} < $3
                {index_condition}"
        )
    }
}
