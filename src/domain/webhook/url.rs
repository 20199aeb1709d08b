//! Where deliveries go: a URL as an organization registers it.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use validator::ValidationError;

use super::address::{self, Forbidden};
use crate::domain::error::reason;
use crate::domain::label::EnumLabel;

/// The longest URL, in bytes.
pub const MAX_BYTES: usize = 2_048;

/// How far deliveries reach.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Reach {
    /// Hosts of the internet, by https.
    #[default]
    Internet,
    /// Any host, this machine too, and by http as well: for a laptop.
    Anywhere,
}

impl Reach {
    /// Whether a delivery may go to `address`.
    ///
    /// # Errors
    /// Why not.
    pub fn check(self, address: IpAddr) -> Result<(), Forbidden> {
        match self {
            Self::Internet => address::check(address),
            Self::Anywhere => Ok(()),
        }
    }
}

/// A URL that deliveries can be sent to: `https://` or `http://`, a host, at most a port, a path and a query. ASCII only, no user, no
/// fragment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebhookUrl(String);

/// What a URL names as its host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Host<'u> {
    Name(&'u str),
    Address(IpAddr),
}

impl WebhookUrl {
    /// `text`, if it is such a URL and within `reach`, as far as can be told without asking for the address of a name.
    ///
    /// # Errors
    /// The reason why not.
    pub fn parse(text: String, reach: Reach) -> Result<Self, ValidationError> {
        if text.len() > MAX_BYTES {
            return Err(reason("length", format!("URL should have at most {MAX_BYTES} bytes")));
        }
        let host = read(&text).map_err(|why| reason("url", why))?;
        if reach == Reach::Internet {
            check(&text, host)?;
        }
        Ok(Self(text))
    }

    /// A URL that was taken once, from where it is kept.
    #[must_use]
    pub const fn from_stored(text: String) -> Self {
        Self(text)
    }

    /// The URL.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it is `https://`.
    #[must_use]
    pub fn is_https(&self) -> bool {
        is_https(&self.0)
    }
}

fn is_https(text: &str) -> bool {
    text.split_once("://").is_some_and(|(scheme, _)| scheme.eq_ignore_ascii_case("https"))
}

fn check(text: &str, host: Host<'_>) -> Result<(), ValidationError> {
    if !is_https(text) {
        return Err(reason("scheme", "URL scheme should be https"));
    }
    let forbidden = match host {
        Host::Address(address) => address::check(address).err(),
        Host::Name(name) => {
            let (_, last) = name.trim_end_matches('.').rsplit_once('.').unwrap_or(("", name.trim_end_matches('.')));
            last.eq_ignore_ascii_case("localhost").then_some(Forbidden::Loopback)
        }
    };
    match forbidden {
        Some(why) => Err(reason("address", format!("URL host should not be {}", why.as_str()))),
        None => Ok(()),
    }
}

/// The host of a well-formed URL.
fn read(text: &str) -> Result<Host<'_>, &'static str> {
    let (scheme, rest) =
        text.split_once("://").ok_or("Input should be a valid URL, such as https://example.com/path")?;
    if !["https", "http"].iter().any(|known| scheme.eq_ignore_ascii_case(known)) {
        return Err("URL scheme should be https");
    }
    let (authority, path) = rest.find(['/', '?', '#']).map_or((rest, ""), |at| rest.split_at(at));
    if path.contains('#') {
        return Err("URL should have no fragment");
    }
    if !path.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=:@/?%".contains(&byte)) {
        return Err("URL should hold ASCII characters only, others percent-encoded");
    }
    if authority.contains('@') {
        return Err("URL should have no user and no password");
    }
    let (host, port) = match authority.strip_prefix('[').map(|inner| inner.split_once(']')) {
        Some(Some((inner, port))) => {
            let address: Ipv6Addr = inner.parse().map_err(|_| "URL host is not a valid IPv6 address")?;
            (Host::Address(address.into()), port.strip_prefix(':').or(port.is_empty().then_some("")))
        }
        Some(None) => return Err("URL host is not a valid IPv6 address"),
        None => {
            let (host, port) = authority.split_once(':').map_or((authority, ""), |(host, port)| (host, port));
            (named(host)?, Some(port))
        }
    };
    let port = port.filter(|_| !authority.ends_with(':')).ok_or("URL port should be a number from 1 to 65535")?;
    let is_port = port.bytes().all(|byte| byte.is_ascii_digit()) && port.parse::<u16>().is_ok_and(|port| port > 0);
    if port.is_empty() || is_port { Ok(host) } else { Err("URL port should be a number from 1 to 65535") }
}

/// A name, or an IPv4 address in its one form with four decimal numbers: systems read `127.1` and `0x7f000001` as addresses too.
fn named(host: &str) -> Result<Host<'_>, &'static str> {
    if let Ok(address) = host.parse::<Ipv4Addr>() {
        return Ok(Host::Address(address.into()));
    }
    let name = host.strip_suffix('.').unwrap_or(host);
    let is_label = |label: &str| {
        (1..=63).contains(&label.len())
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
    };
    if name.len() > 253 || !name.split('.').all(is_label) {
        return Err("URL host should be a name or an address, in ASCII");
    }
    let last = name.rsplit('.').next().unwrap_or_default();
    let is_number = last.bytes().all(|byte| byte.is_ascii_digit())
        || last.get(..2).is_some_and(|prefix| prefix.eq_ignore_ascii_case("0x"));
    if is_number { Err("URL host should be an IPv4 address with four decimal numbers") } else { Ok(Host::Name(name)) }
}

#[cfg(test)]
mod tests {
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
    fn a_url_with_which_nothing_can_be_sent_is_refused_wherever_deliveries_reach() {
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
        ] {
            assert!(!refusal(text, Reach::Anywhere).is_empty(), "{text}");
        }
        assert!(refusal(&format!("https://example.com/{}", "a".repeat(MAX_BYTES)), Reach::Anywhere).contains("2048"));
    }

    #[test]
    fn what_is_not_on_the_internet_or_not_encrypted_is_accepted_only_where_deliveries_reach_it() {
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
        fn no_text_makes_a_url_crash(text in "(https?://)?[ -~é]{0,40}") {
            let _ = WebhookUrl::parse(text, Reach::Internet);
        }

        #[test]
        fn every_address_is_checked_where_a_url_names_it(bits: u32) {
            let address = Ipv4Addr::from_bits(bits);
            for text in [format!("https://{address}/"), format!("https://[{}]/", address.to_ipv6_mapped())] {
                prop_assert_eq!(WebhookUrl::parse(text, Reach::Internet).is_ok(), address::check(address.into()).is_ok());
            }
        }
    }
}
