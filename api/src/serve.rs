//! Puts everything together and serves it: the one place that knows all the parts.

mod open_files;
mod openid;
mod texts;

use crate::adapters::change_feed::InProcessFeed;
use crate::adapters::clock::WallClock;
use crate::adapters::one_server::OneServer;
use crate::adapters::randomness::SystemRandomness;
use crate::adapters::sqlite::Sqlite;
use crate::adapters::webhook_sender::{HttpsSender, SystemNames};
use crate::app::keys::Keys;
use crate::app::webhooks::Delivering;
use crate::app::{App, Texting};
use crate::configuration::{Configuration, Texts, read_keys};
use crate::domain::policy::{Role, Within};
use crate::failure::Failure;
use crate::graphql::door::AppDoor;
use crate::graphql::known_documents::KnownDocuments;
use crate::graphql::webhook::GraphqlBodies;
use crate::http::connections::Connections;
use crate::http::graphql_http::HttpLimits;
use crate::http::graphql_sse::StreamLimits;
use crate::http::graphql_ws::{SocketLimits, Sockets};
use crate::http::landing::Ways;
use crate::http::listening::{self, ListenLimits};
use crate::http::origin::OriginPolicy;
use crate::http::persisted::Documents;
use crate::http::security_headers::SecurityHeaders;
use crate::http::transport::Transport;
use crate::http::{
    app_links, dev_phone, dev_room, graphiql, graphql_http, health, landing, report_csv,
    security_headers, static_files,
};
use crate::metrics::Metrics;
use crate::ports::Fault;
use crate::ports::clock::Clock;
use crate::ports::texter::Texter;
use axum::Router;
use std::io::Write as _;
use std::sync::Arc;
use std::time::Duration;
use texts::Way;
use tokio::net::TcpListener;
use tokio::sync::watch;

/// The clinic that the first start makes.
const DEMO_SLUG: &str = "demo";
const DEMO_NAME: &str = "Demo Clinic";
const DEMO_COUNTRY: &str = "AU";
/// The member of its team for whom a sign-in link is printed.
const DEMO_MEMBER: &str = "Demo Admin";

/// How long requests may take to finish once the server was asked to stop.
const FAREWELL: Duration = Duration::from_secs(10);
/// How often what is no longer needed is forgotten.
const FORGET_EVERY: Duration = Duration::from_mins(1);
/// How often the figures of stays that have ended are taken.
const FIGURES_EVERY: Duration = Duration::from_mins(1);
/// How often it is looked whether the provider is to be asked about a text.
const ASK_ABOUT_TEXTS_EVERY: Duration = Duration::from_secs(5);
/// How often the last uses of sessions and keys are written: an admin who has just tried a key sees that it
/// was used.
const RECORD_USES_EVERY: Duration = Duration::from_secs(5);

/// The application over the store of a data directory.
///
/// # Errors
/// When the store cannot be opened or brought up to date.
pub async fn compose(
    configuration: &Configuration,
    keys: Keys,
    clock: Arc<dyn Clock>,
    texting: Texting,
) -> Result<Arc<App>, Fault> {
    let store = Sqlite::open(&configuration.data)?;
    Ok(App::new(
        Arc::new(store),
        clock,
        Arc::new(SystemRandomness),
        Arc::new(InProcessFeed::default()),
        keys,
        configuration.public_url.clone(),
        texting,
    ))
}

/// Serves until it is told to stop by a signal.
///
/// # Errors
/// When it cannot start. Once it serves, faults are logged and it goes on.
pub async fn serve(configuration: Configuration) -> Result<(), Failure> {
    serve_texting(configuration, |texter| texter).await
}

