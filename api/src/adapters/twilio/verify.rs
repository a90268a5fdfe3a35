//! Twilio's Verify: codes that Twilio makes, words, sends and checks. twilio-rs does not know it; what is
//! asked and answered is described in `twilio_verify_v2.json` of <https://github.com/twilio/twilio-oai>.

use super::E164;
use super::messages::{is_name, read_time};
use super::settings::TwilioSettings;
use super::transport::{Problem, Transport};
use crate::domain::delivery::{Progress, SmsState};
use crate::domain::secret::SecureCode;
use crate::domain::time::Span;
use crate::ports::code_checker::Checked;
use crate::ports::texter::{OutgoingText, Taken};
use serde::Deserialize;

/// How much older than the text's row Twilio may say a verification is. Our own: two clocks that nobody
/// compares.
const CLOCKS_DIFFER: Span = Span::seconds(60);

/// A verification, or a check of one.
#[derive(Deserialize)]
struct Verification {
    sid: Option<String>,
    status: Option<String>,
    date_created: Option<String>,
}

/// Has a code sent.
pub(super) async fn create(
    transport: &Transport,
    settings: &TwilioSettings,
    number: &E164,
) -> Result<Taken, Problem> {
    let path = service(settings, "Verifications")?;
    let form = vec![
        ("To", number.as_str().to_owned()),
        ("Channel", "sms".to_owned()),
    ];
    let address = &settings.addresses.verify;
    let verification: Verification = transport.post(address, &path, form).await?;
    taken(verification).ok_or(Problem::Unreadable)
}

/// Looks for the verification that is open for a number: Verify keeps one at a time.
pub(super) async fn find(
    transport: &Transport,
    settings: &TwilioSettings,
    text: &OutgoingText,
    number: &E164,
) -> Result<Option<Taken>, Problem> {
    let path = format!(
        "{}/{}",
        service(settings, "Verifications")?,
        number.in_path()
    );
    let address = &settings.addresses.verify;
    let within = settings.connecting.answered_within;
    let verification: Verification = match transport.get(address, &path, within).await {
        Ok(verification) => verification,
        // What is expired or used up is gone; so is what never was.
        Err(Problem::Refused { status: 404, .. }) => return Ok(None),
        Err(problem) => return Err(problem),
    };
    let is_ours = verification
        .date_created
        .as_deref()
        .and_then(read_time)
        .is_some_and(|created| created >= text.committed_at - CLOCKS_DIFFER)
        && matches!(verification.status.as_deref(), Some("pending" | "approved"));
    Ok(taken(verification).filter(|_| is_ours))
}

/// Asks whether a code is the one.
pub(super) async fn check(
    transport: &Transport,
    settings: &TwilioSettings,
    number: &E164,
    code: &SecureCode,
) -> Result<Checked, Problem> {
    let path = service(settings, "VerificationCheck")?;
    let form = vec![
        ("To", number.as_str().to_owned()),
        ("Code", code.reveal().to_owned()),
    ];
    let address = &settings.addresses.verify;
    let verification: Verification = transport.post(address, &path, form).await?;
    match verification.status.as_deref() {
        Some("approved") => Ok(Checked::Right),
        Some("pending") => Ok(Checked::Wrong),
        Some("canceled" | "max_attempts_reached" | "deleted" | "failed" | "expired") => {
            Ok(Checked::Gone)
        }
        _ => Err(Problem::Unreadable),
    }
}

fn service(settings: &TwilioSettings, resource: &str) -> Result<String, Problem> {
    let service = settings.verify_service.as_ref().ok_or(Problem::NotSetUp)?;
    Ok(format!("/v2/Services/{}/{resource}", service.as_str()))
}

/// Verify reports nothing later: what it has taken is all that becomes known.
fn taken(verification: Verification) -> Option<Taken> {
    Some(Taken {
        provider_id: verification.sid.filter(|sid| is_name(sid))?,
        progress: Progress {
            state: SmsState::Sent,
            failure: None,
        },
    })
}
