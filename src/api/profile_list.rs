//! The list of profiles: its query parameters and its page.

use serde::Serialize;

use super::WireFormat;
use super::profile_filter::{ENFORCEMENT_STATUS, SentFilters};
use super::wire::cursor;
use super::wire::parameters::{Parameters, label, limit};
use crate::domain::Result;
use crate::domain::error::reason;
use crate::domain::id::OrganizationId;
use crate::domain::profile::Profile;
use crate::domain::profile::list::{ProfilePage, ProfileQuery};

const PARAMETERS: &[&str] = &[ENFORCEMENT_STATUS, "limit", "order", "order_by", "page"];

/// A page in an answer.
#[derive(Debug, Serialize)]
pub struct ListBody<T> {
    data: Vec<T>,
    next_page: Option<String>,
}

impl<T: From<Profile>> ListBody<T> {
    /// The `page` that `query` selects.
    #[must_use]
    pub fn new(organization: OrganizationId, query: &ProfileQuery, page: ProfilePage) -> Self {
        Self {
            data: page.items.into_iter().map(T::from).collect(),
            next_page: page.next.map(|keyset| cursor::encode(organization, query, &keyset)),
        }
    }
}

/// Reads the query string's `pairs` under the version `F`.
///
/// # Errors
/// `Invalid` with every invalid parameter.
pub fn parse_query<F: WireFormat>(
    organization: OrganizationId,
    mut pairs: Vec<(String, String)>,
) -> Result<ProfileQuery> {
    let sent = SentFilters::take(&mut pairs);
    let mut parameters = Parameters::new(PARAMETERS, pairs);
    let filter = sent.read::<F>(PARAMETERS, &mut parameters);
    let mut query = ProfileQuery {
        order_by: parameters.one("order_by", label).unwrap_or_default(),
        order: parameters.one("order", label).unwrap_or_default(),
        limit: parameters.one("limit", limit).unwrap_or_default(),
        after: None,
        filter,
    };
    query.after = parameters.last("page", |text| {
        cursor::decode(organization, &query, text).map_err(|error| reason("cursor", error.to_string()))
    });
    parameters.finish()?;
    Ok(query)
}
