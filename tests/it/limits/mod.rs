//! Limits on requests.

mod addresses;
mod concurrency;
mod quotas;
mod rates;
