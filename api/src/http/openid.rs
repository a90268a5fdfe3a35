//! `/sign-in/openid`: staff sign in at the clinic's identity provider, and come back.
//!
//! Nothing of a request leads anywhere: where a browser is sent is what the provider publishes, the console, or a
//! page of ours. What a page says is ours too: what the provider or the address said is never on it.

use crate::app::App;
use crate::app::openid::{ATTEMPT, Leaving, RETURN_PATH, Returned, Returning, WayIn};
use crate::domain::clinic::Slug;
use crate::domain::limits::RETURNS_FROM_ADDRESS;
use crate::domain::secret::Token;
use crate::http::connections::{ConnectionLimits, Connections};
use crate::http::fair_use::{FairUse, Party, RateLimits};
use crate::http::proxies::TrustedProxies;
use axum::extract::rejection::QueryRejection;
use axum::extract::{ConnectInfo, Query, Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{Html, IntoResponse as _, Response};
use axum::routing::get;
use axum::{Extension, Router};
use serde::Deserialize;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Instant;

/// Where signing in begins. `?clinic=<slug>` says where to.
pub const PATH: &str = "/sign-in/openid";

/// What the browser keeps while it is at the provider. With `__Host-` browsers take it by https only and from
/// nobody but this very host: no neighbour under the same domain can plant an attempt of its own.
const COOKIE: &str = "__Host-standby-sign-in";
/// The same where there is no https: on this machine, in development.
const COOKIE_IN_THE_OPEN: &str = "standby-sign-in";

/// What differs between installations.
#[derive(Clone, Default)]
pub struct Reached {
    /// Browsers reach this server by https.
    pub is_https: bool,
    /// How often one address may begin or come back. Anybody can, and each has this server write a row and ask
    /// the provider.
    pub rate_limits: RateLimits,
    /// Whose word on where a request is from is taken.
    pub proxies: TrustedProxies,
}

#[derive(Clone)]
struct Door {
    app: Arc<App>,
    is_https: bool,
    proxies: TrustedProxies,
    fair_use: FairUse,
    /// Of those who came back, whom the provider is being asked about.
    asked_about: Connections,
}

/// Serves both addresses.
pub fn router(app: Arc<App>, reached: Reached) -> Router {
    let door = Door {
        app,
        is_https: reached.is_https,
        proxies: reached.proxies,
        fair_use: FairUse::new(reached.rate_limits),
        asked_about: Connections::new(ConnectionLimits {
            address: RETURNS_FROM_ADDRESS,
            ..ConnectionLimits::default()
        }),
    };
    Router::new()
        .route(PATH, get(leave))
        .route(RETURN_PATH, get(come_back))
        .layer(axum::middleware::from_fn_with_state(
            door.clone(),
            not_too_often,
        ))
        .with_state(door)
}

async fn not_too_often(State(door): State<Door>, mut request: Request, next: Next) -> Response {
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>();
    let peer = peer.map(|ConnectInfo(peer)| *peer);
    let party = Party::at(door.proxies.address(peer, request.headers()));
    request.extensions_mut().insert(party.clone());
    let turn = door.fair_use.take(party, Instant::now());
    let mut response = match turn.too_often_for {
        None => next.run(request).await,
        Some(_) => page(&TOO_OFTEN),
    };
    turn.mark(response.headers_mut());
    response
}

#[derive(Deserialize)]
struct Wanted {
    clinic: Option<String>,
}

async fn leave(
    State(door): State<Door>,
    wanted: Result<Query<Wanted>, QueryRejection>,
) -> Response {
    let clinic = wanted.map(|Query(wanted)| wanted.clinic);
    let Ok(clinic) = clinic else {
        return page(&START_AGAIN);
    };
    let clinic = match clinic.as_deref().map(Slug::parse) {
        // What can be no clinic is as one that there is not.
        Some(None) => return page(&NO_ROLE_THERE),
        Some(Some(slug)) => Some(slug),
        None => None,
    };
    match door.app.leave_for_provider(clinic.as_ref()).await {
        None => page(&UNAVAILABLE),
        Some(Leaving { address, kept }) => match HeaderValue::from_str(&address) {
            Ok(address) => door.redirect(address, &kept),
            Err(_) => page(&UNAVAILABLE),
        },
    }
}

/// What the provider sends back, in the address.
#[derive(Deserialize)]
struct Answer {
    state: Option<String>,
    code: Option<String>,
    error: Option<String>,
    iss: Option<String>,
}

async fn come_back(
    State(door): State<Door>,
    Extension(party): Extension<Party>,
    headers: HeaderMap,
    answer: Result<Query<Answer>, QueryRejection>,
) -> Response {
    // Also where something is said twice: it is not this server's to choose which counts.
    let Ok(Query(answer)) = answer else {
        return page(&START_AGAIN);
    };
    // Before the attempt is used up: the page that says so can be reloaded.
    let Ok(_place) = door.asked_about.take_in(party) else {
        return page(&OTHERS_ARE_RETURNING);
    };
    let returning = Returning {
        kept: door.kept(&headers),
        state: answer.state.as_deref(),
        code: answer.code.as_deref(),
        error: answer.error.as_deref(),
        issuer: answer.iss.as_deref(),
    };
    let returned = match door.app.return_from_provider(returning).await {
        Ok(returned) => returned,
        Err(fault) => {
            tracing::error!(error = fault.chain(), "signing in by the identity provider");
            return door.forget(page(&FAULT));
        }
    };
    let response = match returned {
        Returned::SignedIn(token) => see_console(&token),
        Returned::Choose(ways) => choose(&ways),
        Returned::NoRole => page(&NO_ROLE),
        Returned::NoRoleThere => page(&NO_ROLE_THERE),
        Returned::TeamIsFull => page(&TEAM_IS_FULL),
        // Perhaps the page of another tab, or an address somebody was led to: the attempt that this browser
        // keeps may yet come back.
        Returned::StartAgain => return page(&START_AGAIN),
        Returned::Declined => page(&DECLINED),
        Returned::NotBelieved => page(&NOT_BELIEVED),
        Returned::Unavailable => page(&UNAVAILABLE),
    };
    door.forget(response)
}

impl Door {
    fn cookie(&self) -> &'static str {
        if self.is_https {
            COOKIE
        } else {
            COOKIE_IN_THE_OPEN
        }
    }

    /// The header that has the browser keep this, for as long as an attempt may take; of nothing, not any more.
    /// `Lax`: the provider brings the browser back by a link, with which `Strict` would not be sent.
    fn set_cookie(&self, kept: &str) -> String {
        let secure = if self.is_https { "; Secure" } else { "" };
        let seconds = match kept {
            "" => 0,
            _ => ATTEMPT.as_seconds_up(),
        };
        let name = self.cookie();
        format!("{name}={kept}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax{secure}")
    }

    fn redirect(&self, address: HeaderValue, kept: &str) -> Response {
        let mut response = StatusCode::FOUND.into_response();
        response.headers_mut().insert(header::LOCATION, address);
        not_kept(self.with_cookie(response, kept))
    }

    fn forget(&self, response: Response) -> Response {
        self.with_cookie(response, "")
    }

    fn with_cookie(&self, mut response: Response, kept: &str) -> Response {
        if let Ok(mut cookie) = HeaderValue::from_str(&self.set_cookie(kept)) {
            cookie.set_sensitive(true);
            response.headers_mut().insert(header::SET_COOKIE, cookie);
        }
        response
    }

    /// What this browser kept; `None` when there is nothing, or several that contradict each other.
    fn kept<'h>(&self, headers: &'h HeaderMap) -> Option<&'h str> {
        let cookies = headers
            .get_all(header::COOKIE)
            .into_iter()
            .filter_map(|cookies| cookies.to_str().ok())
            .flat_map(|cookies| cookies.split(';'));
        let mut own = cookies.filter_map(|cookie| {
            let (name, value) = cookie.split_once('=')?;
            (name.trim() == self.cookie()).then(|| value.trim())
        });
        let kept = own.next()?;
        own.all(|other| other == kept).then_some(kept)
    }
}

