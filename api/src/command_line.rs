//! The `standby` command: what it can be told, and what it then does.

mod person;

use crate::adapters::clock::WallClock;
use crate::adapters::data_directory;
use crate::app::{App, Texting};
use crate::configuration::{Configuration, LogFormat, read_keys};
use crate::domain::access::{ApiKey, TeamMember};
use crate::domain::clinic::Clinic;
use crate::domain::policy::{Role, Within};
use crate::domain::time::{Span, Timestamp};
use crate::failure::Failure;
use crate::graphql::date_time::DateTime;
use crate::ports::store::access::ListedKey;
use crate::serve::{compose, serve};
use clap::{Args, Parser, Subcommand, ValueEnum};
use std::fmt::Display;
use std::io::Write as _;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::{FilterExt as _, filter_fn};
use tracing_subscriber::layer::{Layer as _, SubscriberExt as _};
use tracing_subscriber::util::SubscriberInitExt as _;

/// A telehealth waiting area whose callers may put the phone in a pocket.
#[derive(Parser)]
#[command(
    version,
    about,
    after_help = "\
To try it:  standby serve           then open the addresses it prints.
To add a staff tool:  standby key add --clinic demo --role TEAM_MEMBER --name 'Our dashboard'
Settings from the environment are described in .env.sample."
)]
pub struct CommandLine {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Serve the API, the patients' app and the staff's console.
    ///
    /// With no settings at all, everything is kept in ./data, texts appear on a page of this
    /// machine (the dev phone) instead of being sent, and a clinic `demo` is made at the first
    /// start.
    Serve(Serve),
    /// Bring the database up to date and stop. `serve` does so by itself; this is for upgrades
    /// where the change of the database is to be watched.
    Migrate(Data),
    /// Print the GraphQL schema (SDL).
    Schema,
    /// Clinics: each is one waiting area with its own settings and staff.
    #[command(subcommand)]
    Clinic(ClinicCommand),
    /// The members of a clinic's team, who sign in to the console.
    #[command(subcommand)]
    Team(TeamCommand),
    /// API keys, with which other makers' staff tools use the GraphQL API.
    #[command(subcommand)]
    Key(KeyCommand),
    /// Erase who somebody was, before the clinic's own time for it is over. Works while the server runs.
    ///
    /// The name, the number, the answers, the reason of the end and the texts go for good, from the file
    /// too; that somebody was there, when, and how it ended is kept. Stays that have not ended are
    /// refused.
    Erase(person::Erase),
    /// Print all that is kept of one person, as JSON. Works while the server runs.
    ///
    /// Of whoever is erased there is no name and no number to be found by: give the id.
    Export(person::Export),
}

#[derive(Args)]
struct Serve {
    /// Where the web apps were built to (`make web`).
    #[arg(long, env = "STANDBY_WEB", default_value = "dist")]
    web: PathBuf,
    #[command(flatten)]
    data: Data,
}

#[derive(Args)]
struct Data {
    /// Where the database and the secret key are kept. `serve`, `migrate` and `clinic add` make it when it
    /// is not there.
    #[arg(long = "data", env = "STANDBY_DATA", default_value = "./data")]
    directory: PathBuf,
    /// Address and port the server listens on; links begin with it where `PUBLIC_URL` is not set.
    /// Without real texting only this machine's own addresses are possible.
    #[arg(long, env = "STANDBY_LISTEN", default_value = "127.0.0.1:8080")]
    listen: SocketAddr,
}

#[derive(Subcommand)]
enum ClinicCommand {
    /// Add a clinic; prints its clinic link last.
    Add {
        /// What names it in its clinic link: lower-case letters, digits and hyphens.
        #[arg(long)]
        slug: String,
        /// As callers read it.
        #[arg(long)]
        name: String,
        /// Two letters; how a phone number without a country is read.
        #[arg(long, default_value = "AU")]
        country: String,
        /// Where Join leads: the address of the clinic's video service, with {room} in it.
        #[arg(long)]
        room_url_template: String,
        /// Where the clinic is, such as Australia/Sydney: what a day is in its reports.
        #[arg(long, default_value = "UTC")]
        time_zone: String,
        #[command(flatten)]
        data: Data,
    },
    /// List the clinics.
    List {
        #[command(flatten)]
        data: Data,
    },
}

