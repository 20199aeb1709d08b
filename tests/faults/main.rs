//! The campaign: two services on one Postgres, clients that know what has to be there, and faults of every kind. What was
//! acknowledged is there exactly once, what was answered as failed is not, what was erased stays so, every change has its event, and
//! every decision reaches its webhook. `tests/faults/run` starts it; `docs/faults.md` holds the table of a full run.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a campaign that cannot go on fails")]

mod campaign;
mod check;
mod clients;
mod faults;
mod findings;
mod proxy;
mod report;
mod seeded;
mod stack;

#[expect(dead_code, reason = "shared with the tests of the service, which need more of it")]
#[path = "../service/postgres.rs"]
mod postgres;
#[expect(dead_code, reason = "shared with the tests of the service, which need more of it")]
#[path = "../service/process.rs"]
mod process;
#[path = "../service/scratch.rs"]
mod scratch;

#[expect(dead_code, unused_imports, reason = "shared with tests that need more of it")]
#[path = "../it/support/mod.rs"]
mod support;
