//! Of 100,000 requests that differ from what Twilio has signed, none is believed.

use crate::random::Random;
use crate::{PUBLIC_URL, Server, TOKEN};
use standby::http::twilio::signature::AuthToken;
use standby::http::twilio::{
    InboundText, NotHeard, ProviderNews, RefusedSignatures, TextNews, TwilioWebhooks, router,
};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

const MUTATED: usize = 100_000;
/// One right request is looked at for so many wrong ones.
const A_RIGHT_ONE_EVERY: usize = 50;

/// By the seed in `STANDBY_SEED`, or another each time. It is printed.
fn chance() -> Random {
    let given = std::env::var("STANDBY_SEED").ok();
    let seed = given.and_then(|seed| seed.parse().ok());
    let seed = seed.unwrap_or_else(Random::any_seed);
    println!("STANDBY_SEED={seed}");
    Random::new(seed, 0)
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Signed {
    token: String,
    base: String,
    path: String,
    parameters: Vec<(String, String)>,
    signature: String,
}

impl Signed {
    /// A request as Twilio makes them.
    fn random(chance: &mut Random) -> Self {
        let token = chance.word(32);
        let base = *chance.one_of(&[
            PUBLIC_URL,
            "https://a.example:8443",
            "http://127.0.0.1:8080",
        ]);
        let is_inbound = chance.below(2) == 0;
        let path = if is_inbound {
            "/twilio/inbound".to_owned()
        } else {
            format!("/twilio/status/text_{}", chance.word(26))
        };
        let query = ["", "", "?a=1", "?b=%20&c="];
        let path = path + *chance.one_of(&query);
        let mut parameters = vec![
            ("AccountSid".to_owned(), format!("AC{}", chance.word(32))),
            ("ApiVersion".to_owned(), "2010-04-01".to_owned()),
            (
                "From".to_owned(),
                format!("+6149157{}", 1000 + chance.below(9000)),
            ),
            ("MessageSid".to_owned(), format!("SM{}", chance.word(32))),
            ("To".to_owned(), "+61491570006".to_owned()),
        ];
        if is_inbound {
            let body = *chance.one_of(&["1", "STOP", "", "größer & = +", "早く \u{1f44d}"]);
            parameters.push(("Body".to_owned(), body.to_owned()));
            parameters.push(("FromCity".to_owned(), String::new()));
        } else {
            let status = *chance.one_of(&["queued", "sent", "delivered", "undelivered"]);
            parameters.push(("MessageStatus".to_owned(), status.to_owned()));
            parameters.push(("ErrorCode".to_owned(), "30003".to_owned()));
        }
        let mut signed = Self {
            token,
            base: base.to_owned(),
            path,
            parameters,
            signature: String::new(),
        };
        signed.signature = signed.right();
        signed
    }

    fn right(&self) -> String {
        let token = AuthToken::new(&self.token).unwrap();
        token.sign(&format!("{}{}", self.base, self.path), &self.parameters)
    }

    fn is_believed(&self) -> bool {
        AuthToken::new(&self.token).is_some_and(|token| {
            let signature = self.signature.as_bytes();
            token.has_signed(&self.base, &self.path, &self.parameters, signature)
        })
    }

    /// What is signed, as the documentation has it and apart from the server's own code: two requests of
    /// which this is the same are one to Twilio.
    fn same_to_twilio(&self) -> (String, String, String) {
        let mut sorted: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for (name, value) in &self.parameters {
            sorted.entry(name).or_default().insert(value);
        }
        let parameters = sorted.into_iter().flat_map(|(name, values)| {
            values
                .into_iter()
                .map(move |value| format!("{name}{value}"))
        });
        let parameters: String = parameters.collect();
        let address = format!("{}{}", self.base, self.path);
        (
            self.token.clone(),
            address + &parameters,
            self.signature.clone(),
        )
    }

    /// The same with something changed that Twilio has not signed.
    fn mutated(&self, chance: &mut Random) -> Self {
        loop {
            let mut other = self.clone();
            for _ in 0..=chance.below(2) {
                other.mutate(chance);
            }
            if other.same_to_twilio() != self.same_to_twilio() {
                return other;
            }
        }
    }

    fn mutate(&mut self, chance: &mut Random) {
        let place = chance.below(self.parameters.len().max(1));
        match chance.below(12) {
            0..=2 => self.mutate_signature(chance),
            3 => edit(&mut self.token, chance),
            4 => edit(&mut self.path, chance),
            5 => {
                let base = chance.one_of(&[
                    "https://b.example",
                    "https://standby.example.evil.example",
                    "http://standby.example",
                    "https://standby.example.au",
                    "https://a.example:8444",
                    "https://127.0.0.1:8080",
                ]);
                self.base = (*base).to_owned();
            }
            6 | 7 if !self.parameters.is_empty() => edit(&mut self.parameters[place].1, chance),
            8 if !self.parameters.is_empty() => edit(&mut self.parameters[place].0, chance),
            9 if !self.parameters.is_empty() => {
                self.parameters.remove(place);
            }
            10 if self.parameters.len() > 1 => {
                let next = (place + 1) % self.parameters.len();
                let value = self.parameters[place].1.clone();
                let moved = self.parameters[next].1.clone();
                self.parameters[place].1 = moved;
                self.parameters[next].1 = value;
            }
            _ => {
                let name = *chance.one_of(&["ErrorCode", "Body", "From", "MessageStatus", "X", ""]);
                let length = chance.below(6);
                let value = chance.word(length);
                self.parameters.push((name.to_owned(), value));
            }
        }
    }

    fn mutate_signature(&mut self, chance: &mut Random) {
        match chance.below(8) {
            0..=3 => edit(&mut self.signature, chance),
            4 => {
                let keep = chance.below(self.signature.chars().count() + 1);
                self.signature = self.signature.chars().take(keep).collect();
            }
            5 => self.signature = Self::random(chance).signature,
            6 => {
                let url_safe = self.signature.replace('+', "-").replace('/', "_");
                let without_end = url_safe.trim_end_matches('=');
                without_end.clone_into(&mut self.signature);
            }
            _ => self.signature = chance.word(28),
        }
    }
}

/// Changes, adds, takes away or swaps one character.
fn edit(text: &mut String, chance: &mut Random) {
    let mut characters: Vec<char> = text.chars().collect();
    let place = chance.below(characters.len() + 1);
    let letter = *chance.one_of(&['a', 'Z', '0', '9', '+', '/', '=', '%', '&', '-', 'é']);
    match chance.below(5) {
        0 if place < characters.len() => characters[place] = letter,
        1 if place < characters.len() => {
            characters.remove(place);
        }
        2 if place + 1 < characters.len() => characters.swap(place, place + 1),
        3 if place < characters.len() && characters[place].is_ascii_alphabetic() => {
            let other_case = char::from(u8::try_from(characters[place]).unwrap() ^ 0x20);
            characters[place] = other_case;
        }
        _ => characters.insert(place, letter),
    }
    *text = characters.into_iter().collect();
}

#[test]
fn of_a_hundred_thousand_mutated_requests_none_is_believed() {
    let mut chance = chance();
    let (mut believed, mut right) = (0, 0);
    let mut signed = Signed::random(&mut chance);
    for number in 0..MUTATED {
        if number % A_RIGHT_ONE_EVERY == 0 {
            signed = Signed::random(&mut chance);
            assert!(
                signed.is_believed(),
                "what is right is believed: {signed:?}"
            );
            right += 1;
        }
        let mutated = signed.mutated(&mut chance);
        if mutated.is_believed() {
            println!("{signed:?}\nwas believed as\n{mutated:?}");
            believed += 1;
        }
    }
    println!("{MUTATED} mutated signatures: {believed} accepted; {right} right ones: all accepted");
    assert_eq!((believed, right), (0, MUTATED / A_RIGHT_ONE_EVERY));
}

/// Counts what it is told.
#[derive(Clone, Default)]
struct Counting(Arc<AtomicUsize>);

impl ProviderNews for Counting {
    async fn hear_of_text(&self, _: TextNews) -> Result<(), NotHeard> {
        self.0.fetch_add(1, Ordering::SeqCst);
        Ok(())
    }

    async fn hear_inbound(&self, _: InboundText) -> Result<(), NotHeard> {
        self.0.fetch_add(1, Ordering::SeqCst);
        Ok(())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_five_hundred_mutated_requests_none_comes_through_the_door() {
    let mut chance = chance();
    let counting = Counting::default();
    let refused = RefusedSignatures::default();
    let webhooks = TwilioWebhooks {
        auth_token: AuthToken::new(TOKEN).unwrap(),
        public_url: PUBLIC_URL.to_owned(),
        refused: refused.clone(),
    };
    let server = Server::start(router(counting.clone(), webhooks)).await;
    let mut right = 0;
    for number in 0..500 {
        let hex = |text: String| -> String {
            let digits = text.bytes().map(|byte| u32::from(byte % 16));
            digits
                .filter_map(|digit| char::from_digit(digit, 16))
                .collect()
        };
        let mut signed = Signed::random(&mut chance);
        signed.token = TOKEN.to_owned();
        signed.base = PUBLIC_URL.to_owned();
        signed.parameters[3].1 = format!("SM{}", hex(chance.word(32)));
        signed.signature = signed.right();
        if number % 10 == 0 {
            let status = server
                .post(&signed.path, &signed.parameters, &signed.signature)
                .await;
            assert!(matches!(status, 200 | 204), "{status}: {signed:?}");
            right += 1;
            assert_eq!(counting.0.load(Ordering::SeqCst), right);
        }
        let mut mutated = signed.mutated(&mut chance);
        // The door knows its own token and address: others can only be signed by, or for.
        if mutated.token != signed.token || mutated.base != signed.base {
            mutated.signature = mutated.right();
        }
        let can_be_sent = |text: &str| text.bytes().all(|byte| byte.is_ascii_graphic());
        let is_path = can_be_sent(&mutated.path) && mutated.path.starts_with('/');
        if !can_be_sent(&mutated.signature) || !is_path {
            continue;
        }
        let status = server
            .post(&mutated.path, &mutated.parameters, &mutated.signature)
            .await;
        assert!(matches!(status, 403..=405), "{status}: {mutated:?}");
        assert_eq!(counting.0.load(Ordering::SeqCst), right);
    }
    println!("{} refused, {right} right ones", refused.count());
    assert!(refused.count() > 200);
}
