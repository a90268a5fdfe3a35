//! Letters as people type them who have no key for the accent. Pure.

/// Latin letters, lower-case, with what they are typed as. Source: the Unicode blocks Latin-1 Supplement, Latin
/// Extended-A and B, and of Latin Extended Additional what Vietnamese and Welsh are written with.
const LETTERS: [(&str, &str); 26] = [
    ("a", "àáâãäåāăąǎạảấầẩẫậắằẳẵặ"),
    ("ae", "æǽ"),
    ("c", "çćĉċč"),
    ("d", "ďđð"),
    ("e", "èéêëēĕėęěẹẻẽếềểễệ"),
    ("g", "ĝğġģǧ"),
    ("h", "ĥħ"),
    ("i", "ìíîïĩīĭįıǐỉị"),
    ("j", "ĵ"),
    ("k", "ķ"),
    ("l", "ĺļľŀł"),
    ("n", "ñńņňŉŋ"),
    ("o", "òóôõöøōŏőǒơọỏốồổỗộớờởỡợ"),
    ("oe", "œ"),
    ("r", "ŕŗř"),
    ("s", "śŝşšș"),
    ("ss", "ß"),
    ("t", "ţťŧț"),
    ("th", "þ"),
    ("u", "ùúûüũūŭůűųǔưụủứừửữự"),
    ("w", "ŵẁẃẅ"),
    ("y", "ýÿŷỳỵỷỹ"),
    ("z", "źżž"),
    ("'", "’‘ʼ"),
    ("-", "‐‑–"),
    (" ", "\u{a0}\u{202f}"),
];

/// The text in small letters without accents: `Zoë` and `zoe` are one.
pub(crate) fn fold(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    for letter in text.chars().flat_map(char::to_lowercase) {
        if letter.is_ascii() {
            folded.push(letter);
        } else if !is_mark(letter) {
            match LETTERS.iter().find(|(_, all)| all.contains(letter)) {
                Some((plain, _)) => folded.push_str(plain),
                None => folded.push(letter),
            }
        }
    }
    folded
}

/// Whether this is an accent of its own, put over the letter before it.
fn is_mark(letter: char) -> bool {
    ('\u{300}'..='\u{36f}').contains(&letter)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accents_make_no_difference_however_they_are_stored() {
        for (text, folded) in [
            ("Zoë", "zoe"),
            ("Zoe\u{308}", "zoe"),
            ("BJÖRN", "bjorn"),
            ("Søren Strauß", "soren strauss"),
            ("Nguyễn Đức", "nguyen duc"),
            ("İpek Şahin", "ipek sahin"),
            ("O’Rourke", "o'rourke"),
            ("李 Ελένη", "李 ελένη"),
        ] {
            assert_eq!(fold(text), folded);
        }
    }
}
