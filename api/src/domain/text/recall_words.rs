//! A clinic's own words for a recall: what may be in them, and how long they may be.

use super::{Sender, reply_line};
use crate::domain::entry::{controls_the_display, is_mark};
use crate::domain::refusal::Refusal;
use crate::domain::reply::ReplyWords;
use crate::domain::segments::{Encoding, beyond_gsm7, length};

/// A clinic's own words for a recall, with `{link}` where the link goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecallWords(String);

/// Where the link goes.
const LINK: &str = "{link}";

/// The usual words, the fullest first: the first that fits is taken.
const USUAL: [&str; 3] = [
    "It is nearly your turn. Please come back to the waiting area now: {link}",
    "It is nearly your turn. Please come back now: {link}",
    "Please come back now: {link}",
];

/// What is longer is not looked at. More than any text of three segments has.
const CHARACTERS: usize = 1000;
/// How many segments a recall may take in UCS-2. One would leave most alphabets no room beside the
/// link; each is charged, and the more there are the later the last arrives.
const UCS2_SEGMENTS: usize = 3;

impl RecallWords {
    /// Reads what an admin wrote: `{link}` once and by itself, so that phones make it tappable; no
    /// other link, and nothing that phones take for one, so that a text in which a stranger's link
    /// stands is never one of ours; nothing invisible. The whole text as it is sent must fit one
    /// segment, or three where its alphabet is not that of GSM 7-bit.
    ///
    /// # Errors
    /// Refused at `field`, saying what is wrong and by how many characters it is too long.
    pub fn parse(
        given: &str,
        field: &str,
        sender: &Sender<'_>,
        replies: &ReplyWords,
    ) -> Result<Self, Refusal> {
        if given.len() > CHARACTERS * 4 || given.chars().count() > CHARACTERS {
            let message = "This is much too long: with its link it must fit one text.";
            return Err(Refusal::invalid(field, message));
        }
        let words = tidy(given);
        if let Some(message) = wrong(&words) {
            return Err(Refusal::invalid(field, message));
        }
        let words = Self(words);
        match words.too_long(sender, replies) {
            Some(message) => Err(Refusal::invalid(field, message)),
            None => Ok(words),
        }
    }

    /// Takes words that were stored: they were looked at when they came in.
    #[must_use]
    pub fn from_stored(words: String) -> Self {
        Self(words)
    }

    /// What is being typed, right or wrong, for showing only.
    pub(super) fn as_typed(given: &str) -> Self {
        Self(tidy(&given.chars().take(CHARACTERS).collect::<String>()))
    }

    /// The words of clinics that have none of their own: the fullest that fit.
    #[must_use]
    pub fn usual(sender: &Sender<'_>, replies: &ReplyWords) -> Self {
        let [.., least] = USUAL;
        let words = USUAL.map(|words| Self(words.to_owned()));
        let fits = |words: &Self| words.too_long(sender, replies).is_none();
        words
            .into_iter()
            .find(fits)
            .unwrap_or_else(|| Self(least.to_owned()))
    }

    /// As an admin wrote them, with `{link}` still in them.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The text with its link, and how to reply where that is possible.
    pub(super) fn sent(&self, link: &str, sender: &Sender<'_>, replies: &ReplyWords) -> String {
        let words = self.0.replace(LINK, link);
        if sender.takes_replies {
            format!("{words}\n{}", reply_line(replies))
        } else {
            words
        }
    }

    /// By how much the text is too long as it is sent, in words for an admin.
    pub(in crate::domain) fn too_long(
        &self,
        sender: &Sender<'_>,
        replies: &ReplyWords,
    ) -> Option<String> {
        let text = self.sent(&sender.hidden_link(), sender, replies);
        let length = length(&text);
        let most = most_segments(length.encoding);
        if length.segments <= most {
            return None;
        }
        let room = length.encoding.room(most);
        // A segment may end one short: then it is one too many although there seems to be room.
        let many = length.characters.saturating_sub(room).max(1);
        let many = match many {
            1 => "1 character".to_owned(),
            many => format!("{many} characters"),
        };
        let with = if sender.takes_replies {
            "with its link and how to reply"
        } else {
            "with its link"
        };
        Some(match length.encoding {
            Encoding::Gsm7 => {
                format!("This is {many} too long: {with} it must fit one text of {room}.")
            }
            Encoding::Ucs2 => {
                let because = because_of(&beyond_gsm7(&text));
                format!(
                    "This is {many} too long. Because of {because} only {} characters fit a text, \
                     and {most} texts are the most.",
                    length.encoding.among_several()
                )
            }
        })
    }
}

