//! Lists of the operator's API that run in the order of ids: their common parameters and their page.

use serde::Serialize;

use super::cursor;
use super::cursor::IdList;
use super::parameters::{Parameters, label, limit};
use crate::domain::error::reason;
use crate::domain::id::{Id, OrganizationId};
use crate::domain::page::{Order, Page, PageLimit};

/// The parameters `limit`, `order` and `page`.
pub(in crate::api) struct IdPageQuery<K> {
    pub(in crate::api) order: Order,
    pub(in crate::api) limit: PageLimit,
    pub(in crate::api) after: Option<Id<K>>,
}

impl<K> IdPageQuery<K> {
    /// Reads those of `list`, which runs in `default_order` unless `order` is sent.
    pub(in crate::api) fn read(
        parameters: &mut Parameters,
        organization: OrganizationId,
        list: IdList,
        default_order: Order,
    ) -> Self {
        let order = parameters.one("order", label).unwrap_or(default_order);
        let limit = parameters.one("limit", limit).unwrap_or_default();
        let after = parameters.one("page", |text| {
            cursor::decode_id(organization, list, order, text).map_err(|error| reason("cursor", error.to_string()))
        });
        Self { order, limit, after }
    }
}

/// A page in an answer.
#[derive(Debug, Serialize)]
pub struct IdPage<T> {
    data: Vec<T>,
    next_page: Option<String>,
}

impl<T> IdPage<T> {
    /// The `page` of `list` in `order`, each item converted by `convert`.
    pub(in crate::api) fn new<I, K>(
        organization: OrganizationId,
        list: IdList,
        order: Order,
        page: Page<I, Id<K>>,
        convert: impl Fn(I) -> T,
    ) -> Self {
        Self {
            data: page.items.into_iter().map(convert).collect(),
            next_page: page.next.map(|id| cursor::encode_id(organization, list, order, id)),
        }
    }
}
