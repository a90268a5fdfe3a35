//! What is reported to the server of whether the app is seen, and when: the rules of
//! `web/presence.js`, for the shells that have no page to keep them. Pure: the driver sends, waits and
//! says what came of it (`platform`).
//!
//! What holds whatever is lost, late or repeated on the way:
//! - The counter only grows, so the server can tell which of two reports is the newer.
//! - A newer report does not wait for one under way, and the answer to an older one decides nothing.
//! - What the server knows, or is being told, is not said again.
//! - A report without an answer is sent again, after waits that grow, for as long as the stay goes on.

use crate::stay::LinkToken;
use crate::viewing::Viewing;

/// The first wait after a report that got no answer. Milliseconds, before it is spread.
pub const FIRST_RETRY: u32 = 500;
/// The longest. Milliseconds, before it is spread.
pub const LONGEST_RETRY: u32 = 15_000;
/// A report without an answer for so long is taken as lost. Milliseconds.
pub const PATIENCE: u32 = 10_000;

/// What happens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input {
    /// From now on the app shows this caller's stay.
    Start(LinkToken),
    /// It shows the same stay as before, by another of its links.
    GoOn(LinkToken),
    /// It shows none any more.
    Stop,
    /// The app is seen, or no longer; also where that is no news.
    Viewing(Viewing),
    /// Report once more, also where nothing has changed: the server may have forgotten.
    Again,
    /// The network is back: nothing is to be gained by waiting.
    Online,
    /// The report with this counter was answered, or never will be.
    Answered {
        /// Of which report.
        counter: i32,
        /// Whether the server has it. One that it refuses it has, too: it would refuse it again.
        has_arrived: bool,
    },
    /// The wait that the lost report with this counter asked for is over.
    Woke {
        /// Of which report.
        counter: i32,
    },
}

/// What is to be done about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Output {
    /// Send a report, and say what became of it by [`Input::Answered`].
    Send {
        /// In whose name.
        caller: LinkToken,
        /// Greater than that of any report before.
        counter: i32,
        /// What it says.
        viewing: Viewing,
    },
    /// Say [`Input::Woke`] after so many milliseconds.
    WakeIn {
        /// With this.
        counter: i32,
        /// How long.
        milliseconds: u32,
    },
}

/// The state of the reports of one device, which is one start of the app.
#[derive(Clone, Debug)]
pub struct Presence {
    caller: Option<LinkToken>,
    counter: i32,
    /// What the server should know. `None` before the first sign of the app.
    wanted: Option<Viewing>,
    /// What it is known to know of this caller.
    told: Option<Viewing>,
    /// What the latest report says, while it has no answer.
    under_way: Option<Viewing>,
    /// The lost report after which a wait goes on.
    waits_after: Option<i32>,
    retry_wait: u32,
}

impl Default for Presence {
    fn default() -> Self {
        Self {
            caller: None,
            counter: 0,
            wanted: None,
            told: None,
            under_way: None,
            waits_after: None,
            retry_wait: FIRST_RETRY,
        }
    }
}

impl Presence {
    /// Whether the server is known to know what is so, or need not know: nothing is left to be done.
    pub fn is_settled(&self) -> bool {
        let is_known = self.under_way.is_none() && self.told == self.wanted;
        self.caller.is_none() || self.wanted.is_none() || is_known
    }

    /// Takes what happens; tells what is to be done. `chance` spreads the waits, so that a network that
    /// comes back is not met by everyone at once: evenly from 0 to 1000.
    pub fn take(&mut self, input: Input, chance: u16) -> Vec<Output> {
        let mut outputs = Vec::new();
        match input {
            Input::Start(caller) => {
                if self.caller.as_ref() == Some(&caller) {
                    return outputs;
                }
                self.take_leave(&mut outputs);
                self.caller = Some(caller);
                self.begin_anew();
            }
            Input::GoOn(caller) => {
                self.caller = Some(caller);
                self.begin_anew();
            }
            Input::Stop => {
                self.take_leave(&mut outputs);
                self.caller = None;
                self.begin_anew();
            }
            Input::Viewing(viewing) => {
                if self.wanted != Some(viewing) {
                    self.retry_wait = FIRST_RETRY;
                }
                self.wanted = Some(viewing);
                self.waits_after = None;
            }
            Input::Again => self.begin_anew(),
            Input::Online => {
                self.retry_wait = FIRST_RETRY;
                self.waits_after = None;
            }
            Input::Answered {
                counter,
                has_arrived,
            } => {
                // A newer report is under way, or the caller is another by now.
                if counter != self.counter || self.under_way.is_none() {
                    return outputs;
                }
                let said = self.under_way.take();
                if has_arrived {
                    self.told = said;
                    self.retry_wait = FIRST_RETRY;
                } else {
                    self.told = None;
                    self.waits_after = Some(counter);
                    outputs.push(Output::WakeIn {
                        counter,
                        milliseconds: spread(self.retry_wait, chance),
                    });
                    self.retry_wait = self.retry_wait.saturating_mul(2).min(LONGEST_RETRY);
                }
            }
            Input::Woke { counter } => {
                if self.waits_after != Some(counter) {
                    return outputs;
                }
                self.waits_after = None;
            }
        }
        self.settle(&mut outputs);
        outputs
    }

    /// The app no longer shows the caller that it showed before.
    fn take_leave(&mut self, outputs: &mut Vec<Output>) {
        if self.wanted == Some(Viewing::Foreground) {
            self.report(Viewing::Background, outputs);
        }
    }

    /// Nothing is known of what the server knows.
    fn begin_anew(&mut self) {
        self.told = None;
        self.under_way = None;
        self.waits_after = None;
        self.retry_wait = FIRST_RETRY;
    }

    /// Reports what the server does not know yet.
    fn settle(&mut self, outputs: &mut Vec<Output>) {
        let Some(wanted) = self.wanted else { return };
        let is_known = match self.under_way {
            Some(said) => said == wanted,
            None => self.told == Some(wanted),
        };
        if !is_known && self.waits_after.is_none() {
            self.report(wanted, outputs);
        }
    }

    fn report(&mut self, viewing: Viewing, outputs: &mut Vec<Output>) {
        let Some(caller) = self.caller.clone() else {
            return;
        };
        self.counter = self.counter.saturating_add(1);
        self.under_way = Some(viewing);
        outputs.push(Output::Send {
            caller,
            counter: self.counter,
            viewing,
        });
    }
}

/// From three quarters to five quarters of a wait.
fn spread(milliseconds: u32, chance: u16) -> u32 {
    let share = 750 + u32::from(chance.min(1_000)) / 2;
    milliseconds.saturating_mul(share) / 1_000
}

#[cfg(test)]
mod tests;
