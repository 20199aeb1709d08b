//! Request bodies: how they are read, and what becomes of those that are not.
//! May know what its parent may.

pub(in crate::http) mod json_body;
pub(in crate::http) mod unread;
