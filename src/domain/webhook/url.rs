//! The URL of a webhook endpoint.

use std::net::IpAddr;

use ::http::Uri;
use ::url::{Host, ParseError, Url};
use validator::ValidationError;

use super::address::{self, Forbidden};
use crate::domain::error::reason;
use crate::domain::label::EnumLabel;

/// The longest URL, in bytes.
pub const MAX_BYTES: usize = 2_048;

const INVALID_URL: &str = "Input should be a valid URL, such as https://example.com/path";
const INVALID_SCHEME: &str = "URL scheme should be https";
const INVALID_CHARACTER: &str = "URL should hold ASCII characters only, others percent-encoded";
const INVALID_HOST: &str = "URL host should be a name or an address, in ASCII";
const INVALID_IPV4: &str = "URL host should be an IPv4 address with four decimal numbers";
const INVALID_IPV6: &str = "URL host is not a valid IPv6 address";
const INVALID_PORT: &str = "URL port should be a number from 1 to 65535";

/// Which hosts deliveries may reach.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Reach {
    /// Hosts on the internet, over https.
    #[default]
    Internet,
    /// Any host, this machine included, over https or http. For development.
    Anywhere,
}

impl Reach {
    /// Checks that a delivery may go to `address`.
    ///
    /// # Errors
    /// Why it may not.
    pub fn check(self, address: IpAddr) -> Result<(), Forbidden> {
        match self {
            Self::Internet => address::check(address),
            Self::Anywhere => Ok(()),
        }
    }
}

/// An `https://` or `http://` URL with a host and optionally a port, a path and a query. ASCII only; no user, password or fragment. Holds
/// the text as it was registered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebhookUrl {
    text: String,
    is_https: bool,
}

impl WebhookUrl {
    /// Parses `text` and checks that it is within `reach`. The addresses behind a host name are checked later, for each connection.
    ///
    /// # Errors
    /// Why the URL is refused.
    pub fn parse(text: String, reach: Reach) -> Result<Self, ValidationError> {
        if text.len() > MAX_BYTES {
            return Err(reason("length", format!("URL should have at most {MAX_BYTES} bytes")));
        }
        let url = parse(&text).map_err(|why| reason("url", why))?;
        if reach == Reach::Internet {
            check_internet(&url)?;
        }
        Ok(Self { is_https: url.scheme() == "https", text })
    }

    /// The URL as it was registered.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether the scheme is https.
    #[must_use]
    pub const fn is_https(&self) -> bool {
        self.is_https
    }
}

fn check_internet(url: &Url) -> Result<(), ValidationError> {
    if url.scheme() != "https" {
        return Err(reason("scheme", INVALID_SCHEME));
    }
    let allowed = match url.host() {
        Some(Host::Ipv4(address)) => address::check(address.into()),
        Some(Host::Ipv6(address)) => address::check(address.into()),
        Some(Host::Domain(name)) if name.trim_end_matches('.').rsplit('.').next() == Some("localhost") => {
            Err(Forbidden::Loopback)
        }
        Some(Host::Domain(_)) | None => Ok(()),
    };
    allowed.map_err(|why| reason("address", format!("URL host should not be {}", why.as_str())))
}

/// Parses `text` twice, by the WHATWG standard (`url`) and as the HTTP client does (`http::Uri`), and refuses what the two read
/// differently: `url` accepts, among others, `127.1` and `0x7f000001` as addresses.
fn parse(text: &str) -> Result<Url, &'static str> {
    let url = Url::parse(text).map_err(|error| match error {
        ParseError::RelativeUrlWithoutBase => INVALID_URL,
        ParseError::InvalidPort => INVALID_PORT,
        ParseError::InvalidIpv4Address => INVALID_IPV4,
        ParseError::InvalidIpv6Address => INVALID_IPV6,
        _ => INVALID_HOST,
    })?;
    if !["https", "http"].contains(&url.scheme()) {
        return Err(INVALID_SCHEME);
    }
    if url.fragment().is_some() {
        return Err("URL should have no fragment");
    }
    // `url` percent-encodes or drops what RFC 3986 does not allow; the client would send it.
    if !text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=:@/?%[]".contains(&byte)) {
        return Err(INVALID_CHARACTER);
    }
    let uri: Uri = text.parse().map_err(|_| if text.contains("://") { INVALID_HOST } else { INVALID_URL })?;
    let authority = uri.authority().ok_or(INVALID_URL)?;
    if authority.as_str().contains('@') {
        return Err("URL should have no user and no password");
    }
    if uri.path_and_query().is_some_and(|path| path.as_str().contains(['[', ']'])) {
        return Err(INVALID_CHARACTER);
    }
    let same_host = match url.host().ok_or(INVALID_HOST)? {
        Host::Domain(name) => is_name(name) && authority.host().eq_ignore_ascii_case(name),
        Host::Ipv4(address) => authority.host().parse() == Ok(address),
        Host::Ipv6(address) => authority.host().trim_matches(['[', ']']).parse() == Ok(address),
    };
    if !same_host {
        return Err(if matches!(url.host(), Some(Host::Ipv4(_))) { INVALID_IPV4 } else { INVALID_HOST });
    }
    if uri.scheme_str() != Some(url.scheme()) {
        return Err(INVALID_SCHEME);
    }
    let has_port = authority.as_str() != authority.host();
    match url.port_or_known_default() {
        Some(0) => Err(INVALID_PORT),
        port if has_port && authority.port_u16() != port => Err(INVALID_PORT),
        _ => Ok(url),
    }
}

