//! Limits on requests.

mod addresses;
mod concurrency;
mod rates;
