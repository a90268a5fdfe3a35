//! What the page's own script (`shell/shell.js`) tells the shell: the path of a request to the shell's
//! protocol, as in `/hidden/1732300000000001`.

use crate::viewing::Viewing;

/// The name of the protocol.
pub(super) const PROTOCOL: &str = "presence";

/// The longest that is looked at, in bytes: a link may be 2,048, each byte written as three.
const LONGEST: usize = 8_192;
/// Nobody reads more, and nobody asks for them.
const MOST_LANGUAGES: usize = 20;

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
    /// The screen can be kept on.
    CanKeepAwake,
    /// What the reader reads, as in `en-AU`, the best first.
    Languages(Vec<String>),
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
        "can-keep-awake" => Said::CanKeepAwake,
        "languages" => Said::Languages(
            query
                .split(',')
                .take(MOST_LANGUAGES)
                .filter_map(plain)
                .filter(|language| !language.is_empty())
                .collect(),
        ),
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
        assert_eq!(read("/can-keep-awake/11", None), Some(Said::CanKeepAwake));
        let languages = Said::Languages(vec!["en-AU".to_owned(), "zh-CN".to_owned()]);
        assert_eq!(read("/languages/12", Some("en-AU,zh-CN")), Some(languages));
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
