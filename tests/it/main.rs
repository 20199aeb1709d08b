//! The service from outside: a real server on a real Postgres, spoken to over HTTP.

mod harness;
mod support;
