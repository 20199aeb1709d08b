//! uprof: the user-profile service.
//!
//! ```text
//!   main ──▶ cli ──▶ app ──▶ every module below
//!
//!   pages ──▶ http ──▶ api ──▶ domain ◀── storage
//!                       ▲
//!   webhook ────────────┘
//! ```
//!
//! An arrow means "may name". `tests/architecture.rs` checks every path in the source against the table of these dependencies.
#![cfg_attr(not(test), warn(unused_crate_dependencies))]

// Only `tests/otel` decodes what is exported.
#[cfg(feature = "otel")]
use {opentelemetry_proto as _, prost as _};

mod allocator;
pub mod api;
pub mod app;
pub mod cli;
pub mod config;
pub mod database;
pub mod domain;
pub mod http;
pub mod metrics;
pub mod pages;
mod shares;
mod spans;
pub mod storage;
pub mod telemetry;
pub mod webhook;