#[derive(Subcommand)]
enum TeamCommand {
    /// Add a member; prints a one-time sign-in link last.
    Add {
        /// The clinic's slug.
        #[arg(long)]
        clinic: String,
        /// As colleagues know them.
        #[arg(long)]
        name: String,
        #[arg(long)]
        role: RoleName,
        #[command(flatten)]
        data: Data,
    },
    /// Print a new one-time sign-in link for a member.
    Link {
        /// The clinic's slug.
        #[arg(long)]
        clinic: String,
        /// The member's name, or id, as `standby team list` shows it.
        #[arg(long)]
        name: String,
        #[command(flatten)]
        data: Data,
    },
    /// List the members: id, role and name.
    List {
        /// The clinic's slug.
        #[arg(long)]
        clinic: String,
        #[command(flatten)]
        data: Data,
    },
    /// Remove a member: sessions and sign-in links end at once. Works while the server runs.
    Remove {
        /// The clinic's slug.
        #[arg(long)]
        clinic: String,
        /// The member's name, or id, as `standby team list` shows it.
        #[arg(long)]
        name: String,
        #[command(flatten)]
        data: Data,
    },
}

#[derive(Subcommand)]
enum KeyCommand {
    /// Make an API key; prints it last, and never again. Works while the server runs.
    Add {
        /// The clinic's slug.
        #[arg(long)]
        clinic: String,
        #[arg(long)]
        role: RoleName,
        /// What it is for, as staff will read it in activity logs.
        #[arg(long)]
        name: String,
        /// For how long it works: days or hours, such as 90d or 12h, or `never` for one that does not
        /// expire.
        #[arg(long, default_value = "365d", value_parser = parse_expiry)]
        expires: Expiry,
        #[command(flatten)]
        data: Data,
    },
    /// List the keys, the latest first: id, role, name, until when each works and when it was last used.
    List {
        /// The clinic's slug.
        #[arg(long)]
        clinic: String,
        #[command(flatten)]
        data: Data,
    },
    /// Revoke a key: it opens nothing from then on. Works while the server runs.
    Revoke {
        /// The clinic's slug.
        #[arg(long)]
        clinic: String,
        /// The key's name, or id, as `standby key list` shows it.
        #[arg(long)]
        name: String,
        #[command(flatten)]
        data: Data,
    },
}

/// For how long a key works.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Expiry {
    Never,
    After(Span),
}

fn parse_expiry(given: &str) -> Result<Expiry, String> {
    if given == "never" {
        return Ok(Expiry::Never);
    }
    let hours = given
        .strip_suffix('d')
        .map(|days| (days, 24))
        .or_else(|| given.strip_suffix('h').map(|hours| (hours, 1)))
        .and_then(|(count, hours)| {
            count
                .parse::<u16>()
                .ok()
                .map(|count| i64::from(count) * hours)
        });
    match hours {
        Some(hours) if hours > 0 => Ok(Expiry::After(Span::hours(hours))),
        _ => Err("give days or hours, such as 90d or 12h, or never".to_owned()),
    }
}

#[derive(Clone, Copy, ValueEnum)]
enum RoleName {
    /// Attends callers, and configures the clinic.
    #[value(name = "CLINIC_ADMIN")]
    ClinicAdmin,
    /// Attends callers.
    #[value(name = "TEAM_MEMBER")]
    TeamMember,
    /// Reads only.
    #[value(name = "REPORTER")]
    Reporter,
}

