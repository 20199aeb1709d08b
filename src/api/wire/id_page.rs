//! Pages of the operator's lists, which run in the order of ids.

use serde::Serialize;
use validator::ValidationError;

use super::cursor::{self, List};
use crate::domain::error::reason;
use crate::domain::id::{Id, OrganizationId};
use crate::domain::page::Order;

/// The id in the cursor `text`: where the page begins.
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
    /// The page with `data` and the cursor of the next page.
    pub(in crate::api) const fn new(data: Vec<T>, next_page: Option<String>) -> Self {
        Self { data, next_page }
    }
}
