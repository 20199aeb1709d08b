//! Trust grants, enforcement actions and enrollment links.
//! May know what its parent may, and the locks of profiles.

pub(super) mod decide;
mod enforcement;
pub(super) mod enforcement_actions;
mod enrollments;
mod grants;
mod limited_enrollments;

pub use enforcement::PgEnforcement;
pub use enrollments::PgEnrollments;
pub use grants::PgTrustGrants;
pub use limited_enrollments::LimitedEnrollments;