/// Serves as [`serve`] does, sending texts by what `around` makes of the texter: for tests that show what
/// a careless one would do.
///
/// # Errors
/// As [`serve`].
pub async fn serve_texting(
    configuration: Configuration,
    around: impl FnOnce(Arc<dyn Texter>) -> Arc<dyn Texter>,
) -> Result<(), Failure> {
    configuration.check_reach()?;
    say_that_no_proxy_is_named(&configuration);
    let keys = read_keys(&configuration)?;
    let Some(_one_server) = OneServer::of(&configuration.data, FAREWELL).await? else {
        return Err(Failure::Asked(format!(
            "another server uses {}; stop it, or give this one a directory of its own (--data)",
            configuration.data.display()
        )));
    };
    let clock: Arc<dyn Clock> = Arc::new(WallClock::default());
    let way = Way::of(&configuration, &clock)?;
    let app = compose(&configuration, keys, Arc::clone(&clock), way.texting()).await?;
    let texter = around(way.texter());
    app.restore_presence().await?;
    app.take_texts_up_again().await?;
    let link = if configuration.is_public() {
        // A clinic that anybody could arrive at would send texts at the operator's expense.
        if app.clinic_by_slug(DEMO_SLUG).await?.is_some() {
            tracing::warn!(
                "the demo clinic of an earlier start is open to everybody: close it under Configure, or \
                 serve another directory (--data)"
            );
        }
        None
    } else {
        first_start(&app).await?
    };
    let has_dev_phone = matches!(configuration.texts, Texts::DevPhone);
    let ways = Ways {
        demo: link.as_ref().map(|_| DEMO_SLUG),
        has_dev_phone,
        has_graphiql: configuration.has_graphiql(),
    };

    let limits = ListenLimits {
        proxies: configuration.trusted_proxies.clone(),
        ..ListenLimits::default()
    };
    let is_public = configuration.is_public();
    let (limits, live) = open_files::fit(limits, configuration.connections, is_public);
    let connections = Connections::new(live);
    let router = router(&configuration, &app, &clock, &way, ways, &connections)?;
    let listener = TcpListener::bind(configuration.listen)
        .await
        .map_err(|error| Fault::new("listening", error))?;
    app.let_webhooks_reach(configuration.webhook_reach);
    let sender = HttpsSender::new(configuration.webhook_reach, Arc::new(SystemNames))
        .map_err(|error| Fault::new("making connections to webhooks ready", error))?;
    let delivering = Delivering {
        sender: Arc::new(sender),
        bodies: Arc::new(GraphqlBodies::new(Arc::clone(&app))),
    };
    let stop = watch::Sender::new(false);
    let mut sending = tokio::spawn(send(Arc::clone(&app), texter, delivering, stop.subscribe()));
    let mut work = tokio::spawn(work(Arc::clone(&app), way.texter()));
    say_what_is_not_built(&configuration);
    announce(&configuration, link.as_deref());

    let stopping = {
        let (connections, stop) = (connections.clone(), stop.clone());
        async move {
            told_to_stop().await;
            stop.send_replace(true);
            tracing::info!("stopping: no new requests, open ones are finished");
            // Sockets and streams never finish by themselves: they are told, and clients come back
            // elsewhere.
            tokio::spawn(async move { connections.shut_down().await });
        }
    };
    let mut serving = Box::pin(listening::serve(listener, router, limits, stopping));
    let mut farewell = std::pin::pin!(after_farewell(&connections));
    let mut is_sending = true;
    // A server that answers while nobody ends leases or sends texts would show callers who are gone,
    // and lose those who wait for a text: better none, for whoever runs it to start again.
    let crashed = || {
        Err(std::io::Error::other(
            "the work besides requests has crashed",
        ))
    };
    let outcome = loop {
        tokio::select! {
            () = &mut serving => break Ok(()),
            () = &mut farewell => break Ok(()),
            _ = &mut work => break crashed(),
            _ = &mut sending, if is_sending => {
                is_sending = false;
                if !*stop.borrow() {
                    break crashed();
                }
            }
        }
    };
    // What has not finished by now is broken off, streams to readers that are stuck with it.
    drop(serving);
    // A socket is no request any more: without this the process would end before the sockets are told.
    connections.shut_down().await;
    stop.send_replace(true);
    // Cut off now, a text that is being handed over would come back in doubt.
    if is_sending && tokio::time::timeout(FAREWELL, &mut sending).await.is_err() {
        sending.abort();
    }
    work.abort();
    outcome.map_err(|error| Fault::new("serving", error))?;
    Ok(())
}

/// Every way in, with what holds for all of them.
fn router(
    configuration: &Configuration,
    app: &Arc<App>,
    clock: &Arc<dyn Clock>,
    way: &Way,
    ways: Ways,
    connections: &Connections,
) -> Result<Router, Failure> {
    let documents = read_documents(configuration)?;
    let mut door = AppDoor::new(Arc::clone(app)).behind(configuration.trusted_proxies.clone());
    if !configuration.introspection {
        door = door.without_introspection();
    }
    let own = configuration.public_url.as_str().parse().ok();
    let origins = OriginPolicy::new(configuration.allowed_origins.clone()).of_pages_at(own);
    let mut transport = Transport::new(door, origins)
        .rated(configuration.rate_limits)
        .counting_in(connections.clone())
        .knowing(documents);
    if !configuration.introspection {
        transport = transport.without_introspection();
    }
    let tools = if configuration.has_graphiql() {
        graphiql::router()
    } else {
        Router::new()
    };
    let sockets = Sockets::new(transport.clone(), SocketLimits::default());
    let reports = report_csv::router(Arc::clone(app), transport.clone());
    let metrics = Metrics::new(Arc::clone(app), connections.open(), way.refused());
    Ok(Router::new()
        .merge(graphql_http::router(
            transport,
            HttpLimits::default(),
            StreamLimits::default(),
        ))
        .merge(sockets.router())
        .merge(tools)
        .merge(way.router(app)?)
        .merge(dev_room::router())
        .merge(openid::way_in(configuration, app, clock)?)
        .merge(landing::router(ways))
        .merge(app_links::router(&configuration.linked_apps))
        .merge(static_files::router(configuration.web.clone()))
        .merge(reports)
        .merge(health::router(
            Arc::clone(app),
            metrics,
            configuration.metrics_for(),
        ))
        .layer(axum::middleware::from_fn_with_state(
            Arc::new(SecurityHeaders {
                is_https: configuration.public_url.as_str().starts_with("https:"),
            }),
            security_headers::add,
        )))
}

