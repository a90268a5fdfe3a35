//! Staff sign in with OpenID Connect: a real provider, a real server, and everything between them by HTTP.

#![allow(
    clippy::expect_used,
    clippy::panic,
    reason = "what a test expects and does not find is the test's failure, in its helpers too"
)]

use serde_json::{Value, json};
use standby_tests::{Asker, Browser, IdentityProvider, Page, Server};

/// A server whose staff sign in at a provider.
struct Place {
    provider: IdentityProvider,
    server: Server,
}

impl Place {
    /// By the real provider, which knows Kim.
    async fn real(settings: &[(&str, &str)]) -> Self {
        let provider = IdentityProvider::start().await;
        let server = provider.server(&provider.issuer(), settings).await;
        let place = Self { provider, server };
        place.kim(json!(["demo:TEAM_MEMBER"])).await;
        place
    }

    /// By the forger, which signs Kim in at once.
    async fn forged(settings: &[(&str, &str)]) -> Self {
        let provider = IdentityProvider::start().await;
        let server = provider.server(&provider.forger(), settings).await;
        Self { provider, server }
    }

    async fn kim(&self, roles: Value) {
        let kim = json!({ "name": "Kim Lee", "standby": roles });
        self.provider
            .order(json!({ "people": { "kim": kim } }))
            .await;
    }

    fn at(&self, path: &str) -> String {
        format!("{}{path}", self.server.origin())
    }

    /// Goes to the provider, and stops before the way back is gone: the page leads to the server's callback.
    async fn to_the_way_back(&self, browser: &mut Browser, path: &str) -> Page {
        let page = browser.open(&self.at(path)).await;
        self.sign_in_there(browser, page).await
    }

    async fn sign_in_there(&self, browser: &mut Browser, page: Page) -> Page {
        let back = self.at("/sign-in/openid/callback");
        let page = browser.follow(page, &back).await;
        if page.body != "Who are you?" {
            return page;
        }
        let page = browser.submit(&page.address, &[("person", "kim")]).await;
        browser.follow(page, &back).await
    }

    /// Signs in, and returns what the browser ends at: a page, or what leads to the console.
    async fn sign_in(&self, browser: &mut Browser, path: &str) -> Page {
        let page = self.to_the_way_back(browser, path).await;
        match page.location.clone() {
            Some(back) => browser.open(&back).await,
            None => page,
        }
    }

    /// The session of whoever came back to the console.
    async fn session(&self, page: &Page) -> Session {
        let lead = self.at("/console/sign-in#");
        let token = page.leads_to().strip_prefix(&lead);
        let token = token.unwrap_or_else(|| panic!("to {:?}", page.location));
        self.exchange(token).await
    }

    async fn exchange(&self, token: &str) -> Session {
        let selection = "token viewer { id name role clinic { slug } }";
        let input = json!({ "token": token });
        let payload = self
            .server
            .anonymous()
            .accepted("signIn", input, selection)
            .await;
        Session {
            asker: self
                .server
                .bearer(payload["token"].as_str().expect("a token")),
            viewer: payload["viewer"].clone(),
        }
    }

    /// Asserts that nobody is signed in, and that the page says so in our own words.
    #[track_caller]
    fn assert_page(page: &Page, status: u16, title: &str) {
        assert_eq!(page.status.as_u16(), status, "{}", page.body);
        assert_eq!(page.location, None);
        assert!(
            page.body.contains(&format!("<h1>{title}</h1>")),
            "{}",
            page.body
        );
        assert!(
            page.body.contains("href=\"/console\""),
            "no way back: {}",
            page.body
        );
        assert!(
            page.body.contains("/landing.css"),
            "not styled: {}",
            page.body
        );
        assert_eq!(page.header("cache-control"), "no-store");
        assert!(
            page.header("content-security-policy")
                .starts_with("default-src 'self'")
        );
    }
}

struct Session {
    asker: Asker,
    viewer: Value,
}

impl Session {
    async fn is_good(&self) -> bool {
        let data = self
            .asker
            .data("{ viewer { __typename } }", json!({}))
            .await;
        data["viewer"]["__typename"] == "TeamMember"
    }
}

const START_AGAIN: &str = "Sign in once more";
const NOT_BELIEVED: &str = "You could not be signed in";
const UNAVAILABLE: &str = "The sign-in service cannot be reached";
const DECLINED: &str = "You are not signed in";
const NO_ROLE: &str = "No clinic here knows you yet";
const NO_ROLE_THERE: &str = "You have no role at this clinic";

fn parameter(address: &str, name: &str) -> Option<String> {
    let address = reqwest::Url::parse(address).expect("an address");
    let found = address.query_pairs().find(|(known, _)| known == name);
    found.map(|(_, value)| value.into_owned())
}

