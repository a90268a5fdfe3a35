//! The steps of the reducer: one message, what it changes, what is to be done about it.

use std::collections::BTreeMap;

use crate::stay::Verification;
use crate::{link, words};

#[allow(clippy::wildcard_imports, reason = "the other half of that module")]
use super::*;

/// One step of the reducer.
pub(super) struct Step {
    pub(super) state: State,
    pub(super) effects: Vec<Effect>,
}

impl Step {
    pub(super) fn take(&mut self, message: Message) {
        match message {
            Message::Opened(opened) => self.open(*opened),
            Message::Viewing(is_visible) => self.viewing(is_visible),
            Message::Woke => self.woke(),
            Message::TryAgainPressed => self.try_again(),
            Message::LanguageChosen(language) => {
                self.state.language = language;
                self.effects.push(Effect::RememberLanguage(language));
            }
            Message::ArriveAgainPressed => self.arrive_again(),
            Message::BackPressed => self.effects.push(Effect::OpenKept(self.state.kept.clone())),
            Message::Kept(kept) => self.state.kept = kept,
            Message::NoticesWanted => self.decide_on_notices(Step::want_notices),
            Message::NoticesDeclined => self.decide_on_notices(Step::want_no_notices),
            Message::MayNotify(may) if self.state.notices.permission == Permission::Asking => {
                self.decide_on_notices(|step| step.may_notify(may));
            }
            Message::MayNotify(may) => self.may_notify(may),
            Message::SoundChosen(sound) => self.choose_notices(NoticeChoice {
                sound,
                ..self.state.notices.choice
            }),
            Message::VibrationChosen(vibration) => self.choose_notices(NoticeChoice {
                vibration,
                ..self.state.notices.choice
            }),
            message if matches!(self.state.scene, Scene::Start(_)) => self.starting(message),
            message if matches!(self.state.scene, Scene::Arriving(_)) => self.arriving(message),
            message if matches!(self.state.scene, Scene::Staying(_)) => self.staying(message),
            _ => {}
        }
    }

    /// A link is opened. It takes nothing from a stay that goes on before the reader has said so.
    fn open(&mut self, opened: Opened) {
        let Scene::Staying(staying) = &mut self.state.scene else {
            return self.go(opened);
        };
        if matches!(&opened.address, Address::Wait(link) if *link == staying.link) {
            staying.other_link = None;
            return;
        }
        if staying.has_ended() {
            return self.go(opened);
        }
        let here = staying.clinic.as_ref().map(|clinic| &clinic.slug);
        let other_link = match &opened.address {
            // The app was started once more: it goes on with what it is at.
            Address::Start => return,
            Address::Unknown => OtherLink::Broken,
            Address::Clinic(slug) if here == Some(slug) => OtherLink::SameClinic(Box::new(opened)),
            address @ (Address::Clinic(_) | Address::Wait(_)) => {
                self.effects
                    .push(Effect::ReadOther(self.state.visit, address.clone()));
                OtherLink::Asking(Box::new(opened))
            }
        };
        staying.other_link = Some(other_link);
        // What is loaded again must be this stay.
        self.effects
            .push(Effect::ShowAddress(Address::Wait(staying.link.clone())));
    }

    /// It is known where the other link leads, or that this cannot be known.
    fn other_read(&mut self, asked: &Address, answer: Result<Option<Other>, Trouble>) {
        let Scene::Staying(staying) = &mut self.state.scene else {
            return;
        };
        let opened = match staying.other_link.take() {
            Some(OtherLink::Asking(opened)) if opened.address == *asked => opened,
            other => {
                staying.other_link = other;
                return;
            }
        };
        let other = match answer {
            Ok(Some(other)) => Some(other),
            Ok(None) | Err(Trouble::LinkUnknown) => {
                staying.other_link = Some(OtherLink::Broken);
                return;
            }
            Err(_) => None,
        };
        let here = staying.caller.as_ref().map(|caller| &caller.id);
        let my_clinic = staying.clinic.as_ref().map(|clinic| &clinic.slug);
        let stay = other.as_ref().and_then(|other| other.stay.as_ref());
        staying.other_link = match (asked, stay) {
            // As the link of a recall is: by that one the return is told.
            (Address::Wait(link), Some(stay)) if here == Some(&stay.id) => {
                return self.go_on_by(link);
            }
            (_, Some(stay)) if stay.is_over => Some(OtherLink::Broken),
            // Which clinic this one is was not known before.
            (Address::Clinic(slug), _) if my_clinic == Some(slug) => {
                Some(OtherLink::SameClinic(opened))
            }
            _ => Some(OtherLink::Elsewhere(opened, other)),
        };
    }

    /// The same stay by another of its links.
    fn go_on_by(&mut self, link: &LinkToken) {
        let Scene::Staying(staying) = &mut self.state.scene else {
            return;
        };
        staying.link = link.clone();
        self.effects
            .push(Effect::ShowAddress(Address::Wait(link.clone())));
        self.effects.push(Effect::ReportPresenceBy(link.clone()));
        self.effects
            .push(Effect::Watch(self.state.visit, link.clone()));
        if let (Some(clinic), Some(caller)) = (&staying.clinic, &staying.caller) {
            self.effects.push(Effect::RememberStay(
                clinic.clone(),
                link.clone(),
                caller.id.clone(),
            ));
        }
    }

    /// The link that waits for an answer, where there is no stay any more to ask about.
    fn go_by_waiting_link(&mut self) -> bool {
        let Scene::Staying(staying) = &mut self.state.scene else {
            return false;
        };
        match staying.other_link.take() {
            Some(
                OtherLink::Elsewhere(opened, _)
                | OtherLink::SameClinic(opened)
                | OtherLink::Asking(opened),
            ) => {
                self.go_by_other(*opened);
                true
            }
            Some(OtherLink::Broken) | None => false,
        }
    }

    /// The other link in place of the stay.
    fn go_by_other(&mut self, opened: Opened) {
        self.effects
            .push(Effect::ShowAddress(opened.address.clone()));
        self.go(Opened {
            // It was opened a while ago.
            is_visible: self.state.is_visible,
            ..opened
        });
    }

    fn answer_other_link(&mut self, message: &Message) {
        let Scene::Staying(staying) = &mut self.state.scene else {
            return;
        };
        match (message, staying.other_link.take()) {
            (Message::OpenOtherPressed, Some(OtherLink::Elsewhere(opened, _))) => {
                self.go_by_other(*opened);
            }
            (Message::SomeoneElsePressed, Some(OtherLink::SameClinic(opened))) => {
                let known = staying.caller.as_ref().map(Unwatched::of);
                let stored =
                    Stored::GoesOn(staying.link.clone(), known.unwrap_or(Unwatched::Unknown));
                self.go_by_other(Opened {
                    stored: None,
                    ..*opened
                });
                if let Scene::Arriving(arriving) = &mut self.state.scene {
                    arriving.stored = stored;
                }
                self.arriving(Message::SomeoneElsePressed);
            }
            (
                Message::ContinuePressed | Message::StayPressed,
                Some(OtherLink::Elsewhere(..) | OtherLink::SameClinic(_) | OtherLink::Broken),
            ) => {}
            (_, other) => staying.other_link = other,
        }
    }

