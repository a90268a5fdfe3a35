//! How long a text is to a phone network: in which alphabet it goes, and in how many segments. Each
//! segment is charged, and may arrive late or not at all.
//!
//! The alphabets are those of 3GPP TS 23.038 (6.2), the sizes of segments those of 3GPP TS 23.040
//! (9.2.3.24.1): 140 bytes, of which a text in several segments gives 6 of each to say which it is.

/// In which alphabet a text goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Encoding {
    /// The 7-bit default alphabet of GSM, with its extension table.
    Gsm7,
    /// 16 bits a character. One character that GSM 7-bit lacks puts the whole text into it.
    Ucs2,
}

/// A text as a phone network counts it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Length {
    /// The alphabet of the whole text.
    pub encoding: Encoding,
    /// Characters as segments count them: one from the extension table of GSM 7-bit is two, and so is
    /// one outside of the Basic Multilingual Plane (an emoji) in UCS-2.
    pub characters: usize,
    /// How many messages it goes as; 0 for an empty text.
    pub segments: usize,
}

impl Encoding {
    /// How many characters a text of one segment has at most.
    #[must_use]
    pub const fn alone(self) -> usize {
        match self {
            Self::Gsm7 => 160,
            Self::Ucs2 => 70,
        }
    }

    /// How many characters each segment has at most where there are several.
    #[must_use]
    pub const fn among_several(self) -> usize {
        match self {
            Self::Gsm7 => 153,
            Self::Ucs2 => 67,
        }
    }

    /// What fits into this many segments, in characters.
    #[must_use]
    pub const fn room(self, segments: usize) -> usize {
        match segments {
            0 | 1 => self.alone() * segments,
            _ => self.among_several() * segments,
        }
    }

    fn characters(self, character: char) -> usize {
        match self {
            Self::Gsm7 => 1 + usize::from(EXTENSION.contains(character)),
            Self::Ucs2 => character.len_utf16(),
        }
    }
}

/// Characters of the 7-bit default alphabet in the order of their codes, without the escape to the
/// extension table.
const DEFAULT: &str = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJ\
                       KLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà";
/// Characters of the extension table; each is sent as an escape and a code.
const EXTENSION: &str = "\u{c}^{}\\[~]|€";

/// Whether a character is in the GSM 7-bit alphabet or its extension table.
#[must_use]
pub fn is_gsm7(character: char) -> bool {
    DEFAULT.contains(character) || EXTENSION.contains(character)
}

/// Counts a text. Neither an escape and its code nor the two halves of a character outside of the Basic
/// Multilingual Plane are ever parted, so a segment may end one short.
#[must_use]
pub fn length(text: &str) -> Length {
    let encoding = if text.chars().all(is_gsm7) {
        Encoding::Gsm7
    } else {
        Encoding::Ucs2
    };
    let (mut characters, mut segments, mut filled) = (0, 0, 0);
    for character in text.chars() {
        let needed = encoding.characters(character);
        characters += needed;
        if segments == 0 || filled + needed > encoding.among_several() {
            segments += 1;
            filled = 0;
        }
        filled += needed;
    }
    if characters <= encoding.alone() {
        segments = segments.min(1);
    }
    Length {
        encoding,
        characters,
        segments,
    }
}

/// The characters of a text because of which it goes in UCS-2: each once, in the order they come in.
#[must_use]
pub fn beyond_gsm7(text: &str) -> Vec<char> {
    let mut beyond = Vec::new();
    for character in text.chars() {
        if !is_gsm7(character) && !beyond.contains(&character) {
            beyond.push(character);
        }
    }
    beyond
}

#[cfg(test)]
mod tests {
    use super::*;
    use Encoding::{Gsm7, Ucs2};
    use proptest::prelude::*;

    #[test]
    fn the_alphabet_has_every_code_but_the_escape_and_no_character_twice() {
        assert_eq!(DEFAULT.chars().count(), 127);
        assert_eq!(EXTENSION.chars().count(), 10);
        let both = DEFAULT.chars().chain(EXTENSION.chars());
        let distinct: std::collections::HashSet<char> = both.collect();
        assert_eq!(distinct.len(), 137);
        // Codes of TS 23.038, 6.2.1, below the escape (0x1B), and above it one less.
        for (character, code) in [
            ('@', 0x00),
            ('é', 0x05),
            ('Ç', 0x09),
            ('\n', 0x0a),
            ('\r', 0x0d),
            ('Ξ', 0x1a),
            ('Æ', 0x1c),
            (' ', 0x20),
            ('¤', 0x24),
            ('0', 0x30),
            ('A', 0x41),
            ('Z', 0x5a),
            ('§', 0x5f),
            ('a', 0x61),
            ('z', 0x7a),
            ('à', 0x7f),
        ] {
            let at = DEFAULT.chars().position(|one| one == character).unwrap();
            assert_eq!(at + usize::from(at >= 0x1b), code, "{character}");
        }
    }

