//! Shows what is so, and tells the reducer what is done on the screen and to it.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use dioxus::prelude::*;
use futures_channel::mpsc;
use futures_util::StreamExt;

use crate::effects::{self, Effects};
use crate::fixtures;
use crate::platform;
use crate::reducer::Reducer;
use crate::screens;
use crate::waiting::{Focus, Message, State};

pub use crate::platform::LaunchFailure;

/// Starts the app. In a browser it returns at once; a shell's program ends with the app.
pub fn launch() -> Result<(), LaunchFailure> {
    platform::launch(App)
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

/// A reducer, and what tells its screen that there is news.
#[derive(Clone)]
struct Course {
    reducer: Reducer,
    news: Rc<RefCell<Option<mpsc::Receiver<()>>>>,
}

impl Course {
    fn of((reducer, news): (Reducer, mpsc::Receiver<()>)) -> Course {
        Course {
            reducer,
            news: Rc::new(RefCell::new(Some(news))),
        }
    }
}

/// The state, what changes it, and where the focus goes next.
fn use_course(course: &Course) -> (Signal<State>, Callback<Message>) {
    let mut state = use_signal(|| course.reducer.state());
    let mut focus = use_signal(|| None::<Focus>);
    let seen = use_hook(|| Rc::new(Cell::new(None::<u64>)));
    let reducer = course.reducer.clone();
    let show = use_callback(move |()| {
        if let Some(shown) = reducer.shown_after(seen.get()) {
            seen.set(Some(shown.version));
            state.set(shown.state);
            if let Some(target) = shown.focus {
                focus.set(Some(target));
            }
        }
    });
    let reducer = course.reducer.clone();
    let tell = use_callback(move |message: Message| {
        reducer.tell(message);
        // At once, and not with the news: what is typed must be what is shown.
        show.call(());
    });
    let news = course.news.clone();
    use_future(move || {
        let news = news.take();
        async move {
            let Some(mut news) = news else { return };
            while news.next().await.is_some() {
                show.call(());
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
    use_effect(move || {
        let language = state.read().language;
        platform::show_language(language.code(), language.direction().as_str());
    });
    (state, tell)
}

#[component]
fn WaitScreen() -> Element {
    let course = use_hook(|| {
        let first = State::new(platform::now()).in_language(effects::language());
        let course = Course::of(Reducer::new(first, |tell| {
            let effects = Effects::new(tell);
            move |effect| {
                if let Some(effects) = &effects {
                    effects.run(effect);
                }
            }
        }));
        attend(&course.reducer);
        course
    });
    let (state, tell) = use_course(&course);
    screens::page(&state.read(), tell)
}

/// Tells the reducer what happens to the app: that it is opened, and by which link, that it is seen or
/// no longer. None of it by a task of the components: those stand still while a shell's page is hidden.
fn attend(reducer: &Reducer) {
    // Both first, so that neither a sign nor a link is lost between what is so now and what comes.
    let mut signs = platform::viewing();
    let following = reducer.clone();
    let follow = move || following.tell(Message::Opened(Box::new(effects::opened())));
    platform::on_address_changed(follow.clone());
    follow();
    let viewing = reducer.clone();
    platform::spawn(async move {
        while let Some(sign) = signs.next().await {
            viewing.tell(Message::Viewing(sign.is_foreground()));
        }
    });
    let escaping = reducer.clone();
    platform::on_escape(move || escaping.tell(Message::StayPressed));
}

/// A screen with fixed data. It can be used; what it would ask of a server goes nowhere.
#[component]
fn Fixture(state: State) -> Element {
    let course = use_hook(|| Course::of(Reducer::new(state, |_| |_| {})));
    let (state, tell) = use_course(&course);
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
