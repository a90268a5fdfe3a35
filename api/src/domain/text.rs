//! The texts that are sent, word for word. None holds a name or says what kind of clinic it is: a
//! text is read on a locked screen by whoever is near.

mod preview;
mod recall_words;

pub use preview::TextPreview;
pub use recall_words::RecallWords;
pub(super) use recall_words::link_in;

use super::clinic::Settings;
use super::id::{CallerId, ClinicId, TextId};
use super::phone_number::PhoneNumber;
use super::reply::ReplyWords;
use super::secret::{SecureCode, Token, never_printed};

/// A text to send: committed with the change that asks for it, sent afterwards.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Text {
    /// What its delivery is reported under.
    pub id: TextId,
    /// The clinic on whose behalf it is sent; the words do not say so.
    pub clinic: ClinicId,
    /// Whose change asks for it.
    pub caller: CallerId,
    /// Why it is sent.
    pub purpose: TextPurpose,
    /// For a code the number to be proven, else the proven one.
    pub to: PhoneNumber,
    /// Kept until nothing will send it again, then erased.
    pub words: Words,
}

/// Who words a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Words {
    /// We do.
    Ours(TextBody),
    /// The provider does: it is a code that it makes itself and alone can check.
    Providers,
}

/// Why a text is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TextPurpose {
    /// Brings a secure code.
    Code,
    /// Asks an Offline caller to come back.
    Recall,
    /// Tells an Offline caller that staff cancelled, where the clinic's settings say so.
    Cancelled,
}

/// The words of a text; codes and links are in them.
#[derive(Clone, PartialEq, Eq)]
pub struct TextBody(pub String);
never_printed!(TextBody, "TextBody(…)");

impl Words {
    /// Our words; `None` for the provider's.
    #[must_use]
    pub fn ours(&self) -> Option<&TextBody> {
        match self {
            Self::Ours(body) => Some(body),
            Self::Providers => None,
        }
    }
}

/// How texts are sent from this server: what, besides its words, a text's length depends on.
#[derive(Clone, Copy, Debug)]
pub struct Sender<'a> {
    /// Where links lead.
    pub at: &'a PublicUrl,
    /// Whether callers can answer: then a recall says how.
    pub takes_replies: bool,
}

impl Sender<'_> {
    /// A link as long as a real one, with `*` for its token, which no token has in it.
    #[must_use]
    pub fn hidden_link(&self) -> String {
        format!("{}/w#{HIDDEN_TOKEN}", self.at.as_str())
    }
}

/// As long as a caller's token.
const HIDDEN_TOKEN: &str = "***********************";

/// The address under which callers reach this server, such as `https://standby.example`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicUrl(String);

impl PublicUrl {
    /// `http://` or `https://` and a host, optionally a port; nothing after it.
    #[must_use]
    pub fn parse(given: &str) -> Option<Self> {
        let address = given.trim().trim_end_matches('/');
        let host = address
            .strip_prefix("https://")
            .or_else(|| address.strip_prefix("http://"))?;
        let is_host = !host.is_empty()
            && host.len() <= 255
            && host
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b".-:[]".contains(&byte));
        is_host.then(|| Self(address.to_owned()))
    }

    /// The address without a slash at the end, so that a path can be put after it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The host, without scheme and port.
    #[must_use]
    pub fn host(&self) -> &str {
        let rest = self
            .0
            .split_once("://")
            .map_or(self.0.as_str(), |(_, rest)| rest);
        match rest.rsplit_once(':') {
            Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => host,
            _ => rest,
        }
    }

    /// The address of a caller's wait screen. The token is in the fragment: no server logs it.
    #[must_use]
    pub fn wait_screen(&self, token: &Token) -> String {
        format!("{}/w#{}", self.0, token.reveal())
    }
}

impl TextBody {
    /// The secure code. The last line lets browsers and phones fill the code in, on this host only
    /// (WICG, Origin-bound one-time codes delivered via SMS).
    #[must_use]
    pub fn code(code: &SecureCode, at: &PublicUrl) -> Self {
        Self::code_of(code.reveal(), at)
    }

    fn code_of(code: &str, at: &PublicUrl) -> Self {
        let host = at.host();
        Self(format!(
            "{code} is your code for the waiting area. Tell it to nobody.\n\n@{host} #{code}"
        ))
    }

    /// Asks to come back, with the link that opens the wait screen, in the clinic's own words or the
    /// usual ones; and says how to answer where callers can.
    #[must_use]
    pub fn recall(token: &Token, at: &PublicUrl, settings: &Settings, takes_replies: bool) -> Self {
        let sender = Sender { at, takes_replies };
        Self::recall_by(&at.wait_screen(token), settings, &sender)
    }

    fn recall_by(link: &str, settings: &Settings, sender: &Sender<'_>) -> Self {
        let replies = &settings.reply_words;
        Self(match &settings.recall_words {
            Some(words) => words.sent(link, sender, replies),
            None => RecallWords::usual(sender, replies).sent(link, sender, replies),
        })
    }

