//! What callers text back: replies to a recall in the clinic's words, and the words that everybody
//! may stop texts by.

use super::caller::Caller;
use super::entry::clean;
use super::refusal::Refusal;
use super::time::Timestamp;

/// A caller's answer to a recall's text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reply {
    /// What was answered.
    pub answer: Answer,
    /// When it came in.
    pub at: Timestamp,
}

/// What can be answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Answer {
    /// On the way to the wait screen.
    Coming,
    /// Needs five more minutes.
    Later,
    /// Will not come: the stay ends.
    Leaving,
}

/// The words that a clinic takes for answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReplyWords {
    /// For [`Answer::Coming`].
    pub coming: String,
    /// For [`Answer::Later`].
    pub later: String,
    /// For [`Answer::Leaving`].
    pub leaving: String,
}

impl Default for ReplyWords {
    fn default() -> Self {
        Self {
            coming: "1".to_owned(),
            later: "2".to_owned(),
            leaving: "3".to_owned(),
        }
    }
}

/// Longest reply word, in characters. Our own: it has to fit into the text that asks for it.
pub const REPLY_WORD_CHARACTERS: usize = 20;

/// A word by which the holder of a number says whether texts are welcome.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keyword {
    /// No more texts.
    Stop,
    /// Texts again.
    Start,
}

/// What Twilio takes for an opt-out by itself (Twilio, Advanced Opt-Out, "By default"). After one
/// of them it sends that number nothing more.
const STOP_WORDS: [&str; 8] = [
    "stop",
    "stopall",
    "unsubscribe",
    "cancel",
    "end",
    "quit",
    "revoke",
    "optout",
];
/// What Twilio takes for an opt-in by itself (Twilio support for opt-out keywords).
const START_WORDS: [&str; 3] = ["start", "unstop", "yes"];

impl Keyword {
    /// The keyword that a text is; `None` for any other. As at Twilio only a text of that one word
    /// counts.
    #[must_use]
    pub fn of(body: &str) -> Option<Self> {
        let said = folded(body)?;
        if STOP_WORDS.contains(&said.as_str()) {
            Some(Self::Stop)
        } else if START_WORDS.contains(&said.as_str()) {
            Some(Self::Start)
        } else {
            None
        }
    }
}

impl ReplyWords {
    /// Reads a clinic's words, given in the fields `coming`, `later` and `leaving` of `field`.
    ///
    /// # Errors
    /// Refused at the first field whose word is empty, without a letter or a digit, longer than
    /// [`REPLY_WORD_CHARACTERS`], one that stops texts, or the same as another.
    pub fn parse(coming: &str, later: &str, leaving: &str, field: &str) -> Result<Self, Refusal> {
        let fields = ["coming", "later", "leaving"].map(|name| format!("{field}.{name}"));
        let read = |given: &str, field: &str| -> Result<(String, String), Refusal> {
            let word = clean(given, REPLY_WORD_CHARACTERS, field)?;
            let Some(said) = folded(&word) else {
                let message = "Use a word with at least one letter or digit in it.";
                return Err(Refusal::invalid(field, message));
            };
            if Keyword::of(&word) == Some(Keyword::Stop) {
                let message = "This word stops all texts to a number. Use another one.";
                return Err(Refusal::invalid(field, message));
            }
            Ok((word, said))
        };
        let (coming, first) = read(coming, &fields[0])?;
        let (later, second) = read(later, &fields[1])?;
        let (leaving, third) = read(leaving, &fields[2])?;
        let same = "Two answers cannot have the same word.";
        if second == first {
            return Err(Refusal::invalid(&fields[1], same));
        }
        if third == first || third == second {
            return Err(Refusal::invalid(&fields[2], same));
        }
        Ok(Self {
            coming,
            later,
            leaving,
        })
    }

    /// What a text answers; `None` for one that is no answer. A text that stops texts is never one.
    #[must_use]
    pub fn answer(&self, body: &str) -> Option<Answer> {
        if Keyword::of(body) == Some(Keyword::Stop) {
            return None;
        }
        let said = folded(body)?;
        let words = [
            (&self.coming, Answer::Coming),
            (&self.later, Answer::Later),
            (&self.leaving, Answer::Leaving),
        ];
        let meant = words
            .into_iter()
            .find(|(word, _)| folded(word).as_ref() == Some(&said));
        meant.map(|(_, answer)| answer)
    }
}

/// Longest text looked at as a word, in bytes: what is longer says more than one.
const WORD_BYTES: usize = 200;

/// A text as words are compared: in small letters, with digits of all scripts as ours, single
/// blanks inside and nothing but letters and digits around. `None` when nothing is left, or there
/// is too much.
fn folded(text: &str) -> Option<String> {
    if text.len() > WORD_BYTES {
        return None;
    }
    let mut folded = String::with_capacity(text.len());
    let plain = text.chars().map(plain);
    for character in plain.filter(|&character| !leaves_no_mark(character)) {
        if character.is_whitespace() {
            folded.push(' ');
        } else {
            folded.extend(character.to_lowercase());
        }
    }
    let folded = folded.trim_matches(|character: char| !character.is_alphanumeric());
    let words: Vec<&str> = folded.split_whitespace().collect();
    (!words.is_empty()).then(|| words.join(" "))
}

/// The first digit, the nought, of scripts whose keyboards write their own.
const NOUGHTS: [char; 9] = [
    '\u{660}', '\u{6f0}', '\u{966}', '\u{9e6}', '\u{a66}', '\u{ae6}', '\u{be6}', '\u{e50}',
    '\u{ff10}',
];

