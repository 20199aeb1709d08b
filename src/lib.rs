//! uprof: the user-profile service.
//!
//! ```text
//!            cli ──┐
//!                  ▼
//!   main ──▶     app     sees everyone; nobody sees app
//!                  │
//!   http ──▶ api ──▶ domain ◀── storage ◀── database
//!             ▲
//!          webhook
//! ```
//!
//! `tests/architecture.rs` holds every `use crate::…` against these arrows.
#![cfg_attr(not(test), warn(unused_crate_dependencies))]

pub mod api;
pub mod app;
pub mod cli;
pub mod config;
pub mod database;
pub mod domain;
pub mod http;
pub mod metrics;
pub mod pages;
pub mod storage;
pub mod telemetry;
pub mod webhook;