/// In the fragment, which is in no request: the console exchanges it for a session.
fn console(token: &Token) -> String {
    format!("/console/sign-in#{}", token.reveal())
}

fn see_console(token: &Token) -> Response {
    let mut response = StatusCode::FOUND.into_response();
    if let Ok(mut address) = HeaderValue::from_str(&console(token)) {
        address.set_sensitive(true);
        response.headers_mut().insert(header::LOCATION, address);
    }
    not_kept(response)
}

/// A page that says how signing in ended.
struct Page {
    status: StatusCode,
    title: &'static str,
    words: &'static str,
}

const START_AGAIN: Page = Page {
    status: StatusCode::BAD_REQUEST,
    title: "Sign in once more",
    words: "This sign-in was used already, took longer than 10 minutes, or was begun in another browser. \
            Nothing is lost: begin again.",
};
const DECLINED: Page = Page {
    status: StatusCode::FORBIDDEN,
    title: "You are not signed in",
    words: "Signing in was broken off at your organisation’s sign-in page.",
};
const NO_ROLE: Page = Page {
    status: StatusCode::FORBIDDEN,
    title: "No clinic here knows you yet",
    words: "Your organisation has confirmed who you are, but has given you no role at a clinic. Ask whoever \
            looks after your organisation’s accounts.",
};
const NO_ROLE_THERE: Page = Page {
    status: StatusCode::FORBIDDEN,
    title: "You have no role at this clinic",
    words: "Your organisation has given you no role at the clinic you asked for. Ask whoever looks after your \
            organisation’s accounts, or sign in without naming a clinic.",
};
const TEAM_IS_FULL: Page = Page {
    status: StatusCode::FORBIDDEN,
    title: "The clinic’s team is full",
    words: "The team has 1000 members, which is the most it may have. Ask a clinic admin to remove somebody who no \
            longer belongs to it, then sign in again.",
};
const NOT_BELIEVED: Page = Page {
    status: StatusCode::BAD_GATEWAY,
    title: "You could not be signed in",
    words: "What your organisation’s sign-in service answered could not be trusted. Try again; if it stays so, \
            tell whoever runs this server: the reason is in its log.",
};
const UNAVAILABLE: Page = Page {
    status: StatusCode::SERVICE_UNAVAILABLE,
    title: "The sign-in service cannot be reached",
    words: "Your organisation’s sign-in service does not answer as it should. Try again in a moment. A one-time \
            sign-in link from your clinic admin works meanwhile.",
};
const TOO_OFTEN: Page = Page {
    status: StatusCode::TOO_MANY_REQUESTS,
    title: "One moment",
    words: "Too many sign-ins were begun from your network. Try again in a minute. A one-time sign-in link from \
            your clinic admin works meanwhile.",
};
const OTHERS_ARE_RETURNING: Page = Page {
    status: StatusCode::TOO_MANY_REQUESTS,
    title: "One moment",
    words: "Others in your network are signing in at this very moment. Wait a few seconds, and reload this page.",
};
const FAULT: Page = Page {
    status: StatusCode::INTERNAL_SERVER_ERROR,
    title: "Something went wrong",
    words: "You could not be signed in. Try again in a moment.",
};