/// How many segments a text may take.
pub(super) const fn most_segments(encoding: Encoding) -> usize {
    match encoding {
        Encoding::Gsm7 => 1,
        Encoding::Ucs2 => UCS2_SEGMENTS,
    }
}

/// Names some of the characters that cost the short alphabet.
fn because_of(characters: &[char]) -> String {
    match characters {
        [one] => format!("“{one}”"),
        [one, other] => format!("“{one}” and “{other}”"),
        [first, ..] => format!("characters such as “{first}”"),
        [] => String::new(),
    }
}

/// The words with line breaks of one kind, one space between words, and at most one empty line: white
/// space that nobody sees costs characters, and some of it the short alphabet.
fn tidy(given: &str) -> String {
    let around = |character: char| character.is_whitespace() || is_mark(character);
    let given = given.trim_matches(around).replace("\r\n", "\n");
    let is_break = |character: char| {
        matches!(
            character,
            '\n' | '\r' | '\u{b}' | '\u{c}' | '\u{85}' | '\u{2028}' | '\u{2029}'
        )
    };
    let mut lines: Vec<String> = Vec::new();
    for line in given.split(is_break) {
        let line = line.split_whitespace().collect::<Vec<_>>().join(" ");
        let is_second_empty = line.is_empty() && lines.last().is_some_and(String::is_empty);
        if !is_second_empty {
            lines.push(line);
        }
    }
    lines.join("\n")
}

/// What may not be so, whatever the length.
fn wrong(words: &str) -> Option<String> {
    let is_alone = |neighbour: Option<char>| neighbour.is_none_or(char::is_whitespace);
    if words.chars().any(controls_the_display) || has_hidden_joiner(words) {
        let message =
            "This holds invisible characters that cannot be taken. Type it again by hand.";
        return Some(message.to_owned());
    }
    let Some((before, after)) = words.split_once(LINK) else {
        return Some(format!(
            "Put {LINK} where the link to the wait screen goes."
        ));
    };
    if after.contains(LINK) {
        return Some(format!("Put {LINK} in once only."));
    }
    if before.contains(['{', '}']) || after.contains(['{', '}']) {
        return Some(format!("Only {LINK} can be filled in."));
    }
    if !is_alone(before.chars().next_back()) || !is_alone(after.chars().next()) {
        return Some(format!(
            "Put a space or a line break before and after {LINK}, so that phones can tell where the \
             link begins and ends."
        ));
    }
    if !before.chars().chain(after.chars()).any(char::is_alphabetic) {
        return Some("Say in a few words what the link is for.".to_owned());
    }
    let link = link_in(before).or_else(|| link_in(after))?;
    Some(format!(
        "Phones may take “{link}” for a link, and the only link may be {LINK}. After a full stop \
         goes a space."
    ))
}

/// Joiners belong between letters of some scripts, and between emoji. Anywhere else they only hide that
/// two words are not the same.
fn has_hidden_joiner(words: &str) -> bool {
    let is_joiner = |character: char| matches!(character, '\u{200c}' | '\u{200d}');
    let joins = |neighbour: Option<char>| {
        neighbour.is_some_and(|neighbour| {
            !neighbour.is_ascii() && !neighbour.is_whitespace() && !is_joiner(neighbour)
        })
    };
    words.char_indices().any(|(at, character)| {
        is_joiner(character)
            && !(joins(words[..at].chars().next_back())
                && joins(words[at + character.len_utf8()..].chars().next()))
    })
}

/// The first word that phones may make tappable, or a browser read as whose code this is
/// (`@host #code`).
pub(in crate::domain) fn link_in(words: &str) -> Option<&str> {
    let word = words
        .split_whitespace()
        .find(|word| is_taken_for_link(word))?;
    Some(word.trim_matches(|character: char| !character.is_alphanumeric() && character != '@'))
}

/// Schemes that phones open at a tap, also without `//`.
const SCHEMES: [&str; 8] = [
    "http:", "https:", "ftp:", "tel:", "sms:", "mailto:", "intent:", "market:",
];

