//! Black-box tests of the embedded database, on the Postgres that is installed on this machine.

mod disk;
mod fixtures;
mod lifecycle;
mod refusals;
mod sharing;
