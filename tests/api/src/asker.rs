use std::{net::Ipv4Addr, time::Duration};

use reqwest::{
    Client, ClientBuilder, StatusCode,
    header::{ACCEPT, AUTHORIZATION},
};
use serde_json::{Value, json};

use crate::Socket;

/// What is asked of every refusal.
const USER_ERRORS: &str = "userErrors { __typename code message field \
    ...on WrongStatusError { status } ...on CodeRejectedError { attemptsLeft } \
    ...on RateLimitedError { retryAt } }";

/// How long an answer may take: a server that stands still is a failure, not a wait.
const ANSWERS_WITHIN: Duration = Duration::from_secs(30);

/// The answer to one operation over HTTP.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The status of the HTTP response.
    pub status: StatusCode,
    /// `data`; null when there is none.
    pub data: Value,
    /// `errors`: faults. Refusals are in `data`.
    pub errors: Vec<Value>,
}

/// Somebody who asks the server: anybody, or the bearer of a token.
#[derive(Clone)]
pub struct Asker {
    origin: String,
    token: Option<String>,
    http: Client,
}

impl Asker {
    pub(crate) fn new(origin: String, token: Option<String>) -> Self {
        // A connection for each request: one that is kept would outlive a server that is killed,
        // and the next request would fail for that.
        let http = client().pool_max_idle_per_host(0).build();
        Self {
            origin,
            token,
            http: http.expect("a client"),
        }
    }

    /// The same place, with another token.
    #[must_use]
    pub fn with_token(&self, token: &str) -> Self {
        Self {
            token: Some(token.to_owned()),
            ..self.clone()
        }
    }

    /// The same from this address of the loopback, over a connection that is kept: as somebody else
    /// who asks again and again. Not for a server that is killed meanwhile.
    #[must_use]
    pub fn keeping_a_connection_from(&self, address: Ipv4Addr) -> Self {
        let http = client().local_address(Some(address.into())).build();
        Self {
            http: http.expect("a client"),
            ..self.clone()
        }
    }

    /// Sends one operation. None when no whole answer comes back, as from a server that was killed
    /// meanwhile: the operation may have been done or not.
    pub async fn try_ask(&self, query: &str, variables: Value) -> Option<Answer> {
        let mut request = self
            .http
            .post(format!("{}/graphql", self.origin))
            .header(ACCEPT, "application/graphql-response+json")
            .json(&json!({ "query": query, "variables": variables }));
        if let Some(token) = &self.token {
            request = request.header(AUTHORIZATION, format!("Bearer {token}"));
        }
        let response = request.send().await.ok()?;
        let status = response.status();
        let body = response.bytes().await.ok()?;
        let mut body: Value = serde_json::from_slice(&body).expect("the server answers with JSON");
        let errors = match body["errors"].take() {
            Value::Array(errors) => errors,
            _ => Vec::new(),
        };
        Some(Answer {
            status,
            data: body["data"].take(),
            errors,
        })
    }

    /// Sends one operation.
    pub async fn ask(&self, query: &str, variables: Value) -> Answer {
        let answer = self.try_ask(query, variables).await;
        answer.expect("the server answers")
    }

    /// Sends one operation that must not be a fault, and returns its data.
    pub async fn data(&self, query: &str, variables: Value) -> Value {
        let answer = self.ask(query, variables).await;
        assert!(answer.errors.is_empty(), "a fault: {:?}", answer.errors);
        answer.data
    }

    /// Sends a mutation of one field with its `input`, and returns the payload. `selection` is what
    /// is asked of it besides `userErrors`.
    pub async fn mutate(&self, field: &str, input: Value, selection: &str) -> Value {
        let payload = self.try_mutate(field, input, selection).await;
        payload.expect("the server answers")
    }

    /// The same with a server that may be killed meanwhile: none when no whole answer comes back.
    pub async fn try_mutate(&self, field: &str, input: Value, selection: &str) -> Option<Value> {
        let (first, rest) = field.split_at(1);
        let kind = first.to_uppercase();
        let query = format!(
            "mutation ($input: {kind}{rest}Input!) {{ {field}(input: $input) {{ {selection} \
             {USER_ERRORS} }} }}"
        );
        let mut answer = self.try_ask(&query, json!({ "input": input })).await?;
        assert!(answer.errors.is_empty(), "a fault: {:?}", answer.errors);
        Some(answer.data[field].take())
    }

    /// Sends a mutation that must be accepted, and returns the payload.
    pub async fn accepted(&self, field: &str, input: Value, selection: &str) -> Value {
        let payload = self.mutate(field, input, selection).await;
        assert_eq!(payload["userErrors"], json!([]), "{field} is refused");
        payload
    }

    /// Sends a mutation that must be refused, and returns the refusal's code and field, as in
    /// `INVALID_INPUT name`.
    pub async fn refused(&self, field: &str, input: Value) -> String {
        refusal(&self.mutate(field, input, "__typename").await)
    }

    /// The token, for those who pass it on.
    #[must_use]
    pub fn token(&self) -> Option<&str> {
        self.token.as_deref()
    }

    /// Where the server is.
    #[must_use]
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// Opens a socket, acknowledged for the bearer of this token.
    pub async fn socket(&self) -> Socket {
        let payload = match &self.token {
            Some(token) => json!({ "token": token }),
            None => json!({}),
        };
        self.socket_saying(payload).await
    }

    /// The same from one of a caller's screens.
    pub async fn socket_of(&self, device: &str) -> Socket {
        self.socket_saying(json!({ "token": self.token, "deviceId": device }))
            .await
    }

    async fn socket_saying(&self, payload: Value) -> Socket {
        let mut socket = Socket::open(&self.origin).await;
        socket.init(payload).await;
        socket
    }
}

fn client() -> ClientBuilder {
    Client::builder().timeout(ANSWERS_WITHIN)
}

/// The code and the field of a payload's one refusal, as in `INVALID_INPUT name`. It must be said in
/// words as well.
#[must_use]
pub fn refusal(payload: &Value) -> String {
    let refusals = payload["userErrors"].as_array().expect("userErrors");
    let [refusal] = refusals.as_slice() else {
        panic!("not one refusal: {payload}");
    };
    let message = refusal["message"].as_str().unwrap_or_default();
    assert!(!message.is_empty(), "not refused in words: {payload}");
    let path = refusal["field"].as_array().cloned().unwrap_or_default();
    let path: Vec<&str> = path.iter().filter_map(Value::as_str).collect();
    let code = refusal["code"].as_str().unwrap_or_default();
    format!("{code} {}", path.join(".")).trim_end().to_owned()
}
