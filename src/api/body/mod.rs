//! Reads request bodies: JSON, field by field, with every violation of a request in one answer.
//! May know what its parent may.

pub mod fields;
pub(in crate::api) mod json;
pub(in crate::api) mod reader;
pub(in crate::api) mod request_schema;
pub(in crate::api) mod values;

pub use reader::{Body, parse};
