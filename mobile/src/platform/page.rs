//! The page in the shell, and what its own script (`shell/shell.js`) tells the shell: the path of a request
//! to the shell's protocol, as in `/hidden/1732300000000001`.
//!
//! The page may speak to the program around it and to nothing else. What dioxus-desktop adds to it is a
//! script in the page itself with a port drawn at each start, so scripts in the page must be allowed at
//! first; once they have run, `shell/shell.js` adds a second policy that allows no script and no style any
//! more, and both count.

use crate::viewing::Viewing;

/// The name of the protocol.
pub(super) const PROTOCOL: &str = "presence";

/// Where the program around the page is: the page's own requests and events, and what dioxus-desktop draws
/// by. Phones and desktops name the first two in ways of their own.
const PROGRAM: &str = if cfg!(target_os = "android") {
    "https://dioxus.index.html https://presence.localhost ws://127.0.0.1:*"
} else {
    "dioxus: presence: ws://127.0.0.1:*"
};

/// The page of the web app, in one piece: there is nowhere to load the rest of it from.
pub(super) fn index() -> String {
    let page = include_str!("../../web/index.html");
    let stands_alone = |line: &&str| !line.contains("\"/assets/");
    let page: Vec<&str> = page.lines().filter(stands_alone).collect();
    let policy = format!(
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; \
         connect-src {PROGRAM}; img-src data:; script-src 'unsafe-inline'; script-src-attr 'none'; \
         style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'\">"
    );
    let own = [
        "<style>",
        include_str!("../../web/waiting.css"),
        "</style><script>",
        include_str!("../../web/opening.js"),
        include_str!("../../shell/shell.js"),
        "</script></head>",
    ];
    // The policy before all that it is to hold for; the first thing of a page must be its characters' code.
    let page = page.join("\n");
    let page = page.replacen("<title>", &format!("{policy}\n    <title>"), 1);
    page.replacen("</head>", &own.concat(), 1)
}

/// The longest that is looked at, in bytes: a link may be 2,048, each byte written as three.
const LONGEST: usize = 8_192;

/// Something that the page says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Said {
    /// It is visible, or no longer.
    Viewing {
        /// Greater than that of anything said before.
        number: u64,
        /// Which.
        viewing: Viewing,
    },
    /// The network is back.
    Online,
    /// Escape was pressed.
    Escape,
    /// Whether the reader allows notices, who was asked.
    MayNotify(bool),
    /// A link was opened.
    Link(String),
}

/// Reads a request. `None` for one that says nothing.
pub(super) fn read(path: &str, query: Option<&str>) -> Option<Said> {
    let query = query.unwrap_or_default();
    if path.len() + query.len() > LONGEST {
        return None;
    }
    let (what, number) = path.strip_prefix('/')?.split_once('/')?;
    let number: u64 = number.parse().ok()?;
    Some(match what {
        "visible" => Said::Viewing {
            number,
            viewing: Viewing::Foreground,
        },
        "hidden" => Said::Viewing {
            number,
            viewing: Viewing::Background,
        },
        "online" => Said::Online,
        "escape" => Said::Escape,
        "may-notify" => Said::MayNotify(true),
        "may-not-notify" => Said::MayNotify(false),
        "link" => Said::Link(plain(query)?),
        _ => return None,
    })
}

/// Undoes `encodeURIComponent`.
fn plain(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let mut digit = || char::from(rest.next()?).to_digit(16);
        let value = digit()? * 16 + digit()?;
        bytes.push(u8::try_from(value).ok()?);
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_page_is_in_one_piece() {
        let page = index();
        assert!(!page.contains("{{"), "something is left to be filled in");
        assert!(!page.contains("/assets/"), "something is left to be loaded");
        for end in ["</head>", "</body>", "</style>", "</script>"] {
            assert_eq!(page.matches(end).count(), 1, "{end}");
        }
        for needed in ["id=\"main\"", "id=\"opening\"", "presence://"] {
            assert!(page.contains(needed), "{needed}");
        }
    }

    #[test]
    fn the_page_speaks_to_the_program_around_it_and_to_nothing_else() {
        let page = index();
        let start = "http-equiv=\"Content-Security-Policy\" content=\"";
        let (before, rest) = page.split_once(start).expect("a policy");
        // What stands before a policy is not held by it.
        for held in ["<script", "<style", "<link", "<body"] {
            assert!(!before.contains(held), "{held}");
        }
        let (policy, _) = rest.split_once('"').expect("its end");
        let directives: Vec<&str> = policy.split(';').map(str::trim).collect();
        assert!(directives.contains(&"default-src 'none'"));
        for closed in ["base-uri", "form-action", "script-src-attr"] {
            let closed = format!("{closed} 'none'");
            assert!(directives.contains(&closed.as_str()), "{closed}");
        }
        let connect = directives
            .iter()
            .find_map(|one| one.strip_prefix("connect-src "));
        assert_eq!(connect, Some("dioxus: presence: ws://127.0.0.1:*"));
        for open in [" *", "'unsafe-eval'", "http:", "https:", "blob:"] {
            assert!(!policy.contains(open), "{open}");
        }
        // And the lock behind it.
        assert!(page.contains("script-src 'none'; style-src 'none'"));
    }

    #[test]
    fn each_request_says_one_thing() {
        let hidden = Said::Viewing {
            number: 7,
            viewing: Viewing::Background,
        };
        assert_eq!(read("/hidden/7", None), Some(hidden));
        let visible = Said::Viewing {
            number: 8,
            viewing: Viewing::Foreground,
        };
        assert_eq!(read("/visible/8", None), Some(visible));
        assert_eq!(read("/online/9", None), Some(Said::Online));
        assert_eq!(read("/escape/10", None), Some(Said::Escape));
        let may = Some(Said::MayNotify(true));
        assert_eq!(read("/may-notify/11", None), may);
        let may_not = Some(Said::MayNotify(false));
        assert_eq!(read("/may-not-notify/11", None), may_not);
        let link = Said::Link("standby://w#abc".to_owned());
        assert_eq!(
            read("/link/13", Some("standby%3A%2F%2Fw%23abc")),
            Some(link)
        );
    }

    #[test]
    fn what_says_nothing_is_not_taken() {
        for path in [
            "",
            "/",
            "/hidden",
            "/hidden/",
            "/hidden/x",
            "/hidden/-1",
            "/other/1",
        ] {
            assert_eq!(read(path, None), None, "{path}");
        }
        assert_eq!(read("/link/1", Some("%")), None);
        assert_eq!(read("/link/1", Some("%zz")), None);
        assert_eq!(read("/link/1", Some("%ff")), None);
        let long = "a".repeat(LONGEST);
        assert_eq!(read("/link/1", Some(&long)), None);
    }

    proptest! {
        #[test]
        fn nothing_that_is_said_brings_the_app_down(path in "\\PC*", query in "\\PC*") {
            read(&path, Some(&query));
        }
    }
}
