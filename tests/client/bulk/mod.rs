//! The verbs that transfer many profiles.

mod directory;
mod export;