    fn go(&mut self, opened: Opened) {
        self.close_stay();
        self.state.is_visible = opened.is_visible;
        self.state.can_keep_awake = opened.can_keep_awake;
        self.state.remembered = opened.remembered;
        self.state.latest = opened.latest;
        self.state.origin = opened.origin;
        self.state.is_resumed = opened.is_resumed;
        self.state.kept = opened.kept;
        if self.state.scene == Scene::Opening && opened.notices.is_some() {
            // One of an earlier start, which ended before it could take it back.
            self.effects.push(Effect::WithdrawNotice);
        }
        let notices = &mut self.state.notices;
        notices.are_possible = opened.notices.is_some();
        notices.choice = opened.notices.unwrap_or_default();
        if notices.are_possible
            && notices.choice.is_wanted == Some(true)
            && notices.permission == Permission::Unknown
        {
            self.effects.push(Effect::ReadMayNotify);
        }
        match opened.address {
            Address::Start => {
                self.state.visit += 1;
                self.state.scene = Scene::Start(Start::default());
            }
            Address::Wait(link) => {
                // Presence goes over to the other stay, and says of this one that nobody looks at it.
                self.effects
                    .retain(|effect| *effect != Effect::StopPresence);
                self.stay(link, None, None);
            }
            Address::Clinic(slug) => self.arrive(slug, opened.stored, opened.draft),
            Address::Unknown => {
                self.state.visit += 1;
                self.state.scene = Scene::LinkBroken {
                    clinic: self.state.latest.clone(),
                };
            }
        }
    }

    /// What goes with a stay ends with it.
    fn close_stay(&mut self) {
        if let Scene::Staying(staying) = &self.state.scene {
            if staying.keeps_awake {
                self.effects.push(Effect::KeepAwake(false));
            }
            if !staying.caller.as_ref().is_some_and(Caller::is_over) {
                self.effects.push(Effect::StopPresence);
            }
            self.effects.push(Effect::StopWatching);
        }
        self.withdraw_notice();
    }

    fn arrive(&mut self, slug: Slug, stored: Option<LinkToken>, draft: Option<Draft>) {
        self.state.visit += 1;
        let visit = self.state.visit;
        let Draft {
            entry,
            is_unanswered,
        } = draft.unwrap_or_else(|| Draft {
            entry: Entry {
                name: self.state.remembered.name.clone(),
                phone: self.state.remembered.phone.clone(),
                ..Entry::default()
            },
            is_unanswered: false,
        });
        self.effects.push(Effect::ReadClinic(visit, slug.clone()));
        // An arrival that got no answer comes first: what it gives is the stay to go on with.
        let stored = match stored {
            Some(link) if !is_unanswered => {
                self.effects.push(Effect::ReadStored(visit, link.clone()));
                Stored::Asking(link)
            }
            _ => Stored::None,
        };
        self.state.scene = Scene::Arriving(Box::new(Arriving {
            slug,
            clinic: ClinicKnown::NotYet,
            stored,
            is_someone_else: false,
            entry,
            is_entering: false,
            is_unanswered,
            problems: BTreeMap::new(),
            read_again_at: None,
        }));
    }

    fn stay(&mut self, link: LinkToken, caller: Option<Caller>, clinic: Option<MyClinic>) {
        self.state.visit += 1;
        self.effects.push(Effect::StartPresence(link.clone()));
        self.effects
            .push(Effect::Watch(self.state.visit, link.clone()));
        if clinic.is_none() {
            self.effects
                .push(Effect::ReadMyClinic(self.state.visit, link.clone()));
        }
        self.state.scene = Scene::Staying(Box::new(Staying {
            link,
            caller: None,
            clinic,
            replaced: Vec::new(),
            connection: Connection::Lost {
                since: self.state.now,
            },
            was_live: false,
            latest: if self.state.is_visible {
                Latest::Known
            } else {
                Latest::Away
            },
            returns: 0,
            other_link: None,
            verify: Verify::default(),
            leaving: Leaving::No,
            resuming: Resuming::No,
            has_place_back: false,
            keeps_awake: false,
        }));
        if let Some(caller) = caller {
            self.see(caller, Told::Answer);
        }
    }

    fn viewing(&mut self, is_visible: bool) {
        self.state.is_visible = is_visible;
        if !is_visible {
            if let Scene::Staying(staying) = &mut self.state.scene {
                staying.latest = Latest::Away;
            }
            return;
        }
        self.withdraw_notice();
        if self.state.notices.permission == Permission::Refused {
            // It may have been given in the phone's settings meanwhile.
            self.effects.push(Effect::ReadMayNotify);
        }
        self.ask_for_latest_on_return();
        match &mut self.state.scene {
            Scene::Staying(staying) => {
                if staying.keeps_awake {
                    // A device lets go of it whenever the page is hidden.
                    self.effects.push(Effect::KeepAwake(true));
                }
                if !staying.caller.as_ref().is_some_and(Caller::is_over) {
                    self.effects.push(Effect::Reconnect);
                }
                if matches!(staying.resuming, Resuming::Again { .. }) {
                    staying.resuming = Resuming::No;
                }
            }
            Scene::Arriving(arriving) => {
                if arriving.read_again_at.take().is_some() {
                    self.effects
                        .push(Effect::ReadClinic(self.state.visit, arriving.slug.clone()));
                }
                if let Stored::GoesOn(link, _) = &arriving.stored {
                    // The number may have been verified on another screen in the meantime.
                    self.effects
                        .push(Effect::ReadStored(self.state.visit, link.clone()));
                }
            }
            Scene::Opening | Scene::Start(_) | Scene::LinkBroken { .. } => {}
        }
    }

    fn ask_for_latest_on_return(&mut self) {
        let now = self.state.now;
        let Scene::Staying(staying) = &mut self.state.scene else {
            return;
        };
        if staying.latest != Latest::Away {
            return;
        }
        let is_read_anew = |caller: &Caller| !caller.is_over();
        if !staying.caller.as_ref().is_some_and(is_read_anew) {
            // The first word is on its way, or the last one was heard.
            staying.latest = Latest::Known;
            return;
        }
        staying.returns += 1;
        staying.latest = Latest::Asked {
            since: now,
            again_at: now,
            wait: RETURN_AGAIN,
            is_overtaken: false,
        };
        self.ask_for_latest();
    }

