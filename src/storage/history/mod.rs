//! The history of profiles: the values before updates, and the repository that lists revisions.
//! May know what its parent may, the columns of profiles and the rows of events.

mod before_row;
pub(super) mod images;
mod repository;

pub use repository::PgHistory;
