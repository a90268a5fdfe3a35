//! Chance from a cryptographic generator: identifiers, tokens and codes.

pub trait Randomness: Send + Sync {
    /// 128 random bits.
    fn bits(&self) -> [u8; 16];

    /// A number below `bound`, each as likely as any other.
    fn below(&self, bound: u32) -> u32;
}
