//! What is presented as a token, or entered as a code: only what has the form of one is looked up, and
//! nothing of it is printed.

use standby::domain::secret::{SecureCode, Token};
use standby::http::door::{Credential, LONGEST_CREDENTIAL};

pub(crate) fn hold(data: &[u8]) {
    let presented = String::from_utf8_lossy(data);
    if let Some((kind, token)) = Token::parse(&presented) {
        assert_eq!(
            token.reveal(),
            presented,
            "a token is taken as it is or not at all"
        );
        assert_eq!(presented.len(), 23, "a letter and 22 characters");
        assert!(!format!("{kind:?} {token:?}").contains(&presented[1..]));
    }
    if let Some(code) = SecureCode::parse(&presented) {
        let digits = presented.chars().filter(char::is_ascii_digit).count();
        assert_eq!(digits, 6);
        assert_eq!(format!("{code:?}"), "SecureCode(…)");
    }
    for credential in [
        Credential::from_value(&presented),
        Credential::from_token(&presented),
    ] {
        if let Credential::Bearer(token) = &credential {
            assert!(!token.is_empty() && token.len() <= LONGEST_CREDENTIAL);
            assert!(
                token.bytes().all(|byte| byte.is_ascii_graphic()),
                "no header is ended by it"
            );
            assert_eq!(format!("{credential:?}"), "Bearer(…)");
        }
    }
}
