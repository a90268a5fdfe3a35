//! The `standby` command: what it can be told, and what it then does.

#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a command answers on standard output, and says on standard error why it cannot"
)]

use crate::adapters::clock::WallClock;
use crate::app::{App, Texting};
use crate::configuration::{Configuration, LogFormat, read_keys};
use crate::domain::clinic::Clinic;
use crate::domain::entry::clean;
use crate::domain::policy::Role;
use crate::failure::Failure;
use crate::serve::{compose, serve};
use clap::{Args, Parser, Subcommand, ValueEnum};
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
    /// Where the database and the secret key are kept. Made when it is not there.
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
        /// The member's name, as it was added.
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
        #[command(flatten)]
        data: Data,
    },
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

impl From<RoleName> for Role {
    fn from(name: RoleName) -> Self {
        match name {
            RoleName::ClinicAdmin => Self::ClinicAdmin,
            RoleName::TeamMember => Self::TeamMember,
            RoleName::Reporter => Self::Reporter,
        }
    }
}

/// Longest name of a team member or a key, in characters.
const NAME_CHARACTERS: usize = 100;

/// Does what the command line says.
#[must_use]
pub fn run(command_line: CommandLine) -> ExitCode {
    let runtime = match tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
    {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("standby: could not start: {error}");
            return ExitCode::FAILURE;
        }
    };
    match runtime.block_on(obey(command_line.command)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("standby: {failure}");
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
            open(data).await?;
            println!("The database is up to date.");
            Ok(())
        }
        Command::Schema => {
            print!("{}", crate::graphql::sdl());
            Ok(())
        }
        Command::Clinic(ClinicCommand::Add {
            slug,
            name,
            country,
            room_url_template,
            data,
        }) => {
            let app = open(data).await?;
            let clinic = app
                .add_clinic(&slug, &name, &country, &room_url_template)
                .await??;
            println!("Added {}. Its clinic link:", clinic.name);
            println!("{}/c/{}", app.public_url().as_str(), clinic.slug.as_str());
            Ok(())
        }
        Command::Clinic(ClinicCommand::List { data }) => {
            for clinic in open(data).await?.clinics().await? {
                println!("{}\t{}", clinic.slug.as_str(), clinic.name);
            }
            Ok(())
        }
        Command::Team(TeamCommand::Add {
            clinic,
            name,
            role,
            data,
        }) => {
            let app = open(data).await?;
            let clinic = find(&app, &clinic).await?;
            let name = read_name(&name)?;
            if app.team_member(&clinic.id, &name).await?.is_some() {
                let message = format!("{} has a member by this name already.", clinic.name);
                return Err(Failure::Asked(message));
            }
            let member = app.add_team_member(&clinic.id, &name, role.into()).await?;
            println!(
                "Added to the team of {}. To sign in, once, within the hour:",
                clinic.name
            );
            println!("{}", app.sign_in_link(&member).await?);
            Ok(())
        }
        Command::Team(TeamCommand::Link { clinic, name, data }) => {
            let app = open(data).await?;
            let clinic = find(&app, &clinic).await?;
            let Some(member) = app.team_member(&clinic.id, &name).await? else {
                let message = format!("{} has no member by this name.", clinic.name);
                return Err(Failure::Asked(message));
            };
            println!("To sign in, once, within the hour:");
            println!("{}", app.sign_in_link(&member).await?);
            Ok(())
        }
        Command::Key(KeyCommand::Add {
            clinic,
            role,
            name,
            data,
        }) => {
            let app = open(data).await?;
            let clinic = find(&app, &clinic).await?;
            let key = app
                .add_key(&clinic.id, &read_name(&name)?, role.into())
                .await?;
            println!("A key for {}. It is shown this once:", clinic.name);
            println!("{}", key.reveal());
            Ok(())
        }
    }
}

/// The application on a data directory, without a server.
async fn open(data: Data) -> Result<Arc<App>, Failure> {
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

fn read_name(given: &str) -> Result<String, Failure> {
    let name = clean(given, NAME_CHARACTERS, "name")?;
    if name.is_empty() {
        return Err(Failure::Asked("Give a name.".to_owned()));
    }
    Ok(name)
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
    let lines = tracing_subscriber::fmt::layer().with_writer(std::io::stderr);
    let logs = tracing_subscriber::registry();
    // A second call finds a logger in place: that one serves.
    let _ = match format {
        LogFormat::Text => logs.with(lines.with_filter(filter)).try_init(),
        LogFormat::Json => logs.with(lines.json().with_filter(filter)).try_init(),
    };
}
