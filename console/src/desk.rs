//! Where the waiting area's state lives while the console is open.
//!
//! Not in a signal: a hidden page's tasks stand still until it is seen again, and an arrival has to be heard, and the
//! tab's title to be right, while staff look at another tab. So the live connection runs beside the page, changes the
//! state here, and the page copies it whenever it is drawn.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;
use std::task::{Poll, Waker};

/// A state, what changes it, and what has to be done then.
pub(crate) struct Desk<S, M, E>(Rc<Inside<S, M, E>>);

/// What a message makes of a state, and what has to be done then.
pub(crate) type Reduce<S, M, E> = fn(S, M) -> (S, Vec<E>);
type Run<S, M, E> = Box<dyn Fn(&Desk<S, M, E>, E)>;

struct Inside<S, M, E> {
    state: RefCell<S>,
    reduce: Reduce<S, M, E>,
    run: Run<S, M, E>,
    /// Messages sent while another is at work: an effect may answer at once.
    waiting: RefCell<VecDeque<M>>,
    is_at_work: Cell<bool>,
    has_changed: Cell<bool>,
    waker: RefCell<Option<Waker>>,
}

impl<S, M, E> Clone for Desk<S, M, E> {
    fn clone(&self) -> Self {
        Self(Rc::clone(&self.0))
    }
}

impl<S, M, E> PartialEq for Desk<S, M, E> {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }
}

impl<S: Clone + 'static, M: 'static, E: 'static> Desk<S, M, E> {
    /// A desk with a state on it. `run` does what comes out as effects.
    pub(crate) fn new(state: S, reduce: Reduce<S, M, E>, run: impl Fn(&Self, E) + 'static) -> Self {
        Self(Rc::new(Inside {
            state: RefCell::new(state),
            reduce,
            run: Box::new(run),
            waiting: RefCell::default(),
            is_at_work: Cell::new(false),
            has_changed: Cell::new(false),
            waker: RefCell::default(),
        }))
    }

    /// The state as it now is.
    pub(crate) fn state(&self) -> S {
        self.0.state.borrow().clone()
    }

    /// Takes a message, and does at once what has to be done about it: a press that opens a tab may do so only while
    /// it is handled.
    pub(crate) fn send(&self, message: M) {
        self.0.waiting.borrow_mut().push_back(message);
        if self.0.is_at_work.replace(true) {
            return;
        }
        loop {
            let Some(message) = self.0.waiting.borrow_mut().pop_front() else {
                break;
            };
            let state = self.state();
            let (state, effects) = (self.0.reduce)(state, message);
            self.0.state.replace(state);
            for effect in effects {
                (self.0.run)(self, effect);
            }
        }
        self.0.is_at_work.set(false);
        self.0.has_changed.set(true);
        if let Some(waker) = self.0.waker.borrow_mut().take() {
            waker.wake();
        }
    }

    /// Ready once the state has changed since this was last ready. For one listener.
    pub(crate) async fn changed(&self) {
        std::future::poll_fn(|context| {
            if self.0.has_changed.replace(false) {
                return Poll::Ready(());
            }
            self.0.waker.replace(Some(context.waker().clone()));
            Poll::Pending
        })
        .await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::FutureExt;

    fn counting() -> Desk<u32, u32, u32> {
        // Every even number asks for one more to be added.
        Desk::new(
            0,
            |state, add| {
                (
                    state + add,
                    if (state + add) % 2 == 0 {
                        vec![1]
                    } else {
                        vec![]
                    },
                )
            },
            Desk::send,
        )
    }

    #[test]
    fn a_message_sent_by_an_effect_is_taken_after_the_one_that_caused_it() {
        let desk = counting();
        desk.send(2);
        assert_eq!(desk.state(), 3);
    }

    #[test]
    fn a_change_is_told_once_even_if_nobody_listened_when_it_came() {
        let desk = counting();
        assert_eq!(desk.changed().now_or_never(), None);
        desk.send(1);
        assert_eq!(desk.changed().now_or_never(), Some(()));
        assert_eq!(desk.changed().now_or_never(), None);
    }
}
