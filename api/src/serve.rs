//! Puts everything together and serves it: the one place that knows all the parts.

mod texts;

use crate::adapters::change_feed::InProcessFeed;
use crate::adapters::clock::WallClock;
use crate::adapters::one_server::OneServer;
use crate::adapters::randomness::SystemRandomness;
use crate::adapters::sqlite::Sqlite;
use crate::app::keys::Keys;
use crate::app::{App, Texting};
use crate::configuration::{Configuration, Texts, read_keys};
use crate::domain::policy::Role;
use crate::failure::Failure;
use crate::graphql::door::AppDoor;
use crate::http::graphql_http::HttpLimits;
use crate::http::graphql_ws::{SocketLimits, Sockets};
use crate::http::landing::Ways;
use crate::http::origin::OriginPolicy;
use crate::http::security_headers::SecurityHeaders;
use crate::http::{
    dev_phone, dev_room, graphiql, graphql_http, health, landing, security_headers, static_files,
};
use crate::metrics::Metrics;
use crate::ports::Fault;
use crate::ports::clock::Clock;
use crate::ports::texter::Texter;
use axum::Router;
use std::net::SocketAddr;
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
    let keys = read_keys(&configuration)?;
    let Some(_one_server) = OneServer::of(&configuration.data, FAREWELL).await? else {
        return Err(Failure::Asked(format!(
            "another server uses {}; stop it, or give this one a directory of its own (--data)",
            configuration.data.display()
        )));
    };
    let clock: Arc<dyn Clock> = Arc::new(WallClock::default());
    let way = Way::of(&configuration, &clock)?;
    let app = compose(&configuration, keys, clock, way.texting()).await?;
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
    };

    let listener = TcpListener::bind(configuration.listen)
        .await
        .map_err(|error| Fault::new("listening", error))?;
    let door = AppDoor::new(Arc::clone(&app)).behind(configuration.trusted_proxies.clone());
    let origins = OriginPolicy::new(configuration.allowed_origins.clone());
    let sockets = Sockets::new(door.clone(), origins.clone(), SocketLimits::default());
    let metrics = Metrics::new(Arc::clone(&app), sockets.open(), way.refused());
    let router = Router::new()
        .merge(graphql_http::router(door, origins, HttpLimits::default()))
        .merge(sockets.router())
        .merge(graphiql::router())
        .merge(way.router(&app)?)
        .merge(dev_room::router())
        .merge(landing::router(ways))
        .merge(static_files::router(configuration.web.clone()))
        .merge(health::router(Arc::clone(&app), metrics))
        .layer(axum::middleware::from_fn_with_state(
            Arc::new(SecurityHeaders {
                is_https: configuration.public_url.as_str().starts_with("https:"),
            }),
            security_headers::add,
        ));
    let stop = watch::Sender::new(false);
    let mut sending = tokio::spawn(send_texts(Arc::clone(&app), texter, stop.subscribe()));
    let mut work = tokio::spawn(work(Arc::clone(&app)));
    announce(&configuration, link.as_deref());

    let service = router.into_make_service_with_connect_info::<SocketAddr>();
    let stopping = {
        let (sockets, stop) = (sockets.clone(), stop.clone());
        async move {
            told_to_stop().await;
            stop.send_replace(true);
            tracing::info!("stopping: no new requests, open ones are finished");
            // Sockets never finish by themselves: they are told, and clients come back elsewhere.
            tokio::spawn(async move { sockets.shut_down().await });
        }
    };
    let serving = axum::serve(listener, service).with_graceful_shutdown(stopping);
    let mut serving = std::pin::pin!(serving.into_future());
    let mut farewell = std::pin::pin!(after_farewell(&sockets));
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
            outcome = &mut serving => break outcome,
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
    // To axum a socket is no request any more: without this the process would end before the sockets
    // are told.
    sockets.shut_down().await;
    stop.send_replace(true);
    // Cut off now, a text that is being handed over would come back in doubt.
    if is_sending && tokio::time::timeout(FAREWELL, &mut sending).await.is_err() {
        sending.abort();
    }
    work.abort();
    outcome.map_err(|error| Fault::new("serving", error))?;
    Ok(())
}

/// What goes on besides requests, for as long as the server lives.
async fn work(app: Arc<App>) {
    tokio::join!(
        app.watch_presence(),
        app.sweep_versions(),
        app.forget_regularly(FORGET_EVERY),
    );
}

/// Sends texts; apart from the other work, because it is not cut off but comes to an end.
async fn send_texts(app: Arc<App>, texter: Arc<dyn Texter>, stopping: watch::Receiver<bool>) {
    app.send_texts(&*texter, stopping).await;
}

/// Resolves once the time for finishing requests is over, counted from the signal.
async fn after_farewell(sockets: &Sockets<AppDoor>) {
    sockets.told_to_shut_down().await;
    tokio::time::sleep(FAREWELL).await;
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
    let member = match app.team_member(&clinic.id, DEMO_MEMBER).await? {
        Some(member) => member,
        None => {
            app.add_team_member(&clinic.id, DEMO_MEMBER, Role::ClinicAdmin)
                .await?
        }
    };
    Ok(Some(app.sign_in_link(&member).await?))
}

/// Says on standard output where everything is. The sign-in link is for the person who started the
/// server and is not logged.
#[expect(
    clippy::print_stdout,
    reason = "whoever starts the server by hand is shown the ways in"
)]
fn announce(configuration: &Configuration, link: Option<&str>) {
    let at = configuration.public_url.as_str();
    println!("Standby is serving at {at}");
    println!();
    if link.is_none() {
        println!("  Clinics: `standby clinic add`, then `standby team add` for a sign-in link");
    }
    if let Some(link) = link {
        println!("  Staff: sign in (once)   {link}");
        println!("  Callers: clinic link    {at}/c/{DEMO_SLUG}");
    }
    match configuration.texts {
        Texts::DevPhone => println!("  Texts: the dev phone    {at}{}", dev_phone::PATH),
        Texts::Twilio(_) => println!("  Texts: by Twilio"),
    }
    println!("  API: try it out         {at}{}", graphiql::PATH);
    println!();
    println!(
        "Ctrl-C stops it. Everything is kept in {}",
        configuration.data.display()
    );
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
