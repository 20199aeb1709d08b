//! `Idempotency-Key` on every POST.

pub(crate) mod keys;
mod replays;