/// The character that is meant: wide letters and the digits of other scripts are ours in other
/// clothes.
fn plain(character: char) -> char {
    let code = u32::from(character);
    for nought in NOUGHTS.map(u32::from) {
        if (nought..nought + 10).contains(&code) {
            return char::from_digit(code - nought, 10).unwrap_or(character);
        }
    }
    // The wide forms of ASCII stand in the order of ASCII (Unicode, Halfwidth and Fullwidth Forms).
    if (0xff01..=0xff5e).contains(&code) {
        return char::from_u32(code - 0xff01 + 0x21).unwrap_or(character);
    }
    character
}

/// Whether a character only shapes or joins others: keyboards put them around digits, as in 1️⃣.
fn leaves_no_mark(character: char) -> bool {
    matches!(character, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'
        | '\u{2066}'..='\u{2069}' | '\u{fe00}'..='\u{fe0f}' | '\u{20e3}' | '\u{feff}' | '\u{ad}')
}

/// Whose reply a text is, of the callers with the number it came from, each with the clinic's words
/// and in any order: of those whom somebody has recalled and whose clinic understands it, the one
/// recalled last who is not back yet; when all are back, the one recalled last. A parent who waits
/// with two children answers for the child that was called last.
pub fn who_replies<'c>(
    callers: impl IntoIterator<Item = (&'c Caller, &'c ReplyWords)>,
    body: &str,
) -> Option<&'c Caller> {
    callers
        .into_iter()
        .filter(|(caller, words)| !caller.status().is_final() && words.answer(body).is_some())
        .filter_map(|(caller, _)| Some((caller, caller.recall.as_ref()?)))
        .max_by_key(|(caller, recall)| {
            let is_away = recall.returned_at.is_none();
            (is_away, recall.requested_at, caller.arrival)
        })
        .map(|(caller, _)| caller)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse([coming, later, leaving]: [&str; 3]) -> Result<ReplyWords, Refusal> {
        ReplyWords::parse(coming, later, leaving, "replyWords")
    }

    fn at(name: &str) -> Vec<String> {
        vec!["replyWords".to_owned(), name.to_owned()]
    }

    #[test]
    fn an_answer_is_understood_however_a_phone_writes_it() {
        let words = ReplyWords::default();
        for (body, expected) in [
            ("1", Answer::Coming),
            (" 1 \n", Answer::Coming),
            ("1.", Answer::Coming),
            ("\"1\"", Answer::Coming),
            ("(1)!", Answer::Coming),
            ("１", Answer::Coming),
            ("١", Answer::Coming),
            ("१", Answer::Coming),
            ("1\u{fe0f}\u{20e3}", Answer::Coming),
            ("\u{200e}2\u{200f}", Answer::Later),
            ("۲", Answer::Later),
            ("3。", Answer::Leaving),
        ] {
            assert_eq!(words.answer(body), Some(expected), "{body:?}");
        }
        let long = "1".to_owned() + &" ".repeat(WORD_BYTES);
        for nothing in [
            "", " ", ".", "11", "1 2", "1 please", "one", "4", "👍", "1a", &long,
        ] {
            assert_eq!(words.answer(nothing), None, "{nothing:?}");
        }
    }

    #[test]
    fn a_clinics_own_words_are_understood_in_either_case_and_in_every_script() {
        let words = parse(["Yes", "in fünf Minuten", "НЕТ"]).unwrap();
        for (body, expected) in [
            ("YES", Answer::Coming),
            ("ｙｅｓ", Answer::Coming),
            ("yes!", Answer::Coming),
            ("In  FÜNF\nminuten.", Answer::Later),
            ("нет", Answer::Leaving),
        ] {
            assert_eq!(words.answer(body), Some(expected), "{body:?}");
        }
        assert_eq!(words.answer("1"), None);
    }

    #[test]
    fn a_word_that_stops_texts_is_no_answer_and_cannot_be_made_one() {
        // As if somebody had written it into the table.
        let words = ReplyWords {
            leaving: "Cancel".to_owned(),
            ..ReplyWords::default()
        };
        assert_eq!(words.answer("cancel"), None);
        for stop in ["STOP", "Cancel", "ｅｎｄ", "quit.", "OptOut"] {
            let refusal = parse(["1", "2", stop]).unwrap_err();
            assert_eq!(refusal.field.unwrap(), at("leaving"), "{stop}");
        }
    }

    #[test]
    fn reply_words_are_three_short_words_that_differ() {
        for (words, field) in [
            (["", "2", "3"], "coming"),
            (["...", "2", "3"], "coming"),
            (["1", "👍", "3"], "later"),
            (["1", "1.", "3"], "later"),
            (["1", "2", "１"], "leaving"),
            (["ja", "nein", "JA"], "leaving"),
            (["1", "2", "twenty-one characters"], "leaving"),
            (["1\u{202e}2", "2", "3"], "coming"),
        ] {
            let refusal = parse(words).unwrap_err();
            assert_eq!(refusal.field.unwrap(), at(field), "{words:?}");
        }
        let words = parse([" 1 ", "2", "twenty characters ok"]).unwrap();
        assert_eq!(words.coming, "1");
    }

    #[test]
    fn only_a_text_of_that_one_word_is_a_keyword() {
        for stop in [
            "STOP",
            "stop",
            " Stop.",
            "ｓｔｏｐ",
            "StopAll",
            "UNSUBSCRIBE",
            "end",
            "Quit!",
            "revoke",
        ] {
            assert_eq!(Keyword::of(stop), Some(Keyword::Stop), "{stop}");
        }
        for start in ["start", "UNSTOP", "Yes"] {
            assert_eq!(Keyword::of(start), Some(Keyword::Start), "{start}");
        }
        for neither in ["", "stop please", "please stop", "1", "nonstop", "yess"] {
            assert_eq!(Keyword::of(neither), None, "{neither}");
        }
    }
}
