//! Pages: a keyset position instead of an offset, so that what is created or deleted between pages moves nothing else.

use std::num::NonZeroU32;

use super::id::ProfileId;

/// The way a list runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Order {
    /// Oldest first.
    Ascending,
    /// Newest first.
    #[default]
    Descending,
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
    pub const fn get(self) -> u32 {
        self.0.get()
    }
}

impl Default for PageLimit {
    fn default() -> Self {
        const TWENTY: NonZeroU32 = NonZeroU32::new(20).unwrap();
        Self(TWENTY)
    }
}

/// Where the next page begins: after this profile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Keyset {
    /// The last profile of the page before.
    pub id: ProfileId,
}

/// Which page of which list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PageQuery {
    /// The way the list runs.
    pub order: Order,
    /// How many items at the most.
    pub limit: PageLimit,
    /// Where to begin; `None` is the first page.
    pub after: Option<Keyset>,
}

/// One page; `next` tells where the following one begins, if there is one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page<T> {
    /// The items, in the list's order.
    pub items: Vec<T>,
    /// `None` on the last page.
    pub next: Option<Keyset>,
}
