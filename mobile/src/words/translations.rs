//! Reads the texts in `languages/` and writes a Rust function for each, which takes the language and
//! the values. Whatever a translation lacks stops the build and is named: nothing can be shown that is
//! missing, empty, without a form that its language needs, or left in English.
//!
//! The build script compiles this file; the tests of the app do, too.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use fluent_syntax::ast::{
    Entry, Expression, InlineExpression, Pattern, PatternElement, VariantKey,
};
use fluent_syntax::unicode::unescape_unicode_to_string;

use crate::language::{Language, Plural};

/// Words that stand in every language as they are: what one types into a text message, and names.
const THE_SAME_EVERYWHERE: [&str; 2] = ["START", "SMS"];

/// What a value is, as the comment above the English text has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Count,
    Phrase,
    Text,
    Digits,
}

impl Kind {
    fn named(name: &str) -> Option<Kind> {
        match name {
            "count" => Some(Kind::Count),
            "phrase" => Some(Kind::Phrase),
            "text" => Some(Kind::Text),
            "digits" => Some(Kind::Digits),
            _ => None,
        }
    }

    fn rust_type(self) -> &'static str {
        match self {
            Kind::Count => "u32",
            Kind::Phrase | Kind::Text | Kind::Digits => "&str",
        }
    }
}

/// A piece of a text as it stands in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    Text(String),
    Value(String),
    Plural(String, BTreeMap<Plural, Vec<Piece>>),
}

#[derive(Debug)]
struct Text {
    pieces: Vec<Piece>,
    comment: Vec<String>,
}

type Texts = BTreeMap<String, Text>;

/// The Rust source of all texts, or what is wrong with them.
///
/// # Errors
/// One line for each fault.
pub(crate) fn rust_source(files: &[(Language, String)]) -> Result<String, Vec<String>> {
    let mut faults = Vec::new();
    let read: BTreeMap<Language, Texts> = files
        .iter()
        .map(|(language, file)| (*language, read(*language, file, &mut faults)))
        .collect();
    for language in Language::ALL {
        if !read.contains_key(&language) {
            faults.push(format!("{}: the file is missing", file_name(language)));
        }
    }
    let empty = Texts::new();
    let english = read.get(&Language::English).unwrap_or(&empty);
    let kinds = kinds_of(english, &mut faults);
    for (language, texts) in &read {
        compare(*language, texts, english, &kinds, &mut faults);
    }
    if faults.is_empty() {
        Ok(written(&read, english, &kinds))
    } else {
        Err(faults)
    }
}

/// Where the texts of a language are.
pub(crate) fn file_name(language: Language) -> String {
    format!("{}.ftl", language.code())
}

// Reading

fn read(language: Language, file: &str, faults: &mut Vec<String>) -> Texts {
    let name = file_name(language);
    let resource = match fluent_syntax::parser::parse(file) {
        Ok(resource) => resource,
        Err((resource, errors)) => {
            for error in errors {
                let line = file
                    .get(..error.pos.start)
                    .unwrap_or(file)
                    .matches('\n')
                    .count()
                    + 1;
                faults.push(format!("{name}, line {line}: {}", error.kind));
            }
            resource
        }
    };
    let mut texts = Texts::new();
    for entry in resource.body {
        let message = match entry {
            Entry::Message(message) => message,
            Entry::Term(term) => {
                faults.push(format!(
                    "{name}: -{}: terms are not used here",
                    term.id.name
                ));
                continue;
            }
            Entry::Comment(_)
            | Entry::GroupComment(_)
            | Entry::ResourceComment(_)
            | Entry::Junk { .. } => continue,
        };
        let key = message.id.name;
        let mut fault = |what: String| faults.push(format!("{name}: {key}: {what}"));
        if !message.attributes.is_empty() {
            fault("attributes are not used here".to_owned());
        }
        let pieces = message
            .value
            .as_ref()
            .map(|value| pieces_of(value, &mut fault));
        let comment = message
            .comment
            .map(|comment| comment.content)
            .unwrap_or_default();
        let text = Text {
            pieces: pieces.unwrap_or_default(),
            comment: comment.into_iter().map(str::to_owned).collect(),
        };
        if !says_something(&text.pieces) {
            fault("there is no text".to_owned());
        }
        if texts.insert(key.to_owned(), text).is_some() {
            fault("it stands there twice".to_owned());
        }
    }
    texts
}

