//! The `standby` command, and the server as an administrator meets it.

#![allow(
    clippy::expect_used,
    clippy::panic,
    reason = "what a test expects and does not find is the test's failure, in its helpers too"
)]

use std::time::{Duration, Instant};

use serde_json::json;
use standby_tests::{
    Caller, Role, Server, ServerMessage, Staff, mobile_number, run_to_the_end, run_unread, until,
};

#[tokio::test]
async fn a_key_that_is_made_while_the_server_runs_works_at_once() {
    let server = Server::start().await;
    let caller = Caller::arrive(&server, 1).await;
    for (role, named) in [
        (Role::Reporter, "REPORTER"),
        (Role::TeamMember, "TEAM_MEMBER"),
        (Role::ClinicAdmin, "CLINIC_ADMIN"),
    ] {
        let key = server.add_key("demo", role);
        let query = "{ viewer { ...on ApiClient { name role clinic { slug } } } }";
        let data = server.bearer(&key).data(query, json!({})).await;
        let expected = json!({ "name": "Test", "role": named, "clinic": { "slug": "demo" } });
        assert_eq!(data["viewer"], expected);
        let staff = Staff::new(server.bearer(&key)).await;
        assert_eq!(staff.caller(&caller.id).await["status"], "WAITING");
    }
}

#[tokio::test]
async fn a_clinic_and_its_team_are_made_while_the_server_runs() {
    let server = Server::start().await;
    let said = server.add_clinic("north");
    assert!(
        said.trim_end().ends_with("/c/north"),
        "the clinic link comes last: {said}"
    );
    let listed = server.command(&["clinic", "list"]);
    assert!(
        listed.contains("demo") && listed.contains("north"),
        "{listed}"
    );
    let add = [
        "team",
        "add",
        "--clinic",
        "north",
        "--name",
        "Kim",
        "--role",
        "TEAM_MEMBER",
    ];
    let again = ["team", "link", "--clinic", "north", "--name", "Kim"];
    for arguments in [&add[..], &again[..]] {
        let said = server.command(arguments);
        let (_, token) = said
            .trim_end()
            .rsplit_once('#')
            .expect("a sign-in link comes last");
        let selection = "viewer { name role clinic { slug } }";
        let signed_in = server
            .anonymous()
            .accepted("signIn", json!({ "token": token }), selection)
            .await;
        let kim = json!({ "name": "Kim", "role": "TEAM_MEMBER", "clinic": { "slug": "north" } });
        assert_eq!(signed_in["viewer"], kim);
    }
    let twice = server.try_command(&add);
    assert!(
        !twice.is_success() && twice.complained.contains("already"),
        "{twice:?}"
    );
}

#[tokio::test]
async fn keys_are_listed_with_their_end_and_last_use_and_revoked_by_name_or_id() {
    let server = Server::start().await;
    let add = |name: &str, more: &[&str]| {
        let arguments = [
            "key", "add", "--clinic", "demo", "--role", "REPORTER", "--name", name,
        ];
        server.command(&[&arguments, more].concat())
    };
    let list = || server.command(&["key", "list", "--clinic", "demo"]);
    let said = add("Year", &[]);
    assert!(said.contains("works until 20"), "{said}");
    let year = said
        .split_whitespace()
        .next_back()
        .expect("a key")
        .to_owned();
    let said = add("Screen", &["--expires", "never"]);
    assert!(said.contains("does not expire"), "{said}");
    add("Quarter", &["--expires", "90d"]);
    add("Screen", &["--expires", "12h"]);
    server
        .bearer(&year)
        .data("{ viewer { __typename } }", json!({}))
        .await;
    let used = until("the last use is written", async || {
        list()
            .lines()
            .find(|line| line.contains("last used 20"))
            .map(str::to_owned)
    })
    .await;
    assert!(used.contains("\tREPORTER\tYear\tworks until 20"), "{used}");
    let names = list();
    let names: Vec<&str> = names
        .lines()
        .filter_map(|line| line.split('\t').nth(2))
        .collect();
    assert_eq!(
        names,
        ["Screen", "Quarter", "Screen", "Year"],
        "the latest first"
    );

    let revoke =
        |name: &str| server.try_command(&["key", "revoke", "--clinic", "demo", "--name", name]);
    let several = revoke("Screen");
    assert!(
        !several.is_success() && several.complained.contains("several"),
        "{several:?}"
    );
    let listed = list();
    let lasting = listed.lines().find(|line| line.contains("does not expire"));
    let id = lasting
        .and_then(|line| line.split('\t').next())
        .expect("an id");
    for name in [id, "Screen", "Year", id] {
        assert!(revoke(name).is_success(), "{name}");
    }
    let listed = list();
    assert_eq!(listed.matches("\trevoked 20").count(), 3, "{listed}");
    assert!(!listed.contains(&year), "no key is shown again");
    let data = server
        .bearer(&year)
        .data("{ viewer { __typename } }", json!({}))
        .await;
    assert_eq!(data["viewer"]["__typename"], "Anonymous");
}

