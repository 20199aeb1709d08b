//! Pages for people: server-rendered, without a script, never cached, never framed.
//! May know what its parent may.

mod enrollment;
mod html;
mod reference;
mod schema;

pub(super) use enrollment::{ENROLLMENT_PATH, enrollment_url, show_enrollment};
pub(super) use reference::{show_newest_reference, show_reference};
