//! Hashes under the server's own key, and the key itself.

use super::webhooks::WebhookSecret;
use crate::domain::id::{CallerId, ClinicId, WebhookId};
use crate::domain::secret::{CodeHash, SecureCode, Token, TokenHash, TokenKind, never_printed};
use crate::domain::time::Timestamp;
use crate::domain::webhook::SecretSeed;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// The server's secret key. Whoever has it and the database can try out all codes; it is kept
/// apart.
#[derive(Clone)]
pub struct Keys {
    key: [u8; 32],
}
never_printed!(Keys, "Keys(…)");

impl Keys {
    /// With another key than before, no token, code or idempotency key is recognised any more.
    #[must_use]
    pub fn new(key: [u8; 32]) -> Self {
        Self { key }
    }

    /// HMAC-SHA256 over `parts`, each led by its length so that no two lists look alike, and by
    /// `purpose` so that a hash made for one thing never serves another.
    fn hash(&self, purpose: &str, parts: &[&str]) -> [u8; 32] {
        let mut block = [0; 64];
        block[..self.key.len()].copy_from_slice(&self.key);
        // A key shorter than SHA-256's block is filled up with zeros (RFC 2104).
        let mut mac = <Hmac<Sha256> as KeyInit>::new(&block.into());
        for part in std::iter::once(&purpose).chain(parts) {
            mac.update(&(part.len() as u64).to_be_bytes());
            mac.update(part.as_bytes());
        }
        mac.finalize().into_bytes().into()
    }

    fn text(&self, purpose: &str, parts: &[&str]) -> String {
        URL_SAFE_NO_PAD.encode(self.hash(purpose, parts))
    }

    /// What is stored of a token.
    #[must_use]
    pub fn token(&self, token: &Token) -> TokenHash {
        TokenHash(self.text("token", &[token.reveal()]))
    }

    /// What is stored of a code: of no use for another caller.
    #[must_use]
    pub fn code(&self, caller: &CallerId, code: &SecureCode) -> CodeHash {
        CodeHash(self.text("code", &[caller.as_str(), code.reveal()]))
    }

    /// What a limit counts by, without the number or the address itself.
    #[must_use]
    pub fn subject(&self, subject: &str) -> String {
        self.text("limit", &[subject])
    }

    /// One of the secrets of an attempt to sign in by the identity provider, each for its own `purpose`. Made from
    /// what the browser keeps and the secret key, so that nothing of it need be kept here. 43 characters of
    /// base64url, as a PKCE verifier has at least (RFC 7636, 4.1).
    #[must_use]
    pub fn sign_in_attempt(&self, purpose: &str, kept: &[&str]) -> String {
        let mut parts = vec![purpose];
        parts.extend_from_slice(kept);
        self.text("sign-in attempt", &parts)
    }

    /// An idempotency key, and all that was entered with it.
    #[must_use]
    pub fn idempotency(&self, clinic: &ClinicId, parts: &[&str]) -> String {
        let mut all = vec![clinic.as_str()];
        all.extend_from_slice(parts);
        self.text("idempotency", &all)
    }

    /// A webhook's secret. Made instead of kept, so that whoever has only the database can sign nothing.
    #[must_use]
    pub fn webhook_secret(&self, webhook: &WebhookId, seed: &SecretSeed) -> WebhookSecret {
        WebhookSecret::new(self.hash("webhook secret", &[webhook.as_str(), &seed.0]))
    }

    /// The token of whoever arrives with this input, an idempotency key among it, first sent `at`
    /// this time. Made from them and the secret key instead of by chance, so that a retry whose
    /// first answer was lost gets the same.
    #[must_use]
    pub fn arrival_token(&self, clinic: &ClinicId, input: &[&str], at: Timestamp) -> Token {
        let at = at.as_millis().to_string();
        let mut parts = vec![clinic.as_str(), &at];
        parts.extend_from_slice(input);
        let hash = self.hash("arrival token", &parts);
        let mut bits = [0; 16];
        bits.copy_from_slice(&hash[..16]);
        Token::new(TokenKind::Caller, bits)
    }
}