#[tokio::test]
async fn a_command_makes_no_new_place_but_to_begin_with() {
    let folder = tempfile::tempdir().expect("a folder");
    let place = folder.path().join("elsewhere");
    let data = place.to_str().expect("a path in UTF-8");
    let slug = ["--clinic", "demo"];
    let named = ["--name", "A"];
    let role = ["--role", "REPORTER"];
    for command in [
        [&["clinic", "list"][..]].concat(),
        [&["team", "list"][..], &slug].concat(),
        [&["team", "add"][..], &slug, &named, &role].concat(),
        [&["team", "link"][..], &slug, &named].concat(),
        [&["team", "remove"][..], &slug, &named].concat(),
        [&["key", "add"][..], &slug, &named, &role].concat(),
        [&["key", "list"][..], &slug].concat(),
        [&["key", "revoke"][..], &slug, &named].concat(),
        [&["erase", "--yes", "--phone", "+61491570006"][..]].concat(),
        [&["export", "--phone", "+61491570006"][..]].concat(),
    ] {
        let ended = run_to_the_end(&[&command[..], &["--data", data]].concat(), &[]).await;
        assert!(!ended.is_success() && ended.said.is_empty(), "{ended:?}");
        for words in [data, "--data", "STANDBY_DATA"] {
            assert!(ended.complained.contains(words), "{command:?}: {ended:?}");
        }
        assert!(!place.exists(), "{command:?}");
    }
    // A directory that is named by where one stands is said in full.
    let ended = run_to_the_end(&["clinic", "list", "--data", "elsewhere"], &[]).await;
    assert!(
        ended.complained.contains("/elsewhere holds no Standby"),
        "{ended:?}"
    );
    let template = ["--room-url-template", "https://video.example/{room}"];
    let add = [
        &["clinic", "add", "--slug", "a", "--data", data][..],
        &named,
        &template,
    ]
    .concat();
    for begins in [
        &add[..],
        &["migrate", "--data", data],
        &["clinic", "list", "--data", data],
    ] {
        let ended = run_to_the_end(begins, &[]).await;
        assert!(ended.is_success(), "{ended:?}");
    }
}

#[tokio::test]
async fn without_the_key_of_the_server_nothing_is_made_or_handed_out_on_its_database() {
    let key = "0123456789abcdef".repeat(4);
    let server = Server::start_with(&[("STANDBY_SECRET_KEY", &key)]).await;
    let data = server.data().to_str().expect("a path in UTF-8");
    let add_key = [
        "key", "add", "--clinic", "demo", "--role", "REPORTER", "--name", "A",
    ];
    for command in [
        &add_key[..],
        &["team", "link", "--clinic", "demo", "--name", "Demo Admin"],
        &["migrate"],
        &["serve"],
    ] {
        let ended = run_to_the_end(&[command, &["--data", data]].concat(), &[]).await;
        assert!(!ended.is_success() && ended.said.is_empty(), "{ended:?}");
        for words in [data, "secret.key", "STANDBY_SECRET_KEY"] {
            assert!(ended.complained.contains(words), "{command:?}: {ended:?}");
        }
        assert!(!server.data().join("secret.key").exists(), "{command:?}");
    }
    let added = server.add_key("demo", Role::Reporter);
    let data = server
        .bearer(&added)
        .data("{ viewer { __typename } }", json!({}))
        .await;
    assert_eq!(
        data["viewer"]["__typename"], "ApiClient",
        "with the same settings it works"
    );
}

