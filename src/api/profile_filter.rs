//! The filters of the list of profiles: their names, and what they ask for.

use std::collections::BTreeMap;

use validator::ValidationError;

use super::WireFormat;
use super::wire::parameters::{Parameters, label, without_index};
use super::wire::timestamp;
use crate::domain::clock::Timestamp;
use crate::domain::error::{reason, shortened};
use crate::domain::label::EnumLabel;
use crate::domain::profile::filter::{CreationRange, MAX_FILTER_VALUES, ProfileFilter, next_microsecond};
use crate::domain::profile::metadata;
use crate::domain::profile::relationship::{AccessType, Relationship};
use crate::domain::text::{DisplayName, ReferenceId, Text};
use crate::domain::trust::grant::{GrantName, TrustGrantStatus};

type Checked<T> = std::result::Result<T, ValidationError>;

/// Filters that have the same name under every version; `KEY` and `NAME` stand for the caller's own.
const NAMES: [&str; 8] = [
    "created_at[gt]",
    "created_at[gte]",
    "created_at[lt]",
    "created_at[lte]",
    "metadata[KEY]",
    "name",
    "name[prefix]",
    "trust_grant[NAME]",
];

/// Filters that only some versions have. The others refuse them: a list of everybody is not what was asked for.
const NAMES_OF_SOME: [&str; 4] = ["access_type", "external_id", "external_user_details[reference_id]", "relationship"];

/// The filter that is read as a plain parameter, so that a list of its values may be repeated.
pub(super) const ENFORCEMENT_STATUS: &str = "enforcement_status";

/// What is only known with brackets, in which stands a key, and no index.
const KEYED: [&str; 4] = ["created_at", "external_user_details", "metadata", "trust_grant"];

/// The filters that were sent: distinct values by the name of the parameter.
#[derive(Debug, Default)]
pub(super) struct SentFilters(BTreeMap<String, Vec<String>>);

impl SentFilters {
    /// Takes the filters out of `pairs`, and everything else with brackets that is not a list of plain values: a misspelt filter must not be
    /// ignored, since the answer would be everybody.
    pub(super) fn take(pairs: &mut Vec<(String, String)>) -> Self {
        let mut sent: BTreeMap<_, Vec<_>> = BTreeMap::new();
        pairs.retain_mut(|(name, value)| {
            let name = without_list_index(name);
            let is_taken =
                name.contains('[') || name == "name" || NAMES_OF_SOME.contains(&name) || KEYED.contains(&name);
            if is_taken {
                let values = sent.entry(name.to_owned()).or_default();
                let value = std::mem::take(value);
                if !values.contains(&value) {
                    values.push(value);
                }
            }
            !is_taken
        });
        Self(sent)
    }

    /// How many values they have.
    fn count(&self) -> usize {
        self.0.values().map(Vec::len).sum()
    }

    /// Reads them, and those of `enforcement_status`, under the version `F`. Violations are reported to `parameters`, of which `known` are the names.
    pub(super) fn read<F: WireFormat>(self, known: &[&str], parameters: &mut Parameters) -> ProfileFilter {
        let statuses = if F::FILTERS_BY_ENFORCEMENT {
            parameters.labels(ENFORCEMENT_STATUS)
        } else {
            parameters.refuse(ENFORCEMENT_STATUS, F::VERSION.not_accepted());
            Vec::new()
        };
        if let Err(violation) = check_count(self.count() + statuses.len()) {
            parameters.violate("filters".to_owned(), violation);
        }
        let mut filter = ProfileFilter { statuses, ..ProfileFilter::default() };
        for (name, values) in self.0 {
            let outcome = if is_of_version::<F>(&name) {
                read(&mut filter, &name, values).unwrap_or_else(|| Err(unknown::<F>(&name, known)))
            } else {
                Err(F::VERSION.not_accepted())
            };
            if let Err(violation) = outcome {
                parameters.violate(name, violation);
            }
        }
        filter
    }
}

/// The violation of more values than [`MAX_FILTER_VALUES`], which is reported under `filters`.
fn check_count(count: usize) -> Checked<()> {
    if count <= MAX_FILTER_VALUES {
        Ok(())
    } else {
        Err(reason("count", format!("Request should have at most {MAX_FILTER_VALUES} values of filters")))
    }
}

fn is_of_version<F: WireFormat>(name: &str) -> bool {
    !NAMES_OF_SOME.contains(&name) || [F::REFERENCE_ID_FILTER, F::RELATIONSHIP_FILTER].contains(&name)
}

/// `name` without the brackets of a list. In `metadata[0]` stands a key; an index may follow it: `metadata[0][0]`.
fn without_list_index(name: &str) -> &str {
    let bare = without_index(name);
    if KEYED.contains(&bare) { name } else { bare }
}

