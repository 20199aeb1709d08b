//! Trust grants, enforcement actions and enrollment links, and their expiry.
//! May know what its parent may, and the locks of profiles.

mod decide;
mod enforcement;
mod enforcement_actions;
mod enrollments;
mod expiry;
mod grants;
mod limited_enrollments;

pub use enforcement::PgEnforcement;
pub use enrollments::PgEnrollments;
pub use expiry::PgExpiry;
pub use grants::PgTrustGrants;
pub use limited_enrollments::LimitedEnrollments;
