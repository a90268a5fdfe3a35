//! What holds of every wait and of every address.

use proptest::prelude::{any, prop_assert, prop_assert_eq, proptest};
use standby::domain::limits::{WEBHOOK_FIRST_WAIT, WEBHOOK_LONGEST_WAIT};
use standby::domain::public_address::{RESERVED_IPV4, RESERVED_IPV6, is_public};
use standby::domain::webhook::{Jitter, Reach, WebhookUrl, wait_after};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

fn v6(bits: u128) -> IpAddr {
    IpAddr::V6(Ipv6Addr::from_bits(bits))
}

fn v4(bits: u32) -> IpAddr {
    IpAddr::V4(Ipv4Addr::from_bits(bits))
}

/// An address of a range, by chance.
fn within_32(first: Ipv4Addr, length: u32, chance: u32) -> u32 {
    let free = u32::MAX.checked_shr(length).unwrap_or(0);
    first.to_bits() | (chance & free)
}

fn within_128(first: Ipv6Addr, length: u32, chance: u128) -> u128 {
    let free = u128::MAX.checked_shr(length).unwrap_or(0);
    first.to_bits() | (chance & free)
}

proptest! {
    #[test]
    fn a_wait_is_between_half_and_all_of_what_doubles_up_to_the_longest(
        attempts in 1_i64..100_000, jitter in any::<u32>()
    ) {
        let wait = wait_after(attempts, Jitter(jitter)).as_millis();
        let doublings = u32::try_from(attempts - 1).unwrap().min(40);
        let whole = (i128::from(WEBHOOK_FIRST_WAIT.as_millis()) << doublings)
            .min(i128::from(WEBHOOK_LONGEST_WAIT.as_millis()));
        prop_assert!(i128::from(wait) * 2 >= whole - 1, "{wait} of {whole}");
        prop_assert!(i128::from(wait) <= whole, "{wait} of {whole}");
    }

    #[test]
    fn more_chance_is_a_longer_wait_and_more_attempts_are_no_shorter_one(
        attempts in any::<i64>(), one in any::<u32>(), other in any::<u32>()
    ) {
        let (less, more) = (one.min(other), one.max(other));
        prop_assert!(wait_after(attempts, Jitter(less)) <= wait_after(attempts, Jitter(more)));
        let next = attempts.saturating_add(1);
        prop_assert!(wait_after(attempts, Jitter(one)) <= wait_after(next, Jitter(one)));
    }

    #[test]
    fn no_address_of_a_reserved_range_is_public_in_whichever_form(
        range in 0..RESERVED_IPV4.len(), chance in any::<u32>(), more in any::<u128>()
    ) {
        let (first, length, _) = RESERVED_IPV4[range];
        let bits = within_32(first, length, chance);
        prop_assert!(!is_public(v4(bits)));
        let wide = u128::from(bits);
        // Mapped, NAT64, compatible, translated.
        for prefix in ["::ffff:0:0", "64:ff9b::", "::", "::ffff:0:0:0"] {
            let prefix: Ipv6Addr = prefix.parse().unwrap();
            prop_assert!(!is_public(v6(prefix.to_bits() | wide)), "{prefix}");
        }
        // 6to4, Teredo (its server, and its client's address turned over), ISATAP.
        let rest = more & ((1 << 80) - 1);
        prop_assert!(!is_public(v6((0x2002_u128 << 112) | (wide << 80) | rest)));
        let teredo = 0x2001_0000_u128 << 96;
        prop_assert!(!is_public(v6(teredo | (wide << 64) | (more & u128::from(u64::MAX)))));
        prop_assert!(!is_public(v6(teredo | (more << 32 >> 32) | u128::from(!bits))));
        let isatap = (0x2a00_u128 << 112) | (0x5efe_u128 << 32) | wide;
        prop_assert!(!is_public(v6(isatap)));
        prop_assert!(!is_public(v6(isatap | (0x0200_u128 << 48))));
    }

    #[test]
    fn no_address_of_a_reserved_range_of_ipv6_is_public(
        range in 0..RESERVED_IPV6.len(), chance in any::<u128>()
    ) {
        let (first, length, what) = RESERVED_IPV6[range];
        prop_assert!(!is_public(v6(within_128(first, length, chance))), "{what}");
    }

    #[test]
    fn what_the_standard_library_knows_to_be_special_is_not_public(bits in any::<u32>()) {
        let address = Ipv4Addr::from_bits(bits);
        let is_special = address.is_private()
            || address.is_loopback()
            || address.is_link_local()
            || address.is_broadcast()
            || address.is_documentation()
            || address.is_multicast()
            || address.is_unspecified();
        prop_assert!(!(is_special && is_public(IpAddr::V4(address))), "{address}");
    }

    #[test]
    fn an_ipv6_address_that_stands_for_one_of_ipv4_is_what_that_is(bits in any::<u32>()) {
        let address = Ipv4Addr::from_bits(bits);
        prop_assert_eq!(
            is_public(IpAddr::V6(address.to_ipv6_mapped())),
            is_public(IpAddr::V4(address))
        );
    }

    #[test]
    fn outside_of_what_is_given_to_networks_nothing_of_ipv6_is_public(bits in any::<u128>()) {
        let is_global = bits >> 125 == 1;
        let stands_for_ipv4 = bits >> 32 == 0xffff || bits >> 32 == 0x64_ff9b_u128 << 64;
        prop_assert!(is_global || stands_for_ipv4 || !is_public(v6(bits)));
    }

    #[test]
    fn an_address_that_is_not_public_is_no_webhook_in_any_way_to_write_it(
        range in 0..RESERVED_IPV4.len(), chance in any::<u32>()
    ) {
        let (first, length, _) = RESERVED_IPV4[range];
        let bits = within_32(first, length, chance);
        let [a, b, c, d] = bits.to_be_bytes();
        let rest = bits & 0xffff;
        for host in [
            format!("{a}.{b}.{c}.{d}"),
            format!("{a}.{b}.{c}.{d}."),
            format!("{a}.{b}.{rest}"),
            format!("{bits}"),
            format!("0x{bits:x}"),
            format!("0{bits:o}"),
            format!("0x{a:x}.0{b:o}.{c}.0X{d:X}"),
            format!("[::ffff:{a}.{b}.{c}.{d}]"),
            format!("[::{a}.{b}.{c}.{d}]"),
            format!("[64:ff9b::{a}.{b}.{c}.{d}]"),
        ] {
            let url = format!("https://{host}/");
            prop_assert!(WebhookUrl::parse(&url, Reach::PublicOnly).is_err(), "{url}");
        }
    }

    #[test]
    fn whatever_is_typed_is_an_answer_and_never_a_panic(typed in ".{0,300}") {
        let _ = WebhookUrl::parse(&typed, Reach::PublicOnly);
        let _ = WebhookUrl::parse(&format!("https://{typed}"), Reach::PublicOnly);
    }
}
