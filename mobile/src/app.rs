//! Runs the reducer: messages in, effects out, what is so onto the screen.

use dioxus::prelude::*;
use futures_util::StreamExt;

use crate::effects::{self, Effects};
use crate::fixtures;
use crate::platform;
use crate::screens;
use crate::waiting::{self, Effect, Focus, Message, State};

/// Starts the app in the page's element `main`.
pub fn launch() {
    dioxus::web::launch::launch_cfg(App, dioxus::web::Config::new());
}

/// The wait screen, or a fixture of it: `/fixtures` lists them, `?fixture=NAME` shows one.
#[component]
fn App() -> Element {
    use_hook(platform::remove_first_paint);
    let fixture = fixtures::named_in(&platform::query());
    if fixture.is_none() && platform::is_at("/fixtures") {
        return rsx! { Fixtures {} };
    }
    match fixture {
        Some(fixture) => rsx! { Fixture { state: fixture } },
        None => rsx! { WaitScreen {} },
    }
}

/// The state, what changes it, and where the focus goes next.
fn use_reducer(
    first: impl FnOnce() -> State,
    run: impl Fn(Effect) + 'static,
) -> (Signal<State>, Callback<Message>) {
    let mut state = use_signal(first);
    let mut focus = use_signal(|| None::<Focus>);
    let run = use_hook(|| std::rc::Rc::new(run));
    let tell = use_callback(move |message: Message| {
        let before = state.peek().clone();
        let (after, effects) = waiting::reduce(before, message, platform::now());
        state.set(after);
        for effect in effects {
            match effect {
                Effect::Focus(target) => focus.set(Some(target)),
                effect => run(effect),
            }
        }
    });
    // After the render: what is to be focused may only now be there.
    use_effect(move || {
        if let Some(target) = focus() {
            platform::focus(&screens::id_of(&target));
            match target {
                // A screen is read from its top, wherever the last one was scrolled to.
                Focus::Heading => platform::scroll_to_top(),
                // The question is worth nothing without its answers.
                Focus::Leaving => platform::bring_into_sight(screens::LEAVING_CARD),
                _ => {}
            }
        }
    });
    use_effect(move || platform::show_title(&screens::title(&state.read())));
    (state, tell)
}

#[component]
fn WaitScreen() -> Element {
    // Effects and the page's own events come from outside of the app's tasks: by this way they get in.
    let (into, inbox) = use_hook(|| {
        let (into, inbox) = futures_channel::mpsc::unbounded();
        (into, std::rc::Rc::new(std::cell::RefCell::new(Some(inbox))))
    });
    let effects = use_hook({
        let into = into.clone();
        move || {
            Effects::new(move |message| {
                // Refused only once the app is gone.
                let _ = into.unbounded_send(message);
            })
        }
    });
    let (state, tell) = use_reducer(
        || State::new(platform::now()),
        move |effect| {
            if let Some(effects) = &effects {
                effects.run(effect);
            }
        },
    );
    use_future(move || {
        let inbox = inbox.take();
        async move {
            let Some(mut inbox) = inbox else { return };
            while let Some(message) = inbox.next().await {
                tell.call(message);
            }
        }
    });
    use_hook(move || {
        let opened = || Message::Opened(Box::new(effects::opened()));
        let _ = into.unbounded_send(opened());
        let viewing = into.clone();
        platform::on_viewing(move |is_visible| {
            let _ = viewing.unbounded_send(Message::Viewing(is_visible));
        });
        let escaping = into.clone();
        platform::on_escape(move || {
            let _ = escaping.unbounded_send(Message::StayPressed);
        });
        platform::on_address_changed(move || {
            let _ = into.unbounded_send(opened());
        });
    });
    screens::page(&state.read(), tell)
}

/// A screen with fixed data. It can be used; what it would ask of a server goes nowhere.
#[component]
fn Fixture(state: State) -> Element {
    let (state, tell) = use_reducer(move || state.clone(), |_| {});
    screens::page(&state.read(), tell)
}

#[component]
fn Fixtures() -> Element {
    rsx! {
        div { class: "page",
            main { class: "screen",
                h1 { "Fixtures" }
                p { class: "lead", "Each screen with fixed data and no server." }
                ul { class: "fixtures",
                    for fixture in fixtures::all() {
                        li {
                            a { href: "?fixture={fixture.name}", "{fixture.name}" }
                            p { class: "small", "{fixture.what}" }
                        }
                    }
                }
            }
        }
    }
}
