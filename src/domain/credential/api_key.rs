//! API keys: 256 random bits. The secret is shown once; only its hash is stored.

use std::fmt;

use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};

use crate::domain::base62;
use crate::domain::clock::Timestamp;
use crate::domain::error::{Error, ErrorKind, Result};
use crate::domain::id::{ApiKeyId, OrganizationId};
use crate::domain::label::{EnumLabel, labels};
use crate::domain::limit::quota::Quotas;
use crate::domain::limit::rate_limit::RateLimits;
use crate::domain::page::{Order, PageLimit};
use crate::domain::text::WorkspaceId;

/// The prefix of every key. Secret scanners can match `uprof-key-[0-9A-Za-z]{49}`.
pub const KEY_PREFIX: &str = "uprof-key-";
const SECRET_CHARACTERS: usize = 43;
const CHECKSUM_CHARACTERS: usize = 6;

labels! {
    /// A permission of a key.
    Scope {
        /// Retrieve and list profiles.
        ProfilesRead = "profiles:read",
        /// Create, update and delete profiles.
        ProfilesWrite = "profiles:write",
        /// Administer the organization. Does not include access to profiles.
        Admin = "admin",
    }
}

/// The secret of an API key: `uprof-key-`, 43 characters of secret, 6 of checksum.
#[derive(Clone, Debug)]
pub struct ApiKeySecret(SecretString);

impl ApiKeySecret {
    /// The secret of `random` bits.
    #[must_use]
    pub fn from_random(random: [u8; 32]) -> Self {
        let secret = text(base62::encode::<32, SECRET_CHARACTERS>(random));
        let checksum = checksum(&secret);
        Self(SecretString::from(format!("{KEY_PREFIX}{secret}{checksum}")))
    }

    /// Parses `text` and verifies its checksum, without a database query.
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

    /// The hash that is stored and looked up.
    #[must_use]
    pub fn hash(&self) -> KeyHash {
        KeyHash(Sha256::digest(self.0.expose_secret().as_bytes()).into())
    }

    /// The last four characters, which identify a key in lists.
    #[must_use]
    pub fn last_four(&self) -> &str {
        let text = self.expose();
        &text[text.len() - 4..]
    }

    /// The secret itself, to be shown once.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

/// The SHA-256 of a secret. A slow hash would add nothing for 256 random bits.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct KeyHash(pub [u8; 32]);

impl fmt::Debug for KeyHash {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("KeyHash(..)")
    }
}

/// An API key, without its secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiKey {
    /// Unique.
    pub id: ApiKeyId,
    /// Its organization.
    pub organization_id: OrganizationId,
    /// The last four characters of the secret.
    pub last_four: String,
    /// Its permissions.
    pub scopes: Vec<Scope>,
    /// The workspace that it is bound to.
    pub workspace_id: Option<WorkspaceId>,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it expires.
    pub expires_at: Option<Timestamp>,
    /// When it was revoked.
    pub revoked_at: Option<Timestamp>,
    /// The rate limits of its requests, beside those of its organization.
    pub rate_limits: RateLimits,
}

impl ApiKey {
    /// Whether it is neither revoked nor expired at `now`.
    #[must_use]
    pub fn is_valid_at(&self, now: Timestamp) -> bool {
        self.revoked_at.is_none() && self.expires_at.is_none_or(|expires_at| now < expires_at)
    }

    /// Checks that this key may revoke the key `id`. A key that is bound to a workspace finds that workspace's keys only. A key cannot revoke itself, so that the caller keeps access.
    ///
    /// # Errors
    /// `Conflict` for the key itself.
    pub fn may_revoke(&self, id: ApiKeyId) -> Result<()> {
        if id == self.id {
            return Err(Error::new(ErrorKind::Conflict, "An API key cannot revoke itself"));
        }
        Ok(())
    }
}

/// Who creates or revokes a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyActor {
    /// The operator, on the command line.
    CommandLine,
    /// The holder of this key.
    ApiKey(ApiKeyId),
}

impl fmt::Display for KeyActor {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::CommandLine => formatter.write_str("command_line"),
            Self::ApiKey(id) => id.fmt(formatter),
        }
    }
}

/// The fields of a new key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiKeyDraft {
    /// Its permissions.
    pub scopes: Vec<Scope>,
    /// The workspace that it is bound to.
    pub workspace_id: Option<WorkspaceId>,
    /// When it expires.
    pub expires_at: Option<Timestamp>,
    /// The rate limits of its requests.
    pub rate_limits: RateLimits,
}

impl ApiKeyDraft {
    /// The draft as `issuer` may create it: a key may never do more than its issuer. It is bound to the issuer's workspace, expires with the
    /// issuer at the latest, and has its rate limits, also where the draft says nothing.
    ///
    /// # Errors
    /// `Forbidden` for another workspace, a later expiry, a higher rate limit, or a scope that the issuer lacks.
    pub fn issued_by(self, issuer: &ApiKey) -> Result<Self> {
        let forbidden = |message: String| Err(Error::new(ErrorKind::Forbidden, message));
        if let Some(missing) = self.scopes.iter().find(|scope| !issuer.scopes.contains(scope)) {
            return forbidden(format!("scopes: API key lacks the scope `{}` itself", missing.as_str()));
        }
        let workspace_id = match (&issuer.workspace_id, self.workspace_id) {
            (Some(bound), Some(other)) if other != *bound => {
                return forbidden("workspace_id: API key belongs to another workspace".to_owned());
            }
            (bound, workspace) => workspace.or_else(|| bound.clone()),
        };
        let expires_at = match (issuer.expires_at, self.expires_at) {
            (Some(end), Some(later)) if later > end => {
                return forbidden("expires_at: API key expires before that itself".to_owned());
            }
            (end, expires_at) => expires_at.or(end),
        };
        let Some(rate_limits) = self.rate_limits.issued_under(issuer.rate_limits) else {
            return forbidden("read_limit, write_limit: API key has lower rate limits itself".to_owned());
        };
        Ok(Self { workspace_id, expires_at, rate_limits, ..self })
    }

    /// The key of `organization` with this `secret`, created `now`.
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
            rate_limits: self.rate_limits,
        }
    }
}

/// A page of an organization's keys, by id, which is the order of creation.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ApiKeyQuery {
    /// The order of the list.
    pub order: Order,
    /// The most keys.
    pub limit: PageLimit,
    /// Start after this key; `None`: the first page.
    pub after: Option<ApiKeyId>,
    /// Only keys that are bound to this workspace; `None`: all keys.
    pub workspace: Option<WorkspaceId>,
}

/// What authentication needs of a key, found by its hash.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Credential {
    /// The key.
    pub key: ApiKey,
    /// The label of the API version that the organization is pinned to.
    pub default_version: String,
    /// The rate limits of the organization.
    pub organization_limits: RateLimits,
    /// The quotas of the organization.
    pub quotas: Quotas,
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
        fn a_secret_round_trips_and_matches_the_pattern_of_scanners(random: [u8; 32]) {
            let key = ApiKeySecret::from_random(random);
            let body = key.expose().strip_prefix(KEY_PREFIX).unwrap();
            prop_assert!(body.len() == 49 && body.bytes().all(|byte| byte.is_ascii_alphanumeric()));
            prop_assert_eq!(ApiKeySecret::parse(key.expose()).unwrap().hash(), key.hash());
        }

        #[test]
        fn one_wrong_character_fails_the_checksum(random: [u8; 32], at in 0_usize..49, other in "[0-9A-Za-z]") {
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