    /// Asks for the stay, where that is still to be read anew.
    fn ask_for_latest(&mut self) {
        let (now, visit) = (self.state.now, self.state.visit);
        let Scene::Staying(staying) = &mut self.state.scene else {
            return;
        };
        if let Latest::Asked {
            again_at,
            wait,
            is_overtaken,
            ..
        } = &mut staying.latest
        {
            *again_at = now.plus(*wait);
            *wait = wait.saturating_mul(2).min(RETURN_LONGEST);
            *is_overtaken = false;
            self.effects.push(Effect::ReadStay(
                visit,
                staying.returns,
                staying.link.clone(),
            ));
        }
    }

    fn stay_read(&mut self, asked_on: u32, answer: Result<Caller, Trouble>) {
        let Scene::Staying(staying) = &mut self.state.scene else {
            return;
        };
        let Latest::Asked { is_overtaken, .. } = staying.latest else {
            return;
        };
        if asked_on != staying.returns {
            return;
        }
        match answer {
            Ok(caller) => {
                staying.latest = Latest::Known;
                let how = if is_overtaken {
                    Told::Answer
                } else {
                    Told::Anew
                };
                self.see(caller, how);
            }
            Err(Trouble::LinkUnknown) => self.link_refused(),
            // Asked for again, in a moment or as soon as the server is in touch.
            Err(_) => {}
        }
    }

    // Notices

    /// The reader decides. Where what was pressed goes with that, the focus must not fall back to the top of
    /// the page.
    fn decide_on_notices(&mut self, decide: impl FnOnce(&mut Step)) {
        let before = self.state.notices_step();
        decide(self);
        if !before.is_like(self.state.notices_step()) {
            self.effects.push(Effect::Focus(Focus::Notices));
        }
    }

    fn want_notices(&mut self) {
        if matches!(
            self.state.notices_step(),
            NoticesStep::NotOffered | NoticesStep::On(_)
        ) {
            return;
        }
        self.choose_notices(NoticeChoice {
            is_wanted: Some(true),
            ..self.state.notices.choice
        });
        let permission = &mut self.state.notices.permission;
        if *permission != Permission::Asking {
            *permission = Permission::Asking;
            self.effects.push(Effect::AskToNotify);
        }
    }

    fn want_no_notices(&mut self) {
        self.choose_notices(NoticeChoice {
            is_wanted: Some(false),
            ..self.state.notices.choice
        });
    }

    fn may_notify(&mut self, may: Option<bool>) {
        let notices = &mut self.state.notices;
        notices.permission = match (may, notices.permission) {
            (Some(true), _) => Permission::Given,
            (Some(false), Permission::Asking | Permission::Refused) => Permission::Refused,
            // It was given on an earlier day. Nobody is told unasked that it is no more.
            (Some(false), _) | (None, Permission::Asking) => Permission::Unknown,
            (None, known) => known,
        };
        if may == Some(false) {
            self.want_no_notices();
        }
    }

    fn choose_notices(&mut self, choice: NoticeChoice) {
        if self.state.notices.choice != choice {
            self.state.notices.choice = choice;
            self.effects.push(Effect::RememberNotices(choice));
        }
    }

    /// The app is seen, or there is nothing left to tell.
    fn withdraw_notice(&mut self) {
        if std::mem::take(&mut self.state.notices.is_out) {
            self.effects.push(Effect::WithdrawNotice);
        }
    }

    fn notify(&mut self, text: &str) {
        if self.state.is_visible || !self.state.notices.are_on() {
            return;
        }
        let Scene::Staying(staying) = &self.state.scene else {
            return;
        };
        let clinic = staying.clinic.as_ref().map(|clinic| clinic.name.clone());
        let NoticeChoice {
            sound, vibration, ..
        } = self.state.notices.choice;
        self.state.notices.is_out = true;
        self.effects.push(Effect::Notify(Notice {
            title: clinic.unwrap_or_else(|| words::waiting_area(self.state.language).to_owned()),
            text: text.to_owned(),
            sound,
            vibration,
        }));
    }

    // Without a link

    fn starting(&mut self, message: Message) {
        let Scene::Start(start) = &mut self.state.scene else {
            return;
        };
        match message {
            Message::LinkTyped(text) => {
                start.link = text.into();
                start.is_wrong = false;
            }
            Message::OpenLinkPressed => {
                match link::read_typed(start.link.reveal(), &self.state.origin) {
                    Address::Start | Address::Unknown => {
                        start.is_wrong = true;
                        self.effects.push(Effect::Focus(Focus::Link));
                    }
                    address => self.open_here(address),
                }
            }
            _ => {}
        }
    }

    fn woke(&mut self) {
        let now = self.state.now;
        self.state.wake_at = None;
        if matches!(
            &self.state.scene,
            Scene::Staying(staying)
                if matches!(staying.latest, Latest::Asked { again_at, .. } if again_at <= now)
        ) {
            self.ask_for_latest();
        }
        match &mut self.state.scene {
            Scene::Staying(staying) => {
                if matches!(staying.resuming, Resuming::Again { at } if at <= now) {
                    staying.resuming = Resuming::No;
                }
                let verify = &mut staying.verify;
                for problem in [&mut verify.number_problem, &mut verify.code_problem] {
                    if matches!(problem, Some(Problem::TooOften { until }) if *until <= now) {
                        *problem = None;
                    }
                }
            }
            Scene::Arriving(arriving) => {
                arriving.problems.retain(
                    |_, problem| !matches!(problem, Problem::TooOften { until } if *until <= now),
                );
                if arriving.read_again_at.is_some_and(|at| at <= now) {
                    arriving.read_again_at = None;
                    self.effects
                        .push(Effect::ReadClinic(self.state.visit, arriving.slug.clone()));
                }
            }
            Scene::Opening | Scene::Start(_) | Scene::LinkBroken { .. } => {}
        }
    }

    fn try_again(&mut self) {
        match &mut self.state.scene {
            Scene::Staying(_) => {
                self.effects.push(Effect::Reconnect);
                self.ask_for_latest();
            }
            Scene::Arriving(arriving) => {
                arriving.read_again_at = None;
                self.effects
                    .push(Effect::ReadClinic(self.state.visit, arriving.slug.clone()));
            }
            Scene::Opening | Scene::Start(_) | Scene::LinkBroken { .. } => {}
        }
    }

    /// As by a link. The device may have forgotten the details meanwhile.
    fn open_here(&mut self, address: Address) {
        let details = self.state.remembered.clone();
        self.effects.push(Effect::Open(address, details));
    }

