//! The embedded database on the real Postgres of this machine, from outside.

mod lifecycle;
mod refusals;
mod sharing;
mod world;
