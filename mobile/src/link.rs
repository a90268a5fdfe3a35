//! Links that open the app: `https://HOST/w#TOKEN` and `https://HOST/c/SLUG` of the app's own server,
//! and the same by the app's own scheme, `standby://w#TOKEN` and `standby://c/SLUG`. Pure.
//!
//! A link comes from outside: from a text message, from another app, from whoever starts the program.
//! What is not one of these leads nowhere ([`Address::Unknown`]), and the screen says so.

use crate::stay::Address;

/// The app's own scheme.
pub const SCHEME: &str = "standby";
/// The longest link that is looked at, in bytes: far above any of ours.
pub const LONGEST: usize = 2_048;
/// Of what is typed or pasted no more than this is looked at, in bytes: a few long text messages.
const LONGEST_TYPED: usize = 8_192;

/// Where a link leads, for the app of the server at `origin`, as in `https://clinic.example`.
pub fn read(text: &str, origin: &str) -> Address {
    let text = text.trim_ascii();
    if text.len() > LONGEST {
        return Address::Unknown;
    }
    let (before, fragment) = text.split_once('#').unwrap_or((text, ""));
    // Ours has none; whoever passes a link on may have added one.
    let (before, _query) = before.split_once('?').unwrap_or((before, ""));
    let Some((scheme, rest)) = before.split_once("://") else {
        return Address::Unknown;
    };
    if scheme.eq_ignore_ascii_case(SCHEME) {
        let (kind, path) = rest.split_once('/').unwrap_or((rest, ""));
        // Systems write what stands where a host would in small letters, and may add a slash.
        return match (kind.to_ascii_lowercase().as_str(), path) {
            ("w", "") => Address::read("/w", fragment),
            ("c", slug) => Address::read(&format!("/c/{slug}"), ""),
            _ => Address::Unknown,
        };
    }
    let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    match origin.trim_end_matches('/').split_once("://") {
        Some((own_scheme, own_authority))
            if own_scheme.eq_ignore_ascii_case(scheme)
                && is_same_authority(scheme, own_authority, authority) =>
        {
            Address::read(path, fragment)
        }
        _ => Address::Unknown,
    }
}

/// Whether two are the same host and port. No user names: ours has none, and an address with one leads
/// elsewhere than it seems to.
fn is_same_authority(scheme: &str, own: &str, other: &str) -> bool {
    let usual_port = if scheme.eq_ignore_ascii_case("https") {
        ":443"
    } else {
        ":80"
    };
    let host = |authority: &str| {
        let authority = authority.to_ascii_lowercase();
        match authority.strip_suffix(usual_port) {
            Some(host) => host.to_owned(),
            None => authority,
        }
    };
    !own.is_empty() && host(own) == host(other)
}

/// A link by the app's own scheme to this address. `None` for one that leads nowhere.
pub fn write(address: &Address) -> Option<String> {
    match address {
        Address::Wait(link) => Some(format!("{SCHEME}://w#{}", link.reveal())),
        Address::Clinic(slug) => Some(format!("{SCHEME}://c/{}", slug.as_str())),
        Address::Start | Address::Unknown => None,
    }
}

