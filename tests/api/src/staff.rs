use serde_json::{Value, json};

use crate::{Asker, CALLER, Follower, until};

/// Somebody of a clinic's team, or a staff tool.
#[derive(Clone)]
pub struct Staff {
    /// The bearer of the session's token or the key.
    pub asker: Asker,
    /// The clinic's id.
    pub clinic: String,
}

impl Staff {
    /// Whoever bears this token; it must be one of staff.
    pub async fn new(asker: Asker) -> Self {
        let query = "{ viewer { ...on TeamMember { clinic { id } } \
                     ...on ApiClient { clinic { id } } } }";
        let data = asker.data(query, json!({})).await;
        let clinic = data["viewer"]["clinic"]["id"].as_str();
        Self {
            clinic: clinic.expect("the viewer is staff").to_owned(),
            asker,
        }
    }

    /// Asks for one of `recallCaller`, `cancelCaller`, `joinCaller`, `holdCaller`, `completeCall`,
    /// and returns the payload.
    pub async fn attend(&self, field: &str, caller: &str) -> Value {
        let more = match field {
            "recallCaller" => "recall { id requestedAt sms { state } }",
            "joinCaller" => "room { url }",
            _ => "",
        };
        let input = json!({ "callerId": caller });
        let selection = format!("caller {{ {CALLER} }} {more}");
        self.asker.mutate(field, input, &selection).await
    }

    /// The same where it must be accepted.
    pub async fn attended(&self, field: &str, caller: &str) -> Value {
        let payload = self.attend(field, caller).await;
        assert_eq!(payload["userErrors"], json!([]), "{field} is refused");
        payload
    }

    /// A caller as it now stands; null when there is none to be seen.
    pub async fn caller(&self, id: &str) -> Value {
        let query =
            format!("query ($id: ID!) {{ node(id: $id) {{ ...on Caller {{ {CALLER} }} }} }}");
        let mut data = self.asker.data(&query, json!({ "id": id })).await;
        data["node"].take()
    }

    /// Waits until a caller has this status, and returns it.
    pub async fn until_status(&self, id: &str, status: &str) -> Value {
        until(&format!("the caller is {status}"), async || {
            let caller = self.caller(id).await;
            (caller["status"] == status).then_some(caller)
        })
        .await
    }

    /// Waits until the text of the latest recall has arrived.
    pub async fn until_recall_delivered(&self, id: &str) -> Value {
        until("the recall's text is delivered", async || {
            let caller = self.caller(id).await;
            (caller["recall"]["sms"]["state"] == "DELIVERED").then_some(caller)
        })
        .await
    }

    /// What happened to a caller, oldest first.
    pub async fn activity(&self, id: &str) -> Vec<Value> {
        let query = "query ($id: ID!) { node(id: $id) { ...on Caller { \
                     activity(first: 200) { at kind description by version } } } }";
        let data = self.asker.data(query, json!({ "id": id })).await;
        let activity = data["node"]["activity"].as_array().cloned();
        activity.expect("activity").into_iter().rev().collect()
    }

    /// The kinds of what happened to a caller, oldest first, but for news of texts: when those come
    /// among the others is up to the phone.
    pub async fn story(&self, id: &str) -> Vec<String> {
        let activity = self.activity(id).await;
        let kinds = activity
            .iter()
            .filter_map(|activity| activity["kind"].as_str());
        kinds
            .filter(|kind| *kind != "SMS_PROGRESS")
            .map(str::to_owned)
            .collect()
    }

    /// The waiting area's version, and everyone whose stay has not ended, in order of arrival.
    pub async fn waiting_area(&self) -> (i64, Vec<Value>) {
        let query = format!(
            "query ($id: ID!) {{ node(id: $id) {{ ...on Clinic {{ waitingArea {{ version \
             callers(first: 500, statuses: [WAITING, OFFLINE, BEING_SEEN, ON_HOLD]) {{ totalCount \
             nodes {{ {CALLER} }} }} }} }} }} }}"
        );
        let mut data = self.asker.data(&query, json!({ "id": self.clinic })).await;
        let area = &mut data["node"]["waitingArea"];
        let Value::Array(callers) = area["callers"]["nodes"].take() else {
            panic!("no waiting area to be seen");
        };
        assert_eq!(
            area["callers"]["totalCount"],
            callers.len(),
            "all on one page"
        );
        (area["version"].as_i64().expect("a version"), callers)
    }

    /// The waiting area's version.
    pub async fn version(&self) -> i64 {
        self.waiting_area().await.0
    }

    /// Changes settings of the clinic; returns all that can be set, as it then is.
    pub async fn set(&self, change: Value) -> Value {
        let mut input = change;
        input["clinicId"] = json!(self.clinic);
        let selection = "settings { offlineQueueing showQueuePosition isOpen defaultCountry \
                         allowedCountries roomUrlTemplate textOnCancel consentText \
                         lostContactGraceSeconds entryFields { key label isRequired } }";
        let mut payload = self
            .asker
            .accepted("updateClinicSettings", input, selection)
            .await;
        payload["settings"].take()
    }

    /// Follows the waiting area on a socket of its own.
    pub async fn follow(&self, after: Option<i64>) -> Follower {
        Follower::new(self.asker.socket().await, &self.clinic, after).await
    }
}
