//! Webhook deliveries: signs events and sends them to the endpoints that organizations registered.
//! May know `api`, `domain`, `metrics` and `shares`; nothing of actix or SQL.

mod attempt;
mod dispatcher;
mod endpoint_worker;
mod metrics;
mod roots;
mod sender;
mod settings;
mod signature;

pub use dispatcher::{Dispatcher, StopDispatcher};
pub use roots::TrustedRoots;
pub use sender::{Message, Sender};
pub use settings::{DispatcherPorts, DispatcherSettings};
pub use signature::sign;
