//! One data directory, and one place that texts go to, through many lives of a server.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::net::Ipv4Addr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::time::{Instant, sleep};

use super::TextsGoTo;
use super::figures::{Figure, Findings};
use super::judge::{SEEN, judge, status};
use super::life::{Life, Program};
use super::point::Reaches;
use super::provider::{Line, Provider, Purpose};
use super::stay::{Deed, Fact, In, Standing, Stay, act, arrive, is_accepted, name_of, report};
use crate::program::program;
use crate::server::{FIGURES_KEPT_FOR, free_port};
use crate::{Asker, Chance, Replica, Staff};

/// How many callers are away at least when a life begins, and after others were let in.
const AWAY_AT_LEAST: usize = 20;
const AWAY_AFTERWARDS: usize = 60;
/// Every so many callers stay unverified, to ask for a code; every so many numbers take no texts.
const UNVERIFIED_EVERY: u32 = 12;
const REFUSED_EVERY: u32 = 15;
/// Rounds of deeds in one life. A life that has not reached its point by then is ended from outside.
const ROUNDS: usize = 5;
/// How long texts may take between two rounds: not to the end, as a life that waits meets no point.
const SETTLES_WITHIN: Duration = Duration::from_millis(250);
/// Callers who are let in at once.
const AT_ONCE: usize = 6;
/// Lives for each point that is to be hit, at most.
const LIVES_A_POINT: usize = 5;
/// Codes that one address may ask for, well below the limit of an hour.
const CODES_AN_ADDRESS: usize = 30;
/// Texts of which Twilio never heard, as the server died between claiming and handing over. At most 8 are
/// under way at a death, but the moment is short: beyond the 8 of one death, one with every so many
/// points.
const UNHEARD_AT_ONCE: usize = 8;
const UNHEARD_EVERY: usize = 4;
/// Of codes and of cancellations alone, one of so many, besides a few. Measured: 3 of 81 cancellations.
const UNHEARD_OF_A_KIND: usize = 3;
const UNHEARD_FEW: usize = 2;
/// Recalls at the end, with nothing in the way: each of them must arrive.
const RECALLS_IN_PEACE: usize = 5;
const ARRIVES_WITHIN: Duration = Duration::from_secs(30);
/// How long doubt lasts at most, with the retries of a text that is turned away, and then some.
const SETTLED_WITHIN: Duration = Duration::from_mins(3);
/// How long the questions about what was told while nobody ran may take.
const ASKED_WITHIN: Duration = Duration::from_secs(30);
/// Callers on one page of the waiting area.
const PAGE: usize = 500;

pub(super) struct World {
    number: u32,
    chance: Chance,
    program: Arc<Program>,
    provider: Provider,
    key: String,
    clinic: String,
    stays: Vec<Stay>,
    codes: usize,
    /// Of somebody who follows the waiting area over all lives.
    replica: Replica,
    reaches: Reaches,
    findings: Findings,
    /// Kept until all is judged.
    _folder: TempDir,
}

/// Whoever asks during one life: connections do not outlive the server.
struct Askers {
    anonymous: Asker,
    staff: Staff,
}

impl World {
    /// Makes the data and a key for staff.
    pub(super) async fn begin(number: u32, chance: Chance, path: &Path, texts: TextsGoTo) -> Self {
        let folder = tempfile::tempdir().expect("a folder for a world");
        let provider = Provider::begin(texts, &folder.path().join("data")).await;
        let program = Program::new(path, free_port(), folder.path(), provider.settings());
        let program = Arc::new(program);
        let mut life = program.begin(None);
        assert!(life.is_ready().await, "nobody has killed it");
        let anonymous = Asker::new(program.origin(), None);
        let key = add_key(&program.data());
        let staff = Staff::new(anonymous.with_token(&key)).await;
        staff.set(json!({ "textOnCancel": true })).await;
        let clinic = staff.clinic;
        Self {
            number,
            chance,
            program,
            provider,
            key,
            clinic,
            stays: Vec::new(),
            codes: 0,
            replica: Replica::default(),
            reaches: Reaches::new(),
            findings: Findings::default(),
            _folder: folder,
        }
    }

    /// Kills the server at so many points, as long as there is time.
    pub(super) async fn crash(&mut self, points: usize, deadline: Instant, until_found_out: bool) {
        for _ in 0..points * LIVES_A_POINT {
            if self.findings.hit >= points || Instant::now() >= deadline {
                break;
            }
            if until_found_out && self.is_found_out().await {
                break;
            }
            if self.away().len() < AWAY_AT_LEAST {
                self.let_in().await;
            }
            self.provider.disturb(&mut self.chance).await;
            self.live_dangerously().await;
        }
    }

