//! What staff do: the waiting area, its callers, its settings, and who has access to them.

mod access;
mod reports;
#[cfg(test)]
mod tests;
mod webhooks;

use cynic::{Id, MutationBuilder, QueryBuilder};

use crate::caller::{Activity, Caller, CallerStatus, Room};
use crate::client_error::ClientError;
use crate::clinic::{
    ClinicNow, ClinicSettings, ClinicSettingsChange, ReplyWords, SignedIn, TeamMember, TextPreview,
};
use crate::endpoint::Endpoint;
use crate::live::{LiveUpdates, WaitingAreaFeed};
use crate::operations::{self, CallerPayload, given, unless_refused};
use crate::secret::{SessionToken, SignInToken};
use crate::waiting_area_replica::WaitingAreaEvent;

/// How many activities are asked for: more than a stay has.
const ACTIVITIES: i32 = 100;

/// A team member's session, or an API key.
#[derive(Debug, Clone)]
pub struct Staff {
    endpoint: Endpoint,
    session: SessionToken,
}

/// A consultation that was started, or was already on.
#[derive(Debug, Clone, PartialEq)]
pub struct Joined {
    /// As it stands now.
    pub caller: Caller,
    /// Where the provider goes.
    pub room: Room,
}

/// Some of a waiting area's callers, in arrival order.
#[derive(Debug, Clone, PartialEq)]
pub struct CallerPage {
    /// The callers.
    pub callers: Vec<Caller>,
    /// How many there are on all pages.
    pub total_count: i32,
    /// Where the next page starts; none on the last page.
    pub next: Option<String>,
    /// The version of the waiting area that this shows.
    pub version: i32,
}

impl Staff {
    /// Whoever holds the session token or API key.
    #[must_use]
    pub fn new(endpoint: Endpoint, session: SessionToken) -> Self {
        Self { endpoint, session }
    }

    /// Exchanges the token of a one-time sign-in link for a session.
    ///
    /// # Errors
    ///
    /// Any [`ClientError`]; refused when the link was used or has expired.
    pub async fn sign_in(
        endpoint: &Endpoint,
        token: &SignInToken,
    ) -> Result<SignedIn, ClientError> {
        let input = operations::SignInInput {
            token: token.expose().to_owned(),
        };
        let question = operations::SignIn::build(operations::SignInVariables { input });
        let answer = endpoint.ask(&question, None).await?;
        let payload = given(answer.sign_in, "what came of it")?;
        unless_refused((), payload.user_errors, None)?;
        Ok(SignedIn {
            session: SessionToken::new(given(payload.token, "the token")?),
            expires_at: payload.expires_at,
            member: member(given(payload.viewer, "the team member")?),
        })
    }

    /// Ends this session: nothing asked with its token is answered any more.
    ///
    /// # Errors
    ///
    /// Any [`ClientError`]. Ending what has ended already is none.
    pub async fn sign_out(&self) -> Result<(), ClientError> {
        let input = operations::SignOutInput {
            client_mutation_id: None,
        };
        let question = operations::SignOut::build(operations::SignOutVariables { input });
        let answer = self.endpoint.ask(&question, self.token()).await?;
        let payload = given(answer.sign_out, "what came of it")?;
        unless_refused((), payload.user_errors, None)
    }

    /// Who this session or key belongs to.
    ///
    /// # Errors
    ///
    /// [`ClientError::Unauthorized`] when it belongs to no staff; [`ClientError::Fault`] and
    /// [`ClientError::Unreachable`].
    pub async fn viewer(&self) -> Result<TeamMember, ClientError> {
        let question = operations::WhoIsStaff::build(());
        match self.endpoint.ask(&question, self.token()).await?.viewer {
            operations::StaffViewer::TeamMember(fragment) => Ok(TeamMember {
                id: fragment.id,
                name: fragment.name,
                role: fragment.role,
                clinic: fragment.clinic,
                is_api_client: false,
                session: fragment
                    .sessions
                    .and_then(|sessions| sessions.into_iter().find(|session| session.is_current)),
            }),
            operations::StaffViewer::ApiClient(fragment) => Ok(TeamMember {
                id: fragment.id,
                name: fragment.name,
                role: fragment.role,
                clinic: fragment.clinic,
                is_api_client: true,
                session: None,
            }),
            operations::StaffViewer::Other => Err(ClientError::Unauthorized),
        }
    }

