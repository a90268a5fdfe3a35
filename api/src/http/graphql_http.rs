//! GraphQL over HTTP, at `/graphql`.
//!
//! JSON by POST; queries, and only queries, also by GET. Follows the GraphQL-over-HTTP
//! specification: `application/graphql-response+json` where the client accepts it, with a status
//! that tells whether anything was executed; else `application/json`, with 200 for every answer to
//! a well-formed request.
//!
//! Where the client accepts `text/event-stream`, the answers of a subscription are streamed
//! ([`graphql_sse`]); they are also served over [WebSocket](super::graphql_ws).

use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use async_graphql::Response as Answer;
use async_graphql::parser::types::OperationType;
use axum::Router;
use axum::body::{Body, Bytes, HttpBody};
use axum::extract::{Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::any;
use futures_util::StreamExt;
use hyper::body::{Frame, SizeHint};
use serde_json::{Map, Value as Json};

use super::connections::{Full, Place};
use super::door::{AnonymousBecause, Asker, Credential, Door, Refused};
use super::execution::{execute, too_often};
use super::fair_use::{Answering, Turn};
use super::graphql_sse::{self, StreamLimits};
use super::operation::{Asked, Malformed, is_request_error, refusal, to_json};
use super::origin::{Standing, is_preflight};
use super::transport::Transport;

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
struct Served<D: Door> {
    transport: Transport<D>,
    limits: HttpLimits,
    streams: StreamLimits,
}

/// Serves `/graphql` and `/graphql/stream`. Serve it with [`listening`](super::listening), or askers
/// have no address.
pub fn router<D: Door>(
    transport: Transport<D>,
    limits: HttpLimits,
    streams: StreamLimits,
) -> Router {
    // `any`, so that a method that is not served gets an answer in the client's own format.
    Router::new()
        .route(PATH, any(serve::<D>))
        .route(graphql_sse::PATH, any(serve_stream::<D>))
        .with_state(Served {
            transport,
            limits,
            streams,
        })
}

async fn serve<D: Door>(State(served): State<Served<D>>, request: Request) -> Response {
    let accepted = Accepted::one_or_stream(request.headers());
    served.serve(request, accepted).await
}

async fn serve_stream<D: Door>(State(served): State<Served<D>>, request: Request) -> Response {
    let accepted = Accepted::stream(request.headers());
    served.serve(request, accepted).await
}

impl<D: Door> Served<D> {
    async fn serve(&self, request: Request, accepted: Result<Accepted, Fault>) -> Response {
        let (parts, body) = request.into_parts();
        let origins = &self.transport.origins;
        if is_preflight(&parts.method) {
            return origins.answer_preflight(&parts.headers, METHODS);
        }
        let format = accepted
            .as_ref()
            .map_or(Format::Json, |accepted| accepted.format());
        let answered = self.answer(&parts, body, accepted).await;
        let mut response = answered.unwrap_or_else(|fault| fault.into_response(format));
        let headers = response.headers_mut();
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        headers.append(header::VARY, HeaderValue::from_static("accept"));
        origins.mark(&parts.headers, headers);
        response
    }

    async fn answer(
        &self,
        parts: &Parts,
        body: Body,
        accepted: Result<Accepted, Fault>,
    ) -> Result<Response, Fault> {
        let transport = &self.transport;
        if transport.origins.standing(&parts.headers) == Standing::Foreign {
            return Err(Fault::new(
                StatusCode::FORBIDDEN,
                "FOREIGN_ORIGIN",
                "Pages of this origin may not use the API",
            ));
        }
        let asker = transport.asker(&parts.headers, &parts.extensions);
        let (viewer, nobody_because) = self.viewer(&parts.headers).await?;
        // Counted before anything is read: what is no good was work too.
        let turn = transport.turn(&viewer, &asker);
        let question = match accepted {
            Ok(accepted) => self
                .asked(parts, body, accepted)
                .await
                .map(|asked| (asked, accepted))
                .map_err(|fault| (fault, accepted.format())),
            Err(fault) => Err((fault, Format::Json)),
        };
        // What is being sent to us is not yet being answered: a slow line keeps nobody else waiting.
        let (turn, place) = transport.begin(&viewer, &asker, turn).await;
        let mut response = match question {
            Ok((question, accepted)) => {
                let whose = Whose {
                    viewer,
                    nobody_because,
                    asker,
                    turn,
                    place: place.clone(),
                };
                let answered = self.respond(parts, question, accepted, whose).await;
                answered.unwrap_or_else(|fault| fault.into_response(accepted.format()))
            }
            Err((_, format)) if turn.too_often_for.is_some() => {
                Fault::too_often(turn).into_response(format)
            }
            Err((fault, format)) => fault.into_response(format),
        };
        turn.mark(response.headers_mut());
        // A stream is counted among what stays open.
        if response.body().size_hint().exact().is_some() {
            response = response.map(|body| written(body, place));
        }
        Ok(response)
    }

    /// Reads what is asked.
    async fn asked(&self, parts: &Parts, body: Body, accepted: Accepted) -> Result<Asked, Fault> {
        match parts.method {
            Method::POST => {
                require_json(&parts.headers)?;
                let body = read_body(&parts.headers, body, self.limits).await?;
                let parameters = serde_json::from_slice(&body)
                    .map_err(|_| Fault::bad_request("The body is not JSON"))?;
                Ok(Asked::from_json(parameters)?)
            }
            Method::HEAD if accepted.prefers_stream => {
                Err(Fault::method(METHODS, "A stream has no head of its own"))
            }
            Method::GET | Method::HEAD => {
                asked_by_query(parts.uri.query().unwrap_or_default(), self.limits)
            }
            _ => Err(Fault::method(METHODS, "Only GET and POST are served")),
        }
    }

    async fn respond(
        &self,
        parts: &Parts,
        asked: Asked,
        accepted: Accepted,
        whose: Whose<D::Viewer>,
    ) -> Result<Response, Fault> {
        let Whose {
            viewer,
            nobody_because,
            asker,
            turn,
            place,
        } = whose;
        let operation = match self.transport.operation(asked) {
            Ok(operation) => operation,
            Err(_) if turn.too_often_for.is_some() => return Err(Fault::too_often(turn)),
            Err(answer) if accepted.prefers_stream => return Ok(graphql_sse::answer_once(&answer)),
            Err(answer) => return Ok(accepted.format().answer(&answer)),
        };
        let kind = operation.kind();
        if kind == OperationType::Mutation && parts.method != Method::POST {
            return Err(Fault::method("POST", "Mutations are sent by POST"));
        }
        if kind != OperationType::Mutation && turn.too_often_for.is_some() {
            return Err(Fault::too_often(turn));
        }
        let is_stream = accepted.prefers_stream
            || (accepted.takes_stream
                && kind == OperationType::Subscription
                && parts.method != Method::HEAD);
        if is_stream {
            match nobody_because {
                None | Some(AnonymousBecause::NoCredential) => {}
                Some(AnonymousBecause::MalformedCredential) => {
                    let message = "Send the credential as `Authorization: Bearer …`, once";
                    return Err(Fault::unauthorized(message));
                }
                Some(AnonymousBecause::RejectedCredential) => {
                    let message = "The credential is not good, or no longer";
                    return Err(Fault::unauthorized(message));
                }
            }
            let room = self.room(&viewer, &asker)?;
            let transport = &self.transport;
            let asking = transport.asking(operation, viewer, asker);
            return Ok(graphql_sse::stream(
                transport,
                asking,
                turn,
                room,
                self.streams,
            ));
        }
        if kind == OperationType::Subscription {
            let message = "Subscriptions are streamed to who accepts text/event-stream, and served over \
                           WebSocket at /graphql/ws";
            let answer = refusal("WRONG_TRANSPORT", message.to_owned());
            return Ok(accepted.format().answer(&answer));
        }
        let asking = self.transport.asking(operation, viewer, asker);
        let answer = execute(&asking, turn, place).await;
        Ok(accepted.format().answer(&answer))
    }

    /// Room for one more stream.
    fn room(&self, viewer: &D::Viewer, asker: &Asker) -> Result<Place, Fault> {
        let party = self.transport.door.party(viewer, asker);
        let address = super::fair_use::Party::at(asker.address);
        let mut place = self.transport.connections.take_in(address)?;
        place.is_of(party)?;
        Ok(place)
    }

    /// Who asks; and why nobody in particular, where it is nobody.
    async fn viewer(
        &self,
        headers: &HeaderMap,
    ) -> Result<(D::Viewer, Option<AnonymousBecause>), Fault> {
        let door = &self.transport.door;
        let nobody = |because| Ok((door.anonymous(because), Some(because)));
        let token = match Credential::from_headers(headers) {
            Credential::Bearer(token) => token,
            Credential::Missing => return nobody(AnonymousBecause::NoCredential),
            Credential::Malformed => return nobody(AnonymousBecause::MalformedCredential),
        };
        match door.viewer(&token).await {
            Ok(viewer) => Ok((viewer, None)),
            Err(Refused::Credential) => nobody(AnonymousBecause::RejectedCredential),
            Err(Refused::Unavailable) => Err(Fault::unavailable(super::IN_A_MOMENT)),
        }
    }
}

/// For whom a request is answered.
struct Whose<V> {
    viewer: V,
    nobody_because: Option<AnonymousBecause>,
    asker: Asker,
    turn: Turn,
    place: Option<Answering>,
}

/// How much of an answer is handed to the network at once, in bytes. What has not been is not yet answered.
const PART_BYTES: usize = 16 * 1024;

/// A body that is answered, and takes a place, until the network has the last of it.
struct Written {
    body: Body,
    /// Of `body`, and not yet handed on.
    rest: Bytes,
    _place: Option<Answering>,
}

fn written(body: Body, place: Option<Answering>) -> Body {
    Body::new(Written {
        body,
        rest: Bytes::new(),
        _place: place,
    })
}

impl HttpBody for Written {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        if self.rest.is_empty() {
            match ready!(Pin::new(&mut self.body).poll_frame(context)) {
                Some(Ok(frame)) => match frame.into_data() {
                    Ok(data) => self.rest = data,
                    Err(frame) => return Poll::Ready(Some(Ok(frame))),
                },
                end => return Poll::Ready(end),
            }
        }
        let part = self.rest.len().min(PART_BYTES);
        Poll::Ready(Some(Ok(Frame::data(self.rest.split_to(part)))))
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty() && self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        let rest = u64::try_from(self.rest.len()).unwrap_or(u64::MAX);
        self.body
            .size_hint()
            .exact()
            .map_or_else(SizeHint::default, |body| {
                SizeHint::with_exact(body.saturating_add(rest))
            })
    }
}

