//! Request bodies: reading them, and closing connections whose body was not read.
//! May know what its parent may.

pub(in crate::http) mod json_body;
pub(in crate::http) mod unread;