#[tokio::test]
async fn a_command_whose_answer_nobody_reads_ends_quietly() {
    let server = Server::start().await;
    server.add_key("demo", Role::Reporter);
    let data = server.data().to_str().expect("a path in UTF-8");
    for command in [
        "clinic list",
        "key list --clinic demo",
        "team list --clinic demo",
        "key add --clinic demo --role REPORTER --name Unread",
        "export --phone +61491570006",
    ] {
        let arguments: Vec<&str> = command.split(' ').chain(["--data", data]).collect();
        assert_eq!(run_unread(&arguments).complained, "", "{command}");
    }
    assert_eq!(run_unread(&["schema"]).complained, "");
    let listed = server.command(&["key", "list", "--clinic", "demo"]);
    assert!(listed.contains("Unread"), "it was made: {listed}");
}

#[tokio::test]
async fn what_is_missing_of_the_apps_is_said_at_the_start() {
    let server = Server::start_with(&[("STANDBY_WEB", "/nowhere")]).await;
    let words = "no mobile/index.html and no console/index.html in /nowhere";
    until("it is logged", async || {
        let logged = server.logged();
        let line = logged.lines().find(|line| line.contains(words))?;
        line.contains("WARN").then_some(())
    })
    .await;
}

#[tokio::test]
async fn fewer_connections_than_usual_are_a_line_and_no_warning_where_nobody_else_is_served() {
    let server = Server::start_with_open_files(256).await;
    let logged = server.logged();
    let line = logged.lines().find(|line| line.contains("LimitNOFILE="));
    let line = line.unwrap_or_else(|| panic!("{logged}"));
    assert!(
        line.contains("INFO") && line.contains("not 24000"),
        "{line}"
    );
}

#[tokio::test]
async fn a_team_is_listed_and_its_members_are_removed() {
    let server = Server::start().await;
    let add = [
        "team",
        "add",
        "--clinic",
        "demo",
        "--name",
        "Kim",
        "--role",
        "TEAM_MEMBER",
    ];
    let added = server.command(&add);
    let list = || server.command(&["team", "list", "--clinic", "demo"]);
    let listed = list();
    let kim = listed
        .lines()
        .find(|line| line.ends_with("\tTEAM_MEMBER\tKim"));
    assert!(
        kim.is_some_and(|line| line.starts_with("member_")),
        "{listed}"
    );
    server.command(&["team", "remove", "--clinic", "demo", "--name", "Kim"]);
    assert!(!list().contains("Kim"));
    let (_, token) = added.trim_end().rsplit_once('#').expect("a sign-in link");
    let refused = server
        .anonymous()
        .refused("signIn", json!({ "token": token }))
        .await;
    assert_eq!(refused, "NOT_FOUND token");
    // The name is free again.
    server.command(&add);
}

#[tokio::test]
async fn every_subcommand_has_help_that_teaches() {
    let mut unread: Vec<Vec<String>> = vec![Vec::new()];
    let mut read = 0;
    while let Some(command) = unread.pop() {
        let mut arguments: Vec<&str> = command.iter().map(String::as_str).collect();
        arguments.push("--help");
        let help = run_to_the_end(&arguments, &[]).await;
        assert!(help.is_success(), "{arguments:?}: {help:?}");
        let first = help.said.lines().next().unwrap_or_default();
        assert!(
            first.len() > 10 && !first.starts_with("Usage"),
            "{arguments:?} says what it does"
        );
        assert!(help.said.contains("Usage: standby"), "{arguments:?}");
        let listed = help.said.split("Commands:\n").nth(1).unwrap_or_default();
        for line in listed.lines().take_while(|line| !line.is_empty()) {
            let (name, about) = line.trim().split_once(' ').unwrap_or((line.trim(), ""));
            assert!(
                !about.trim().is_empty(),
                "{name} of {command:?} says what it does"
            );
            if name != "help" {
                unread.push([command.clone(), vec![name.to_owned()]].concat());
            }
        }
        read += 1;
    }
    assert_eq!(
        read, 18,
        "standby, its 8 commands and 9 more below clinic, team and key"
    );
    let version = run_to_the_end(&["--version"], &[]).await;
    assert!(
        version.is_success() && version.said.starts_with("standby "),
        "{version:?}"
    );
}

