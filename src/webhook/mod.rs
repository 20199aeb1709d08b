//! Deliveries: signs what happened and sends it to the endpoints that organizations registered.
//! May know `api`, `domain` and `metrics`; nothing of actix or SQL.

mod dispatcher;
mod metrics;
mod sender;
mod signature;

pub use dispatcher::{Dispatcher, DispatcherPorts, DispatcherSettings, StopDispatcher};
pub use sender::{Message, Sender};
pub use signature::sign;
