//! Encrypts stored answers that hold a secret with a key derived from the caller's API key, which the database never has.

use chacha20poly1305::aead::{Aead, KeyInit};
use chacha20poly1305::{ChaCha20Poly1305, Nonce};
use sha2::{Digest, Sha256};

use crate::domain::credential::api_key::ApiKeySecret;
use crate::domain::idempotency::IdempotencyKey;
use crate::domain::{Error, Result};

const NONCE_BYTES: usize = 12;

/// Encrypts and decrypts answers of one API key and one idempotency key.
#[derive(Clone)]
pub(in crate::http) struct Seal {
    cipher: ChaCha20Poly1305,
    nonce: [u8; NONCE_BYTES],
}

impl Seal {
    /// The seal for `secret` and `key`. The first 96 of the `random` bits are the nonce of the answer that it encrypts.
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

    /// `answer`, encrypted.
    ///
    /// # Errors
    /// `Internal` for an answer beyond the cipher's limit of 256 GiB.
    pub(in crate::http) fn close(&self, answer: &[u8]) -> Result<Vec<u8>> {
        let sealed = self.cipher.encrypt(&Nonce::from(self.nonce), answer);
        let sealed = sealed.map_err(|_| Error::internal("an answer cannot be encrypted"))?;
        Ok([self.nonce.as_slice(), &sealed].concat())
    }

    /// The answer in `sealed`; `None` where it was encrypted with another API key or idempotency key, or is damaged.
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
    fn only_both_keys_together_decrypt_a_stored_answer() {
        let sealed = seal(1, "k", 1).close(b"secret").unwrap();
        assert!(!sealed.windows(6).any(|bytes| bytes == b"secret"));
        assert_eq!(seal(1, "k", 2).open(&sealed).as_deref(), Some(b"secret".as_slice()));
        assert_eq!(seal(2, "k", 1).open(&sealed), None);
        assert_eq!(seal(1, "l", 1).open(&sealed), None);
        assert_eq!(seal(1, "k", 1).open(&sealed[..sealed.len() - 1]), None);
        assert_eq!(seal(1, "k", 1).open(b""), None);
    }
}