/// The address with another value of a parameter, or without it.
fn with(address: &str, name: &str, value: Option<&str>) -> String {
    let mut changed = reqwest::Url::parse(address).expect("an address");
    let others: Vec<(String, String)> = changed
        .query_pairs()
        .filter(|(known, _)| known != name)
        .map(|(name, value)| (name.into_owned(), value.into_owned()))
        .collect();
    changed.query_pairs_mut().clear().extend_pairs(others);
    if let Some(value) = value {
        changed.query_pairs_mut().append_pair(name, value);
    }
    changed.into()
}

#[tokio::test]
async fn staff_sign_in_at_their_organisation_and_come_back_to_the_console() {
    let place = Place::real(&[("STANDBY_LOG", "trace")]).await;
    let methods = place
        .server
        .anonymous()
        .data("{ signInMethods }", json!({}))
        .await;
    assert_eq!(methods["signInMethods"], json!(["LINK", "OPENID_CONNECT"]));

    let mut browser = Browser::default();
    let leaving = browser.open(&place.at("/sign-in/openid")).await;
    assert_eq!(leaving.status.as_u16(), 302);
    assert_eq!(leaving.header("cache-control"), "no-store");
    let cookie = leaving.header("set-cookie").to_owned();
    assert!(cookie.starts_with("standby-sign-in="), "{cookie}");
    assert!(
        cookie.ends_with("; Path=/; Max-Age=600; HttpOnly; SameSite=Lax"),
        "{cookie}"
    );
    let asked = leaving.leads_to().to_owned();
    assert!(
        asked.starts_with(&format!("{}/auth?", place.provider.issuer())),
        "{asked}"
    );
    for (name, value) in [
        ("response_type", "code"),
        ("client_id", "standby"),
        ("scope", "openid profile"),
        ("code_challenge_method", "S256"),
        ("prompt", "select_account"),
        ("redirect_uri", &place.at("/sign-in/openid/callback")),
    ] {
        assert_eq!(parameter(&asked, name).as_deref(), Some(value));
    }

    let back = place.sign_in_there(&mut browser, leaving).await;
    let back = back.leads_to().to_owned();
    let returned = browser.open(&back).await;
    assert_eq!(returned.status.as_u16(), 302);
    assert!(
        !browser.cookies.contains_key("standby-sign-in"),
        "the cookie is gone"
    );
    let session = place.session(&returned).await;
    let viewer = &session.viewer;
    assert_eq!(
        (&viewer["name"], &viewer["role"]),
        (&json!("Kim Lee"), &json!("TEAM_MEMBER"))
    );
    assert_eq!(viewer["clinic"]["slug"], "demo");
    let query = "{ viewer { ...on TeamMember { sessions { openedBy } } } }";
    let own = session.asker.data(query, json!({})).await;
    let by_provider = json!([{ "openedBy": "OPENID_CONNECT" }]);
    assert_eq!(own["viewer"]["sessions"], by_provider);

    let logged = place.server.logged();
    let secrets = [
        parameter(&back, "code").expect("a code"),
        parameter(&back, "state").expect("a state"),
        parameter(&asked, "nonce").expect("a nonce"),
        returned
            .leads_to()
            .split_once('#')
            .expect("a token")
            .1
            .to_owned(),
        place.provider.secret().to_owned(),
        "Kim Lee".to_owned(),
        // What every token of three parts begins with.
        "eyJ".to_owned(),
    ];
    for secret in secrets {
        assert!(!logged.contains(&secret), "{secret} is in the log");
    }
}

#[tokio::test]
async fn whoever_comes_next_to_a_shared_computer_is_asked_who_they_are() {
    let place = Place::real(&[]).await;
    let mut browser = Browser::default();
    let page = place.sign_in(&mut browser, "/sign-in/openid").await;
    let session = place.session(&page).await;
    session
        .asker
        .accepted("signOut", json!({}), "signedOut")
        .await;
    // The provider's own session goes on: it is not this server's to end.
    let back = place.at("/sign-in/openid/callback");
    let page = browser.open(&place.at("/sign-in/openid")).await;
    let page = browser.follow(page, &back).await;
    assert_eq!(page.body, "Who are you?");

    for (prompt, asked) in [("off", None), ("login", Some("login"))] {
        let settings = [("OPENID_PROMPT", prompt)];
        let issuer = place.provider.issuer();
        let server = place.provider.server(&issuer, &settings).await;
        let address = format!("{}/sign-in/openid", server.origin());
        let page = browser.open(&address).await;
        let found = parameter(page.leads_to(), "prompt");
        assert_eq!(found.as_deref(), asked);
    }
}

#[tokio::test]
async fn without_a_provider_there_are_links_only() {
    let server = Server::start().await;
    let methods = server
        .anonymous()
        .data("{ signInMethods }", json!({}))
        .await;
    assert_eq!(methods["signInMethods"], json!(["LINK"]));
    for path in ["/sign-in/openid", "/sign-in/openid/callback"] {
        let page = Browser::default()
            .open(&format!("{}{path}", server.origin()))
            .await;
        assert_eq!(page.status.as_u16(), 404);
    }
}

