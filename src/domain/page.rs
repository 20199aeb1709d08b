//! Pages: a keyset position instead of an offset, so that what is created or deleted between pages moves nothing else.

use std::num::NonZeroU32;

use super::label::labels;

labels! {
    /// The way a list runs.
    #[derive(Default)]
    Order {
        /// Smallest or oldest first.
        Ascending = "asc",
        /// Greatest or newest first.
        #[default]
        Descending = "desc",
    }
}

/// How many items a page holds: 1–100, 20 unless told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PageLimit(NonZeroU32);

impl PageLimit {
    /// The most items of a page.
    pub const MAX: u32 = 100;

    /// `limit`, if it is 1–100.
    #[must_use]
    pub fn new(limit: u32) -> Option<Self> {
        NonZeroU32::new(limit).filter(|limit| limit.get() <= Self::MAX).map(Self)
    }

    /// The number of items.
    #[must_use]
    pub const fn get(self) -> usize {
        self.0.get() as usize
    }
}

impl Default for PageLimit {
    fn default() -> Self {
        const TWENTY: NonZeroU32 = NonZeroU32::new(20).unwrap();
        Self(TWENTY)
    }
}

/// One page; `next` tells where the following one begins, if there is one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page<T, K> {
    /// The items, in the list's order.
    pub items: Vec<T>,
    /// `None` on the last page.
    pub next: Option<K>,
}

impl<T, K> Page<T, K> {
    /// The page of those among `found` for which `holds` is true. Of what was found, all but what goes beyond `examined` was looked for: more
    /// than that means that the list goes on.
    #[must_use]
    pub fn of_those(
        found: Vec<T>,
        examined: usize,
        limit: PageLimit,
        keyset: impl Fn(&T) -> K,
        holds: impl Fn(&T) -> bool,
    ) -> Self {
        let (examined, mut more) = (examined.min(found.len()), found.len() > examined);
        let (mut items, mut last) = (Vec::new(), None);
        for item in found.into_iter().take(examined) {
            if items.len() == limit.get() {
                more = true;
                break;
            }
            // Where the next page begins: after the last item of a full page, else after the last one that was looked at.
            last = Some(keyset(&item));
            if holds(&item) {
                items.push(item);
            }
        }
        Self { items, next: last.filter(|_| more) }
    }
}
