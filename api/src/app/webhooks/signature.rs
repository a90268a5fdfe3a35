//! How an event is signed: Standard Webhooks 1.0.0, with a symmetric secret.

use crate::domain::id::WebhookDeliveryId;
use crate::domain::secret::never_printed;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// What a receiver tells by that an event comes from here: 256 bits. Kept nowhere: it is made again from
/// the server's key whenever it is needed.
#[derive(Clone)]
pub struct WebhookSecret([u8; 32]);
never_printed!(WebhookSecret, "WebhookSecret(…)");

impl WebhookSecret {
    pub(in crate::app) fn new(bits: [u8; 32]) -> Self {
        Self(bits)
    }

    /// As receivers' libraries take it: `whsec_` and base64.
    #[must_use]
    pub fn reveal(&self) -> String {
        format!("whsec_{}", STANDARD.encode(self.0))
    }

    /// One signature, `v1,` and base64, over the id, the time in seconds and the body.
    pub(super) fn sign(&self, id: &WebhookDeliveryId, timestamp: i64, body: &str) -> String {
        let mut block = [0; 64];
        block[..self.0.len()].copy_from_slice(&self.0);
        // A key shorter than SHA-256's block is filled up with zeros (RFC 2104).
        let mut mac = <Hmac<Sha256> as KeyInit>::new(&block.into());
        for part in [id.as_str(), ".", &timestamp.to_string(), ".", body] {
            mac.update(part.as_bytes());
        }
        format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()))
    }
}
