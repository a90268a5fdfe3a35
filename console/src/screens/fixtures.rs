//! Every screen with fixed data and no server.

use dioxus::prelude::*;
use standby_client::TeamRole;

use crate::address::Page;
use crate::browser;
use crate::effects::{self, AreaDesk, FormDesk};
use crate::fixtures::{self, ALL};
use crate::screens::configure::ConfigureScreen;
use crate::screens::frame::Frame;
use crate::screens::sign_in::{SignInScreen, SigningIn};
use crate::screens::waiting_area::WaitingAreaScreen;
use crate::screens::{Pages, use_desk, use_stopped_clock};
use crate::waiting_area::{Connection, Message};

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
        "sign-in-refused" => rsx! { SignInFixture { state: SigningIn::Refused } },
        "sign-in-unreachable" => rsx! {
            SignInFixture { state: SigningIn::Unreachable(String::new()) }
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
fn SignInFixture(state: SigningIn) -> Element {
    rsx! { SignInScreen { state, signed_in: None, on_retry: |_| {} } }
}

#[component]
fn SignedInFixture(name: &'static str) -> Element {
    let is_configure = name.starts_with("configure");
    let role = match name {
        "reporter" => TeamRole::Reporter,
        "configure-not-allowed" => TeamRole::TeamMember,
        _ => TeamRole::ClinicAdmin,
    };
    let is_open = name != "closed";
    let member = fixtures::member(role, is_open);
    use_stopped_clock(fixtures::NOW);
    let page = use_signal(|| {
        if is_configure {
            Page::Configure
        } else {
            Page::WaitingArea
        }
    });
    use_context_provider(|| Pages(page));
    let desk: AreaDesk = use_context_provider(|| effects::waiting_area_of_fixture(name));
    let form_desk: FormDesk = use_context_provider(|| effects::settings_of_fixture(name));
    let area = use_desk(&desk);
    let form = use_desk(&form_desk);
    let connection = match name {
        "connecting" => Connection::Connecting,
        "lost" => Connection::Lost,
        _ => Connection::Live,
    };
    let sound = area.read().sound;
    rsx! {
        Frame {
            member: member.clone(),
            connection,
            sound,
            has_unsaved: form.read().is_changed(),
            on_sound: move |sound| desk.send(Message::SoundSwitched(sound)),
            on_sign_out: |()| {},
            if page() == Page::Configure {
                ConfigureScreen { form }
            } else {
                WaitingAreaScreen { area, member, is_open }
            }
        }
    }
}
