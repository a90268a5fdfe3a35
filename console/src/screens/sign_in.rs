//! Signing in: by a one-time link, or at the organisation's identity provider.

use dioxus::prelude::*;
use standby_client::{ClientError, SignInMethod};

use crate::address::Page;
use crate::browser;
use crate::screens::Pages;
use crate::screens::icon::mark;
use crate::session::{self, Session, Why};

/// How far signing in has come.
#[derive(Clone, PartialEq)]
pub(crate) enum SigningIn {
    /// There is no link to sign in by.
    NoLink,
    /// A link was opened. With its token.
    Opened(String),
    Exchanging,
    /// The link was used, or is too old.
    Refused,
    /// No answer: the link may still be good. With its token.
    Unreachable(String),
}

/// What becomes of a link that was opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Opened {
    /// It is not known yet whether somebody is signed in.
    Waits,
    /// It could not be asked whether somebody is signed in.
    Unreachable,
    /// Nobody is: it signs this browser in.
    Exchanged,
    /// Somebody is. A link that another has sent must not put them under that one's name unnoticed.
    Asked,
}

impl Opened {
    fn while_session_is(session: &Session) -> Self {
        match session {
            Session::Asking => Self::Waits,
            Session::Unreachable => Self::Unreachable,
            Session::SignedOut(_) => Self::Exchanged,
            Session::SignedIn(_) => Self::Asked,
        }
    }
}

/// The page that a one-time sign-in link opens.
#[component]
pub(crate) fn SignInPage(session: Signal<Session>) -> Element {
    let mut session = session;
    let pages = use_context::<Pages>();
    let mut state = use_signal(|| SigningIn::NoLink);
    let exchange = use_callback(move |token: String| {
        state.set(SigningIn::Exchanging);
        spawn(async move {
            match session::sign_in(&token).await {
                Ok(signed_in) => {
                    session.set(Session::SignedIn(signed_in));
                    browser::replace_address(Page::WaitingArea.path());
                    let mut page = pages.0;
                    page.set(Page::WaitingArea);
                }
                Err(ClientError::Refused(_) | ClientError::Unauthorized) => {
                    state.set(SigningIn::Refused);
                }
                Err(_) => state.set(SigningIn::Unreachable(token)),
            }
        });
    });
    let take_link = use_callback(move |()| {
        let token = browser::fragment();
        if !token.is_empty() {
            // A token in the address would be in the history, and in whatever is copied from there.
            browser::replace_address(Page::SignIn.path());
            state.set(SigningIn::Opened(token));
        }
    });
    use_effect(move || {
        if let SigningIn::Opened(token) = state()
            && Opened::while_session_is(&session.read()) == Opened::Exchanged
        {
            exchange.call(token);
        }
    });
    // A second link pasted into the same tab changes nothing but the fragment, and loads nothing.
    use_hook(|| {
        std::rc::Rc::new(browser::on_window("hashchange", move |_| {
            take_link.call(());
        }))
    });
    use_hook(|| take_link.call(()));
    let signed_in = match session() {
        Session::SignedIn(signed_in) => Some(signed_in.member.name),
        _ => None,
    };
    let shown = match state() {
        // Asked again by itself until there is an answer.
        SigningIn::Opened(token)
            if Opened::while_session_is(&session.read()) == Opened::Unreachable =>
        {
            SigningIn::Unreachable(token)
        }
        state => state,
    };
    rsx! {
        SignInScreen {
            state: shown,
            signed_in,
            methods: use_methods()(),
            on_exchange: exchange,
            on_retry: move |token| state.set(SigningIn::Opened(token)),
        }
    }
}

/// Where the server leads to the organisation's identity provider.
pub(crate) const AT_THE_ORGANISATION: &str = "/sign-in/openid";

/// How staff can sign in here, as far as it is known. A link works where the server cannot be asked, too.
fn use_methods() -> Signal<Vec<SignInMethod>> {
    let mut methods = use_signal(Vec::new);
    use_future(move || async move {
        if let Ok(known) = session::sign_in_methods().await {
            methods.set(known);
        }
    });
    methods
}

