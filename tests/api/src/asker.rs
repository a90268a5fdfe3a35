use reqwest::{
    Client, StatusCode,
    header::{ACCEPT, AUTHORIZATION},
};
use serde_json::{Value, json};

use crate::Socket;

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
        Self {
            origin,
            token,
            http: Client::new(),
        }
    }

    /// Sends one operation.
    pub async fn ask(&self, query: &str, variables: Value) -> Answer {
        let mut request = self
            .http
            .post(format!("{}/graphql", self.origin))
            .header(ACCEPT, "application/graphql-response+json")
            .json(&json!({ "query": query, "variables": variables }));
        if let Some(token) = &self.token {
            request = request.header(AUTHORIZATION, format!("Bearer {token}"));
        }
        let response = request.send().await.expect("the server answers");
        let status = response.status();
        let mut body: Value = response.json().await.expect("the server answers with JSON");
        let errors = match body["errors"].take() {
            Value::Array(errors) => errors,
            _ => Vec::new(),
        };
        Answer {
            status,
            data: body["data"].take(),
            errors,
        }
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
        let kind: String = field.chars().take(1).flat_map(char::to_uppercase).collect();
        let rest = field.get(1..).unwrap_or_default();
        let query = format!(
            "mutation ($input: {kind}{rest}Input!) {{ {field}(input: $input) {{ {selection} \
             userErrors {{ __typename code message field }} }} }}"
        );
        self.data(&query, json!({ "input": input })).await[field].take()
    }

    /// Sends a mutation that must be accepted, and returns the payload.
    pub async fn accepted(&self, field: &str, input: Value, selection: &str) -> Value {
        let payload = self.mutate(field, input, selection).await;
        assert_eq!(payload["userErrors"], json!([]), "{field} is refused");
        payload
    }

    /// Sends a mutation that must be refused, and returns the refusal's code and field, as in
    /// `INVALID_INPUT input.name`.
    pub async fn refused(&self, field: &str, input: Value) -> String {
        let payload = self.mutate(field, input, "__typename").await;
        let refusal = &payload["userErrors"][0];
        let message = refusal["message"].as_str().unwrap_or_default();
        assert!(
            !message.is_empty(),
            "{field} is not refused in words: {payload}"
        );
        let path = refusal["field"].as_array().cloned().unwrap_or_default();
        let path: Vec<&str> = path.iter().filter_map(Value::as_str).collect();
        let code = refusal["code"].as_str().unwrap_or_default();
        format!("{code} {}", path.join(".")).trim_end().to_owned()
    }

    /// A caller comes in by the clinic link. Returns the bearer of the caller's token, and the
    /// caller's id.
    pub async fn arrive(&self, clinic: &str, name: &str, phone: &str) -> (Self, String) {
        let input = json!({
            "clinicSlug": clinic,
            "name": name,
            "phone": phone,
            "idempotencyKey": format!("{clinic} {name} {phone}"),
        });
        let payload = self
            .accepted("enterWaitingArea", input, "token caller { id }")
            .await;
        let token = payload["token"].as_str().expect("a token").to_owned();
        let id = payload["caller"]["id"].as_str().expect("an id").to_owned();
        (
            Self {
                token: Some(token),
                ..self.clone()
            },
            id,
        )
    }

    /// The token, for those who pass it on.
    pub fn token(&self) -> Option<&str> {
        self.token.as_deref()
    }

    /// Opens a socket, acknowledged for the bearer of this token.
    pub async fn socket(&self) -> Socket {
        let mut socket = Socket::open(&self.origin).await;
        let payload = match &self.token {
            Some(token) => json!({ "token": token }),
            None => json!({}),
        };
        socket.init(payload).await;
        socket
    }
}
