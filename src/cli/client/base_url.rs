//! Where a request goes.

use std::net::IpAddr;

use ureq::http::Uri;

use crate::cli::error::CliError;

/// Where `uprof dev` listens.
pub(super) const DEFAULT_BASE_URL: &str = "http://127.0.0.1:8080";

/// Where the service is: scheme, authority, and perhaps a path under which it lies.
#[derive(Debug)]
pub(in crate::cli) struct BaseUrl {
    text: String,
    host: String,
}

impl BaseUrl {
    /// # Errors
    /// It is no `http` or `https` address, or carries what does not belong into one.
    pub(in crate::cli) fn parse(text: &str) -> Result<Self, CliError> {
        // An empty variable is one that is not set.
        let text = if text.is_empty() { DEFAULT_BASE_URL } else { text }.trim_end_matches('/');
        let refuse = |why: &str| Err(format!("the base URL {why}: give one such as {DEFAULT_BASE_URL}").into());
        let Ok(uri) = text.parse::<Uri>() else { return refuse("is none") };
        let (Some(scheme), Some(authority)) = (uri.scheme_str(), uri.authority()) else {
            return refuse("has no scheme");
        };
        if authority.as_str().contains('@') {
            return refuse("holds a user name or a password");
        }
        if text.contains(['?', '#']) {
            return refuse("holds a query");
        }
        match scheme {
            "http" => {}
            "https" if cfg!(feature = "tls") => {}
            "https" => return Err("this uprof speaks no https: build it with cargo build --features tls".into()),
            _ => return refuse("is neither http nor https"),
        }
        let host = authority.host().trim_matches(['[', ']']).to_owned();
        Ok(Self { text: text.to_owned(), host })
    }

    /// Whether it is this machine itself, which no proxy can reach in our place.
    pub(in crate::cli) fn is_loopback(&self) -> bool {
        self.host == "localhost" || self.host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
    }

    /// The address of `path`, whose parts are encoded, with `query`, whose parts are not.
    pub(in crate::cli) fn join(&self, path: &str, query: &[(&str, String)]) -> String {
        let mut url = format!("{}{path}", self.text);
        for (position, (name, value)) in query.iter().enumerate() {
            url.push(if position == 0 { '?' } else { '&' });
            url.push_str(&encoded(name));
            url.push('=');
            url.push_str(&encoded(value));
        }
        url
    }
}

/// `text` as a part of a path or of a query: all but RFC 3986's unreserved characters percent-encoded.
pub(in crate::cli) fn encoded(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(byte.into());
        } else {
            encoded.extend(['%', hexadecimal(byte >> 4), hexadecimal(byte & 15)]);
        }
    }
    encoded
}

fn hexadecimal(digit: u8) -> char {
    char::from(b"0123456789ABCDEF"[usize::from(digit)])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_lies_under_the_base_url_and_its_parts_are_encoded() {
        let base = BaseUrl::parse("http://localhost:8080/proxy/").unwrap();
        let query = [("page", "a+b/c=".to_owned()), ("enforcement_status[]", "banned".to_owned())];
        let url = base.join(&format!("/v1/user_profiles/{}", encoded("a/../b?é")), &query);
        assert_eq!(
            url,
            "http://localhost:8080/proxy/v1/user_profiles/a%2F..%2Fb%3F%C3%A9?page=a%2Bb%2Fc%3D&enforcement_status%5B%5D=banned"
        );
    }

    #[test]
    fn only_this_machine_is_reached_without_a_proxy() {
        for url in ["", "http://localhost", "http://127.0.0.1:8080", "http://[::1]:8080", "http://127.1.2.3"] {
            assert!(BaseUrl::parse(url).unwrap().is_loopback(), "{url}");
        }
        for url in ["http://localhost.example", "http://10.0.0.1:8080", "http://[::2]"] {
            assert!(!BaseUrl::parse(url).unwrap().is_loopback(), "{url}");
        }
    }

    #[test]
    fn what_is_no_address_of_a_service_is_refused() {
        for url in
            ["localhost:8080", "127.0.0.1", "ftp://host", "http://", "http://a:b@host", "http://host/?a=b", "x y"]
        {
            assert!(BaseUrl::parse(url).is_err(), "{url}");
        }
    }
}
