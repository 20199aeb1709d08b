//! Signing secrets. Unlike an API key, a secret is stored itself: the service signs with it.

use std::fmt;
use std::time::Duration;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;

/// The prefix of the text form.
pub const SECRET_PREFIX: &str = "whsec_";

/// How long a replaced secret signs beside the new one, so that an organization can deploy the new one without refusing deliveries.
pub const ROTATION: Duration = Duration::from_hours(24);

/// 256 random bits, shared by an organization and this service.
#[derive(Clone, PartialEq, Eq)]
pub struct SigningSecret([u8; 32]);

impl SigningSecret {
    /// The secret of `bits`.
    #[must_use]
    pub const fn new(bits: [u8; 32]) -> Self {
        Self(bits)
    }

    /// The key of the signature.
    #[must_use]
    pub const fn bits(&self) -> &[u8; 32] {
        &self.0
    }

    /// The text form, to be shown once: `whsec_` and base64.
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
    fn the_text_form_has_the_prefix_and_debug_shows_no_secret() {
        let secret = SigningSecret::new([0xfb; 32]);
        assert_eq!(secret.expose(), format!("whsec_{}", "+/v7".repeat(10) + "+/s="));
        assert!(!format!("{secret:?}").contains("251"));
    }
}