/// Where a link leads that somebody typed or pasted: in the midst of a whole text message, too, and
/// without what stands before the host, as on a poster.
pub fn read_typed(text: &str, origin: &str) -> Address {
    let scheme = origin
        .split_once("://")
        .map_or("https", |(scheme, _)| scheme);
    let mut end = text.len().min(LONGEST_TYPED);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    // In brackets, in quotes, or at the end of a sentence. None of these stands at the edge of our links.
    let around = |character: char| "()<>[]{}\"',.;:!?".contains(character);
    // Not every language has spaces between words; links are written in ASCII.
    let between = |character: char| character.is_whitespace() || !character.is_ascii();
    text.get(..end)
        .unwrap_or_default()
        .split(between)
        .map(|word| word.trim_matches(around))
        .map(|word| match read(word, origin) {
            Address::Unknown => read(&format!("{scheme}://{word}"), origin),
            address => address,
        })
        .find(|address| *address != Address::Unknown)
        .unwrap_or(Address::Unknown)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::stay::{LinkToken, Slug};

    const ORIGIN: &str = "https://clinic.example";

    fn wait(token: &str) -> Address {
        LinkToken::read(token).map_or(Address::Unknown, Address::Wait)
    }

    fn clinic(slug: &str) -> Address {
        Slug::read(slug).map_or(Address::Unknown, Address::Clinic)
    }

    fn addresses() -> impl Strategy<Value = Address> {
        prop_oneof![
            "[A-Za-z0-9_.~-]{1,256}".prop_map(|token| wait(&token)),
            "[A-Za-z0-9_-]{1,100}".prop_map(|slug| clinic(&slug)),
        ]
    }

    proptest! {
        #[test]
        fn what_is_written_reads_as_what_was_written(address in addresses()) {
            let own = write(&address).expect("it leads somewhere");
            prop_assert_eq!(read(&own, ORIGIN), address.clone());
            let of_the_server = format!("{ORIGIN}{}", address.path());
            prop_assert_eq!(read(&of_the_server, ORIGIN), address.clone());
            let in_capitals = of_the_server.replacen(ORIGIN, "HTTPS://Clinic.Example:443", 1);
            prop_assert_eq!(read(&in_capitals, ORIGIN), address);
        }

        #[test]
        fn nothing_that_is_read_brings_the_app_down(text in "\\PC*", origin in "\\PC*") {
            read(&text, &origin);
        }

        #[test]
        fn nothing_that_is_nearly_a_link_brings_the_app_down(
            text in "(standby|https|http)?:?/{0,3}[wcWC]?(clinic.example)?/?[wc]?[/?#@:%]{0,4}\\PC{0,8}",
        ) {
            read(&text, ORIGIN);
        }

        #[test]
        fn a_token_is_never_printed(token in "[A-Za-z0-9_.~-]{16,256}") {
            let address = read(&format!("standby://w#{token}"), ORIGIN);
            prop_assert_eq!(&address, &wait(&token));
            let printed = format!("{address:?}");
            prop_assert!(!printed.contains(&token), "it prints the token");
        }

        #[test]
        fn nothing_that_is_typed_brings_the_app_down(text in "\\PC*", origin in "\\PC*") {
            read_typed(&text, &origin);
        }

        #[test]
        fn a_link_is_found_in_the_midst_of_what_is_pasted(
            before in "[a-zA-Z,.:(á-ž ]{0,40}",
            after in "[.,)!?]{0,2}( [a-zA-Z. ]{0,40})?",
            // No link of ours begins or ends with what ends a sentence.
            token in "[A-Za-z0-9_~-][A-Za-z0-9_.~-]{0,80}[A-Za-z0-9_~-]",
        ) {
            let pasted = format!("{before} {ORIGIN}/w#{token}{after}");
            prop_assert_eq!(read_typed(&pasted, ORIGIN), wait(&token));
        }

        #[test]
        fn another_server_is_not_ours(host in "[a-z0-9.@:-]{0,30}", address in addresses()) {
            prop_assume!(host != "clinic.example" && host != "clinic.example:443");
            let link = format!("https://{host}{}", address.path());
            prop_assert_eq!(read(&link, ORIGIN), Address::Unknown);
        }
    }

    #[test]
    fn each_kind_of_link_leads_where_it_says() {
        for (link, address) in [
            ("https://clinic.example/w#abc-123", wait("abc-123")),
            ("https://clinic.example/w/#abc-123", wait("abc-123")),
            ("https://clinic.example/w?from=message#abc", wait("abc")),
            ("https://clinic.example/c/demo", clinic("demo")),
            ("https://clinic.example/c/demo/", clinic("demo")),
            ("https://clinic.example/c/demo?a=b#c", clinic("demo")),
            ("standby://w#abc-123", wait("abc-123")),
            ("standby://w/#abc-123", wait("abc-123")),
            ("standby://c/demo", clinic("demo")),
            ("standby://c/demo/", clinic("demo")),
            (" STANDBY://W#abc\n", wait("abc")),
        ] {
            assert_ne!(address, Address::Unknown, "{link}");
            assert!(read(link, ORIGIN) == address, "{link}");
        }
    }

    #[test]
    fn everything_else_leads_nowhere() {
        let long_token = format!("standby://w#{}", "a".repeat(257));
        let long_slug = format!("standby://c/{}", "a".repeat(101));
        let long_query = format!("https://clinic.example/w?{}#abc", "a".repeat(LONGEST));
        for link in [
            "",
            "standby",
            "standby:",
            "standby://",
            "standby:w#abc",
            "standby:///w#abc",
            "standby://w",
            "standby://w#",
            "standby://w#a b",
            "standby://w#<script>",
            "standby://w/more#abc",
            "standby://c",
            "standby://c/",
            "standby://c/a/b",
            "standby://c/../w#abc",
            "standby://x#abc",
            "standby://w@evil.example#abc",
            "https://clinic.example",
            "https://clinic.example/",
            "https://clinic.example/w",
            "https://clinic.example/w#",
            "https://clinic.example/W#abc",
            "https://clinic.example/console/sign-in#abc",
            "http://clinic.example/w#abc",
            "https://clinic.example.evil.example/w#abc",
            "https://evil.example/w#abc",
            "https://clinic.example@evil.example/w#abc",
            "https://evil.example@clinic.example/w#abc",
            "https://clinic.example:8443/w#abc",
            "https://clinic.example\\@evil.example/w#abc",
            "javascript:alert(1)",
            "file:///w#abc",
            &long_token,
            &long_slug,
            &long_query,
        ] {
            assert!(read(link, ORIGIN) == Address::Unknown, "{link}");
        }
    }

    #[test]
    fn a_server_on_this_machine_is_known_by_its_port() {
        let origin = "http://127.0.0.1:8080/";
        assert!(read("http://127.0.0.1:8080/w#abc", origin) == wait("abc"));
        assert!(read("http://127.0.0.1:8081/w#abc", origin) == Address::Unknown);
        assert!(read("https://127.0.0.1:8080/w#abc", origin) == Address::Unknown);
        assert!(read("standby://w#abc", origin) == wait("abc"));
    }

    #[test]
    fn an_app_without_a_server_knows_its_own_scheme_only() {
        for origin in ["", "https://", "clinic.example"] {
            assert!(read("https:///w#abc", origin) == Address::Unknown);
            assert!(read("https://clinic.example/w#abc", origin) == Address::Unknown);
        }
    }

    #[test]
    fn what_leads_nowhere_is_not_written() {
        assert_eq!(write(&Address::Unknown), None);
        assert_eq!(write(&Address::Start), None);
    }

    #[test]
    fn a_link_is_typed_as_people_write_it() {
        for typed in [
            "clinic.example/c/demo",
            " Clinic.Example/c/demo/ ",
            "https://clinic.example/c/demo",
            "standby://c/demo",
            "Arrive here: clinic.example/c/demo.",
            "诊所：clinic.example/c/demo。",
            "«clinic.example/c/demo»",
        ] {
            assert!(read_typed(typed, ORIGIN) == clinic("demo"), "{typed}");
        }
        let message =
            "Northside: it is nearly your turn. https://clinic.example/w#abc-123\nReply 1";
        assert!(read_typed(message, ORIGIN) == wait("abc-123"));
        for typed in [
            "",
            "hello",
            "evil.example/c/demo",
            "demo",
            "/c/demo",
            "javascript:alert(1)",
        ] {
            assert!(read_typed(typed, ORIGIN) == Address::Unknown, "{typed}");
        }
        let far = format!("{} clinic.example/c/demo", "é ".repeat(LONGEST_TYPED));
        assert!(read_typed(&far, ORIGIN) == Address::Unknown);
    }
}
