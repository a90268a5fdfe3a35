//! Follows a waiting area from a program of one's own, and prints how many callers stand where.
//!
//! ```sh
//! export STANDBY_URL=https://clinic.example STANDBY_API_KEY=…
//! cargo run -p standby-client --example watch_waiting_area
//! ```
//!
//! The key may have the role `REPORTER`, which reads only. Nothing that names a caller is printed.

#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "printing is what it is for"
)]

use std::env;
use std::error::Error;

use futures_util::StreamExt;
use standby_client::{
    CallerStatus, Endpoint, Live, SessionToken, SmsState, Staff, WaitingAreaReplica,
};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let url = env::var("STANDBY_URL").map_err(|_| "STANDBY_URL is not set")?;
    let key = env::var("STANDBY_API_KEY").map_err(|_| "STANDBY_API_KEY is not set")?;
    let staff = Staff::new(Endpoint::new(&url)?, SessionToken::new(key));
    let viewer = staff.viewer().await?;
    println!("{} at {}", viewer.name, viewer.clinic.name);

    let mut waiting_area = WaitingAreaReplica::new();
    let mut updates = staff.live(&viewer.clinic.id);
    while let Some(update) = updates.next().await {
        match update {
            Live::Item(event) => {
                waiting_area.apply(event);
                print(&waiting_area);
            }
            Live::Disconnected { retry_in, cause } => {
                eprintln!("disconnected ({cause:?}), trying again in {retry_in:.1?}");
            }
            Live::Refused { code, reason } => return Err(format!("{code} {reason}").into()),
            Live::Connecting | Live::Connected | Live::Ended => {}
        }
    }
    Ok(())
}

fn print(waiting_area: &WaitingAreaReplica) {
    let callers = waiting_area.callers();
    let count = |status| {
        callers
            .iter()
            .filter(|caller| caller.status == status)
            .count()
    };
    let unreached = callers.iter().filter(|caller| {
        caller
            .recall
            .as_ref()
            .is_some_and(|recall| recall.sms.state == SmsState::Failed)
    });
    println!(
        "version {}: {} Waiting, {} Offline ({} whose recall failed), {} Being Seen, {} On Hold",
        waiting_area.version().unwrap_or_default(),
        count(CallerStatus::Waiting),
        count(CallerStatus::Offline),
        unreached.count(),
        count(CallerStatus::BeingSeen),
        count(CallerStatus::OnHold),
    );
}