    /// What this device has there comes first: nobody who has a place takes another.
    fn arrive_again(&mut self) {
        let (clinic, is_place_lost) = match &self.state.scene {
            Scene::Staying(staying) => match &staying.caller {
                Some(caller) if matches!(caller.standing, Standing::Ended(_)) => {
                    (staying.clinic.clone(), !caller.is_over())
                }
                _ => return,
            },
            Scene::LinkBroken { clinic } => (clinic.clone(), false),
            Scene::Start(_) => (self.state.latest.clone(), false),
            Scene::Opening | Scene::Arriving(_) => return,
        };
        let Some(MyClinic { slug, .. }) = clinic else {
            return;
        };
        if is_place_lost {
            // It may be taken back another time, so the device still keeps it, and would lead back to it.
            self.close_stay();
            self.effects
                .push(Effect::ShowAddress(Address::Clinic(slug.clone())));
            self.arrive(slug, None, None);
        } else {
            self.open_here(Address::Clinic(slug));
        }
    }

    /// What the device keeps besides is told by [`Message::Kept`].
    fn forget_stay(&mut self, link: LinkToken, id: Option<String>) {
        self.state.kept = None;
        self.effects.push(Effect::ForgetStay(link, id));
    }

    fn arriving(&mut self, message: Message) {
        let State {
            scene,
            visit,
            now,
            remembered,
            ..
        } = &mut self.state;
        let (visit, now) = (*visit, *now);
        let Scene::Arriving(arriving) = scene else {
            return;
        };
        match message {
            Message::ClinicRead(asked, answer) if asked == visit => {
                match answer {
                    Ok(Some(clinic)) => {
                        arriving
                            .problems
                            .retain(|_, problem| *problem != Problem::Unreachable);
                        arriving.read_again_at = (!clinic.is_open).then(|| now.plus(CLOSED_AGAIN));
                        arriving.clinic = ClinicKnown::Known(clinic);
                    }
                    Ok(None) => arriving.clinic = ClinicKnown::NoSuch,
                    Err(_) => {
                        arriving.read_again_at = Some(now.plus(READ_AGAIN));
                        // What is known stays on screen, with all that was typed there.
                        if !matches!(arriving.clinic, ClinicKnown::Known(_)) {
                            arriving.clinic = ClinicKnown::Unreachable;
                        }
                    }
                }
                if arriving.is_unanswered && matches!(arriving.clinic, ClinicKnown::Known(_)) {
                    self.enter();
                }
            }
            Message::StoredRead(asked, answer) if asked == visit => self.stored_read(&answer),
            Message::ContinuePressed => {
                if let Stored::GoesOn(link, _) = arriving.stored.clone() {
                    self.effects
                        .push(Effect::ShowAddress(Address::Wait(link.clone())));
                    let clinic = arriving.my_clinic();
                    self.stay(link, None, clinic);
                }
            }
            Message::SomeoneElsePressed => {
                if let Stored::GoesOn(_, unwatched) = arriving.stored {
                    arriving.is_someone_else = true;
                    if unwatched == Unwatched::Kept {
                        arriving.stored = Stored::None;
                    }
                    // A parent with two children: the number is the same, the name is not.
                    if arriving.entry.name == remembered.name {
                        arriving.entry.name.clear();
                    }
                }
            }
            Message::ArriveAnywayPressed if arriving.is_someone_else => {
                arriving.stored = Stored::None;
            }
            Message::NameTyped(text) => {
                arriving.entry.name = text;
                self.typed(&Field::Name);
            }
            Message::PhoneTyped(text) => {
                arriving.entry.phone = text;
                self.typed(&Field::Phone);
            }
            Message::AnswerTyped(key, text) => {
                arriving.entry.answers.insert(key.clone(), text);
                self.typed(&Field::Answer(key));
            }
            Message::ConsentGiven(has_consented) => {
                arriving.entry.has_consented = has_consented;
                self.typed(&Field::Consent);
            }
            Message::ClearDetailsPressed => {
                // What was typed over them is not theirs.
                if arriving.entry.name == remembered.name {
                    arriving.entry.name.clear();
                }
                if arriving.entry.phone == remembered.phone {
                    arriving.entry.phone.clear();
                }
                *remembered = Details::default();
                self.effects.push(Effect::ForgetDetails);
                self.effects.push(Effect::Focus(Focus::Entry(Field::Name)));
                self.typed(&Field::Name);
            }
            Message::JoinPressed => self.enter(),
            Message::Entered(asked, answer) if asked == visit => self.entered(answer),
            _ => {}
        }
    }

    fn stored_read(&mut self, answer: &Result<Option<Unwatched>, Trouble>) {
        let Scene::Arriving(arriving) = &mut self.state.scene else {
            return;
        };
        let (link, known) = match arriving.stored.clone() {
            Stored::None => return,
            Stored::Asking(link) => (link, Unwatched::Unknown),
            Stored::GoesOn(link, known) => (link, known),
        };
        arriving.stored = match answer {
            Ok(None) | Err(Trouble::LinkUnknown) => {
                arriving.stored = Stored::None;
                return self.forget_stay(link, None);
            }
            Ok(Some(Unwatched::Kept)) if arriving.is_someone_else => Stored::None,
            Ok(Some(unwatched)) => Stored::GoesOn(link, *unwatched),
            Err(_) => Stored::GoesOn(link, known),
        };
    }

    /// What was wrong there is being put right; what was typed outlives a reload.
    fn typed(&mut self, field: &Field) {
        if let Scene::Arriving(arriving) = &mut self.state.scene {
            arriving.problems.remove(field);
            self.effects.push(Effect::KeepDraft(
                arriving.slug.clone(),
                arriving.entry.clone(),
            ));
        }
    }

    fn enter(&mut self) {
        let visit = self.state.visit;
        let Scene::Arriving(arriving) = &mut self.state.scene else {
            return;
        };
        let ClinicKnown::Known(clinic) = &arriving.clinic else {
            return;
        };
        if arriving.is_entering || arriving.stored != Stored::None {
            return;
        }
        arriving.is_unanswered = false;
        arriving.problems = problems_before_asking(&arriving.entry, clinic);
        if let Some(field) = first_of(&arriving.problems, clinic) {
            self.effects.push(Effect::Focus(Focus::Entry(field)));
            return;
        }
        arriving.is_entering = true;
        let answers = arriving.entry.answered(clinic);
        self.effects.push(Effect::KeepDraft(
            arriving.slug.clone(),
            arriving.entry.clone(),
        ));
        self.effects.push(Effect::Enter(
            visit,
            arriving.slug.clone(),
            arriving.entry.clone(),
            answers,
        ));
    }

