//! A clinic: one waiting area and its settings.

use super::entry::{EntryField, clean, parse_entry_fields};
use super::id::{ClinicId, RoomId};
use super::limits::{
    ERASE_AFTER, ERASE_AFTER_SECONDS, LOST_CONTACT_GRACE, LOST_CONTACT_GRACE_SECONDS,
};
use super::phone_number::{Country, PhoneNumber};
use super::refusal::Refusal;
use super::reply::ReplyWords;
use super::secret::never_printed;
use super::text::{PublicUrl, RecallWords, Sender, link_in};
use super::time::Span;

/// A tenant: nothing of it is visible to another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Clinic {
    /// What everything of the clinic is kept under.
    pub id: ClinicId,
    /// The end of its clinic link; no two clinics have the same.
    pub slug: Slug,
    /// As callers read it on arrival.
    pub name: String,
    /// Grows by one with every change in the waiting area.
    pub version: i64,
    /// Changing them leaves the version as it is.
    pub settings: Settings,
}

/// Configure › Waiting Area.
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a switch of its own on the page"
)]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Whether new arrivals may verify a number and step away. Who could before, still can.
    pub offline_queueing: bool,
    /// Whether callers are told their position.
    pub show_queue_position: bool,
    /// Whether anybody is taken in, or taken back; who is there stays.
    pub is_open: bool,
    /// How a number without a country code is read; always one of the allowed ones.
    pub default_country: Country,
    /// Whose numbers are taken; sorted by code, each once.
    pub allowed_countries: Vec<Country>,
    /// Where Join leads.
    pub room_url_template: RoomUrlTemplate,
    /// With what the `{token}` of a room is signed, where the video service wants one.
    pub room_signing: Option<RoomSigning>,
    /// Whether an Offline caller whom staff cancel is told so by a text.
    pub text_on_cancel: bool,
    /// The clinic's own words for a recall, with `{link}` in them; `None` for the usual ones.
    pub recall_words: Option<RecallWords>,
    /// What callers answer a recall with.
    pub reply_words: ReplyWords,
    /// What callers agree to before they come in; `None` asks for nothing.
    pub consent_text: Option<String>,
    /// What is asked besides name and phone, in this order.
    pub entry_fields: Vec<EntryField>,
    /// How long an unverified caller who stopped viewing keeps the place.
    pub lost_contact_grace: Span,
    /// How long after the end of a stay it is kept who it was.
    pub erase_after: Span,
    /// Where the clinic is: what a day is in its reports.
    pub time_zone: TimeZone,
}

/// What an admin changes; what is `None` stays.
#[derive(Clone, Debug, Default)]
pub struct SettingsChange {
    /// Touches nobody who has arrived while it was on.
    pub offline_queueing: Option<bool>,
    /// Also holds for those who wait already.
    pub show_queue_position: Option<bool>,
    /// Closing sends nobody away.
    pub is_open: Option<bool>,
    /// Two letters, in either case.
    pub default_country: Option<String>,
    /// Replaces the list; must hold the default country as it is after this change.
    pub allowed_countries: Option<Vec<String>>,
    /// Not yet read: see [`RoomUrlTemplate::parse`].
    pub room_url_template: Option<String>,
    /// `Some(None)` removes it.
    pub room_token_key: Option<Option<String>>,
    /// `Some(None)` goes back to the clinic's slug.
    pub room_token_issuer: Option<Option<String>>,
    /// Holds for cancels from then on.
    pub text_on_cancel: Option<bool>,
    /// `Some(None)` goes back to the usual words.
    pub recall_words: Option<Option<String>>,
    /// Replaces all three.
    pub reply_words: Option<ReplyWordsChange>,
    /// `Some(None)` removes it.
    pub consent_text: Option<Option<String>>,
    /// Replaces all of them; answers that were given keep the label they were asked by.
    pub entry_fields: Option<Vec<EntryField>>,
    /// Within [`LOST_CONTACT_GRACE_SECONDS`].
    pub lost_contact_grace_seconds: Option<i64>,
    /// Within [`ERASE_AFTER_SECONDS`]; also holds for stays that have ended already.
    pub erase_after_seconds: Option<i64>,
    /// Also holds for days that are past.
    pub time_zone: Option<TimeZone>,
}