    /// Asks an Offline caller to come back, by SMS.
    ///
    /// # Errors
    ///
    /// Any [`ClientError`]; refused with the caller as it now stands when it is not Offline, or was
    /// recalled too often.
    pub async fn recall(&self, caller_id: &Id) -> Result<Caller, ClientError> {
        let input = operations::RecallCallerInput {
            caller_id: caller_id.clone(),
        };
        let question = operations::RecallCaller::build(operations::RecallCallerVariables { input });
        let answer = self.endpoint.ask(&question, self.token()).await?;
        given(answer.recall_caller, "what came of it")?.settle()
    }

    /// Removes a caller from the waiting area and ends the call. Ask for confirmation first.
    ///
    /// # Errors
    ///
    /// Any [`ClientError`]; refused with the caller as it now stands when somebody else was first.
    pub async fn cancel(
        &self,
        caller_id: &Id,
        reason: Option<String>,
    ) -> Result<Caller, ClientError> {
        let input = operations::CancelCallerInput {
            caller_id: caller_id.clone(),
            reason,
        };
        let question = operations::CancelCaller::build(operations::CancelCallerVariables { input });
        let answer = self.endpoint.ask(&question, self.token()).await?;
        given(answer.cancel_caller, "what came of it")?.settle()
    }

    /// Vouches for a caller's number, having phoned it: it is verified as if the caller had entered a
    /// code. `number` is the one that was phoned, as the caller's phone showed it then. Ask for
    /// confirmation first.
    ///
    /// # Errors
    ///
    /// Any [`ClientError`]; refused with the caller as it now stands when its number is another one by
    /// now or takes no texts, where the clinic does not offer to step away, and when the stay has ended.
    pub async fn verify_phone(
        &self,
        caller_id: &Id,
        number: String,
    ) -> Result<Caller, ClientError> {
        let input = operations::VerifyCallerPhoneInput {
            caller_id: caller_id.clone(),
            phone: number,
        };
        let variables = operations::VerifyCallerPhoneVariables { input };
        let question = operations::VerifyCallerPhone::build(variables);
        let answer = self.endpoint.ask(&question, self.token()).await?;
        given(answer.verify_caller_phone, "what came of it")?.settle()
    }

    /// Starts the consultation with a caller who is Waiting or On Hold.
    ///
    /// # Errors
    ///
    /// Any [`ClientError`]; refused with the caller as it now stands when the status does not fit.
    pub async fn join(&self, caller_id: &Id) -> Result<Joined, ClientError> {
        let input = operations::JoinCallerInput {
            caller_id: caller_id.clone(),
        };
        let question = operations::JoinCaller::build(operations::JoinCallerVariables { input });
        let answer = self.endpoint.ask(&question, self.token()).await?;
        let payload = given(answer.join_caller, "what came of it")?;
        if !payload.user_errors.is_empty() {
            unless_refused((), payload.user_errors, payload.caller)?;
            return Err(ClientError::fault("refused without a reason"));
        }
        Ok(Joined {
            caller: given(payload.caller, "the caller")?,
            room: given(payload.room, "the room")?,
        })
    }

    /// Puts a consultation on hold.
    ///
    /// # Errors
    ///
    /// Any [`ClientError`]; refused with the caller as it now stands when the status does not fit.
    pub async fn hold(&self, caller_id: &Id) -> Result<Caller, ClientError> {
        let input = operations::HoldCallerInput {
            caller_id: caller_id.clone(),
        };
        let question = operations::HoldCaller::build(operations::HoldCallerVariables { input });
        let answer = self.endpoint.ask(&question, self.token()).await?;
        given(answer.hold_caller, "what came of it")?.settle()
    }

    /// Ends the consultation.
    ///
    /// # Errors
    ///
    /// Any [`ClientError`]; refused with the caller as it now stands when the status does not fit.
    pub async fn complete(&self, caller_id: &Id) -> Result<Caller, ClientError> {
        let input = operations::CompleteCallInput {
            caller_id: caller_id.clone(),
        };
        let question = operations::CompleteCall::build(operations::CompleteCallVariables { input });
        let answer = self.endpoint.ask(&question, self.token()).await?;
        given(answer.complete_call, "what came of it")?.settle()
    }

    /// Erases name, number, answers and texts of a caller whose stay has ended, before the clinic's
    /// time for it. It cannot be undone. Ask for confirmation first.
    ///
    /// # Errors
    ///
    /// Any [`ClientError`]; refused with the caller as it now stands while the stay goes on.
    pub async fn erase(&self, caller_id: &Id) -> Result<Caller, ClientError> {
        let input = operations::EraseCallerInput {
            caller_id: caller_id.clone(),
        };
        let question = operations::EraseCaller::build(operations::EraseCallerVariables { input });
        let answer = self.endpoint.ask(&question, self.token()).await?;
        given(answer.erase_caller, "what came of it")?.settle()
    }

