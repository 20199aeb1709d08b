//! The verbs that transfer many profiles.

pub(crate) mod directory;
mod export;
mod import;
mod import_existing;
mod import_failures;
mod import_interrupted;
mod importing_guide;
mod round_trip;