#[tokio::test]
async fn name_and_role_are_renewed_at_each_sign_in_and_a_role_taken_away_ends_sessions() {
    let place = Place::real(&[]).await;
    let mut browser = Browser::default();
    let page = place.sign_in(&mut browser, "/sign-in/openid").await;
    let first = place.session(&page).await;

    let kim = json!({ "name": "Kim Lee-Ray", "standby": "demo:CLINIC_ADMIN" });
    place
        .provider
        .order(json!({ "people": { "kim": kim } }))
        .await;
    let page = place.sign_in(&mut browser, "/sign-in/openid").await;
    let second = place.session(&page).await;
    assert_eq!(second.viewer["id"], first.viewer["id"], "the same member");
    assert_eq!(second.viewer["name"], "Kim Lee-Ray");
    assert_eq!(second.viewer["role"], "CLINIC_ADMIN");
    assert!(first.is_good().await, "with the new role");

    place.kim(json!(["offline_access", "demo:ADMIN"])).await;
    let page = place.sign_in(&mut browser, "/sign-in/openid").await;
    Place::assert_page(&page, 403, NO_ROLE);
    assert!(!first.is_good().await && !second.is_good().await);

    place.kim(json!(["demo:REPORTER"])).await;
    let page = place.sign_in(&mut browser, "/sign-in/openid").await;
    let again = place.session(&page).await;
    assert_eq!(
        again.viewer["id"], first.viewer["id"],
        "the same member again"
    );
    assert_eq!(again.viewer["role"], "REPORTER");
    assert!(!first.is_good().await, "what has ended stays so");
}

#[tokio::test]
async fn a_claim_that_is_missing_or_of_another_type_is_not_a_role_taken_away() {
    let place = Place::forged(&[]).await;
    let mut browser = Browser::default();
    let page = place.sign_in(&mut browser, "/sign-in/openid").await;
    let session = place.session(&page).await;
    for claim in [
        json!(null),
        json!(3),
        json!({ "demo": "REPORTER" }),
        json!([3]),
    ] {
        let forge = json!({ "forge": { "claims": { "standby": claim } } });
        place.provider.order(forge).await;
        let page = place.sign_in(&mut browser, "/sign-in/openid").await;
        Place::assert_page(&page, 403, NO_ROLE);
        assert!(session.is_good().await, "{claim}");
    }
    let logged = place.server.logged();
    assert_eq!(logged.matches("OPENID_ROLES_CLAIM").count(), 1, "{logged}");
    let forge = json!({ "forge": { "claims": { "standby": [] } } });
    place.provider.order(forge).await;
    let page = place.sign_in(&mut browser, "/sign-in/openid").await;
    Place::assert_page(&page, 403, NO_ROLE);
    assert!(!session.is_good().await, "a list without it is one");
}

#[tokio::test]
async fn roles_that_are_misspelled_are_counted_in_the_log() {
    let place = Place::forged(&[]).await;
    let roles = json!(["demmo:TEAM_MEMBER", "demo:TEAM_MEMER", "somebody"]);
    let forge = json!({ "forge": { "claims": { "standby": roles } } });
    place.provider.order(forge).await;
    let page = place
        .sign_in(&mut Browser::default(), "/sign-in/openid")
        .await;
    Place::assert_page(&page, 403, NO_ROLE);
    let logged = place.server.logged();
    let lines: Vec<&str> = logged
        .lines()
        .filter(|line| line.contains("OPENID_ROLES_CLAIM"))
        .collect();
    let [line] = lines[..] else {
        panic!("{logged}")
    };
    assert!(
        line.contains("WARN") && line.contains("of 3 values of OPENID_ROLES_CLAIM 1 are"),
        "{line}"
    );
    assert!(
        !logged.contains("demmo") && !logged.contains("somebody,"),
        "{logged}"
    );
}

#[tokio::test]
async fn a_name_that_cannot_be_asked_keeps_nobody_out_and_takes_no_name_away() {
    let provider = IdentityProvider::start().await;
    let forger = provider.forger();
    let metadata = json!({ "userinfo_endpoint": format!("{forger}/userinfo") });
    provider
        .order(json!({ "forge": { "metadata": metadata } }))
        .await;
    let server = provider.server(&forger, &[]).await;
    let place = Place { provider, server };
    let mut browser = Browser::default();
    let page = place.sign_in(&mut browser, "/sign-in/openid").await;
    let named = place.session(&page).await;
    assert_eq!(named.viewer["name"], "Kim Forger");
    for userinfo in [
        json!({ "status": 500 }),
        json!({ "status": 403 }),
        json!({ "body": "<html>", "headers": { "content-type": "text/html" } }),
        json!({ "body": { "sub": "somebody else", "name": "Somebody Else" } }),
    ] {
        let forge =
            json!({ "metadata": metadata, "claims": { "name": null }, "userinfo": userinfo });
        place.provider.order(json!({ "forge": forge })).await;
        let page = place.sign_in(&mut browser, "/sign-in/openid").await;
        let nameless = place.session(&page).await;
        assert_eq!(nameless.viewer, named.viewer, "{userinfo}");
    }
}