    fn entered(&mut self, answer: Result<Entered, Trouble>) {
        let now = self.state.now;
        let Scene::Arriving(arriving) = &mut self.state.scene else {
            return;
        };
        if !arriving.is_entering {
            return;
        }
        arriving.is_entering = false;
        let Entered { link, caller } = match answer {
            Ok(entered) => entered,
            Err(trouble) => {
                if trouble == Trouble::Unreachable {
                    // Read again only to see when it can be reached again.
                    arriving.read_again_at = Some(now.plus(READ_AGAIN));
                }
                if let ClinicKnown::Known(clinic) = &arriving.clinic {
                    arriving.problems = problems_of(&trouble, &arriving.entry, clinic, now);
                    if let Some(field) = first_of(&arriving.problems, clinic) {
                        self.effects.push(Effect::Focus(Focus::Entry(field)));
                    }
                }
                return;
            }
        };
        let slug = arriving.slug.clone();
        let details = Details {
            name: arriving.entry.name.trim().to_owned(),
            phone: arriving.entry.phone.trim().to_owned(),
        };
        let clinic = arriving.my_clinic();
        self.state.remembered = details.clone();
        self.effects.push(Effect::RememberDetails(details));
        if let Some(clinic) = clinic.clone() {
            self.effects.push(Effect::RememberStay(
                clinic,
                link.clone(),
                caller.id.clone(),
            ));
        }
        self.effects.push(Effect::DropDraft(slug));
        self.effects
            .push(Effect::ShowAddress(Address::Wait(link.clone())));
        self.stay(link, Some(caller), clinic);
    }

    fn staying(&mut self, message: Message) {
        let State {
            scene, visit, now, ..
        } = &mut self.state;
        let (visit, now) = (*visit, *now);
        let Scene::Staying(staying) = scene else {
            return;
        };
        match message {
            Message::CallerSeen(asked, caller) if asked == visit => {
                // It came by the live connection: that is there.
                self.live_up();
                self.overtaken();
                self.see(caller, Told::Live);
            }
            Message::StayRead(asked, asked_on, answer) if asked == visit => {
                self.stay_read(asked_on, answer);
            }
            Message::OtherRead(asked, address, answer) if asked == visit => {
                self.other_read(&address, answer);
            }
            message @ (Message::OpenOtherPressed
            | Message::SomeoneElsePressed
            | Message::ContinuePressed) => self.answer_other_link(&message),
            // Escape means the question that is on the screen.
            Message::StayPressed if staying.other_link.is_some() => {
                self.answer_other_link(&Message::StayPressed);
            }
            Message::MyClinicRead(asked, Ok(clinic)) if asked == visit => {
                let is_new = staying.clinic.is_none();
                staying.clinic = Some(clinic.clone());
                let caller = staying.caller.as_ref().filter(|caller| !caller.is_over());
                if let (true, Some(caller)) = (is_new, caller) {
                    let (link, id) = (staying.link.clone(), caller.id.clone());
                    self.effects.push(Effect::RememberStay(clinic, link, id));
                }
            }
            Message::LiveUp(asked) if asked == visit => self.live_up(),
            Message::LiveLost(asked)
                if asked == visit && staying.connection == Connection::Live =>
            {
                staying.connection = Connection::Lost { since: now };
            }
            Message::LinkRefused(asked) if asked == visit => self.link_refused(),
            Message::NumberTyped(text) => {
                staying.verify.number = Some(text);
                staying.verify.number_problem = None;
            }
            Message::SendCodePressed => self.send_code(),
            Message::CodeSent(asked, answer) if asked == visit => self.code_sent(answer),
            Message::CodeTyped(text) => {
                staying.verify.code = text;
                staying.verify.code_problem = None;
                self.check_code_once();
            }
            Message::CodeRead(code) if staying.verify_step() == VerifyStep::Code => {
                staying.verify.code = code;
                self.check_code_once();
            }
            Message::VerifyPressed => self.check_code(),
            Message::Verified(asked, answer) if asked == visit => self.verified(answer),
            Message::ChangeNumberPressed => {
                if matches!(staying.verify_step(), VerifyStep::Code | VerifyStep::Done) {
                    staying.verify.is_changing = true;
                    staying.verify.number_problem = None;
                }
            }
            Message::KeepNumberPressed => {
                staying.verify.is_changing = false;
                staying.verify.number = None;
                staying.verify.number_problem = None;
            }
            Message::SetAsidePressed if staying.verify_step() == VerifyStep::Code => {
                staying.verify.is_set_aside = true;
                staying.verify.send_problem = None;
            }
            Message::VerifyAfterAllPressed => staying.verify.is_set_aside = false,
            Message::KeepAwakeChosen(keeps_awake) if staying.keeps_awake != keeps_awake => {
                staying.keeps_awake = keeps_awake;
                self.effects.push(Effect::KeepAwake(keeps_awake));
            }
            Message::LeavePressed if staying.leaving == Leaving::No && staying.may_leave() => {
                staying.leaving = Leaving::Confirming(None);
                self.effects.push(Effect::Focus(Focus::Leaving));
            }
            Message::StayPressed if matches!(staying.leaving, Leaving::Confirming(_)) => {
                staying.leaving = Leaving::No;
                self.effects.push(Effect::Focus(Focus::Leave));
            }
            Message::LeaveConfirmed if matches!(staying.leaving, Leaving::Confirming(_)) => {
                staying.leaving = Leaving::UnderWay;
                self.effects
                    .push(Effect::Leave(visit, staying.link.clone()));
            }
            Message::Left(asked, answer) if asked == visit => self.left(answer),
            Message::Resumed(asked, answer) if asked == visit => self.resumed(answer),
            _ => {}
        }
    }

    fn live_up(&mut self) {
        let visit = self.state.visit;
        let Scene::Staying(staying) = &mut self.state.scene else {
            return;
        };
        if staying.connection != Connection::Live {
            staying.connection = Connection::Live;
            // It can be reached again.
            let verify = &mut staying.verify;
            for problem in [
                &mut verify.number_problem,
                &mut verify.code_problem,
                &mut verify.send_problem,
            ] {
                if *problem == Some(Problem::Unreachable) {
                    *problem = None;
                }
            }
            if staying.leaving == Leaving::Confirming(Some(Problem::Unreachable)) {
                staying.leaving = Leaving::Confirming(None);
            }
            let is_back = std::mem::replace(&mut staying.was_live, true);
            if is_back && !staying.caller.as_ref().is_some_and(Caller::is_over) {
                // The server may not have taken in the latest report before it was out of touch, and
                // from here on every frame of this socket says that this screen is alive.
                self.effects.push(Effect::ReportPresenceAgain);
            }
            if staying.clinic.is_none() {
                // It may have been asked for in vain while nothing could be reached.
                self.effects
                    .push(Effect::ReadMyClinic(visit, staying.link.clone()));
            }
            // What was asked may have gone down with the connection that was lost.
            self.ask_for_latest();
        }
    }

    /// A live change may be newer than the answer to what was asked.
    fn overtaken(&mut self) {
        if let Scene::Staying(staying) = &mut self.state.scene
            && let Latest::Asked { is_overtaken, .. } = &mut staying.latest
        {
            *is_overtaken = true;
        }
    }

