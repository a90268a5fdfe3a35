//! A report as a file, read by a reader of others: Python's own.

#![allow(
    clippy::expect_used,
    clippy::panic,
    reason = "what a test expects and does not find is the test's failure, in its helpers too"
)]

use std::io::Write as _;
use std::process::{Command, Stdio};

use serde_json::{Map, Value, json};
use standby_tests::{Caller, Role, Server};

const FIGURES: &str = "arrived completed left lostContact cancelled resumed medianWaitSeconds \
    longestWaitSeconds wentOffline timesOffline medianOfflineSeconds recalls recallsAnswered \
    medianRecallToReturnSeconds noShows codesSent phonesVerified \
    texts { purpose sent delivered failed unknown }";

/// Reads a file strictly, and checks that it is written as RFC 4180 has it.
const READER: &str = "
import csv, io, json, sys
file = io.TextIOWrapper(sys.stdin.buffer, encoding='utf-8', errors='strict', newline='').read()
assert file.endswith('\\r\\n') and file.count('\\n') == file.count('\\r\\n')
rows = list(csv.reader(io.StringIO(file, newline=''), strict=True))
assert len({len(row) for row in rows}) == 1, 'every line has as many values'
print(json.dumps([dict(zip(rows[0], row)) for row in rows[1:]]))
";

fn read_by_python(file: &[u8]) -> Vec<Map<String, Value>> {
    let mut python = Command::new("python3")
        .args(["-c", READER])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("python3 is installed");
    let mut input = python.stdin.take().expect("its input");
    input.write_all(file).expect("it reads");
    drop(input);
    let output = python.wait_with_output().expect("it ends");
    assert!(output.status.success(), "Python cannot read the file");
    serde_json::from_slice(&output.stdout).expect("what it read")
}

#[tokio::test]
async fn a_report_is_the_same_in_the_api_and_in_the_file_and_only_staff_get_either() {
    let mut server = Server::start().await;
    let staff = server.staff(Role::ClinicAdmin).await;
    let seen = Caller::arrive(&server, 1).await;
    staff.attended("joinCaller", &seen.id).await;
    staff.attended("completeCall", &seen.id).await;
    let away = Caller::arrive_offline(&server, 2).await;
    staff.attended("recallCaller", &away.id).await;
    staff.until_recall_delivered(&away.id).await;
    staff.attended("cancelCaller", &away.id).await;
    // The figures of stays that have ended are taken when the server starts, and every minute.
    assert!(server.stop().await);
    server.start_again().await;

    // Two days in UTC, for a test that runs at midnight.
    let now = jiff::Timestamp::from_millisecond(standby_tests::wall_clock()).expect("now");
    let to = now.to_zoned(jiff::tz::TimeZone::UTC).date();
    let from = to.yesterday().expect("a day before");
    let query = format!(
        "query ($from: Date!, $to: Date!) {{ clinic(slug: \"demo\") {{ report(from: $from, to: $to) \
         {{ timeZone days {{ date figures {{ {FIGURES} }} }} total {{ {FIGURES} }} }} }} }}"
    );
    let days = json!({ "from": from.to_string(), "to": to.to_string() });
    let report = standby_tests::until("the figures are taken", async || {
        let data = staff.asker.data(&query, days.clone()).await;
        let report = data["clinic"]["report"].clone();
        (report["total"]["arrived"] == 2).then_some(report)
    })
    .await;
    let total = &report["total"];
    assert_eq!(
        (&total["completed"], &total["cancelled"]),
        (&json!(1), &json!(1))
    );
    assert_eq!(
        (&total["recalls"], &total["noShows"]),
        (&json!(1), &json!(1))
    );
    assert_eq!(total["texts"][1]["delivered"], 1);

    let address = format!(
        "{}/clinics/demo/report.csv?from={from}&to={to}",
        server.origin()
    );
    let client = reqwest::Client::new();
    let get = async |token: Option<&str>| {
        let mut request = client.get(&address);
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        request.send().await.expect("an answer")
    };
    let answer = get(staff.asker.token()).await;
    assert_eq!(answer.status(), 200);
    assert_eq!(answer.headers()["cache-control"], "no-store");
    assert_eq!(answer.headers()["x-content-type-options"], "nosniff");
    let rows = read_by_python(&answer.bytes().await.expect("a file"));
    let days = report["days"].as_array().expect("days");
    assert_eq!(rows.len(), days.len());
    for (row, day) in rows.iter().zip(days) {
        let mut expected = Map::new();
        expected.insert("date".to_owned(), day["date"].clone());
        expected.insert("timeZone".to_owned(), report["timeZone"].clone());
        for (name, value) in day["figures"].as_object().expect("figures") {
            if name == "texts" {
                continue;
            }
            let value = value.as_i64().map(|value| value.to_string());
            expected.insert(name.clone(), json!(value.unwrap_or_default()));
        }
        for texts in day["figures"]["texts"].as_array().expect("texts") {
            let purpose = texts["purpose"].as_str().expect("a purpose");
            for what in ["sent", "delivered", "failed", "unknown"] {
                let value = json!(texts[what].to_string());
                expected.insert(format!("texts.{purpose}.{what}"), value);
            }
        }
        assert_eq!(*row, expected);
    }

    let nothing = get(None).await;
    assert_eq!(nothing.status(), 404);
    let nothing = nothing.text().await.expect("a page");
    let callers = get(away.asker.token()).await;
    assert_eq!(callers.status(), 404);
    assert_eq!(callers.text().await.expect("a page"), nothing);
}
