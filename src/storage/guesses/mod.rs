//! Look-ups by secrets that may be guesses: a small share of the database, apart from that of tenants.
//! May know what its parent may.

mod allowance;
mod guess_limit;
mod known_secrets;

pub(super) use guess_limit::GuessLimit;