    /// What happened to a caller, newest first; none if there is no such caller that the viewer may
    /// see.
    ///
    /// # Errors
    ///
    /// [`ClientError::Unauthorized`], [`ClientError::Fault`] and [`ClientError::Unreachable`].
    pub async fn activity(&self, caller_id: &Id) -> Result<Option<Vec<Activity>>, ClientError> {
        let variables = operations::ActivityVariables {
            id: caller_id,
            first: ACTIVITIES,
        };
        let question = operations::ActivityOfCaller::build(variables);
        Ok(
            match self.endpoint.ask(&question, self.token()).await?.node {
                Some(operations::ActivityNode::Caller(caller)) => caller.activity,
                _ => None,
            },
        )
    }

    /// A page of callers in arrival order, also of those whose stay has ended: `statuses` says
    /// which, all if empty. `after` is the [`CallerPage::next`] of the page before. None if there
    /// is no such waiting area that the viewer may see.
    ///
    /// # Errors
    ///
    /// [`ClientError::Unauthorized`], [`ClientError::Fault`] and [`ClientError::Unreachable`].
    pub async fn callers(
        &self,
        clinic_id: &Id,
        statuses: &[CallerStatus],
        first: i32,
        after: Option<&str>,
    ) -> Result<Option<CallerPage>, ClientError> {
        let page = self.page_of_callers(operations::CallersVariables {
            id: clinic_id,
            first: Some(first),
            after,
            last: None,
            statuses: known(statuses),
        });
        page.await
    }

    /// The latest arrivals, in arrival order, also of those whose stay has ended: `statuses` says
    /// which, all if empty; `last` how many, at most 500. None if there is no such waiting area that
    /// the viewer may see.
    ///
    /// # Errors
    ///
    /// [`ClientError::Unauthorized`], [`ClientError::Fault`] (for too many, too) and
    /// [`ClientError::Unreachable`].
    pub async fn latest_callers(
        &self,
        clinic_id: &Id,
        statuses: &[CallerStatus],
        last: i32,
    ) -> Result<Option<Vec<Caller>>, ClientError> {
        let page = self.page_of_callers(operations::CallersVariables {
            id: clinic_id,
            first: None,
            after: None,
            last: Some(last),
            statuses: known(statuses),
        });
        Ok(page.await?.map(|page| page.callers))
    }

    async fn page_of_callers(
        &self,
        variables: operations::CallersVariables<'_>,
    ) -> Result<Option<CallerPage>, ClientError> {
        let question = operations::CallersOfClinic::build(variables);
        let Some(operations::CallersNode::Clinic(operations::CallersClinic {
            waiting_area: Some(area),
        })) = self.endpoint.ask(&question, self.token()).await?.node
        else {
            return Ok(None);
        };
        let operations::CallerConnection {
            nodes,
            page_info,
            total_count,
        } = area.callers;
        let next = page_info.end_cursor.filter(|_| page_info.has_next_page);
        Ok(Some(CallerPage {
            callers: nodes,
            total_count,
            next,
            version: area.version,
        }))
    }

    /// What no event tells of a clinic: ask again now and then. None if there is no such clinic.
    ///
    /// # Errors
    ///
    /// [`ClientError::Unauthorized`], [`ClientError::Fault`] and [`ClientError::Unreachable`].
    pub async fn clinic_now(&self, clinic_id: &Id) -> Result<Option<ClinicNow>, ClientError> {
        let question = operations::ClinicNow::build(operations::NodeVariables { id: clinic_id });
        Ok(
            match self.endpoint.ask(&question, self.token()).await?.node {
                Some(operations::ClinicNowNode::Clinic(clinic)) => Some(ClinicNow {
                    is_open: clinic.is_open,
                    time_zone: clinic.time_zone,
                    codes_paused_until: clinic
                        .waiting_area
                        .and_then(|waiting_area| waiting_area.codes_paused_until),
                }),
                _ => None,
            },
        )
    }