    /// Says that staff cancelled; without the reason, which may be private.
    #[must_use]
    pub fn cancelled() -> Self {
        let words = "Your place in the waiting area was cancelled by the clinic. Please contact \
                     the clinic if you still need help.";
        Self(words.to_owned())
    }
}

/// How to answer a recall: the last line of its text.
fn reply_line(words: &ReplyWords) -> String {
    let ReplyWords {
        coming,
        later,
        leaving,
    } = words;
    format!("Reply {coming} coming, {later} in 5 min, {leaving} leave")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::clinic::RoomUrlTemplate;
    use crate::domain::phone_number::Country;
    use crate::domain::secret::TokenKind;
    use crate::domain::segments::{Encoding, length};

    pub(super) fn settings() -> Settings {
        let template = RoomUrlTemplate::parse("https://video.example/{room}", "t").unwrap();
        Settings::new(Country::parse("AU").unwrap(), template)
    }

    /// With a host of forty characters.
    pub(super) fn long_url() -> PublicUrl {
        let at = PublicUrl::parse(&format!("https://{}.example.org", "a".repeat(28))).unwrap();
        assert_eq!(at.host().len(), 40);
        at
    }

    #[test]
    fn every_usual_text_is_one_short_segment_for_a_host_of_forty_characters() {
        let at = long_url();
        let token = Token::new(TokenKind::Caller, [9; 16]);
        for body in [
            TextBody::code(&SecureCode::from_number(7), &at),
            TextBody::recall(&token, &at, &settings(), false),
            TextBody::recall(&token, &at, &settings(), true),
            TextBody::cancelled(),
        ] {
            let length = length(&body.0);
            assert_eq!(
                (length.encoding, length.segments),
                (Encoding::Gsm7, 1),
                "{} characters: {}",
                length.characters,
                body.0
            );
        }
    }

    #[test]
    fn a_recall_says_how_to_answer_only_where_that_is_possible() {
        let at = PublicUrl::parse("https://standby.example").unwrap();
        let token = Token::new(TokenKind::Caller, [9; 16]);
        let link = at.wait_screen(&token);
        let said = |takes_replies| TextBody::recall(&token, &at, &settings(), takes_replies).0;
        assert_eq!(
            said(true),
            format!(
                "It is nearly your turn. Please come back to the waiting area now: {link}\n\
                 Reply 1 coming, 2 in 5 min, 3 leave"
            )
        );
        assert!(said(false).ends_with(&link));
    }

    #[test]
    fn the_usual_recall_gets_shorter_words_rather_than_a_second_segment() {
        for letters in 1..110 {
            let at = PublicUrl::parse(&format!("https://{}.example", "a".repeat(letters))).unwrap();
            let token = Token::new(TokenKind::Caller, [9; 16]);
            for takes_replies in [false, true] {
                let body = TextBody::recall(&token, &at, &settings(), takes_replies);
                // What the shortest of the usual words leave of 160, less 34 of the link.
                let room = if takes_replies { 68 } else { 104 };
                let fits = at.host().len() <= room;
                assert_eq!(length(&body.0).segments == 1, fits, "{letters}: {}", body.0);
            }
        }
    }

    #[test]
    fn a_clinics_own_words_are_sent_with_the_link_in_its_place() {
        let at = PublicUrl::parse("https://standby.example").unwrap();
        let token = Token::new(TokenKind::Caller, [9; 16]);
        let mut settings = settings();
        let words = "Bitte kommen Sie zurück:\n{link}\nBis gleich";
        settings.recall_words = Some(RecallWords::from_stored(words.to_owned()));
        let body = TextBody::recall(&token, &at, &settings, false);
        let link = at.wait_screen(&token);
        assert_eq!(
            body.0,
            format!("Bitte kommen Sie zurück:\n{link}\nBis gleich")
        );
    }

    #[test]
    fn a_hidden_link_is_as_long_as_a_real_one_and_opens_nothing() {
        let at = long_url();
        let sender = Sender {
            at: &at,
            takes_replies: false,
        };
        let token = Token::new(TokenKind::Caller, [9; 16]);
        assert_eq!(sender.hidden_link().len(), at.wait_screen(&token).len());
        assert!(Token::parse(HIDDEN_TOKEN).is_none());
    }

    #[test]
    fn a_code_text_ends_in_the_line_that_fills_the_code_in() {
        let at = PublicUrl::parse("http://127.0.0.1:8080/").unwrap();
        let body = TextBody::code(&SecureCode::from_number(42), &at);
        assert_eq!(body.0.lines().last(), Some("@127.0.0.1 #000042"));
    }

    #[test]
    fn a_public_address_is_a_scheme_and_a_host() {
        for wrong in [
            "",
            "standby.example",
            "ftp://a",
            "https://",
            "https://a/b",
            "https://a?x",
        ] {
            assert!(PublicUrl::parse(wrong).is_none(), "{wrong}");
        }
    }
}
