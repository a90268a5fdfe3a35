//! The doors: everything that arrives by HTTP.
//!
//! The GraphQL transports are ours, over async-graphql's executor, and know nothing of the
//! schema's types: what they need of the application is the [`door::Door`].
//!
//! | path | file |
//! | --- | --- |
//! | `/graphql` | [`graphql_http`]: GraphQL over HTTP |
//! | `/graphql/stream` | [`graphql_sse`]: GraphQL over server-sent events |
//! | `/graphql/ws` | [`graphql_ws`]: graphql-transport-ws |
//! | `/graphiql` | [`graphiql`]: the page to try the API on |
//! | `/c/{slug}`, `/w`, `/fixtures`, `/assets/*`, `/console/*` | [`static_files`]: the two apps |
//! | `/sign-in/openid`, `/sign-in/openid/callback` | [`openid`]: staff sign in at an identity provider |
//! | `/` | [`landing`]: the ways in |
//! | `/.well-known/assetlinks.json`, `/.well-known/apple-app-site-association` | [`app_links`]: which app opens our links |
//! | `/twilio/status/{text}`, `/twilio/inbound` | [`twilio`]: news of texts, and replies to them |
//! | `/clinics/{slug}/report.csv` | [`report_csv`]: a clinic's report as a file |
//! | `/dev/phone` | [`dev_phone`]: the phones of the embedded default |
//! | `/dev/room/{room}` | [`dev_room`]: where a clinic's video service would open |
//! | `/healthz`, `/readyz`, `/metrics` | [`health`]: for whoever runs the server |
//!
//! What the three GraphQL paths have in common is a [`transport::Transport`]; those who follow the same
//! share what it costs by [`shared_subscriptions`].
//!
//! [`listening`] takes the connections. [`origin`] says which web pages may use the API, [`fair_use`]
//! how often somebody may ask, [`connections`] how many live connections there may be, [`persisted`]
//! which documents are known beforehand, [`proxies`] whom a request is from, and
//! [`security_headers`] what every answer bears.

pub mod app_links;
pub mod connections;
pub mod dev_phone;
pub mod dev_room;
pub mod door;
mod execution;
pub mod fair_use;
pub mod graphiql;
pub mod graphql_http;
pub mod graphql_sse;
pub mod graphql_ws;
pub mod health;
pub mod landing;
pub mod listening;
pub mod openid;
pub mod operation;
pub mod origin;
pub mod outcome;
pub mod persisted;
pub mod proxies;
pub mod report_csv;
pub mod security_headers;
pub mod shared_subscriptions;
pub mod static_files;
pub mod transport;
pub mod twilio;

/// `Retry-After` where what is in the way passes in a moment: the store was busy. Seconds; our own figure.
const IN_A_MOMENT: &str = "1";

/// `Retry-After` where somebody else has to make room or come back first. Seconds; our own figure.
const IN_A_WHILE: &str = "10";

#[cfg(test)]
mod test_door;
