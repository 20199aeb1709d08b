//! Where a request goes.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use url::{Host, Url};

use crate::cli::error::CliError;
use crate::config;

/// Where `uprof dev` listens.
pub(super) const DEFAULT_BASE_URL: &str = "http://127.0.0.1:8080";

/// All but RFC 3986's unreserved characters.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// The URL of a service, which may include a path.
#[derive(Debug)]
pub(in crate::cli) struct BaseUrl(Url);

impl BaseUrl {
    /// Parses `--base-url`. An empty variable counts as not set.
    ///
    /// # Errors
    /// It is not the URL of a service, or needs TLS, which this build does not have.
    pub(in crate::cli) fn parse(text: &str) -> Result<Self, CliError> {
        let text = if text.is_empty() { DEFAULT_BASE_URL } else { text };
        let url = config::service_url(text)
            .map_err(|reason| format!("the base URL {reason}: give one such as {DEFAULT_BASE_URL}"))?;
        if url.scheme() == "https" && !cfg!(feature = "tls") {
            return Err("this uprof speaks no https: build it with cargo build --features tls".into());
        }
        Ok(Self(url))
    }

    /// Whether it is on this machine, which a proxy cannot reach.
    pub(in crate::cli) fn is_loopback(&self) -> bool {
        match self.0.host() {
            Some(Host::Domain(name)) => name == "localhost",
            Some(Host::Ipv4(address)) => address.is_loopback(),
            Some(Host::Ipv6(address)) => address.is_loopback(),
            None => false,
        }
    }

    /// The URL of `path`, which is percent-encoded, with `query`, which is not.
    pub(in crate::cli) fn join(&self, path: &str, query: &[(String, String)]) -> String {
        let mut url = format!("{}{path}", self.0.as_str().trim_end_matches('/'));
        for (position, (name, value)) in query.iter().enumerate() {
            url.push(if position == 0 { '?' } else { '&' });
            url.extend([&percent_encoded(name), "=", &percent_encoded(value)]);
        }
        url
    }
}

/// `text` as one segment of a path, or as a name or a value of a query.
pub(in crate::cli) fn percent_encoded(text: &str) -> String {
    utf8_percent_encode(text, RESERVED).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_below_the_base_url_and_percent_encoded() {
        let base = BaseUrl::parse("http://localhost:8080/proxy/").unwrap();
        let query = [("page", "a+b/c=~"), ("enforcement_status[]", "banned")];
        let query = query.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let url = base.join(&format!("/v1/user_profiles/{}", percent_encoded("a/../b?é")), &query);
        assert_eq!(
            url,
            "http://localhost:8080/proxy/v1/user_profiles/a%2F..%2Fb%3F%C3%A9?page=a%2Bb%2Fc%3D~&enforcement_status%5B%5D=banned"
        );
        assert_eq!(BaseUrl::parse("http://localhost:8080").unwrap().join("/v1", &[]), "http://localhost:8080/v1");
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
    fn what_is_not_the_url_of_a_service_is_refused() {
        for url in
            ["localhost:8080", "127.0.0.1", "ftp://host", "http://", "http://a:b@host", "http://host/?a=b", "x y"]
        {
            assert!(BaseUrl::parse(url).is_err(), "{url}");
        }
    }
}
