//! Addresses that belong to one subscriber.

use core::net::{IpAddr, Ipv6Addr};

/// What one subscriber of a network provider is given: an IPv4 address, or a /64 of IPv6 (RFC 6177), within
/// which anyone can take as many addresses as there are. Whoever counts by address counts by this.
#[must_use]
pub fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => {
            let network = u128::from(address) & !u128::from(u64::MAX);
            IpAddr::V6(Ipv6Addr::from(network))
        }
        address @ IpAddr::V4(_) => address,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(address: &str) -> IpAddr {
        network(address.parse().unwrap())
    }

    #[test]
    fn all_addresses_of_one_subscriber_count_as_one() {
        assert_eq!(of("2001:db8:1:2::1"), of("2001:db8:1:2:ffff::9"));
        assert_ne!(of("2001:db8:1:2::1"), of("2001:db8:1:3::1"));
        assert_eq!(of("::ffff:192.0.2.1"), of("192.0.2.1"));
        assert_ne!(of("192.0.2.1"), of("192.0.2.2"));
    }
}
