//! What a person enters: names, answers, reasons. Cleaned of what only confuses, refused when it is
//! too long or nothing is left.

use super::limits::{ANSWER_CHARACTERS, ENTRY_FIELDS, NAME_CHARACTERS, REASON_CHARACTERS};
use super::refusal::Refusal;
use super::secret::never_printed;

/// A caller's name as entered.
#[derive(Clone, PartialEq, Eq)]
pub struct Name(String);
never_printed!(Name, "Name(…)");

impl Name {
    /// Reads a name.
    ///
    /// # Errors
    /// Refused when nothing readable is left, when it is longer than [`NAME_CHARACTERS`], or when
    /// it holds characters that control the display rather than show something.
    pub fn parse(typed: &str, field: &str) -> Result<Self, Refusal> {
        let name = clean(typed, NAME_CHARACTERS, field)?;
        if name.is_empty() {
            return Err(Refusal::invalid(
                field,
                "Enter your name, so that staff know who is waiting.",
            ));
        }
        Ok(Self(name))
    }

    /// Takes a name that was stored.
    #[must_use]
    pub fn from_stored(name: String) -> Self {
        Self(name)
    }

    /// The name itself, for a caller's own screen and the clinic's staff.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

/// Why staff cancelled or a caller left, in their own words.
#[derive(Clone, PartialEq, Eq)]
pub struct Reason(pub String);
never_printed!(Reason, "Reason(…)");

impl Reason {
    /// Reads an optional reason; blank is none.
    ///
    /// # Errors
    /// Refused when it is too long or holds control characters.
    pub fn parse(typed: Option<&str>, field: &str) -> Result<Option<Self>, Refusal> {
        let Some(typed) = typed else { return Ok(None) };
        let reason = clean(typed, REASON_CHARACTERS, field)?;
        Ok((!reason.is_empty()).then_some(Self(reason)))
    }
}

/// Something a clinic asks on arrival besides name and phone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EntryField {
    /// What answers name it by: unique within the clinic, and never shown to callers.
    pub key: String,
    /// The question as callers read it.
    pub label: String,
    /// Whether nobody comes in without an answer.
    pub is_required: bool,
}

/// Longest key and label of an entry field, in characters.
const KEY_CHARACTERS: usize = 40;
const LABEL_CHARACTERS: usize = 120;

/// What a caller answered to an entry field; the label is kept as it was asked.
#[derive(Clone, PartialEq, Eq)]
pub struct Answer {
    /// The key of the field, which the clinic may no longer ask for.
    pub key: String,
    /// The question as it read when it was answered.
    pub label: String,
    /// As entered, cleaned; never empty.
    pub value: String,
}
never_printed!(Answer, "Answer(…)");

/// Reads the entry fields a clinic admin configured.
///
/// # Errors
/// Refused at the field that is wrong: a key that is no key or used twice, an empty label, too
/// many.
pub fn parse_entry_fields(given: Vec<EntryField>) -> Result<Vec<EntryField>, Refusal> {
    if given.len() > ENTRY_FIELDS {
        let message =
            format!("A clinic may ask at most {ENTRY_FIELDS} things besides name and phone.");
        return Err(Refusal::invalid("entryFields", message));
    }
    let mut fields: Vec<EntryField> = Vec::with_capacity(given.len());
    for (place, field) in given.into_iter().enumerate() {
        let path = format!("entryFields.{place}.key");
        let is_key = (1..=KEY_CHARACTERS).contains(&field.key.len())
            && field
                .key
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_');
        if !is_key {
            let message = "A key is 1 to 40 of the lower-case letters, digits and _.";
            return Err(Refusal::invalid(&path, message));
        }
        if fields.iter().any(|other| other.key == field.key) {
            return Err(Refusal::invalid(
                &path,
                "Another field has this key already.",
            ));
        }
        let path = format!("entryFields.{place}.label");
        let label = clean(&field.label, LABEL_CHARACTERS, &path)?;
        if label.is_empty() {
            return Err(Refusal::invalid(&path, "Say what is asked for."));
        }
        fields.push(EntryField { label, ..field });
    }
    Ok(fields)
}

/// Reads what a caller answered to a clinic's fields; every required one must be there.
///
/// # Errors
/// Refused at the answer that is wrong.
pub fn parse_answers(
    fields: &[EntryField],
    given: &[(String, String)],
) -> Result<Vec<Answer>, Refusal> {
    for (place, (key, _)) in given.iter().enumerate() {
        let is_known = fields.iter().any(|field| field.key == *key);
        let is_twice = given[..place].iter().any(|(other, _)| other == key);
        if !is_known || is_twice {
            let message = "This clinic does not ask this, or it is answered twice.";
            return Err(Refusal::invalid(&format!("answers.{place}.key"), message));
        }
    }
    let mut answers = Vec::new();
    for field in fields {
        let answer = given
            .iter()
            .enumerate()
            .find(|(_, (key, _))| *key == field.key);
        let path = match answer {
            Some((place, _)) => format!("answers.{place}.value"),
            None => "answers".to_owned(),
        };
        let value = clean(
            answer.map_or("", |(_, (_, value))| value),
            ANSWER_CHARACTERS,
            &path,
        )?;
        if value.is_empty() {
            if field.is_required {
                return Err(Refusal::invalid(
                    &path,
                    format!("“{}” needs an answer.", field.label),
                ));
            }
            continue;
        }
        answers.push(Answer {
            key: field.key.clone(),
            label: field.label.clone(),
            value,
        });
    }
    Ok(answers)
}

