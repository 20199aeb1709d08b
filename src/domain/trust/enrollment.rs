//! Enrollment links. The token in a link is its only credential.

use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};

use super::grant::{CYBER, GrantName, TrustGrantStatus};
use crate::domain::base62;
use crate::domain::clock::Timestamp;
use crate::domain::id::{EnrollmentId, ProfileId};
use crate::domain::text::DisplayName;

/// The grant that the form of a link requests.
pub const ENROLLED_GRANT: &str = CYBER;

/// See [`ENROLLED_GRANT`].
#[must_use]
pub fn enrolled_grant() -> GrantName {
    GrantName::cyber()
}

const TOKEN_CHARACTERS: usize = 43;

/// The token of a link: 256 random bits in 43 characters.
#[derive(Clone, Debug)]
pub struct LinkToken(SecretString);

impl LinkToken {
    /// The token made of `random` bits.
    #[must_use]
    pub fn from_random(random: [u8; 32]) -> Self {
        let digits = base62::encode::<32, TOKEN_CHARACTERS>(random);
        Self(digits.into_iter().map(char::from).collect::<String>().into())
    }

    /// Parses `text`, without a database query.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let formed = text.len() == TOKEN_CHARACTERS && text.bytes().all(|byte| byte.is_ascii_alphanumeric());
        formed.then(|| Self(text.into()))
    }

    /// The hash that is stored and looked up.
    #[must_use]
    pub fn hash(&self) -> LinkTokenHash {
        LinkTokenHash(Sha256::digest(self.0.expose_secret().as_bytes()).into())
    }

    /// The token itself, for the link.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

/// The SHA-256 of a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LinkTokenHash(pub [u8; 32]);

/// An enrollment link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Enrollment {
    /// Unique.
    pub id: EnrollmentId,
    /// The profile that enrolls.
    pub profile_id: ProfileId,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it expires.
    pub expires_at: Timestamp,
}

/// The content of the enrollment page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invitation {
    /// The organization that sent the link.
    pub organization_name: DisplayName,
    /// The name of the profile, if it has one.
    pub profile_name: Option<DisplayName>,
    /// The status of [`ENROLLED_GRANT`]; `None` if it is neither requested nor decided.
    pub grant_status: Option<TrustGrantStatus>,
    /// When the link expires.
    pub expires_at: Timestamp,
}

/// The outcome of submitting the form of a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Submission {
    /// [`ENROLLED_GRANT`] is requested and the link is used, by this or an earlier submission.
    Asked,
    /// The grant's state rules a request out. Nothing has changed.
    RuledOut,
}
