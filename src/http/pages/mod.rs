//! Pages for people: server-rendered, without a script, never cached, never framed.
//! May know what its parent may.

mod enrollment;
mod failure;
mod html;
mod origin;
mod reference;
mod schema;

pub(super) use enrollment::{
    ENROLLED_PATH, ENROLLMENT_PATH, enrollment_url, show_enrolled, show_enrollment, submit_enrollment,
};
pub(super) use failure::failure;
pub(super) use reference::{show_newest_reference, show_reference};