fn is_taken_for_link(word: &str) -> bool {
    let word = word.to_lowercase();
    let characters: Vec<char> = word
        .chars()
        .filter(|character| !matches!(character, '\u{200c}' | '\u{200d}'))
        .collect();
    if word.contains("://") || word.contains("www.") {
        return true;
    }
    let bare = word.trim_start_matches(|character: char| !character.is_alphanumeric());
    if SCHEMES
        .iter()
        .any(|scheme| bare.starts_with(scheme) && bare.len() > scheme.len())
    {
        return true;
    }
    let is_of_label = |character: &&char| character.is_alphanumeric() || **character == '-';
    for (at, character) in characters.iter().enumerate() {
        let label: Vec<char> = characters[at + 1..]
            .iter()
            .take_while(is_of_label)
            .copied()
            .collect();
        if *character == '@' && !label.is_empty() {
            return true;
        }
        let before = at
            .checked_sub(1)
            .map(|before| characters[before])
            .filter(|before| before.is_alphanumeric());
        let Some(before) = before else { continue };
        let is_name = label.len() >= 2 && label[0].is_alphabetic();
        let is_domain = match character {
            '.' | '\u{2024}' => is_name,
            // Browsers read these as dots; Chinese and Japanese end sentences with them.
            '\u{3002}' | '\u{ff0e}' | '\u{ff61}' => {
                is_name && before.is_ascii() && label.iter().all(char::is_ascii)
            }
            _ => false,
        };
        if is_domain {
            return true;
        }
    }
    is_internet_address(bare)
}

