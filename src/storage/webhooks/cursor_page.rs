//! Cursor pages: lists in id order, bounded by ids on both sides.

use uuid::Uuid;

use crate::domain::id::Id;
use crate::domain::page::Order;
use crate::domain::webhook::endpoint::{CursorPage, CursorPageQuery};
use crate::domain::{Error, Result};

/// The bounds of the page's ids, both exclusive.
pub(super) fn bounds<K>(query: &CursorPageQuery<Id<K>>) -> (Uuid, Uuid) {
    let (greater, less) = match query.order {
        Order::Ascending => (query.after, query.before),
        Order::Descending => (query.before, query.after),
    };
    (greater.map_or(Uuid::nil(), Id::uuid), less.map_or(Uuid::max(), Id::uuid))
}

/// The number of rows to read: one more than the page holds shows whether another page follows.
pub(super) fn limit<I>(query: &CursorPageQuery<I>) -> i64 {
    i64::try_from(query.limit.get() + 1).unwrap_or(i64::MAX)
}

/// The page of `rows`, of which up to [`limit`] were read.
pub(super) fn cursor_page<I, R, T: TryFrom<R, Error = Error>>(
    rows: Vec<R>,
    query: &CursorPageQuery<I>,
) -> Result<CursorPage<T>> {
    let has_more = rows.len() > query.limit.get();
    let items = rows.into_iter().take(query.limit.get()).map(T::try_from).collect::<Result<_>>()?;
    Ok(CursorPage { items, has_more })
}
