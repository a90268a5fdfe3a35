//! Nothing leads into the network this server stands in, nor anywhere that an answer says.

use crate::receiver::{Answering, Receiver};
use async_trait::async_trait;
use standby::adapters::webhook_sender::{HttpsSender, Names};
use standby::domain::id::WebhookDeliveryId;
use standby::domain::webhook::{Answer, Problem, Reach, WebhookUrl};
use standby::ports::webhook_sender::{OutgoingEvent, WebhookSender as _};
use std::collections::VecDeque;
use std::io;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tokio::net::{TcpListener, TcpSocket};

/// A resolver whose every answer the test has written.
#[derive(Default)]
struct Book {
    answers: Mutex<VecDeque<Vec<IpAddr>>>,
    asked: Mutex<Vec<String>>,
}

impl Book {
    fn new(answers: &[&[&str]]) -> Arc<Self> {
        let answers = answers.iter().map(|answer| {
            answer
                .iter()
                .map(|address| address.parse().unwrap())
                .collect()
        });
        Arc::new(Self {
            answers: Mutex::new(answers.collect()),
            asked: Mutex::default(),
        })
    }

    fn asked(&self) -> usize {
        self.asked.lock().unwrap().len()
    }
}

#[async_trait]
impl Names for Book {
    async fn addresses(&self, host: &str) -> io::Result<Vec<IpAddr>> {
        self.asked.lock().unwrap().push(host.to_owned());
        let answer = self.answers.lock().unwrap().pop_front();
        answer.ok_or_else(|| io::Error::other("nothing is written"))
    }
}

/// Counts who connects, and answers nobody.
struct Door {
    port: u16,
    knocks: Arc<AtomicUsize>,
}

impl Door {
    async fn new() -> Self {
        let listener = TcpListener::bind((Ipv4Addr::UNSPECIFIED, 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let knocks = Arc::new(AtomicUsize::new(0));
        let counting = Arc::clone(&knocks);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                counting.fetch_add(1, Ordering::SeqCst);
                drop(stream);
            }
        });
        Self { port, knocks }
    }

    fn knocks(&self) -> usize {
        self.knocks.load(Ordering::SeqCst)
    }
}

async fn send(sender: &HttpsSender, url: &str) -> Answer {
    let event = OutgoingEvent {
        url: WebhookUrl::from_stored(url.to_owned()),
        id: WebhookDeliveryId::new([1; 16]),
        timestamp: 1_772_439_330,
        signature: "v1,c2lnbmF0dXJl".to_owned(),
        body: "{\"data\":{\"version\":1}}".to_owned(),
    };
    sender.send(&event).await
}

