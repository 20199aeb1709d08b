//! Enrollment links: whoever holds one may open it until it expires.

use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};

use super::grant::{CYBER, GrantName, TrustGrantStatus};
use crate::domain::base62;
use crate::domain::clock::Timestamp;
use crate::domain::id::{EnrollmentId, ProfileId};
use crate::domain::text::DisplayName;

/// The grant that whoever submits a link's form asks for.
pub const ENROLLED_GRANT: &str = CYBER;

/// See [`ENROLLED_GRANT`].
#[must_use]
pub fn enrolled_grant() -> GrantName {
    GrantName::cyber()
}

const TOKEN_CHARACTERS: usize = 43;

/// The secret part of a link: 256 random bits in 43 characters.
#[derive(Clone, Debug)]
pub struct LinkToken(SecretString);

impl LinkToken {
    /// The token made of `random` bits.
    #[must_use]
    pub fn from_random(random: [u8; 32]) -> Self {
        let digits = base62::encode::<32, TOKEN_CHARACTERS>(random);
        Self(digits.into_iter().map(char::from).collect::<String>().into())
    }

    /// `text`, if it has a token's form. Needs no database.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let formed = text.len() == TOKEN_CHARACTERS && text.bytes().all(|byte| byte.is_ascii_alphanumeric());
        formed.then(|| Self(text.into()))
    }

    /// What is stored and looked up.
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

/// A link that was handed out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Enrollment {
    /// Unique.
    pub id: EnrollmentId,
    /// Who is to enroll.
    pub profile_id: ProfileId,
    /// When it was made.
    pub created_at: Timestamp,
    /// From when on it opens nothing.
    pub expires_at: Timestamp,
}

/// What whoever opens a link may see.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invitation {
    /// Who asks.
    pub organization_name: DisplayName,
    /// Who is to enroll, if the platform has said.
    pub profile_name: Option<DisplayName>,
    /// How [`ENROLLED_GRANT`] stands; `None` if it is neither decided nor in flight.
    pub grant_status: Option<TrustGrantStatus>,
    /// From when on the link opens nothing.
    pub expires_at: Timestamp,
}

/// What became of a link's form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Submission {
    /// [`ENROLLED_GRANT`] is asked for and the link is spent: now, or since its form was submitted before.
    Asked,
    /// The grant's state rules out that anybody asks for it. Nothing has changed.
    RuledOut,
}