/// What callers are to answer a recall with, as an admin typed it.
#[derive(Clone, Debug)]
pub struct ReplyWordsChange {
    /// For coming.
    pub coming: String,
    /// For five more minutes.
    pub later: String,
    /// For leaving.
    pub leaving: String,
}

/// Longest consent text, in characters. Our own: what is longer is not read.
const CONSENT_CHARACTERS: usize = 2000;
/// Longest clinic name, in characters. Our own.
const CLINIC_NAME_CHARACTERS: usize = 120;

impl Settings {
    /// The settings of a new clinic.
    #[must_use]
    pub fn new(country: Country, room_url_template: RoomUrlTemplate) -> Self {
        Self {
            offline_queueing: true,
            show_queue_position: true,
            is_open: true,
            default_country: country,
            allowed_countries: vec![country],
            room_url_template,
            room_signing: None,
            text_on_cancel: false,
            recall_words: None,
            reply_words: ReplyWords::default(),
            consent_text: None,
            entry_fields: Vec::new(),
            lost_contact_grace: LOST_CONTACT_GRACE,
            erase_after: ERASE_AFTER,
            time_zone: TimeZone::utc(),
        }
    }

    /// Reads a number as a caller typed it into the field `phone`, by the clinic's countries; blank is
    /// none.
    ///
    /// # Errors
    /// As [`PhoneNumber::parse`].
    pub fn read_phone(&self, typed: Option<&str>) -> Result<Option<PhoneNumber>, Refusal> {
        let allowed = &self.allowed_countries;
        typed
            .map(str::trim)
            .filter(|typed| !typed.is_empty())
            .map(|typed| PhoneNumber::parse(typed, self.default_country, allowed, "phone"))
            .transpose()
    }

    /// The settings after a change. `sender` is what the length of a clinic's own words depends on.
    ///
    /// # Errors
    /// Refused as a whole at the first field that is wrong; nothing is half changed.
    pub fn changed(&self, change: SettingsChange, sender: &Sender<'_>) -> Result<Self, Refusal> {
        let mut next = self.clone();
        next.offline_queueing = change.offline_queueing.unwrap_or(next.offline_queueing);
        next.show_queue_position = change
            .show_queue_position
            .unwrap_or(next.show_queue_position);
        next.is_open = change.is_open.unwrap_or(next.is_open);
        next.text_on_cancel = change.text_on_cancel.unwrap_or(next.text_on_cancel);
        if let Some(country) = change.default_country {
            next.default_country = parse_country(&country, "defaultCountry")?;
        }
        if let Some(countries) = change.allowed_countries {
            next.allowed_countries = countries
                .iter()
                .take(300)
                .enumerate()
                .map(|(place, code)| parse_country(code, &format!("allowedCountries.{place}")))
                .collect::<Result<_, _>>()?;
            next.allowed_countries.sort_by_key(|country| country.code());
            next.allowed_countries.dedup();
        }
        if !next.allowed_countries.contains(&next.default_country) {
            let message = "The clinic's own country must be among the allowed ones.";
            return Err(Refusal::invalid("allowedCountries", message));
        }
        if let Some(template) = change.room_url_template {
            next.room_url_template = RoomUrlTemplate::parse(&template, "roomUrlTemplate")?;
        }
        next.room_signing = changed_signing(
            next.room_signing.take(),
            change.room_token_key,
            change.room_token_issuer,
        )?;
        if next.room_url_template.wants_token() && next.room_signing.is_none() {
            let message = "The room link has {token} in it, so it needs a key to sign with.";
            return Err(Refusal::invalid("roomTokenKey", message));
        }
        next.word_recalls(change.recall_words, change.reply_words, sender)?;
        if let Some(text) = change.consent_text {
            let text = text.as_deref().unwrap_or_default();
            let text = clean(text, CONSENT_CHARACTERS, "consentText")?;
            next.consent_text = (!text.is_empty()).then_some(text);
        }
        if let Some(fields) = change.entry_fields {
            next.entry_fields = parse_entry_fields(fields)?;
        }
        if let Some(seconds) = change.lost_contact_grace_seconds {
            let field = "lostContactGraceSeconds";
            next.lost_contact_grace = parse_seconds(seconds, &LOST_CONTACT_GRACE_SECONDS, field)?;
        }
        if let Some(seconds) = change.erase_after_seconds {
            next.erase_after = parse_seconds(seconds, &ERASE_AFTER_SECONDS, "eraseAfterSeconds")?;
        }
        next.time_zone = change.time_zone.unwrap_or(next.time_zone);
        Ok(next)
    }

