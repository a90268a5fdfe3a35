use std::{
    ffi::OsStr,
    io::{BufRead, BufReader, Read},
    net::TcpListener,
    path::PathBuf,
    process::{Child, Command, Stdio},
    sync::{Arc, Mutex, PoisonError},
    thread,
};

use tempfile::TempDir;

use crate::{Asker, DevPhone, until};

/// What of this process's environment the server gets: nothing that could configure it.
const ENVIRONMENT: [&str; 5] = ["PATH", "HOME", "TMPDIR", "LANG", "RUST_BACKTRACE"];

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
    output: Arc<Mutex<String>>,
    output_at_start: usize,
    process: Option<Child>,
}

impl Server {
    /// Starts a server with fresh data and no settings, and returns it once it serves.
    pub async fn start() -> Self {
        Self::start_with(&[]).await
    }

    /// Starts a server with fresh data and these environment variables.
    pub async fn start_with(settings: &[(&str, &str)]) -> Self {
        let settings = settings
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let mut server = Self {
            port: free_port(),
            data: tempfile::tempdir().expect("a folder for the server's data"),
            settings: settings.collect(),
            output: Arc::default(),
            output_at_start: 0,
            process: None,
        };
        server.run().await;
        server
    }

    /// Starts it again, on the same port and data.
    pub async fn start_again(&mut self) {
        assert!(self.process.is_none(), "the server is still running");
        self.run().await;
    }

    /// Ends it in the middle of whatever it does, as a power cut would.
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

    /// Its address, as `http://127.0.0.1:PORT`.
    pub fn origin(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Everything it has written to its terminal, over all its starts.
    pub fn output(&self) -> String {
        self.output
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
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

    /// What follows `#` in the one-time sign-in link that the latest start printed.
    pub async fn sign_in_token(&self) -> String {
        until("the server prints a sign-in link", async || {
            let output = self.output();
            let (_, after) = output
                .get(self.output_at_start..)?
                .split_once("/console/sign-in#")?;
            // Until the end of the line has come, more of the token may come.
            let (token, _) = after.split_once(char::is_whitespace)?;
            Some(token.to_owned())
        })
        .await
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

    /// Makes another clinic while the server runs: `standby clinic add` with these arguments.
    pub fn add_clinic(&self, arguments: &[&str]) -> String {
        self.command(&[&["clinic", "add"], arguments].concat())
    }

    /// Runs `standby` with these arguments on the server's data and returns what it answers.
    pub fn command(&self, arguments: &[&str]) -> String {
        let output = self
            .program(arguments.iter().map(OsStr::new))
            .arg("--data")
            .arg(self.data.path())
            .output()
            .expect("the program runs");
        assert!(
            output.status.success(),
            "standby {arguments:?} failed: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        String::from_utf8(output.stdout).expect("the program answers in UTF-8")
    }

    async fn run(&mut self) {
        self.output_at_start = self.output().len();
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
        self.keep_output_of(process.stdout.take());
        self.keep_output_of(process.stderr.take());
        let http = reqwest::Client::new();
        let ready = format!("{}/readyz", self.origin());
        let started = until("the server is ready", async || {
            if let Some(status) = process.try_wait().expect("the server's status") {
                return Some(Err(status));
            }
            let answer = http.get(&ready).send().await.ok()?;
            answer.status().is_success().then_some(Ok(()))
        })
        .await;
        self.process = Some(process);
        if let Err(status) = started {
            panic!("the server ended at once with {status}:\n{}", self.output());
        }
    }

    fn program<'a>(&self, arguments: impl IntoIterator<Item = &'a OsStr>) -> Command {
        let mut command = Command::new(program());
        command.args(arguments).env_clear();
        for name in ENVIRONMENT {
            if let Some(value) = std::env::var_os(name) {
                command.env(name, value);
            }
        }
        command.envs(self.settings.iter().map(|(name, value)| (name, value)));
        command
    }

    /// Reads on to the end: a server whose output nobody reads would stand still once the pipe is
    /// full.
    fn keep_output_of(&self, stream: Option<impl Read + Send + 'static>) {
        let Some(stream) = stream else { return };
        let output = Arc::clone(&self.output);
        thread::spawn(move || {
            for line in BufReader::new(stream).lines().map_while(Result::ok) {
                let mut output = output.lock().unwrap_or_else(PoisonError::into_inner);
                output.push_str(&line);
                output.push('\n');
            }
        });
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(mut process) = self.process.take() {
            let _ = process.kill();
            let _ = process.wait();
        }
        if thread::panicking() {
            show(&self.output());
        }
    }
}

/// The test has failed: what the server said may tell why.
#[allow(clippy::print_stderr, reason = "a failing test shows what it has")]
fn show(output: &str) {
    eprintln!("-- the server's output\n{output}-- end of the server's output");
}

/// The program beside the tests: `target/debug/standby` for `target/debug/deps/some_test-…`.
fn program() -> PathBuf {
    let test = std::env::current_exe().expect("the test's own path");
    let program = test
        .ancestors()
        .skip(1)
        .map(|folder| {
            folder
                .join("standby")
                .with_extension(std::env::consts::EXE_EXTENSION)
        })
        .find(|program| program.is_file());
    program.expect("the server is not built; first: cargo build --workspace --all-targets")
}

fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("its address").port()
}