    fn link_refused(&mut self) {
        let Scene::Staying(staying) = &self.state.scene else {
            return;
        };
        let here = staying.clinic.clone();
        let clinic = here.or_else(|| self.state.latest.clone());
        let id = staying.caller.as_ref().map(|caller| caller.id.clone());
        self.forget_stay(staying.link.clone(), id);
        if self.go_by_waiting_link() {
            return;
        }
        self.close_stay();
        self.state.visit += 1;
        self.state.scene = if self.state.is_resumed {
            // There was no link that could be broken.
            Scene::Start(Start::default())
        } else {
            Scene::LinkBroken { clinic }
        };
    }

    /// Takes what the server tells, unless something newer is known.
    fn see(&mut self, told: Caller, how: Told) {
        let now = self.state.now;
        let Scene::Staying(staying) = &mut self.state.scene else {
            return;
        };
        if staying.replaced.contains(&told.id) {
            return;
        }
        let was_over = staying.caller.as_ref().is_some_and(Caller::is_over);
        if let Some(known) = &staying.caller {
            if known.id == told.id {
                // Of equal versions the live one is taken: a place in the queue changes without the
                // stay changing. An answer may have been overtaken by a live change of the place.
                let is_old = match how {
                    Told::Live | Told::Anew => told.version < known.version,
                    Told::Answer => told.version <= known.version,
                };
                if is_old {
                    return;
                }
            } else {
                staying.replaced.push(known.id.clone());
            }
        }
        let is_new = staying
            .caller
            .as_ref()
            .is_none_or(|known| known.id != told.id);
        let had_code = staying
            .caller
            .as_ref()
            .is_some_and(|caller| caller.verification.is_some());
        let was_verified_as = staying.verified_number();

        let (id, is_over) = (told.id.clone(), told.is_over());
        let clinic = staying.clinic.clone();
        let known = staying.caller.as_ref();
        let is_first_word = known.is_none();
        let is_recall_over =
            known.is_some_and(|known| known.recall.is_some()) && told.recall.is_none();
        let is_elsewhere = known.is_some_and(|known| {
            std::mem::discriminant(&known.standing) != std::mem::discriminant(&told.standing)
        });
        let notice = known.and_then(|known| words_of_notice(known, &told));
        staying
            .verify
            .learn_code(told.verification.as_ref(), had_code, now);
        let has_left_queue = !told.standing.is_in_queue();
        staying.caller = Some(told);
        if staying.verified_number() != was_verified_as && staying.verified_number().is_some() {
            // Verified here or on another screen: nothing of it is left to do.
            let resend_of = staying.verify.resend_of;
            staying.verify = Verify {
                resend_of,
                ..Verify::default()
            };
        }
        if has_left_queue && is_elsewhere {
            // Whoever is joined, or is told the end, answers no questions first.
            staying.other_link = None;
        }
        if has_left_queue
            && matches!(staying.leaving, Leaving::Confirming(_))
            && !staying.may_leave()
        {
            staying.leaving = Leaving::No;
        }
        if !matches!(
            staying.caller.as_ref().map(|caller| &caller.standing),
            Some(Standing::Ended(_))
        ) && staying.resuming != Resuming::UnderWay
        {
            staying.resuming = Resuming::No;
        }
        if staying.keeps_awake && staying.needs_no_light() {
            staying.keeps_awake = false;
            self.effects.push(Effect::KeepAwake(false));
        }
        let link = staying.link.clone();
        if is_over {
            if !was_over {
                self.forget_stay(link, Some(id));
                self.effects.push(Effect::StopPresence);
                self.effects.push(Effect::StopWatching);
            }
            if is_first_word && self.go_by_waiting_link() {
                return;
            }
        } else {
            if was_over {
                self.effects.push(Effect::StartPresence(link.clone()));
                self.effects
                    .push(Effect::Watch(self.state.visit, link.clone()));
            }
            if let (true, Some(clinic)) = (is_new, clinic) {
                self.effects.push(Effect::RememberStay(clinic, link, id));
            }
        }
        if has_left_queue || is_recall_over {
            self.withdraw_notice();
        }
        if let Some(words) = notice {
            self.notify(words(self.state.language));
        }
    }

    fn send_code(&mut self) {
        let (visit, now) = (self.state.visit, self.state.now);
        let Scene::Staying(staying) = &mut self.state.scene else {
            return;
        };
        let step = staying.verify_step();
        if staying.verify.is_sending
            || staying.verify.is_checking
            || !matches!(step, VerifyStep::Number | VerifyStep::Code)
        {
            return;
        }
        let is_too_soon = staying.verify.resend_from.is_some_and(|from| from > now);
        if step == VerifyStep::Code && (is_too_soon || !staying.is_another_code_worth_a_try()) {
            return;
        }
        let number = staying.number_shown().trim().to_owned();
        let problem = if number.is_empty() {
            Some(Problem::NumberMissing)
        } else if number.chars().count() > LONGEST_TYPED {
            Some(Problem::TooLong)
        } else {
            None
        };
        if problem.is_some() {
            staying.verify.number_problem = problem;
            self.effects.push(Effect::Focus(Focus::Number));
            return;
        }
        staying.verify.is_sending = true;
        staying.verify.number_problem = None;
        staying.verify.code_problem = None;
        staying.verify.send_problem = None;
        self.effects
            .push(Effect::SendCode(visit, staying.link.clone(), number.into()));
    }

    fn code_sent(&mut self, answer: Result<Option<Moment>, Trouble>) {
        let now = self.state.now;
        let Scene::Staying(staying) = &mut self.state.scene else {
            return;
        };
        if !staying.verify.is_sending {
            return;
        }
        let was_code_step = staying.verify_step() == VerifyStep::Code;
        let verify = &mut staying.verify;
        verify.is_sending = false;
        match answer {
            Ok(resend_at) => {
                verify.is_changing = false;
                verify.is_set_aside = false;
                verify.number_problem = None;
                verify.code_problem = None;
                // The old code is worth nothing any more.
                verify.code.clear();
                verify.is_spent = false;
                verify.tried.clear();
                let is_shown = staying
                    .caller
                    .as_ref()
                    .and_then(|caller| caller.verification.as_ref())
                    .is_some_and(|shown| Some(shown.resend_at) == resend_at);
                let verify = &mut staying.verify;
                verify.is_code_sent = !is_shown;
                if !is_shown && let Some(resend_at) = resend_at {
                    verify.resend_from = Some(now.plus(resend_at.since(now).min(LONGEST_RESEND)));
                }
                self.effects.push(Effect::Focus(Focus::Code));
            }
            Err(trouble) => {
                let problem = problem_of(&trouble, now);
                if was_code_step {
                    if let Problem::TooOften { until } = problem {
                        // Told by the countdown that takes the button's place.
                        verify.resend_from = Some(until);
                        self.effects.push(Effect::Focus(Focus::Code));
                    } else {
                        verify.send_problem = Some(problem);
                    }
                } else {
                    verify.number_problem = Some(problem);
                    self.effects.push(Effect::Focus(Focus::Number));
                }
                self.learn_from(trouble);
            }
        }
    }

