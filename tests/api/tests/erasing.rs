//! Who somebody was is in no file and in no log once it is erased: looked for byte by byte, while the
//! server runs, after it was stopped, and after it was killed.

#![allow(
    clippy::expect_used,
    clippy::panic,
    reason = "what a test expects and does not find is the test's failure, in its helpers too"
)]

use std::path::Path;
use std::time::Duration;

use serde_json::{Value, json};
use standby_tests::{Caller, Role, Server, Staff, until_within};

/// How long erasing may take where nothing is to be kept: a look every few seconds, and a text that has to
/// go out first.
const AT_ONCE: Duration = Duration::from_secs(30);
/// How long until it is gone from the files too, and until the server notices what a command has erased
/// beside it: once a minute.
const SOON: Duration = Duration::from_secs(100);

/// What somebody told, each in all the ways in which it could stand somewhere.
struct Told {
    number: u32,
    canaries: Vec<String>,
}

impl Told {
    /// Different numbers are different people.
    fn by(number: u32) -> Self {
        let digits = standby_tests::mobile_number(number).replace("+61", "");
        let (operator, rest) = digits.split_at(3);
        let (middle, last) = rest.split_at(3);
        let mut canaries = vec![
            digits.clone(),
            format!("{operator} {middle} {last}"),
            format!("{operator}-{middle}-{last}"),
        ];
        for word in ["nightingale", "birthday", "reason"] {
            canaries.push(format!("canary {word} {number}"));
            canaries.push(format!("canary%20{word}%20{number}"));
            canaries.push(format!("canary+{word}+{number}"));
        }
        Self { number, canaries }
    }

    async fn arrive(&self, server: &Server) -> Caller {
        let mut input = Caller::arrival("demo", self.number);
        input["name"] = json!(format!("Canary Nightingale {}", self.number));
        let birthday = format!("canary birthday {}", self.number);
        input["answers"] = json!([{ "key": "dob", "value": birthday }]);
        let anonymous = server.anonymous();
        let entered = anonymous
            .accepted("enterWaitingArea", input, "token caller { id }")
            .await;
        Caller::entered(&anonymous, &entered, self.number)
    }

    fn reason(&self) -> String {
        format!("canary reason {}", self.number)
    }

    /// Also looks for what this phone was sent: codes and words.
    async fn add_texts(&mut self, server: &Server, caller: &Caller) {
        for message in server.phone(&caller.number).messages().await {
            let code = message.code().map(|code| format!("#{code}"));
            self.canaries.extend(code);
            let token = message.caller_token().map(str::to_owned);
            self.canaries
                .extend(token.map(|token| token.to_lowercase()));
        }
    }

    /// Where any of it stands: the names of files.
    fn files(&self, data: &Path) -> Vec<String> {
        let files = std::fs::read_dir(data).expect("the server's data");
        let paths = files.map(|file| file.expect("a file").path());
        let holds = |path: &std::path::PathBuf| {
            // One that was there a moment ago, and is gone, holds nothing.
            let content = std::fs::read(path).unwrap_or_default();
            self.is_in(&content)
        };
        paths
            .filter(holds)
            .map(|path| path.display().to_string())
            .collect()
    }

    fn is_in(&self, content: &[u8]) -> bool {
        let content = content.to_ascii_lowercase();
        let is_there = |canary: &String| {
            content
                .windows(canary.len())
                .any(|bytes| bytes == canary.as_bytes())
        };
        self.canaries.iter().any(is_there)
    }

    async fn until_in_no_file(&self, server: &Server, patience: Duration) {
        until_within(patience, "it is in no file", async || {
            self.files(server.data()).is_empty().then_some(())
        })
        .await;
    }
}

async fn set(staff: &Staff, change: Value) {
    let mut input = change;
    input["clinicId"] = json!(staff.clinic);
    let selection = "settings { eraseAfterSeconds }";
    staff
        .asker
        .accepted("updateClinicSettings", input, selection)
        .await;
}

/// A server whose clinic asks for something, tells those it cancels, and keeps nobody.
async fn start() -> (Server, Staff) {
    let server = Server::start_with(&[("STANDBY_LOG", "trace")]).await;
    let staff = server.staff(Role::ClinicAdmin).await;
    let fields = json!([{ "key": "dob", "label": "Date of birth", "isRequired": false }]);
    let change = json!({ "entryFields": fields, "textOnCancel": true, "eraseAfterSeconds": 0 });
    set(&staff, change).await;
    (server, staff)
}

