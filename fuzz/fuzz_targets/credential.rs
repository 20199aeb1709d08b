//! A key is accepted only if the headers carry one well-formed key, and no other.
#![no_main]

use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue};
use libfuzzer_sys::fuzz_target;
use uprof::domain::credential::api_key::{ApiKeySecret, KEY_PREFIX};
use uprof::http::fuzzing;

/// Stand for two keys whose checksums are right, which no mutation would find.
const PLACEHOLDERS: [u8; 2] = [1, 2];

fn key(number: u8) -> String {
    ApiKeySecret::from_random([number; 32]).expose().to_owned()
}

/// The key that a header carries by itself.
fn carried(name: &HeaderName, value: &HeaderValue) -> Option<String> {
    let text = std::str::from_utf8(value.as_bytes()).ok()?;
    if name == "x-api-key" {
        return Some(text.trim().to_owned());
    }
    let (scheme, key) = text.split_once(' ')?;
    (scheme.to_lowercase() == "bearer").then(|| key.trim().to_owned())
}

// Each line is the value of a header: of `authorization` if it begins with `a`, else of `x-api-key`.
fuzz_target!(|bytes: &[u8]| {
    let mut text = Vec::new();
    for byte in bytes {
        match PLACEHOLDERS.iter().position(|placeholder| placeholder == byte) {
            Some(_) => text.extend_from_slice(key(*byte).as_bytes()),
            None => text.push(*byte),
        }
    }
    let mut headers = HeaderMap::new();
    for line in text.split(|byte| *byte == b'\n') {
        let (name, value) = match line.split_first() {
            Some((b'a', value)) => ("authorization", value),
            _ => ("x-api-key", line),
        };
        let Ok(value) = HeaderValue::from_bytes(value) else { return };
        headers.append(HeaderName::from_static(name), value);
    }
    let Some(secret) = fuzzing::credential(&headers) else { return };
    let secret = secret.expose();
    let digits = secret.strip_prefix(KEY_PREFIX).unwrap();
    assert!(digits.len() == 49 && digits.bytes().all(|byte| byte.is_ascii_alphanumeric()), "{secret}");
    assert!(PLACEHOLDERS.map(key).iter().any(|key| key == secret), "{secret} was not sent with its checksum");
    for (name, value) in &headers {
        assert_eq!(carried(name, value).as_deref(), Some(secret), "another credential beside the accepted one");
    }
});