    /// The settings of a clinic; none unless the viewer is a clinic admin there.
    ///
    /// # Errors
    ///
    /// [`ClientError::Unauthorized`], [`ClientError::Fault`] and [`ClientError::Unreachable`].
    pub async fn settings(&self, clinic_id: &Id) -> Result<Option<ClinicSettings>, ClientError> {
        let question =
            operations::SettingsOfClinic::build(operations::NodeVariables { id: clinic_id });
        Ok(
            match self.endpoint.ask(&question, self.token()).await?.node {
                Some(operations::SettingsNode::Clinic(clinic)) => clinic.settings,
                _ => None,
            },
        )
    }

    /// Every text as it would be sent with these words, of which nothing is saved; none unless the
    /// viewer is a clinic admin there. Empty recall words are the usual ones.
    ///
    /// # Errors
    ///
    /// [`ClientError::Unauthorized`], [`ClientError::Fault`] and [`ClientError::Unreachable`].
    pub async fn preview_texts(
        &self,
        clinic_id: &Id,
        recall_words: &str,
        reply_words: ReplyWords,
    ) -> Result<Option<Vec<TextPreview>>, ClientError> {
        let question = operations::TextPreviewsOfClinic::build(operations::TextPreviewsVariables {
            id: clinic_id,
            recall_words,
            reply_words: reply_words.into(),
        });
        let settings = match self.endpoint.ask(&question, self.token()).await?.node {
            Some(operations::TextPreviewsNode::Clinic(clinic)) => clinic.settings,
            _ => None,
        };
        let previews = settings.map(|settings| settings.text_previews);
        Ok(previews.map(|previews| previews.into_iter().map(Into::into).collect()))
    }

    /// Changes settings; gives all of them as they now are.
    ///
    /// # Errors
    ///
    /// Any [`ClientError`]; refused with the offending field when something given is not right.
    pub async fn update_settings(
        &self,
        clinic_id: &Id,
        change: ClinicSettingsChange,
    ) -> Result<ClinicSettings, ClientError> {
        let fields = |fields: Vec<crate::EntryField>| fields.into_iter().map(Into::into).collect();
        let input = operations::UpdateClinicSettingsInput {
            clinic_id: clinic_id.clone(),
            offline_queueing: change.offline_queueing,
            show_queue_position: change.show_queue_position,
            is_open: change.is_open,
            default_country: change.default_country,
            allowed_countries: change.allowed_countries,
            room_url_template: change.room_url_template,
            room_token_key: change.room_token_key,
            room_token_issuer: change.room_token_issuer,
            text_on_cancel: change.text_on_cancel,
            recall_words: change.recall_words,
            reply_words: change.reply_words.map(Into::into),
            consent_text: change.consent_text,
            entry_fields: change.entry_fields.map(fields),
            lost_contact_grace_seconds: change.lost_contact_grace_seconds,
            erase_after_seconds: change.erase_after_seconds,
            time_zone: change.time_zone,
        };
        let variables = operations::UpdateClinicSettingsVariables { input };
        let question = operations::UpdateClinicSettings::build(variables);
        let answer = self.endpoint.ask(&question, self.token()).await?;
        let payload = given(answer.update_clinic_settings, "what came of it")?;
        unless_refused((), payload.user_errors, None)?;
        given(payload.settings, "the settings")
    }

    /// The waiting area: a snapshot, then every change once and in order. Stays connected by
    /// itself, and after a gap takes up where it was, or starts over with a snapshot. Apply each
    /// event to a [`WaitingAreaReplica`](crate::WaitingAreaReplica). Drop it to disconnect.
    #[must_use]
    pub fn live(&self, clinic_id: &Id) -> LiveUpdates<WaitingAreaEvent> {
        let feed = WaitingAreaFeed::new(clinic_id.clone());
        LiveUpdates::new(self.endpoint.clone(), self.session.expose(), None, feed)
    }

    #[allow(
        clippy::unnecessary_wraps,
        reason = "it is the argument of Endpoint::ask"
    )]
    fn token(&self) -> Option<&str> {
        Some(self.session.expose())
    }
}

/// The statuses to ask by, none for all: one that is newer than this client has no name to ask by.
fn known(statuses: &[CallerStatus]) -> Option<Vec<CallerStatus>> {
    let known = statuses
        .iter()
        .copied()
        .filter(|status| *status != CallerStatus::Unrecognised);
    Some(known.collect::<Vec<_>>()).filter(|statuses| !statuses.is_empty())
}

fn member(fragment: operations::TeamMemberFragment) -> TeamMember {
    TeamMember {
        id: fragment.id,
        name: fragment.name,
        role: fragment.role,
        clinic: fragment.clinic,
        is_api_client: false,
        session: None,
    }
}
