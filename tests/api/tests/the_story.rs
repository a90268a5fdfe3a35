//! The whole story, over GraphQL as anybody's program would: arrive, verify, go Offline, be
//! recalled, come back, be joined, be done.

#![allow(
    clippy::expect_used,
    clippy::panic,
    reason = "what a test expects and does not find is the test's failure, in its helpers too"
)]

use serde_json::{Value, json};
use standby_tests::{CALLER, Caller, Role, Server, milliseconds, refusal, until};

#[tokio::test]
#[expect(clippy::too_many_lines, reason = "one story, told in order")]
async fn a_caller_who_verified_is_free_to_leave_and_comes_back_to_the_same_place() {
    // A page of our own: whether the apps are built is no matter here.
    let web = tempfile::tempdir().expect("a folder");
    let page = web.path().join("mobile/index.html");
    std::fs::create_dir(web.path().join("mobile")).expect("a folder");
    std::fs::write(page, "<title>The wait screen</title>").expect("a page");
    let web = web.path().to_str().expect("a path in UTF-8");
    let server = Server::start_with(&[("STANDBY_WEB", web)]).await;
    let staff = server.admin().await;

    // Before and behind somebody else, so that a place kept can be told from a place lost.
    let first = Caller::arrive(&server, 1).await;
    let caller = Caller::arrive(&server, 2).await;
    let last = Caller::arrive(&server, 3).await;
    let here = staff.caller(&caller.id).await;
    assert_eq!(here["status"], "WAITING");
    assert_eq!(here["name"], "Caller 2");
    assert_eq!(here["phone"]["number"], caller.number.as_str());
    assert_eq!(here["phone"]["isVerified"], false);
    assert_eq!(here["position"], json!({ "place": 2, "aheadOffline": 0 }));

    let code = caller.have_code_sent(&server).await;
    let outstanding = "{ viewer { ...on CallerSession { caller { verification { number attemptsLeft \
                       sms { state } } } } } }";
    let outstanding = until("the text with the code has arrived", async || {
        let mut data = caller.asker.data(outstanding, json!({})).await;
        let verification = data["viewer"]["caller"]["verification"].take();
        (verification["sms"]["state"] == "DELIVERED").then_some(verification)
    })
    .await;
    assert_eq!(outstanding["number"], caller.number.as_str());
    assert_eq!(outstanding["attemptsLeft"], 5);
    // As people type it.
    let typed = format!("{} {}", &code[..3], &code[3..]);
    let verified = caller
        .asker
        .accepted(
            "verifyPhone",
            json!({ "code": typed }),
            "caller { status phone { isVerified } }",
        )
        .await;
    let expected = json!({ "status": "WAITING", "phone": { "isVerified": true } });
    assert_eq!(verified["caller"], expected);

    let away = caller.look_away().await;
    assert_eq!(away["status"], "OFFLINE");
    assert_eq!(away["position"], json!({ "place": 2, "aheadOffline": 0 }));
    let behind = staff.caller(&last.id).await;
    assert_eq!(behind["position"], json!({ "place": 3, "aheadOffline": 1 }));
    let joined = staff.attend("joinCaller", &caller.id).await;
    assert_eq!(refusal(&joined), "WRONG_STATUS");
    assert_eq!(joined["room"], Value::Null);

    let recalled = staff.attended("recallCaller", &caller.id).await;
    assert_eq!(recalled["caller"]["status"], "OFFLINE");
    let delivered = staff.until_recall_delivered(&caller.id).await;
    assert_eq!(delivered["status"], "OFFLINE");
    assert_eq!(delivered["recall"]["openedAt"], Value::Null);
    let message = server.phone(&caller.number).message(2).await;
    assert!(!message.body.contains("Caller"), "no name in a text");
    assert!(
        !message.body.contains(&caller.number),
        "no number in a text"
    );
    assert!(message.body.contains(&format!("{}/w#", server.origin())));

    // Previews fetch links. The page is fetched, and nothing changes.
    let link = message.body.split_whitespace().last().expect("a link");
    let page = reqwest::get(link).await.expect("an answer");
    assert_eq!(page.status(), 200, "one address for every browser");
    assert_eq!(staff.caller(&caller.id).await["status"], "OFFLINE");

    // Another browser: nothing but the link.
    let token = message.caller_token().expect("a link with a token");
    let elsewhere = server.bearer(token);
    let seen = json!({ "deviceId": "another-browser", "counter": 1, "state": "FOREGROUND" });
    let selection = format!("caller {{ {CALLER} }}");
    let back = elsewhere.accepted("reportPresence", seen, &selection).await;
    let back = &back["caller"];
    assert_eq!(back["id"], caller.id.as_str());
    assert_eq!(back["status"], "WAITING");
    assert_eq!(back["position"], json!({ "place": 2, "aheadOffline": 0 }));
    let requested = milliseconds(&back["recall"]["requestedAt"]);
    assert!(milliseconds(&back["recall"]["openedAt"]) >= requested);
    assert!(milliseconds(&back["recall"]["returnedAt"]) >= requested);

    let joined = staff.attended("joinCaller", &caller.id).await;
    let room = &joined["room"]["url"];
    assert!(
        room.as_str().is_some_and(|room| room.starts_with("http")),
        "{room}"
    );
    assert_eq!(joined["caller"]["status"], "BEING_SEEN");
    assert_eq!(joined["caller"]["position"], Value::Null);
    for token in [caller.asker.clone(), elsewhere] {
        let query = "{ viewer { ...on CallerSession { caller { status room { url } } } } }";
        let own = token.data(query, json!({})).await;
        assert_eq!(own["viewer"]["caller"]["status"], "BEING_SEEN");
        assert_eq!(
            own["viewer"]["caller"]["room"]["url"], *room,
            "both sides have one room"
        );
    }
    assert_eq!(staff.caller(&last.id).await["position"]["place"], 2);

    let held = staff.attended("holdCaller", &caller.id).await;
    assert_eq!(held["caller"]["status"], "ON_HOLD");
    let again = staff.attended("joinCaller", &caller.id).await;
    assert_eq!(again["caller"]["status"], "BEING_SEEN");
    assert_eq!(again["room"]["url"], *room, "one room a stay");

    let completed = staff.attended("completeCall", &caller.id).await;
    assert_eq!(completed["caller"]["status"], "COMPLETED");
    assert_eq!(completed["caller"]["end"]["how"], "COMPLETED");
    assert_eq!(completed["caller"]["room"], Value::Null);
    let over = caller.now().await;
    assert_eq!(
        over["status"], "COMPLETED",
        "a link to a final caller says what happened"
    );
    assert_eq!(
        over["name"], "Caller 2",
        "and has the details to arrive again with"
    );

    let story = staff.story(&caller.id).await;
    assert_eq!(
        story,
        [
            "ARRIVED",
            "CODE_SENT",
            "PHONE_VERIFIED",
            "WENT_OFFLINE",
            "RECALLED",
            "CAME_BACK",
            "JOINED",
            "HELD",
            "JOINED",
            "COMPLETED",
        ]
    );
    for activity in staff.activity(&caller.id).await {
        let words = activity["description"].as_str().expect("words");
        assert!(
            !words.contains("Caller 2") && !words.contains(&caller.number),
            "{words}"
        );
    }
    assert_eq!(staff.caller(&first.id).await["position"]["place"], 1);
}