    /// Sets the words for recalls and for their replies; the two share one text.
    #[expect(
        clippy::option_option,
        reason = "left alone, taken away or set: three answers"
    )]
    fn word_recalls(
        &mut self,
        recall_words: Option<Option<String>>,
        reply_words: Option<ReplyWordsChange>,
        sender: &Sender<'_>,
    ) -> Result<(), Refusal> {
        let replies_change = reply_words.is_some();
        if let Some(words) = reply_words {
            let ReplyWordsChange {
                coming,
                later,
                leaving,
            } = words;
            let words = ReplyWords::parse(&coming, &later, &leaving, "replyWords")?;
            refuse_links(&words)?;
            self.reply_words = words;
        }
        match recall_words.map(|given| given.filter(|given| !given.trim().is_empty())) {
            Some(Some(given)) => {
                let words = RecallWords::parse(&given, "recallWords", sender, &self.reply_words)?;
                self.recall_words = Some(words);
                return Ok(());
            }
            Some(None) => self.recall_words = None,
            None => {}
        }
        // Longer words for replies leave less room for the rest.
        if replies_change && sender.takes_replies {
            let usual = || RecallWords::usual(sender, &self.reply_words);
            let words = self.recall_words.clone().unwrap_or_else(usual);
            if let Some(message) = words.too_long(sender, &self.reply_words) {
                return Err(Refusal::invalid("replyWords", message));
            }
        }
        Ok(())
    }
}

/// Words for replies stand in a text of ours as those for a recall do.
fn refuse_links(words: &ReplyWords) -> Result<(), Refusal> {
    let words = [
        (&words.coming, "replyWords.coming"),
        (&words.later, "replyWords.later"),
        (&words.leaving, "replyWords.leaving"),
    ];
    for (words, field) in words {
        if let Some(link) = link_in(words) {
            let message = format!("Phones may take “{link}” for a link: use a plain word.");
            return Err(Refusal::invalid(field, message));
        }
    }
    Ok(())
}

fn parse_seconds(
    seconds: i64,
    allowed: &std::ops::RangeInclusive<i64>,
    field: &str,
) -> Result<Span, Refusal> {
    if allowed.contains(&seconds) {
        return Ok(Span::seconds(seconds));
    }
    let message = format!("Between {} and {} seconds.", allowed.start(), allowed.end());
    Err(Refusal::invalid(field, message))
}

fn parse_country(code: &str, field: &str) -> Result<Country, Refusal> {
    let message = "Use the two letters of a country, such as AU.";
    Country::parse(code).ok_or_else(|| Refusal::invalid(field, message))
}

/// Reads the name of a clinic.
///
/// # Errors
/// Refused when it is empty, too long or holds control characters.
pub fn parse_clinic_name(given: &str) -> Result<String, Refusal> {
    let name = clean(given, CLINIC_NAME_CHARACTERS, "name")?;
    if name.is_empty() {
        return Err(Refusal::invalid("name", "Give the clinic a name."));
    }
    Ok(name)
}

/// A time zone by its name in the IANA database, such as `Australia/Sydney`. Which names there are is
/// known by who reads one: `app::time_zones`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TimeZone(String);

impl TimeZone {
    /// Where days begin at midnight UTC: what a clinic has until it says where it is.
    #[must_use]
    pub fn utc() -> Self {
        Self("UTC".to_owned())
    }

    /// Takes a name that is known to be in the database, as it is written there.
    #[must_use]
    pub fn from_known(name: String) -> Self {
        Self(name)
    }

    /// The name, as the database writes it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What names a clinic in its clinic link, `/c/<slug>`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Slug(String);

impl Slug {
    /// 1 to 60 of `a-z 0-9 -`, not beginning or ending with `-`.
    #[must_use]
    pub fn parse(given: &str) -> Option<Self> {
        let fits = (1..=60).contains(&given.len())
            && !given.starts_with('-')
            && !given.ends_with('-')
            && given
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
        fits.then(|| Self(given.to_owned()))
    }