#[tokio::test]
async fn who_was_removed_in_the_console_is_a_member_again_while_the_provider_says_so() {
    let place = Place::real(&[]).await;
    let mut browser = Browser::default();
    let page = place.sign_in(&mut browser, "/sign-in/openid").await;
    let session = place.session(&page).await;
    let admin = place.server.admin().await;
    let input = json!({ "teamMemberId": session.viewer["id"] });
    admin
        .asker
        .accepted("removeTeamMember", input, "removedTeamMemberId")
        .await;
    assert!(!session.is_good().await);
    let page = place.sign_in(&mut browser, "/sign-in/openid").await;
    assert_eq!(
        place.session(&page).await.viewer["id"],
        session.viewer["id"]
    );
}

#[tokio::test]
async fn who_works_for_several_clinics_chooses_one() {
    let place = Place::real(&[]).await;
    place.server.add_clinic("north");
    place
        .kim(json!([
            "north:REPORTER",
            "demo:TEAM_MEMBER",
            "nowhere:CLINIC_ADMIN"
        ]))
        .await;
    let mut browser = Browser::default();
    let page = place.sign_in(&mut browser, "/sign-in/openid").await;
    assert_eq!(page.status.as_u16(), 200);
    assert!(page.body.contains("<h1>Which clinic?</h1>") && !page.body.contains("nowhere"));
    assert_eq!(page.header("cache-control"), "no-store");
    let ways: Vec<&str> = page
        .body
        .split("/console/sign-in#")
        .skip(1)
        .filter_map(|rest| rest.split_once('"').map(|(token, _)| token))
        .collect();
    assert_eq!(ways.len(), 2, "{}", page.body);
    let demo = place.exchange(ways[0]).await;
    let north = place.exchange(ways[1]).await;
    assert_eq!(demo.viewer["clinic"]["slug"], "demo");
    assert_eq!(
        (&north.viewer["clinic"]["slug"], &north.viewer["role"]),
        (&json!("north"), &json!("REPORTER"))
    );
    assert_ne!(demo.viewer["id"], north.viewer["id"]);

    let page = place
        .sign_in(&mut browser, "/sign-in/openid?clinic=north")
        .await;
    assert_eq!(place.session(&page).await.viewer["id"], north.viewer["id"]);
    // A clinic that is there and one that is not look alike.
    place.kim(json!(["demo:TEAM_MEMBER"])).await;
    let other = place
        .sign_in(&mut browser, "/sign-in/openid?clinic=north")
        .await;
    Place::assert_page(&other, 403, NO_ROLE_THERE);
    let none = place
        .sign_in(&mut browser, "/sign-in/openid?clinic=nowhere")
        .await;
    assert_eq!((other.status, other.body), (none.status, none.body));
    assert!(demo.is_good().await && !north.is_good().await);
}

#[tokio::test]
async fn claims_may_be_told_by_userinfo_only_and_lie_at_a_path() {
    let claim = ("OPENID_ROLES_CLAIM", "/organisation/roles");
    let place = Place::real(&[claim]).await;
    let kim =
        json!({ "preferred_username": "kim", "organisation": { "roles": ["demo:REPORTER"] } });
    for settings in [
        json!({ "inIdToken": true }),
        json!({ "inIdToken": false }),
        json!({ "inIdToken": false, "auth": "client_secret_post" }),
    ] {
        place
            .provider
            .order(json!({ "provider": settings, "people": { "kim": kim } }))
            .await;
        let page = place
            .sign_in(&mut Browser::default(), "/sign-in/openid")
            .await;
        let session = place.session(&page).await;
        assert_eq!(session.viewer["name"], "kim");
        assert_eq!(session.viewer["role"], "REPORTER");
    }
}

#[tokio::test]
async fn keys_are_rotated_without_a_restart() {
    let place = Place::real(&[]).await;
    for alg in ["RS256", "PS256", "ES256", "EdDSA"] {
        let place = &place;
        // At most once a minute, so each has a server of its own that has known other keys.
        let server = place.provider.server(&place.provider.issuer(), &[]).await;
        let at = |path: &str| format!("{}{path}", server.origin());
        let sign_in = async || {
            let mut browser = Browser::default();
            let page = browser.open(&at("/sign-in/openid")).await;
            let page = browser.follow(page, &at("/sign-in/openid/callback")).await;
            let page = browser.submit(&page.address, &[("person", "kim")]).await;
            browser.follow(page, &at("/console")).await
        };
        let before = sign_in().await;
        assert!(before.leads_to().contains("/console/sign-in#"));
        place
            .provider
            .order(json!({ "provider": { "rotate": true, "alg": alg } }))
            .await;
        let after = sign_in().await;
        assert!(after.leads_to().contains("/console/sign-in#"), "{alg}");
    }
}

/// Signs in again and again with a token that is not believed; returns what the provider was asked for.
async fn asked_for_its_keys_once_though_nobody_is_believed(
    place: &Place,
    browser: &mut Browser,
) -> Value {
    for _ in 0..4 {
        let page = place.sign_in(browser, "/sign-in/openid").await;
        Place::assert_page(&page, 502, NOT_BELIEVED);
    }
    let asked = place.provider.order(json!({})).await;
    assert_eq!(
        asked["jwks"], 2,
        "when it was discovered, and once for all of these"
    );
    asked
}

