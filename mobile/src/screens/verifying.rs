//! Verifying the number: the number, then the code. On the wait screen itself, so that the place stays
//! in sight and nothing has to be found again after a look at the messages.

use dioxus::prelude::*;

use super::Tell;
use super::parts::{Look, TextField, press, press_unless, submit, text_field, wrong};
use crate::language::Language;
use crate::stay::{Delivery, DeliveryFailure};
use crate::waiting::{CodeStep, Message, State, Staying, VerifyStep};
use crate::words;

/// What the verification asks for now, if anything.
pub(super) fn verifying(state: &State, staying: &Staying, tell: Tell) -> Element {
    match staying.verify_step() {
        VerifyStep::Number => number(state, staying, tell),
        VerifyStep::Code => code(state, staying, tell),
        VerifyStep::NotOffered | VerifyStep::SetAside | VerifyStep::Done => rsx! {},
    }
}

fn number(state: &State, staying: &Staying, tell: Tell) -> Element {
    let language = state.language;
    let verify = &staying.verify;
    let is_changing = verify.is_changing;
    let (title, why) = if is_changing {
        (words::change_number(language), words::change_why(language))
    } else if staying
        .caller
        .as_ref()
        .is_some_and(|caller| caller.texts_stopped)
    {
        (
            words::verify_heading(language),
            words::verify_why_texts_stopped(language),
        )
    } else {
        (words::verify_heading(language), words::verify_why(language))
    };
    let label = words::mobile_number(language);
    let number = staying.number_shown();
    let problem = verify
        .number_problem
        .as_ref()
        .map(|problem| words::send_problem(language, problem, state.now));
    let send = if verify.is_sending {
        words::sending_code(language)
    } else {
        words::send_code(language)
    };
    rsx! {
        section { class: "card", "aria-labelledby": "verify-heading",
            h2 { id: "verify-heading", "{title}" }
            p { class: "small",
                "{why}"
                if is_changing && staying.has_verified_number() {
                    " {words::old_number_stays(language)}"
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
                        ..TextField::new(language, "number", label, &number)
                    },
                    move |text| tell.call(Message::NumberTyped(text)),
                )}
                {submit(verify.is_sending, send)}
                if is_changing {
                    {press(Look::Plain, words::keep_number(language), Message::KeepNumberPressed, tell)}
                }
            }
        }
    }
}

/// What the code is headed by, on the screen as for those who listen to it.
pub(super) fn code_heading(language: Language, staying: &Staying) -> &'static str {
    match staying.code_step() {
        CodeStep::Enter => words::code_heading(language),
        CodeStep::Spent => words::new_code_heading(language),
        CodeStep::NotComing(failure) => words::not_coming_title(language, failure),
    }
}

fn code(state: &State, staying: &Staying, tell: Tell) -> Element {
    let language = state.language;
    let step = staying.code_step();
    let about = match step {
        CodeStep::Enter => about_code(language, staying),
        CodeStep::Spent => {
            let problem = staying.verify.code_problem.as_ref();
            let problem = problem.map(|problem| words::code_problem(language, problem, state.now));
            let problem = problem.unwrap_or_else(|| words::code_spent(language).into());
            trouble(
                language,
                &problem,
                words::code_spent_helps(language),
                staying,
            )
        }
        CodeStep::NotComing(failure) => {
            let (what, helps) = words::not_coming(language, failure, &staying.code_number());
            trouble(language, &what.into(), helps, staying)
        }
    };
    rsx! {
        section { class: "card", "aria-labelledby": "verify-heading",
            h2 { id: "verify-heading", "{code_heading(language, staying)}" }
            {about}
            if step == CodeStep::Enter {
                {code_form(state, staying, tell)}
            }
            {ways_on(state, staying, step, tell)}
        }
    }
}

/// Where the code is, with the place that is kept meanwhile.
fn about_code(language: Language, staying: &Staying) -> Element {
    let delivery = staying.code_delivery();
    let (what, helps) = match delivery {
        Delivery::Failed(failure) => words::not_coming(language, failure, &staying.code_number()),
        Delivery::Unknown => (
            words::code_unknown(language).to_owned(),
            words::code_unknown_helps(language),
        ),
        Delivery::Queued | Delivery::Sent | Delivery::Delivered => {
            let on_its_way = words::code_on_its_way(language, delivery, &staying.code_number());
            return rsx! {
                p { class: "small",
                    "{on_its_way} "
                    if staying.has_verified_number() {
                        "{words::old_number_stays(language)}"
                    } else {
                        "{words::code_waiting(language)}"
                    }
                }
            };
        }
    };
    let class = if delivery == Delivery::Unknown {
        "unsure"
    } else {
        "wrong"
    };
    rsx! {
        p { class, role: "alert", "{what}" }
        p { class: "small", "{helps} {or_else(language, staying)}" }
    }
}