/// What the client accepts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Accepted {
    /// For what is one answer; `None` when only a stream is accepted.
    one: Option<Format>,
    takes_stream: bool,
    /// Whether even a query is to be streamed.
    prefers_stream: bool,
}

impl Accepted {
    /// What a fault is written in: JSON even for those who accept only a stream. It is never one of
    /// what was executed.
    fn format(self) -> Format {
        self.one.unwrap_or(Format::Json)
    }

    /// At `/graphql`: one answer, a stream only for those who name it. `application/json` where the
    /// client leaves the choice: that is what tools from before the specification expect.
    fn one_or_stream(headers: &HeaderMap) -> Result<Self, Fault> {
        let said = Said::by(headers)?;
        if !said.anything {
            return Ok(Self {
                one: Some(Format::Json),
                takes_stream: false,
                prefers_stream: false,
            });
        }
        let [new, old, stream] = [said.graphql_response, said.json, said.stream].map(quality);
        // Named by name, it is meant: a client that lists both at equal quality knows the new one.
        let prefers_new = said
            .graphql_response
            .is_some_and(|(exactness, _)| exactness == BY_NAME);
        let one = match (new, old) {
            (0, 0) => None,
            _ if new > old || (new == old && prefers_new) => Some(Format::GraphqlResponse),
            _ => Some(Format::Json),
        };
        let takes_stream = stream > 0
            && said
                .stream
                .is_some_and(|(exactness, _)| exactness > BY_ANYTHING);
        if one.is_none() && !takes_stream {
            return Err(Fault::not_acceptable());
        }
        Ok(Self {
            one,
            takes_stream,
            prefers_stream: takes_stream && stream > new.max(old),
        })
    }

