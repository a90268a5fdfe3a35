//! A text with places for values, and putting them there.

use crate::language::{Direction, Language, Plural};

/// A piece of a text.
#[derive(Clone, Copy)]
pub(super) enum Part {
    /// As it stands.
    Text(&'static str),
    /// The value at this position.
    Value(usize),
    /// By the count at this position; the last is for all forms that are not named.
    Plural(usize, &'static [(Plural, &'static [Part])]),
}

/// What is put into a text.
#[derive(Clone, Copy)]
pub(super) enum Value<'a> {
    /// A number that is counted with. All our languages are written with the same ten digits in
    /// Australian clinics, Arabic too: the codes in text messages are.
    Count(u32),
    /// Words in the language of the text.
    Phrase(&'a str),
    /// What somebody typed, in whatever language.
    Text(&'a str),
    /// A phone number or a part of one.
    Digits(&'a str),
}

/// The text of `parts` with the values in their places.
pub(super) fn filled(language: Language, parts: &[Part], values: &[Value]) -> String {
    let mut text = String::new();
    fill(&mut text, language, parts, values);
    text
}

fn fill(text: &mut String, language: Language, parts: &[Part], values: &[Value]) {
    for part in parts {
        match *part {
            Part::Text(words) => text.push_str(words),
            Part::Value(position) => match values.get(position) {
                Some(Value::Count(count)) => text.push_str(&count.to_string()),
                Some(Value::Phrase(words)) => text.push_str(words),
                Some(Value::Text(typed)) => push_typed(text, language, typed),
                Some(Value::Digits(digits)) => push_digits(text, language, digits),
                None => {}
            },
            Part::Plural(position, forms) => {
                let Some(Value::Count(count)) = values.get(position) else {
                    continue;
                };
                let wanted = language.plural(*count);
                let form = forms.iter().find(|(form, _)| *form == wanted);
                if let Some((_, parts)) = form.or(forms.last()) {
                    fill(text, language, parts, values);
                }
            }
        }
    }
}

/// Begins a part whose direction is that of its first letter, and which turns nothing around outside.
const FIRST_STRONG_ISOLATE: char = '\u{2068}';
/// Begins a part from left to right.
const LEFT_TO_RIGHT_ISOLATE: char = '\u{2066}';
/// Ends either.
const POP_ISOLATE: char = '\u{2069}';

/// Isolated wherever it could run against the text around it.
fn push_typed(text: &mut String, language: Language, typed: &str) {
    let is_as_around = language.direction() == Direction::LeftToRight
        && !typed
            .chars()
            .any(|letter| runs_right_to_left(letter) || turns_around(letter));
    if is_as_around {
        text.push_str(typed);
        return;
    }
    text.push(FIRST_STRONG_ISOLATE);
    // One of these could end the part early, or leave another open.
    text.extend(typed.chars().filter(|letter| !turns_around(*letter)));
    text.push(POP_ISOLATE);
}

fn push_digits(text: &mut String, language: Language, digits: &str) {
    if language.direction() == Direction::LeftToRight {
        text.push_str(digits);
        return;
    }
    text.push(LEFT_TO_RIGHT_ISOLATE);
    text.push_str(digits);
    text.push(POP_ISOLATE);
}

/// Whether a letter is of a script that runs from right to left: the blocks that Unicode sets aside.
fn runs_right_to_left(letter: char) -> bool {
    matches!(letter,
        '\u{590}'..='\u{8ff}'
        | '\u{fb1d}'..='\u{fdff}'
        | '\u{fe70}'..='\u{feff}'
        | '\u{10800}'..='\u{10fff}'
        | '\u{1e800}'..='\u{1efff}')
}

/// Whether a character controls the direction of others.
fn turns_around(letter: char) -> bool {
    matches!(letter,
        '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    const GREETING: [Part; 2] = [Part::Text("Hello "), Part::Value(0)];

    fn greeting(language: Language, value: Value) -> String {
        filled(language, &GREETING, &[value])
    }

    #[test]
    fn a_name_of_the_other_direction_is_isolated() {
        let in_english = |name| greeting(Language::English, Value::Text(name));
        assert_eq!(in_english("Sam"), "Hello Sam");
        assert_eq!(in_english("阮文安"), "Hello 阮文安");
        assert_eq!(in_english("سامي"), "Hello \u{2068}سامي\u{2069}");
        assert_eq!(
            greeting(Language::Arabic, Value::Text("Sam")),
            "Hello \u{2068}Sam\u{2069}"
        );
    }

    #[test]
    fn a_name_cannot_turn_around_what_follows_it() {
        let name = "Sam\u{2069}\u{202e}x";
        for language in [Language::English, Language::Arabic] {
            let greeting = greeting(language, Value::Text(name));
            assert_eq!(greeting, "Hello \u{2068}Samx\u{2069}");
        }
    }

    #[test]
    fn digits_run_from_left_to_right_everywhere() {
        let digits = |language| greeting(language, Value::Digits("0491 570 156"));
        assert_eq!(digits(Language::Greek), "Hello 0491 570 156");
        assert_eq!(
            digits(Language::Arabic),
            "Hello \u{2066}0491 570 156\u{2069}"
        );
    }

    #[test]
    fn the_form_is_that_of_the_number_and_the_last_where_there_is_none() {
        let forms: &[(Plural, &[Part])] = &[
            (Plural::Two, &[Part::Text("both")]),
            (Plural::Other, &[Part::Value(0), Part::Text(" of them")]),
        ];
        let parts = |forms| [Part::Plural(0, forms)];
        let text = |language, count| filled(language, &parts(forms), &[Value::Count(count)]);
        assert_eq!(text(Language::Arabic, 2), "both");
        assert_eq!(text(Language::Arabic, 7), "7 of them");
        assert_eq!(text(Language::English, 2), "2 of them");
    }
}
