//! Randomness as an argument.

use super::Result;
use super::error::Error;

/// A source of cryptographically secure random bits.
pub trait Randomness: Send + Sync {
    /// 256 random bits.
    ///
    /// # Errors
    /// `Internal` if the operating system fails to provide them.
    fn bits(&self) -> Result<[u8; 32]>;
}

/// The random number generator of the operating system.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemRandomness;

impl Randomness for SystemRandomness {
    fn bits(&self) -> Result<[u8; 32]> {
        let mut bits = [0; 32];
        getrandom::fill(&mut bits).map_err(|error| Error::internal(format!("no random numbers: {error}")))?;
        Ok(bits)
    }
}