#[tokio::test]
#[expect(clippy::too_many_lines, reason = "a list: one thing after another")]
async fn what_cannot_be_done_is_said_plainly_and_fails() {
    let server = Server::start().await;
    for (arguments, words) in [
        (
            &[
                "key", "add", "--clinic", "nowhere", "--role", "REPORTER", "--name", "A",
            ][..],
            &["nowhere", "standby clinic list"][..],
        ),
        (
            &[
                "key", "add", "--clinic", "demo", "--role", "CHIEF", "--name", "A",
            ],
            &["CHIEF", "CLINIC_ADMIN", "TEAM_MEMBER", "REPORTER"],
        ),
        (
            &[
                "key", "add", "--clinic", "demo", "--role", "REPORTER", "--name", " ",
            ],
            &["name"],
        ),
        (&["key", "add", "--clinic", "demo"], &["--role", "--name"]),
        (
            &[
                "key",
                "add",
                "--clinic",
                "demo",
                "--role",
                "REPORTER",
                "--name",
                "A",
                "--expires",
                "soon",
            ],
            &["soon", "90d", "never"],
        ),
        (
            &[
                "key",
                "add",
                "--clinic",
                "demo",
                "--role",
                "REPORTER",
                "--name",
                "A",
                "--expires",
                "731d",
            ],
            &["2 years"],
        ),
        (
            &["key", "revoke", "--clinic", "demo", "--name", "Nothing"],
            &["no key"],
        ),
        (
            &["team", "remove", "--clinic", "demo", "--name", "Nobody"],
            &["no member"],
        ),
        (
            &["team", "remove", "--clinic", "demo", "--name", "Demo Admin"],
            &["last clinic admin"],
        ),
        (
            &["team", "link", "--clinic", "demo", "--name", "Nobody"],
            &["no member"],
        ),
        (
            &[
                "clinic",
                "add",
                "--slug",
                "demo",
                "--name",
                "A",
                "--room-url-template",
                "https://a/{room}",
            ],
            &["already"],
        ),
        (
            &[
                "clinic",
                "add",
                "--slug",
                "No Slug",
                "--name",
                "A",
                "--room-url-template",
                "https://a/{room}",
            ],
            &["slug"],
        ),
        (
            &[
                "clinic",
                "add",
                "--slug",
                "a",
                "--name",
                "A",
                "--room-url-template",
                "https://a/",
            ],
            &["{room}"],
        ),
        (
            &[
                "clinic",
                "add",
                "--slug",
                "a",
                "--name",
                "A",
                "--country",
                "ZZ",
                "--room-url-template",
                "https://a/{room}",
            ],
            &["country"],
        ),
        (&["fly"], &["fly", "--help"]),
    ] {
        let ended = server.try_command(arguments);
        assert!(!ended.is_success(), "{arguments:?}");
        assert_eq!(
            ended.said, "",
            "{arguments:?}: nothing that a program would take for an answer"
        );
        for word in words {
            let complained = &ended.complained;
            assert!(
                complained.contains(word),
                "{arguments:?} does not say {word}: {complained}"
            );
        }
        assert!(
            !ended.complained.contains("panicked"),
            "{}",
            ended.complained
        );
    }
}

#[tokio::test]
async fn without_real_texting_no_public_address_is_served() {
    let data = tempfile::tempdir().expect("a folder");
    let data = data.path().to_str().expect("a path in UTF-8");
    let serve = |listen| ["serve", "--listen", listen, "--data", data];
    for (listen, settings) in [
        ("0.0.0.0:18080", &[][..]),
        ("[::]:18080", &[]),
        (
            "127.0.0.1:18080",
            &[("PUBLIC_URL", "https://standby.example")],
        ),
        (
            "127.0.0.1:18080",
            &[("PUBLIC_URL", "http://192.0.2.1:18080")],
        ),
    ] {
        let ended = run_to_the_end(&serve(listen), settings).await;
        assert!(!ended.is_success(), "{listen} {settings:?}: {ended:?}");
        assert!(
            ended.complained.contains("dev phone"),
            "{}",
            ended.complained
        );
        assert!(
            ended.complained.contains("PUBLIC_URL"),
            "{}",
            ended.complained
        );
    }
}

