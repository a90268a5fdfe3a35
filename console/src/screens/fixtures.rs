//! Every screen with fixed data and no server.

use dioxus::prelude::*;
use standby_client::{SignInMethod, TeamRole};

use crate::browser;
use crate::effects::{self, AreaDesk, FormDesk};
use crate::fixtures::{self, ALL};
use crate::screens::frame::{Frame, Sound};
use crate::screens::sign_in::{SignInScreen, SigningIn};
use crate::screens::{Pages, use_desk, use_stopped_clock};
use crate::waiting_area::{Connection, Message};
use crate::{PageOf, use_desks};

/// The fixture named in the address, or the list of all.
#[component]
pub(crate) fn FixturesPage() -> Element {
    let mut name = use_signal(browser::fragment);
    use_hook(|| {
        std::rc::Rc::new(browser::on_window("hashchange", move |_| {
            name.set(browser::fragment());
        }))
    });
    let Some(fixture) = ALL.iter().find(|fixture| fixture.name == name()) else {
        return rsx! { FixtureList {} };
    };
    match fixture.name {
        "sign-in" => rsx! { SignInFixture { state: SigningIn::NoLink } },
        "sign-in-organisation" => rsx! {
            SignInFixture { state: SigningIn::NoLink, methods: vec![SignInMethod::Link, SignInMethod::OpenidConnect] }
        },
        "sign-in-refused" => rsx! { SignInFixture { state: SigningIn::Refused } },
        "sign-in-unreachable" => rsx! {
            SignInFixture { state: SigningIn::Unreachable(String::new()) }
        },
        "sign-in-instead" => rsx! {
            SignInFixture { state: SigningIn::Opened(String::new()), signed_in: "Dr Sam Ellery" }
        },
        name => rsx! { SignedInFixture { key: "{name}", name } },
    }
}

#[component]
fn FixtureList() -> Element {
    rsx! {
        main { class: "page narrow",
            h1 { "Screens of the console" }
            p { class: "quiet", "With fixed data and no server. Nothing here is sent anywhere." }
            ul { class: "fixture-list",
                for fixture in ALL {
                    li { key: "{fixture.name}",
                        a { href: "#{fixture.name}",
                            strong { "{fixture.title}" }
                            span { class: "small quiet", "{fixture.about}" }
                        }
                    }
                }
            }
        }
    }
}

#[component]
fn SignInFixture(
    state: SigningIn,
    methods: Option<Vec<SignInMethod>>,
    signed_in: Option<&'static str>,
) -> Element {
    rsx! {
        SignInScreen {
            state,
            signed_in: signed_in.map(str::to_owned),
            methods: methods.unwrap_or_default(),
            on_exchange: |_| {},
            on_retry: |_| {},
        }
    }
}

#[component]
fn SignedInFixture(name: &'static str) -> Element {
    let role = match name {
        "reporter" | "reports-reporter" => TeamRole::Reporter,
        name if name.ends_with("not-allowed") => TeamRole::TeamMember,
        _ => TeamRole::ClinicAdmin,
    };
    let member = fixtures::member(role);
    use_stopped_clock(fixtures::NOW, "Australia/Melbourne");
    let page = use_signal(|| fixtures::page(name));
    use_context_provider(|| Pages(page));
    let desk: AreaDesk = use_context_provider(|| effects::waiting_area_of_fixture(name));
    let form_desk: FormDesk = use_context_provider(|| effects::settings_of_fixture(name));
    let desks = use_hook(|| effects::administration::desks_of_fixture(name));
    use_desks(&desks);
    let area = use_desk(&desk);
    let form = use_desk(&form_desk);
    let connection = match name {
        "connecting" => Connection::Connecting,
        "lost" => Connection::Lost,
        _ => Connection::Live,
    };
    let sound = Sound::of(&area.read());
    rsx! {
        Frame {
            member: member.clone(),
            connection,
            sound,
            has_unsaved: form.read().is_changed(),
            on_sound: move |sound| desk.send(Message::SoundSwitched(sound)),
            on_sign_out: |()| {},
            PageOf { page: page(), area, form, member }
        }
    }
}