async fn erased_at(staff: &Staff, id: &str) -> Value {
    let query = "query ($id: ID!) { node(id: $id) { ...on Caller { erasedAt } } }";
    let mut data = staff.asker.data(query, json!({ "id": id })).await;
    data["node"]["erasedAt"].take()
}

async fn until_erased(staff: &Staff, id: &str) {
    until_within(AT_ONCE, "the caller is erased", async || {
        (!erased_at(staff, id).await.is_null()).then_some(())
    })
    .await;
}

/// Everything that can happen to somebody, up to a cancel.
async fn live_through(server: &Server, staff: &Staff, told: &mut Told) -> Caller {
    let caller = told.arrive(server).await;
    caller.verify(server).await;
    caller.look_away().await;
    staff.attended("recallCaller", &caller.id).await;
    staff.until_recall_delivered(&caller.id).await;
    told.add_texts(server, &caller).await;
    let input = json!({ "callerId": caller.id, "reason": told.reason() });
    let payload = staff
        .asker
        .mutate("cancelCaller", input, "caller { status }")
        .await;
    assert_eq!(payload["caller"]["status"], "CANCELLED", "{payload}");
    caller
}

/// A server where somebody waits all the while.
struct Place {
    server: Server,
    staff: Staff,
    waiting: Told,
    waits: Caller,
}

impl Place {
    async fn new() -> Self {
        let (server, staff) = start().await;
        let waiting = Told::by(1111);
        let waits = waiting.arrive(&server).await;
        Self {
            server,
            staff,
            waiting,
            waits,
        }
    }

    /// Only who waits is still known, and what happened to who is erased is told without who it was.
    async fn only_who_waits_is_known(&self, caller: &Caller, erased: &[&Told]) {
        for told in erased {
            assert_eq!(told.files(self.server.data()), [""; 0]);
        }
        assert_eq!(
            self.staff.caller(&self.waits.id).await["name"],
            "Canary Nightingale 1111"
        );
        assert!(!self.waiting.files(self.server.data()).is_empty());
        let story = self.staff.activity(&caller.id).await;
        assert!(story.len() > 5, "{story:?}");
        let log = self.server.logged();
        assert!(log.contains("serving"), "there is no log to look into");
        for told in erased.iter().copied().chain([&self.waiting]) {
            assert!(!told.is_in(json!(story).to_string().as_bytes()));
            assert!(!told.is_in(log.as_bytes()), "{} is in the log", told.number);
        }
    }
}

#[tokio::test]
async fn who_it_was_is_in_no_file_and_in_no_log_whatever_becomes_of_the_server() {
    // At the same time: each waits for what a server does once a minute.
    tokio::join!(
        erased_before_a_stop_and_before_a_kill(),
        killed_before_it_is_erased()
    );
}

async fn erased_before_a_stop_and_before_a_kill() {
    let mut place = Place::new().await;

    // While it runs.
    let mut first = Told::by(7777);
    let caller = live_through(&place.server, &place.staff, &mut first).await;
    assert!(
        first.canaries.len() > 13,
        "codes and links are looked for too"
    );
    until_erased(&place.staff, &caller.id).await;
    first.until_in_no_file(&place.server, SOON).await;

    // After a stop, and a start.
    assert!(place.server.stop().await);
    assert_eq!(first.files(place.server.data()), [""; 0]);
    place.server.start_again().await;
    assert_eq!(first.files(place.server.data()), [""; 0]);

    // Killed the moment it is erased in the rows: the bytes may still stand somewhere.
    let mut second = Told::by(7778);
    let caller = live_through(&place.server, &place.staff, &mut second).await;
    until_erased(&place.staff, &caller.id).await;
    place.server.kill();
    place.server.start_again().await;
    second.until_in_no_file(&place.server, AT_ONCE).await;
    place
        .only_who_waits_is_known(&caller, &[&first, &second])
        .await;
}

/// At a clinic that keeps people for a while, and then no longer.
async fn killed_before_it_is_erased() {
    let mut place = Place::new().await;
    set(&place.staff, json!({ "eraseAfterSeconds": 900 })).await;
    let mut told = Told::by(7779);
    let caller = live_through(&place.server, &place.staff, &mut told).await;
    assert!(
        !told.files(place.server.data()).is_empty(),
        "or the search finds nothing anyway"
    );
    place.server.kill();
    place.server.start_again().await;
    assert!(erased_at(&place.staff, &caller.id).await.is_null());
    set(&place.staff, json!({ "eraseAfterSeconds": 0 })).await;
    until_erased(&place.staff, &caller.id).await;
    told.until_in_no_file(&place.server, SOON).await;
    place.only_who_waits_is_known(&caller, &[&told]).await;
}

