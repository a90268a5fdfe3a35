//! The texts that are sent, word for word. None holds a name or says what kind of clinic it is: a
//! text is read on a locked screen by whoever is near.

use super::clinic::Settings;
use super::id::{CallerId, ClinicId, TextId};
use super::phone_number::PhoneNumber;
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

/// A clinic's own words for a recall, with `{link}` where the link goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecallWords(String);

impl RecallWords {
    /// Takes words that were stored: they were looked at when they came in.
    #[must_use]
    pub fn from_stored(words: String) -> Self {
        Self(words)
    }

    /// As an admin wrote them, with `{link}` still in them.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

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
        let code = code.reveal();
        let host = at.host();
        Self(format!(
            "{code} is your code for the waiting area. Tell it to nobody.\n\n@{host} #{code}"
        ))
    }

    /// Asks to come back, with the link that opens the wait screen.
    #[must_use]
    pub fn recall(
        token: &Token,
        at: &PublicUrl,
        _settings: &Settings,
        _takes_replies: bool,
    ) -> Self {
        let link = at.wait_screen(token);
        Self(format!(
            "It is nearly your turn. Please come back to the waiting area now: {link}"
        ))
    }

    /// Says that staff cancelled; without the reason, which may be private.
    #[must_use]
    pub fn cancelled() -> Self {
        let words = "Your place in the waiting area was cancelled by the clinic. Please contact \
                     the clinic if you still need help.";
        Self(words.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::clinic::RoomUrlTemplate;
    use crate::domain::phone_number::Country;
    use crate::domain::secret::TokenKind;

    fn settings() -> Settings {
        let template = RoomUrlTemplate::parse("https://video.example/{room}", "t").unwrap();
        Settings::new(Country::parse("AU").unwrap(), template)
    }

    /// Characters of one segment in the GSM 7-bit alphabet (3GPP TS 23.038).
    const ONE_SEGMENT: usize = 160;

    #[test]
    fn every_text_fits_one_segment_for_a_host_of_forty_characters() {
        let at = PublicUrl::parse(&format!("https://{}.example.org", "a".repeat(28))).unwrap();
        let token = Token::new(TokenKind::Caller, [9; 16]);
        for body in [
            TextBody::code(&SecureCode::from_number(7), &at),
            TextBody::recall(&token, &at, &settings(), false),
            TextBody::cancelled(),
        ] {
            assert!(body.0.is_ascii());
            assert!(
                body.0.len() <= ONE_SEGMENT,
                "{} characters: {}",
                body.0.len(),
                body.0
            );
        }
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