#[tokio::test]
async fn a_caller_who_leaves_is_out_for_good() {
    let server = Server::start().await;
    let staff = server.staff(Role::TeamMember).await;
    let leaving = Caller::arrive(&server, 1).await;
    let behind = Caller::arrive(&server, 2).await;

    let reason = json!({ "reason": "Feeling better" });
    let left = leaving
        .asker
        .accepted(
            "leaveWaitingArea",
            reason,
            "caller { status end { how reason isResumable } }",
        )
        .await;
    let end = json!({ "how": "LEFT_BY_CALLER", "reason": "Feeling better", "isResumable": false });
    assert_eq!(left["caller"], json!({ "status": "LEFT", "end": end }));
    assert_eq!(behind.now().await["position"]["place"], 1);

    // Looking at the page again brings nobody back.
    assert_eq!(leaving.look().await["status"], "LEFT");
    for field in [
        "joinCaller",
        "recallCaller",
        "cancelCaller",
        "holdCaller",
        "completeCall",
    ] {
        let payload = staff.attend(field, &leaving.id).await;
        assert_eq!(refusal(&payload), "WRONG_STATUS", "{field}");
        assert_eq!(payload["userErrors"][0]["status"], "LEFT", "{field}");
    }
    // Who comes again is another caller, at the end of the queue.
    let arrival = json!({
        "clinicSlug": "demo", "name": "Caller 1", "phone": leaving.number, "idempotencyKey": "new",
    });
    let again = server
        .anonymous()
        .accepted(
            "enterWaitingArea",
            arrival,
            "token caller { id position { place } }",
        )
        .await;
    assert_ne!(again["caller"]["id"], leaving.id.as_str());
    assert_eq!(again["caller"]["position"]["place"], 2);
}

