//! The list of user profiles: its query parameters, and its page.

use serde::Serialize;

use super::wire::cursor;
use super::wire::parameters::{Parameters, label, limit};
use super::wire_format::WireFormat;
use crate::domain::Result;
use crate::domain::error::reason;
use crate::domain::id::OrganizationId;
use crate::domain::label::EnumLabel;
use crate::domain::profile::Profile;
use crate::domain::profile_list::{PageQuery, ProfilePage};
use crate::domain::trust::enforcement::EnforcementStatus;

/// The parameters of the list. Others are ignored.
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

/// Whether the version `F` takes the parameter `enforcement_status`.
pub(in crate::api) fn filters_by_enforcement<F: WireFormat>() -> bool {
    let status = EnforcementStatus::Unrestricted.as_str().to_owned();
    let mut parameters = Parameters::new(KNOWN, vec![("enforcement_status".to_owned(), status)]);
    !F::enforcement_filter(&mut parameters).is_empty()
}

/// Reads the `pairs` of the query string under the version `F`.
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