#[tokio::test]
async fn a_key_that_is_replaced_under_its_own_name_is_known_at_the_next_sign_in() {
    let place = Place::forged(&[]).await;
    let mut browser = Browser::default();
    let page = place.sign_in(&mut browser, "/sign-in/openid").await;
    place.session(&page).await;
    let forge = json!({ "forge": { "rotate": "same-kid" } });
    place.provider.order(forge).await;
    let page = place.sign_in(&mut browser, "/sign-in/openid").await;
    place.session(&page).await;
    let forge = json!({ "forge": { "sign": "other-key" } });
    place.provider.order(forge).await;
    asked_for_its_keys_once_though_nobody_is_believed(&place, &mut browser).await;
}

#[tokio::test]
async fn unknown_keys_have_the_provider_asked_once_a_minute_and_no_more() {
    let place = Place::forged(&[]).await;
    let mut browser = Browser::default();
    let page = place.sign_in(&mut browser, "/sign-in/openid").await;
    place.session(&page).await;
    place
        .provider
        .order(json!({ "forge": { "header": { "kid": "made up" } } }))
        .await;
    let asked = asked_for_its_keys_once_though_nobody_is_believed(&place, &mut browser).await;
    assert_eq!(asked["discovery"], 1);
}

#[tokio::test]
async fn a_token_that_is_not_right_in_everything_is_not_believed() {
    let place = Place::forged(&[("OPENID_AUDIENCE", "https://api.example")]).await;
    let issuer = place.provider.forger();
    for forge in [
        json!({ "sign": "none" }),
        json!({ "sign": "two-parts" }),
        json!({ "sign": "no-signature" }),
        json!({ "sign": "hmac-with-public-key" }),
        json!({ "sign": "hmac-with-secret" }),
        json!({ "sign": "other-key" }),
        json!({ "sign": "tampered" }),
        json!({ "header": { "alg": "none" } }),
        json!({ "header": { "alg": "RS512" } }),
        json!({ "header": { "crit": ["b64"], "b64": false } }),
        json!({ "header": { "typ": "at+jwt" } }),
        json!({ "claims": { "iss": "https://login.example" } }),
        json!({ "claims": { "iss": format!("{issuer}/") } }),
        json!({ "claims": { "iss": null } }),
        json!({ "claims": { "aud": "somebody else" } }),
        json!({ "claims": { "aud": null } }),
        json!({ "claims": { "aud": [] } }),
        json!({ "claims": { "aud": ["standby", "somebody else"], "azp": "standby" } }),
        json!({ "claims": { "aud": ["standby", "https://api.example"] } }),
        json!({ "claims": { "aud": ["standby", "https://api.example"], "azp": "somebody else" } }),
        json!({ "claims": { "azp": "somebody else" } }),
        json!({ "claims": { "nonce": "another sign-in's" } }),
        json!({ "claims": { "nonce": null } }),
        json!({ "claims": { "exp": { "now": -120 } } }),
        json!({ "claims": { "exp": null } }),
        json!({ "claims": { "iat": { "now": 120 } } }),
        json!({ "claims": { "iat": { "now": -3600 } } }),
        json!({ "claims": { "iat": null } }),
        json!({ "claims": { "nbf": { "now": 120 } } }),
        json!({ "claims": { "nbf": "soon" } }),
        json!({ "claims": { "sub": "" } }),
        json!({ "claims": { "sub": null } }),
        json!({ "claims": { "sub": "x".repeat(300) } }),
        json!({ "token": { "body": { "access_token": "a", "token_type": "Bearer" } } }),
        json!({ "token": { "body": "<html>", "headers": { "content-type": "text/html" } } }),
        json!({ "claims": { "standby": null }, "metadata": { "userinfo_endpoint": format!("{issuer}/userinfo") },
                "userinfo": { "body": { "sub": "somebody else", "standby": ["demo:CLINIC_ADMIN"] } },
                "anew": true }),
    ] {
        let mut forge = forge;
        let needs_anew = forge
            .as_object_mut()
            .and_then(|forge| forge.remove("anew"))
            .is_some();
        place.provider.order(json!({ "forge": forge })).await;
        // What is published is kept for an hour; another server has not read it yet.
        let anew = if needs_anew {
            Some(place.provider.server(&issuer, &[]).await)
        } else {
            None
        };
        let server = anew.as_ref().unwrap_or(&place.server);
        let mut browser = Browser::default();
        let page = browser
            .open(&format!("{}/sign-in/openid", server.origin()))
            .await;
        let page = browser.follow(page, "nowhere").await;
        Place::assert_page(&page, 502, NOT_BELIEVED);
        let logged = server.logged();
        assert!(
            logged.contains("a sign-in by the identity provider was refused"),
            "{forge}"
        );
        assert!(
            !logged.contains("eyJ") && !logged.contains("Kim Forger"),
            "{forge}"
        );
    }
}