fn pieces_of(pattern: &Pattern<&str>, fault: &mut impl FnMut(String)) -> Vec<Piece> {
    let mut pieces = Vec::new();
    for element in &pattern.elements {
        let piece = match element {
            PatternElement::TextElement { value } => Piece::Text((*value).to_owned()),
            PatternElement::Placeable { expression } => match expression {
                Expression::Inline(InlineExpression::VariableReference { id }) => {
                    Piece::Value(id.name.to_owned())
                }
                Expression::Inline(InlineExpression::StringLiteral { value }) => {
                    Piece::Text(unescape_unicode_to_string(value).into_owned())
                }
                Expression::Select {
                    selector: InlineExpression::VariableReference { id },
                    variants,
                } => {
                    let mut forms = BTreeMap::new();
                    for variant in variants {
                        let form = match &variant.key {
                            VariantKey::Identifier { name } => form_named(name),
                            VariantKey::NumberLiteral { .. } => None,
                        };
                        let Some(form) = form else {
                            fault(format!("${} has a form that is no plural form", id.name));
                            continue;
                        };
                        if variant.default != (form == Plural::Other) {
                            fault(format!("*[other] is what ${} falls back to", id.name));
                        }
                        let pieces = pieces_of(&variant.value, fault);
                        if forms.insert(form, pieces).is_some() {
                            fault(format!("${} has [{}] twice", id.name, form.keyword()));
                        }
                    }
                    Piece::Plural(id.name.to_owned(), forms)
                }
                _ => {
                    fault("only values, \"letters\" and plurals are put into a text".to_owned());
                    continue;
                }
            },
        };
        if let Piece::Text(text) = &piece
            && text.contains('\n')
        {
            fault("a text stands on one line".to_owned());
        }
        match (pieces.last_mut(), piece) {
            (Some(Piece::Text(before)), Piece::Text(text)) => before.push_str(&text),
            (_, piece) => pieces.push(piece),
        }
    }
    pieces
}

fn form_named(name: &str) -> Option<Plural> {
    Plural::ALL.into_iter().find(|form| form.keyword() == name)
}

/// Whether there is something to read, in each of its forms. Space alone is nothing.
fn says_something(pieces: &[Piece]) -> bool {
    let forms_say = pieces.iter().all(|piece| match piece {
        Piece::Plural(_, forms) => forms.values().all(|form| says_something(form)),
        _ => true,
    });
    let is_seen = pieces.iter().any(|piece| match piece {
        Piece::Text(text) => !text.trim().is_empty(),
        Piece::Value(_) | Piece::Plural(..) => true,
    });
    forms_say && is_seen
}

/// What the comment above each English text says of its values: `$number (count): the place.`
fn kinds_of(english: &Texts, faults: &mut Vec<String>) -> BTreeMap<String, BTreeMap<String, Kind>> {
    let name = file_name(Language::English);
    let mut kinds = BTreeMap::new();
    for (key, text) in english {
        let mut of_text = BTreeMap::new();
        for line in &text.comment {
            let Some((value, rest)) = line
                .strip_prefix('$')
                .and_then(|rest| rest.split_once(" ("))
            else {
                continue;
            };
            match rest
                .split_once("):")
                .and_then(|(kind, _)| Kind::named(kind))
            {
                Some(kind) => {
                    of_text.insert(value.to_owned(), kind);
                }
                None => faults.push(format!("{name}: {key}: ${value} is of no kind")),
            }
        }
        for value in values_in(&text.pieces) {
            if !of_text.contains_key(&value) {
                faults.push(format!("{name}: {key}: no comment describes ${value}"));
            }
        }
        kinds.insert(key.clone(), of_text);
    }
    kinds
}