/// Text as entered, trimmed, with every run of white space as one space; empty when nothing of it
/// could be seen.
///
/// # Errors
/// Refused when longer than `limit` characters, or holding control or invisible formatting
/// characters: these could reorder or hide what staff read.
pub fn clean(typed: &str, limit: usize, field: &str) -> Result<String, Refusal> {
    // Bytes first, so that a huge text is not walked through.
    if typed.len() > limit * 4 || typed.chars().count() > limit {
        return Err(Refusal::invalid(
            field,
            format!("This is too long: at most {limit} characters."),
        ));
    }
    // Marks around the text come along when it is copied from elsewhere, and change nothing inside.
    let around = |character: char| character.is_whitespace() || is_mark(character);
    let typed = typed.trim_matches(around);
    if typed.chars().any(controls_the_display) {
        let message =
            "This holds invisible characters that cannot be taken. Type it again by hand.";
        return Err(Refusal::invalid(field, message));
    }
    if !typed.chars().any(shows_something) {
        return Ok(String::new());
    }
    Ok(typed.split_whitespace().collect::<Vec<_>>().join(" "))
}

/// Whether a character leaves a mark of its own: a name of joiners and blanks alone would be a row
/// without a name in the list that staff read.
fn shows_something(character: char) -> bool {
    !character.is_whitespace()
        && !matches!(character,
            '\u{34f}' | '\u{115f}' | '\u{1160}' | '\u{180b}'..='\u{180f}' | '\u{200c}' | '\u{200d}'
            | '\u{2800}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{ffa0}')
}

/// What is seen of a text when it is read quickly: without the characters that show nothing of their own, and
/// without a difference of case. Two that are equal here look the same in a list.
pub(super) fn at_a_glance(text: &str) -> String {
    text.chars()
        .filter(|character| character.is_whitespace() || shows_something(*character))
        .filter(|character| !matches!(character, '\u{e0100}'..='\u{e01ef}'))
        // Some letters have two small forms, and some two capital ones.
        .flat_map(char::to_uppercase)
        .flat_map(char::to_lowercase)
        .collect()
}

/// Marks of direction and the like that show nothing themselves.
pub(super) fn is_mark(character: char) -> bool {
    matches!(
        character,
        '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{61c}' | '\u{feff}'
    )
}

/// Control characters, and the formatting characters of Unicode (category Cf and relatives) that
/// reorder, hide or tag text. Joiners stay: names in Persian and several Indian scripts need them.
pub(super) fn controls_the_display(character: char) -> bool {
    if character.is_whitespace() && !matches!(character, '\u{85}' | '\u{2028}' | '\u{2029}') {
        return false;
    }
    character.is_control()
        || matches!(character,
            '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}' | '\u{200e}' | '\u{200f}'
            | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}'
            | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e00ff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_kept_as_it_is_written_save_for_white_space() {
        for (typed, kept) in [
            ("  Zoë  van\tder Berg ", "Zoë van der Berg"),
            ("محمد\u{200c}رضا", "محمد\u{200c}رضا"),
            ("\u{200f}نور\u{200f}", "نور"),
            ("李小龙", "李小龙"),
            // A variant of a character, as Japanese family registers tell them apart.
            ("葛\u{e0100}城", "葛\u{e0100}城"),
            ("O’Brien-Ñandú", "O’Brien-Ñandú"),
        ] {
            assert_eq!(Name::parse(typed, "name").unwrap().reveal(), kept);
        }
    }

    #[test]
    fn an_empty_an_endless_and_an_invisible_name_are_refused_at_the_field() {
        let endless = "a".repeat(10_000);
        for typed in [
            "",
            " \t\n",
            &endless,
            "a\0b",
            "a\u{202e}b",
            "\u{200b}",
            "a\u{7}",
            "x\u{feff}x",
        ] {
            let refusal = Name::parse(typed, "name").unwrap_err();
            assert_eq!(refusal.field, Some(vec!["name".to_owned()]));
        }
    }

    #[test]
    fn a_name_of_which_nothing_can_be_seen_is_no_name() {
        for typed in [
            "\u{200d}",
            "\u{200c} \u{fe0f}",
            "\u{3164}",
            "\u{2800}\u{2800}",
            "\u{3000}",
        ] {
            assert!(Name::parse(typed, "name").is_err(), "{typed:?}");
        }
    }

    #[test]
    fn a_required_answer_that_is_missing_is_named_by_its_label() {
        let fields = [EntryField {
            key: "dob".into(),
            label: "Date of birth".into(),
            is_required: true,
        }];
        let refusal = parse_answers(&fields, &[]).unwrap_err();
        assert!(refusal.message.contains("Date of birth"));
        let blank = [("dob".to_owned(), "  ".to_owned())];
        let refusal = parse_answers(&fields, &blank).unwrap_err();
        assert_eq!(refusal.field.unwrap().join("."), "answers.0.value");
    }

    #[test]
    fn an_answer_to_what_is_not_asked_is_refused() {
        let given = [("other".to_owned(), "x".to_owned())];
        assert_eq!(
            parse_answers(&[], &given)
                .unwrap_err()
                .field
                .unwrap()
                .join("."),
            "answers.0.key"
        );
    }

    #[test]
    fn two_entry_fields_with_one_key_are_refused() {
        let field = EntryField {
            key: "dob".into(),
            label: "Date of birth".into(),
            is_required: true,
        };
        let refusal = parse_entry_fields(vec![field.clone(), field]).unwrap_err();
        assert_eq!(refusal.field.unwrap().join("."), "entryFields.1.key");
    }
}
