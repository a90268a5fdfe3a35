//! GraphQL over HTTP, at `/graphql`.
//!
//! JSON by POST; queries, and only queries, also by GET. Follows the GraphQL-over-HTTP
//! specification: `application/graphql-response+json` where the client accepts it, with a status
//! that tells whether anything was executed; else `application/json`, with 200 for every answer to
//! a well-formed request.
//!
//! Subscriptions are served over [WebSocket](super::graphql_ws).

use std::net::SocketAddr;
use std::time::Duration;

use async_graphql::Response as Answer;
use async_graphql::parser::types::OperationType;
use axum::Router;
use axum::body::Body;
use axum::extract::{ConnectInfo, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::any;
use futures_util::StreamExt;
use serde_json::{Map, Value as Json};

use super::door::{AnonymousBecause, Asker, Credential, Door, Refused};
use super::operation::{Asked, Malformed, Operation, is_request_error, refusal, to_json};
use super::origin::{OriginPolicy, Standing, is_preflight};

/// Where it is served.
pub const PATH: &str = "/graphql";

const METHODS: &str = "GET, HEAD, OPTIONS, POST";
const GRAPHQL_RESPONSE: &str = "application/graphql-response+json; charset=utf-8";
const JSON: &str = "application/json; charset=utf-8";

/// Limits of one request.
#[derive(Clone, Copy, Debug)]
pub struct HttpLimits {
    /// The largest body, in bytes. The longest document of our own apps has 3 kB.
    pub body_bytes: usize,
    /// The longest query string of a GET, in bytes. Proxies rarely let more pass.
    pub query_bytes: usize,
    /// How long a body may take to arrive. Who sends slower holds a connection for nothing.
    pub body_within: Duration,
}

impl Default for HttpLimits {
    fn default() -> Self {
        Self {
            body_bytes: 64 * 1024,
            query_bytes: 8 * 1024,
            body_within: Duration::from_secs(10),
        }
    }
}

#[derive(Clone)]
struct Transport<D> {
    door: D,
    origins: OriginPolicy,
    limits: HttpLimits,
}

/// Serves `/graphql`. Give the server `into_make_service_with_connect_info::<SocketAddr>()`, or
/// askers have no address.
pub fn router<D: Door>(door: D, origins: OriginPolicy, limits: HttpLimits) -> Router {
    // `any`, so that a method that is not served gets an answer in the client's own format.
    Router::new()
        .route(PATH, any(serve::<D>))
        .with_state(Transport {
            door,
            origins,
            limits,
        })
}

async fn serve<D: Door>(State(transport): State<Transport<D>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    if is_preflight(&parts.method) {
        return transport.origins.answer_preflight(&parts.headers, METHODS);
    }
    let mut response = match Format::accepted(&parts.headers) {
        Ok(format) => match transport.answer(&parts, body, format).await {
            Ok(answered) => answered,
            Err(fault) => fault.into_response(format),
        },
        Err(fault) => fault.into_response(Format::Json),
    };
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.append(header::VARY, HeaderValue::from_static("accept"));
    transport.origins.mark(&parts.headers, headers);
    response
}

impl<D: Door> Transport<D> {
    async fn answer(&self, parts: &Parts, body: Body, format: Format) -> Result<Response, Fault> {
        if self.origins.standing(&parts.headers) == Standing::Foreign {
            return Err(Fault::new(
                StatusCode::FORBIDDEN,
                "FOREIGN_ORIGIN",
                "Pages of this origin may not use the API",
            ));
        }
        let by_post = parts.method == Method::POST;
        let asked = if by_post {
            require_json(&parts.headers)?;
            let body = read_body(&parts.headers, body, self.limits).await?;
            let parameters = serde_json::from_slice(&body)
                .map_err(|_| Fault::bad_request("The body is not JSON"))?;
            Asked::from_json(parameters)?
        } else if matches!(parts.method, Method::GET | Method::HEAD) {
            asked_by_query(parts.uri.query().unwrap_or_default(), self.limits)?
        } else {
            return Err(Fault::method(METHODS, "Only GET and POST are served"));
        };
        let operation = match asked.into_operation() {
            Ok(operation) => operation,
            Err(answer) => return Ok(format.answer(&answer)),
        };
        match operation.kind() {
            OperationType::Mutation if !by_post => {
                return Err(Fault::method("POST", "Mutations are sent by POST"));
            }
            OperationType::Subscription => {
                let message = "Subscriptions are served over WebSocket, at /graphql/ws".to_owned();
                return Ok(format.answer(&refusal("WRONG_TRANSPORT", message)));
            }
            _ => {}
        }
        let viewer = self.viewer(&parts.headers).await?;
        let peer = parts
            .extensions
            .get::<ConnectInfo<SocketAddr>>()
            .map(|info| info.0);
        let from = Asker {
            address: self.door.address(peer, &parts.headers),
            device_id: None,
        };
        let answer = execute(&self.door, &operation, &viewer, &from).await;
        Ok(format.answer(&answer))
    }

    async fn viewer(&self, headers: &HeaderMap) -> Result<D::Viewer, Fault> {
        let token = match Credential::from_headers(headers) {
            Credential::Bearer(token) => token,
            Credential::Missing => return Ok(self.door.anonymous(AnonymousBecause::NoCredential)),
            Credential::Malformed => {
                return Ok(self.door.anonymous(AnonymousBecause::MalformedCredential));
            }
        };
        match self.door.viewer(&token).await {
            Ok(viewer) => Ok(viewer),
            Err(Refused::Credential) => {
                Ok(self.door.anonymous(AnonymousBecause::RejectedCredential))
            }
            Err(Refused::Unavailable) => Err(Fault::new(
                StatusCode::SERVICE_UNAVAILABLE,
                "UNAVAILABLE",
                "Try again in a moment",
            )),
        }
    }
}

/// Executes a query or a mutation.
///
/// A mutation runs to its end even when its asker hangs up meanwhile: otherwise the request would
/// be dropped at any await, in the middle of a command.
pub(super) async fn execute<D: Door>(
    door: &D,
    operation: &Operation,
    viewer: &D::Viewer,
    asker: &Asker,
) -> Answer {
    use async_graphql::Executor as _;

    let request = door.prepare(operation.request(), viewer, asker);
    if operation.kind() != OperationType::Mutation {
        return door.schema().execute(request).await;
    }
    let door = door.clone();
    let running = tokio::spawn(async move { door.schema().execute(request).await });
    running.await.unwrap_or_else(|error| {
        tracing::error!(%error, "a mutation was cut off");
        *refusal("INTERNAL_SERVER_ERROR", "Internal server error".into())
    })
}

/// The two media types of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Format {
    GraphqlResponse,
    Json,
}

