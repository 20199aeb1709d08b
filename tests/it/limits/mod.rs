//! Limits on requests.

mod rates;