    /// As it stands in the clinic link.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Where Join leads: the address of the clinic's video service with `{room}` in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoomUrlTemplate(String);

impl RoomUrlTemplate {
    /// Reads a template: `https://host/…{room}…`; `http` for this machine only, so that nobody's
    /// consultation is opened over an open line; `/…{room}…` for a page of this server.
    ///
    /// # Errors
    /// Refused when it is no such address, or `{room}` is missing or part of the host.
    pub fn parse(given: &str, field: &str) -> Result<Self, Refusal> {
        let template = clean(given, 500, field)?;
        let is_own_page = template.starts_with('/') && !template.starts_with("//");
        let wrong = if is_own_page {
            None
        } else {
            wrong_host(&template)
        };
        let wrong = wrong.or_else(|| wrong_path(&template));
        match wrong {
            Some(message) => Err(Refusal::invalid(field, message)),
            None => Ok(Self(template)),
        }
    }

    /// The template as an admin wrote it, with `{room}` still in it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether the video service wants a signed token.
    #[must_use]
    pub fn wants_token(&self) -> bool {
        self.0.contains("{token}")
    }

    /// The address of one room, with the token that opens it where one is wanted. `at` is where this
    /// server is reached.
    #[must_use]
    pub fn address(&self, at: &PublicUrl, room: &RoomId, token: &str) -> String {
        let address = self
            .0
            .replace("{room}", room.as_str())
            .replace("{token}", token);
        if address.starts_with('/') {
            format!("{}{address}", at.as_str())
        } else {
            address
        }
    }
}

/// What is wrong with the scheme and the host of a template.
fn wrong_host(template: &str) -> Option<&'static str> {
    let (is_https, rest) = match (
        template.strip_prefix("https://"),
        template.strip_prefix("http://"),
    ) {
        (Some(rest), _) => (true, rest),
        (_, Some(rest)) => (false, rest),
        _ => return Some("Use an address that begins with https://."),
    };
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let is_host = !host.is_empty()
        && host
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b".-:[]".contains(&byte));
    if !is_host {
        return Some("Use an address with a plain host, such as https://video.example/{room}.");
    }
    let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
    let is_own = matches!(name, "localhost" | "127.0.0.1" | "[::1]");
    (!is_https && !is_own).then_some("Use https://: a consultation must not go over an open line.")
}

/// What is wrong with the rest of a template.
fn wrong_path(template: &str) -> Option<&'static str> {
    if !template.contains("{room}") {
        return Some("Put {room} where the name of the room goes.");
    }
    let plain = template.replace("{room}", "").replace("{token}", "");
    if plain.contains(['{', '}']) {
        return Some("Only {room} and {token} can be filled in.");
    }
    let cannot_be = |character: char| character.is_whitespace() || "\"<>\\^`|".contains(character);
    plain
        .contains(cannot_be)
        .then_some("This address holds characters that no address may hold.")
}

/// How the `{token}` of a room is signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoomSigning {
    /// The key that the video service shares with the clinic.
    pub key: RoomKey,
    /// Who the video service knows as the issuer of the token; `None` for the clinic's slug.
    pub issuer: Option<String>,
}

/// A key shared with a video service.
#[derive(Clone, PartialEq, Eq)]
pub struct RoomKey(String);
never_printed!(RoomKey, "RoomKey(…)");

/// Bounds of a room key, in characters: RFC 7518 (3.2) wants no fewer bits than the hash has.
const ROOM_KEY_CHARACTERS: std::ops::RangeInclusive<usize> = 32..=512;
/// Longest issuer, in characters. Our own.
const ISSUER_CHARACTERS: usize = 200;