    #[test]
    fn a_letter_with_an_accent_may_or_may_not_be_in_the_short_alphabet() {
        for inside in "éèùìòàäöüñÄÖÜÑÅåÆæØøßÉÇ£¥§¿¡¤ΔΩ_@€[]{}|~^\\\n\r\u{c}".chars()
        {
            assert!(is_gsm7(inside), "{inside}");
        }
        for outside in "çáíóúâêîôûëïÀÈ`’‘“”–—…•\t\u{a0}😀漢яאاα™°\u{301}".chars()
        {
            assert!(!is_gsm7(outside), "{outside}");
        }
    }

    #[test]
    fn a_text_is_counted_as_networks_count_it() {
        let of = |encoding, characters, segments| Length {
            encoding,
            characters,
            segments,
        };
        for (text, expected) in [
            (String::new(), of(Gsm7, 0, 0)),
            ("€".to_owned(), of(Gsm7, 2, 1)),
            ("é".repeat(160), of(Gsm7, 160, 1)),
            ("é".repeat(161), of(Gsm7, 161, 2)),
            ("a".repeat(306), of(Gsm7, 306, 2)),
            ("a".repeat(307), of(Gsm7, 307, 3)),
            ("€".repeat(80), of(Gsm7, 160, 1)),
            // 153 is odd: each full segment ends one short rather than part an escape from its code.
            ("€".repeat(152), of(Gsm7, 304, 2)),
            ("€".repeat(153), of(Gsm7, 306, 3)),
            ("ç".repeat(70), of(Ucs2, 70, 1)),
            ("ç".repeat(71), of(Ucs2, 71, 2)),
            ("ç".repeat(134), of(Ucs2, 134, 2)),
            ("ç".repeat(135), of(Ucs2, 135, 3)),
            ("😀".repeat(35), of(Ucs2, 70, 1)),
            // 67 is odd too.
            ("😀".repeat(66), of(Ucs2, 132, 2)),
            ("😀".repeat(67), of(Ucs2, 134, 3)),
            // In UCS-2 nothing is escaped.
            ("[€]’".to_owned(), of(Ucs2, 4, 1)),
            (format!("{}`", "a".repeat(70)), of(Ucs2, 71, 2)),
        ] {
            assert_eq!(length(&text), expected, "{text}");
        }
    }

    #[test]
    fn what_makes_a_text_long_is_named_once() {
        assert_eq!(beyond_gsm7("It’s “you”, isn’t it? é €"), ['’', '“', '”']);
        assert!(beyond_gsm7("plain").is_empty());
    }

    /// Parts a text by the words of the standard: as many characters as fit, one after the other.
    fn parted(text: &str, encoding: Encoding) -> Vec<Vec<u16>> {
        let mut segments: Vec<Vec<u16>> = Vec::new();
        for character in text.chars() {
            let units: Vec<u16> = match encoding {
                Ucs2 => character.encode_utf16(&mut [0; 2]).to_vec(),
                Gsm7 if EXTENSION.contains(character) => vec![0x1b, 0],
                Gsm7 => vec![1],
            };
            match segments.last_mut() {
                Some(last) if last.len() + units.len() <= encoding.among_several() => {
                    last.extend(units);
                }
                _ => segments.push(units),
            }
        }
        segments
    }

    proptest! {
        #[test]
        fn no_segment_is_too_long_or_parts_what_belongs_together(
            text in "[a-é€\\[\\]{}^]{0,400}|[ -~😀ç漢€]{0,220}|.{0,250}"
        ) {
            let length = length(&text);
            let segments = parted(&text, length.encoding);
            let units: usize = segments.iter().map(Vec::len).sum();
            prop_assert_eq!(length.characters, units);
            if units <= length.encoding.alone() {
                prop_assert_eq!(length.segments, usize::from(units > 0));
            } else {
                prop_assert_eq!(length.segments, segments.len());
                prop_assert!(units <= length.encoding.room(length.segments));
            }
            for segment in &segments {
                match length.encoding {
                    Gsm7 => prop_assert_ne!(segment.last(), Some(&0x1b)),
                    Ucs2 => prop_assert!(String::from_utf16(segment).is_ok()),
                }
            }
            prop_assert_eq!(length.encoding == Gsm7, beyond_gsm7(&text).is_empty());
        }

        #[test]
        fn a_longer_text_never_takes_fewer_segments(text in ".{0,200}", more in ".{0,20}") {
            let longer = format!("{text}{more}");
            prop_assert!(length(&longer).segments >= length(&text).segments);
        }
    }
}
