//! The service in operation: startup, shutdown, connections, the database, metrics, and what statements read.

mod batching;
mod connections;
mod database_failures;
mod isolation;
mod metrics;
mod pool;
mod privileges;
mod query_plans;
mod retention;
mod shutdown;
mod sockets;
mod startup;
mod waits;
