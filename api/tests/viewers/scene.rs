//! Asking as somebody, for what is there and for what is not.

use crate::access::Viewer;
use crate::support::{By, Stage, next};
use crate::two_clinics::TwoClinics;
use serde_json::{Value as Json, json};
use standby::domain::id::{
    ApiClientId, CallerId, ClinicId, SessionId, TeamMemberId, WebhookDeliveryId, WebhookId,
};

/// A caller whom a case names; for one that names none, it is about the one who waits.
const CALLERS: [&str; 10] = [
    "AWAY", "SEEN", "ENDED", "LATER", "LOST", "ERASED", "FAILED", "BARRED", "HELD", "QUIET",
];

pub(crate) struct Scene {
    pub(crate) clinics: TwoClinics,
}

impl Scene {
    pub(crate) async fn new() -> Self {
        Self {
            clinics: TwoClinics::new().await,
        }
    }

    /// By what somebody asks, in a case that reads so.
    pub(crate) fn by(&self, viewer: Viewer, ask: &str) -> By<'_> {
        let (north, south) = (&self.clinics.north, &self.clinics.south);
        let token = match viewer {
            Viewer::Anonymous => return None,
            Viewer::TheCaller => north.token(about(ask)),
            Viewer::OtherCaller => north.token("OTHER"),
            Viewer::CallerElsewhere => south.token("WAITING"),
            Viewer::AdminElsewhere => south.token("admin"),
            Viewer::AdminsKeyElsewhere => south.token("admin's key"),
            Viewer::Reporter => north.token("reporter"),
            Viewer::ReportersKey => north.token("reporter's key"),
            Viewer::Member => north.token("member"),
            Viewer::MembersKey => north.token("member's key"),
            Viewer::Admin => north.token("admin"),
            Viewer::AdminsKey => north.token("admin's key"),
            Viewer::ExpiredSession => north.token("expired session"),
            Viewer::ExpiredKey => north.token("expired key"),
            Viewer::RevokedKey => north.token("revoked key"),
            Viewer::EndedSession => north.token("ended session"),
            Viewer::RemovedMember => north.token("former"),
            Viewer::TokenCutShort => north.token("token cut short"),
        };
        Some(token)
    }

    /// The operation with the names of what is there.
    pub(crate) fn real(&self, ask: &str) -> String {
        let ask = ask.split_once(" # ").map_or(ask, |(ask, _)| ask);
        let mut real = ask.to_owned();
        for (name, value) in &self.clinics.north.names {
            real = real.replace(&format!("${name}\""), &format!("{value}\""));
        }
        assert!(!real.contains("\"$") || real.contains("$NOBODY"), "{real}");
        real.replace("$NOBODY", nobody().as_str())
    }

    /// The same operation for what was never there. A clinic has a public face whatever else it has, so
    /// what is read through that is asked of one in which there is nothing.
    pub(crate) fn unreal(&self, ask: &str) -> String {
        let mut unreal = self.real(ask);
        let is_through_public_face = ask.contains("...on Clinic {");
        for (name, value) in &self.clinics.north.names {
            let nothing = match *name {
                "CLINIC" if is_through_public_face => self.clinics.empty.id.to_string(),
                "CLINIC" => ClinicId::new([9; 16]).to_string(),
                "MEMBER" | "TOM" | "ADMIN" | "FORMER" => TeamMemberId::new([9; 16]).to_string(),
                "KEY" | "MEMBERS_KEY" | "ADMINS_KEY" | "REVOKED" => {
                    ApiClientId::new([9; 16]).to_string()
                }
                "WEBHOOK" | "GONE" => WebhookId::new([9; 16]).to_string(),
                "DELIVERY" => WebhookDeliveryId::new([9; 16]).to_string(),
                "SESSION" | "ADMINS_SESSION" => SessionId::new([9; 16]).to_string(),
                "LINK" | "USED_LINK" => "i0000000000000000000000".to_owned(),
                "CODE" => continue,
                _ => nobody().to_string(),
            };
            unreal = unreal.replace(value.as_str(), &nothing);
        }
        unreal
    }

    /// All answers there are: one, but for a subscription to what has happened, whose answers are as many
    /// as there were changes, and for one that is refused, whose answer is the end.
    pub(crate) async fn ask(&self, stage: &Stage, by: By<'_>, query: &str) -> Json {
        if !query.starts_with("subscription") {
            return stage.ask(by, query, json!({})).await;
        }
        let most = if query.contains("afterVersion") {
            self.clinics.north.changes
        } else {
            1
        };
        let mut answers = stage.follow(by, query, json!({})).await;
        let mut all = Vec::new();
        while all.len() < most
            && let Some(answer) = next(&mut answers).await
        {
            all.push(answer);
        }
        Json::Array(all)
    }

    /// What of north stands in an answer in which nothing of it may.
    pub(crate) fn secrets_in(&self, answer: &Json, asked: &str) -> Vec<String> {
        let text = answer.to_string().to_lowercase();
        let asked = asked.to_lowercase();
        let canaries = self.clinics.north.canaries.iter();
        canaries
            .filter(|canary| text.contains(&canary.text) && !asked.contains(&canary.text))
            .map(|canary| format!("shows a {}: {}", canary.kind, canary.text))
            .collect()
    }
}

/// An answer as it is sent.
pub(crate) fn bytes(answer: &Json) -> Vec<u8> {
    serde_json::to_vec(answer).unwrap()
}

/// An id that was never given out.
fn nobody() -> CallerId {
    CallerId::new([9; 16])
}

/// The caller whom a case is about.
pub(crate) fn about(ask: &str) -> &'static str {
    let named = CALLERS
        .into_iter()
        .find(|name| ask.contains(&format!("${name}\"")) || ask.ends_with(&format!("# {name}")));
    named.unwrap_or("WAITING")
}
