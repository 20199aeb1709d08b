//! What deliveries are signed with: unlike a key, it is kept as it is, for the service has to sign with it.

use std::fmt;
use std::time::Duration;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;

/// What every written secret starts with.
pub const SECRET_PREFIX: &str = "whsec_";

/// How long a secret still signs, beside the new one, after it was replaced: so long has an organization to put the new one in place
/// without refusing a delivery.
pub const ROTATION: Duration = Duration::from_hours(24);

/// 256 random bits that an organization and this service share.
#[derive(Clone, PartialEq, Eq)]
pub struct SigningSecret([u8; 32]);

impl SigningSecret {
    /// The secret that `bits` are.
    #[must_use]
    pub const fn new(bits: [u8; 32]) -> Self {
        Self(bits)
    }

    /// The key of the signature.
    #[must_use]
    pub const fn bits(&self) -> &[u8; 32] {
        &self.0
    }

    /// As it is written, to be shown once: `whsec_` and base64.
    #[must_use]
    pub fn expose(&self) -> String {
        format!("{SECRET_PREFIX}{}", BASE64_STANDARD.encode(self.0))
    }
}

impl fmt::Debug for SigningSecret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("SigningSecret(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_written_with_its_prefix_and_never_by_debug() {
        let secret = SigningSecret::new([0xfb; 32]);
        assert_eq!(secret.expose(), format!("whsec_{}", "+/v7".repeat(10) + "+/s="));
        assert!(!format!("{secret:?}").contains("251"));
    }
}
