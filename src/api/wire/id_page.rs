//! Lists of the operator's API: their common parameters and their page.

use serde::Serialize;

use super::cursor;
use super::cursor::{CursorError, IdList};
use super::parameters::{Parameters, label, limit};
use crate::domain::error::reason;
use crate::domain::id::{Id, OrganizationId};
use crate::domain::page::{Order, Page, PageLimit};

/// The parameters `limit`, `order` and `page`.
pub(in crate::api) struct PageQuery<K> {
    pub(in crate::api) order: Order,
    pub(in crate::api) limit: PageLimit,
    pub(in crate::api) after: Option<K>,
}

/// Those of a list that runs in the order of ids.
pub(in crate::api) type IdPageQuery<K> = PageQuery<Id<K>>;

impl<K> PageQuery<K> {
    /// Reads those of a list whose cursors `decode` reads; it runs in `default_order` unless `order` is sent.
    pub(in crate::api) fn read_with(
        parameters: &mut Parameters,
        default_order: Order,
        decode: impl FnOnce(Order, &str) -> Result<K, CursorError>,
    ) -> Self {
        let order = parameters.one("order", label).unwrap_or(default_order);
        let limit = parameters.one("limit", limit).unwrap_or_default();
        let after =
            parameters.last("page", |text| decode(order, text).map_err(|error| reason("cursor", error.to_string())));
        Self { order, limit, after }
    }
}

impl<K> IdPageQuery<K> {
    /// Reads those of `list`, which runs in `default_order` unless `order` is sent.
    pub(in crate::api) fn read(
        parameters: &mut Parameters,
        organization: OrganizationId,
        list: IdList,
        default_order: Order,
    ) -> Self {
        Self::read_with(parameters, default_order, |order, text| cursor::decode_id(organization, list, order, text))
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
        Self::with_cursor(page, |id| cursor::encode_id(organization, list, order, id), convert)
    }

    /// The `page` of a list whose cursors `encode` writes, each item converted by `convert`.
    pub(in crate::api) fn with_cursor<I, K>(
        page: Page<I, K>,
        encode: impl FnOnce(K) -> String,
        convert: impl Fn(I) -> T,
    ) -> Self {
        Self { data: page.items.into_iter().map(convert).collect(), next_page: page.next.map(encode) }
    }
}
