//! The address of a client: the peer's, or what trusted proxies say that it is.

use std::net::{IpAddr, SocketAddr};

use actix_web::http::header::{FORWARDED, HeaderMap, HeaderName};

use super::network::Network;

const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// The proxies whose word counts.
#[derive(Clone, Debug, Default)]
pub(in crate::http) struct TrustedProxies(Vec<Network>);

impl TrustedProxies {
    pub(in crate::http) const fn new(networks: Vec<Network>) -> Self {
        Self(networks)
    }

    /// The address of the client behind `peer`: going from the peer towards the client, the first one that is no trusted proxy's.
    ///
    /// A proxy appends to one of two headers and passes the other on as its client sent it. So only one of them may be there, or both must say
    /// the same; otherwise the peer counts.
    pub(in crate::http) fn client(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        if !self.trusts(peer) {
            return peer;
        }
        let by_list =
            headers.contains_key(X_FORWARDED_FOR).then(|| self.first_untrusted(peer, &x_forwarded_for(headers)));
        let by_pairs = headers.contains_key(FORWARDED).then(|| self.first_untrusted(peer, &forwarded(headers)));
        match (by_list, by_pairs) {
            (Some(one), Some(other)) if one != other => peer,
            (list, pairs) => list.or(pairs).unwrap_or(peer),
        }
    }

    /// Where the chain of `addresses`, the client's first, leaves the trusted proxies. Behind one that is no address nothing is believed.
    fn first_untrusted(&self, peer: IpAddr, addresses: &[Option<IpAddr>]) -> IpAddr {
        let mut nearest = peer;
        for address in addresses.iter().rev() {
            let Some(address) = *address else { return nearest };
            nearest = address;
            if !self.trusts(address) {
                return nearest;
            }
        }
        nearest
    }

    fn trusts(&self, address: IpAddr) -> bool {
        self.0.iter().any(|network| network.contains(address))
    }
}

fn x_forwarded_for(headers: &HeaderMap) -> Vec<Option<IpAddr>> {
    elements(headers, &X_FORWARDED_FOR).map(|element| address(&element)).collect()
}

/// The `for` of each element of `Forwarded` (RFC 7239).
fn forwarded(headers: &HeaderMap) -> Vec<Option<IpAddr>> {
    let for_of = |element: String| {
        let pair = element.split(';').filter_map(|pair| pair.split_once('='));
        let node =
            pair.map(|(name, node)| (name.trim(), node.trim())).find(|(name, _)| name.eq_ignore_ascii_case("for"))?.1;
        address(node.trim_matches('"'))
    };
    elements(headers, &FORWARDED).map(for_of).collect()
}

/// The elements of all lines of a header. One that is no text is an element that cannot be parsed.
fn elements(headers: &HeaderMap, name: &HeaderName) -> impl Iterator<Item = String> {
    let lines = headers.get_all(name).map(|line| line.to_str().unwrap_or("?"));
    lines.flat_map(|line| line.split(',')).map(|element| element.trim().to_owned())
}

/// An address, possibly in brackets and with a port.
fn address(text: &str) -> Option<IpAddr> {
    let bare = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(text);
    let address = bare.parse().ok().or_else(|| text.parse().ok().map(|address: SocketAddr| address.ip()));
    address.map(|address: IpAddr| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::HeaderValue;

    use super::*;

    fn client(peer: &str, lines: &[(&'static str, &str)]) -> String {
        let mut headers = HeaderMap::new();
        for (name, value) in lines {
            headers.append(HeaderName::from_static(name), HeaderValue::from_str(value).unwrap());
        }
        let trusted = ["10.0.0.0/8", "2001:db8::/32"].map(|network| network.parse().unwrap());
        TrustedProxies::new(trusted.to_vec()).client(peer.parse().unwrap(), &headers).to_string()
    }

    const LIST: &str = "x-forwarded-for";
    const PAIRS: &str = "forwarded";

    #[test]
    fn only_trusted_proxies_are_believed() {
        assert_eq!(client("192.0.2.1", &[(LIST, "198.51.100.1")]), "192.0.2.1");
        assert_eq!(client("10.0.0.1", &[]), "10.0.0.1");
        assert_eq!(client("10.0.0.1", &[(LIST, "198.51.100.1")]), "198.51.100.1");
        assert_eq!(client("::ffff:10.0.0.1", &[(PAIRS, "for=198.51.100.1;proto=https")]), "198.51.100.1");
    }

    #[test]
    fn what_the_client_says_stands_before_what_proxies_say_and_is_not_believed() {
        for lines in [
            &[(LIST, "203.0.113.9, 198.51.100.1, 10.0.0.7")][..],
            &[(LIST, "203.0.113.9"), (LIST, "198.51.100.1,10.0.0.7")],
            &[(PAIRS, "for=203.0.113.9, for=198.51.100.1;by=10.0.0.7, For=\"10.0.0.7:80\"")],
            &[(LIST, "unknown, 198.51.100.1")],
        ] {
            assert_eq!(client("10.0.0.1", lines), "198.51.100.1", "{lines:?}");
        }
    }

    #[test]
    fn behind_what_is_no_address_nothing_is_believed() {
        assert_eq!(client("10.0.0.1", &[(LIST, "198.51.100.1, unknown")]), "10.0.0.1");
        assert_eq!(client("10.0.0.1", &[(LIST, "198.51.100.1, _hidden, 10.0.0.2")]), "10.0.0.2");
        assert_eq!(client("10.0.0.1", &[(PAIRS, "for=198.51.100.1, proto=https")]), "10.0.0.1");
        assert_eq!(client("10.0.0.1", &[(LIST, "")]), "10.0.0.1");
    }

    #[test]
    fn two_headers_that_disagree_are_not_believed() {
        let agree = [(LIST, "198.51.100.1"), (PAIRS, "for=198.51.100.1")];
        assert_eq!(client("10.0.0.1", &agree), "198.51.100.1");
        let disagree = [(LIST, "198.51.100.1"), (PAIRS, "for=203.0.113.9")];
        assert_eq!(client("10.0.0.1", &disagree), "10.0.0.1");
    }

    #[test]
    fn addresses_may_have_brackets_and_ports() {
        for text in ["198.51.100.1:4711", "::ffff:198.51.100.1", "[::ffff:198.51.100.1]:80"] {
            assert_eq!(client("10.0.0.1", &[(LIST, text)]), "198.51.100.1", "{text}");
        }
        assert_eq!(client("10.0.0.1", &[(PAIRS, "for=\"[2001:db9::7]:4711\"")]), "2001:db9::7");
    }
}
