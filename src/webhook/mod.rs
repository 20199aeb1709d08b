//! Deliveries: signs what happened and sends it to the endpoints that organizations registered.
//! May know `api` and `domain`; nothing of actix or SQL.

mod dispatcher;
mod sender;
mod signature;

pub use dispatcher::{Dispatcher, DispatcherPorts, DispatcherSettings, StopDispatcher};
pub use sender::{Message, Sender};
pub use signature::sign;
