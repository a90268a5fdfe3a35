//! Chance from a cryptographic generator: identifiers, tokens and codes.

/// Cannot fail: with no randomness to be had there is nothing safe to go on with.
pub trait Randomness: Send + Sync {
    /// 128 random bits.
    fn bits(&self) -> [u8; 16];

    /// A number below `bound`, each as likely as any other.
    fn below(&self, bound: u32) -> u32;
}