    /// Lets the server be until nothing is on its way, and judges everything.
    pub(super) async fn conclude(mut self) -> Findings {
        self.provider.calm().await;
        self.let_in().await;
        let (life, askers) = self.live().await;
        self.recall_in_peace(&askers).await;
        let deadline = Instant::now() + SETTLED_WITHIN;
        let asked = Instant::now();
        while self.program.texts_waiting().await != Some(0) || asked.elapsed() <= FIGURES_KEPT_FOR {
            if Instant::now() > deadline {
                self.findings.wrong.push("texts wait for ever".to_owned());
                break;
            }
            sleep(Duration::from_millis(100)).await;
        }
        self.provider.until_told().await;
        until_asked(&askers.staff).await;
        self.follow(&askers).await;
        let lines = self.provider.lines().await;
        self.judge_all(&askers, &lines).await;
        self.judge_log(&lines);
        drop(life);
        self.findings
    }

    /// Whether a phone has got a recall twice, one of them from a server that died while it handed it over.
    async fn is_found_out(&self) -> bool {
        let lines = self.provider.lines().await;
        lines.values().any(|line| {
            line.taken(Purpose::Recall) > 1
                && line.cut_off(Purpose::Recall).any(|is_taken| is_taken)
        })
    }

    /// A life with a point in it.
    async fn live_dangerously(&mut self) {
        let point = self.reaches.draw(&mut self.chance);
        let mut life = self.program.begin(Some(&point));
        let mut moment = "starting";
        if life.is_ready().await {
            let askers = self.askers();
            for _ in 0..ROUNDS {
                moment = "staff and callers ask";
                self.round(&askers).await;
                if life.is_over() {
                    break;
                }
                moment = "texts are handed over and news come";
                life.until_settled(SETTLES_WITHIN).await;
                if life.is_over() {
                    break;
                }
            }
        }
        let is_hit = life.is_over();
        self.reaches.learn(&point, is_hit);
        if is_hit {
            let place = life.killed_at().await;
            self.findings.hit(point.call, place, moment);
        } else {
            self.findings.not_hit += 1;
        }
    }

    /// Some deeds at once.
    async fn round(&mut self, askers: &Askers) {
        let mut deeds = Vec::new();
        for _ in 0..2 + self.chance.below(4) {
            let (deed, wanted) = match self.chance.below(20) {
                0 => (Deed::Arrive, None),
                1 | 2 => (Deed::AskForCode, Some(Standing::Unverified)),
                3 => (Deed::RecallAndReturn, Some(Standing::Away)),
                4 | 5 => (Deed::RecallAndCancel, Some(Standing::Away)),
                6 | 7 => (Deed::Recall(2), Some(Standing::Away)),
                8 => (Deed::Recall(3), Some(Standing::Away)),
                _ => (Deed::Recall(1), Some(Standing::Away)),
            };
            let place = match wanted {
                None => Some(self.add_stay()),
                Some(wanted) => self.stays.iter().position(|stay| stay.standing == wanted),
            };
            let Some(place) = place else { continue };
            self.codes += usize::from(deed == Deed::AskForCode);
            self.stays[place].begin(deed);
            deeds.push((place, deed, self.stays[place].count()));
        }
        let done = join_all(deeds.iter().map(|&(place, deed, counter)| {
            let stay = &self.stays[place];
            let who = (stay.number.as_str(), stay.caller.as_ref());
            act(&askers.staff, &askers.anonymous, deed, who, counter)
        }))
        .await;
        for ((place, ..), done) in deeds.into_iter().zip(done) {
            self.stays[place].end(done);
        }
    }

    /// A life in which nothing happens but that callers come in, until enough are away, and that whoever
    /// follows the waiting area catches up. Those whose arrival was not answered arrive again.
    async fn let_in(&mut self) {
        let (life, askers) = self.live().await;
        let missing = AWAY_AFTERWARDS.saturating_sub(self.away().len());
        let count = |standing| {
            self.stays
                .iter()
                .filter(|stay| stay.standing == standing)
                .count()
        };
        for _ in count(Standing::AtTheDoor)..missing {
            let place = self.add_stay();
            if self.chance.below(REFUSED_EVERY.into()) == 0 {
                self.stays[place].note(Fact::NumberRefused);
                self.provider.refuse(&self.stays[place].number).await;
            }
        }
        let codes = self.provider.codes().await;
        let mut placed: Vec<(usize, &mut Stay)> = self
            .stays
            .iter_mut()
            .enumerate()
            .filter(|(_, stay)| matches!(stay.standing, Standing::AtTheDoor | Standing::AwaitsCode))
            .collect();
        for some in placed.chunks_mut(AT_ONCE) {
            join_all(some.iter_mut().map(|(place, stay)| {
                let code = codes.get(&stay.number).map(String::as_str);
                let stays_unverified = *place % UNVERIFIED_EVERY as usize == 0;
                settle_in(&askers, stay, code, stays_unverified)
            }))
            .await;
        }
        self.follow(&askers).await;
        drop(life);
        self.findings.not_hit += 1;
    }