fn values_in(pieces: &[Piece]) -> BTreeSet<String> {
    let mut values = BTreeSet::new();
    for piece in pieces {
        match piece {
            Piece::Text(_) => {}
            Piece::Value(value) => {
                values.insert(value.clone());
            }
            Piece::Plural(value, forms) => {
                values.insert(value.clone());
                values.extend(forms.values().flat_map(|form| values_in(form)));
            }
        }
    }
    values
}

// Comparing

/// What a file lacks or has too much.
fn compare(
    language: Language,
    texts: &Texts,
    english: &Texts,
    kinds: &BTreeMap<String, BTreeMap<String, Kind>>,
    faults: &mut Vec<String>,
) {
    let name = file_name(language);
    for key in english.keys().filter(|key| !texts.contains_key(*key)) {
        faults.push(format!("{name}: {key} is missing"));
    }
    for (key, text) in texts {
        let mut fault = |what: String| faults.push(format!("{name}: {key}: {what}"));
        let (Some(of_english), Some(kinds)) = (english.get(key), kinds.get(key)) else {
            fault("English has no such text".to_owned());
            continue;
        };
        let used = values_in(&text.pieces);
        for value in kinds.keys().filter(|value| !used.contains(*value)) {
            fault(format!("${value} is not in it"));
        }
        for value in used.iter().filter(|value| !kinds.contains_key(*value)) {
            fault(format!("English has no ${value}"));
        }
        check_forms(language, &text.pieces, kinds, &mut fault);
        if language != Language::English && is_left_in_english(language, text, of_english) {
            fault("it is left in English".to_owned());
        }
    }
}

/// Every form that the language needs, and none that is never shown.
fn check_forms(
    language: Language,
    pieces: &[Piece],
    kinds: &BTreeMap<String, Kind>,
    fault: &mut impl FnMut(String),
) {
    let needed: BTreeSet<Plural> = (0..=1_000).map(|count| language.plural(count)).collect();
    for piece in pieces {
        let Piece::Plural(value, forms) = piece else {
            continue;
        };
        if kinds.get(value).is_some_and(|kind| *kind != Kind::Count) {
            fault(format!("${value} is not counted with"));
        }
        for form in &needed {
            if !forms.contains_key(form) {
                fault(format!("${value} has no form [{}]", form.keyword()));
            }
        }
        for form in forms.keys().filter(|form| !needed.contains(form)) {
            fault(format!("${value} never has the form [{}]", form.keyword()));
        }
        for form in forms.values() {
            check_forms(language, form, kinds, fault);
        }
    }
}

/// Whether a translation is what it should be of, or has words of it.
fn is_left_in_english(language: Language, text: &Text, of_english: &Text) -> bool {
    let words = words_in(&text.pieces);
    if language == Language::Vietnamese {
        // In the same letters: only a text as a whole tells.
        let english = words_in(&of_english.pieces);
        return !words.is_empty() && words == english;
    }
    words.iter().any(|word| {
        word.chars().any(|letter| letter.is_ascii_alphabetic())
            && !THE_SAME_EVERYWHERE.contains(&word.as_str())
    })
}

fn words_in(pieces: &[Piece]) -> Vec<String> {
    let mut words = Vec::new();
    for piece in pieces {
        match piece {
            Piece::Text(text) => {
                let of_text = text.split(|letter: char| !letter.is_alphabetic());
                words.extend(of_text.filter(|word| !word.is_empty()).map(str::to_owned));
            }
            Piece::Value(_) => {}
            Piece::Plural(_, forms) => {
                words.extend(forms.values().flat_map(|form| words_in(form)));
            }
        }
    }
    words
}

// Writing

