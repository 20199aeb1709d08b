//! Deliveries: signs what happened and sends it to the endpoints that organizations registered.
//! May know `api` and `domain`; nothing of actix or SQL.

mod sender;
mod signature;

pub use sender::{Message, Sender};
pub use signature::sign;