impl From<Role> for RoleName {
    fn from(role: Role) -> Self {
        match role {
            Role::ClinicAdmin => Self::ClinicAdmin,
            Role::TeamMember => Self::TeamMember,
            Role::Reporter => Self::Reporter,
        }
    }
}

impl Display for RoleName {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str(match self {
            Self::ClinicAdmin => "CLINIC_ADMIN",
            Self::TeamMember => "TEAM_MEMBER",
            Self::Reporter => "REPORTER",
        })
    }
}

impl From<RoleName> for Role {
    fn from(name: RoleName) -> Self {
        match name {
            RoleName::ClinicAdmin => Self::ClinicAdmin,
            RoleName::TeamMember => Self::TeamMember,
            RoleName::Reporter => Self::Reporter,
        }
    }
}

/// Does what the command line says.
#[must_use]
pub fn run(command_line: CommandLine) -> ExitCode {
    let runtime = match tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
    {
        Ok(runtime) => runtime,
        Err(error) => {
            complain(format_args!("standby: could not start: {error}"));
            return ExitCode::FAILURE;
        }
    };
    match runtime.block_on(obey(command_line.command)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failure::Unread) => ExitCode::FAILURE,
        Err(failure) => {
            complain(format_args!("standby: {failure}"));
            ExitCode::FAILURE
        }
    }
}

async fn obey(command: Command) -> Result<(), Failure> {
    match command {
        Command::Serve(told) => {
            let configuration =
                Configuration::from_environment(told.data.listen, told.data.directory, told.web)?;
            log_to_standard_error(configuration.log_format);
            serve(configuration).await
        }
        Command::Migrate(data) => {
            open_or_make(data).await?;
            say("The database is up to date.")
        }
        Command::Erase(told) => person::erase(told).await,
        Command::Export(told) => person::export(told).await,
        Command::Schema => say(crate::graphql::sdl().trim_end()),
        Command::Clinic(command) => obey_clinic(command).await,
        Command::Team(command) => obey_team(command).await,
        Command::Key(command) => obey_key(command).await,
    }
}

async fn obey_clinic(command: ClinicCommand) -> Result<(), Failure> {
    match command {
        ClinicCommand::Add {
            slug,
            name,
            country,
            room_url_template,
            time_zone,
            data,
        } => {
            let app = open_or_make(data).await?;
            let clinic = app
                .add_clinic_in(&time_zone, &slug, &name, &country, &room_url_template)
                .await??;
            say(format_args!("Added {}. Its clinic link:", clinic.name))?;
            let (at, slug) = (app.public_url(), clinic.slug.as_str());
            say(format_args!("{}/c/{slug}", at.as_str()))
        }
        ClinicCommand::List { data } => {
            for clinic in open(data).await?.clinics().await? {
                say(format_args!("{}\t{}", clinic.slug.as_str(), clinic.name))?;
            }
            Ok(())
        }
    }
}

async fn obey_team(command: TeamCommand) -> Result<(), Failure> {
    match command {
        TeamCommand::Add {
            clinic,
            name,
            role,
            data,
        } => {
            let app = open(data).await?;
            let clinic = find(&app, &clinic).await?;
            let within = Within::system(clinic.id);
            let member = app.add_team_member(&within, &name, role.into()).await??;
            say(format_args!(
                "Added to the team of {}. To sign in, once, within the hour:",
                clinic.name
            ))?;
            print_sign_in_link(&app, &within, &member).await
        }
        TeamCommand::Link { clinic, name, data } => {
            let app = open(data).await?;
            let clinic = find(&app, &clinic).await?;
            let within = Within::system(clinic.id.clone());
            let member = find_member(&app, &clinic, &name).await?;
            say("To sign in, once, within the hour:")?;
            print_sign_in_link(&app, &within, &member).await
        }
        TeamCommand::List { clinic, data } => {
            let app = open(data).await?;
            let clinic = find(&app, &clinic).await?;
            for member in app.team(&Within::system(clinic.id)).await? {
                let role = RoleName::from(member.role);
                say(format_args!("{}\t{role}\t{}", member.id, member.name))?;
            }
            Ok(())
        }
        TeamCommand::Remove { clinic, name, data } => {
            let app = open(data).await?;
            let clinic = find(&app, &clinic).await?;
            let member = find_member(&app, &clinic, &name).await?;
            let within = Within::system(clinic.id);
            app.remove_team_member(&within, &member.id).await??;
            say(format_args!("Removed from the team of {}.", clinic.name))
        }
    }
}

