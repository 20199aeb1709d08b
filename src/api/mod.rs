//! The wire: requests and answers, one folder per API version; each holds only what changed.
//! May know `domain`, serde and schemars; nothing of actix or SQL.

pub mod batch;
pub mod body;
pub mod document;
pub mod export;
#[cfg(feature = "fuzzing")]
#[doc(hidden)]
pub mod fuzzing;
pub mod ga;
pub mod operator;
pub mod profile_body;
mod profile_filter;
pub mod profile_list;
pub mod v2026_03_24;
pub mod v2026_08_18;
pub mod v2026_09_04;
mod version;
mod version_list;
pub mod webhook_event;
pub mod wire;
mod wire_format;

pub use version::{ANTHROPIC_BETA, ANTHROPIC_VERSION, ApiVersion, Selector, UnknownVersion};
pub use version_list::VersionVisitor;
pub use wire_format::WireFormat;