/// What goes on besides requests, for as long as the server lives.
async fn work(app: Arc<App>, texter: Arc<dyn Texter>) {
    tokio::join!(
        app.watch_presence(),
        app.sweep_versions(),
        app.forget_regularly(FORGET_EVERY),
        app.take_figures_regularly(FIGURES_EVERY),
        app.erase_regularly(&*texter),
        app.ask_about_texts_regularly(&*texter, ASK_ABOUT_TEXTS_EVERY),
        app.record_uses_regularly(RECORD_USES_EVERY),
    );
}

/// Sends texts and events; apart from the other work, because it is not cut off but comes to an end.
async fn send(
    app: Arc<App>,
    texter: Arc<dyn Texter>,
    delivering: Delivering,
    stopping: watch::Receiver<bool>,
) {
    let events = Arc::clone(&app).deliver_webhooks(delivering, stopping.clone());
    tokio::join!(app.send_texts(&*texter, stopping), events);
}

/// Resolves once the time for finishing requests is over, counted from the signal.
async fn after_farewell(connections: &Connections) {
    connections.told_to_shut_down().await;
    tokio::time::sleep(FAREWELL).await;
}

/// The documents that are known beforehand.
fn read_documents(configuration: &Configuration) -> Result<Documents, Failure> {
    let Some(list) = &configuration.operations else {
        return Ok(Documents::default());
    };
    let known = KnownDocuments::default();
    Documents::and_only(list, |document| known.check(document))
        .map_err(|error| Failure::Asked(format!("STANDBY_OPERATIONS: {} {error}", list.display())))
}

/// Makes the demo clinic where there is no clinic, and a sign-in link for it.
async fn first_start(app: &App) -> Result<Option<String>, Failure> {
    if app.clinics().await?.is_empty() {
        app.add_clinic(DEMO_SLUG, DEMO_NAME, DEMO_COUNTRY, dev_room::TEMPLATE)
            .await??;
    }
    let Some(clinic) = app.clinic_by_slug(DEMO_SLUG).await? else {
        return Ok(None);
    };
    let within = Within::system(clinic.id);
    let team = app.team(&within).await?;
    let member = match team.into_iter().find(|member| member.name == DEMO_MEMBER) {
        Some(member) => member,
        None => {
            app.add_team_member(&within, DEMO_MEMBER, Role::ClinicAdmin)
                .await??
        }
    };
    let link = app.sign_in_link(&within, &member.id).await?;
    Ok(link.ok().map(|link| link.url))
}

/// Without its pages the server serves the API alone, which may be meant.
fn say_what_is_not_built(configuration: &Configuration) {
    let not_built = static_files::not_built_in(&configuration.web);
    if !not_built.is_empty() {
        tracing::warn!(
            "no {} in {} (--web, STANDBY_WEB): until `make web` puts it there, people are told that the page is \
             not built",
            not_built.join(" and no "),
            configuration.web.display(),
        );
    }
}

/// Without it everything works, until as many come at once as one address may.
fn say_that_no_proxy_is_named(configuration: &Configuration) {
    if configuration.has_unnamed_proxy() {
        tracing::warn!(
            "STANDBY_TRUSTED_PROXIES names no proxy, but one there must be, as PUBLIC_URL begins with https: \
             everybody who comes through it has its address, and shares all limits by address with all others"
        );
    }
}

/// Says on standard output where everything is. The sign-in link is for the person who started the
/// server and is not logged. Nobody may read it, which is no reason not to serve.
fn announce(configuration: &Configuration, link: Option<&str>) {
    let say = |line: &str| {
        let _ = writeln!(std::io::stdout(), "{line}");
    };
    let at = configuration.public_url.as_str();
    say(&format!("Standby is serving at {at}\n"));
    if link.is_none() {
        say("  Clinics: `standby clinic add`, then `standby team add` for a sign-in link");
    }
    if let Some(link) = link {
        say(&format!("  Staff: sign in (once)   {link}"));
        say(&format!("  Callers: clinic link    {at}/c/{DEMO_SLUG}"));
    }
    match configuration.texts {
        Texts::DevPhone => say(&format!(
            "  Texts: the dev phone    {at}{}",
            dev_phone::PATH
        )),
        Texts::Twilio(_) => say("  Texts: by Twilio"),
    }
    if configuration.has_graphiql() {
        say(&format!("  API: try it out         {at}{}", graphiql::PATH));
    }
    let data = configuration.data.display();
    say(&format!("\nCtrl-C stops it. Everything is kept in {data}"));
    tracing::info!(listen = %configuration.listen, "serving");
}

async fn told_to_stop() {
    let interrupted = async {
        // Without the handler there is no asking politely: the signal itself ends the process.
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    };
    #[cfg(unix)]
    let terminated = async {
        use tokio::signal::unix::{SignalKind, signal};
        match signal(SignalKind::terminate()) {
            Ok(mut signal) => {
                signal.recv().await;
            }
            Err(_) => std::future::pending().await,
        }
    };
    #[cfg(not(unix))]
    let terminated = std::future::pending::<()>();
    tokio::select! {
        () = interrupted => {}
        () = terminated => {}
    }
}
