//! What a patient does: reads the clinic, comes in, waits.

use std::fmt;

use cynic::{MutationBuilder, QueryBuilder};

use crate::caller::{Caller, PresenceState};
use crate::client_error::ClientError;
use crate::clinic::Clinic;
use crate::endpoint::Endpoint;
use crate::instant::Instant;
use crate::live::{CallerFeed, LiveUpdates};
use crate::operations::{self, CallerPayload, given, unless_refused};
use crate::secret::{CallerToken, DeviceId, IdempotencyKey};

/// Anybody at a clinic link, without a token.
#[derive(Debug, Clone)]
pub struct Patient {
    endpoint: Endpoint,
}

/// What is given on arrival.
#[derive(Clone)]
pub struct EnterWaitingArea {
    /// What follows `/c/` in the clinic link.
    pub clinic_slug: String,
    /// As the patient wrote it.
    pub name: String,
    /// As typed; the clinic's country is the default.
    pub phone: Option<String>,
    /// To the clinic's entry fields.
    pub answers: Vec<EntryAnswerGiven>,
    /// The same for every retry of this arrival.
    pub idempotency_key: IdempotencyKey,
}

impl fmt::Debug for EnterWaitingArea {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("EnterWaitingArea")
            .field("clinic_slug", &self.clinic_slug)
            .finish_non_exhaustive()
    }
}

/// An answer to one of the clinic's entry fields.
#[derive(Clone)]
pub struct EntryAnswerGiven {
    /// The entry field's key.
    pub key: String,
    /// What the patient wrote.
    pub value: String,
}

impl fmt::Debug for EntryAnswerGiven {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("EntryAnswerGiven")
            .field("key", &self.key)
            .finish_non_exhaustive()
    }
}

/// A caller who came in.
#[derive(Debug, Clone)]
pub struct Entered {
    /// As it stands now.
    pub caller: Caller,
    /// Opens this caller; shown once. Keep it, and put it after `#` in the address of the wait
    /// screen.
    pub token: CallerToken,
}

impl Patient {
    /// Somebody who has not come in yet.
    #[must_use]
    pub fn new(endpoint: Endpoint) -> Self {
        Self { endpoint }
    }

    /// The clinic by the slug in its clinic link; none if there is no such clinic.
    ///
    /// # Errors
    ///
    /// [`ClientError::Fault`] and [`ClientError::Unreachable`].
    pub async fn clinic(&self, slug: &str) -> Result<Option<Clinic>, ClientError> {
        let question = operations::ClinicBySlug::build(operations::ClinicVariables { slug });
        Ok(self.endpoint.ask(&question, None).await?.clinic)
    }

    /// Comes in. After [`ClientError::Unreachable`], send the same again with the same key.
    ///
    /// # Errors
    ///
    /// Any [`ClientError`]; refused with the offending field when something given is not right.
    pub async fn enter(&self, arrival: EnterWaitingArea) -> Result<Entered, ClientError> {
        let answers = arrival
            .answers
            .into_iter()
            .map(|answer| operations::EntryAnswerInput {
                key: answer.key,
                value: answer.value,
            });
        let input = operations::EnterWaitingAreaInput {
            clinic_slug: arrival.clinic_slug,
            name: arrival.name,
            phone: arrival.phone,
            answers: Some(answers.collect()),
            idempotency_key: arrival.idempotency_key.expose().to_owned(),
        };
        let question =
            operations::EnterWaitingArea::build(operations::EnterWaitingAreaVariables { input });
        let answer = self.endpoint.ask(&question, None).await?;
        let payload = given(answer.enter_waiting_area, "what came of it")?;
        unless_refused((), payload.user_errors, None)?;
        Ok(Entered {
            caller: given(payload.caller, "the caller")?,
            token: CallerToken::new(given(payload.token, "the token")?),
        })
    }
}

/// One caller at the wait screen, on one device.
#[derive(Debug, Clone)]
pub struct CallerSession {
    endpoint: Endpoint,
    token: CallerToken,
    device_id: DeviceId,
}

/// The caller, and the clinic where they wait.
#[derive(Debug, Clone, PartialEq)]
pub struct Me {
    /// As it stands now.
    pub caller: Caller,
    /// Where.
    pub clinic: Clinic,
}

/// A secure code is on its way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CodeSent {
    /// Until when the code is taken.
    pub expires_at: Instant,
    /// From when another code may be asked for.
    pub resend_at: Instant,
}

impl CallerSession {
    /// The caller whose token it is, on the device whose identifier it is.
    #[must_use]
    pub fn new(endpoint: Endpoint, token: CallerToken, device_id: DeviceId) -> Self {
        Self {
            endpoint,
            token,
            device_id,
        }
    }

    /// The device whose presence this session reports.
    #[must_use]
    pub fn device_id(&self) -> &DeviceId {
        &self.device_id
    }

