//! Whether a caller is viewing: at least one screen in the foreground and in touch.
//!
//! A screen is known by its device id and reports with a counter that only grows, so a late report
//! never overrides a newer one. In touch means a sign of life (a report, a frame on its socket)
//! within the last [`PRESENCE_LEASE`].

use super::id::DeviceId;
use super::limits::{PRESENCE_LEASE, SCREENS_PER_CALLER};
use super::time::Timestamp;

/// What a screen last said of itself; whether it is still in touch is another matter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ScreenState {
    /// It can be seen.
    Foreground,
    /// It is hidden: the app or page is behind another, or the phone is locked.
    Background,
}

/// One screen of a caller, as it last reported.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Screen {
    /// Which one: unique among the screens of its caller only.
    pub device: DeviceId,
    /// That of its latest report, counted by the screen: a report with no higher one is late.
    pub counter: i64,
    /// What that report said.
    pub state: ScreenState,
    /// The last sign of life of this screen.
    pub seen_at: Timestamp,
}

/// All that is known of a caller's screens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Screens {
    reported: Vec<Screen>,
    /// The last sign of life from a screen that has not said which it is, or the arrival itself.
    unnamed_seen_at: Timestamp,
}

impl Screens {
    /// The screens of a caller who arrives: whoever arrives is looking.
    #[must_use]
    pub fn arriving(now: Timestamp) -> Self {
        Self {
            reported: Vec::new(),
            unnamed_seen_at: now,
        }
    }

    /// The screens as they were stored, after a restart. Those of a caller who was viewing have the
    /// whole lease from `now` to come back: a restart turns nobody Offline. Those of a caller who
    /// was not have to be heard of first: a restart makes nobody Waiting either.
    #[must_use]
    pub fn restored(reported: Vec<Screen>, was_viewing: bool, now: Timestamp) -> Self {
        let seen_at = if was_viewing {
            now
        } else {
            now - PRESENCE_LEASE
        };
        let reported = reported
            .into_iter()
            .map(|screen| Screen { seen_at, ..screen })
            .collect();
        Self {
            reported,
            unnamed_seen_at: seen_at,
        }
    }

    /// The screens that have said which they are, at most [`SCREENS_PER_CALLER`], in no order.
    #[must_use]
    pub fn reported(&self) -> &[Screen] {
        &self.reported
    }

    /// Takes a report. False when it is late: this screen has said something newer.
    pub fn report(
        &mut self,
        device: &DeviceId,
        counter: i64,
        state: ScreenState,
        now: Timestamp,
    ) -> bool {
        if let Some(screen) = self
            .reported
            .iter_mut()
            .find(|screen| screen.device == *device)
        {
            if counter <= screen.counter {
                return false;
            }
            *screen = Screen {
                device: device.clone(),
                counter,
                state,
                seen_at: now,
            };
            return true;
        }
        if self.reported.len() >= SCREENS_PER_CALLER {
            let oldest = self
                .reported
                .iter()
                .enumerate()
                .min_by_key(|(_, screen)| screen.seen_at);
            if let Some((place, _)) = oldest {
                self.reported.swap_remove(place);
            }
        }
        self.reported.push(Screen {
            device: device.clone(),
            counter,
            state,
            seen_at: now,
        });
        true
    }

    /// Takes a sign of life of a screen, or of one that has not said which it is. The latter speaks
    /// for the screen that reported last; before any report, for itself.
    pub fn sign_of_life(&mut self, device: Option<&DeviceId>, now: Timestamp) {
        if self.reported.is_empty() {
            self.unnamed_seen_at = self.unnamed_seen_at.max(now);
            return;
        }
        let screen = match device {
            Some(device) => self
                .reported
                .iter_mut()
                .find(|screen| screen.device == *device),
            None => self.reported.iter_mut().max_by_key(|screen| screen.seen_at),
        };
        // A named screen that has not reported yet says nothing of those that have.
        if let Some(screen) = screen {
            screen.seen_at = screen.seen_at.max(now);
        }
    }

