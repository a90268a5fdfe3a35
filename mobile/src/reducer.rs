//! The reducer at work: messages in from anywhere, one at a time; effects out, in their order; what is
//! so for whoever shows it.
//!
//! It is no part of the tree of components, because that stands still while a shell's page is hidden,
//! and a caller's stay goes on: a connection that is back must be told so, a stay that ended forgotten.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use futures_channel::mpsc;

use crate::platform;
use crate::waiting::{self, Effect, Focus, Message, State};

type Run = Box<dyn Fn(Effect) + Send + Sync>;

/// Runs the reducer. Clones are the same one.
#[derive(Clone)]
pub(crate) struct Reducer {
    parts: Arc<Parts>,
}

struct Parts {
    course: Mutex<Course>,
    run: Run,
}

struct Course {
    state: State,
    /// Counts the states, so that none is shown twice.
    version: u64,
    focus: Option<Focus>,
    inbox: VecDeque<Message>,
    /// Whether somebody takes what is in the inbox. Nobody else may: effects would lose their order.
    is_at_work: bool,
    news: mpsc::Sender<()>,
}

/// What is to be shown.
pub(crate) struct Shown {
    /// What is so.
    pub(crate) state: State,
    /// Which state this is.
    pub(crate) version: u64,
    /// Where the focus goes, if it was moved since the last time.
    pub(crate) focus: Option<Focus>,
}

/// Tells a reducer what happens, for as long as there is one.
#[derive(Clone)]
pub(crate) struct Tell {
    parts: Weak<Parts>,
}

impl Tell {
    /// Something happens.
    pub(crate) fn tell(&self, message: Message) {
        if let Some(parts) = self.parts.upgrade() {
            Reducer { parts }.tell(message);
        }
    }
}

impl Reducer {
    /// Begins with `first`; what is to be done is done by what `make` makes. The receiver is woken
    /// whenever there may be something new to show.
    pub(crate) fn new<R>(
        first: State,
        make: impl FnOnce(Tell) -> R,
    ) -> (Reducer, mpsc::Receiver<()>)
    where
        R: Fn(Effect) + Send + Sync + 'static,
    {
        // Room for one: whoever is woken looks at everything.
        let (news, receiver) = mpsc::channel(1);
        let parts = Arc::new_cyclic(|parts: &Weak<Parts>| Parts {
            course: Mutex::new(Course {
                state: first,
                version: 0,
                focus: None,
                inbox: VecDeque::new(),
                is_at_work: false,
                news,
            }),
            run: Box::new(make(Tell {
                parts: parts.clone(),
            })),
        });
        (Reducer { parts }, receiver)
    }

    fn course(&self) -> MutexGuard<'_, Course> {
        let course = self.parts.course.lock();
        course.unwrap_or_else(PoisonError::into_inner)
    }

    /// Something happens. On return it is taken, or will be by whoever is at work.
    pub(crate) fn tell(&self, message: Message) {
        {
            let mut course = self.course();
            course.inbox.push_back(message);
            if course.is_at_work {
                return;
            }
            course.is_at_work = true;
        }
        // Effects may tell something at once: none is run while the course is held.
        while let Some(effects) = self.step() {
            for effect in effects {
                (self.parts.run)(effect);
            }
        }
    }

    /// Takes the next message. `None` once there is none, and nobody is at work any more.
    fn step(&self) -> Option<Vec<Effect>> {
        let mut course = self.course();
        let Some(message) = course.inbox.pop_front() else {
            course.is_at_work = false;
            return None;
        };
        let now = platform::now();
        let before = std::mem::replace(&mut course.state, State::new(now));
        let (after, effects) = waiting::reduce(before, message, now);
        course.state = after;
        course.version += 1;
        let mut rest = Vec::with_capacity(effects.len());
        for effect in effects {
            match effect {
                // For whoever shows it: what is to be focused may not be there yet.
                Effect::Focus(target) => course.focus = Some(target),
                effect => rest.push(effect),
            }
        }
        // Full: then whoever shows it is about to look anyway.
        let _ = course.news.try_send(());
        Some(rest)
    }

    /// What is so.
    pub(crate) fn state(&self) -> State {
        self.course().state.clone()
    }

    /// What is to be shown, where it is newer than `seen`.
    pub(crate) fn shown_after(&self, seen: Option<u64>) -> Option<Shown> {
        let mut course = self.course();
        let is_new = seen.is_none_or(|seen| seen < course.version);
        is_new.then(|| Shown {
            version: course.version,
            focus: course.focus.take(),
            state: course.state.clone(),
        })
    }
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use std::sync::mpsc::channel;
    use std::thread;

    use super::*;
    use crate::stay::{Address, Moment, Slug};
    use crate::waiting::{Opened, Screen};

    fn opened(address: Address) -> Message {
        Message::Opened(Box::new(Opened::at(address)))
    }

    fn clinic() -> Address {
        Slug::read("demo").map_or(Address::Unknown, Address::Clinic)
    }

    #[test]
    fn what_is_shown_is_shown_once() {
        let (reducer, _news) = Reducer::new(State::new(Moment(0)), |_| |_| {});
        let first = reducer.shown_after(None).expect("the first state");
        assert!(reducer.shown_after(Some(first.version)).is_none());
        reducer.tell(opened(Address::Unknown));
        let next = reducer
            .shown_after(Some(first.version))
            .expect("a newer state");
        assert_eq!(next.state.screen(), Screen::LinkBroken);
        assert_eq!(next.focus, Some(Focus::Heading));
        assert!(reducer.shown_after(Some(next.version)).is_none());
    }

    #[test]
    fn an_effect_that_tells_something_at_once_stands_in_nobodys_way() {
        let (done, effects) = channel();
        let (reducer, _news) = Reducer::new(State::new(Moment(0)), |tell| {
            move |effect| {
                if let Effect::ReadClinic(visit, _) = &effect {
                    tell.tell(Message::ClinicRead(*visit, Ok(None)));
                }
                done.send(effect).expect("somebody looks");
            }
        });
        reducer.tell(opened(clinic()));
        assert!(matches!(effects.try_recv(), Ok(Effect::ReadClinic(..))));
        assert_eq!(reducer.state().screen(), Screen::ClinicUnknown);
    }

    #[test]
    fn effects_keep_their_order_whoever_tells() {
        let (done, effects) = channel();
        let (reducer, _news) = Reducer::new(State::new(Moment(0)), |_| {
            move |effect| {
                if let Effect::ReadClinic(visit, _) = effect {
                    done.send(visit).expect("somebody looks");
                }
            }
        });
        let tellers: Vec<_> = (0..4)
            .map(|_| {
                let reducer = reducer.clone();
                thread::spawn(move || {
                    for _ in 0..100 {
                        reducer.tell(opened(clinic()));
                    }
                })
            })
            .collect();
        for teller in tellers {
            teller.join().expect("it tells");
        }
        // The visits are numbered as the reducer took them.
        let visits: Vec<u32> = (0..400)
            .map(|_| effects.recv().expect("each is done"))
            .collect();
        assert!(visits.is_sorted());
    }
}