    /// A server that nobody kills, for as long as the life is held.
    async fn live(&self) -> (Life, Askers) {
        let mut life = self.program.begin(None);
        assert!(life.is_ready().await, "nobody has killed it");
        (life, self.askers())
    }

    fn askers(&self) -> Askers {
        // Others who ask for codes are elsewhere.
        let third = u8::try_from(self.number % 200).expect("below 200");
        let fourth = u8::try_from(1 + self.codes / CODES_AN_ADDRESS % 250).expect("below 251");
        let address = Ipv4Addr::new(127, 0, 1 + third, fourth);
        let anonymous = Asker::new(self.program.origin(), None).keeping_a_connection_from(address);
        Askers {
            staff: Staff {
                asker: anonymous.with_token(&self.key),
                clinic: self.clinic.clone(),
            },
            anonymous,
        }
    }

    fn away(&self) -> Vec<usize> {
        let away = self.stays.iter().enumerate();
        away.filter(|(_, stay)| stay.standing == Standing::Away)
            .map(|(place, _)| place)
            .collect()
    }

    /// Somebody at the door, with a number that nobody else has.
    fn add_stay(&mut self) -> usize {
        let number = format!("+61491{:02}{:04}", 10 + self.number, self.stays.len());
        assert_eq!(
            number.len(),
            "+61491570006".len(),
            "too many callers for one world"
        );
        self.stays.push(Stay::new(number));
        self.stays.len() - 1
    }

    /// Recalls while nothing is in the way: all of them arrive.
    async fn recall_in_peace(&mut self, askers: &Askers) {
        let mut recalled = Vec::new();
        for place in self.away() {
            if recalled.len() < RECALLS_IN_PEACE && !self.stays[place].is(Fact::NumberRefused) {
                self.stays[place].begin(Deed::Recall(1));
                recalled.push(place);
            }
        }
        let deadline = Instant::now() + ARRIVES_WITHIN;
        for place in recalled {
            let stay = &self.stays[place];
            let who = (stay.number.as_str(), stay.caller.as_ref());
            let done = act(&askers.staff, &askers.anonymous, Deed::Recall(1), who, 0).await;
            self.stays[place].end(done);
            let id = self.stays[place].id().unwrap_or_default().to_owned();
            loop {
                let caller = seen(&askers.staff, &id).await;
                if caller["recall"]["sms"]["state"] == "DELIVERED" {
                    break;
                }
                if Instant::now() > deadline {
                    let sentence = format!("a recall does not arrive in peace: {caller}");
                    self.findings.lost.push(sentence);
                    break;
                }
                sleep(Duration::from_millis(20)).await;
            }
        }
    }

    /// Takes in what has happened since the last time, as somebody does who follows the waiting area and
    /// comes back after each crash: once, in order and without a gap.
    async fn follow(&mut self, askers: &Askers) {
        let now = version(&askers.staff).await;
        let known = self.replica.version();
        if known >= now {
            assert_eq!(known, now, "the waiting area has gone back");
            return;
        }
        let mut follower = askers.staff.follow((known > 0).then_some(known)).await;
        for change in follower.until_version(now).await {
            self.replica.take(&change);
        }
    }

    async fn judge_all(&mut self, askers: &Askers, lines: &BTreeMap<String, Line>) {
        let none = Line::default();
        let is_far = self.provider.is_far();
        for some in self.stays.chunks(AT_ONCE) {
            let ids = some
                .iter()
                .map(|stay| seen(&askers.staff, stay.id().unwrap_or_default()));
            for (stay, caller) in some.iter().zip(join_all(ids).await) {
                let line = lines.get(&stay.number).unwrap_or(&none);
                judge(stay, &caller, line, is_far, &mut self.findings);
            }
        }
        self.judge_unheard();
        self.findings.wrong.extend(self.provider.violations().await);
        self.judge_board(askers).await;
    }