#[tokio::test]
async fn a_setting_that_cannot_be_read_is_named() {
    let data = tempfile::tempdir().expect("a folder");
    let data = data.path().to_str().expect("a path in UTF-8");
    for (name, value) in [
        ("STANDBY_LISTEN", "somewhere"),
        ("PUBLIC_URL", "standby.example"),
        ("STANDBY_SECRET_KEY", "abc"),
        ("STANDBY_LOG_FORMAT", "xml"),
        ("STANDBY_ALLOWED_ORIGINS", "not an origin"),
    ] {
        let ended = run_to_the_end(&["serve", "--data", data], &[(name, value)]).await;
        assert!(!ended.is_success(), "{name}: {ended:?}");
        let complained = ended.complained.to_uppercase();
        let option = name.trim_start_matches("STANDBY_");
        assert!(complained.contains(option), "{name}: {}", ended.complained);
    }
}

#[tokio::test]
async fn a_port_that_is_taken_is_said() {
    let server = Server::start().await;
    let taken = server.origin().replace("http://", "");
    let data = tempfile::tempdir().expect("a folder");
    let data = data.path().to_str().expect("a path in UTF-8");
    let ended = run_to_the_end(&["serve", "--listen", &taken, "--data", data], &[]).await;
    assert!(!ended.is_success(), "{ended:?}");
    assert!(
        ended.complained.contains("listening"),
        "{}",
        ended.complained
    );
}

#[tokio::test]
async fn asked_to_stop_the_server_closes_its_sockets_and_ends_in_order() {
    let mut server = Server::start().await;
    let staff = server.staff(Role::TeamMember).await;
    let caller = Caller::arrive(&server, 1).await;
    let mut sockets = vec![staff.asker.socket().await, caller.socket().await];
    let query = "subscription ($id: ID!) { waitingAreaChanged(clinicId: $id) { __typename } }";
    sockets[0]
        .subscribe("1", query, json!({ "id": staff.clinic }))
        .await;
    sockets[0].next_data().await;
    let asked = Instant::now();
    assert!(server.stop().await, "it ends in order");
    let took = asked.elapsed();
    assert!(took < Duration::from_secs(5), "{took:?}");
    for socket in &mut sockets {
        let said = socket.next_said().await;
        assert!(
            matches!(said, ServerMessage::Closed { code: 1001, .. }),
            "{said:?}"
        );
    }
    server.start_again().await;
    assert_eq!(caller.now().await["status"], "WAITING");
}

#[tokio::test]
async fn the_data_are_nobody_elses() {
    use std::os::unix::fs::PermissionsExt;
    let server = Server::start().await;
    Caller::arrive_verified(&server, 1).await;
    let mut files = 0;
    for entry in std::fs::read_dir(server.data()).expect("the data") {
        let entry = entry.expect("a file");
        let mode = entry.metadata().expect("its mode").permissions().mode();
        assert_eq!(
            mode & 0o077,
            0,
            "{:?} is readable by others: {mode:o}",
            entry.file_name()
        );
        files += 1;
    }
    assert!(files >= 3, "the database, the key and the dev phone");
}