    fn check_code(&mut self) {
        let visit = self.state.visit;
        let Scene::Staying(staying) = &mut self.state.scene else {
            return;
        };
        if staying.verify_step() != VerifyStep::Code
            || staying.is_code_spent()
            || staying.verify.is_checking
            || staying.verify.is_sending
        {
            return;
        }
        let code = digits_of(&staying.verify.code);
        if code.len() != CODE_DIGITS {
            staying.verify.code_problem = Some(Problem::CodeIncomplete);
            self.effects.push(Effect::Focus(Focus::Code));
            return;
        }
        staying.verify.is_checking = true;
        staying.verify.code_problem = None;
        staying.verify.tried.insert(code.clone());
        self.effects
            .push(Effect::CheckCode(visit, staying.link.clone(), code.into()));
    }

    /// A whole code goes by itself, and the same one never twice: a try is precious.
    fn check_code_once(&mut self) {
        let Scene::Staying(staying) = &self.state.scene else {
            return;
        };
        let code = digits_of(&staying.verify.code);
        if code.len() == CODE_DIGITS && !staying.verify.tried.contains(&code) {
            self.check_code();
        }
    }

    fn verified(&mut self, answer: Result<Caller, Trouble>) {
        let now = self.state.now;
        let Scene::Staying(staying) = &mut self.state.scene else {
            return;
        };
        if !staying.verify.is_checking {
            return;
        }
        staying.verify.is_checking = false;
        match answer {
            Ok(caller) => {
                if caller.is_verified() && caller.verification.is_none() {
                    staying.verify.is_code_sent = false;
                    staying.verify.code.clear();
                }
                self.see(caller, Told::Answer);
            }
            Err(trouble) => {
                let problem = problem_of(&trouble, now);
                let verify = &mut staying.verify;
                if problem == (Problem::CodeWrong { attempts_left: 0 }) {
                    verify.is_spent = true;
                }
                if matches!(trouble, Trouble::Unreachable | Trouble::Broken) {
                    // It may never have arrived.
                    verify.tried.clear();
                }
                let is_wrong = matches!(problem, Problem::CodeWrong { .. });
                verify.code_problem = Some(problem);
                self.effects.push(Effect::Focus(Focus::Code));
                self.learn_from(trouble);
                if is_wrong {
                    // Another may have been typed while that one was on its way.
                    self.check_code_once();
                }
            }
        }
    }

    fn left(&mut self, answer: Result<Caller, Trouble>) {
        let now = self.state.now;
        let Scene::Staying(staying) = &mut self.state.scene else {
            return;
        };
        if staying.leaving != Leaving::UnderWay {
            return;
        }
        match answer {
            Ok(caller) => {
                staying.leaving = Leaving::No;
                self.see(caller, Told::Answer);
            }
            Err(trouble) => {
                staying.leaving = if staying.may_leave() {
                    self.effects.push(Effect::Focus(Focus::Leaving));
                    Leaving::Confirming(Some(problem_of(&trouble, now)))
                } else {
                    Leaving::No
                };
                self.learn_from(trouble);
            }
        }
    }

    /// A lost place is taken back as soon as the page is seen.
    pub(super) fn resume_where_lost(&mut self) {
        let visit = self.state.visit;
        if !self.state.is_visible {
            return;
        }
        let Scene::Staying(staying) = &mut self.state.scene else {
            return;
        };
        let is_lost = staying.caller.as_ref().is_some_and(
            |caller| matches!(&caller.standing, Standing::Ended(end) if end.is_resumable()),
        );
        if is_lost && staying.resuming == Resuming::No {
            staying.resuming = Resuming::UnderWay;
            self.effects
                .push(Effect::Resume(visit, staying.link.clone()));
        }
    }

    fn resumed(&mut self, answer: Result<Caller, Trouble>) {
        let (now, visit) = (self.state.now, self.state.visit);
        let Scene::Staying(staying) = &mut self.state.scene else {
            return;
        };
        if staying.resuming != Resuming::UnderWay {
            return;
        }
        match answer {
            Ok(caller) => {
                staying.resuming = Resuming::No;
                if matches!(staying.latest, Latest::Asked { .. }) {
                    // Asked for after the return, as that is.
                    staying.latest = Latest::Known;
                }
                self.see(caller, Told::Answer);
                let Scene::Staying(staying) = &mut self.state.scene else {
                    return;
                };
                let standing = staying.caller.as_ref().map(|caller| &caller.standing);
                match standing {
                    // Yes, and yet it is over: asked again, but not in a loop.
                    Some(Standing::Ended(end)) if end.is_resumable() => {
                        staying.resuming = Resuming::Again {
                            at: now.plus(RESUME_AGAIN),
                        };
                    }
                    Some(Standing::Ended(_)) | None => {}
                    Some(_) => {
                        staying.has_place_back = true;
                        // The reports of a stay that was over counted for nothing, and what was told
                        // live was that stay.
                        self.effects.push(Effect::ReportPresenceAgain);
                        self.effects
                            .push(Effect::Watch(visit, staying.link.clone()));
                    }
                }
            }
            Err(Trouble::Unreachable | Trouble::Broken) => {
                staying.resuming = Resuming::Again {
                    at: now.plus(RESUME_AGAIN),
                };
            }
            Err(trouble) => {
                // A clinic that is closed may open again: only what the server says of the stay ends it.
                staying.resuming = Resuming::Refused;
                self.learn_from(trouble);
            }
        }
    }

    /// What a refusal tells besides its reason.
    fn learn_from(&mut self, trouble: Trouble) {
        match trouble {
            Trouble::LinkUnknown => self.link_refused(),
            Trouble::Refused(_, Some(caller)) => self.see(*caller, Told::Answer),
            Trouble::Refused(_, None) | Trouble::Unreachable | Trouble::Broken => {}
        }
    }
}

/// How a stay was told.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Told {
    /// By the live connection, in order.
    Live,
    /// In the answer to a request, which a live change may have overtaken.
    Answer,
    /// In the answer to a request that no live change has overtaken.
    Anew,
}

/// What a notice says of a change that matters to one who is away. Of what was so at the first word
/// nothing is news.
fn words_of_notice(known: &Caller, told: &Caller) -> Option<fn(Language) -> &'static str> {
    match &told.standing {
        Standing::Ended(End::Cancelled { .. }) if !known.is_over() => Some(words::notice_cancelled),
        Standing::Ended(_) => None,
        // From the hold only: into the room a caller is brought who looks, on this screen or another.
        Standing::BeingSeen { .. } if matches!(known.standing, Standing::OnHold { .. }) => {
            Some(words::provider_ready)
        }
        _ if told.recall.is_some() && told.recall != known.recall => Some(words::notice_recalled),
        _ => None,
    }
}

