use std::{
    ffi::OsStr,
    io::{BufRead, BufReader, Read},
    net::TcpListener,
    path::Path,
    process::{Child, Command, Stdio},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU16, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use serde_json::json;
use tempfile::TempDir;

use crate::program::{program, program_with_open_files};
use crate::{Asker, DevPhone, Ended, Staff, until, until_within};

/// The clinic that the first start makes.
const DEMO: &str = "demo";

/// For how long the server answers with figures that it has read. Only those that it read after something
/// was done say what became of it.
pub(crate) const FIGURES_KEPT_FOR: Duration = Duration::from_secs(1);

/// What a key may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Reads only.
    Reporter,
    /// Works with callers.
    TeamMember,
    /// Also configures the clinic.
    ClinicAdmin,
}

impl Role {
    fn as_argument(self) -> &'static str {
        match self {
            Self::Reporter => "REPORTER",
            Self::TeamMember => "TEAM_MEMBER",
            Self::ClinicAdmin => "CLINIC_ADMIN",
        }
    }
}

/// A running `standby serve`, ended when this is dropped.
pub struct Server {
    port: u16,
    data: TempDir,
    settings: Vec<(String, String)>,
    open_files: Option<u32>,
    said: Arc<Mutex<String>>,
    logged: Arc<Mutex<String>>,
    said_at_start: usize,
    process: Option<Child>,
}

impl Server {
    /// Starts a server with fresh data and no settings, and returns it once it serves.
    pub async fn start() -> Self {
        Self::start_with(&[]).await
    }

    /// Starts a server with fresh data and these environment variables. Requests are not counted unless
    /// they say so: tests look for a state many times a second, which nobody does who uses it.
    pub async fn start_with(settings: &[(&str, &str)]) -> Self {
        let mut server = Self::with(settings);
        server.run().await;
        server
    }

    /// Starts a server with fresh data where the system lets it have no more files and connections open than
    /// these (`ulimit -n`).
    pub async fn start_with_open_files(most: u32) -> Self {
        let mut server = Self::with(&[]);
        server.open_files = Some(most);
        server.run().await;
        server
    }

    fn with(settings: &[(&str, &str)]) -> Self {
        let settings = settings
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Self {
            port: free_port(),
            data: tempfile::tempdir().expect("a folder for the server's data"),
            settings: [("STANDBY_RATE_LIMITS".to_owned(), "off".to_owned())]
                .into_iter()
                .chain(settings)
                .collect(),
            open_files: None,
            said: Arc::default(),
            logged: Arc::default(),
            said_at_start: 0,
            process: None,
        }
    }

    /// Starts it again, on the same port and data.
    pub async fn start_again(&mut self) {
        assert!(self.process.is_none(), "the server is still running");
        self.run().await;
    }

    /// Ends it in the middle of whatever it does, as a power cut would (`kill -9`).
    pub fn kill(&mut self) {
        let mut process = self.process.take().expect("the server is running");
        process.kill().expect("the server can be killed");
        process.wait().expect("the server ends");
    }

    /// Asks it to end, as `systemctl stop` would, and returns whether it ended in order.
    pub async fn stop(&mut self) -> bool {
        let mut process = self.process.take().expect("the server is running");
        let asked = Command::new("kill").arg(process.id().to_string()).status();
        assert!(
            asked.is_ok_and(|status| status.success()),
            "the server can be asked to end"
        );
        let status = until("the server ends", async || {
            process.try_wait().expect("its status")
        });
        status.await.success()
    }

    /// Sets an environment variable for the starts to come.
    pub fn set(&mut self, name: &str, value: &str) {
        self.settings.retain(|(known, _)| known != name);
        self.settings.push((name.to_owned(), value.to_owned()));
    }