#[tokio::test]
#[expect(clippy::too_many_lines, reason = "one story, told in order")]
async fn nothing_that_names_or_opens_anything_is_logged() {
    let trace = [("STANDBY_LOG", "trace")];
    let mut server = Server::start_with(&trace).await;
    let sign_in = server.sign_in_token().await;
    let staff = server.admin().await;
    let key = server.add_key("demo", Role::TeamMember);
    let tool = Staff::new(server.bearer(&key)).await;
    let mut follower = tool.follow(None).await;

    let field = json!([{ "key": "birth", "label": "Canarylabel", "isRequired": false }]);
    staff
        .set(json!({ "entryFields": field, "textOnCancel": true }))
        .await;
    let anonymous = server.anonymous();
    let mut arrival = Caller::arrival("demo", 1234);
    arrival["name"] = json!("Canaryname");
    arrival["answers"] = json!([{ "key": "birth", "value": "Canaryanswer" }]);
    arrival["idempotencyKey"] = json!("Canarykey");
    let entered = anonymous
        .accepted("enterWaitingArea", arrival.clone(), "token caller { id }")
        .await;
    let caller = Caller::entered(&anonymous, &entered, 1234);
    // What is wrong is not logged either.
    arrival["name"] = json!("Canarywrong\u{202e}");
    anonymous.refused("enterWaitingArea", arrival.clone()).await;
    arrival["name"] = json!("Canaryconflict");
    anonymous.refused("enterWaitingArea", arrival).await;
    let broken = "query { canaryfield(name: \"Canaryquery\") }";
    assert!(
        !anonymous
            .ask(broken, json!({ "x": "Canaryvariable" }))
            .await
            .errors
            .is_empty()
    );
    let code = caller.have_code_sent(&server).await;
    let wrong = if code == "987654" { "987653" } else { "987654" };
    caller
        .asker
        .refused("verifyPhone", json!({ "code": wrong }))
        .await;
    caller
        .asker
        .accepted("verifyPhone", json!({ "code": code }), "")
        .await;
    let mut own = caller.socket().await;
    let query = "subscription { myCaller { name phone { number } } }";
    own.subscribe("1", query, json!({})).await;
    own.next_data().await;
    caller.look_away().await;
    staff.attended("recallCaller", &caller.id).await;
    let message = server.phone(&caller.number).message(2).await;
    let by_recall = message.caller_token().expect("a link").to_owned();
    let seen = json!({ "deviceId": "elsewhere", "counter": 1, "state": "FOREGROUND" });
    server
        .bearer(&by_recall)
        .accepted("reportPresence", seen, "")
        .await;
    let room = staff.attended("joinCaller", &caller.id).await["room"]["url"].clone();
    let room = room
        .as_str()
        .and_then(|room| room.rsplit('/').next())
        .expect("a room")
        .to_owned();
    staff.attended("holdCaller", &caller.id).await;
    let cancel = json!({ "callerId": caller.id, "reason": "Canaryreason" });
    staff.asker.accepted("cancelCaller", cancel, "").await;
    follower.until_version(staff.version().await).await;
    server.kill();
    server.start_again().await;
    let second_sign_in = server.sign_in_token().await;
    assert_eq!(caller.now().await["status"], "CANCELLED");
    assert!(server.stop().await);

    // By the time it has ended, all that it logged is on its way through the pipe.
    let logged = until("the log is whole", async || {
        let logged = server.logged();
        logged.contains("stopping").then_some(logged)
    })
    .await;
    let number = mobile_number(1234);
    let national = number.trim_start_matches("+61");
    let session = staff.asker.token().expect("a session").to_owned();
    let token = caller.asker.token().expect("a token").to_owned();
    let key_file = std::fs::read_to_string(server.data().join("secret.key")).expect("the key");
    for (what, secret) in [
        ("the name", "anaryname"),
        ("a name that was refused", "anarywrong"),
        ("a name of a conflict", "anaryconflict"),
        ("an answer", "anaryanswer"),
        ("an idempotency key", "anarykey"),
        ("a reason", "anaryreason"),
        ("a document", "anaryquery"),
        ("a variable", "anaryvariable"),
        ("the number", number.as_str()),
        ("the number without its country", national),
        ("the code", code.as_str()),
        ("a guessed code", wrong),
        ("the caller's token", token.as_str()),
        ("the token of the link", by_recall.as_str()),
        ("the sign-in link", sign_in.as_str()),
        ("the next sign-in link", second_sign_in.as_str()),
        ("the session", session.as_str()),
        ("the API key", key.as_str()),
        ("the room", room.as_str()),
        ("the secret key", key_file.trim()),
    ] {
        assert!(secret.len() >= 6, "{what}");
        let line = logged.lines().find(|line| line.contains(secret));
        assert!(
            line.is_none(),
            "{what} is logged: {}",
            line.unwrap_or_default()
        );
    }
}
