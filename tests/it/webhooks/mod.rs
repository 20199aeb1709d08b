//! Webhook endpoints and what is delivered to them.

mod addresses;
mod deliveries;
mod endpoint_failures;
mod endpoints;
