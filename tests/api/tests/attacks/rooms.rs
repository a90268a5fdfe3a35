//! A room template is an address for people to open. The server itself never goes there, and nothing else
//! than a room can be made of it.

use std::io::ErrorKind;
use std::net::TcpListener;
use std::time::Duration;

use serde_json::{Value, json};
use standby_tests::{Caller, Role, Server};

#[tokio::test]
async fn what_is_no_room_is_refused_as_a_template() {
    let server = Server::start().await;
    let staff = server.staff(Role::ClinicAdmin).await;
    let before = staff.set(json!({ "isOpen": true })).await;
    for template in [
        "javascript:alert(1)//{room}",
        "JavaScript:alert('{room}')",
        " javascript:alert(1)//{room}",
        "java\tscript:alert(1)//{room}",
        "java\nscript:alert(1)//{room}",
        "\u{1}javascript:alert(1)//{room}",
        "data:text/html,<script>alert(1)</script>{room}",
        "vbscript:msgbox({room})",
        "file:///etc/passwd?{room}",
        "ftp://video.example/{room}",
        "blob:https://video.example/{room}",
        "view-source:https://video.example/{room}",
        "gopher://127.0.0.1:6379/{room}",
        "//evil.example/{room}",
        "///evil.example/{room}",
        "/\\evil.example/{room}",
        "/\t/evil.example/{room}",
        "\\\\evil.example\\{room}",
        "https:evil.example/{room}",
        "https:/evil.example/{room}",
        "https:\\\\evil.example\\{room}",
        "https://video.example@evil.example/{room}",
        "https://video.example:x@evil.example/{room}",
        "https://video.example\\@evil.example/{room}",
        "https://video.example%2f@evil.example/{room}",
        "https://{room}.evil.example/",
        "https://evil.example{room}/",
        "https://{token}/{room}",
        "https:///{room}",
        "https://video.example/\u{202e}{room}",
        "https://video.example/\u{200b}{room}",
        "https://video\u{ff0e}example/{room}",
        "https://vid\u{e9}o.example/{room}",
        "https://video.example/{room}\"onclick=alert(1)",
        "https://video.example/{room}<script>",
        "https://video.example/{room}\r\nx-injected: 1",
        "http://169.254.169.254/latest/{room}",
        "http://10.0.0.1/{room}",
        "http://localhost.evil.example/{room}",
        "http://127.0.0.1.evil.example/{room}",
        "https://video.example/{{room}}",
        "https://video.example/{room}{secret}",
        "https://video.example/",
        "",
    ] {
        let input = json!({ "clinicId": staff.clinic, "roomUrlTemplate": template });
        let refused = staff.asker.refused("updateClinicSettings", input).await;
        assert_eq!(refused, "INVALID_INPUT roomUrlTemplate", "{template:?}");
    }
    assert_eq!(
        staff.set(json!({ "isOpen": true })).await,
        before,
        "nothing of it was kept"
    );
}

#[tokio::test]
async fn the_address_of_a_room_is_opened_by_people_and_never_by_the_server() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    listener
        .set_nonblocking(true)
        .expect("it can be asked without waiting");
    let port = listener.local_addr().expect("an address").port();
    let server = Server::start().await;
    let staff = server.staff(Role::ClinicAdmin).await;
    let key = "k".repeat(64);
    for (number, template) in (1..).zip([
        format!("http://127.0.0.1:{port}/{{room}}"),
        format!("http://localhost:{port}/r?name={{room}}&jwt={{token}}"),
        format!("https://127.0.0.1:{port}/{{room}}"),
    ]) {
        let settings = json!({ "roomUrlTemplate": template, "roomTokenKey": key });
        assert_eq!(staff.set(settings).await["roomUrlTemplate"], template);
        let caller = Caller::arrive_offline(&server, number).await;
        staff.attended("recallCaller", &caller.id).await;
        staff.until_recall_delivered(&caller.id).await;
        caller.look().await;
        let joined = staff.attended("joinCaller", &caller.id).await;
        let own = caller.now().await;
        let start = template.split('{').next().expect("a start");
        for url in [&joined["room"]["url"], &own["room"]["url"]] {
            assert!(
                url.as_str().is_some_and(|url| url.starts_with(start)),
                "{url}"
            );
        }
        assert!(
            !joined["room"].to_string().contains(&key),
            "the key is not for anybody"
        );
        staff.attended("holdCaller", &caller.id).await;
        staff.attended("joinCaller", &caller.id).await;
        staff.attended("completeCall", &caller.id).await;
        assert_eq!(caller.now().await["room"], Value::Null);
    }
    server
        .until_texts_are_settled(Duration::from_secs(30))
        .await;
    // Whoever calls is connected by the system before anybody takes the call.
    let heard = listener.accept().map_err(|error| error.kind());
    assert!(
        matches!(heard, Err(ErrorKind::WouldBlock)),
        "somebody has called: {heard:?}"
    );
}
