//! What the phone says of the stay while its owner looks at something else. Pure: the system shows it
//! (`platform`).

/// One notice. There is one at a time: a later one takes the place of the one before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// What happened, in a few words. Whoever sees the phone can read it, so it names no patient.
    pub title: String,
    /// What to do about it.
    pub text: String,
    /// Whether the phone makes its sound.
    pub sound: bool,
    /// Whether the phone shakes. Where the system ties that to the sound, it does as the sound does.
    pub vibration: bool,
}