/// What the page shows.
#[component]
pub(crate) fn SignInScreen(
    state: SigningIn,
    /// The name of whoever is signed in.
    signed_in: Option<String>,
    methods: Vec<SignInMethod>,
    on_exchange: Callback<String>,
    on_retry: Callback<String>,
) -> Element {
    let is_asked = matches!(state, SigningIn::Opened(_)) && signed_in.is_some();
    rsx! {
        main { class: "alone",
            div { class: "card",
                {mark()}
                match state {
                    SigningIn::Opened(token) if is_asked => rsx! {
                        h1 { "You are signed in as {signed_in.clone().unwrap_or_default()}" }
                        p { "Sign in with this link instead? What you do then is recorded under the name that the link is for." }
                        button {
                            class: "button primary",
                            r#type: "button",
                            onclick: move |_| on_exchange.call(token.clone()),
                            "Sign in with this link"
                        }
                    },
                    SigningIn::NoLink => rsx! {
                        h1 { "Sign in" }
                        Ways { methods, by_link: "Open the one-time sign-in link that you were given. It works once, and signs this browser in." }
                    },
                    SigningIn::Opened(_) | SigningIn::Exchanging => rsx! {
                        h1 { "Signing in…" }
                        p { class: "quiet", role: "status", "One moment." }
                    },
                    SigningIn::Refused => rsx! {
                        h1 { "This link no longer works" }
                        p { role: "alert", "A sign-in link works once and not for long. This one was used, or is too old." }
                        Ways { methods }
                    },
                    SigningIn::Unreachable(token) => rsx! {
                        h1 { "The server cannot be reached" }
                        p { role: "alert", "Your sign-in link was not lost. Check the connection and try again." }
                        button {
                            class: "button primary",
                            r#type: "button",
                            onclick: move |_| on_retry.call(token.clone()),
                            "Try again"
                        }
                    },
                }
                if let Some(name) = signed_in {
                    p { class: "quiet",
                        if is_asked {
                            "Or stay signed in as {name}. "
                        } else {
                            "This browser is signed in as {name}. "
                        }
                        a { class: "button", href: Page::WaitingArea.path(), "Go to the waiting area" }
                    }
                }
            }
        }
    }
}

/// How to sign in.
#[component]
fn Ways(methods: Vec<SignInMethod>, by_link: Option<&'static str>) -> Element {
    rsx! {
        if methods.contains(&SignInMethod::OpenidConnect) {
            a { class: "button primary organisation", href: AT_THE_ORGANISATION, "Sign in with your organisation" }
            p { class: "or quiet", "or by a sign-in link" }
        }
        if let Some(by_link) = by_link {
            p { "{by_link}" }
        }
        AskForALink {}
    }
}

/// How to come by a sign-in link.
#[component]
fn AskForALink() -> Element {
    rsx! {
        p { "Ask your clinic admin for a new sign-in link." }
        p { class: "quiet small",
            "For operators: "
            code { "standby team link" }
            " makes one."
        }
    }
}

/// Shown in place of the console when nobody is signed in.
#[component]
pub(crate) fn SignedOutScreen(why: Why) -> Element {
    let (title, about) = match why {
        Why::NoSession => (
            "Sign in",
            "Open the one-time sign-in link that you were given. It works once, and signs this browser in.",
        ),
        Why::Ended => (
            "Your session has ended",
            "Open a new one-time sign-in link to go on.",
        ),
        Why::SignedOut => (
            "You are signed out",
            "Open a new one-time sign-in link to come back.",
        ),
    };
    rsx! {
        main { class: "alone",
            div { class: "card",
                {mark()}
                h1 { "{title}" }
                Ways { methods: use_methods()(), by_link: about }
            }
        }
    }
}

/// Shown while it is not known who is signed in.
#[component]
pub(crate) fn AskingScreen(is_unreachable: bool, on_retry: Callback<()>) -> Element {
    rsx! {
        main { class: "alone",
            div { class: "card",
                {mark()}
                if is_unreachable {
                    h1 { "The server cannot be reached" }
                    p { role: "alert", "Check the connection. This page tries again by itself." }
                    button {
                        class: "button primary",
                        r#type: "button",
                        onclick: move |_| on_retry.call(()),
                        "Try again now"
                    }
                } else {
                    h1 { "Opening the console…" }
                    p { class: "quiet", role: "status", "One moment." }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures;
    use crate::session::SignedIn;
    use standby_client::TeamRole;

    #[test]
    fn a_link_is_used_unasked_only_where_nobody_is_signed_in() {
        let somebody = SignedIn::for_test(fixtures::member(TeamRole::Reporter));
        for (session, becomes) in [
            (Session::Asking, Opened::Waits),
            (Session::Unreachable, Opened::Unreachable),
            (Session::SignedOut(Why::NoSession), Opened::Exchanged),
            (Session::SignedOut(Why::Ended), Opened::Exchanged),
            (Session::SignedOut(Why::SignedOut), Opened::Exchanged),
            (Session::SignedIn(somebody), Opened::Asked),
        ] {
            assert_eq!(Opened::while_session_is(&session), becomes);
        }
    }
}
