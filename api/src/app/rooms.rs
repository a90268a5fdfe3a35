//! The addresses of rooms, signed where the clinic's video service wants it.

use crate::domain::caller::Caller;
use crate::domain::clinic::{Clinic, RoomSigning};
use crate::domain::id::RoomId;
use crate::domain::text::PublicUrl;
use crate::domain::time::{Span, Timestamp};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use serde::Serialize;
use sha2::Sha256;

/// How long a room's token opens it: longer than any consultation, shorter than a day.
const TOKEN_VALIDITY: Span = Span::hours(12);
/// How much earlier than its making a token holds: the video service's clock may be behind ours.
const CLOCK_SKEW: Span = Span::minutes(1);

/// Who enters a room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Guest {
    /// Staff: the moderator, where the video service knows such a thing.
    Provider,
    /// The caller.
    Caller,
}

/// Where a guest enters the room of a caller's consultation; `None` while there is no room.
///
/// The same guest gets the same address for as long as the status holds: answers to staff who ask the
/// same are shared.
#[must_use]
pub fn room_address(
    at: &PublicUrl,
    clinic: &Clinic,
    caller: &Caller,
    guest: Guest,
) -> Option<String> {
    let room = caller.room()?;
    let template = &clinic.settings.room_url_template;
    let token = match &clinic.settings.room_signing {
        Some(signing) if template.wants_token() => {
            sign(clinic, signing, room, guest, caller.status_since)
        }
        _ => String::new(),
    };
    Some(template.address(at, room, &token))
}

/// What a token says. `sub` is any host of the video service; there is no name in it.
#[derive(Serialize)]
struct Claims<'a> {
    iss: &'a str,
    aud: &'a str,
    sub: &'a str,
    room: &'a str,
    iat: i64,
    nbf: i64,
    exp: i64,
    moderator: bool,
}

/// A JSON Web Token (RFC 7519) with HS256, with the claims that Jitsi Meet and its like read.
fn sign(
    clinic: &Clinic,
    signing: &RoomSigning,
    room: &RoomId,
    guest: Guest,
    from: Timestamp,
) -> String {
    let seconds = |time: Timestamp| time.as_millis() / 1000;
    let issuer = signing.issuer.as_deref().unwrap_or(clinic.slug.as_str());
    let is_provider = guest == Guest::Provider;
    let claims = Claims {
        iss: issuer,
        aud: issuer,
        sub: "*",
        room: room.as_str(),
        iat: seconds(from),
        nbf: seconds(from - CLOCK_SKEW),
        exp: seconds(from + TOKEN_VALIDITY),
        moderator: is_provider,
    };
    let header = URL_SAFE_NO_PAD.encode(r#"{"alg":"HS256","typ":"JWT"}"#);
    // Text and numbers are always JSON.
    let claims = URL_SAFE_NO_PAD.encode(serde_json::to_vec(&claims).unwrap_or_default());
    let signed = format!("{header}.{claims}");
    let Ok(mut mac) = <Hmac<Sha256> as KeyInit>::new_from_slice(signing.key.reveal().as_bytes())
    else {
        // HMAC takes a key of any length (RFC 2104), so this is never reached; a token without a
        // signature opens nothing.
        return signed;
    };
    mac.update(signed.as_bytes());
    let signature = URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes());
    format!("{signed}.{signature}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::clinic::{RoomKey, RoomUrlTemplate, Settings, Slug};
    use crate::domain::id::ClinicId;
    use crate::domain::phone_number::Country;

    #[test]
    fn a_token_is_the_one_any_other_library_makes() {
        let template = RoomUrlTemplate::parse("https://v.example/{room}", "f").unwrap();
        let clinic = Clinic {
            id: ClinicId::new([0; 16]),
            slug: Slug::parse("demo").unwrap(),
            name: "Demo".to_owned(),
            version: 0,
            settings: Settings::new(Country::parse("AU").unwrap(), template),
        };
        let key = RoomKey::parse(&"k".repeat(32)).unwrap();
        let signing = RoomSigning { key, issuer: None };
        let room = RoomId::new([0; 16]);
        let from = Timestamp::from_millis(1_700_000_000_000);
        let token = sign(&clinic, &signing, &room, Guest::Caller, from);
        let (signed, signature) = token.rsplit_once('.').unwrap();
        assert_eq!(signature, EXPECTED_SIGNATURE, "{signed}");
        let claims = URL_SAFE_NO_PAD
            .decode(signed.split_once('.').unwrap().1)
            .unwrap();
        let claims: serde_json::Value = serde_json::from_slice(&claims).unwrap();
        assert_eq!(claims["iss"], "demo");
        assert_eq!(claims["exp"], 1_700_000_000 + 12 * 3600);
        assert_eq!(claims["moderator"], false);
    }

    /// By another implementation: Python's `hmac.new(b"k" * 32, signed, "sha256")`, base64url.
    const EXPECTED_SIGNATURE: &str = "PMRQSVdOTA71XnsbjbJpoV_is_y6DeltQ3cxOHFaAUs";
}