async fn obey_key(command: KeyCommand) -> Result<(), Failure> {
    match command {
        KeyCommand::Add {
            clinic,
            role,
            name,
            expires,
            data,
        } => {
            let app = open(data).await?;
            let clinic = find(&app, &clinic).await?;
            let expires_at = match expires {
                Expiry::Never => None,
                Expiry::After(span) => Some(app.clock.now() + span),
            };
            let within = Within::system(clinic.id);
            let added = app
                .add_key(&within, &name, role.into(), expires_at)
                .await??;
            let until = match expires_at {
                None => "does not expire".to_owned(),
                Some(at) => format!("works until {}", DateTime(at)),
            };
            say(format_args!(
                "A key for {}, which {until}. It is shown this once:",
                clinic.name
            ))?;
            say(added.token.reveal())
        }
        KeyCommand::List { clinic, data } => {
            let app = open(data).await?;
            let clinic = find(&app, &clinic).await?;
            let now = app.clock.now();
            for ListedKey { key, .. } in app.api_keys(&Within::system(clinic.id)).await? {
                let role = RoleName::from(key.role);
                say(format_args!(
                    "{}\t{role}\t{}\t{}\t{}",
                    key.id,
                    key.name,
                    until_when(&key, now),
                    key.last_used_at.map_or("never used".to_owned(), |at| {
                        format!("last used {}", DateTime(at))
                    }),
                ))?;
            }
            Ok(())
        }
        KeyCommand::Revoke { clinic, name, data } => {
            let app = open(data).await?;
            let clinic = find(&app, &clinic).await?;
            let key = find_key(&app, &clinic, &name).await?;
            let within = Within::system(clinic.id);
            app.revoke_key(&within, &key.id).await??;
            let name = clinic.name;
            say(format_args!(
                "Revoked. It opens nothing of {name} any more."
            ))
        }
    }
}

async fn print_sign_in_link(
    app: &App,
    within: &Within,
    member: &TeamMember,
) -> Result<(), Failure> {
    let gone = |_| Failure::Asked("The member was removed meanwhile.".to_owned());
    let link = app.sign_in_link(within, &member.id).await?.map_err(gone)?;
    say(link.url)
}

async fn find_member(app: &App, clinic: &Clinic, given: &str) -> Result<TeamMember, Failure> {
    let team = app.team(&Within::system(clinic.id.clone())).await?;
    let is_meant = |member: &TeamMember| member.id.as_str() == given || member.name == given;
    let named = team.into_iter().filter(is_meant).collect();
    the_one(
        named,
        &format!("{} has no member by this name.", clinic.name),
    )
}

/// Among those that still work: the name of a revoked key may be another's by now.
async fn find_key(app: &App, clinic: &Clinic, given: &str) -> Result<ApiKey, Failure> {
    let keys = app.api_keys(&Within::system(clinic.id.clone())).await?;
    let now = app.clock.now();
    let is_meant =
        |key: &ApiKey| key.id.as_str() == given || (key.name == given && key.is_good(now));
    let named = keys
        .into_iter()
        .map(|listed| listed.key)
        .filter(is_meant)
        .collect();
    the_one(named, &format!("{} has no key by this name.", clinic.name))
}