/// Four numbers with dots between them, and whatever follows a slash or a colon.
fn is_internet_address(word: &str) -> bool {
    let end = word
        .find(|character: char| !character.is_ascii_digit() && character != '.')
        .unwrap_or(word.len());
    let numbers: Vec<&str> = word[..end].trim_end_matches('.').split('.').collect();
    numbers.len() == 4 && numbers.iter().all(|number| (1..=3).contains(&number.len()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::text::PublicUrl;
    use proptest::prelude::*;

    fn at() -> PublicUrl {
        PublicUrl::parse(&format!("https://{}.example.org", "a".repeat(28))).unwrap()
    }

    fn parse(given: &str, takes_replies: bool) -> Result<RecallWords, String> {
        let at = at();
        let sender = Sender {
            at: &at,
            takes_replies,
        };
        let parsed = RecallWords::parse(given, "recallWords", &sender, &ReplyWords::default());
        parsed.map_err(|refusal| {
            assert_eq!(refusal.field, Some(vec!["recallWords".to_owned()]));
            refusal.message
        })
    }

    #[test]
    fn words_are_taken_as_written_save_for_white_space_that_nobody_sees() {
        for (given, kept) in [
            ("Come back: {link}", "Come back: {link}"),
            (
                "  Come\u{a0}\tback: \r\n\r\n\r\n{link} \n",
                "Come back:\n\n{link}",
            ),
            (
                "{link} Revenez, s'il vous plaît",
                "{link} Revenez, s'il vous plaît",
            ),
            (
                "\u{feff}Your turn at 3.30 p.m. {link}",
                "Your turn at 3.30 p.m. {link}",
            ),
            (
                "Call 02 5550 1234, z.B. now. {link}",
                "Call 02 5550 1234, z.B. now. {link}",
            ),
            (
                "نوبت شما می\u{200c}رسد {link}",
                "نوبت شما می\u{200c}رسد {link}",
            ),
            ("您快轮到了。请回来: {link}", "您快轮到了。请回来: {link}"),
            (
                "👩\u{200d}⚕\u{fe0f} is ready {link}",
                "👩\u{200d}⚕\u{fe0f} is ready {link}",
            ),
            ("On 12.11.2026 #3 {link}", "On 12.11.2026 #3 {link}"),
        ] {
            assert_eq!(
                parse(given, true).as_ref().map(RecallWords::as_str),
                Ok(kept),
                "{given}"
            );
        }
    }

    #[test]
    fn the_link_is_in_once_and_stands_by_itself() {
        for (given, said) in [
            ("Come back", "where the link"),
            ("Come back {Link}", "where the link"),
            ("Come back { link }", "where the link"),
            ("Come {link} back {link}", "once only"),
            ("Come back {link} {name}", "Only {link}"),
            ("Come back {link} }", "Only {link}"),
            ("Come back:{link}", "before and after"),
            ("Come back {link}.", "before and after"),
            ("Come back ({link})", "before and after"),
            ("{link}", "few words"),
            ("12 … {link}", "few words"),
            ("", "where the link"),
        ] {
            let refused = parse(given, false).unwrap_err();
            assert!(refused.contains(said), "{given}: {refused}");
        }
    }

    #[test]
    fn no_other_link_is_taken_nor_what_phones_take_for_one() {
        for word in [
            "http://evil.example",
            "HTTPS://x",
            "www.evil",
            "(www.evil.example)",
            "evil.com",
            "Evil.Com/login",
            "bit.ly/3xYz",
            "now.Please",
            "клиника.рф",
            "xn--e1a4c.xn--p1ai",
            "evil。com",
            "evil．com",
            "evil\u{2024}com",
            "me@evil",
            "@standby.example",
            "@host",
            "tel:+61491570156",
            "javascript://x",
            "10.0.0.1",
            "10.0.0.1:8080/x",
        ] {
            let refused = parse(&format!("Go to {word} or {{link}}"), false).unwrap_err();
            assert!(refused.contains("for a link"), "{word}: {refused}");
        }
    }

    #[test]
    fn nothing_invisible_is_taken() {
        for hidden in [
            "\0",
            "\u{7}",
            "\u{1b}",
            "\u{7f}",
            "\u{ad}",
            "\u{200b}",
            "\u{200e}",
            "\u{202e}",
            "\u{2066}",
            "\u{feff}",
            "\u{e0041}",
            "\u{200d}",
            "\u{200c}",
        ] {
            let refused = parse(&format!("Come ba{hidden}ck {{link}}"), false).unwrap_err();
            assert!(refused.contains("invisible"), "{hidden:?}: {refused}");
        }
    }

    #[test]
    fn the_text_as_sent_fits_and_the_refusal_says_by_how_much_it_does_not() {
        // 74 of a link on a host of 40, a space, and 36 of how to reply with its line break.
        let words = |letter: &str, number: usize| format!("a{} {{link}}", letter.repeat(number));
        for (letter, number, takes_replies, said) in [
            ("a", 84, false, None),
            (
                "a",
                85,
                false,
                Some("1 character too long: with its link it must"),
            ),
            ("a", 48, true, None),
            (
                "a",
                49,
                true,
                Some("1 character too long: with its link and how to reply it"),
            ),
            ("€", 42, false, None),
            ("€", 43, false, Some("2 characters too long")),
            ("a", 184, false, Some("100 characters too long")),
            ("ç", 125, false, None),
            (
                "ç",
                126,
                false,
                Some("1 character too long. Because of “ç” only 67 characters fit a text"),
            ),
            ("ç", 89, true, None),
            ("ç", 90, true, Some("1 character too long")),
            ("a", 5_000, false, Some("much too long")),
        ] {
            let parsed = parse(&words(letter, number), takes_replies);
            match said {
                None => assert!(parsed.is_ok(), "{number} of {letter}: {parsed:?}"),
                Some(said) => {
                    let refused = parsed.unwrap_err();
                    assert!(refused.contains(said), "{number} of {letter}: {refused}");
                }
            }
        }
        let refused = parse(&format!("{}’“ {{link}}", "a".repeat(200)), false).unwrap_err();
        assert!(refused.contains("Because of “’” and ““”"), "{refused}");
    }

    #[test]
    fn the_usual_words_could_be_an_admins_own() {
        for takes_replies in [false, true] {
            for words in USUAL {
                let parsed = parse(words, takes_replies);
                // The fullest leave no room for how to reply, which is what the others are for.
                assert!(
                    parsed.is_ok() || (takes_replies && words == USUAL[0]),
                    "{parsed:?}"
                );
            }
        }
    }

    proptest! {
        #[test]
        fn what_is_taken_is_one_short_message_with_one_link(
            given in "([ -~]|[éç’😀漢\u{200d}\u{202e}\n\r\t.@:/])*[ \n]\\{link\\}([ \n].{0,40})?",
            takes_replies: bool,
        ) {
            let at = at();
            let sender = Sender { at: &at, takes_replies };
            let replies = ReplyWords::default();
            if let Ok(words) = RecallWords::parse(&given, "recallWords", &sender, &replies) {
                let link = sender.hidden_link();
                let sent = words.sent(&link, &sender, &replies);
                let length = length(&sent);
                let most = if length.encoding == Encoding::Gsm7 { 1 } else { 3 };
                prop_assert!((1..=most).contains(&length.segments));
                prop_assert_eq!(sent.matches("://").count(), 1);
                prop_assert_eq!(sent.split_whitespace().filter(|word| *word == link).count(), 1);
                let is_plain = !sent.contains(['{', '}', '\u{202e}']);
                prop_assert!(is_plain);
                // Read again as it was kept, it stays as it is.
                let again = RecallWords::parse(words.as_str(), "f", &sender, &replies);
                prop_assert_eq!(again, Ok(words));
            }
        }
    }
}
