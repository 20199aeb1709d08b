//! The addresses that deliveries may go to: an endpoint must not give access to hosts that only this service can reach.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::domain::label::labels;

labels! {
    /// The kind of a forbidden address.
    Forbidden {
        /// Of no host.
        Unspecified = "an unspecified address",
        /// Of this machine.
        Loopback = "a loopback address",
        /// Of a private network.
        Private = "a private address",
        /// Of carrier-grade NAT.
        Shared = "a shared address of a provider",
        /// Of the local link, where clouds serve instance metadata.
        LinkLocal = "a link-local address",
        /// Of the metadata service of a cloud.
        Metadata = "an address of a cloud's metadata",
        /// Of a multicast group.
        Multicast = "a multicast address",
        /// Of all hosts on the local link.
        Broadcast = "a broadcast address",
        /// For documentation.
        Documentation = "an address for documentation",
        /// For network benchmarks.
        Benchmarking = "an address for benchmarks",
        /// Of a tunnel, whose other end cannot be checked.
        Tunnel = "an address of a tunnel",
        /// Unassigned, or assigned to a protocol.
        Reserved = "a reserved address",
    }
}

/// Forbidden IPv4 networks: the IANA registry of special-purpose addresses, and the address of Azure's metadata service, which is not in it.
const V4: [(Ipv4Addr, u32, Forbidden); 18] = [
    (Ipv4Addr::UNSPECIFIED, 8, Forbidden::Unspecified),
    (Ipv4Addr::new(10, 0, 0, 0), 8, Forbidden::Private),
    (Ipv4Addr::new(100, 64, 0, 0), 10, Forbidden::Shared),
    (Ipv4Addr::new(127, 0, 0, 0), 8, Forbidden::Loopback),
    (Ipv4Addr::new(168, 63, 129, 16), 32, Forbidden::Metadata),
    (Ipv4Addr::new(169, 254, 0, 0), 16, Forbidden::LinkLocal),
    (Ipv4Addr::new(172, 16, 0, 0), 12, Forbidden::Private),
    (Ipv4Addr::new(192, 0, 0, 0), 24, Forbidden::Reserved),
    (Ipv4Addr::new(192, 0, 2, 0), 24, Forbidden::Documentation),
    (Ipv4Addr::new(192, 88, 99, 0), 24, Forbidden::Tunnel),
    (Ipv4Addr::new(192, 168, 0, 0), 16, Forbidden::Private),
    (Ipv4Addr::new(198, 18, 0, 0), 15, Forbidden::Benchmarking),
    (Ipv4Addr::new(198, 51, 100, 0), 24, Forbidden::Documentation),
    (Ipv4Addr::new(203, 0, 113, 0), 24, Forbidden::Documentation),
    (Ipv4Addr::new(224, 0, 0, 0), 4, Forbidden::Multicast),
    (Ipv4Addr::new(233, 252, 0, 0), 24, Forbidden::Documentation),
    (Ipv4Addr::BROADCAST, 32, Forbidden::Broadcast),
    (Ipv4Addr::new(240, 0, 0, 0), 4, Forbidden::Reserved),
];

/// Forbidden IPv6 networks. Everything outside global unicast (`2000::/3`) is forbidden too.
const V6: [(Ipv6Addr, u32, Forbidden); 18] = [
    (Ipv6Addr::UNSPECIFIED, 128, Forbidden::Unspecified),
    (Ipv6Addr::LOCALHOST, 128, Forbidden::Loopback),
    // IPv4-compatible, out of use, and IPv4-translated.
    (Ipv6Addr::UNSPECIFIED, 96, Forbidden::Tunnel),
    (v6([0, 0, 0, 0, 0xffff]), 96, Forbidden::Tunnel),
    // Local-use NAT64, which may lead to any address of its network.
    (v6([0x64, 0xff9b, 1, 0, 0]), 48, Forbidden::Tunnel),
    (v6([0x100, 0, 0, 0, 0]), 64, Forbidden::Reserved),
    // Teredo, and the other protocol assignments.
    (v6([0x2001, 0, 0, 0, 0]), 32, Forbidden::Tunnel),
    (v6([0x2001, 2, 0, 0, 0]), 48, Forbidden::Benchmarking),
    (v6([0x2001, 0, 0, 0, 0]), 23, Forbidden::Reserved),
    (v6([0x2001, 0xdb8, 0, 0, 0]), 32, Forbidden::Documentation),
    // 6to4.
    (v6([0x2002, 0, 0, 0, 0]), 16, Forbidden::Tunnel),
    (v6([0x3ffe, 0, 0, 0, 0]), 16, Forbidden::Reserved),
    (v6([0x3fff, 0, 0, 0, 0]), 20, Forbidden::Documentation),
    (v6([0xfc00, 0, 0, 0, 0]), 7, Forbidden::Private),
    (v6([0xfe80, 0, 0, 0, 0]), 10, Forbidden::LinkLocal),
    // Site-local, out of use.
    (v6([0xfec0, 0, 0, 0, 0]), 10, Forbidden::Private),
    (v6([0xff00, 0, 0, 0, 0]), 8, Forbidden::Multicast),
    (v6([0x5f00, 0, 0, 0, 0]), 16, Forbidden::Reserved),
];

