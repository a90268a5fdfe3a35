//! Sends the reports that [`crate::presence`] asks for. It runs beside the app on threads of its own,
//! because the app's tasks stand still while its page is hidden, which is just when it matters.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::sync::mpsc::{SyncSender, sync_channel};
use std::time::Duration;

use standby_client::{CallerSession, CallerToken, ClientError, DeviceId, Endpoint, PresenceState};
use tokio::runtime::Handle;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::time::{sleep, timeout};

use crate::presence::{Input, Output, PATIENCE, Presence};
use crate::stay::LinkToken;
use crate::viewing::Viewing;

/// What is told to the one who sends.
enum Told {
    Happened(Input),
    /// Whoever asks is told once the server knows all that it should.
    WhenSettled(SyncSender<()>),
}

/// Reports whether the app is seen.
#[derive(Clone)]
pub(super) struct Reports {
    told: UnboundedSender<Told>,
}

impl Reports {
    /// Begins to: nothing is reported before there is a caller and a first sign.
    pub(super) fn begin(runtime: &Handle, endpoint: Endpoint, device_id: DeviceId) -> Reports {
        let (told, inbox) = unbounded_channel();
        let reports = Reports { told };
        runtime.spawn(reports.clone().attend(inbox, endpoint, device_id));
        reports
    }

    /// Something happens.
    pub(super) fn take(&self, input: Input) {
        // Refused only while the program ends.
        let _ = self.told.send(Told::Happened(input));
    }

    /// Waits until the server knows what it should, but no longer than this: for a program that ends.
    pub(super) fn settle(&self, patience: Duration) {
        let (settled, wait) = sync_channel(1);
        if self.told.send(Told::WhenSettled(settled)).is_ok() {
            // Out of time: then the server finds out by itself.
            let _ = wait.recv_timeout(patience);
        }
    }

    async fn attend(
        self,
        mut inbox: UnboundedReceiver<Told>,
        endpoint: Endpoint,
        device_id: DeviceId,
    ) {
        let mut presence = Presence::default();
        let mut waiting = Vec::new();
        while let Some(told) = inbox.recv().await {
            match told {
                Told::Happened(input) => {
                    for output in presence.take(input, chance()) {
                        self.perform(output, &endpoint, &device_id);
                    }
                }
                Told::WhenSettled(settled) => waiting.push(settled),
            }
            if presence.is_settled() {
                for settled in waiting.drain(..) {
                    // Whoever asked waits no longer.
                    let _ = settled.try_send(());
                }
            }
        }
    }

    fn perform(&self, output: Output, endpoint: &Endpoint, device_id: &DeviceId) {
        let reports = self.clone();
        match output {
            Output::Send {
                caller,
                counter,
                viewing,
            } => {
                let session = session(endpoint, &caller, device_id);
                tokio::spawn(async move {
                    let has_arrived = send(&session, counter, viewing).await;
                    reports.take(Input::Answered {
                        counter,
                        has_arrived,
                    });
                });
            }
            Output::WakeIn {
                counter,
                milliseconds,
            } => {
                tokio::spawn(async move {
                    sleep(Duration::from_millis(milliseconds.into())).await;
                    reports.take(Input::Woke { counter });
                });
            }
        }
    }
}

fn session(endpoint: &Endpoint, caller: &LinkToken, device_id: &DeviceId) -> CallerSession {
    let token = CallerToken::new(caller.reveal());
    CallerSession::new(endpoint.clone(), token, device_id.clone())
}

/// Whether the server has it. What it refuses it has, too.
async fn send(session: &CallerSession, counter: i32, viewing: Viewing) -> bool {
    let state = match viewing {
        Viewing::Foreground => PresenceState::Foreground,
        Viewing::Background => PresenceState::Background,
    };
    let patience = Duration::from_millis(PATIENCE.into());
    match timeout(patience, session.report_presence(counter, state)).await {
        Ok(Ok(_) | Err(ClientError::Refused(_) | ClientError::Unauthorized)) => true,
        Ok(Err(ClientError::Fault(_) | ClientError::Unreachable { .. })) | Err(_) => false,
    }
}

/// Evenly from 0 to 1000. Every hasher of the standard library begins with randomness of its own, which
/// is enough to spread waits.
fn chance() -> u16 {
    let drawn = RandomState::new().build_hasher().finish() % 1_001;
    u16::try_from(drawn).unwrap_or(500)
}