fn the_one<T>(mut named: Vec<T>, none: &str) -> Result<T, Failure> {
    match (named.pop(), named.is_empty()) {
        (Some(one), true) => Ok(one),
        (Some(_), false) => {
            let message = "There are several by this name: give the id, as `list` shows it.";
            Err(Failure::Asked(message.to_owned()))
        }
        (None, _) => Err(Failure::Asked(none.to_owned())),
    }
}

fn until_when(key: &ApiKey, now: Timestamp) -> String {
    match (key.revoked_at, key.expires_at) {
        (Some(at), _) => format!("revoked {}", DateTime(at)),
        (None, Some(at)) if at <= now => format!("expired {}", DateTime(at)),
        (None, Some(at)) => format!("works until {}", DateTime(at)),
        (None, None) => "does not expire".to_owned(),
    }
}

/// Prints a line for whoever gave the command.
fn say(line: impl Display) -> Result<(), Failure> {
    writeln!(std::io::stdout(), "{line}").map_err(|_| Failure::Unread)
}

/// Prints a line on standard error, if there is anybody to read it.
fn complain(line: impl Display) {
    let _ = writeln!(std::io::stderr(), "{line}");
}

/// The application on a data directory that is there, without a server: what is asked about somewhere else
/// would be missing in a new one.
async fn open(data: Data) -> Result<Arc<App>, Failure> {
    if !data_directory::is_in_use(&data.directory) {
        let directory = std::path::absolute(&data.directory).unwrap_or(data.directory);
        return Err(Failure::Asked(format!(
            "{} holds no Standby. Say which directory does: --data, or STANDBY_DATA.",
            directory.display()
        )));
    }
    open_or_make(data).await
}

/// The application on a data directory, which is made if need be, without a server.
async fn open_or_make(data: Data) -> Result<Arc<App>, Failure> {
    log_to_standard_error(LogFormat::Text);
    let configuration =
        Configuration::from_environment(data.listen, data.directory, PathBuf::new())?;
    let keys = read_keys(&configuration)?;
    let clock = Arc::new(WallClock::default());
    Ok(compose(&configuration, keys, clock, Texting::default()).await?)
}

async fn find(app: &App, slug: &str) -> Result<Clinic, Failure> {
    app.clinic_by_slug(slug).await?.ok_or_else(|| {
        Failure::Asked(format!(
            "There is no clinic “{slug}”. `standby clinic list` shows them."
        ))
    })
}

/// Logs go to standard error, so that what a command prints can be piped.
fn log_to_standard_error(format: LogFormat) {
    let filter = EnvFilter::try_from_env("STANDBY_LOG").unwrap_or_else(|_| EnvFilter::new("info"));
    // What libraries say in detail may hold what they carry: an address with a number in it, the
    // bytes of a request. Whatever is asked for, that is not logged.
    let is_ours_or_brief = filter_fn(|line| {
        line.target().starts_with("standby") || *line.level() <= tracing::Level::INFO
    });
    let filter = filter.and(is_ours_or_brief);
    // Where nobody reads them any more, to complain of that would panic.
    let lines = tracing_subscriber::fmt::layer()
        .with_writer(std::io::stderr)
        .log_internal_errors(false);
    let logs = tracing_subscriber::registry();
    // A second call finds a logger in place: that one serves.
    let _ = match format {
        LogFormat::Text => logs.with(lines.with_filter(filter)).try_init(),
        LogFormat::Json => logs.with(lines.json().with_filter(filter)).try_init(),
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_expires_after_days_or_hours_or_never() {
        assert_eq!(parse_expiry("never"), Ok(Expiry::Never));
        assert_eq!(parse_expiry("90d"), Ok(Expiry::After(Span::hours(90 * 24))));
        assert_eq!(parse_expiry("12h"), Ok(Expiry::After(Span::hours(12))));
        for wrong in ["", "d", "0d", "-1d", "90", "90 d", "1y", "99999d", "Never"] {
            assert!(parse_expiry(wrong).is_err(), "{wrong}");
        }
    }
}