fn written(
    read: &BTreeMap<Language, Texts>,
    english: &Texts,
    kinds: &BTreeMap<String, BTreeMap<String, Kind>>,
) -> String {
    let mut source =
        String::from("// Written by the build script from the files in `languages/`.\n");
    for (key, text) in english {
        let values = kinds.get(key).into_iter().flatten();
        let values: Vec<(&str, Kind)> = values.map(|(name, kind)| (name.as_str(), *kind)).collect();
        let function = key.replace('-', "_");
        let in_each = read
            .iter()
            .filter_map(|(language, texts)| Some((*language, &texts.get(key)?.pieces)));
        // What it says, where the code is read and not the files.
        let _ = write!(source, "\n/// {}\n", said(&text.pieces));
        if values.is_empty() {
            let _ = writeln!(
                source,
                "pub(crate) fn {function}(language: Language) -> &'static str {{\n    match language {{"
            );
            for (language, pieces) in in_each {
                let _ = writeln!(
                    source,
                    "        Language::{language:?} => {:?},",
                    plain(pieces)
                );
            }
            source.push_str("    }\n}\n");
            continue;
        }
        let _ = write!(source, "pub(crate) fn {function}(language: Language");
        for (name, kind) in &values {
            let _ = write!(source, ", {}: {}", name.replace('-', "_"), kind.rust_type());
        }
        source.push_str(") -> String {\n    let parts: &[Part] = match language {\n");
        for (language, pieces) in in_each {
            let _ = writeln!(
                source,
                "        Language::{language:?} => {},",
                parts(pieces, &values)
            );
        }
        source.push_str("    };\n    filled(language, parts, &[");
        for (name, kind) in &values {
            let _ = write!(source, "Value::{kind:?}({}), ", name.replace('-', "_"));
        }
        source.push_str("])\n}\n");
    }
    source
}

fn plain(pieces: &[Piece]) -> String {
    pieces
        .iter()
        .filter_map(|piece| match piece {
            Piece::Text(text) => Some(text.as_str()),
            Piece::Value(_) | Piece::Plural(..) => None,
        })
        .collect()
}

fn said(pieces: &[Piece]) -> String {
    pieces
        .iter()
        .map(|piece| match piece {
            Piece::Text(text) => text.replace('\u{a0}', " "),
            Piece::Value(value) => format!("`{value}`"),
            Piece::Plural(_, forms) => forms
                .get(&Plural::Other)
                .map_or(String::new(), |form| said(form)),
        })
        .collect()
}

fn parts(pieces: &[Piece], values: &[(&str, Kind)]) -> String {
    let position = |value: &str| {
        values
            .iter()
            .position(|(name, _)| *name == value)
            .unwrap_or(0)
    };
    let parts = pieces.iter().map(|piece| match piece {
        Piece::Text(text) => format!("Part::Text({text:?})"),
        Piece::Value(value) => format!("Part::Value({})", position(value)),
        Piece::Plural(value, forms) => {
            let forms = forms
                .iter()
                .map(|(form, pieces)| format!("(Plural::{form:?}, {})", parts(pieces, values)));
            let forms = forms.collect::<Vec<_>>().join(", ");
            format!("Part::Plural({}, &[{forms}])", position(value))
        }
    });
    format!("&[{}]", parts.collect::<Vec<_>>().join(", "))
}

