//! The verbs that transfer many profiles.

pub(crate) mod directory;
mod export;