const GLOBAL_UNICAST: (Ipv6Addr, u32) = (v6([0x2000, 0, 0, 0, 0]), 3);

/// Networks whose last 32 bits are the IPv4 address that is connected to: IPv4-mapped, and the well-known prefix of NAT64.
const EMBEDDING: [Ipv6Addr; 2] = [Ipv6Addr::new(0, 0, 0, 0, 0, 0xffff, 0, 0), v6([0x64, 0xff9b, 0, 0, 0])];

/// Checks that `address` is a public address of the internet.
///
/// # Errors
/// The kind of forbidden address.
pub fn check(address: IpAddr) -> Result<(), Forbidden> {
    match address {
        IpAddr::V4(address) => check_v4(address),
        IpAddr::V6(address) => check_v6(address),
    }
}

fn check_v4(address: Ipv4Addr) -> Result<(), Forbidden> {
    let bits = address.to_bits();
    let lies_in = |network: Ipv4Addr, length: u32| (bits ^ network.to_bits()).leading_zeros() >= length;
    V4.into_iter().find(|(network, length, _)| lies_in(*network, *length)).map_or(Ok(()), |(.., why)| Err(why))
}

fn check_v6(address: Ipv6Addr) -> Result<(), Forbidden> {
    let bits = address.to_bits();
    let lies_in = |network: Ipv6Addr, length: u32| (bits ^ network.to_bits()).leading_zeros() >= length;
    if EMBEDDING.into_iter().any(|network| lies_in(network, 96)) {
        let [.., a, b, c, d] = address.octets();
        return check_v4(Ipv4Addr::new(a, b, c, d));
    }
    match V6.into_iter().find(|(network, length, _)| lies_in(*network, *length)) {
        Some((.., why)) => Err(why),
        None if lies_in(GLOBAL_UNICAST.0, GLOBAL_UNICAST.1) => Ok(()),
        None => Err(Forbidden::Reserved),
    }
}