    /// A server that dies between claiming a text and handing it over leaves no trace of the latter. Such
    /// texts are rightly given up, but no more of them than deaths explain.
    fn judge_unheard(&mut self) {
        let figure = |figure| self.findings.figure(figure);
        let recalls = figure(Figure::RecallsWithoutARequestInDoubt);
        let kinds = [
            (
                "codes",
                figure(Figure::CodesPromised),
                figure(Figure::CodesWithoutARequest),
            ),
            (
                "cancellations",
                figure(Figure::CancellationsToBeToldOf),
                figure(Figure::CancellationsWithoutARequestInDoubt),
            ),
        ];
        let all = recalls + kinds.iter().map(|(.., unheard)| unheard).sum::<usize>();
        let mut too_many = Vec::new();
        if all > UNHEARD_AT_ONCE + self.findings.hit / UNHEARD_EVERY {
            too_many.push(format!("{all} texts given up of which Twilio never heard"));
        }
        for (kind, asked, unheard) in kinds {
            if unheard > UNHEARD_FEW + asked / UNHEARD_OF_A_KIND {
                too_many.push(format!(
                    "of {asked} {kind}, Twilio never heard of {unheard}"
                ));
            }
        }
        self.findings.lost.extend(too_many);
    }

    /// What was logged over all lives: no number, name, code, link or token, and no panic.
    fn judge_log(&mut self, lines: &BTreeMap<String, Line>) {
        let codes: BTreeSet<&str> = lines.values().flat_map(Line::codes).collect();
        let callers = self.stays.iter().filter_map(|stay| stay.caller.as_ref());
        let names: Vec<String> = self
            .stays
            .iter()
            .map(|stay| name_of(&stay.number))
            .collect();
        let log = self.program.logged();
        let mut words = BTreeSet::new();
        for line in log.lines() {
            // The time comes first: six digits of it may be anybody's code.
            let told = line.split_once(' ').map_or(line, |(_, told)| told);
            words.extend(told.split(|sign: char| !sign.is_ascii_alphanumeric()));
            if told.contains("+6149") || told.contains("panicked") {
                self.findings.wrong.push(format!("logged: {line}"));
            }
        }
        let mut phrases = lines
            .values()
            .flat_map(Line::tokens)
            .chain(callers.map(|caller| caller.token.as_str()))
            .chain(names.iter().map(String::as_str))
            .chain([self.key.as_str(), "/w#"]);
        if !codes.is_disjoint(&words) || phrases.any(|phrase| log.contains(phrase)) {
            let sentence = "a name, a code, a link or a token is logged";
            self.findings.wrong.push(sentence.to_owned());
        }
    }

    /// The waiting area at a version as far as which it was followed: leases end while others look.
    async fn board_as_followed(&mut self, askers: &Askers) -> Vec<Value> {
        let deadline = Instant::now() + SETTLED_WITHIN;
        loop {
            self.follow(askers).await;
            let board = board(&askers.staff).await;
            if version(&askers.staff).await == self.replica.version() {
                return board;
            }
            assert!(Instant::now() < deadline, "the waiting area never rests");
        }
    }

    /// The waiting area holds whoever came in, once, in order; and so it is with whoever followed it.
    async fn judge_board(&mut self, askers: &Askers) {
        let board = self.board_as_followed(askers).await;
        let known: BTreeSet<&str> = self.stays.iter().filter_map(Stay::id).collect();
        let numbers: Vec<Option<i64>> = board
            .iter()
            .map(|caller| caller["arrivalNumber"].as_i64())
            .collect();
        if !numbers.is_sorted_by(|one, next| one < next) {
            self.findings
                .wrong
                .push(format!("not in order of arrival: {numbers:?}"));
        }
        for caller in &board {
            if !known.contains(caller["id"].as_str().unwrap_or_default()) {
                let sentence = format!("somebody who arrived once is there twice: {caller}");
                self.findings.wrong.push(sentence);
            }
        }
        let short = |callers: &[Value]| -> Vec<(String, String, i64)> {
            let callers = callers.iter().map(|caller| {
                let id = caller["id"].as_str().unwrap_or_default().to_owned();
                let version = caller["version"].as_i64().unwrap_or_default();
                (id, status(caller).to_owned(), version)
            });
            callers.collect()
        };
        if short(&self.replica.callers()) != short(&board) {
            let sentence = "whoever followed the waiting area has another one";
            self.findings.wrong.push(sentence.to_owned());
        }
    }
}