#[tokio::test]
async fn who_is_cancelled_is_told_why_and_by_one_text_where_the_clinic_has_set_that() {
    let server = Server::start().await;
    let staff = server.admin().await;
    let waiting = Caller::arrive(&server, 1).await;
    let (silent, told) = tokio::join!(
        Caller::arrive_offline(&server, 2),
        Caller::arrive_offline(&server, 3),
    );

    let input = json!({ "callerId": waiting.id, "reason": "The clinic closes early today" });
    staff.asker.accepted("cancelCaller", input, "").await;
    let now = waiting.now().await;
    assert_eq!(now["status"], "CANCELLED");
    assert_eq!(now["end"]["how"], "CANCELLED_BY_STAFF");
    assert_eq!(now["end"]["reason"], "The clinic closes early today");

    staff.set(json!({ "textOnCancel": false })).await;
    staff.attended("cancelCaller", &silent.id).await;
    staff.set(json!({ "textOnCancel": true })).await;
    staff.attended("cancelCaller", &told.id).await;
    staff.attended("cancelCaller", &told.id).await;
    assert_eq!(told.now().await["status"], "CANCELLED");
    let message = server.phone(&told.number).message(2).await;
    assert!(message.body.contains("cancelled"), "it says what happened");
    assert!(
        !message.body.contains("Demo Clinic"),
        "and not where: a text is read on a locked screen"
    );

    // A text sent to the first since would have been before this one.
    let witness = Caller::arrive_offline(&server, 4).await;
    staff.attended("recallCaller", &witness.id).await;
    server.phone(&witness.number).message(2).await;
    assert_eq!(
        server.phone(&silent.number).messages().await.len(),
        1,
        "only the code"
    );
    assert_eq!(
        server.phone(&told.number).messages().await.len(),
        2,
        "one text"
    );
    assert_eq!(
        server.phone(&waiting.number).messages().await.len(),
        0,
        "an open page says it"
    );
}

