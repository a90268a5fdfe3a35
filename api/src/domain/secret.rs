//! What must never be printed: names, numbers, codes, tokens. Each is a type without `Display`
//! whose `Debug` says only what it is, so that a log line, an error or a panic cannot carry one.

use subtle::ConstantTimeEq;

/// Gives a type a `Debug` that names it and shows nothing of it.
macro_rules! never_printed {
    ($type:ty, $shown:literal) => {
        impl std::fmt::Debug for $type {
            fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                out.write_str($shown)
            }
        }
    };
}
pub(crate) use never_printed;

/// A bearer token as it is handed out once: `<kind letter><22 base64url characters of 128 bits>`.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(String);
never_printed!(Token, "Token(…)");

/// Whom a token speaks for. The letter leads the token, so that a look-up reads one table only.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TokenKind {
    /// One caller's stay.
    Caller,
    /// A signed-in team member's session.
    Session,
    /// An API key.
    Key,
    /// A one-time sign-in link.
    SignIn,
}

impl TokenKind {
    const ALL: [(Self, char); 4] = [
        (Self::Caller, 'c'),
        (Self::Session, 's'),
        (Self::Key, 'k'),
        (Self::SignIn, 'i'),
    ];

    fn letter(self) -> char {
        Self::ALL
            .iter()
            .find(|(kind, _)| *kind == self)
            .map_or('c', |(_, letter)| *letter)
    }
}

/// The secret part of a token: 128 bits as base64url without padding.
const TOKEN_CHARACTERS: usize = 22;

impl Token {
    /// A token of `kind` from 128 random (or keyed) bits.
    #[must_use]
    pub fn new(kind: TokenKind, bits: [u8; 16]) -> Self {
        use base64::Engine as _;
        let secret = base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(bits);
        Self(format!("{}{secret}", kind.letter()))
    }

    /// Reads what somebody presents. `None` unless it has the form of a token: one that was cut
    /// short, or that is something else, is not looked up at all.
    #[must_use]
    pub fn parse(presented: &str) -> Option<(TokenKind, Self)> {
        let mut characters = presented.chars();
        let letter = characters.next()?;
        let kind = TokenKind::ALL.iter().find(|(_, known)| *known == letter)?.0;
        let secret = characters.as_str();
        let fits = secret.len() == TOKEN_CHARACTERS
            && secret
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
        fits.then(|| (kind, Self(presented.to_owned())))
    }

    /// The token itself, for the one answer, link or hash it is meant for.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

/// What is stored of a token: a hash of it.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct TokenHash(pub String);
never_printed!(TokenHash, "TokenHash(…)");

/// Six digits sent by SMS.
#[derive(Clone)]
pub struct SecureCode(String);
never_printed!(SecureCode, "SecureCode(…)");

impl SecureCode {
    /// The code for a number below 1,000,000 (others are taken modulo it), with leading zeros.
    #[must_use]
    pub fn from_number(number: u32) -> Self {
        Self(format!("{:06}", number % 1_000_000))
    }

    /// Reads what a person typed or pasted: six digits, spaces and hyphens among them allowed.
    #[must_use]
    pub fn parse(typed: &str) -> Option<Self> {
        if typed.len() > 40 {
            return None;
        }
        let mut digits = String::new();
        for character in typed.chars() {
            match character {
                '0'..='9' => digits.push(character),
                character if character.is_whitespace() || character == '-' => {}
                _ => return None,
            }
        }
        (digits.len() == 6).then_some(Self(digits))
    }

    /// The six digits, for the text that carries them and the hash that is kept.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

/// What is stored of a code: its hash under the server's key, bound to the caller.
#[derive(Clone)]
pub struct CodeHash(pub String);
never_printed!(CodeHash, "CodeHash(…)");

impl PartialEq for CodeHash {
    /// In constant time: how long a wrong code takes tells nothing about the right one.
    fn eq(&self, other: &Self) -> bool {
        self.0.as_bytes().ct_eq(other.0.as_bytes()).into()
    }
}
impl Eq for CodeHash {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_cut_short_or_lengthened_is_no_token() {
        let token = Token::new(TokenKind::Caller, [7; 16]);
        let whole = token.reveal();
        assert_eq!(
            Token::parse(whole).map(|(kind, _)| kind),
            Some(TokenKind::Caller)
        );
        for cut in 0..whole.len() {
            assert!(Token::parse(&whole[..cut]).is_none(), "{cut} characters");
        }
        assert!(Token::parse(&format!("{whole}A")).is_none());
        assert!(Token::parse(&whole.replacen('c', "x", 1)).is_none());
    }

    #[test]
    fn nothing_secret_is_printed() {
        let token = Token::new(TokenKind::Key, [1; 16]);
        let code = SecureCode::from_number(123_456);
        let shown = format!("{token:?} {code:?} {:?}", CodeHash("abc".into()));
        assert_eq!(shown, "Token(…) SecureCode(…) CodeHash(…)");
    }

    #[test]
    fn a_code_may_be_typed_with_spaces_and_nothing_else() {
        assert_eq!(SecureCode::parse(" 123 456 ").unwrap().reveal(), "123456");
        assert_eq!(SecureCode::parse("123-456").unwrap().reveal(), "123456");
        for wrong in [
            "",
            "12345",
            "1234567",
            "12345a",
            "１２３４５６",
            &"1".repeat(10_000),
        ] {
            assert!(SecureCode::parse(wrong).is_none());
        }
    }
}
