//! Whether the app is seen, made of the signs of two witnesses: the page, which knows whether it is
//! visible, and the shell around it, which knows when the system sends the app away. Pure.
//!
//! Each witness is silent now and then: a page that is hidden may be stopped before it can say so, and
//! a shell is not told when another window covers it. So the last sign counts, whoever gave it.
//!
//! One sign is ambiguous: phones pause an app in the same way whether it is sent away or only asked about,
//! as for leave to show notices. The app knows when it asked. To answer is not to leave, so that sign is
//! nothing then; the page, which stays visible under a question, says if the reader does leave.

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
    /// The shell: the system paused the app.
    Paused,
}

/// All signs so far, as one.
#[derive(Clone, Debug, Default)]
pub struct Signs {
    viewing: Option<Viewing>,
    /// The number of the page's latest sign.
    page: Option<u64>,
    /// Whether the system asks the reader something because the app wants it to.
    is_asking: bool,
}

impl Signs {
    /// What is so. `None` before the first sign.
    pub fn viewing(&self) -> Option<Viewing> {
        self.viewing
    }

    /// From now on the system asks the reader something because the app wants it to, or no longer.
    pub fn ask(&mut self, is_asking: bool) {
        self.is_asking = is_asking;
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
            Sign::Paused if self.is_asking => return None,
            Sign::Paused => Viewing::Background,
        };
        // An app that is resumed is under no question any more, answered or not.
        self.is_asking &= sign != Sign::Shell(Viewing::Foreground);
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
        prop::collection::vec((0..3, viewing()), 1..40).prop_map(|said| {
            let numbered = said.into_iter().zip(1..);
            numbered
                .map(|((witness, viewing), number)| match witness {
                    0 => Sign::Page { number, viewing },
                    1 => Sign::Shell(viewing),
                    _ => Sign::Paused,
                })
                .collect()
        })
    }

    fn said(sign: Sign) -> Viewing {
        match sign {
            Sign::Page { viewing, .. } | Sign::Shell(viewing) => viewing,
            Sign::Paused => Viewing::Background,
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

        #[test]
        fn a_pause_is_nothing_while_the_system_asks_what_the_app_wants_to_know(
            before in signs(),
            during in prop::collection::vec((any::<bool>(), viewing()), 0..10),
            is_answered: bool,
        ) {
            let mut merged = Signs::default();
            for sign in &before {
                merged.take(*sign);
            }
            let number_before = u64::try_from(before.len()).expect("a small number");
            let mut is = merged.viewing();
            merged.ask(true);
            for ((is_page, viewing), number) in during.into_iter().zip(number_before + 1..) {
                if is_page {
                    merged.take(Sign::Page { number, viewing });
                    is = Some(viewing);
                } else {
                    prop_assert_eq!(merged.take(Sign::Paused), None);
                }
                prop_assert_eq!(merged.viewing(), is);
            }
            // The question ends by its answer, or without one.
            if is_answered {
                merged.ask(false);
                prop_assert_eq!(merged.viewing(), is);
            } else {
                merged.take(Sign::Shell(Viewing::Foreground));
            }
            merged.take(Sign::Paused);
            prop_assert_eq!(merged.viewing(), Some(Viewing::Background));
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
        assert_eq!(signs.take(Sign::Paused), Some(Viewing::Background));
        let resumed = Sign::Shell(Viewing::Foreground);
        assert_eq!(signs.take(resumed), Some(Viewing::Foreground));
    }
}