impl Format {
    /// Chooses by the `Accept` header. `application/json` where the client leaves the choice: that
    /// is what tools from before the specification expect.
    fn accepted(headers: &HeaderMap) -> Result<Self, Fault> {
        let mut json = None;
        let mut graphql_response = None;
        let mut is_said = false;
        for value in headers.get_all(header::ACCEPT) {
            let value = value.to_str().map_err(|_| Fault::not_acceptable())?;
            for range in value
                .split(',')
                .map(str::trim)
                .filter(|range| !range.is_empty())
            {
                is_said = true;
                let (media_type, quality) = read_range(range);
                // The more exact range decides, whatever the order they are written in.
                let note = |chosen: &mut Option<(u8, u16)>, exactness| {
                    if chosen.is_none_or(|(before, _)| before < exactness) {
                        *chosen = Some((exactness, quality));
                    }
                };
                match media_type.to_ascii_lowercase().as_str() {
                    "application/json" => note(&mut json, 2),
                    "application/graphql-response+json" => note(&mut graphql_response, 2),
                    "application/*" => {
                        note(&mut json, 1);
                        note(&mut graphql_response, 1);
                    }
                    "*/*" => {
                        note(&mut json, 0);
                        note(&mut graphql_response, 0);
                    }
                    _ => {}
                }
            }
        }
        if !is_said {
            return Ok(Self::Json);
        }
        let quality = |chosen: Option<(u8, u16)>| chosen.map_or(0, |(_, quality)| quality);
        // Named by name, it is meant: a client that lists both at equal quality knows the new one.
        let prefers_new = graphql_response.is_some_and(|(exactness, _)| exactness == 2);
        match (quality(graphql_response), quality(json)) {
            (0, 0) => Err(Fault::not_acceptable()),
            (new, old) if new > old || (new == old && prefers_new) => Ok(Self::GraphqlResponse),
            _ => Ok(Self::Json),
        }
    }

    fn media_type(self) -> &'static str {
        match self {
            Self::GraphqlResponse => GRAPHQL_RESPONSE,
            Self::Json => JSON,
        }
    }

    fn answer(self, answer: &Answer) -> Response {
        let status = match self {
            Self::GraphqlResponse if is_request_error(answer) => StatusCode::BAD_REQUEST,
            _ => StatusCode::OK,
        };
        self.respond(status, to_json(answer))
    }

    fn respond(self, status: StatusCode, body: String) -> Response {
        (status, [(header::CONTENT_TYPE, self.media_type())], body).into_response()
    }
}

/// The media type of a range and its quality in thousandths; no quality when it asks for a
/// character set that is not ours.
fn read_range(range: &str) -> (&str, u16) {
    let mut parts = range.split(';').map(str::trim);
    let media_type = parts.next().unwrap_or_default();
    let mut quality = 1000;
    for parameter in parts {
        let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
        let value = value.trim().trim_matches('"');
        if name.trim().eq_ignore_ascii_case("q") {
            let parsed = value
                .parse::<f32>()
                .ok()
                .filter(|quality| (0.0..=1.0).contains(quality));
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "from 0 to 1000"
            )]
            let thousandths = (parsed.unwrap_or(0.0) * 1000.0).round() as u16;
            quality = quality.min(thousandths);
        } else if name.trim().eq_ignore_ascii_case("charset") && !is_utf8(value) {
            quality = 0;
        }
    }
    (media_type, quality)
}

