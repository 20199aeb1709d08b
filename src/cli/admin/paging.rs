//! Lists that take several pages to read.

use std::num::NonZeroUsize;

use crate::domain::Result;
use crate::domain::page::{Page, PageLimit};
use crate::domain::webhook::endpoint::CursorPage;

/// Reads the first `max` items of a list. `read_page` reads a page of at most so many items, after a position or from the
/// start.
///
/// # Errors
/// Those of `read_page`.
pub(super) async fn read_list<T, K>(
    max: NonZeroUsize,
    read_page: impl AsyncFn(PageLimit, Option<K>) -> Result<Page<T, K>>,
) -> Result<Vec<T>> {
    let limit = u32::try_from(max.get()).unwrap_or(u32::MAX).min(PageLimit::MAX);
    let limit = PageLimit::new(limit).unwrap_or_default();
    let (mut items, mut after) = (Vec::new(), None);
    loop {
        let page = read_page(limit, after).await?;
        items.extend(page.items);
        after = page.next;
        if after.is_none() || items.len() >= max.get() {
            items.truncate(max.get());
            return Ok(items);
        }
    }
}

/// A cursor page as a page: the next one begins after its last item, which `key` identifies.
pub(super) fn keyed<T, K>(page: CursorPage<T>, key: impl Fn(&T) -> K) -> Page<T, K> {
    let next = page.items.last().filter(|_| page.has_more).map(key);
    Page { items: page.items, next }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use actix_web::rt::System;

    use super::*;

    /// Reads up to `max` of 250 items; returns how many there were, and the limit and position of each page.
    fn read(max: usize) -> (usize, Vec<(usize, Option<usize>)>) {
        let pages = RefCell::new(Vec::new());
        let items = System::new().block_on(read_list(NonZeroUsize::new(max).unwrap(), async |limit, after| {
            pages.borrow_mut().push((limit.get(), after));
            let start = after.unwrap_or(0);
            let end = (start + limit.get()).min(250);
            Ok(Page { items: (start..end).collect(), next: Some(end).filter(|end| *end < 250) })
        }));
        let items = items.unwrap();
        assert!(items.iter().copied().eq(0..items.len()));
        (items.len(), pages.into_inner())
    }

    #[test]
    fn pages_are_read_until_there_are_enough_items() {
        assert_eq!(read(7), (7, vec![(7, None)]));
        assert_eq!(read(100), (100, vec![(100, None)]));
        assert_eq!(read(101), (101, vec![(100, None), (100, Some(100))]));
        assert_eq!(read(usize::MAX), (250, vec![(100, None), (100, Some(100)), (100, Some(200))]));
    }

    #[test]
    fn a_cursor_page_continues_after_its_last_item() {
        let page = |has_more| keyed(CursorPage { items: vec!["a", "b"], has_more }, |item| *item).next;
        assert_eq!((page(true), page(false)), (Some("b"), None));
    }
}
