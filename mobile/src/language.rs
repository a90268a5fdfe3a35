//! The languages of the wait screen: which there are, which one a reader gets, how each counts.
//!
//! The build script compiles this file, too: nothing of the app is used in it.

/// A language that the wait screen speaks. Its texts are in `languages/`, in a file named for its
/// code.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Language {
    /// Whoever reads none of the others gets this one.
    #[default]
    English,
    /// In simplified characters.
    Chinese,
    /// Modern Standard Arabic.
    Arabic,
    /// Vietnamese.
    Vietnamese,
    /// Greek.
    Greek,
}

/// Which way a language runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// As English does.
    LeftToRight,
    /// As Arabic does.
    RightToLeft,
}

impl Direction {
    /// As HTML's `dir` has it.
    pub fn as_str(self) -> &'static str {
        match self {
            Direction::LeftToRight => "ltr",
            Direction::RightToLeft => "rtl",
        }
    }
}

/// The forms that a language may have for a number of things: the plural categories of Unicode CLDR.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Plural {
    /// None of them.
    Zero,
    /// One.
    One,
    /// Two.
    Two,
    /// A few.
    Few,
    /// Many.
    Many,
    /// Any other number. Every language has this form.
    Other,
}

impl Plural {
    /// All of them.
    pub const ALL: [Plural; 6] = [
        Plural::Zero,
        Plural::One,
        Plural::Two,
        Plural::Few,
        Plural::Many,
        Plural::Other,
    ];

    /// As CLDR and Fluent write it.
    pub fn keyword(self) -> &'static str {
        match self {
            Plural::Zero => "zero",
            Plural::One => "one",
            Plural::Two => "two",
            Plural::Few => "few",
            Plural::Many => "many",
            Plural::Other => "other",
        }
    }
}

impl Language {
    /// All of them, in the order in which they are offered.
    pub const ALL: [Language; 5] = [
        Language::English,
        Language::Chinese,
        Language::Arabic,
        Language::Vietnamese,
        Language::Greek,
    ];

    /// As BCP 47 has it, and so HTML's `lang`.
    pub fn code(self) -> &'static str {
        match self {
            Language::English => "en",
            Language::Chinese => "zh-Hans",
            Language::Arabic => "ar",
            Language::Vietnamese => "vi",
            Language::Greek => "el",
        }
    }

    /// The language with exactly this code.
    pub fn with_code(code: &str) -> Option<Language> {
        Language::ALL
            .into_iter()
            .find(|language| language.code() == code)
    }

    /// What those who speak it call it: the one name that they find whatever the page is in.
    pub fn own_name(self) -> &'static str {
        match self {
            Language::English => "English",
            Language::Chinese => "简体中文",
            Language::Arabic => "العربية",
            Language::Vietnamese => "Tiếng Việt",
            Language::Greek => "Ελληνικά",
        }
    }

    /// Which way it runs.
    pub fn direction(self) -> Direction {
        match self {
            Language::Arabic => Direction::RightToLeft,
            _ => Direction::LeftToRight,
        }
    }

    /// The form that goes with so many things: CLDR's rules for whole numbers.
    pub fn plural(self, count: u32) -> Plural {
        match self {
            Language::Chinese | Language::Vietnamese => Plural::Other,
            Language::English | Language::Greek => match count {
                1 => Plural::One,
                _ => Plural::Other,
            },
            Language::Arabic => match (count, count % 100) {
                (0, _) => Plural::Zero,
                (1, _) => Plural::One,
                (2, _) => Plural::Two,
                (_, 3..=10) => Plural::Few,
                (_, 11..=99) => Plural::Many,
                _ => Plural::Other,
            },
        }
    }
}

/// The first of the languages that a reader wants, the best first, that there is; English where there
/// is none of them. Codes are BCP 47, as phones and browsers give them: `en-AU`, `zh-Hant-TW`, `zh_CN`.
pub fn choose(wanted: &[impl AsRef<str>]) -> Language {
    let spoken = |code: &str| {
        // Whoever reads Chinese in any writing reads this better than another language.
        let language = code.split(['-', '_']).next().unwrap_or(code);
        Language::ALL.into_iter().find(|one| {
            let primary = one.code().split('-').next().unwrap_or_default();
            primary.eq_ignore_ascii_case(language)
        })
    };
    wanted
        .iter()
        .find_map(|code| spoken(code.as_ref()))
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reader_gets_the_best_language_that_there_is() {
        for (wanted, chosen) in [
            (vec!["en-AU"], Language::English),
            (vec!["zh-CN"], Language::Chinese),
            (vec!["zh-Hant-TW", "en"], Language::Chinese),
            (vec!["zh_HK"], Language::Chinese),
            (vec!["AR-eg"], Language::Arabic),
            (vec!["vi"], Language::Vietnamese),
            (vec!["de-DE", "el", "en"], Language::Greek),
            (vec!["en", "el"], Language::English),
            // The same beginning is not the same language.
            (vec!["arn", "elx", "zha"], Language::English),
            (vec!["", "-", "_ar"], Language::English),
            (vec![], Language::English),
        ] {
            assert_eq!(choose(&wanted), chosen, "{wanted:?}");
        }
    }

    #[test]
    fn a_language_is_found_by_its_own_code_only() {
        for language in Language::ALL {
            assert_eq!(Language::with_code(language.code()), Some(language));
            assert_eq!(choose(&[language.code()]), language);
        }
        assert_eq!(Language::with_code("zh"), None);
        assert_eq!(Language::with_code(""), None);
    }

    // The samples that CLDR gives with its rules, for whole numbers.
    #[test]
    fn every_language_counts_as_unicode_says() {
        let all = Plural::ALL;
        for (language, samples) in [
            (
                Language::Chinese,
                [&[][..], &[], &[], &[], &[], &[0, 1, 2, 15, 100, 1_000_000]],
            ),
            (
                Language::Vietnamese,
                [&[], &[], &[], &[], &[], &[0, 1, 2, 15, 100, 1_000_000]],
            ),
            (
                Language::English,
                [&[], &[1], &[], &[], &[], &[0, 2, 16, 100, 101, 1_000_000]],
            ),
            (
                Language::Greek,
                [&[], &[1], &[], &[], &[], &[0, 2, 16, 100, 101, 1_000_000]],
            ),
            (
                Language::Arabic,
                [
                    &[0],
                    &[1],
                    &[2],
                    &[3, 10, 103, 110, 1_003],
                    &[11, 26, 99, 111, 199, 1_011],
                    &[100, 102, 200, 202, 300, 1_000, 10_000, 1_000_000],
                ],
            ),
        ] {
            for (form, counts) in all.into_iter().zip(samples) {
                for count in counts {
                    assert_eq!(language.plural(*count), form, "{language:?} {count}");
                }
            }
        }
    }
}