fn not_taken(problem: Problem) -> Answer {
    Answer::NotTaken {
        status: None,
        problem,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_leads_inside_is_never_connected_to() {
    let door = Door::new().await;
    let url = format!("https://receiver.example:{}/", door.port);
    for inside in [
        "127.0.0.1",
        "127.0.0.2",
        "0.0.0.0",
        "10.0.0.1",
        "172.20.0.1",
        "192.168.0.1",
        "169.254.169.254",
        "100.64.0.1",
        "::1",
        "::",
        "::ffff:127.0.0.1",
        "64:ff9b::7f00:1",
        "2002:7f00:1::",
        "fe80::1",
        "fd00:ec2::254",
    ] {
        let book = Book::new(&[&[inside]]);
        let sender = HttpsSender::new(Reach::PublicOnly, Arc::<Book>::clone(&book)).unwrap();
        let answer = send(&sender, &url).await;
        assert_eq!(answer, not_taken(Problem::PrivateAddress), "{inside}");
        assert_eq!(book.asked(), 1);
        // A public address beside it does not help, whichever comes first.
        for answer in [["8.8.8.8", inside], [inside, "8.8.8.8"]] {
            let book = Book::new(&[&answer]);
            let sender = HttpsSender::new(Reach::PublicOnly, book).unwrap();
            let answer = send(&sender, &url).await;
            assert_eq!(answer, not_taken(Problem::PrivateAddress), "{inside}");
        }
    }
    assert_eq!(door.knocks(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_inside_is_never_connected_to_however_it_is_written() {
    let door = Door::new().await;
    let port = door.port;
    // Every name leads to this machine, should anybody ask.
    let inside: &[&str] = &["127.0.0.1"];
    let book = Book::new(&[inside; 40]);
    let sender = HttpsSender::new(Reach::PublicOnly, Arc::<Book>::clone(&book)).unwrap();
    for host in [
        "127.0.0.1",
        "127.0.0.1.",
        "127.1",
        "2130706433",
        "0x7f000001",
        "0x7f.0.0.1",
        "0177.0.0.1",
        "017700000001",
        "0",
        "①②⑦.0.0.1",
        "localhost",
        "localhost.",
        "LOCALHOST",
        "a.localhost",
        "intranet",
        "[::1]",
        "[::]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[::127.0.0.1]",
        "[fe80::1%25lo]",
        "user@127.0.0.1",
    ] {
        for scheme in ["https", "http"] {
            let url = format!("{scheme}://{host}:{port}/");
            let answer = send(&sender, &url).await;
            assert_eq!(answer, not_taken(Problem::PrivateAddress), "{url}");
        }
    }
    assert_eq!(book.asked(), 0, "nobody even asked where they lead");
    assert_eq!(door.knocks(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_is_resolved_once_for_each_attempt_and_what_was_looked_at_is_connected_to() {
    // Two receivers at one port of two addresses: which of them is called shows whose answer counted.
    let first = Receiver::new().await;
    let second = Receiver::at(Ipv4Addr::new(127, 0, 0, 2), first.port()).await;
    let book = Book::new(&[&["127.0.0.1"], &["127.0.0.2"], &["127.0.0.1"]]);
    let sender = HttpsSender::new(Reach::PrivateToo, Arc::<Book>::clone(&book)).unwrap();
    let url = format!("http://receiver.example:{}/", first.port());
    for (attempt, counts) in [(1, (1, 0)), (2, (1, 1)), (3, (2, 1))] {
        let answer = send(&sender, &url).await;
        assert_eq!(answer, Answer::Taken { status: 204 });
        assert_eq!(
            book.asked(),
            attempt,
            "once, and again for the next attempt"
        );
        assert_eq!((first.received().len(), second.received().len()), counts);
    }
    // A name that was public and is not any more is refused the moment it is not.
    let book = Book::new(&[&["127.0.0.1"]]);
    let sender = HttpsSender::new(Reach::PublicOnly, book).unwrap();
    let url = format!("https://receiver.example:{}/", first.port());
    assert_eq!(
        send(&sender, &url).await,
        not_taken(Problem::PrivateAddress)
    );
    // One that leads nowhere says so.
    let url = "https://receiver.example/";
    assert_eq!(send(&sender, url).await, not_taken(Problem::NoSuchHost));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redirect_is_not_followed() {
    let (receiver, inside) = (Receiver::new().await, Door::new().await);
    let sender = HttpsSender::new(Reach::PrivateToo, Book::new(&[])).unwrap();
    for to in [
        format!("http://127.0.0.1:{}/", inside.port),
        format!("//127.0.0.1:{}/", inside.port),
        receiver.url(),
    ] {
        receiver.answer(Answering::Redirect(to));
        let answer = send(&sender, &receiver.url()).await;
        assert_eq!(
            answer,
            Answer::NotTaken {
                status: Some(307),
                problem: Problem::Redirected
            }
        );
    }
    assert_eq!(inside.knocks(), 0);
    assert_eq!(receiver.received().len(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_an_endless_answer_little_is_read_and_its_status_counts() {
    let receiver = Receiver::new().await;
    receiver.answer(Answering::Endless);
    let sender = HttpsSender::new(Reach::PrivateToo, Book::new(&[])).unwrap();
    let began = Instant::now();
    let answer = send(&sender, &receiver.url()).await;
    assert_eq!(answer, Answer::Taken { status: 200 });
    assert!(began.elapsed() < Duration::from_secs(5));
    // What was taken from the receiver is what fits into the buffers on the way.
    let sent = receiver.sent();
    assert!(sent < 16 * 1024 * 1024, "{sent} bytes");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receiver_that_does_not_answer_is_left_after_ten_seconds() {
    let (silent, stuck) = (Receiver::new().await, Receiver::new().await);
    silent.answer(Answering::Once(Arc::new(tokio::sync::Semaphore::new(0))));
    stuck.answer(Answering::Stuck);
    let sender = HttpsSender::new(Reach::PrivateToo, Book::new(&[])).unwrap();
    let began = Instant::now();
    let (silent_url, stuck_url) = (silent.url(), stuck.url());
    let (silent, stuck) = tokio::join!(send(&sender, &silent_url), send(&sender, &stuck_url));
    let took = began.elapsed();
    assert_eq!(silent, not_taken(Problem::TimedOut));
    // It has answered, if not to the end.
    assert_eq!(stuck, Answer::Taken { status: 200 });
    assert!(
        (Duration::from_secs(9)..Duration::from_secs(14)).contains(&took),
        "{took:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_answer_is_told_apart() {
    let sender = HttpsSender::new(Reach::PrivateToo, Book::new(&[])).unwrap();
    let door = Door::new().await;
    // Closed as soon as it is made.
    let url = format!("http://127.0.0.1:{}/", door.port);
    assert_eq!(send(&sender, &url).await, not_taken(Problem::Broken));
    // What is there speaks no TLS.
    let url = format!("https://127.0.0.1:{}/", door.port);
    assert_eq!(
        send(&sender, &url).await,
        not_taken(Problem::CannotBeReached)
    );
    // Held and never listened at: given back, the port might become somebody's.
    let nobody = TcpSocket::new_v4().unwrap();
    nobody.bind((Ipv4Addr::LOCALHOST, 0).into()).unwrap();
    let port = nobody.local_addr().unwrap().port();
    let url = format!("http://127.0.0.1:{port}/");
    assert_eq!(
        send(&sender, &url).await,
        not_taken(Problem::CannotBeReached)
    );
    let receiver = Receiver::new().await;
    for (status, problem) in [
        (100 + 304, Problem::NotTaken),
        (410, Problem::Gone),
        (500, Problem::NotTaken),
    ] {
        receiver.answer(Answering::Status(status));
        let answer = send(&sender, &receiver.url()).await;
        assert_eq!(
            answer,
            Answer::NotTaken {
                status: Some(status),
                problem
            }
        );
    }
}