#[tokio::test]
async fn what_is_right_within_a_minute_is_right() {
    let place = Place::forged(&[(
        "OPENID_AUDIENCE",
        "https://api.example, https://other.example",
    )])
    .await;
    for forge in [
        json!({}),
        json!({ "claims": { "exp": { "now": -30 } } }),
        json!({ "claims": { "iat": { "now": 30 } } }),
        json!({ "claims": { "iat": { "now": -30 } } }),
        json!({ "claims": { "nbf": { "now": 30 } } }),
        json!({ "claims": { "nbf": { "now": -3000 } } }),
        json!({ "claims": { "aud": ["standby"], "azp": "standby" } }),
        json!({ "claims": { "aud": ["https://api.example", "standby"], "azp": "standby" } }),
        // What common providers say otherwise than the standard.
        json!({ "claims": { "email_verified": "true", "updated_at": "2026-03-02T08:15:30.250Z" } }),
        json!({ "header": { "typ": null } }),
    ] {
        place.provider.order(json!({ "forge": forge })).await;
        let page = place
            .sign_in(&mut Browser::default(), "/sign-in/openid")
            .await;
        assert!(
            page.location.is_some(),
            "{forge}: {}\n{}",
            page.body,
            place.server.logged()
        );
    }
    for (alg, wrong_by) in [("ES384", 30), ("EdDSA", -30)] {
        // Each key is new, and one server asks for new ones once a minute.
        let order = json!({ "wrongBy": wrong_by, "forge": { "alg": alg } });
        place.provider.order(order).await;
        let server = place.provider.server(&place.provider.forger(), &[]).await;
        let mut browser = Browser::default();
        let page = browser
            .open(&format!("{}/sign-in/openid", server.origin()))
            .await;
        let page = browser
            .follow(page, &format!("{}/console", server.origin()))
            .await;
        assert!(page.location.is_some(), "{alg}: {}", page.body);
    }
}

#[tokio::test]
async fn a_real_providers_clock_may_be_wrong_by_a_minute_and_not_by_more() {
    let place = Place::real(&[]).await;
    for (wrong_by, is_believed) in [(45, true), (-45, true), (150, false), (-150, false)] {
        place.provider.order(json!({ "wrongBy": wrong_by })).await;
        let page = place
            .sign_in(&mut Browser::default(), "/sign-in/openid")
            .await;
        assert_eq!(
            page.location.is_some(),
            is_believed,
            "{wrong_by} s: {}",
            page.body
        );
        if !is_believed {
            Place::assert_page(&page, 502, NOT_BELIEVED);
        }
    }
}

#[tokio::test]
async fn the_way_back_is_for_one_browser_and_for_once() {
    let place = Place::real(&[]).await;
    let mut browser = Browser::default();
    let page = place.to_the_way_back(&mut browser, "/sign-in/openid").await;
    let back = page.leads_to().to_owned();

    // Somebody else who has got hold of the address, with no attempt and with an own one.
    let mut other = Browser::default();
    Place::assert_page(&other.open(&back).await, 400, START_AGAIN);
    other.open(&place.at("/sign-in/openid")).await;
    Place::assert_page(&other.open(&back).await, 400, START_AGAIN);

    // In the right browser, but not as the provider sent it.
    let kept = browser.cookies.clone();
    let state = parameter(&back, "state").expect("a state");
    let twice = format!("{back}&state={state}");
    for wrong in [
        with(&back, "state", None),
        with(&back, "state", Some("")),
        with(
            &back,
            "state",
            Some(&state.replacen(|_: char| true, "!", 1)),
        ),
        twice,
        place.at("/sign-in/openid/callback"),
        place.at("/sign-in/openid/callback?state=%ff&code=%00"),
    ] {
        Place::assert_page(&browser.open(&wrong).await, 400, START_AGAIN);
    }
    for (name, spoiled) in [("standby-sign-in", "x"), ("standby-sign-in", "0.AAAA.")] {
        let mut spoiling = browser.clone();
        spoiling.cookies.insert(name.to_owned(), spoiled.to_owned());
        Place::assert_page(&spoiling.open(&back).await, 400, START_AGAIN);
    }
    let mut elsewhere = browser.clone();
    let with_clinic = format!("{}north", elsewhere.cookies["standby-sign-in"]);
    elsewhere
        .cookies
        .insert("standby-sign-in".to_owned(), with_clinic);
    Place::assert_page(&elsewhere.open(&back).await, 400, START_AGAIN);

    // None of that has used it up. Once it is, it is for this browser too, whatever it kept.
    let page = browser.open(&back).await;
    place.session(&page).await;
    for _ in 0..2 {
        Place::assert_page(&browser.open(&back).await, 400, START_AGAIN);
        browser.cookies = kept.clone();
    }
}