    /// At `/graphql/stream`: a stream, for those who leave the choice as well.
    fn stream(headers: &HeaderMap) -> Result<Self, Fault> {
        let said = Said::by(headers)?;
        if said.anything && quality(said.stream) == 0 {
            return Err(Fault::not_acceptable());
        }
        Ok(Self {
            one: None,
            takes_stream: true,
            prefers_stream: true,
        })
    }
}

/// How exactly a media type is named by a range.
const BY_NAME: u8 = 2;
const BY_KIND: u8 = 1;
const BY_ANYTHING: u8 = 0;

/// What the `Accept` header says of each media type there is: how exactly, and the quality.
#[derive(Default)]
struct Said {
    json: Option<(u8, u16)>,
    graphql_response: Option<(u8, u16)>,
    stream: Option<(u8, u16)>,
    anything: bool,
}

impl Said {
    fn by(headers: &HeaderMap) -> Result<Self, Fault> {
        let mut said = Self::default();
        for value in headers.get_all(header::ACCEPT) {
            let value = value.to_str().map_err(|_| Fault::not_acceptable())?;
            let ranges = value.split(',').map(str::trim);
            for range in ranges.filter(|range| !range.is_empty()) {
                said.anything = true;
                let (media_type, quality) = read_range(range);
                // The more exact range decides, whatever the order they are written in.
                let note = |chosen: &mut Option<(u8, u16)>, exactness| {
                    if chosen.is_none_or(|(before, _)| before < exactness) {
                        *chosen = Some((exactness, quality));
                    }
                };
                match media_type.to_ascii_lowercase().as_str() {
                    "application/json" => note(&mut said.json, BY_NAME),
                    "application/graphql-response+json" => {
                        note(&mut said.graphql_response, BY_NAME);
                    }
                    "text/event-stream" => note(&mut said.stream, BY_NAME),
                    "application/*" => {
                        note(&mut said.json, BY_KIND);
                        note(&mut said.graphql_response, BY_KIND);
                    }
                    "text/*" => note(&mut said.stream, BY_KIND),
                    "*/*" => {
                        note(&mut said.json, BY_ANYTHING);
                        note(&mut said.graphql_response, BY_ANYTHING);
                        note(&mut said.stream, BY_ANYTHING);
                    }
                    _ => {}
                }
            }
        }
        Ok(said)
    }
}

