use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, TryRecvError, channel};
use std::thread;

use serde::Deserialize;
use serde_json::Value;

use crate::{Server, until};

/// What it says of itself once it is ready.
#[derive(Deserialize)]
struct Ready {
    origin: String,
    client: String,
    secret: String,
}

/// A real OpenID Connect provider and a forger beside it, in a process of their own, ended when this is dropped.
/// What they can do is in `tests/openid/README.md`.
pub struct IdentityProvider {
    ready: Ready,
    process: Child,
}

impl IdentityProvider {
    /// Starts both, and returns them once they serve.
    pub async fn start() -> Self {
        let program = Path::new(env!("CARGO_MANIFEST_DIR")).join("../openid/provider.mjs");
        let process = Command::new("node")
            .arg(program)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            // It warns of what is meant for tests only.
            .stderr(Stdio::null())
            .spawn()
            .expect("node is installed, version 20 or newer");
        // Held already, so that it does not outlive a test that gives up waiting.
        let mut provider = Self {
            ready: Ready {
                origin: String::new(),
                client: String::new(),
                secret: String::new(),
            },
            process,
        };
        let said = first_line(&mut provider.process);
        let line = until("the identity provider is ready", async || {
            match said.try_recv() {
                Ok(line) => Some(Some(line)),
                Err(TryRecvError::Empty) => None,
                Err(TryRecvError::Disconnected) => Some(None),
            }
        });
        let line = line
            .await
            .expect("the provider ended at once; are its packages there? npm ci --prefix tests");
        provider.ready = serde_json::from_str(&line).expect("the provider says what it is");
        provider
    }

    /// The real provider's address, which is its issuer.
    pub fn issuer(&self) -> String {
        self.ready.origin.clone()
    }

    /// The forger's.
    pub fn forger(&self) -> String {
        format!("{}/forger", self.ready.origin)
    }

    /// The secret of the client that servers are.
    pub fn secret(&self) -> &str {
        &self.ready.secret
    }

    /// Starts a server whose staff sign in here: `issuer` is the real provider's or the forger's.
    pub async fn server(&self, issuer: &str, settings: &[(&str, &str)]) -> Server {
        let mut all = vec![
            ("OPENID_ISSUER", issuer),
            ("OPENID_CLIENT_ID", &self.ready.client),
            ("OPENID_CLIENT_SECRET", &self.ready.secret),
        ];
        all.extend_from_slice(settings);
        let server = Server::start_with(&all).await;
        let back = format!("{}/sign-in/openid/callback", server.origin());
        self.order(serde_json::json!({ "provider": { "redirectUris": [back] } }))
            .await;
        server
    }

    /// Says what is different from now on; answers with how often each address of the forger was asked.
    pub async fn order(&self, order: Value) -> Value {
        let request = reqwest::Client::new()
            .post(format!("{}/control", self.ready.origin))
            .json(&order);
        let answer = request.send().await.expect("the provider answers");
        assert!(answer.status().is_success(), "{order} is refused");
        let mut answer: Value = answer.json().await.expect("JSON");
        answer["asked"].take()
    }
}

fn first_line(process: &mut Child) -> Receiver<String> {
    let (say, said) = channel();
    if let Some(stdout) = process.stdout.take() {
        thread::spawn(move || {
            for line in BufReader::new(stdout).lines().map_while(Result::ok) {
                let _ = say.send(line);
            }
        });
    }
    said
}

impl Drop for IdentityProvider {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
