//! What the server was asked for, as far as it is known. Pure.

use standby_client::ClientError;

/// Something that is read from the server and shown.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) enum Reading<T> {
    /// On its way.
    #[default]
    Asked,
    Read(T),
    /// No answer, or a fault.
    NotRead,
    /// The viewer may not see it.
    NotAllowed,
}

/// The session is over: what is on screen is no longer for these eyes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SessionOver;

impl<T> Reading<T> {
    /// Takes an answer over; none means that the viewer may not see it. What is known already outlives an answer that
    /// does not come.
    pub(crate) fn take(
        &mut self,
        answer: Result<Option<T>, ClientError>,
    ) -> Result<(), SessionOver> {
        match answer {
            Ok(Some(read)) => *self = Self::Read(read),
            Ok(None) => *self = Self::NotAllowed,
            Err(ClientError::Unauthorized) => return Err(SessionOver),
            Err(_) if self.is_read() => {}
            Err(_) => *self = Self::NotRead,
        }
        Ok(())
    }

    /// Before it is asked again: an answer is awaited where there is nothing to show.
    pub(crate) fn ask_again(&mut self) {
        if !self.is_read() {
            *self = Self::Asked;
        }
    }

    pub(crate) fn is_read(&self) -> bool {
        matches!(self, Self::Read(_))
    }

    pub(crate) fn read(&self) -> Option<&T> {
        match self {
            Self::Read(read) => Some(read),
            _ => None,
        }
    }

    pub(crate) fn read_mut(&mut self) -> Option<&mut T> {
        match self {
            Self::Read(read) => Some(read),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unreachable() -> ClientError {
        ClientError::Unreachable {
            reason: String::new(),
        }
    }

    #[test]
    fn what_is_known_outlives_an_answer_that_does_not_come() {
        let mut reading = Reading::default();
        assert_eq!(reading.take(Err(unreachable())), Ok(()));
        assert_eq!(reading, Reading::NotRead);
        assert_eq!(reading.take(Ok(Some(1))), Ok(()));
        assert_eq!(reading.take(Err(unreachable())), Ok(()));
        assert_eq!(reading, Reading::Read(1));
    }

    #[test]
    fn what_may_no_longer_be_seen_is_no_longer_shown() {
        let mut reading = Reading::Read(1);
        assert_eq!(reading.take(Ok(None)), Ok(()));
        assert_eq!(reading, Reading::NotAllowed);
        assert_eq!(
            reading.take(Err(ClientError::Unauthorized)),
            Err(SessionOver)
        );
    }
}