/// Reads the values of the parameter `name`; `None` if there is no such filter.
fn read(filter: &mut ProfileFilter, name: &str, values: Vec<String>) -> Option<Checked<()>> {
    let key = name.split_once('[').map(|(base, rest)| Some((base, rest.strip_suffix(']')?)));
    let outcome = match (key, name) {
        (Some(Some(("metadata", key))), _) => pairs(key, values).map(|values| {
            filter.metadata.insert(key.to_owned(), values);
        }),
        (Some(Some(("trust_grant", grant))), _) => grants(grant, &values).map(|(grant, statuses)| {
            filter.trust_grants.insert(grant, statuses);
        }),
        (Some(Some(("created_at", operator))), _) => {
            let bound = CreationBound::from_label(operator)?;
            bound.range(&values).map(|range| filter.created = filter.created.intersection(range))
        }
        (_, "external_id" | "external_user_details[reference_id]") => {
            each(values, ReferenceId::parse).map(|ids| filter.reference_ids = ids)
        }
        (_, "relationship") => labels(&values).map(|relationships| filter.relationships = relationships),
        (_, "access_type") => labels(&values).map(|types| filter.relationships = with_access_types(&types)),
        (_, "name") => each(values, name_key).map(|names| filter.names = distinct(names)),
        (_, "name[prefix]") => each(values, name_key).map(|prefixes| filter.name_prefixes = distinct(prefixes)),
        _ => return None,
    };
    Some(outcome)
}

fn each<T>(values: Vec<String>, parse: impl Fn(String) -> Checked<T>) -> Checked<Vec<T>> {
    values.into_iter().map(parse).collect()
}

fn labels<T: EnumLabel>(values: &[String]) -> Checked<Vec<T>> {
    values.iter().map(|value| label(value)).collect()
}

fn pairs(key: &str, values: Vec<String>) -> Checked<Vec<String>> {
    each(values, |value| metadata::check_pair(key, &value).map(|()| value))
}

fn grants(name: &str, values: &[String]) -> Checked<(GrantName, Vec<TrustGrantStatus>)> {
    Ok((GrantName::parse(name.to_owned())?, labels(values)?))
}

/// A name, or the beginning of one, as it is compared.
fn name_key(text: String) -> Checked<String> {
    Ok(DisplayName::parse(text)?.as_str().to_ascii_lowercase())
}

/// Names that differ in case are equal.
fn distinct(mut names: Vec<String>) -> Vec<String> {
    names.sort();
    names.dedup();
    names
}

fn with_access_types(types: &[AccessType]) -> Vec<Relationship> {
    Relationship::ALL.iter().copied().filter(|relationship| types.contains(&relationship.access_type())).collect()
}

/// What stands in the brackets of `created_at`.
#[derive(Clone, Copy, Debug)]
enum CreationBound {
    After,
    NotBefore,
    Before,
    NotAfter,
}

impl CreationBound {
    fn from_label(label: &str) -> Option<Self> {
        Some(match label {
            "gt" => Self::After,
            "gte" => Self::NotBefore,
            "lt" => Self::Before,
            "lte" => Self::NotAfter,
            _ => return None,
        })
    }

    /// The times that fit one of `values`.
    fn range(self, values: &[String]) -> Checked<CreationRange> {
        let bounds = values.iter().map(|value| self.bound(value)).collect::<Checked<Vec<_>>>()?;
        Ok(match self {
            Self::After | Self::NotBefore => CreationRange { from: bounds.into_iter().min(), until: None },
            Self::Before | Self::NotAfter => CreationRange { from: None, until: bounds.into_iter().max() },
        })
    }

    /// The first microsecond that fits, or the first that no longer does.
    fn bound(self, text: &str) -> Checked<Timestamp> {
        let moment = timestamp::parse(text).ok_or_else(timestamp::incomplete)?;
        // What is finer than a microsecond was cut off: no microsecond is equal to such a time.
        let is_between = timestamp::is_finer_than_stored(text);
        let takes_next = matches!(self, Self::After | Self::NotAfter) || is_between;
        Ok(if takes_next { next_microsecond(moment) } else { moment })
    }
}

/// The violation of a parameter that is none of the filters of `F`, nor one of the `known` other parameters.
fn unknown<F: WireFormat>(name: &str, known: &[&str]) -> ValidationError {
    let name = shortened(name);
    let key = name.split_once('[').map_or("", |(_, rest)| rest.trim_end_matches(']'));
    let own = |known: &str| match known {
        "metadata[KEY]" | "trust_grant[NAME]" if !key.is_empty() => {
            format!("{}{key}]", &known[..=known.find('[').unwrap_or_default()])
        }
        _ => known.to_owned(),
    };
    let nearest = (NAMES.iter().chain(&[F::REFERENCE_ID_FILTER, F::RELATIONSHIP_FILTER]).chain(known))
        .filter(|known| F::FILTERS_BY_ENFORCEMENT || **known != ENFORCEMENT_STATUS)
        .map(|known| own(known))
        .min_by_key(|known| strsim::damerau_levenshtein(known, &name))
        .unwrap_or_default();
    reason("unknown", format!("Unknown parameter; the nearest known one is `{nearest}`"))
}
