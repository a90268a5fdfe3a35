//! Refusals as data: one type for each code.

use super::caller::CallerStatus;
use super::date_time::DateTime;
use super::there::There;
use crate::domain::policy::{AnonymousReason, Viewer};
use crate::domain::refusal::{Refusal, Why};
use async_graphql::{Enum, Interface, SimpleObject};

/// Which kind of reason. Each has a type of its own that implements `UserError`. More may be added:
/// treat one that you do not know by its message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub enum UserErrorCode {
    /// Something that was entered cannot be taken; `field` says what. Ask for it again.
    InvalidInput,
    /// There is no such thing, or the viewer may not see it: the answer is the same for both. Also
    /// where a token is missing or not recognised.
    NotFound,
    /// The caller's status does not allow it. It may have changed a moment ago.
    WrongStatus,
    /// The secure code is not the right one, has expired, or there is none to enter.
    CodeRejected,
    /// Too often. It can be tried again later.
    RateLimited,
    /// The clinic does not offer this: verification, while Offline Queueing is off.
    NotOffered,
    /// It cannot be done: the clinic is closed, a caller has had all texts of a stay, or the viewer's
    /// role does not go so far (a `REPORTER` reads only, settings take a `CLINIC_ADMIN`).
    Unavailable,
    /// It clashes with what is there: an idempotency key that was used with other input, a name that the team
    /// has already. `field` says which.
    Conflict,
}

/// Why nothing changed, as payloads list it.
pub type UserError = There<AnyUserError>;

/// Why nothing changed. A refusal is data; GraphQL `errors` are for faults.
#[derive(Interface)]
#[graphql(
    name = "UserError",
    field(
        name = "code",
        ty = "&UserErrorCode",
        desc = "Which kind of reason, for a program."
    ),
    field(
        name = "message",
        ty = "&String",
        desc = "What is wrong and what may be done about it, for a person; in English."
    ),
    field(
        name = "field",
        ty = "&Option<Vec<String>>",
        desc = "Path of the offending input field, from within `input`, such as `[\"name\"]` or \
                `[\"answers\", \"0\", \"value\"]`. Null where no single field is at fault."
    )
)]
pub enum AnyUserError {
    /// See the type.
    InvalidInput(InvalidInputError),
    /// See the type.
    NotFound(NotFoundError),
    /// See the type.
    WrongStatus(WrongStatusError),
    /// See the type.
    CodeRejected(CodeRejectedError),
    /// See the type.
    RateLimited(RateLimitedError),
    /// See the type.
    NotOffered(NotOfferedError),
    /// See the type.
    Unavailable(UnavailableError),
    /// See the type.
    Conflict(ConflictError),
}

/// Defines a type of error: what all have in common, and its own fields.
macro_rules! user_error {
    ($(#[$doc:meta])* $name:ident { $($(#[$field_doc:meta])* $field:ident: $type:ty,)* }) => {
        $(#[$doc])*
        #[derive(SimpleObject)]
        pub struct $name {
            /// Which kind of reason, for a program.
            pub code: UserErrorCode,
            /// What is wrong and what may be done about it, for a person; in English.
            pub message: String,
            /// Path of the offending input field, from within `input`, such as `["name"]` or
            /// `["answers", "0", "value"]`. Null where no single field is at fault.
            pub field: Option<Vec<String>>,
            $($(#[$field_doc])* pub $field: $type,)*
        }
    };
}

user_error! {
    /// Something that was entered cannot be taken.
    InvalidInputError {}
}
user_error! {
    /// There is no such thing, or the viewer may not see it.
    NotFoundError {}
}
user_error! {
    /// The caller's status does not allow it.
    WrongStatusError {
        /// The status as it now is.
        status: CallerStatus,
    }
}
user_error! {
    /// The secure code was not accepted.
    CodeRejectedError {
        /// How many more wrong codes are looked at. At 0 a new code is needed.
        attempts_left: i32,
    }
}
user_error! {
    /// Too often.
    RateLimitedError {
        /// From when it can be tried again.
        retry_at: DateTime,
    }
}
user_error! {
    /// The clinic does not offer this.
    NotOfferedError {}
}
user_error! {
    /// It cannot be done, now or by this viewer.
    UnavailableError {}
}
user_error! {
    /// It clashes with what is there: an idempotency key that was used with other input, a name that the team
    /// has already. `field` says which.
    ConflictError {}
}

impl From<Refusal> for UserError {
    fn from(
        Refusal {
            why,
            message,
            field,
        }: Refusal,
    ) -> Self {
        use UserErrorCode as Code;
        There(match why {
            Why::InvalidInput => InvalidInputError {
                code: Code::InvalidInput,
                message,
                field,
            }
            .into(),
            Why::NotFound => NotFoundError {
                code: Code::NotFound,
                message,
                field,
            }
            .into(),
            Why::WrongStatus { status } => {
                let status = status.into();
                WrongStatusError {
                    code: Code::WrongStatus,
                    message,
                    field,
                    status,
                }
                .into()
            }
            Why::CodeRejected { attempts_left } => {
                let attempts_left = i32::from(attempts_left);
                CodeRejectedError {
                    code: Code::CodeRejected,
                    message,
                    field,
                    attempts_left,
                }
                .into()
            }
            Why::RateLimited { retry_at } => {
                let retry_at = retry_at.into();
                RateLimitedError {
                    code: Code::RateLimited,
                    message,
                    field,
                    retry_at,
                }
                .into()
            }
            Why::NotOffered => NotOfferedError {
                code: Code::NotOffered,
                message,
                field,
            }
            .into(),
            Why::Unavailable => UnavailableError {
                code: Code::Unavailable,
                message,
                field,
            }
            .into(),
            Why::Conflict => ConflictError {
                code: Code::Conflict,
                message,
                field,
            }
            .into(),
        })
    }
}

/// A caller's own command, by somebody who is no caller.
pub(super) fn no_caller(viewer: &Viewer) -> Refusal {
    let message = match viewer {
        Viewer::Anonymous {
            reason: AnonymousReason::NoCredential,
        } => {
            "This needs a caller's token, and none was sent. Send the one from enterWaitingArea as \
             a bearer token."
        }
        Viewer::Anonymous {
            reason: AnonymousReason::NotBearer,
        } => {
            "This needs a caller's token, and what was sent is no bearer token. Send the header \
             `Authorization: Bearer …`, once."
        }
        Viewer::Anonymous {
            reason: AnonymousReason::NotRecognised,
        } => {
            "The token that was sent is not recognised: it may have been cut short. Open the link \
             again, or arrive again with the clinic's link."
        }
        Viewer::Caller { .. } => "This place in the waiting area is no longer there.",
        Viewer::Staff(_) => {
            "This is the caller's own. It needs the caller's token, not that of a team member."
        }
    };
    Refusal::new(Why::NotFound, message)
}

/// A team member's or key's role does not go so far. Said only to those who may see what it is about.
pub(super) fn beyond_role(what: &str) -> Refusal {
    Refusal::new(Why::Unavailable, format!("{what} Ask a clinic admin."))
}
