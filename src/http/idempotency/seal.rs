//! Keeps an answer that holds a secret so that nobody can read it who does not have the caller's own API key: the database never has that.

use chacha20poly1305::aead::{Aead, KeyInit};
use chacha20poly1305::{ChaCha20Poly1305, Nonce};
use sha2::{Digest, Sha256};

use crate::domain::credential::api_key::ApiKeySecret;
use crate::domain::idempotency::IdempotencyKey;

const NONCE_BYTES: usize = 12;

/// Closes and opens what is kept for one API key and one idempotency key.
#[derive(Clone)]
pub(in crate::http) struct Seal {
    cipher: ChaCha20Poly1305,
    nonce: [u8; NONCE_BYTES],
}

impl Seal {
    /// The seal for `secret` and `key`; of the `random` bits, the first are the nonce of what it closes.
    pub(in crate::http) fn new(secret: &ApiKeySecret, key: &IdempotencyKey, random: [u8; 32]) -> Self {
        // All but the last part are of one length, so that no two lists of parts are the same bytes. The API key has 256 random bits, so
        // a hash is all the derivation it needs.
        let digest = Sha256::new()
            .chain_update("uprof idempotency seal")
            .chain_update(secret.expose())
            .chain_update(key.as_str())
            .finalize();
        let mut nonce = [0; NONCE_BYTES];
        nonce.copy_from_slice(&random[..NONCE_BYTES]);
        Self { cipher: ChaCha20Poly1305::new(&digest), nonce }
    }

    /// `answer`, for the caller's eyes only.
    pub(in crate::http) fn close(&self, answer: &[u8]) -> Vec<u8> {
        // Fails for more bytes than memory holds.
        let sealed = self.cipher.encrypt(&Nonce::from(self.nonce), answer).unwrap_or_default();
        [self.nonce.as_slice(), &sealed].concat()
    }

    /// The answer that was closed as `sealed`; `None` where it was closed for somebody else.
    pub(in crate::http) fn open(&self, sealed: &[u8]) -> Option<Vec<u8>> {
        let (nonce, sealed) = sealed.split_first_chunk::<NONCE_BYTES>()?;
        self.cipher.decrypt(&Nonce::from(*nonce), sealed).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seal(secret: u8, key: &str, nonce: u8) -> Seal {
        let key = IdempotencyKey::parse(key.as_bytes()).unwrap();
        Seal::new(&ApiKeySecret::from_random([secret; 32]), &key, [nonce; 32])
    }

    #[test]
    fn whoever_has_both_keys_reads_what_was_kept_and_nobody_else_does() {
        let kept = seal(1, "k", 1).close(b"secret");
        assert!(!kept.windows(6).any(|bytes| bytes == b"secret"));
        assert_eq!(seal(1, "k", 2).open(&kept).as_deref(), Some(b"secret".as_slice()));
        assert_eq!(seal(2, "k", 1).open(&kept), None);
        assert_eq!(seal(1, "l", 1).open(&kept), None);
        assert_eq!(seal(1, "k", 1).open(&kept[..kept.len() - 1]), None);
        assert_eq!(seal(1, "k", 1).open(b""), None);
    }
}