#[tokio::test]
async fn by_https_nobody_but_this_host_can_have_a_browser_keep_an_attempt() {
    // As behind a proxy that ends TLS.
    let public = "https://127.0.0.1:8443";
    let place = Place::forged(&[("PUBLIC_URL", public)]).await;
    let mut browser = Browser::default();
    let leaving = browser.open(&place.at("/sign-in/openid")).await;
    let cookie = leaving.header("set-cookie").to_owned();
    assert!(cookie.starts_with("__Host-standby-sign-in="), "{cookie}");
    let attributes = "; Path=/; Max-Age=600; HttpOnly; SameSite=Lax; Secure";
    assert!(cookie.ends_with(attributes), "{cookie}");
    let back = browser.follow(leaving, public).await;
    let back = back.leads_to().replace(public, &place.server.origin());
    // Under the name that anybody could plant, it is not looked at.
    let mut planted = browser.clone();
    let kept = planted
        .cookies
        .remove("__Host-standby-sign-in")
        .expect("a cookie");
    planted.cookies.insert("standby-sign-in".to_owned(), kept);
    Place::assert_page(&planted.open(&back).await, 400, START_AGAIN);
    let returned = browser.open(&back).await;
    place.session(&returned).await;
    assert!(
        returned
            .header("set-cookie")
            .starts_with("__Host-standby-sign-in=; Path=/; Max-Age=0;")
    );
}

#[tokio::test]
async fn a_way_back_survives_a_restart_and_counts_once_across_it() {
    let mut place = Place::real(&[]).await;
    let mut browser = Browser::default();
    let page = place.to_the_way_back(&mut browser, "/sign-in/openid").await;
    let back = page.leads_to().to_owned();
    let kept = browser.cookies.clone();
    place.server.kill();
    place.server.start_again().await;
    let page = browser.open(&back).await;
    place.session(&page).await;
    place.server.kill();
    place.server.start_again().await;
    browser.cookies = kept;
    Place::assert_page(&browser.open(&back).await, 400, START_AGAIN);
}

#[tokio::test]
async fn a_code_from_elsewhere_is_of_no_use() {
    let place = Place::real(&[]).await;
    let (mut browser, mut thief) = (Browser::default(), Browser::default());
    let page = place.to_the_way_back(&mut browser, "/sign-in/openid").await;
    let stolen = parameter(page.leads_to(), "code").expect("a code");
    // Injected into an attempt of one's own: the provider sees another PKCE verifier.
    let page = place.to_the_way_back(&mut thief, "/sign-in/openid").await;
    let injected = with(page.leads_to(), "code", Some(&stolen));
    Place::assert_page(&thief.open(&injected).await, 400, START_AGAIN);
    for code in [String::new(), "x".to_owned(), "x".repeat(20_000)] {
        let page = place.to_the_way_back(&mut thief, "/sign-in/openid").await;
        let made_up = with(page.leads_to(), "code", Some(&code));
        Place::assert_page(&thief.open(&made_up).await, 400, START_AGAIN);
    }
    // An answer in the name of another provider is not asked about.
    let page = place.to_the_way_back(&mut thief, "/sign-in/openid").await;
    let mixed_up = with(page.leads_to(), "iss", Some("https://login.example"));
    Place::assert_page(&thief.open(&mixed_up).await, 502, NOT_BELIEVED);
}

#[tokio::test]
async fn one_address_begins_so_many_sign_ins_a_minute_and_others_more() {
    let limits = [
        ("STANDBY_RATE_LIMITS", "address=4"),
        ("STANDBY_TRUSTED_PROXIES", "127.0.0.1"),
    ];
    let place = Place::forged(&limits).await;
    let address = place.at("/sign-in/openid");
    let mut browser = Browser::default();
    for _ in 0..4 {
        let page = browser
            .open_with(&address, "x-forwarded-for", "192.0.2.1")
            .await;
        assert_eq!(page.status.as_u16(), 302);
    }
    let page = browser
        .open_with(&address, "x-forwarded-for", "192.0.2.1")
        .await;
    Place::assert_page(&page, 429, "One moment");
    assert!(!page.header("retry-after").is_empty());
    let page = browser
        .open_with(&address, "x-forwarded-for", "192.0.2.2")
        .await;
    assert_eq!(page.status.as_u16(), 302);
}

#[tokio::test]
async fn what_the_provider_says_is_never_shown() {
    let place = Place::real(&[]).await;
    let mut browser = Browser::default();
    let page = browser.open(&place.at("/sign-in/openid")).await;
    let page = browser
        .follow(page, &place.at("/sign-in/openid/callback"))
        .await;
    let page = browser.submit(&page.address, &[("declined", "yes")]).await;
    let page = browser.follow(page, &place.at("/console")).await;
    Place::assert_page(&page, 403, DECLINED);
    assert!(
        !page.body.contains("script") && !page.body.contains("told by the provider"),
        "{}",
        page.body
    );
    // Also what somebody puts in its mouth.
    let page = place.to_the_way_back(&mut browser, "/sign-in/openid").await;
    let back = with(page.leads_to(), "error", Some("<script>alert(1)</script>"));
    let page = browser.open(&back).await;
    Place::assert_page(&page, 503, UNAVAILABLE);
    assert!(!page.body.contains("script"), "{}", page.body);
    let logged = place.server.logged();
    assert!(!logged.contains("alert(1)"));
    // Nor is what a browser brings a fault of anybody's.
    for error in ["server_error", "invalid_scope", "invalid_request"] {
        let page = place.to_the_way_back(&mut browser, "/sign-in/openid").await;
        let back = with(page.leads_to(), "error", Some(error));
        Place::assert_page(&browser.open(&back).await, 503, UNAVAILABLE);
    }
    let logged = place.server.logged();
    assert!(!logged.contains("ERROR"), "{logged}");
}

