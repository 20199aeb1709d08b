//! What the tests share: a Postgres for the run, a service and a database for each test, and clients that check every answer.
//! Knows the service as an operator does: its settings, its storage (for organizations and keys), and its wire.
#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test whose setup fails must fail")]

pub(crate) mod accounts;
pub(crate) mod answer;
pub(crate) mod app;
pub(crate) mod client;
pub(crate) mod cluster;
pub(crate) mod cost;
pub(crate) mod database;
pub(crate) mod document;
pub(crate) mod max_wait;
pub(crate) mod metrics;
pub(crate) mod page;
pub(crate) mod receiver;
pub(crate) mod routes;
pub(crate) mod rows;
pub(crate) mod schema;
pub(crate) mod shape;
pub(crate) mod threads;
pub(crate) mod walkthrough;
pub(crate) mod webhooks;
pub(crate) mod wire;
pub(crate) mod write_routes;

pub(crate) use accounts::{Key, KeySpec};
pub(crate) use answer::Answer;
pub(crate) use app::TestApp;
pub(crate) use client::Client;
pub(crate) use shape::Shape;
pub(crate) use wire::Wire;
pub(crate) use write_routes::WriteRoutes;