/// Why there is no code to enter. It takes the focus that the field had.
fn trouble(language: Language, what: &words::Sentence, helps: &str, staying: &Staying) -> Element {
    rsx! {
        p {
            class: "wrong",
            id: "code",
            tabindex: "-1",
            role: "alert",
            lang: what.lang,
            dir: what.dir,
            "{what.words}"
        }
        p { "{helps} {or_else(language, staying)}" }
    }
}

/// What can be done without any code: it is never needed to be seen.
fn or_else(language: Language, staying: &Staying) -> &'static str {
    if staying.has_verified_number() {
        words::or_keep_old_number(language)
    } else {
        words::or_wait_here(language)
    }
}

fn code_form(state: &State, staying: &Staying, tell: Tell) -> Element {
    let language = state.language;
    let verify = &staying.verify;
    let problem = verify
        .code_problem
        .as_ref()
        .map(|problem| words::code_problem(language, problem, state.now));
    // What is wrong says how often is left already, and a try that is being checked is taken already.
    let outstanding = staying
        .caller
        .as_ref()
        .and_then(|caller| caller.verification.as_ref())
        .filter(|_| problem.is_none() && !verify.is_checking);
    let attempts =
        outstanding.and_then(|outstanding| words::attempts(language, outstanding.attempts_left));
    let (hint, hand_in) = if verify.is_checking {
        (
            Some(words::checking_takes(language)),
            words::verifying(language),
        )
    } else {
        (attempts.as_deref(), words::verify(language))
    };
    rsx! {
        form {
            class: "form",
            novalidate: true,
            "aria-busy": if verify.is_checking { "true" },
            onsubmit: move |event| {
                event.prevent_default();
                tell.call(Message::VerifyPressed);
            },
            {text_field(
                TextField {
                    problem,
                    hint,
                    autocomplete: "one-time-code",
                    inputmode: "numeric",
                    enterkeyhint: "done",
                    class: "input input-code",
                    ..TextField::new(language, "code", words::code(language), &verify.code)
                },
                move |text| tell.call(Message::CodeTyped(text)),
            )}
            {submit(verify.is_checking, hand_in)}
            if verify.is_checking {
                div { class: "working", "aria-hidden": "true" }
            }
        }
    }
}

/// Another code, another number, or none at all: whichever helps first stands first.
fn ways_on(state: &State, staying: &Staying, step: CodeStep, tell: Tell) -> Element {
    let language = state.language;
    let is_trouble = step != CodeStep::Enter
        || matches!(
            staying.code_delivery(),
            Delivery::Failed(_) | Delivery::Unknown
        );
    let needs_another_number = matches!(
        step,
        CodeStep::NotComing(failure) if failure != DeliveryFailure::ProviderUnavailable
    );
    let another = if step == CodeStep::Enter || needs_another_number {
        Look::Second
    } else {
        Look::Main
    };
    let change = Message::ChangeNumberPressed;
    let aside = Message::SetAsidePressed;
    let (wait_here, wait_here_instead) = if staying.has_verified_number() {
        (
            words::keep_old_number(language),
            words::keep_old_number(language),
        )
    } else {
        (
            words::wait_here(language),
            words::wait_here_instead(language),
        )
    };
    rsx! {
        if needs_another_number {
            {press(Look::Main, words::use_another_number(language), change.clone(), tell)}
        }
        if staying.is_another_code_worth_a_try() {
            {another_code(state, staying, another, tell)}
        }
        if is_trouble {
            {press(Look::Second, wait_here, aside.clone(), tell)}
        }
        if !(is_trouble && needs_another_number) {
            div { class: "links",
                {press(Look::Plain, words::change_number(language), change, tell)}
                if !is_trouble {
                    {press(Look::Plain, wait_here_instead, aside, tell)}
                }
            }
        }
    }
}

/// What asks for another code, or when it may.
fn another_code(state: &State, staying: &Staying, look: Look, tell: Tell) -> Element {
    let language = state.language;
    let verify = &staying.verify;
    let problem = verify
        .send_problem
        .as_ref()
        .map(|problem| words::send_problem(language, problem, state.now));
    if let Some(from) = verify.resend_from.filter(|from| *from > state.now) {
        let awaited = matches!(staying.code_delivery(), Delivery::Queued | Delivery::Sent);
        let asks = awaited && staying.code_step() == CodeStep::Enter;
        return rsx! {
            p { class: "small",
                if asks {
                    "{words::no_code_yet(language)} "
                }
                "{words::another_code_in(language, from, state.now)}"
            }
        };
    }
    let send = if verify.is_sending {
        words::sending_code(language)
    } else {
        words::send_another(language)
    };
    rsx! {
        if let Some(problem) = problem {
            {wrong(None, Some("alert"), &problem)}
        }
        {press_unless(
            verify.is_sending || verify.is_checking,
            None,
            look,
            send,
            Message::SendCodePressed,
            tell,
        )}
    }
}