    /// Until when the caller counts as viewing if nothing more is heard; `None` when no screen is
    /// in the foreground.
    #[must_use]
    pub fn viewing_until(&self) -> Option<Timestamp> {
        if self.reported.is_empty() {
            return Some(self.unnamed_seen_at + PRESENCE_LEASE);
        }
        self.reported
            .iter()
            .filter(|screen| screen.state == ScreenState::Foreground)
            .map(|screen| screen.seen_at + PRESENCE_LEASE)
            .max()
    }

    /// Whether a screen is in the foreground with its lease not yet over.
    #[must_use]
    pub fn is_viewing(&self, now: Timestamp) -> bool {
        self.viewing_until().is_some_and(|until| now < until)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ScreenState::{Background, Foreground};

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_millis(seconds * 1000)
    }

    fn device(name: &str) -> DeviceId {
        DeviceId::parse(name).unwrap()
    }

    #[test]
    fn a_late_report_never_overrides_a_newer_one() {
        let mut screens = Screens::arriving(at(0));
        assert!(screens.report(&device("a"), 2, Background, at(1)));
        assert!(!screens.report(&device("a"), 1, Foreground, at(2)));
        assert!(!screens.is_viewing(at(2)));
    }

    #[test]
    fn a_caller_is_viewing_while_one_of_several_screens_is() {
        let mut screens = Screens::arriving(at(0));
        screens.report(&device("laptop"), 1, Foreground, at(0));
        screens.report(&device("phone"), 1, Foreground, at(0));
        screens.report(&device("phone"), 2, Background, at(1));
        assert!(screens.is_viewing(at(1)));
        screens.report(&device("laptop"), 2, Background, at(2));
        assert!(!screens.is_viewing(at(2)));
    }

    #[test]
    fn without_any_sign_of_life_viewing_ends_after_thirty_seconds() {
        let mut screens = Screens::arriving(at(0));
        screens.report(&device("a"), 1, Foreground, at(0));
        screens.sign_of_life(Some(&device("a")), at(20));
        assert!(screens.is_viewing(at(49)));
        assert!(!screens.is_viewing(at(50)));
    }

    #[test]
    fn a_sign_of_life_from_a_hidden_screen_does_not_make_it_seen() {
        let mut screens = Screens::arriving(at(0));
        screens.report(&device("a"), 1, Background, at(0));
        screens.sign_of_life(Some(&device("a")), at(1));
        screens.sign_of_life(None, at(1));
        assert!(!screens.is_viewing(at(1)));
    }

    #[test]
    fn the_socket_of_one_screen_does_not_keep_another_alive() {
        let mut screens = Screens::arriving(at(0));
        screens.report(&device("phone"), 1, Foreground, at(0));
        screens.report(&device("laptop"), 1, Background, at(0));
        screens.sign_of_life(Some(&device("laptop")), at(40));
        assert!(!screens.is_viewing(at(40)));
    }

    #[test]
    fn after_a_restart_every_screen_has_the_lease_to_come_back() {
        let mut screens = Screens::arriving(at(0));
        screens.report(&device("a"), 1, Foreground, at(0));
        let screens = Screens::restored(screens.reported().to_vec(), true, at(1000));
        assert!(screens.is_viewing(at(1029)));
        assert!(!screens.is_viewing(at(1030)));
    }

    #[test]
    fn a_restart_does_not_bring_back_a_caller_whose_phone_went_silent() {
        let mut screens = Screens::arriving(at(0));
        screens.report(&device("a"), 1, Foreground, at(0));
        let mut screens = Screens::restored(screens.reported().to_vec(), false, at(1000));
        assert!(!screens.is_viewing(at(1000)));
        screens.sign_of_life(Some(&device("a")), at(1001));
        assert!(screens.is_viewing(at(1001)));
    }
}
