//! Which network addresses belong to the public internet. A server that connects to where its users say
//! must not be led into the network it stands in: to its own loopback, to machines behind the firewall,
//! to the cloud's metadata.
//!
//! What is public is said narrowly: everything that a registry of IANA's reserves for something else is
//! not, whether or not packets could get there. A forgotten range would be a hole; one too many costs
//! nobody anything.

// `core::net` holds addresses and nothing that could open a connection; `std::net` has both.
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// A range of IPv4 addresses that is not public: its first address, the length of its prefix, and what
/// it is for with who says so.
pub const RESERVED_IPV4: [(Ipv4Addr, u32, &str); 20] = [
    (Ipv4Addr::UNSPECIFIED, 8, "this network (RFC 791)"),
    (Ipv4Addr::new(10, 0, 0, 0), 8, "private (RFC 1918)"),
    (
        Ipv4Addr::new(100, 64, 0, 0),
        10,
        "shared behind a carrier's NAT (RFC 6598)",
    ),
    (Ipv4Addr::new(127, 0, 0, 0), 8, "loopback (RFC 1122)"),
    (Ipv4Addr::new(169, 254, 0, 0), 16, "link-local (RFC 3927)"),
    // A virtual address of Azure's, which answers every machine there with what is its host's.
    (
        Ipv4Addr::new(168, 63, 129, 16),
        32,
        "the host of a machine at Azure",
    ),
    (Ipv4Addr::new(172, 16, 0, 0), 12, "private (RFC 1918)"),
    (
        Ipv4Addr::new(192, 0, 0, 0),
        24,
        "protocol assignments (RFC 6890)",
    ),
    (Ipv4Addr::new(192, 0, 2, 0), 24, "documentation (RFC 5737)"),
    (Ipv4Addr::new(192, 31, 196, 0), 24, "AS112 (RFC 7535)"),
    (Ipv4Addr::new(192, 52, 193, 0), 24, "AMT (RFC 7450)"),
    (
        Ipv4Addr::new(192, 88, 99, 0),
        24,
        "relays of 6to4 (RFC 7526)",
    ),
    (Ipv4Addr::new(192, 168, 0, 0), 16, "private (RFC 1918)"),
    (Ipv4Addr::new(192, 175, 48, 0), 24, "AS112 (RFC 7534)"),
    (Ipv4Addr::new(198, 18, 0, 0), 15, "benchmarks (RFC 2544)"),
    (
        Ipv4Addr::new(198, 51, 100, 0),
        24,
        "documentation (RFC 5737)",
    ),
    (
        Ipv4Addr::new(203, 0, 113, 0),
        24,
        "documentation (RFC 5737)",
    ),
    (Ipv4Addr::new(224, 0, 0, 0), 4, "multicast (RFC 5771)"),
    (Ipv4Addr::new(240, 0, 0, 0), 4, "future use (RFC 1112)"),
    (Ipv4Addr::BROADCAST, 32, "broadcast (RFC 919)"),
];

/// The same of IPv6. What lies outside of [`GLOBAL_UNICAST`] is not public anyway; it stands here so that
/// each range has its name.
pub const RESERVED_IPV6: [(Ipv6Addr, u32, &str); 21] = [
    (
        Ipv6Addr::UNSPECIFIED,
        96,
        "unspecified, loopback, IPv4-compatible (RFC 4291)",
    ),
    (
        Ipv6Addr::new(0, 0, 0, 0, 0xffff, 0, 0, 0),
        96,
        "IPv4-translated (RFC 2765)",
    ),
    (
        Ipv6Addr::new(0x64, 0xff9b, 1, 0, 0, 0, 0, 0),
        48,
        "NAT64 of the own network (RFC 8215)",
    ),
    (
        Ipv6Addr::new(0x100, 0, 0, 0, 0, 0, 0, 0),
        64,
        "discarded (RFC 6666)",
    ),
    (
        Ipv6Addr::new(0x100, 0, 0, 1, 0, 0, 0, 0),
        64,
        "dummy (RFC 9780)",
    ),
    // Teredo (2001::/32, RFC 4380), benchmarks (RFC 5180), AMT (RFC 7450), AS112 (RFC 7535), ORCHID (RFC
    // 4843, RFC 7343) and DETs (RFC 9374) are in it.
    (
        Ipv6Addr::new(0x2001, 0, 0, 0, 0, 0, 0, 0),
        23,
        "protocol assignments (RFC 2928)",
    ),
    (
        Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0),
        32,
        "documentation (RFC 3849)",
    ),
    // Whatever IPv4 address is in it: nobody serves there, and a relay may be anywhere.
    (
        Ipv6Addr::new(0x2002, 0, 0, 0, 0, 0, 0, 0),
        16,
        "6to4 (RFC 3056)",
    ),
    (
        Ipv6Addr::new(0x2620, 0x4f, 0x8000, 0, 0, 0, 0, 0),
        48,
        "AS112 (RFC 7534)",
    ),
    (
        Ipv6Addr::new(0x3ffe, 0, 0, 0, 0, 0, 0, 0),
        16,
        "6bone, returned (RFC 3701)",
    ),
    (
        Ipv6Addr::new(0x3fff, 0, 0, 0, 0, 0, 0, 0),
        20,
        "documentation (RFC 9637)",
    ),
    (
        Ipv6Addr::new(0x4000, 0, 0, 0, 0, 0, 0, 0),
        3,
        "unassigned (RFC 4291)",
    ),
    // Segments of SRv6 (5f00::/16, RFC 9602) are in the one before.
    (
        Ipv6Addr::new(0x6000, 0, 0, 0, 0, 0, 0, 0),
        3,
        "unassigned (RFC 4291)",
    ),
    (
        Ipv6Addr::new(0x8000, 0, 0, 0, 0, 0, 0, 0),
        2,
        "unassigned (RFC 4291)",
    ),
    (
        Ipv6Addr::new(0xc000, 0, 0, 0, 0, 0, 0, 0),
        3,
        "unassigned (RFC 4291)",
    ),
    (
        Ipv6Addr::new(0xe000, 0, 0, 0, 0, 0, 0, 0),
        4,
        "unassigned (RFC 4291)",
    ),
    (
        Ipv6Addr::new(0xf000, 0, 0, 0, 0, 0, 0, 0),
        5,
        "unassigned (RFC 4291)",
    ),
    (
        Ipv6Addr::new(0xfc00, 0, 0, 0, 0, 0, 0, 0),
        7,
        "unique local (RFC 4193)",
    ),
    (
        Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0, 0),
        10,
        "link-local (RFC 4291)",
    ),
    (
        Ipv6Addr::new(0xfec0, 0, 0, 0, 0, 0, 0, 0),
        10,
        "site-local (RFC 3879)",
    ),
    (
        Ipv6Addr::new(0xff00, 0, 0, 0, 0, 0, 0, 0),
        8,
        "multicast (RFC 4291)",
    ),
];

