//! A webhook URL that is accepted leads to the host that every reader of it sees, and to none that only this service can reach.
#![no_main]

use std::net::IpAddr;

use libfuzzer_sys::fuzz_target;
use uprof::domain::webhook::url::{MAX_BYTES, Reach, WebhookUrl};
use url::{Host, Url};

/// A plain reading of which addresses are private, beside the service's table of networks.
fn is_private(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(v4) => {
            let [first, second, ..] = v4.octets();
            v4.is_private()
                || v4.is_loopback()
                || v4.is_link_local()
                || v4.is_unspecified()
                || v4.is_broadcast()
                || v4.is_multicast()
                || v4.is_documentation()
                || first == 0
                || first >= 240
                || (first == 100 && (64..128).contains(&second))
        }
        // Global unicast only; an address in NAT64's prefix leads to an IPv4 address.
        IpAddr::V6(v6) => match v6.segments() {
            [0x64, 0xff9b, 0, 0, 0, 0, high, low] => {
                let bits = u32::from(high) << 16 | u32::from(low);
                is_private(IpAddr::V4(bits.into()))
            }
            segments => segments[0] >> 13 != 1,
        },
    }
}

/// The authority, as RFC 3986 splits it off.
fn authority(text: &str) -> &str {
    let (_, rest) = text.split_once("://").unwrap();
    rest.split(['/', '?', '#']).next().unwrap_or_default()
}

fuzz_target!(|text: &str| {
    let internet = WebhookUrl::parse(text.to_owned(), Reach::Internet);
    let anywhere = WebhookUrl::parse(text.to_owned(), Reach::Anywhere);
    assert!(internet.is_err() || anywhere.is_ok(), "the narrower reach accepts more");
    let Ok(accepted) = anywhere else { return };
    assert_eq!(accepted.as_str(), text);
    assert!(text.len() <= MAX_BYTES && text.bytes().all(|byte| (b'!'..=b'~').contains(&byte)));
    let parsed = Url::parse(text).unwrap();
    let authority = authority(text);
    assert!(!authority.contains('@') && parsed.username().is_empty() && parsed.password().is_none());
    assert_eq!(parsed.fragment(), None);
    assert_eq!(accepted.is_https(), parsed.scheme() == "https");
    // The host stands in the text as it is connected to.
    let host = parsed.host_str().unwrap();
    let (written, port) = match authority.rsplit_once(':') {
        Some((written, port)) if !port.contains(']') => (written, port.parse().ok()),
        _ => (authority, None),
    };
    match parsed.host().unwrap() {
        Host::Domain(name) => assert!(written.eq_ignore_ascii_case(name), "{written} {name}"),
        Host::Ipv4(address) => assert_eq!(written, address.to_string()),
        Host::Ipv6(address) => assert_eq!(written.trim_matches(['[', ']']).parse(), Ok(address)),
    }
    assert!(port.is_none() || port == parsed.port_or_known_default(), "{authority}");
    assert_ne!(parsed.port_or_known_default(), Some(0));
    // As the client that sends the deliveries reads it.
    let uri: http::Uri = text.parse().unwrap();
    assert!(uri.host().unwrap().eq_ignore_ascii_case(written), "{uri}");
    if internet.is_ok() {
        assert_eq!(parsed.scheme(), "https");
        match parsed.host().unwrap() {
            Host::Domain(name) => assert!(!is_localhost(name), "{name}"),
            Host::Ipv4(address) => assert!(!is_private(address.into()), "{host}"),
            Host::Ipv6(address) => assert!(!is_private(address.into()), "{host}"),
        }
    }
});

fn is_localhost(name: &str) -> bool {
    let name = name.trim_end_matches('.');
    name == "localhost" || name.ends_with(".localhost")
}
