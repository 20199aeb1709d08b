//! Pages of profiles: by creation as ranges of the primary keys, by name and filtered by the keys of the page.
//! May know what its parent may.

mod columns;
mod page;
mod range;

pub(super) use page::page;