/// Comes in, unless that is so already, has the number verified and looks away.
async fn settle_in(askers: &Askers, stay: &mut Stay, code: Option<&str>, stays_unverified: bool) {
    if stay.caller.is_none() {
        let caller = arrive(&askers.anonymous, &stay.number).await;
        stay.caller = Some(caller.expect("nobody kills the server"));
        stay.standing = Standing::Unverified;
        if stays_unverified && !stay.is(Fact::NumberRefused) {
            return;
        }
    }
    let Some(In { id, token, .. }) = stay.caller.clone() else {
        return;
    };
    let own = askers.anonymous.with_token(&token);
    if let Some(code) = code {
        let verified = own
            .try_mutate("verifyPhone", json!({ "code": code }), "")
            .await;
        if is_accepted(verified.as_ref()) {
            stay.note(Fact::Verified);
        }
    }
    if !stay.is(Fact::Verified) && stay.is(Fact::CodePromised) && code.is_none() {
        // Waits for it: a code that staff make needless is rightly withdrawn, and would say nothing.
        return;
    }
    if !stay.is(Fact::Verified) {
        let staff = &askers.staff.asker;
        let input = json!({ "callerId": id, "phone": stay.number });
        let verified = staff.try_mutate("verifyCallerPhone", input, "").await;
        if is_accepted(verified.as_ref()) {
            stay.note(Fact::Verified);
        }
    }
    let is_away = report(&own, stay.count(), "BACKGROUND").await;
    if !is_away {
        stay.note(Fact::Looked);
    }
    // One who asked for a code and was not seen for too long has left.
    stay.standing = if stay.is(Fact::Verified) && is_away {
        Standing::Away
    } else {
        Standing::Done
    };
}

/// Waits until the provider has been asked about every recall that it took and whose news was lost, which a
/// server does as it starts. One that is not asked about is judged.
async fn until_asked(staff: &Staff) {
    let deadline = Instant::now() + ASKED_WITHIN;
    let is_silent = |caller: &Value| caller["recall"]["sms"]["state"] == "SENT";
    while board(staff).await.iter().any(is_silent) && Instant::now() < deadline {
        sleep(Duration::from_millis(100)).await;
    }
}

/// What staff see of a caller.
async fn seen(staff: &Staff, id: &str) -> Value {
    let query = format!("query ($id: ID!) {{ node(id: $id) {{ ...on Caller {{ {SEEN} }} }} }}");
    let mut data = staff.asker.data(&query, json!({ "id": id })).await;
    data["node"].take()
}

/// The version of the waiting area.
async fn version(staff: &Staff) -> i64 {
    let query = "query ($id: ID!) { node(id: $id) { ...on Clinic { waitingArea { version } } } }";
    let data = staff.asker.data(query, json!({ "id": staff.clinic })).await;
    let version = data["node"]["waitingArea"]["version"].as_i64();
    version.expect("a version")
}

/// Everyone whose stay has not ended, page by page.
async fn board(staff: &Staff) -> Vec<Value> {
    let query = format!(
        "query ($id: ID!, $after: String) {{ node(id: $id) {{ ...on Clinic {{ waitingArea {{ \
         callers(first: {PAGE}, after: $after, statuses: [WAITING, OFFLINE, BEING_SEEN, ON_HOLD]) {{ \
         nodes {{ {SEEN} }} pageInfo {{ hasNextPage endCursor }} }} }} }} }} }}"
    );
    let (mut all, mut after) = (Vec::new(), Value::Null);
    loop {
        let variables = json!({ "id": staff.clinic, "after": after });
        let mut data = staff.asker.data(&query, variables).await;
        let page = &mut data["node"]["waitingArea"]["callers"];
        if let Value::Array(callers) = page["nodes"].take() {
            all.extend(callers);
        }
        after = page["pageInfo"]["endCursor"].take();
        if page["pageInfo"]["hasNextPage"] != true {
            return all;
        }
    }
}

/// An API key that may do everything in the demo clinic.
fn add_key(data: &Path) -> String {
    let arguments = [
        "key",
        "add",
        "--clinic",
        "demo",
        "--role",
        "CLINIC_ADMIN",
        "--name",
        "Test",
        "--data",
    ];
    let output = program(arguments.map(OsStr::new)).arg(data).output();
    let output = output.expect("the program runs");
    let said = String::from_utf8_lossy(&output.stdout);
    said.split_whitespace()
        .next_back()
        .expect("a key is printed last")
        .to_owned()
}
