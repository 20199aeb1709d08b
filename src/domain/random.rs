//! Randomness as an argument.

use super::Result;
use super::error::Error;

/// Gives random bits that nobody can guess.
pub trait Randomness: Send + Sync {
    /// 256 of them.
    ///
    /// # Errors
    /// `Internal` if the machine has none to give.
    fn bits(&self) -> Result<[u8; 32]>;
}

/// The machine's own.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemRandomness;

impl Randomness for SystemRandomness {
    fn bits(&self) -> Result<[u8; 32]> {
        let mut bits = [0; 32];
        getrandom::fill(&mut bits).map_err(|error| Error::internal(format!("no random numbers: {error}")))?;
        Ok(bits)
    }
}
