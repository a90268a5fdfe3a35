//! Whether the app is seen, made of the signs of two witnesses: the page, which knows whether it is
//! visible, and the shell around it, which knows when the system sends the app away. Pure.
//!
//! Each witness is silent now and then: a page that is hidden may be stopped before it can say so, and
//! a shell is not told when another window covers it. So the last sign counts, whoever gave it.

/// Whether the app is seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Viewing {
    /// It is seen.
    Foreground,
    /// It is not.
    Background,
}

impl Viewing {
    /// What `is_visible` says.
    pub fn of(is_visible: bool) -> Viewing {
        if is_visible {
            Viewing::Foreground
        } else {
            Viewing::Background
        }
    }

    /// Whether the app is seen.
    pub fn is_foreground(self) -> bool {
        self == Viewing::Foreground
    }
}

/// One witness says what is so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sign {
    /// The page, which numbers what it says: its requests may overtake each other.
    Page {
        /// Grows with everything that a page says, and from one load of the page to the next.
        number: u64,
        /// What it says.
        viewing: Viewing,
    },
    /// The shell, whose events come in their order.
    Shell(Viewing),
}

/// All signs so far, as one.
#[derive(Clone, Debug, Default)]
pub struct Signs {
    viewing: Option<Viewing>,
    /// The number of the page's latest sign.
    page: Option<u64>,
}

impl Signs {
    /// What is so. `None` before the first sign.
    pub fn viewing(&self) -> Option<Viewing> {
        self.viewing
    }

    /// Takes a sign; tells what is so where that is news.
    pub fn take(&mut self, sign: Sign) -> Option<Viewing> {
        let viewing = match sign {
            Sign::Page { number, .. } if self.page.is_some_and(|latest| number <= latest) => {
                return None;
            }
            Sign::Page { number, viewing } => {
                self.page = Some(number);
                viewing
            }
            Sign::Shell(viewing) => viewing,
        };
        let is_news = self.viewing != Some(viewing);
        self.viewing = Some(viewing);
        is_news.then_some(viewing)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn viewing() -> impl Strategy<Value = Viewing> {
        any::<bool>().prop_map(Viewing::of)
    }

    /// In the order in which they happened: the page numbers its own.
    fn signs() -> impl Strategy<Value = Vec<Sign>> {
        prop::collection::vec((any::<bool>(), viewing()), 1..40).prop_map(|said| {
            let numbered = said.into_iter().zip(1..);
            numbered
                .map(|((is_page, viewing), number)| {
                    if is_page {
                        Sign::Page { number, viewing }
                    } else {
                        Sign::Shell(viewing)
                    }
                })
                .collect()
        })
    }

    fn said(sign: Sign) -> Viewing {
        match sign {
            Sign::Page { viewing, .. } | Sign::Shell(viewing) => viewing,
        }
    }

    proptest! {
        #[test]
        fn any_order_of_signs_ends_in_the_state_of_the_last_one(all in signs()) {
            let mut merged = Signs::default();
            for sign in &all {
                merged.take(*sign);
            }
            prop_assert_eq!(merged.viewing(), all.last().map(|last| said(*last)));
        }

        #[test]
        fn news_is_told_once_and_never_twice_in_a_row(all in signs()) {
            let mut merged = Signs::default();
            let told: Vec<_> = all.iter().filter_map(|sign| merged.take(*sign)).collect();
            prop_assert!(told.windows(2).all(|pair| pair[0] != pair[1]));
            prop_assert_eq!(told.first().copied(), all.first().map(|first| said(*first)));
            prop_assert_eq!(told.last().copied(), merged.viewing());
        }

        #[test]
        fn what_a_page_said_before_is_nothing_however_late_and_often_it_comes(
            all in signs(),
            late in prop::collection::vec(any::<prop::sample::Index>(), 0..20),
        ) {
            let mut merged = Signs::default();
            for sign in &all {
                merged.take(*sign);
            }
            let before = merged.viewing();
            for index in late {
                let sign = *index.get(&all);
                if matches!(sign, Sign::Page { .. }) {
                    prop_assert_eq!(merged.take(sign), None);
                }
            }
            prop_assert_eq!(merged.viewing(), before);
        }
    }

    #[test]
    fn nothing_is_known_before_the_first_sign() {
        assert_eq!(Signs::default().viewing(), None);
    }

    #[test]
    fn an_app_that_is_sent_away_is_in_the_background_though_its_page_cannot_say_so() {
        let mut signs = Signs::default();
        let seen = Sign::Page {
            number: 1,
            viewing: Viewing::Foreground,
        };
        assert_eq!(signs.take(seen), Some(Viewing::Foreground));
        let suspended = Sign::Shell(Viewing::Background);
        assert_eq!(signs.take(suspended), Some(Viewing::Background));
        let resumed = Sign::Shell(Viewing::Foreground);
        assert_eq!(signs.take(resumed), Some(Viewing::Foreground));
    }
}