fn page(page: &Page) -> Response {
    let ways = [
        way(
            PATH,
            "Sign in again",
            "At your organisation’s sign-in page.",
        ),
        way(
            "/console",
            "Back to the console",
            "Or open a one-time sign-in link.",
        ),
    ];
    let mut response = written(page.status, page.title, page.words, &ways);
    if let StatusCode::SERVICE_UNAVAILABLE | StatusCode::TOO_MANY_REQUESTS = page.status {
        let seconds = HeaderValue::from_static(super::IN_A_WHILE);
        response.headers_mut().insert(header::RETRY_AFTER, seconds);
    }
    response
}

fn choose(clinics: &[WayIn]) -> Response {
    let ways: Vec<String> = clinics
        .iter()
        .map(|clinic| {
            way(
                &console(&clinic.token),
                &escaped(&clinic.clinic),
                "Open the console.",
            )
        })
        .collect();
    let words = "You work for several. Choose the one to open; each choice works once.";
    written(StatusCode::OK, "Which clinic?", words, &ways)
}

fn way(address: &str, title: &str, words: &str) -> String {
    format!(r#"<li><a href="{address}"><strong>{title}</strong><span>{words}</span></a></li>"#)
}

fn written(status: StatusCode, title: &str, words: &str, ways: &[String]) -> Response {
    let page = include_str!("openid.html")
        .replace("{title}", title)
        .replace("{words}", words)
        .replace("{ways}", &ways.join("\n"));
    not_kept((status, Html(page)).into_response())
}

/// Nothing of signing in is for a cache, or for a browser's way back.
fn not_kept(mut response: Response) -> Response {
    let value = HeaderValue::from_static("no-store");
    response.headers_mut().insert(header::CACHE_CONTROL, value);
    response
}

/// The name of a clinic is whatever its admin wrote.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            other => escaped.push(other),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::secret::TokenKind;

    async fn text(response: Response) -> String {
        let body = axum::body::to_bytes(response.into_body(), 100_000)
            .await
            .unwrap();
        String::from_utf8(body.to_vec()).unwrap()
    }

    #[tokio::test]
    async fn a_clinics_name_is_text_on_the_page_whatever_is_in_it() {
        let clinics =
            ["<script>alert(1)</script>", "\" onclick='x' {ways} &"].map(|clinic| WayIn {
                clinic: clinic.to_owned(),
                token: Token::new(TokenKind::SignIn, [1; 16]),
            });
        let page = text(choose(&clinics)).await;
        assert!(page.contains("&lt;script&gt;alert(1)"), "{page}");
        assert!(
            !page.contains("<script") && !page.contains("\" onclick"),
            "{page}"
        );
    }

    #[test]
    fn a_full_team_is_told_how_many_it_may_have() {
        let figure = format!(" {} members", crate::domain::limits::TEAM_MEMBERS);
        assert!(TEAM_IS_FULL.words.contains(&figure));
    }

    #[test]
    fn every_page_has_a_way_back_and_none_is_kept() {
        for page in [
            START_AGAIN,
            DECLINED,
            NO_ROLE,
            NO_ROLE_THERE,
            TEAM_IS_FULL,
            NOT_BELIEVED,
            UNAVAILABLE,
            TOO_OFTEN,
            OTHERS_ARE_RETURNING,
            FAULT,
        ] {
            let status = page.status;
            let response = super::page(&page);
            assert_eq!(response.status(), status);
            assert_eq!(response.headers()[header::CACHE_CONTROL], "no-store");
        }
    }
}
