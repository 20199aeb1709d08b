//! Pages by keyset: a page starts after a position, so rows created or deleted between two pages shift no others.

use std::cmp::Ordering;
use std::num::NonZeroU32;

use super::label::labels;

labels! {
    /// The order of a list.
    #[derive(Default)]
    Order {
        /// Smallest or oldest first.
        Ascending = "asc",
        /// Greatest or newest first.
        #[default]
        Descending = "desc",
    }
}

impl Order {
    /// Which of the two comes first in this order.
    pub fn compare<T: Ord>(self, one: &T, other: &T) -> Ordering {
        match self {
            Self::Ascending => one.cmp(other),
            Self::Descending => other.cmp(one),
        }
    }
}

/// The most items of a page: 1–100 in a request, 20 by default. The service itself reads larger pages for an export.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PageLimit(NonZeroU32);

impl PageLimit {
    /// The most items of a page.
    pub const MAX: u32 = 100;

    /// The most items of a page that is read for an export.
    pub const MAX_OF_EXPORT: u32 = 500;

    /// `limit`, if it is from 1 to 100.
    #[must_use]
    pub fn new(limit: u32) -> Option<Self> {
        NonZeroU32::new(limit).filter(|limit| limit.get() <= Self::MAX).map(Self)
    }

    /// The limit nearest to `count` that a page for an export may have: 1 to [`Self::MAX_OF_EXPORT`].
    #[must_use]
    pub fn of_export(count: u64) -> Self {
        let limit = count.clamp(1, Self::MAX_OF_EXPORT.into());
        Self(u32::try_from(limit).ok().and_then(NonZeroU32::new).unwrap_or(NonZeroU32::MIN))
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

/// A page of `T`s; `K` is a position in the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page<T, K> {
    /// The items, in the list's order.
    pub items: Vec<T>,
    /// The position after which the next page starts; `None` on the last page.
    pub next: Option<K>,
}

impl<T, K> Page<T, K> {
    /// A page of the first `examined` items of `found` that `holds` selects. More items than `examined` mean that the list goes on.
    #[must_use]
    pub fn filtered(
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
            // The next page starts after the last item of a full page, otherwise after the last examined one.
            last = Some(keyset(&item));
            if holds(&item) {
                items.push(item);
            }
        }
        Self { items, next: last.filter(|_| more) }
    }
}