impl RoomKey {
    /// Reads a key.
    ///
    /// # Errors
    /// Refused when it is too short to be safe, too long, or holds what cannot be typed.
    pub fn parse(given: &str) -> Result<Self, Refusal> {
        let key = given.trim();
        let fits = key.len() <= *ROOM_KEY_CHARACTERS.end()
            && ROOM_KEY_CHARACTERS.contains(&key.chars().count())
            && !key.chars().any(char::is_control);
        if fits {
            return Ok(Self(key.to_owned()));
        }
        let message = "Use a key of 32 to 512 characters, the one set in the video service.";
        Err(Refusal::invalid("roomTokenKey", message))
    }

    /// The key itself, to sign with or to keep.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

#[expect(
    clippy::option_option,
    reason = "left alone, taken away or set: three answers"
)]
fn changed_signing(
    signing: Option<RoomSigning>,
    key: Option<Option<String>>,
    issuer: Option<Option<String>>,
) -> Result<Option<RoomSigning>, Refusal> {
    let (before_key, before_issuer) = match signing {
        Some(signing) => (Some(signing.key), signing.issuer),
        None => (None, None),
    };
    let key = match key {
        None => before_key,
        Some(given) => match given.filter(|given| !given.trim().is_empty()) {
            None => None,
            Some(given) => Some(RoomKey::parse(&given)?),
        },
    };
    let issuer = match issuer {
        None => before_issuer,
        Some(given) => {
            let given = given.as_deref().unwrap_or_default();
            let issuer = clean(given, ISSUER_CHARACTERS, "roomTokenIssuer")?;
            (!issuer.is_empty()).then_some(issuer)
        }
    };
    Ok(key.map(|key| RoomSigning { key, issuer }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings() -> Settings {
        let template = RoomUrlTemplate::parse("https://video.example/{room}", "t").unwrap();
        Settings::new(Country::parse("AU").unwrap(), template)
    }

    fn changed(settings: &Settings, change: SettingsChange) -> Result<Settings, Refusal> {
        let at = PublicUrl::parse("https://standby.example").unwrap();
        let sender = Sender {
            at: &at,
            takes_replies: true,
        };
        settings.changed(change, &sender)
    }

    #[test]
    fn words_for_recalls_are_set_kept_when_left_out_and_removed_when_blank() {
        let words = |words: Option<&str>| SettingsChange {
            recall_words: Some(words.map(str::to_owned)),
            ..Default::default()
        };
        let set = changed(&settings(), words(Some(" Come back {link} "))).unwrap();
        assert_eq!(
            set.recall_words.as_ref().unwrap().as_str(),
            "Come back {link}"
        );
        let kept = changed(&set, SettingsChange::default()).unwrap();
        assert_eq!(kept.recall_words, set.recall_words);
        for removed in [None, Some(""), Some(" \n")] {
            assert_eq!(changed(&set, words(removed)).unwrap().recall_words, None);
        }
        let refusal = changed(&set, words(Some("Come back"))).unwrap_err();
        assert_eq!(refusal.field, Some(vec!["recallWords".to_owned()]));
    }

    #[test]
    fn words_for_replies_leave_room_for_the_recall_or_are_refused() {
        let replies = |coming: &str| ReplyWordsChange {
            coming: coming.to_owned(),
            later: "WAIT".to_owned(),
            leaving: "STAYHOME".to_owned(),
        };
        let only_replies = |coming: &str| SettingsChange {
            reply_words: Some(replies(coming)),
            ..Default::default()
        };
        let next = changed(&settings(), only_replies("YES")).unwrap();
        assert_eq!(next.reply_words.coming, "YES");
        // All that there is room for with the usual replies.
        let full = SettingsChange {
            recall_words: Some(Some(format!("{} {{link}}", "a".repeat(66)))),
            ..Default::default()
        };
        let full = changed(&settings(), full).unwrap();
        let refusal = changed(&full, only_replies("YES")).unwrap_err();
        assert_eq!(refusal.field, Some(vec!["replyWords".to_owned()]));
        let both = SettingsChange {
            recall_words: Some(None),
            ..only_replies("YES")
        };
        assert!(
            changed(&full, both).is_ok(),
            "with the usual words there is room again"
        );
    }

    #[test]
    fn no_link_hides_in_a_word_for_replies() {
        for (coming, later, leaving, field) in [
            ("evil.com", "2", "3", "coming"),
            ("1", "go www.evil", "3", "later"),
            ("1", "2", "@host", "leaving"),
        ] {
            let reply_words = Some(ReplyWordsChange {
                coming: coming.to_owned(),
                later: later.to_owned(),
                leaving: leaving.to_owned(),
            });
            let change = SettingsChange {
                reply_words,
                ..Default::default()
            };
            let refusal = changed(&settings(), change).unwrap_err();
            assert_eq!(refusal.field.unwrap(), ["replyWords", field]);
        }
    }

    #[test]
    fn a_room_leads_to_https_or_this_machine_and_nowhere_else() {
        for good in [
            "https://v.example/r/{room}?x=1",
            "http://127.0.0.1:8080/{room}",
            "http://localhost/{room}",
            "/dev/room/{room}",
        ] {
            assert!(RoomUrlTemplate::parse(good, "f").is_ok(), "{good}");
        }
        for bad in [
            "",
            "v.example/{room}",
            "javascript:alert('{room}')",
            "http://v.example/{room}",
            "https://v.example/",
            "https://{room}.example/",
            "https:///{room}",
            "https://v.example/ {room}",
            "https://user@v.example/{room}",
            "https://v.example/{foo}/{room}",
            "//v.example/{room}",
            "/dev/room",
            "http://localhost.evil.example/{room}",
        ] {
            assert!(RoomUrlTemplate::parse(bad, "f").is_err(), "{bad}");
        }
    }

    #[test]
    fn a_change_with_one_wrong_field_changes_nothing() {
        let change = SettingsChange {
            offline_queueing: Some(false),
            allowed_countries: Some(vec!["NZ".into()]),
            ..SettingsChange::default()
        };
        let refusal = changed(&settings(), change).unwrap_err();
        assert_eq!(refusal.field, Some(vec!["allowedCountries".to_owned()]));
    }

    #[test]
    fn a_blank_consent_text_is_none() {
        let change = SettingsChange {
            consent_text: Some(Some("  ".into())),
            ..Default::default()
        };
        assert_eq!(changed(&settings(), change).unwrap().consent_text, None);
    }

    #[test]
    fn a_room_link_with_a_token_needs_a_key_to_sign_it_with() {
        let template = Some("https://video.example/{room}?jwt={token}".to_owned());
        let change = SettingsChange {
            room_url_template: template.clone(),
            ..Default::default()
        };
        let refusal = changed(&settings(), change).unwrap_err();
        assert_eq!(refusal.field, Some(vec!["roomTokenKey".to_owned()]));
        let room_token_key = Some(Some("k".repeat(32)));
        let change = SettingsChange {
            room_url_template: template,
            room_token_key,
            ..Default::default()
        };
        let settings = changed(&settings(), change).unwrap();
        let removed = SettingsChange {
            room_token_key: Some(None),
            ..Default::default()
        };
        assert!(changed(&settings, removed).is_err());
        let issuer = SettingsChange {
            room_token_issuer: Some(Some("clinic-app".to_owned())),
            ..Default::default()
        };
        let signing = changed(&settings, issuer).unwrap().room_signing.unwrap();
        assert_eq!(signing.issuer.as_deref(), Some("clinic-app"));
        assert_eq!(signing.key.reveal(), "k".repeat(32));
    }

    #[test]
    fn who_somebody_was_is_kept_for_a_day_at_most() {
        let keeping = |seconds| SettingsChange {
            erase_after_seconds: Some(seconds),
            ..Default::default()
        };
        assert_eq!(settings().erase_after, Span::minutes(15));
        for seconds in [0, 1, 900, 86_400] {
            let changed = changed(&settings(), keeping(seconds)).unwrap();
            assert_eq!(changed.erase_after, Span::seconds(seconds));
        }
        for seconds in [-1, 86_401, i64::MIN, i64::MAX] {
            let refusal = changed(&settings(), keeping(seconds)).unwrap_err();
            assert_eq!(refusal.field.unwrap(), ["eraseAfterSeconds"]);
        }
    }

    #[test]
    fn a_slug_is_lower_case_words() {
        assert!(Slug::parse("demo-2").is_some());
        for wrong in ["", "Demo", "a b", "-a", "a-", "é", &"a".repeat(61)] {
            assert!(Slug::parse(wrong).is_none(), "{wrong}");
        }
    }
}
