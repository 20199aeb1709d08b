//! Trust grants and the decisions on them, enforcement actions, and enrollment links.
//! May know what its parent may.

pub mod decision;
pub mod enforcement;
pub mod enforcement_record;
pub mod enrollment;
pub mod grant;
pub mod verdict;
