//! Documents that are known beforehand, asked for by a name instead of being sent.
//!
//! By `documentId` (GraphQL over HTTP, appendix A) or `extensions.persistedQuery.sha256Hash`, over every
//! transport. Those of our own apps are always known. With a list of an administrator's
//! (`STANDBY_OPERATIONS`) nothing executes but what is on it and what our own apps send, whether it is
//! named or written out.

use std::collections::{BTreeMap, HashMap};
use std::fs::File;
use std::io::Read as _;
use std::path::Path;
use std::sync::Arc;

use async_graphql::Response;
use sha2::{Digest as _, Sha256};

use super::operation::{Asked, DocumentName, refusal};

/// What the apps of this repository send: written by `client`, whose tests keep it current.
const OWN: &str = include_str!("../../../client/operations.json");

/// The largest list that is read, in bytes. One of a thousand documents has 3 MB.
const LARGEST_LIST: u64 = 16 * 1024 * 1024;

/// What leads a name that is made from the document's text.
const BY_TEXT: &str = "sha256:";

/// The known documents. Cheap to clone.
#[derive(Clone)]
pub struct Documents {
    by_name: Arc<HashMap<String, Arc<str>>>,
    are_all: bool,
}

/// Why a list cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum NotDocuments {
    /// It cannot be read, or is larger than 16 MiB.
    #[error("cannot be read: {0}")]
    Unreadable(#[source] std::io::Error),
    /// It is something else.
    #[error("is not a JSON object of ids and documents: {0}")]
    Malformed(#[source] serde_json::Error),
    /// An id says of which text it is, and its document is another.
    #[error("has a document that is not the one of its id {0}")]
    OtherText(String),
    /// A document would be refused, whoever asks for it.
    #[error("has a document that cannot be executed, {id}: {wrong}")]
    Wrong {
        /// The document's.
        id: String,
        /// What is wrong with it.
        wrong: String,
    },
}

impl Default for Documents {
    /// Those of our own apps, and every other document executes as well.
    fn default() -> Self {
        // The file is part of this program, and a test reads it.
        let by_name = read(OWN.as_bytes(), |_| Ok(())).unwrap_or_default();
        Self {
            by_name: Arc::new(by_name),
            are_all: false,
        }
    }
}

impl Documents {
    /// Those of our own apps and of a list, and no other executes. The list is a JSON object: the id of
    /// each document, `sha256:` and the hexadecimal SHA-256 of its text or a name of one's own, and the
    /// document. Each has to pass `check`, which says what is wrong with one.
    ///
    /// # Errors
    /// See [`NotDocuments`].
    pub fn and_only(
        list: &Path,
        check: impl Fn(&str) -> Result<(), String>,
    ) -> Result<Self, NotDocuments> {
        let mut text = Vec::new();
        let reading = File::open(list).and_then(|file| {
            let read = file.take(LARGEST_LIST + 1).read_to_end(&mut text)?;
            if u64::try_from(read).is_ok_and(|read| read <= LARGEST_LIST) {
                return Ok(());
            }
            Err(std::io::Error::other("it is larger than 16 MiB"))
        });
        reading.map_err(NotDocuments::Unreadable)?;
        let mut by_name = (*Self::default().by_name).clone();
        by_name.extend(read(&text, check)?);
        Ok(Self {
            by_name: Arc::new(by_name),
            are_all: true,
        })
    }

    /// Puts the document in where only its name was sent, and lets pass what may execute.
    ///
    /// # Errors
    /// The answer to give instead of executing.
    pub fn look_up(&self, mut asked: Asked) -> Result<Asked, Box<Response>> {
        let hash = match &asked.document {
            Some(DocumentName::Id(id)) => {
                let document = self.by_name.get(id).ok_or_else(|| {
                    let message = "No document has this documentId".to_owned();
                    refusal("PERSISTED_DOCUMENT_NOT_FOUND", message)
                })?;
                asked.query = document.to_string();
                return Ok(asked);
            }
            Some(DocumentName::Hash(hash)) => {
                Some(format!("{BY_TEXT}{}", hash.to_ascii_lowercase()))
            }
            None => None,
        };
        if asked.query.is_empty() {
            let document = hash
                .and_then(|hash| self.by_name.get(&hash))
                .ok_or_else(|| {
                    // Clients know this message, and send the document as well.
                    let message = "PersistedQueryNotFound".to_owned();
                    refusal("PERSISTED_QUERY_NOT_FOUND", message)
                })?;
            asked.query = document.to_string();
            return Ok(asked);
        }
        if hash.is_none() && !self.are_all {
            return Ok(asked);
        }
        let named = name_of(&asked.query);
        if hash.is_some_and(|hash| hash != named) {
            let message = "The sha256Hash is not that of the document".to_owned();
            return Err(refusal("BAD_REQUEST", message));
        }
        if self.are_all && !self.by_name.contains_key(&named) {
            let message = "Only documents that are known beforehand are executed here".to_owned();
            return Err(refusal("DOCUMENT_NOT_ALLOWED", message));
        }
        Ok(asked)
    }
}

/// The documents of a list by every name they have: their own, and the one by their text.
fn read(
    list: &[u8],
    check: impl Fn(&str) -> Result<(), String>,
) -> Result<HashMap<String, Arc<str>>, NotDocuments> {
    let list: BTreeMap<String, String> =
        serde_json::from_slice(list).map_err(NotDocuments::Malformed)?;
    let mut by_name = HashMap::with_capacity(list.len() * 2);
    for (id, document) in list {
        if let Err(wrong) = check(&document) {
            return Err(NotDocuments::Wrong { id, wrong });
        }
        let document: Arc<str> = document.into();
        let named = name_of(&document);
        let says_text = id
            .get(..BY_TEXT.len())
            .is_some_and(|prefix| prefix.eq_ignore_ascii_case(BY_TEXT));
        if says_text && !id.eq_ignore_ascii_case(&named) {
            return Err(NotDocuments::OtherText(id));
        }
        if !says_text {
            by_name.insert(id, Arc::clone(&document));
        }
        by_name.insert(named, document);
    }
    Ok(by_name)
}

fn name_of(document: &str) -> String {
    let digest = Sha256::digest(document);
    let digits = digest.iter().flat_map(|byte| [byte >> 4, byte & 0xf]);
    let mut name = BY_TEXT.to_owned();
    name.extend(digits.filter_map(|digit| char::from_digit(digit.into(), 16)));
    name
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use super::*;
    use crate::http::operation::to_json;

    fn list(content: &str) -> (tempfile::TempDir, Result<Documents, NotDocuments>) {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("operations.json");
        std::fs::write(&path, content).expect("a file");
        let documents = Documents::and_only(&path, |_| Ok(()));
        (folder, documents)
    }

    fn looked_up(documents: &Documents, parameters: Json) -> Result<String, String> {
        let asked = Asked::from_json(parameters).expect("a request");
        let looked_up = documents.look_up(asked);
        looked_up
            .map(|asked| asked.query)
            .map_err(|answer| to_json(&answer))
    }

    fn by_hash(hash: &str) -> Json {
        json!({ "persistedQuery": { "version": 1, "sha256Hash": hash } })
    }

    #[test]
    fn what_our_own_apps_send_is_known_by_name() {
        let own: HashMap<String, String> = serde_json::from_str(OWN).expect("a list");
        assert!(read(OWN.as_bytes(), |_| Ok(())).is_ok());
        assert!(own.len() > 20, "{}", own.len());
        let documents = Documents::default();
        for (id, document) in own {
            let found = looked_up(&documents, json!({ "documentId": id }));
            assert_eq!(found.as_ref(), Ok(&document));
            let hash = id.strip_prefix(BY_TEXT).expect("an id by text");
            let found = looked_up(&documents, json!({ "extensions": by_hash(hash) }));
            assert_eq!(found, Ok(document));
        }
    }

    #[test]
    fn without_a_list_every_document_executes_and_unknown_names_are_told_apart() {
        let documents = Documents::default();
        let any = looked_up(&documents, json!({ "query": "{ a }" }));
        assert_eq!(any, Ok("{ a }".to_owned()));
        let unknown = looked_up(&documents, json!({ "documentId": "x" }));
        assert!(unknown.is_err_and(|answer| answer.contains("PERSISTED_DOCUMENT_NOT_FOUND")));
        let unknown = looked_up(
            &documents,
            json!({ "extensions": by_hash(&"0".repeat(64)) }),
        );
        assert!(unknown.is_err_and(|answer| answer.contains("\"PersistedQueryNotFound\"")));
        // The second try of a client that was told so.
        let named = name_of("{ a }").to_uppercase();
        let hash = named.strip_prefix("SHA256:").expect("a hash");
        let again = json!({ "query": "{ a }", "extensions": by_hash(hash) });
        assert!(looked_up(&documents, again).is_ok());
        let other = json!({ "query": "{ b }", "extensions": by_hash(hash) });
        assert!(looked_up(&documents, other).is_err());
    }

    #[test]
    fn with_a_list_nothing_else_executes_but_what_our_own_apps_send() {
        let (_folder, documents) = list(r#"{ "mine": "{ a }" }"#);
        let documents = documents.expect("a list");
        let mine = Ok("{ a }".to_owned());
        for parameters in [
            json!({ "documentId": "mine" }),
            json!({ "documentId": name_of("{ a }") }),
            json!({ "query": "{ a }" }),
        ] {
            assert_eq!(looked_up(&documents, parameters), mine);
        }
        for query in ["{ a  }", "{ b }", "{ a } "] {
            let refused = looked_up(&documents, json!({ "query": query }));
            let refused = refused.expect_err(query);
            assert!(refused.contains("DOCUMENT_NOT_ALLOWED"), "{refused}");
        }
        let own: HashMap<String, String> = serde_json::from_str(OWN).expect("a list");
        for document in own.into_values() {
            assert!(looked_up(&documents, json!({ "query": document })).is_ok());
        }
    }

    #[test]
    fn a_list_that_cannot_be_meant_is_refused() {
        for content in ["", "[]", r#"{ "a": 1 }"#] {
            let refused = list(content).1.err();
            assert!(
                matches!(refused, Some(NotDocuments::Malformed(_))),
                "{content}"
            );
        }
        let other = format!(r#"{{ "{}": "{{ b }}" }}"#, name_of("{ a }"));
        assert!(matches!(
            list(&other).1.err(),
            Some(NotDocuments::OtherText(_))
        ));
        let nowhere = Path::new("/nowhere/operations.json");
        let none = Documents::and_only(nowhere, |_| Ok(())).err();
        assert!(matches!(none, Some(NotDocuments::Unreadable(_))));
    }
}
