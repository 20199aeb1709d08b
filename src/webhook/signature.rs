//! The signature of a delivery: Standard Webhooks, <https://www.standardwebhooks.com>.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::domain::webhook::secret::SigningSecret;

/// The header with the id of the event, the same on every attempt.
pub(super) const ID: &str = "webhook-id";
/// The header with the time of this attempt, in unix seconds.
pub(super) const TIMESTAMP: &str = "webhook-timestamp";
/// The header with the signatures.
pub(super) const SIGNATURE: &str = "webhook-signature";

/// The value of the header `webhook-signature`: `v1,` and the base64 of HMAC-SHA256 over `id.timestamp.body`, one for each of `secrets`, separated by
/// spaces.
pub fn sign<'s>(secrets: impl IntoIterator<Item = &'s SigningSecret>, id: &str, timestamp: i64, body: &[u8]) -> String {
    let signed = secrets.into_iter().filter_map(|secret| {
        // HMAC takes a key of any length.
        let mut mac = Hmac::<Sha256>::new_from_slice(secret.bits()).ok()?;
        mac.update(format!("{id}.{timestamp}.").as_bytes());
        mac.update(body);
        Some(format!("v1,{}", BASE64_STANDARD.encode(mac.finalize().into_bytes())))
    });
    signed.collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_signature_matches_the_reference_implementation() {
        let secret = SigningSecret::new(std::array::from_fn(|at| u8::try_from(at).unwrap()));
        assert_eq!(secret.expose(), "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=");
        assert_eq!(
            sign([&secret], "evt_1", 1_614_265_330, br#"{"test": 2432232314}"#),
            "v1,WyexmCITqdBtToZRPqUQg29ykDO9mdYqGHgJYLfHCrc="
        );
    }

    proptest! {
        #[test]
        fn each_secret_adds_its_signature_in_the_given_order(old: [u8; 32], new: [u8; 32], body: Vec<u8>, time: i64) {
            let [old, new] = [old, new].map(SigningSecret::new);
            let both = sign([&new, &old], "evt_1", time, &body);
            let each = [&new, &old].map(|secret| sign([secret], "evt_1", time, &body));
            prop_assert_eq!(both, each.join(" "));
        }

        #[test]
        fn any_change_changes_the_signature(secret: [u8; 32], body: Vec<u8>, time in 0_i64..1 << 40) {
            let secret = SigningSecret::new(secret);
            let signature = sign([&secret], "evt_1", time, &body);
            let longer = [body.as_slice(), b" "].concat();
            prop_assert_ne!(&signature, &sign([&secret], "evt_1", time, &longer));
            prop_assert_ne!(&signature, &sign([&secret], "evt_1", time + 1, &body));
            prop_assert_ne!(&signature, &sign([&secret], "evt_2", time, &body));
        }
    }
}
