//! Networks of addresses: which proxies are trusted, and what counts as one client.

use std::net::IpAddr;
use std::str::FromStr;

/// The addresses that begin with the same bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Network {
    address: IpAddr,
    prefix_bits: u8,
}

/// The text is no network.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MalformedNetwork {
    /// It has another form.
    #[error("expected an address or a network, such as 10.0.0.0/8 or 2001:db8::/32")]
    Form,
    /// The address has bits behind the prefix.
    #[error("the address has bits beyond the length of the prefix")]
    Bits,
}

impl FromStr for Network {
    type Err = MalformedNetwork;

    fn from_str(text: &str) -> Result<Self, MalformedNetwork> {
        let (address, prefix) = text.split_once('/').map_or((text, None), |(address, prefix)| (address, Some(prefix)));
        let address: IpAddr = address.parse().map_err(|_| MalformedNetwork::Form)?;
        let width = if address.is_ipv4() { 32 } else { 128 };
        let prefix_bits = match prefix {
            None => width,
            Some(bits) if bits.bytes().all(|byte| byte.is_ascii_digit()) => {
                bits.parse().ok().filter(|bits| *bits <= width).ok_or(MalformedNetwork::Form)?
            }
            Some(_) => return Err(MalformedNetwork::Form),
        };
        if head(address, prefix_bits) == bits(address) {
            Ok(Self { address, prefix_bits })
        } else {
            Err(MalformedNetwork::Bits)
        }
    }
}

impl Network {
    /// Whether `address` belongs to it. An IPv4 address that is written as one of IPv6 is one of IPv4.
    #[must_use]
    pub fn contains(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        address.is_ipv4() == self.address.is_ipv4() && head(address, self.prefix_bits) == bits(self.address)
    }
}

/// What counts as one client: an IPv4 address, or the network of 64 bits that an IPv6 client chooses its addresses from.
#[must_use]
pub(in crate::http) fn client(address: IpAddr) -> u128 {
    let address = address.to_canonical();
    head(address, if address.is_ipv4() { 32 } else { 64 })
}

/// The bits of an address; those of IPv4 are the last 32.
fn bits(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(address) => address.to_bits().into(),
        IpAddr::V6(address) => address.to_bits(),
    }
}

/// The same, with zeros behind the first `prefix_bits` of the address.
fn head(address: IpAddr, prefix_bits: u8) -> u128 {
    let width = if address.is_ipv4() { 32 } else { 128 };
    let behind = width - u32::from(prefix_bits);
    bits(address).checked_shr(behind).and_then(|head| head.checked_shl(behind)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_contains_what_begins_with_its_prefix() {
        for (network, inside, outside) in [
            ("10.0.0.0/8", "10.255.0.1", "11.0.0.0"),
            ("10.1.2.3", "10.1.2.3", "10.1.2.2"),
            ("10.0.0.0/8", "::ffff:10.0.0.1", "::a00:1"),
            ("0.0.0.0/0", "255.0.0.1", "::1"),
            ("2001:db8::/32", "2001:db8:ffff::1", "2001:db9::"),
            ("::/0", "ffff::", "10.0.0.1"),
            ("::1/128", "::1", "::2"),
        ] {
            let network: Network = network.parse().unwrap();
            assert!(network.contains(inside.parse().unwrap()), "{network:?} {inside}");
            assert!(!network.contains(outside.parse().unwrap()), "{network:?} {outside}");
        }
    }

    #[test]
    fn what_is_no_network_is_refused() {
        for text in ["", "10.0.0.0/33", "::/129", "10.0.0.0/", "10.0.0.0/+8", "10.0.0.0/-1", "10.0.0/8", "host/8", "/8"]
        {
            assert_eq!(text.parse::<Network>(), Err(MalformedNetwork::Form), "{text}");
        }
        for text in ["10.0.0.1/8", "2001:db8::1/32", "0.0.0.1/0"] {
            assert_eq!(text.parse::<Network>(), Err(MalformedNetwork::Bits), "{text}");
        }
    }

    #[test]
    fn an_ipv6_client_is_its_network_of_64_bits() {
        let [one, same, other, v4, mapped] =
            ["2001:db8::1", "2001:db8::ffff:1", "2001:db8:0:1::1", "192.0.2.1", "::ffff:192.0.2.1"]
                .map(|address| client(address.parse().unwrap()));
        assert!(one == same && one != other && v4 == mapped && v4 != one);
    }
}