#[cfg(test)]
mod tests {
    #![allow(
        clippy::unwrap_used,
        reason = "a test that finds something else must fail"
    )]

    use super::*;

    const ENGLISH: &str = "# $count (count): how many.\n\
        ahead = { $count ->\n    [one] 1 person is ahead.\n   *[other] { $count } people are ahead.\n}\n\
        waiting = You are waiting\n";
    const TWO_FORMS: &str = "ahead = { $count ->\n    [one] Ένα.\n   *[other] { $count } άτομα.\n}\nwaiting = Περιμένετε\n";
    const ONE_FORM: &str = "ahead = 前面有 { $count } 人\nwaiting = 候诊中\n";
    const SIX_FORMS: &str = "ahead = { $count ->\n [zero] لا أحد\n [one] واحد\n [two] اثنان\n \
        [few] { $count } أشخاص\n [many] { $count } شخصا\n*[other] { $count } شخص\n}\nwaiting = انتظار\n";
    const VIETNAMESE: &str = "ahead = Có { $count } người.\nwaiting = Đang chờ\n";

    /// All languages as they should be, but for this one.
    fn with(language: Language, file: &str) -> Result<String, Vec<String>> {
        let files = Language::ALL.map(|each| {
            let right = match each {
                Language::English => ENGLISH,
                Language::Chinese => ONE_FORM,
                Language::Arabic => SIX_FORMS,
                Language::Vietnamese => VIETNAMESE,
                Language::Greek => TWO_FORMS,
            };
            let file = if each == language { file } else { right };
            (each, file.to_owned())
        });
        rust_source(&files)
    }

    fn fault(language: Language, file: &str) -> String {
        let faults = with(language, file).unwrap_err();
        assert_eq!(faults.len(), 1, "{faults:?}");
        faults.into_iter().next().unwrap()
    }

    #[test]
    fn every_text_becomes_a_function_of_the_language_and_its_values() {
        let source = with(Language::English, ENGLISH).unwrap();
        assert!(source.contains("pub(crate) fn ahead(language: Language, count: u32) -> String"));
        assert!(source.contains("pub(crate) fn waiting(language: Language) -> &'static str"));
        assert!(source.contains("Language::Chinese => \"候诊中\""));
        assert!(source.contains("(Plural::Zero, &[Part::Text(\"لا أحد\")])"));
    }

    #[test]
    fn a_text_that_is_missing_or_too_many_stops_the_build() {
        let without = TWO_FORMS.replace("waiting = Περιμένετε\n", "");
        assert_eq!(
            fault(Language::Greek, &without),
            "el.ftl: waiting is missing"
        );
        let more = format!("{TWO_FORMS}more = Ακόμη\n");
        assert_eq!(
            fault(Language::Greek, &more),
            "el.ftl: more: English has no such text"
        );
        let twice = format!("{TWO_FORMS}waiting = Ακόμη\n");
        assert!(fault(Language::Greek, &twice).contains("twice"));
    }

    #[test]
    fn a_value_that_is_missing_or_not_known_stops_the_build() {
        let without = ONE_FORM.replace("{ $count }", "几");
        assert_eq!(
            fault(Language::Chinese, &without),
            "zh-Hans.ftl: ahead: $count is not in it"
        );
        let other = ONE_FORM.replace("候诊中", "{ $name }候诊中");
        assert_eq!(
            fault(Language::Chinese, &other),
            "zh-Hans.ftl: waiting: English has no $name"
        );
        let undescribed = ENGLISH.replace("# $count (count): how many.\n", "");
        let faults = with(Language::English, &undescribed).unwrap_err();
        assert!(faults.contains(&"en.ftl: ahead: no comment describes $count".to_owned()));
    }

    #[test]
    fn every_form_that_a_language_needs_is_asked_for_and_no_other() {
        let without = SIX_FORMS.replace("[two] اثنان\n", "");
        assert_eq!(
            fault(Language::Arabic, &without),
            "ar.ftl: ahead: $count has no form [two]"
        );
        let few = TWO_FORMS.replace("   *[other]", "    [few] Λίγοι.\n   *[other]");
        assert_eq!(
            fault(Language::Greek, &few),
            "el.ftl: ahead: $count never has the form [few]"
        );
    }

    #[test]
    fn a_text_left_empty_or_in_english_stops_the_build() {
        let empty = TWO_FORMS.replace("Περιμένετε", "{ \"\" }");
        assert_eq!(
            fault(Language::Greek, &empty),
            "el.ftl: waiting: there is no text"
        );
        let english = TWO_FORMS.replace("Περιμένετε", "You are waiting");
        assert_eq!(
            fault(Language::Greek, &english),
            "el.ftl: waiting: it is left in English"
        );
        let english = VIETNAMESE.replace("Đang chờ", "You are waiting");
        assert!(fault(Language::Vietnamese, &english).contains("left in English"));
        let sent_as_it_is = TWO_FORMS.replace("Περιμένετε", "Στείλτε START");
        with(Language::Greek, &sent_as_it_is).unwrap();
    }

    #[test]
    fn what_cannot_be_read_is_told_with_its_line() {
        let faults = with(Language::Greek, &format!("{TWO_FORMS}!\n")).unwrap_err();
        assert!(
            faults
                .iter()
                .any(|fault| fault.starts_with("el.ftl, line 6")),
            "{faults:?}"
        );
        let function = TWO_FORMS.replace("Περιμένετε", "{ DATETIME($count) }");
        let faults = with(Language::Greek, &function).unwrap_err();
        assert!(
            faults.iter().any(|fault| fault.contains("only values")),
            "{faults:?}"
        );
    }
}