    /// The caller and the clinic as they now are.
    ///
    /// # Errors
    ///
    /// [`ClientError::Unauthorized`] when the token opens no caller; [`ClientError::Fault`] and
    /// [`ClientError::Unreachable`].
    pub async fn me(&self) -> Result<Me, ClientError> {
        let question = operations::WhoIsCaller::build(());
        match self
            .endpoint
            .ask(&question, Some(self.token.expose()))
            .await?
            .viewer
        {
            operations::CallerViewer::CallerSession(session) => {
                let operations::CallerAndClinic { caller, clinic } = session.caller;
                Ok(Me { caller, clinic })
            }
            operations::CallerViewer::Other => Err(ClientError::Unauthorized),
        }
    }

    /// Has a secure code sent, to `phone` if the number changes, else to the one given on arrival.
    ///
    /// # Errors
    ///
    /// Any [`ClientError`]; refused as [`RateLimited`](crate::UserErrorCode::RateLimited) with the
    /// time from which to ask again, as [`InvalidInput`](crate::UserErrorCode::InvalidInput) for a
    /// number that cannot be taken.
    pub async fn send_code(&self, phone: Option<String>) -> Result<CodeSent, ClientError> {
        let input = operations::SendVerificationCodeInput { phone };
        let variables = operations::SendVerificationCodeVariables { input };
        let question = operations::SendVerificationCode::build(variables);
        let answer = self
            .endpoint
            .ask(&question, Some(self.token.expose()))
            .await?;
        let payload = given(answer.send_verification_code, "what came of it")?;
        unless_refused((), payload.user_errors, None)?;
        Ok(CodeSent {
            expires_at: given(payload.expires_at, "the expiry")?,
            resend_at: given(payload.resend_at, "the time of another code")?,
        })
    }

    /// Verifies the number by the code that was sent to it.
    ///
    /// # Errors
    ///
    /// Any [`ClientError`]; refused as [`CodeRejected`](crate::UserErrorCode::CodeRejected) with
    /// the attempts left.
    pub async fn verify(&self, code: &str) -> Result<Caller, ClientError> {
        let input = operations::VerifyPhoneInput {
            code: code.to_owned(),
        };
        let question = operations::VerifyPhone::build(operations::VerifyPhoneVariables { input });
        let answer = self
            .endpoint
            .ask(&question, Some(self.token.expose()))
            .await?;
        given(answer.verify_phone, "what came of it")?.settle()
    }

    /// Says whether this device's wait screen is seen. `counter` grows with every report of the
    /// device, over restarts too: the server drops a report whose counter is not greater than the
    /// last one's.
    ///
    /// A report that must outlive the page is sent by the page itself, not from here.
    ///
    /// # Errors
    ///
    /// Any [`ClientError`].
    pub async fn report_presence(
        &self,
        counter: i32,
        state: PresenceState,
    ) -> Result<Caller, ClientError> {
        let device_id = cynic::Id::new(self.device_id.as_str());
        let input = operations::ReportPresenceInput {
            device_id,
            counter,
            state,
        };
        let question =
            operations::ReportPresence::build(operations::ReportPresenceVariables { input });
        let answer = self
            .endpoint
            .ask(&question, Some(self.token.expose()))
            .await?;
        given(answer.report_presence, "what came of it")?.settle()
    }

    /// Leaves the waiting area for good.
    ///
    /// # Errors
    ///
    /// Any [`ClientError`].
    pub async fn leave(&self, reason: Option<String>) -> Result<Caller, ClientError> {
        let input = operations::LeaveWaitingAreaInput { reason };
        let question =
            operations::LeaveWaitingArea::build(operations::LeaveWaitingAreaVariables { input });
        let answer = self
            .endpoint
            .ask(&question, Some(self.token.expose()))
            .await?;
        given(answer.leave_waiting_area, "what came of it")?.settle()
    }

    /// Takes the place back after contact was lost, while
    /// [`CallerEnd::is_resumable`](crate::CallerEnd::is_resumable). Gives the new stay, in the
    /// original place; call [`live`](Self::live) anew if it has ended.
    ///
    /// # Errors
    ///
    /// Any [`ClientError`]; refused when the place can no longer be taken back.
    pub async fn resume(&self) -> Result<Caller, ClientError> {
        let input = operations::ResumeWaitingInput {
            client_mutation_id: None,
        };
        let question =
            operations::ResumeWaiting::build(operations::ResumeWaitingVariables { input });
        let answer = self
            .endpoint
            .ask(&question, Some(self.token.expose()))
            .await?;
        given(answer.resume_waiting, "what came of it")?.settle()
    }

    /// The caller as it now is, then after every change to it or to its position. Stays connected
    /// by itself; while connected, this device counts as in touch. Drop it to disconnect.
    #[must_use]
    pub fn live(&self) -> LiveUpdates<Caller> {
        let token = self.token.expose();
        LiveUpdates::new(
            self.endpoint.clone(),
            token,
            Some(self.device_id.as_str()),
            CallerFeed::default(),
        )
    }
}