fn is_utf8(charset: &str) -> bool {
    charset.eq_ignore_ascii_case("utf-8") || charset.eq_ignore_ascii_case("utf8")
}

fn require_json(headers: &HeaderMap) -> Result<(), Fault> {
    let unsupported = || {
        Fault::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "UNSUPPORTED_MEDIA_TYPE",
            "Send application/json, in UTF-8",
        )
    };
    if headers.contains_key(header::CONTENT_ENCODING) {
        return Err(unsupported());
    }
    // A page of anyone may send text/plain without a preflight; JSON it may not.
    let value = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .ok_or_else(unsupported)?;
    let (media_type, quality) = read_range(value);
    if media_type.eq_ignore_ascii_case("application/json") && quality > 0 {
        Ok(())
    } else {
        Err(unsupported())
    }
}

async fn read_body(headers: &HeaderMap, body: Body, limits: HttpLimits) -> Result<Vec<u8>, Fault> {
    let too_large = || {
        Fault::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            "PAYLOAD_TOO_LARGE",
            format!("A request has at most {} bytes", limits.body_bytes),
        )
    };
    let announced = headers
        .get(header::CONTENT_LENGTH)
        .and_then(|length| length.to_str().ok()?.parse::<usize>().ok());
    if announced.is_some_and(|length| length > limits.body_bytes) {
        return Err(too_large());
    }
    let reading = async {
        let mut read = Vec::with_capacity(announced.unwrap_or_default());
        let mut chunks = body.into_data_stream();
        while let Some(chunk) = chunks.next().await {
            let chunk = chunk.map_err(|_| Fault::bad_request("The body broke off"))?;
            if read.len().saturating_add(chunk.len()) > limits.body_bytes {
                return Err(too_large());
            }
            read.extend_from_slice(&chunk);
        }
        Ok(read)
    };
    tokio::time::timeout(limits.body_within, reading)
        .await
        .unwrap_or_else(|_| {
            Err(Fault::new(
                StatusCode::REQUEST_TIMEOUT,
                "REQUEST_TIMEOUT",
                "The body took too long to arrive",
            ))
        })
}

/// Reads the parameters of a GET, where `variables` and `extensions` are JSON in their turn.
fn asked_by_query(query: &str, limits: HttpLimits) -> Result<Asked, Fault> {
    if query.len() > limits.query_bytes {
        return Err(Fault::new(
            StatusCode::URI_TOO_LONG,
            "URI_TOO_LONG",
            format!("A query string has at most {} bytes", limits.query_bytes),
        ));
    }
    let uri = format!("/?{query}")
        .parse()
        .map_err(|_| Fault::bad_request("Not a query string"))?;
    let axum::extract::Query(pairs) =
        axum::extract::Query::<Vec<(String, String)>>::try_from_uri(&uri)
            .map_err(|_| Fault::bad_request("The query string cannot be read"))?;
    let mut parameters = Map::new();
    for (name, value) in pairs {
        let value = match name.as_str() {
            "variables" | "extensions" if value.is_empty() => Json::Null,
            "variables" | "extensions" => serde_json::from_str(&value)
                .map_err(|_| Fault::bad_request(format!("Parameter {name} is not JSON")))?,
            "query" | "operationName" => Json::String(value),
            _ => continue,
        };
        if parameters.insert(name.clone(), value).is_some() {
            return Err(Fault::bad_request(format!(
                "Parameter {name} is given twice"
            )));
        }
    }
    Ok(Asked::from_json(Json::Object(parameters))?)
}

/// Why a request is answered without a look at its document.
#[derive(Debug)]
struct Fault {
    status: StatusCode,
    code: &'static str,
    message: String,
    allow: Option<&'static str>,
}

impl Fault {
    fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        Self {
            status,
            code,
            message: message.into(),
            allow: None,
        }
    }

    fn bad_request(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "BAD_REQUEST", message)
    }

    fn method(allow: &'static str, message: &str) -> Self {
        let fault = Self::new(
            StatusCode::METHOD_NOT_ALLOWED,
            "METHOD_NOT_ALLOWED",
            message,
        );
        Self {
            allow: Some(allow),
            ..fault
        }
    }

    fn not_acceptable() -> Self {
        Self::new(
            StatusCode::NOT_ACCEPTABLE,
            "NOT_ACCEPTABLE",
            "Answers are application/graphql-response+json or application/json",
        )
    }

    fn into_response(self, format: Format) -> Response {
        let mut response = format.respond(self.status, to_json(&refusal(self.code, self.message)));
        if let Some(allow) = self.allow {
            response
                .headers_mut()
                .insert(header::ALLOW, HeaderValue::from_static(allow));
        }
        response
    }
}

impl From<Malformed> for Fault {
    fn from(Malformed(message): Malformed) -> Self {
        Self::bad_request(message)
    }
}

#[cfg(test)]
mod tests;
