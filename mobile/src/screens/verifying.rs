//! Verifying the number: the number, then the code. On the wait screen itself, so that the place stays
//! in sight and nothing has to be found again after a look at the messages.

use dioxus::prelude::*;

use super::Tell;
use super::parts::{TextField, text_field};
use crate::stay::Verification;
use crate::waiting::{Message, State, Staying, VerifyStep};
use crate::words;

/// What the verification asks for now, if anything.
pub(super) fn verifying(state: &State, staying: &Staying, tell: Tell) -> Element {
    match staying.verify_step() {
        VerifyStep::Number => number(state, staying, tell),
        VerifyStep::Code => code(state, staying, tell),
        VerifyStep::NotOffered | VerifyStep::Done => rsx! {},
    }
}

fn number(state: &State, staying: &Staying, tell: Tell) -> Element {
    let verify = &staying.verify;
    let is_changing = verify.is_changing;
    let (title, why) = if is_changing {
        (words::CHANGE_NUMBER, words::CHANGE_WHY)
    } else {
        (words::VERIFY_HEADING, words::VERIFY_WHY)
    };
    let problem = verify
        .number_problem
        .as_ref()
        .map(|problem| words::problem(problem, state.now));
    rsx! {
        section { class: "card", "aria-labelledby": "verify-heading",
            h2 { id: "verify-heading", "{title}" }
            p { class: "small",
                "{why}"
                if is_changing && staying.has_verified_number() {
                    " {words::OLD_NUMBER_STAYS}"
                }
            }
            form {
                class: "form",
                novalidate: true,
                onsubmit: move |event| {
                    event.prevent_default();
                    tell.call(Message::SendCodePressed);
                },
                {text_field(
                    TextField {
                        problem,
                        kind: "tel",
                        autocomplete: "tel",
                        inputmode: "tel",
                        enterkeyhint: "send",
                        ..TextField::new("number", words::MOBILE_NUMBER, &staying.number_shown())
                    },
                    move |text| tell.call(Message::NumberTyped(text)),
                )}
                button {
                    class: "button button-main",
                    r#type: "submit",
                    "aria-disabled": if verify.is_sending { "true" },
                    if verify.is_sending { "{words::SENDING_CODE}" } else { "{words::SEND_CODE}" }
                }
                if is_changing {
                    div {
                        button {
                            class: "button-plain",
                            r#type: "button",
                            onclick: move |_| tell.call(Message::KeepNumberPressed),
                            "{words::KEEP_NUMBER}"
                        }
                    }
                }
            }
        }
    }
}

fn code(state: &State, staying: &Staying, tell: Tell) -> Element {
    let verify = &staying.verify;
    let outstanding: Option<&Verification> = staying
        .caller
        .as_ref()
        .and_then(|caller| caller.verification.as_ref());
    let sent_to = words::code_sent_to(&staying.code_number());
    let is_spent = staying.is_code_spent();
    let is_verified = staying.has_verified_number();
    let failure = outstanding.and_then(|outstanding| words::delivery(outstanding.delivery));
    let problem = verify
        .code_problem
        .as_ref()
        .map(|problem| words::problem(problem, state.now));
    // What is wrong says how often is left already.
    let attempts = outstanding
        .filter(|_| problem.is_none())
        .and_then(|outstanding| words::attempts(outstanding.attempts_left));
    let resend_from = verify.resend_from.filter(|from| *from > state.now);
    rsx! {
        section { class: "card", "aria-labelledby": "verify-heading",
            h2 { id: "verify-heading",
                if is_spent { "{words::NEW_CODE_HEADING}" } else { "{words::CODE_HEADING}" }
            }
            if let Some(failure) = failure {
                p { class: "wrong", role: "alert", "{failure}" }
            } else if !is_spent {
                p { class: "small",
                    "{sent_to}"
                    if is_verified {
                        " {words::OLD_NUMBER_STAYS}"
                    } else {
                        " {words::CODE_WAITING}"
                    }
                }
            }
            if is_spent {
                // Takes the focus that the field had.
                p { class: "wrong", id: "code", tabindex: "-1", role: "alert",
                    {problem.unwrap_or_else(|| words::CODE_SPENT.to_owned())}
                }
            } else {
                form {
                    class: "form",
                    novalidate: true,
                    onsubmit: move |event| {
                        event.prevent_default();
                        tell.call(Message::VerifyPressed);
                    },
                    {text_field(
                        TextField {
                            problem,
                            hint: attempts.as_deref(),
                            autocomplete: "one-time-code",
                            inputmode: "numeric",
                            enterkeyhint: "done",
                            class: "input input-code",
                            ..TextField::new("code", words::CODE, &verify.code)
                        },
                        move |text| tell.call(Message::CodeTyped(text)),
                    )}
                    button {
                        class: "button button-main",
                        r#type: "submit",
                        "aria-disabled": if verify.is_checking { "true" },
                        if verify.is_checking { "{words::VERIFYING}" } else { "{words::VERIFY}" }
                    }
                }
            }
            if let Some(from) = resend_from {
                p { class: "small",
                    if is_spent {
                        "{words::new_code_in(from, state.now)}"
                    } else {
                        "{words::another_code_in(from, state.now)}"
                    }
                }
            } else {
                button {
                    class: if is_spent { "button button-main" } else { "button button-second" },
                    r#type: "button",
                    "aria-disabled": if verify.is_sending { "true" },
                    onclick: move |_| tell.call(Message::SendCodePressed),
                    if verify.is_sending { "{words::SENDING_CODE}" } else { "{words::SEND_ANOTHER}" }
                }
            }
            div {
                button {
                    class: "button-plain",
                    r#type: "button",
                    onclick: move |_| tell.call(Message::ChangeNumberPressed),
                    "{words::CHANGE_NUMBER}"
                }
            }
        }
    }
}