/// All that IANA gives to networks of the internet (RFC 4291, section 2.4, and its registry of global
/// unicast addresses).
const GLOBAL_UNICAST: (Ipv6Addr, u32) = (Ipv6Addr::new(0x2000, 0, 0, 0, 0, 0, 0, 0), 3);

/// An IPv4 address as sockets for IPv6 write it (RFC 4291, section 2.5.5.2).
const MAPPED: (Ipv6Addr, u32) = (Ipv6Addr::new(0, 0, 0, 0, 0, 0xffff, 0, 0), 96);

/// An IPv4 address as a network that has IPv6 only reaches it (NAT64, RFC 6052): on such a machine every
/// name with IPv4 addresses only is answered with these.
const NAT64: (Ipv6Addr, u32) = (Ipv6Addr::new(0x64, 0xff9b, 0, 0, 0, 0, 0, 0), 96);

/// Whether an address belongs to the public internet. One that stands for an IPv4 address (mapped,
/// NAT64) is what that is.
#[must_use]
pub fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_ipv4(address),
        IpAddr::V6(address) => is_public_ipv6(address),
    }
}

fn is_public_ipv4(address: Ipv4Addr) -> bool {
    !RESERVED_IPV4
        .iter()
        .any(|(first, length, _)| same_prefix_32(address.to_bits(), first.to_bits(), *length))
}

fn is_public_ipv6(address: Ipv6Addr) -> bool {
    let is_in = |(first, length): (Ipv6Addr, u32)| {
        same_prefix_128(address.to_bits(), first.to_bits(), length)
    };
    if is_in(MAPPED) || is_in(NAT64) {
        return is_public_ipv4(embedded(address));
    }
    is_in(GLOBAL_UNICAST)
        && !is_isatap(address)
        && !RESERVED_IPV6
            .iter()
            .any(|(first, length, _)| is_in((*first, *length)))
}

/// The last 32 bits.
fn embedded(address: Ipv6Addr) -> Ipv4Addr {
    let [.., a, b, c, d] = address.octets();
    Ipv4Addr::new(a, b, c, d)
}

/// Whether the address is that of an interface which stands for an IPv4 address within the own network,
/// whatever the prefix (ISATAP, RFC 5214).
fn is_isatap(address: Ipv6Addr) -> bool {
    let [.., high, low, _, _] = address.segments();
    low == 0x5efe && (high == 0 || high == 0x0200)
}

fn same_prefix_32(one: u32, other: u32, length: u32) -> bool {
    (one ^ other).leading_zeros() >= length
}

fn same_prefix_128(one: u128, other: u128, length: u32) -> bool {
    (one ^ other).leading_zeros() >= length
}

#[cfg(test)]
mod tests {
    use super::*;

    fn public(address: &str) -> bool {
        is_public(address.parse().expect(address))
    }

    #[test]
    fn the_own_machine_the_own_network_and_the_clouds_metadata_are_not_public() {
        for address in [
            "0.0.0.0",
            "10.1.2.3",
            "100.64.0.1",
            "100.100.100.200",
            "127.0.0.1",
            "127.255.255.254",
            "168.63.129.16",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.192",
            "192.168.1.1",
            "198.19.0.1",
            "224.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::127.0.0.1",
            "::ffff:127.0.0.1",
            "::ffff:0:127.0.0.1",
            "::ffff:169.254.169.254",
            "64:ff9b::10.0.0.1",
            "64:ff9b::169.254.169.254",
            "64:ff9b:1::8.8.8.8",
            "2001:0:4136:e378:8000:63bf:3fff:fdd2",
            "2001:db8::1",
            "2002:7f00:1::1",
            "2002:808:808::1",
            "2a00:1450:4001:800:0:5efe:10.0.0.1",
            "fc00::1",
            "fd00:ec2::254",
            "fe80::1",
            "fec0::1",
            "ff02::1",
        ] {
            assert!(!public(address), "{address}");
        }
    }

    #[test]
    fn addresses_of_the_internet_are_public() {
        for address in [
            "1.1.1.1",
            "8.8.8.8",
            "100.63.255.255",
            "100.128.0.0",
            "172.15.255.255",
            "172.32.0.0",
            "192.0.1.0",
            "198.17.255.255",
            "198.20.0.0",
            "223.255.255.255",
            "::ffff:8.8.8.8",
            "64:ff9b::8.8.8.8",
            "2001:4860:4860::8888",
            "2606:4700:4700::1111",
            "2a00:1450:4001:800::200e",
        ] {
            assert!(public(address), "{address}");
        }
    }
}
