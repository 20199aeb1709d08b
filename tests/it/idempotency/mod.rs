//! `Idempotency-Key` on every POST.

mod keys;
mod replays;
mod replicas;