impl Verify {
    /// Takes what is told of the code that is outstanding.
    fn learn_code(&mut self, told: Option<&Verification>, had_code: bool, now: Moment) {
        if let Some(verification) = told {
            self.is_code_sent = false;
            if self.resend_of != Some(verification.sent_at) {
                // Between two clocks only the length of the wait is sure.
                let longest = verification.resend_at.since(verification.sent_at);
                let wait = verification.resend_at.since(now).min(longest);
                self.resend_of = Some(verification.sent_at);
                self.resend_from = Some(now.plus(wait));
                self.is_spent = false;
                self.tried.clear();
            }
        } else if had_code {
            self.is_code_sent = false;
            self.is_set_aside = false;
        }
    }
}

impl Staying {
    /// Whether the caller may leave: not once a provider is there.
    pub fn may_leave(&self) -> bool {
        self.caller.as_ref().is_some_and(|caller| {
            matches!(
                caller.standing,
                Standing::Waiting { .. } | Standing::Offline { .. } | Standing::OnHold { .. }
            )
        })
    }

    /// Whether the screen need not be kept on. To have looked elsewhere for a moment decides nothing.
    fn needs_no_light(&self) -> bool {
        let caller = self.caller.as_ref();
        caller.is_some_and(|caller| match caller.standing {
            Standing::Waiting { .. } => !caller.must_stay(),
            Standing::Offline { .. } => false,
            Standing::BeingSeen { .. } | Standing::OnHold { .. } | Standing::Ended(_) => true,
        })
    }

    /// Whether a number of this caller is verified.
    pub fn has_verified_number(&self) -> bool {
        self.caller.as_ref().is_some_and(Caller::is_verified)
    }

    fn verified_number(&self) -> Option<String> {
        let phone = self.caller.as_ref()?.phone.as_ref()?;
        phone.is_verified.then(|| phone.number.clone())
    }
}

/// The digits of a code as typed: people type spaces, and some keyboards type digits of their own.
pub(super) fn digits_of(text: &str) -> String {
    text.chars()
        .filter_map(|character| match character {
            '0'..='9' => Some(character),
            // Arabic-Indic, Extended Arabic-Indic, Devanagari and full-width digits.
            '\u{660}'..='\u{669}' => digit_from(character, 0x660),
            '\u{6F0}'..='\u{6F9}' => digit_from(character, 0x6F0),
            '\u{966}'..='\u{96F}' => digit_from(character, 0x966),
            '\u{FF10}'..='\u{FF19}' => digit_from(character, 0xFF10),
            _ => None,
        })
        .take(CODE_DIGITS + 1)
        .collect()
}

fn digit_from(character: char, zero: u32) -> Option<char> {
    char::from_digit(u32::from(character) - zero, 10)
}

/// What can be told without asking the server.
fn problems_before_asking(entry: &Entry, clinic: &Clinic) -> BTreeMap<Field, Problem> {
    let mut problems = BTreeMap::new();
    let is_too_long = |text: &str| text.chars().count() > LONGEST_TYPED;
    if entry.name.trim().is_empty() {
        problems.insert(Field::Name, Problem::NameMissing);
    } else if is_too_long(&entry.name) {
        problems.insert(Field::Name, Problem::TooLong);
    }
    if is_too_long(&entry.phone) {
        problems.insert(Field::Phone, Problem::TooLong);
    }
    for field in &clinic.entry_fields {
        let answer = entry.answers.get(&field.key).map_or("", String::as_str);
        if field.is_required && answer.trim().is_empty() {
            problems.insert(Field::Answer(field.key.clone()), Problem::AnswerMissing);
        } else if is_too_long(answer) {
            problems.insert(Field::Answer(field.key.clone()), Problem::TooLong);
        }
    }
    if clinic.consent_text.is_some() && !entry.has_consented {
        problems.insert(Field::Consent, Problem::ConsentMissing);
    }
    problems
}

/// Puts each refusal where it belongs.
fn problems_of(
    trouble: &Trouble,
    entry: &Entry,
    clinic: &Clinic,
    now: Moment,
) -> BTreeMap<Field, Problem> {
    let Trouble::Refused(refusals, _) = trouble else {
        return BTreeMap::from([(Field::Whole, problem_of(trouble, now))]);
    };
    let sent = entry.answered(clinic);
    let mut problems = BTreeMap::new();
    for refusal in refusals {
        // The first reason for a field is the one to put right first.
        problems
            .entry(field_of(refusal, &sent, clinic))
            .or_insert_with(|| problem_of_refusal(refusal, now));
    }
    if problems.is_empty() {
        problems.insert(Field::Whole, Problem::Unavailable);
    }
    problems
}

pub(super) fn field_of(refusal: &Refusal, sent: &[(String, String)], clinic: &Clinic) -> Field {
    let mut path = refusal
        .field
        .iter()
        .map(String::as_str)
        .skip_while(|step| *step == "input");
    match path.next() {
        Some("name") => Field::Name,
        Some("phone") => Field::Phone,
        Some("answers") => {
            // Named by its position in what was sent, or by its key.
            let answer = path.next().and_then(|step| match step.parse::<usize>() {
                Ok(position) => sent.get(position).map(|(key, _)| key.clone()),
                Err(_) => Some(step.to_owned()),
            });
            // A question that is not on the form has no place there for what is wrong with it.
            answer
                .filter(|key| clinic.entry_fields.iter().any(|field| field.key == *key))
                .map_or(Field::Whole, Field::Answer)
        }
        _ => Field::Whole,
    }
}

fn problem_of(trouble: &Trouble, now: Moment) -> Problem {
    match trouble {
        Trouble::Unreachable => Problem::Unreachable,
        Trouble::Broken | Trouble::LinkUnknown => Problem::Unavailable,
        Trouble::Refused(refusals, _) => refusals.first().map_or(Problem::Unavailable, |refusal| {
            problem_of_refusal(refusal, now)
        }),
    }
}

fn problem_of_refusal(refusal: &Refusal, now: Moment) -> Problem {
    match refusal.kind {
        RefusalKind::CodeRejected { attempts_left } => Problem::CodeWrong { attempts_left },
        RefusalKind::RateLimited { retry_at } => {
            // At least a moment, so that a clock that is behind does not invite another refusal.
            Problem::TooOften {
                until: now.plus(retry_at.since(now).max(1_000)),
            }
        }
        _ if refusal.message.trim().is_empty() => Problem::Unavailable,
        _ => Problem::Said(refusal.clone()),
    }
}

/// The topmost field with a problem.
fn first_of(problems: &BTreeMap<Field, Problem>, clinic: &Clinic) -> Option<Field> {
    let questions = clinic
        .entry_fields
        .iter()
        .map(|field| Field::Answer(field.key.clone()));
    [Field::Whole, Field::Name, Field::Phone]
        .into_iter()
        .chain(questions)
        .chain([Field::Consent])
        .find(|field| problems.contains_key(field))
}