#[tokio::test]
async fn settings_are_taken_at_once_and_leave_those_who_are_there_what_they_have() {
    let server = Server::start().await;
    let staff = server.admin().await;
    let before = Caller::arrive_verified(&server, 1).await;

    let settings = staff
        .set(json!({
            "offlineQueueing": false,
            "showQueuePosition": false,
            "consentText": "We record that you were here.",
            "roomUrlTemplate": "https://video.example/rooms/{room}?from=standby",
            "entryFields": [{ "key": "medicare", "label": "Medicare number", "isRequired": true }],
        }))
        .await;
    assert_eq!(settings["offlineQueueing"], false);
    assert_eq!(
        settings["lostContactGraceSeconds"], 120,
        "what is left out stays"
    );

    let query = "{ clinic(slug: \"demo\") { offlineQueueing consentText showQueuePosition isOpen \
                 entryFields { key label isRequired } waitingArea { version } settings { isOpen } } }";
    let face = server.anonymous().data(query, json!({})).await;
    let fields = json!([{ "key": "medicare", "label": "Medicare number", "isRequired": true }]);
    assert_eq!(
        face["clinic"],
        json!({
            "offlineQueueing": false, "consentText": "We record that you were here.",
            "showQueuePosition": false, "isOpen": true, "entryFields": fields,
            "waitingArea": null, "settings": null,
        })
    );

    // The new field is asked for.
    let arrival = Caller::arrival("demo", 2);
    let refused = server
        .anonymous()
        .refused("enterWaitingArea", arrival)
        .await;
    assert!(refused.starts_with("INVALID_INPUT answers"), "{refused}");
    let mut arrival = Caller::arrival("demo", 2);
    arrival["answers"] = json!([{ "key": "medicare", "value": "2123 45670 1" }]);
    let anonymous = server.anonymous();
    let selection = "token caller { id position { place } maySetPhoneAside }";
    let entered = anonymous
        .accepted("enterWaitingArea", arrival, selection)
        .await;
    assert_eq!(
        entered["caller"]["position"],
        Value::Null,
        "callers are not told their place"
    );
    assert_eq!(entered["caller"]["maySetPhoneAside"], false);
    let after = Caller::entered(&anonymous, &entered, 2);
    let seen = staff.caller(&after.id).await;
    assert_eq!(seen["position"]["place"], 2, "staff see it");
    assert_eq!(seen["answers"][0]["value"], "2123 45670 1");

    // Offline Queueing is off for who came after, and stays for who was there.
    assert_eq!(
        after.asker.refused("sendVerificationCode", json!({})).await,
        "NOT_OFFERED"
    );
    let hidden = after.look_away().await;
    assert_eq!(hidden["status"], "WAITING");
    assert_eq!(hidden["presence"]["notResponding"], true);
    assert_eq!(before.look_away().await["status"], "OFFLINE");
    before.look().await;
    let joined = staff.attended("joinCaller", &before.id).await;
    let room = joined["room"]["url"].as_str().expect("a room");
    assert!(room.starts_with("https://video.example/rooms/") && room.ends_with("?from=standby"));

    staff.set(json!({ "isOpen": false })).await;
    let mut late = Caller::arrival("demo", 3);
    late["answers"] = json!([{ "key": "medicare", "value": "1" }]);
    assert_eq!(
        anonymous.refused("enterWaitingArea", late).await,
        "UNAVAILABLE"
    );
    assert_eq!(
        after.look().await["status"],
        "WAITING",
        "those who are there stay"
    );

    for role in [Role::TeamMember, Role::Reporter] {
        let other = server.staff(role).await;
        let change = json!({ "clinicId": other.clinic, "isOpen": true });
        assert_eq!(
            other.asker.refused("updateClinicSettings", change).await,
            "UNAVAILABLE"
        );
    }
}

#[tokio::test]
async fn nothing_of_one_clinic_is_visible_to_another() {
    let server = Server::start().await;
    server.add_clinic("north");
    let own = server.admin().await;
    let others = server.bearer(&server.add_key("north", Role::ClinicAdmin));
    let others = standby_tests::Staff::new(others).await;
    let caller = Caller::arrive(&server, 1).await;
    let neighbour = Caller::arrive_at(&server, "north", 2).await;

    assert_eq!(others.caller(&caller.id).await, Value::Null);
    assert_eq!(own.caller(&neighbour.id).await, Value::Null);
    let unseen = others.attend("joinCaller", &caller.id).await;
    let unknown = others
        .attend("joinCaller", "caller_00000000000000000000000000")
        .await;
    assert_eq!(
        unseen, unknown,
        "what may not be seen is as if it did not exist"
    );
    assert_eq!(refusal(&unseen), "NOT_FOUND callerId");
    let mut socket = others.asker.socket().await;
    let query = "subscription ($id: ID!) { waitingAreaChanged(clinicId: $id) { __typename } }";
    socket
        .subscribe("1", query, json!({ "id": own.clinic }))
        .await;
    let answer = socket.next_said().await;
    assert!(
        matches!(answer, standby_tests::ServerMessage::Error { .. }),
        "{answer:?}"
    );
    assert_eq!(own.waiting_area().await.1.len(), 1);
    assert_eq!(others.waiting_area().await.1.len(), 1);
    assert_eq!(caller.now().await["status"], "WAITING");
}
