//! What a provider answers, as far as it is read.

/// The body of an answer; `None` when it has more bytes than that.
///
/// # Errors
/// When the connection breaks, or the answer takes too long.
pub(super) async fn read_body(
    answer: &mut reqwest::Response,
    most_bytes: usize,
) -> Result<Option<Vec<u8>>, reqwest::Error> {
    let mut body = Vec::new();
    while let Some(part) = answer.chunk().await? {
        if body.len() + part.len() > most_bytes {
            return Ok(None);
        }
        body.extend_from_slice(&part);
    }
    Ok(Some(body))
}
