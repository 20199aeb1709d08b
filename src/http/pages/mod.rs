//! Pages for people: server-rendered, without a script, never cached, never framed.
//! May know what its parent may.

mod enrollment;
mod html;

pub(super) use enrollment::{ENROLLMENT_PATH, enrollment_url, show_enrollment};