#[tokio::test]
async fn nothing_of_a_request_leads_anywhere_else() {
    let place = Place::real(&[]).await;
    for evil in [
        "https://evil.example",
        "//evil.example",
        "/%5Cevil.example",
        "demo/../..",
        "DEMO",
        "%0d%0aX:1",
    ] {
        let page = Browser::default()
            .open(&place.at(&format!("/sign-in/openid?clinic={evil}")))
            .await;
        Place::assert_page(&page, 403, NO_ROLE_THERE);
        assert!(!page.body.contains("evil"));
    }
    let provider = format!("{}/auth?", place.provider.issuer());
    for name in [
        "redirect_uri",
        "returnTo",
        "next",
        "issuer",
        "scope",
        "state",
    ] {
        let address = place.at(&format!(
            "/sign-in/openid?{name}=https%3A%2F%2Fevil.example"
        ));
        let page = Browser::default().open(&address).await;
        assert!(page.leads_to().starts_with(&provider) && !page.leads_to().contains("evil"));
    }
    for header in ["host", "x-forwarded-host", "forwarded", "origin", "referer"] {
        let address = place.at("/sign-in/openid");
        let page = Browser::default()
            .open_with(&address, header, "evil.example")
            .await;
        assert!(!format!("{:?}", page.headers).contains("evil"), "{header}");
    }
}

#[tokio::test]
async fn a_provider_that_is_down_keeps_nobody_with_a_link_out() {
    let provider = IdentityProvider::start().await;
    let issuer = provider.issuer();
    let secret = provider.secret().to_owned();
    drop(provider);
    let settings = [
        ("OPENID_ISSUER", issuer.as_str()),
        ("OPENID_CLIENT_ID", "standby"),
        ("OPENID_CLIENT_SECRET", &secret),
    ];
    let server = Server::start_with(&settings).await;
    for _ in 0..3 {
        let page = Browser::default()
            .open(&format!("{}/sign-in/openid", server.origin()))
            .await;
        Place::assert_page(&page, 503, UNAVAILABLE);
        assert_eq!(page.header("retry-after"), "10");
        assert_eq!(page.header("set-cookie"), "");
    }
    let admin = server.admin().await;
    assert!(!admin.clinic.is_empty());
    assert!(
        server
            .logged()
            .contains("the identity provider cannot be used")
    );
}

#[tokio::test]
async fn a_provider_that_misbehaves_is_waited_for_no_longer_and_followed_nowhere() {
    let place = Place::forged(&[]).await;
    let issuer = place.provider.forger();
    let elsewhere = format!("{issuer}/jwks");
    for forge in [
        json!({ "token": { "status": 500 } }),
        json!({ "token": { "status": 401, "body": { "error": "invalid_client" } } }),
        json!({ "token": { "status": 307, "headers": { "location": elsewhere } } }),
        json!({ "token": { "bytes": 400_000 } }),
    ] {
        let before = place.provider.order(json!({ "forge": forge })).await;
        let page = place
            .sign_in(&mut Browser::default(), "/sign-in/openid")
            .await;
        Place::assert_page(&page, 503, UNAVAILABLE);
        let after = place.provider.order(json!({})).await;
        assert_eq!(
            before["jwks"], after["jwks"],
            "a redirect is followed: {forge}"
        );
    }
    // What it publishes about itself; kept for an hour, so each is read by a server of its own.
    for forge in [
        json!({ "metadata": { "issuer": "https://login.example" } }),
        json!({ "metadata": { "authorization_endpoint": "http://login.example/auth" } }),
        json!({ "metadata": { "authorization_endpoint": "javascript:alert(1)" } }),
        json!({ "metadata": { "jwks_uri": "http://login.example/jwks" } }),
        json!({ "discovery": { "status": 302, "headers": { "location": elsewhere } } }),
        json!({ "discovery": { "bytes": 400_000 } }),
        json!({ "discovery": { "body": "<html>", "headers": { "content-type": "text/html" } } }),
    ] {
        place.provider.order(json!({ "forge": forge })).await;
        let server = place.provider.server(&issuer, &[]).await;
        let page = Browser::default()
            .open(&format!("{}/sign-in/openid", server.origin()))
            .await;
        assert_eq!(page.status.as_u16(), 503, "{forge}");
        Place::assert_page(&page, 503, UNAVAILABLE);
    }
}
