//! Messages of a socket, and the documents in them: read, measured or refused, in time that does not
//! run away.

use standby::http::graphql_ws::message::{FromClient, read};
use standby::http::operation::{MOST_SELECTIONS, to_json};

pub(crate) fn hold(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let Ok(FromClient::Subscribe { id, asked }) = read(&text) else {
        return;
    };
    assert!((1..=128).contains(&id.len()));
    let written = asked.query.len();
    match asked.into_operation() {
        Ok(operation) => {
            operation.canonical_variables();
            assert!(operation.query().len() == written);
        }
        Err(answer) => {
            let answer = to_json(&answer);
            assert!(answer.starts_with("{\"errors\":["), "{answer}");
            // Whatever was asked, saying what is wrong with it takes little.
            assert!(answer.len() < 16 * MOST_SELECTIONS, "{answer}");
        }
    }
}
