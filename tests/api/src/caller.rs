use std::sync::atomic::{AtomicI64, Ordering};

use serde_json::{Value, json};

use crate::{Asker, CALLER, Server, Socket};

/// The screen a caller has unless a test says otherwise.
const DEVICE: &str = "phone";

/// Of numbers that look like Australian mobiles, the one with this number of its own, E.164.
#[must_use]
pub fn mobile_number(number: u32) -> String {
    assert!(number < 10_000, "four digits");
    format!("+6149157{number:04}")
}

/// One stay in the waiting area of the demo clinic, as the caller has it in hand.
pub struct Caller {
    /// The bearer of this caller's token.
    pub asker: Asker,
    /// The caller's id.
    pub id: String,
    /// The caller's number, E.164.
    pub number: String,
    counter: AtomicI64,
}

impl Caller {
    /// Comes in by the clinic link. Different numbers are different callers, with phones of their
    /// own; the name is `Caller 7` for 7.
    pub async fn arrive(server: &Server, number: u32) -> Self {
        Self::arrive_at(server, "demo", number).await
    }

    /// Comes in by another clinic's link.
    pub async fn arrive_at(server: &Server, clinic: &str, number: u32) -> Self {
        let anonymous = server.anonymous();
        let input = Self::arrival(clinic, number);
        let entered = anonymous
            .accepted("enterWaitingArea", input, "token caller { id }")
            .await;
        Self::entered(&anonymous, &entered, number)
    }

    /// What such a caller enters.
    #[must_use]
    pub fn arrival(clinic: &str, number: u32) -> Value {
        json!({
            "clinicSlug": clinic,
            "name": format!("Caller {number}"),
            "phone": mobile_number(number),
            "idempotencyKey": format!("{clinic} {number}"),
        })
    }

    /// The caller of an arrival that was accepted.
    #[must_use]
    pub fn entered(asker: &Asker, payload: &Value, number: u32) -> Self {
        let token = payload["token"].as_str().expect("a token");
        Self {
            asker: asker.with_token(token),
            id: payload["caller"]["id"].as_str().expect("an id").to_owned(),
            number: mobile_number(number),
            counter: AtomicI64::new(0),
        }
    }

    /// Comes in and verifies the number.
    pub async fn arrive_verified(server: &Server, number: u32) -> Self {
        let caller = Self::arrive(server, number).await;
        caller.verify(server).await;
        caller
    }

    /// Comes in, verifies the number and looks away.
    pub async fn arrive_offline(server: &Server, number: u32) -> Self {
        let caller = Self::arrive_verified(server, number).await;
        let now = caller.look_away().await;
        assert_eq!(now["status"], "OFFLINE");
        caller
    }

    /// Has a code sent and enters it.
    pub async fn verify(&self, server: &Server) -> Value {
        let code = self.have_code_sent(server).await;
        let input = json!({ "code": code });
        let mut verified = self
            .asker
            .accepted("verifyPhone", input, &caller_selection())
            .await;
        verified["caller"].take()
    }

    /// Has a code sent, and reads it on the dev phone.
    pub async fn have_code_sent(&self, server: &Server) -> String {
        let phone = server.phone(&self.number);
        let before = phone.messages().await.len();
        self.asker
            .accepted("sendVerificationCode", json!({}), "")
            .await;
        let message = phone.message(before + 1).await;
        message.code().expect("a code").to_owned()
    }

    /// Reports that the screen is seen; returns the caller as it then stands.
    pub async fn look(&self) -> Value {
        self.report(DEVICE, self.count(), "FOREGROUND").await
    }

    /// Reports that the screen is hidden; returns the caller as it then stands.
    pub async fn look_away(&self) -> Value {
        self.report(DEVICE, self.count(), "BACKGROUND").await
    }

    /// The counter of the next report.
    pub fn count(&self) -> i64 {
        self.counter.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// Reports what a screen shows; returns the caller as it then stands.
    pub async fn report(&self, device: &str, counter: i64, state: &str) -> Value {
        let input = json!({ "deviceId": device, "counter": counter, "state": state });
        let mut reported = self
            .asker
            .accepted("reportPresence", input, &caller_selection())
            .await;
        reported["caller"].take()
    }

    /// Leaves the waiting area.
    pub async fn leave(&self) -> Value {
        let mut left = self
            .asker
            .accepted("leaveWaitingArea", json!({}), &caller_selection())
            .await;
        left["caller"].take()
    }

    /// The caller as it now stands, by the caller's own token.
    pub async fn now(&self) -> Value {
        own(&self.asker).await
    }

    /// Opens a socket from the caller's screen.
    pub async fn socket(&self) -> Socket {
        self.asker.socket_of(DEVICE).await
    }
}

/// The caller whose token it is, as it now stands.
async fn own(asker: &Asker) -> Value {
    let query = format!(
        "{{ viewer {{ ...on CallerSession {{ {} }} }} }}",
        caller_selection()
    );
    let mut data = asker.data(&query, json!({})).await;
    data["viewer"]["caller"].take()
}

fn caller_selection() -> String {
    format!("caller {{ {CALLER} }}")
}