fn parsed(printed: &str) -> Value {
    serde_json::from_str(printed).expect("JSON")
}

#[tokio::test]
async fn all_that_is_kept_of_one_person_is_printed_and_erased_by_the_command() {
    let (mut server, staff) = start().await;
    set(&staff, json!({ "eraseAfterSeconds": 86400 })).await;
    let other = Told::by(1111);
    let waits = other.arrive(&server).await;
    let mut told = Told::by(7777);
    let caller = live_through(&server, &staff, &mut told).await;
    server.until_texts_are_settled(AT_ONCE).await;

    let by_id = parsed(&server.command(&["export", "--caller", &caller.id]));
    let spaced = "+61 491 577 777";
    let by_number = parsed(&server.command(&["export", "--phone", spaced]));
    let at_home = ["export", "--phone", "0491 577 777", "--clinic", "demo"];
    let at_home = parsed(&server.command(&at_home));
    for printed in [&by_id, &by_number, &at_home] {
        let stays = printed["stays"].as_array().expect("stays");
        assert_eq!(stays.len(), 1);
        let stay = &stays[0];
        assert_eq!(stay["id"], caller.id.as_str());
        assert_eq!(stay["name"], "Canary Nightingale 7777");
        assert_eq!(stay["answers"][0]["answer"], "canary birthday 7777");
        assert_eq!(stay["phone"]["number"], caller.number.as_str());
        assert_eq!(stay["end"]["reason"], "canary reason 7777");
        assert_eq!(
            stay["texts"].as_array().map(Vec::len),
            Some(3),
            "code, recall, cancelled"
        );
        assert!(
            stay["events"]
                .as_array()
                .is_some_and(|events| events.len() > 5)
        );
        assert!(
            !other.is_in(printed.to_string().as_bytes()),
            "of somebody else"
        );
        assert!(!printed.to_string().to_lowercase().contains("hash"));
    }
    let counted = by_number["number"]["counted"]
        .as_array()
        .expect("what was counted");
    assert!(
        counted
            .iter()
            .any(|counted| counted["limit"] == "CODE_TO_NUMBER")
    );

    // Whoever waits is not erased, and nobody is without a yes.
    let refused = server.try_command(&["erase", "--caller", &waits.id, "--yes"]);
    assert!(
        !refused.is_success() && refused.complained.contains("has not ended"),
        "{refused:?}"
    );
    assert_eq!(
        staff.caller(&waits.id).await["name"],
        "Canary Nightingale 1111"
    );
    let unsure = server.try_command(&["erase", "--caller", &caller.id]);
    assert!(
        !unsure.is_success() && unsure.complained.contains("nothing was erased"),
        "{unsure:?}"
    );
    assert!(erased_at(&staff, &caller.id).await.is_null());
    for nobody in [
        &[
            "erase",
            "--caller",
            "caller_00000000000000000000000000",
            "--yes",
        ][..],
        &["erase", "--yes"],
        &["erase", "--phone", "0491 577 777", "--yes"],
        &["export"],
        &["export", "--caller", &caller.id, "--phone", spaced],
    ] {
        assert!(!server.try_command(nobody).is_success(), "{nobody:?}");
    }

    // While the server runs.
    let said = server.command(&["erase", "--phone", spaced, "--yes"]);
    assert!(said.contains("Erased 1 stay."), "{said}");
    assert!(
        !told.is_in(said.as_bytes()),
        "names and numbers are not printed"
    );
    until_erased(&staff, &caller.id).await;
    told.until_in_no_file(&server, SOON).await;
    let nothing = parsed(&server.command(&["export", "--phone", spaced]));
    assert_eq!(nothing["stays"], json!([]));
    let left = parsed(&server.command(&["export", "--caller", &caller.id]));
    assert!(!told.is_in(left.to_string().as_bytes()), "{left}");
    assert!(left["stays"][0]["erasedAt"].is_string());

    // And while none does.
    let mut last = Told::by(7778);
    let caller = live_through(&server, &staff, &mut last).await;
    server.until_texts_are_settled(AT_ONCE).await;
    assert!(server.stop().await);
    assert!(!last.files(server.data()).is_empty());
    let said = server.command(&["erase", "--caller", &caller.id, "--yes"]);
    assert!(said.contains("Erased 1 stay."), "{said}");
    assert_eq!(last.files(server.data()), [""; 0]);
    server.start_again().await;
}
