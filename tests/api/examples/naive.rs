//! A server whose worker sends again whatever it is not sure of, as one does who takes a time-out for a
//! "no" and a crash for "not yet". The crash tests show that they find it out.
//!
//! ```text
//! naive serve --listen ADDRESS:PORT --data DIRECTORY
//! ```

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use async_trait::async_trait;
use standby::configuration::Configuration;
use standby::ports::texter::{Found, HandedOver, OutgoingText, Texter};
use standby::serve::serve_texting;

struct Careless(Arc<dyn Texter>);

#[async_trait]
impl Texter for Careless {
    async fn hand_over(&self, text: &OutgoingText) -> HandedOver {
        match self.0.hand_over(text).await {
            HandedOver::InDoubt => HandedOver::NotNow,
            known => known,
        }
    }

    async fn find(&self, _: &OutgoingText) -> Found {
        Found::NotTaken
    }
}

#[tokio::main]
async fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().collect();
    let after = |name: &str| {
        let place = arguments.iter().position(|argument| argument == name)?;
        arguments.get(place + 1).cloned()
    };
    let (Some(listen), Some(data)) = (after("--listen"), after("--data")) else {
        return ExitCode::FAILURE;
    };
    let Ok(listen) = listen.parse() else {
        return ExitCode::FAILURE;
    };
    let configuration = Configuration::from_environment(listen, data.into(), PathBuf::new());
    let Ok(configuration) = configuration else {
        return ExitCode::FAILURE;
    };
    match serve_texting(configuration, |texter| Arc::new(Careless(texter))).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}
