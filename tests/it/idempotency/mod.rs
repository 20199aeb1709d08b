//! `Idempotency-Key` on every POST.

mod concurrency;
mod keys;
mod replays;
mod replicas;
mod retention;
