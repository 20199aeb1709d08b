//! Lists: their query parameters, and the page they answer.

use std::collections::BTreeMap;

use serde::Serialize;
use validator::{ValidationError, ValidationErrors};

use super::cursor::List;
use super::{cursor, timestamp};
use crate::api::WireFormat;
use crate::api::body::values::not_a_word;
use crate::domain::clock::Timestamp;
use crate::domain::error::reason;
use crate::domain::id::{Id, IdKind, OrganizationId};
use crate::domain::label::EnumLabel;
use crate::domain::page::{Order, PageLimit};
use crate::domain::profile::Profile;
use crate::domain::profile_list::{PageQuery, ProfilePage};
use crate::domain::trust::enforcement::EnforcementStatus;
use crate::domain::{Error, Result};

/// The parameters of a list of profiles. Others are ignored.
const KNOWN: &[&str] = &["enforcement_status", "limit", "order", "order_by", "page"];

/// A page as it is answered.
#[derive(Debug, Serialize)]
pub struct ListBody<T> {
    data: Vec<T>,
    next_page: Option<String>,
}

impl<T: From<Profile>> ListBody<T> {
    /// The `page` that `query` asked for.
    #[must_use]
    pub fn new(organization: OrganizationId, query: &PageQuery, page: ProfilePage) -> Self {
        Self {
            data: page.items.into_iter().map(T::from).collect(),
            next_page: page.next.map(|keyset| cursor::encode(organization, query, &keyset)),
        }
    }
}

/// Whether the shape `F` filters lists by enforcement status: whether it takes the parameter.
pub(in crate::api) fn filters_by_enforcement<F: WireFormat>() -> bool {
    let status = EnforcementStatus::Unrestricted.as_str().to_owned();
    let mut parameters = Parameters::new(KNOWN, vec![("enforcement_status".to_owned(), status)]);
    !F::enforcement_filter(&mut parameters).is_empty()
}

/// Reads the query string's `pairs` as the shape `F` takes them.
///
/// # Errors
/// `Invalid` with every parameter that is wrong.
pub fn parse_query<F: WireFormat>(organization: OrganizationId, pairs: Vec<(String, String)>) -> Result<PageQuery> {
    let mut parameters = Parameters::new(KNOWN, pairs);
    let mut query = PageQuery {
        order_by: parameters.one("order_by", label).unwrap_or_default(),
        order: parameters.one("order", label).unwrap_or_default(),
        limit: parameters.one("limit", limit).unwrap_or_default(),
        after: None,
        statuses: F::enforcement_filter(&mut parameters),
    };
    query.after = parameters.one("page", |text| {
        cursor::decode(organization, &query, text).map_err(|error| reason("cursor", error.to_string()))
    });
    parameters.finish()?;
    Ok(query)
}

/// The parameters that were sent, and what is wrong with them.
#[derive(Debug)]
pub struct Parameters {
    sent: BTreeMap<&'static str, Vec<String>>,
    violations: ValidationErrors,
}

impl Parameters {
    /// Those of `pairs` that are `known`.
    pub(in crate::api) fn new(known: &[&'static str], pairs: Vec<(String, String)>) -> Self {
        let mut sent: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for (name, value) in pairs {
            // Lists are sent as `name[]` by some clients and as a repeated `name` by others.
            let bare = name.strip_suffix("[]").unwrap_or(&name);
            if let Some(known) = known.iter().copied().find(|known| *known == bare) {
                sent.entry(known).or_default().push(value);
            }
        }
        Self { sent, violations: ValidationErrors::new() }
    }

    /// A parameter that comes at most once.
    pub(in crate::api) fn one<T>(
        &mut self,
        name: &'static str,
        parse: impl FnOnce(&str) -> std::result::Result<T, ValidationError>,
    ) -> Option<T> {
        let parsed = match self.sent.get(name)?.as_slice() {
            [text] => parse(text),
            _ => Err(reason("repeated", "Parameter was sent more than once")),
        };
        parsed.map_err(|violation| self.violations.add(name, violation)).ok()
    }

    /// A parameter that may be repeated, of a closed set's words.
    pub(in crate::api) fn labels<T: EnumLabel>(&mut self, name: &'static str) -> Vec<T> {
        let sent = self.sent.get(name).map(Vec::as_slice).unwrap_or_default();
        let parsed = sent.iter().map(|text| label(text)).collect::<std::result::Result<_, _>>();
        parsed.map_err(|violation| self.violations.add(name, violation)).unwrap_or_default()
    }

    /// Refuses `name`, if it was sent, for `violation`.
    pub(in crate::api) fn refuse(&mut self, name: &'static str, violation: ValidationError) {
        if self.sent.contains_key(name) {
            self.violations.add(name, violation);
        }
    }

    /// Ends the reading.
    pub(in crate::api) fn finish(self) -> Result<()> {
        if self.violations.is_empty() { Ok(()) } else { Err(Error::invalid(&self.violations)) }
    }
}

pub(in crate::api) fn limit(text: &str) -> std::result::Result<PageLimit, ValidationError> {
    let number: i64 = text.parse().map_err(|_| reason("type", "Input should be a valid integer"))?;
    let limit = u32::try_from(number).ok().and_then(PageLimit::new);
    limit.ok_or_else(|| reason("range", format!("Input should be between 1 and {}", PageLimit::MAX)))
}

pub(in crate::api) fn label<T: EnumLabel>(text: &str) -> std::result::Result<T, ValidationError> {
    T::from_label(text).ok_or_else(not_a_word::<T>)
}

/// The id of something; whether it is there is another question.
pub(in crate::api) fn id<K: IdKind>(text: &str) -> std::result::Result<Id<K>, ValidationError> {
    text.parse().map_err(|_| reason("id", format!("Input should be an id that starts with `{}`", K::PREFIX)))
}

/// A moment, with any offset.
pub(in crate::api) fn moment(text: &str) -> std::result::Result<Timestamp, ValidationError> {
    timestamp::parse(text).ok_or_else(timestamp::incomplete)
}

/// Where the page begins, in a list that runs in the order of ids.
pub(in crate::api) fn place<K>(
    organization: OrganizationId,
    list: List,
    order: Order,
    text: &str,
) -> std::result::Result<Id<K>, ValidationError> {
    cursor::decode_id(organization, list, order, text).map_err(|error| reason("cursor", error.to_string()))
}

/// A page of the operator's API as it is answered.
#[derive(Debug, Serialize)]
pub struct IdPage<T> {
    data: Vec<T>,
    next_page: Option<String>,
}

impl<T> IdPage<T> {
    /// The page with `data`, and the cursor that leads on.
    pub(in crate::api) const fn new(data: Vec<T>, next_page: Option<String>) -> Self {
        Self { data, next_page }
    }
}