fn quality(chosen: Option<(u8, u16)>) -> u16 {
    chosen.map_or(0, |(_, quality)| quality)
}

/// The two media types of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Format {
    GraphqlResponse,
    Json,
}

impl Format {
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
            "query" | "operationName" | "documentId" => Json::String(value),
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
    header: Option<(HeaderName, &'static str)>,
    /// Instead of the code and the message.
    answer: Option<Box<Answer>>,
}

impl Fault {
    fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        Self {
            status,
            code,
            message: message.into(),
            header: None,
            answer: None,
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
            header: Some((header::ALLOW, allow)),
            ..fault
        }
    }

    fn unauthorized(message: &str) -> Self {
        Self {
            header: Some((header::WWW_AUTHENTICATE, "Bearer")),
            ..Self::new(StatusCode::UNAUTHORIZED, "UNAUTHORIZED", message)
        }
    }

    fn unavailable(retry_after: &'static str) -> Self {
        let message = "Try again in a moment";
        Self {
            header: Some((header::RETRY_AFTER, retry_after)),
            ..Self::new(StatusCode::SERVICE_UNAVAILABLE, "UNAVAILABLE", message)
        }
    }

    fn too_often(turn: Turn) -> Self {
        let wait = turn.too_often_for.unwrap_or_default();
        Self {
            answer: Some(too_often(wait)),
            ..Self::new(StatusCode::TOO_MANY_REQUESTS, "RATE_LIMITED", "")
        }
    }

    fn not_acceptable() -> Self {
        Self::new(
            StatusCode::NOT_ACCEPTABLE,
            "NOT_ACCEPTABLE",
            "Answers are application/graphql-response+json or application/json, streams are \
             text/event-stream",
        )
    }

    fn into_response(self, format: Format) -> Response {
        let answer = self
            .answer
            .unwrap_or_else(|| refusal(self.code, self.message));
        let mut response = format.respond(self.status, to_json(&answer));
        if let Some((name, value)) = self.header {
            response
                .headers_mut()
                .insert(name, HeaderValue::from_static(value));
        }
        response
    }
}

impl From<Malformed> for Fault {
    fn from(Malformed(message): Malformed) -> Self {
        Self::bad_request(message)
    }
}

impl From<Full> for Fault {
    fn from(full: Full) -> Self {
        match full {
            Full::Everywhere => Self::unavailable(super::IN_A_WHILE),
            Full::ForParty => Self {
                header: Some((header::RETRY_AFTER, super::IN_A_WHILE)),
                ..Self::new(
                    StatusCode::TOO_MANY_REQUESTS,
                    "TOO_MANY_CONNECTIONS",
                    "Too many connections are open: end one first",
                )
            },
        }
    }
}

#[cfg(test)]
mod tests;
