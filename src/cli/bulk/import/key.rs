//! The idempotency key of a batch.

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};

use super::batch::Batch;
use crate::domain::label::EnumLabel;

/// How many bytes of a digest are in a key.
const KEY_BYTES: usize = 20;

/// Identifies what is imported: a file with its options, or one reading of standard input.
#[derive(Clone, Copy, Debug)]
pub(super) struct ImportIdentity(pub(super) [u8; 32]);

impl ImportIdentity {
    /// The identity of the import of a file with this digest, under `options`.
    pub(super) fn of_file(sha256: &[u8; 32], options: &str) -> Self {
        Self(Sha256::new_with_prefix("uprof import").chain_update(sha256).chain_update(options).finalize().into())
    }

    /// The key of `batch`: the same for the same lines at the same place, whatever is found of them when it is sent.
    pub(super) fn key(&self, batch: &Batch) -> String {
        let mut digest = Sha256::new_with_prefix(self.0);
        digest.update(batch.first_line.to_be_bytes());
        digest.update(batch.version.as_str());
        for line in &batch.lines {
            digest.update(line.number.to_be_bytes());
            digest.update((line.params.len() as u64).to_be_bytes());
            digest.update(&line.params);
        }
        format!("uprof-import-{}", BASE64_URL_SAFE_NO_PAD.encode(&digest.finalize()[..KEY_BYTES]))
    }
}
