//! API keys: a secret of 256 random bits that only its holder knows; here stands its hash.

use std::fmt;

use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};

use crate::domain::base62;
use crate::domain::clock::Timestamp;
use crate::domain::error::{Error, ErrorKind, Result};
use crate::domain::id::{ApiKeyId, OrganizationId};
use crate::domain::label::labels;
use crate::domain::page::{Order, PageLimit};
use crate::domain::text::WorkspaceId;

/// What every key starts with, so that secret scanners can match one: `uprof-key-[0-9A-Za-z]{49}`.
pub const KEY_PREFIX: &str = "uprof-key-";
const SECRET_CHARACTERS: usize = 43;
const CHECKSUM_CHARACTERS: usize = 6;

labels! {
    /// What a key may do.
    Scope {
        /// Retrieve and list profiles.
        ProfilesRead = "profiles:read",
        /// Create, update and delete profiles.
        ProfilesWrite = "profiles:write",
        /// Administer the organization. Brings no access to profiles by itself.
        Admin = "admin",
    }
}

/// A well-formed key: `uprof-key-`, 43 characters of secret, 6 of checksum.
#[derive(Clone, Debug)]
pub struct ApiKeySecret(SecretString);

impl ApiKeySecret {
    /// The key made of `random` bits.
    #[must_use]
    pub fn from_random(random: [u8; 32]) -> Self {
        let secret = text(base62::encode::<32, SECRET_CHARACTERS>(random));
        let checksum = checksum(&secret);
        Self(SecretString::from(format!("{KEY_PREFIX}{secret}{checksum}")))
    }

    /// `text`, if it is a key without a typing error. Needs no database.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let body = text.strip_prefix(KEY_PREFIX)?;
        if body.len() != SECRET_CHARACTERS + CHECKSUM_CHARACTERS
            || !body.bytes().all(|byte| byte.is_ascii_alphanumeric())
        {
            return None;
        }
        let (secret, sum) = body.split_at(SECRET_CHARACTERS);
        (checksum(secret) == sum).then(|| Self(SecretString::from(text)))
    }

    /// What is stored and looked up.
    #[must_use]
    pub fn hash(&self) -> KeyHash {
        KeyHash(Sha256::digest(self.0.expose_secret().as_bytes()).into())
    }

    /// The last four characters, by which people tell keys apart.
    #[must_use]
    pub fn last_four(&self) -> &str {
        let text = self.expose();
        &text[text.len() - 4..]
    }

    /// The key itself, to be shown once.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

/// The SHA-256 of a key. The key has 256 random bits, so a slow hash would add nothing.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct KeyHash(pub [u8; 32]);

impl fmt::Debug for KeyHash {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("KeyHash(..)")
    }
}

/// A key as it is kept and listed; the secret is not in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiKey {
    /// Unique.
    pub id: ApiKeyId,
    /// Whose it is.
    pub organization_id: OrganizationId,
    /// The last four characters of the secret.
    pub last_four: String,
    /// What it may do.
    pub scopes: Vec<Scope>,
    /// The one workspace it serves, if it is bound.
    pub workspace_id: Option<WorkspaceId>,
    /// When it was created.
    pub created_at: Timestamp,
    /// From when on it is refused.
    pub expires_at: Option<Timestamp>,
    /// When it was revoked.
    pub revoked_at: Option<Timestamp>,
}

impl ApiKey {
    /// Whether it opens anything at `now`.
    #[must_use]
    pub fn is_valid_at(&self, now: Timestamp) -> bool {
        self.revoked_at.is_none() && self.expires_at.is_none_or(|expires_at| now < expires_at)
    }

    /// Whether this key may revoke the key `id`: any but itself, so that whoever revokes is still let in afterwards.
    ///
    /// # Errors
    /// `Conflict`.
    pub fn may_revoke(&self, id: ApiKeyId) -> Result<()> {
        if id == self.id {
            return Err(Error::new(ErrorKind::Conflict, "An API key cannot revoke itself"));
        }
        Ok(())
    }
}

/// A key that is yet to be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiKeyDraft {
    /// What it may do.
    pub scopes: Vec<Scope>,
    /// The one workspace it serves, if it is bound.
    pub workspace_id: Option<WorkspaceId>,
    /// From when on it is refused.
    pub expires_at: Option<Timestamp>,
}

impl ApiKeyDraft {
    /// What `issuer` makes of it: a key that is bound to a workspace makes keys for that workspace only.
    ///
    /// # Errors
    /// `Forbidden` for another workspace.
    pub fn issued_by(self, issuer: &ApiKey) -> Result<Self> {
        match (&issuer.workspace_id, &self.workspace_id) {
            (Some(bound), Some(other)) if other != bound => {
                Err(Error::new(ErrorKind::Forbidden, "workspace_id: API key belongs to another workspace"))
            }
            (Some(bound), None) => Ok(Self { workspace_id: Some(bound.clone()), ..self }),
            _ => Ok(self),
        }
    }

    /// The key of `organization` that `secret` opens from `now` on.
    #[must_use]
    pub fn into_key(self, id: ApiKeyId, organization: OrganizationId, secret: &ApiKeySecret, now: Timestamp) -> ApiKey {
        ApiKey {
            id,
            organization_id: organization,
            last_four: secret.last_four().to_owned(),
            scopes: self.scopes,
            workspace_id: self.workspace_id,
            created_at: now,
            expires_at: self.expires_at,
            revoked_at: None,
        }
    }
}

/// Which page of an organization's keys, which run in the order of their ids: that of their creation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ApiKeyQuery {
    /// The way the list runs.
    pub order: Order,
    /// How many keys at the most.
    pub limit: PageLimit,
    /// Where to begin; `None` is the first page.
    pub after: Option<ApiKeyId>,
}

/// What authentication needs of a key, found by its hash.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Credential {
    /// The key.
    pub key: ApiKey,
    /// The label of the shape pinned on the key's organization.
    pub default_version: String,
}

fn checksum(secret: &str) -> String {
    let digest = Sha256::new().chain_update(KEY_PREFIX).chain_update(secret).finalize();
    text(base62::encode::<4, CHECKSUM_CHARACTERS>([digest[0], digest[1], digest[2], digest[3]]))
}

fn text<const DIGITS: usize>(digits: [u8; DIGITS]) -> String {
    digits.into_iter().map(char::from).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_key_reads_back_and_matches_what_scanners_look_for(random: [u8; 32]) {
            let key = ApiKeySecret::from_random(random);
            let body = key.expose().strip_prefix(KEY_PREFIX).unwrap();
            prop_assert!(body.len() == 49 && body.bytes().all(|byte| byte.is_ascii_alphanumeric()));
            prop_assert_eq!(ApiKeySecret::parse(key.expose()).unwrap().hash(), key.hash());
        }

        #[test]
        fn one_wrong_character_is_noticed_without_a_lookup(random: [u8; 32], at in 0_usize..49, other in "[0-9A-Za-z]") {
            let key = ApiKeySecret::from_random(random).expose().to_owned();
            let at = KEY_PREFIX.len() + at;
            let mut typo = key.clone();
            typo.replace_range(at..=at, &other);
            prop_assert_eq!(ApiKeySecret::parse(&typo).is_some(), typo == key);
        }
    }

    #[test]
    fn a_key_is_never_shown_by_debug() {
        let key = ApiKeySecret::from_random([7; 32]);
        assert!(!format!("{key:?} {:?}", key.hash()).contains(&key.expose()[KEY_PREFIX.len()..]));
    }
}