/// Whether `host` is a DNS name: `url` checks neither empty labels nor lengths. A last label such as `0xg` is refused too: it could be
/// taken for a number.
fn is_name(host: &str) -> bool {
    let name = host.strip_suffix('.').unwrap_or(host);
    let last = name.rsplit('.').next().unwrap_or_default();
    let is_label = |label: &str| {
        (1..=63).contains(&label.len())
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
    };
    name.len() <= 253 && name.split('.').all(is_label) && !last.starts_with("0x")
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use proptest::prelude::*;

    use super::*;

    fn refusal(text: &str, reach: Reach) -> String {
        let refused = WebhookUrl::parse(text.to_owned(), reach).expect_err(text);
        refused.message.unwrap_or_default().into_owned()
    }

    #[test]
    fn a_url_on_the_internet_is_accepted_as_it_is_written() {
        for text in [
            "https://example.com",
            "https://example.com/",
            "HTTPS://Example.COM:8443/hooks/%C3%A9?tenant=a&b=c;d",
            "https://hooks.xn--bcher-kva.example./uprof",
            "https://a_b.example.com?x",
            "https://8.8.8.8/hook",
            "https://[2606:4700:4700::1111]:443/hook",
        ] {
            assert_eq!(WebhookUrl::parse(text.to_owned(), Reach::Internet).unwrap().as_str(), text);
        }
    }

    #[test]
    fn an_invalid_url_is_refused_for_any_reach() {
        for text in [
            "",
            "example.com",
            "//example.com",
            "https:/example.com",
            "ftp://example.com",
            "file:///etc/passwd",
            "gopher://example.com",
            "https://",
            "https:///path",
            "https://user@example.com",
            "https://user:secret@example.com",
            "https://example.com@127.0.0.1",
            "https://example.com#fragment",
            "https://example.com/#fragment",
            "https://example.com:0/",
            "https://example.com:65536/",
            "https://example.com:+80/",
            "https://example.com:80:80/",
            "https://example.com:/",
            "https://exa mple.com/",
            "https://example.com/a b",
            "https://example.com/\r\nx: y",
            "https://example.com\\@127.0.0.1/",
            "https://bücher.example/",
            "https://example.com/é",
            "https://.example.com/",
            "https://example..com/",
            "https://-example.com/",
            "https://[::1",
            "https://[::1]x/",
            "https://[fe80::1%25eth0]/",
            "https://[1.2.3.4]/",
            "https://127.1/",
            "https://2130706433/",
            "https://0x7f000001/",
            "https://0X7f.1/",
            "https://0177.0.0.1/",
            "https://1.2.3.4.5/",
            "https://example.0x1/",
            "https://example.0xg/",
            "https://127.0.0.1./",
            "https://xn--a.example/",
            "https://exa%6dple.com/",
            "https://@example.com/",
            "https:\\\\example.com/",
            "https://exam\tple.com/",
            "https://example.com/[",
            " https://example.com/",
        ] {
            assert!(!refusal(text, Reach::Anywhere).is_empty(), "{text}");
        }
        assert!(refusal(&format!("https://example.com/{}", "a".repeat(MAX_BYTES)), Reach::Anywhere).contains("2048"));
    }

    #[test]
    fn a_private_host_or_http_is_accepted_only_for_reach_anywhere() {
        for (text, why) in [
            ("http://example.com/", "URL scheme should be https"),
            ("https://127.0.0.1/", "URL host should not be a loopback address"),
            ("https://localhost/", "URL host should not be a loopback address"),
            ("https://LOCALHOST./", "URL host should not be a loopback address"),
            ("https://db.localhost:5432/", "URL host should not be a loopback address"),
            ("https://10.0.0.1:8443/", "URL host should not be a private address"),
            ("https://169.254.169.254/latest", "URL host should not be a link-local address"),
            ("https://[::1]/", "URL host should not be a loopback address"),
            ("https://[::ffff:10.0.0.1]/", "URL host should not be a private address"),
            ("https://[fd00:ec2::254]/", "URL host should not be a private address"),
            ("https://0.0.0.0/", "URL host should not be an unspecified address"),
        ] {
            assert_eq!(refusal(text, Reach::Internet), why, "{text}");
            assert!(WebhookUrl::parse(text.to_owned(), Reach::Anywhere).is_ok(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn parsing_never_panics(text in "(https?://)?[ -~é]{0,40}") {
            let _ = WebhookUrl::parse(text, Reach::Internet);
        }

        #[test]
        fn an_address_in_a_url_is_checked(bits: u32) {
            let address = Ipv4Addr::from_bits(bits);
            for text in [format!("https://{address}/"), format!("https://[{}]/", address.to_ipv6_mapped())] {
                prop_assert_eq!(WebhookUrl::parse(text, Reach::Internet).is_ok(), address::check(address.into()).is_ok());
            }
        }
    }
}