/// The address that starts with these 16-bit groups.
const fn v6(head: [u16; 5]) -> Ipv6Addr {
    Ipv6Addr::new(head[0], head[1], head[2], head[3], head[4], 0, 0, 0)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::Forbidden::*;
    use super::*;

    /// The first and last address of each network, and addresses that known attacks use.
    const FORBIDDEN: &[(&str, Forbidden)] = &[
        ("0.0.0.0", Unspecified),
        ("0.255.255.255", Unspecified),
        ("10.0.0.0", Private),
        ("10.255.255.255", Private),
        ("100.64.0.0", Shared),
        ("100.100.100.200", Shared),
        ("100.127.255.255", Shared),
        ("127.0.0.1", Loopback),
        ("127.1.2.3", Loopback),
        ("127.255.255.255", Loopback),
        ("168.63.129.16", Metadata),
        ("169.254.0.0", LinkLocal),
        ("169.254.169.254", LinkLocal),
        ("169.254.170.2", LinkLocal),
        ("169.254.255.255", LinkLocal),
        ("172.16.0.0", Private),
        ("172.17.0.1", Private),
        ("172.31.255.255", Private),
        ("192.0.0.0", Reserved),
        ("192.0.0.192", Reserved),
        ("192.0.0.255", Reserved),
        ("192.0.2.1", Documentation),
        ("192.88.99.1", Tunnel),
        ("192.168.0.0", Private),
        ("192.168.1.1", Private),
        ("192.168.255.255", Private),
        ("198.18.0.0", Benchmarking),
        ("198.19.255.255", Benchmarking),
        ("198.51.100.7", Documentation),
        ("203.0.113.255", Documentation),
        ("224.0.0.1", Multicast),
        ("239.255.255.255", Multicast),
        ("240.0.0.0", Reserved),
        ("255.255.255.254", Reserved),
        ("255.255.255.255", Broadcast),
        ("::", Unspecified),
        ("::1", Loopback),
        ("::127.0.0.1", Tunnel),
        ("::10.0.0.1", Tunnel),
        ("::8.8.8.8", Tunnel),
        ("::ffff:127.0.0.1", Loopback),
        ("::ffff:10.1.2.3", Private),
        ("::ffff:169.254.169.254", LinkLocal),
        ("::ffff:0.0.0.0", Unspecified),
        ("::ffff:192.168.0.1", Private),
        ("::ffff:0:127.0.0.1", Tunnel),
        ("64:ff9b::127.0.0.1", Loopback),
        ("64:ff9b::169.254.169.254", LinkLocal),
        ("64:ff9b::10.0.0.1", Private),
        ("64:ff9b:1::8.8.8.8", Tunnel),
        ("100::1", Reserved),
        ("2001::1", Tunnel),
        ("2001:0:7f00:1::", Tunnel),
        ("2001:2::1", Benchmarking),
        ("2001:10::1", Reserved),
        ("2001:20::1", Reserved),
        ("2001:1ff:ffff:ffff:ffff:ffff:ffff:ffff", Reserved),
        ("2001:db8::1", Documentation),
        ("2002:7f00:1::", Tunnel),
        ("2002:a9fe:a9fe::1", Tunnel),
        ("3ffe::1", Reserved),
        ("3fff::1", Documentation),
        ("5f00::1", Reserved),
        ("4000::1", Reserved),
        ("fc00::1", Private),
        ("fd00:ec2::254", Private),
        ("fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", Private),
        ("fe00::1", Reserved),
        ("fe80::1", LinkLocal),
        ("fe80::a9fe:a9fe", LinkLocal),
        ("febf::1", LinkLocal),
        ("fec0::1", Private),
        ("ff02::1", Multicast),
        ("ffff::1", Multicast),
    ];

    /// The neighbours of those networks, and some well-known hosts.
    const PERMITTED: &[&str] = &[
        "1.0.0.0",
        "1.1.1.1",
        "8.8.8.8",
        "9.255.255.255",
        "11.0.0.0",
        "100.63.255.255",
        "100.128.0.0",
        "126.255.255.255",
        "128.0.0.0",
        "168.63.129.15",
        "168.63.129.17",
        "169.253.255.255",
        "169.255.0.0",
        "172.15.255.255",
        "172.32.0.0",
        "192.0.1.0",
        "192.167.255.255",
        "192.169.0.0",
        "198.17.255.255",
        "198.20.0.0",
        "203.0.114.0",
        "223.255.255.255",
        "::ffff:8.8.8.8",
        "64:ff9b::8.8.8.8",
        "2000::1",
        "2001:200::1",
        "2001:4860:4860::8888",
        "2003::1",
        "2606:4700:4700::1111",
        "2a00:1450::1",
    ];

    #[test]
    fn forbidden_addresses_are_refused_with_their_kind() {
        assert!(FORBIDDEN.len() >= 60);
        for (address, why) in FORBIDDEN {
            assert_eq!(check(address.parse().unwrap()), Err(*why), "{address}");
        }
    }

    #[test]
    fn public_addresses_are_permitted() {
        for address in PERMITTED {
            assert_eq!(check(address.parse().unwrap()), Ok(()), "{address}");
        }
    }

    proptest! {
        #[test]
        fn an_embedded_ipv4_address_is_checked(bits: u32) {
            let v4 = Ipv4Addr::from_bits(bits);
            let nat64 = Ipv6Addr::from_bits(0x0064_ff9b << 96 | u128::from(bits));
            prop_assert_eq!(check(v4.to_ipv6_mapped().into()), check(v4.into()));
            prop_assert_eq!(check(nat64.into()), check(v4.into()));
        }

        #[test]
        fn only_global_unicast_or_an_embedded_address_is_ever_permitted(bits: u128) {
            let address = Ipv6Addr::from_bits(bits);
            prop_assume!(bits >> 125 != 1);
            let embeds = bits >> 32 == 0xffff || bits >> 32 == 0x0064_ff9b << 64;
            prop_assert!(embeds || check(address.into()).is_err());
        }
    }
}
