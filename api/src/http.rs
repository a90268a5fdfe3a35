//! The doors: everything that arrives by HTTP.
//!
//! The GraphQL transports are ours, over async-graphql's executor, and know nothing of the
//! schema's types: what they need of the application is the [`door::Door`].
//!
//! | path | file |
//! | --- | --- |
//! | `/graphql` | [`graphql_http`]: GraphQL over HTTP |
//! | `/graphql/ws` | [`graphql_ws`]: graphql-transport-ws |
//! | `/graphiql` | [`graphiql`]: the page to try the API on |
//! | `/c/{slug}`, `/w`, `/fixtures`, `/assets/*`, `/console/*` | [`static_files`]: the two apps |
//! | `/` | [`landing`]: the ways in |
//! | `/twilio/status/{text}`, `/twilio/inbound` | [`twilio`]: news of texts, and replies to them |
//! | `/dev/phone` | [`dev_phone`]: the phones of the embedded default |
//! | `/dev/room/{room}` | [`dev_room`]: where a clinic's video service would open |
//! | `/healthz`, `/readyz`, `/metrics` | [`health`]: for whoever runs the server |
//!
//! [`origin`] says which web pages may use the API, [`proxies`] whom a request is from, and
//! [`security_headers`] what every answer bears.

pub mod dev_phone;
pub mod dev_room;
pub mod door;
pub mod graphiql;
pub mod graphql_http;
pub mod graphql_ws;
pub mod health;
pub mod landing;
pub mod operation;
pub mod origin;
pub mod proxies;
pub mod security_headers;
pub mod static_files;
pub mod twilio;

#[cfg(test)]
mod test_door;