    /// Its address, as `http://127.0.0.1:PORT`.
    pub fn origin(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// The id of its process; none while it is not running.
    pub fn process_id(&self) -> Option<u32> {
        self.process.as_ref().map(Child::id)
    }

    /// Where its data are.
    pub fn data(&self) -> &Path {
        self.data.path()
    }

    /// Everything it has said on standard output, over all its starts.
    pub fn said(&self) -> String {
        text(&self.said)
    }

    /// Everything it has logged, over all its starts.
    pub fn logged(&self) -> String {
        text(&self.logged)
    }

    /// Somebody without a token.
    pub fn anonymous(&self) -> Asker {
        Asker::new(self.origin(), None)
    }

    /// The bearer of a token: a caller's, a session's or a key.
    pub fn bearer(&self, token: &str) -> Asker {
        Asker::new(self.origin(), Some(token.to_owned()))
    }

    /// The phone with this number, E.164.
    pub fn phone(&self, number: &str) -> DevPhone {
        DevPhone::new(self.origin(), number.to_owned())
    }

    /// Waits until no text is on its way: each that was committed was sent, or withdrawn because
    /// nobody wants it any more.
    pub async fn until_texts_are_settled(&self, patience: Duration) {
        let metrics = format!("{}/metrics", self.origin());
        let asked = Instant::now();
        until_within(patience, "no text is on its way", async || {
            let answer = reqwest::get(&metrics).await.ok()?;
            let figures = answer.text().await.ok()?;
            let is_so = figures
                .lines()
                .any(|line| line == "standby_texts_waiting 0");
            (is_so && asked.elapsed() > FIGURES_KEPT_FOR).then_some(())
        })
        .await;
    }

    /// What follows `#` in the one-time sign-in link that the latest start printed.
    pub async fn sign_in_token(&self) -> String {
        until("the server prints a sign-in link", async || {
            let said = self.said();
            let (_, after) = said
                .get(self.said_at_start..)?
                .split_once("/console/sign-in#")?;
            // Until the end of the line has come, more of the token may come.
            let (token, _) = after.split_once(char::is_whitespace)?;
            Some(token.to_owned())
        })
        .await
    }

    /// The clinic admin of the demo clinic, signed in by the link that the latest start printed.
    pub async fn admin(&self) -> Staff {
        let input = json!({ "token": self.sign_in_token().await });
        let anonymous = self.anonymous();
        let session = anonymous.accepted("signIn", input, "token").await;
        let token = session["token"].as_str().expect("a session's token");
        Staff::new(self.bearer(token)).await
    }

    /// A staff tool of the demo clinic, with a new API key.
    pub async fn staff(&self, role: Role) -> Staff {
        Staff::new(self.bearer(&self.add_key(DEMO, role))).await
    }

    /// Makes an API key of a clinic while the server runs: `standby key add`.
    pub fn add_key(&self, clinic: &str, role: Role) -> String {
        let role = role.as_argument();
        let answer = self.command(&[
            "key", "add", "--clinic", clinic, "--role", role, "--name", "Test",
        ]);
        answer
            .split_whitespace()
            .next_back()
            .expect("a key is printed last")
            .to_owned()
    }

    /// Makes another clinic while the server runs.
    pub fn add_clinic(&self, slug: &str) -> String {
        let template = "https://video.example/{room}";
        self.command(&[
            "clinic",
            "add",
            "--slug",
            slug,
            "--name",
            slug,
            "--room-url-template",
            template,
        ])
    }

    /// Runs `standby` with these arguments on the server's data and returns what it answers.
    pub fn command(&self, arguments: &[&str]) -> String {
        let ended = self.try_command(arguments);
        assert!(
            ended.is_success(),
            "standby {arguments:?} failed: {}",
            ended.complained
        );
        ended.said
    }

    /// Runs `standby` with these arguments on the server's data and returns how it ended.
    pub fn try_command(&self, arguments: &[&str]) -> Ended {
        let output = self
            .program(arguments.iter().map(OsStr::new))
            .arg("--data")
            .arg(self.data.path())
            .output();
        output.expect("the program runs").into()
    }

    async fn run(&mut self) {
        self.said_at_start = self.said().len();
        let listen = format!("127.0.0.1:{}", self.port);
        let mut process = self
            .program(["serve", "--listen", &listen].map(OsStr::new))
            .arg("--data")
            .arg(self.data.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the server can be started");
        keep(process.stdout.take(), &self.said);
        keep(process.stderr.take(), &self.logged);
        // Held already, so that it does not outlive a test that gives up waiting.
        let process = self.process.insert(process);
        let http = reqwest::Client::new();
        let ready = format!("http://{listen}/readyz");
        let started = until("the server is ready", async || {
            if let Some(status) = process.try_wait().expect("the server's status") {
                return Some(Err(status));
            }
            let answer = http.get(&ready).send().await.ok()?;
            answer.status().is_success().then_some(Ok(()))
        })
        .await;
        if let Err(status) = started {
            panic!("the server ended at once with {status}");
        }
    }

    fn program<'a>(&self, arguments: impl IntoIterator<Item = &'a OsStr>) -> Command {
        let mut command = match self.open_files {
            None => program(arguments),
            Some(most) => program_with_open_files(arguments, most),
        };
        command.envs(self.settings.iter().map(|(name, value)| (name, value)));
        command
    }
}

/// Reads on to the end: a server whose output nobody reads would stand still once the pipe is full.
fn keep(stream: Option<impl Read + Send + 'static>, text: &Arc<Mutex<String>>) {
    let Some(stream) = stream else { return };
    let text = Arc::clone(text);
    thread::spawn(move || {
        for line in BufReader::new(stream).lines().map_while(Result::ok) {
            let mut text = text.lock().unwrap_or_else(PoisonError::into_inner);
            text.push_str(&line);
            text.push('\n');
        }
    });
}

fn text(kept: &Mutex<String>) -> String {
    kept.lock().unwrap_or_else(PoisonError::into_inner).clone()
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(mut process) = self.process.take() {
            let _ = process.kill();
            let _ = process.wait();
        }
        if thread::panicking() {
            show(&self.logged());
        }
    }
}

/// The test has failed: what the server logged may tell why. Its end will do, of a long log.
#[allow(clippy::print_stderr, reason = "a failing test shows what it has")]
fn show(logged: &str) {
    let lines: Vec<&str> = logged.lines().collect();
    let last = &lines[lines.len().saturating_sub(100)..];
    eprintln!("-- the end of the server's log\n{}\n--", last.join("\n"));
}

/// A port that nobody listens on. Below those that systems give to outgoing connections (32768 and
/// up on Linux): of those, somebody might hold one while a server is down for a moment.
#[must_use]
pub fn free_port() -> u16 {
    const FIRST: u16 = 20_000;
    const COUNT: u16 = 12_000;
    static NEXT: AtomicU16 = AtomicU16::new(0);
    // Tests of other processes begin elsewhere.
    let begin = std::process::id().wrapping_mul(97) % u32::from(COUNT);
    let begin = u16::try_from(begin).expect("below 12,000");
    let ports = std::iter::repeat_with(|| {
        let next = NEXT.fetch_add(1, Ordering::Relaxed);
        FIRST + begin.wrapping_add(next) % COUNT
    });
    let mut free = ports
        .take(usize::from(COUNT))
        .filter(|port| TcpListener::bind(("127.0.0.1", *port)).is_ok());
    free.next().expect("a free port")
}
