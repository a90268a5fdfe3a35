use std::collections::BTreeMap;

use reqwest::header::{COOKIE, HeaderMap, LOCATION, SET_COOKIE};
use reqwest::{Client, RequestBuilder, StatusCode, Url, redirect};

/// As many redirects as a browser follows.
const MOST_REDIRECTS: usize = 20;

/// A browser as far as HTTP goes: it keeps cookies, and follows redirects when it is told to. All that it talks to
/// is on this machine, so cookies go everywhere, as they do between ports.
#[derive(Clone)]
pub struct Browser {
    http: Client,
    /// By name; those of a path stay within it only by having names of their own.
    pub cookies: BTreeMap<String, String>,
}

/// What a browser got.
#[derive(Clone, Debug)]
pub struct Page {
    /// Where it was asked.
    pub address: String,
    /// The status.
    pub status: StatusCode,
    /// All headers.
    pub headers: HeaderMap,
    /// Where it leads, as a whole address with its fragment.
    pub location: Option<String>,
    /// What is on it.
    pub body: String,
}

impl Page {
    /// A header's value; empty when there is none.
    pub fn header(&self, name: &str) -> &str {
        let value = self.headers.get(name).map(|value| value.to_str());
        value.map_or("", |value| value.expect("text"))
    }

    /// Where it leads; it must.
    pub fn leads_to(&self) -> &str {
        let location = self.location.as_deref();
        location.unwrap_or_else(|| panic!("{} leads nowhere: {}", self.address, self.body))
    }
}

impl Default for Browser {
    fn default() -> Self {
        let http = Client::builder()
            .redirect(redirect::Policy::none())
            .pool_max_idle_per_host(0)
            .build();
        Self {
            http: http.expect("a client"),
            cookies: BTreeMap::new(),
        }
    }
}

impl Browser {
    /// Opens an address, and follows nothing.
    pub async fn open(&mut self, address: &str) -> Page {
        self.send(address, self.http.get(address)).await
    }

    /// The same with a header of one's own.
    pub async fn open_with(&mut self, address: &str, name: &str, value: &str) -> Page {
        self.send(address, self.http.get(address).header(name, value))
            .await
    }

    /// Sends a form, and follows nothing.
    pub async fn submit(&mut self, address: &str, form: &[(&str, &str)]) -> Page {
        self.send(address, self.http.post(address).form(form)).await
    }

    /// Follows redirects from a page for as long as they lead to addresses that do not begin with `until`; returns
    /// the last page, which leads there or nowhere.
    pub async fn follow(&mut self, mut page: Page, until: &str) -> Page {
        for _ in 0..MOST_REDIRECTS {
            match &page.location {
                Some(location) if !location.starts_with(until) => {
                    let location = location.clone();
                    page = self.open(&location).await;
                }
                _ => return page,
            }
        }
        panic!("redirects without end, at last to {:?}", page.location);
    }

    async fn send(&mut self, address: &str, request: RequestBuilder) -> Page {
        let cookies: Vec<String> = self
            .cookies
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        let request = if cookies.is_empty() {
            request
        } else {
            request.header(COOKIE, cookies.join("; "))
        };
        let response = request.send().await.expect("an answer");
        for cookie in response.headers().get_all(SET_COOKIE) {
            self.keep(cookie.to_str().expect("text"));
        }
        let location = response.headers().get(LOCATION).map(|location| {
            let base = Url::parse(address).expect("an address");
            let location = location.to_str().expect("text");
            String::from(base.join(location).expect("an address"))
        });
        Page {
            address: address.to_owned(),
            status: response.status(),
            headers: response.headers().clone(),
            location,
            body: response.text().await.expect("a whole page"),
        }
    }

    fn keep(&mut self, cookie: &str) {
        let (pair, attributes) = cookie.split_once(';').unwrap_or((cookie, ""));
        let (name, value) = pair.split_once('=').expect("a name and a value");
        let attributes = attributes.to_ascii_lowercase();
        let is_over =
            attributes.contains("max-age=0") || attributes.contains("expires=thu, 01 jan 1970");
        if value.is_empty() || is_over {
            self.cookies.remove(name);
        } else {
            self.cookies.insert(name.to_owned(), value.to_owned());
        }
    }
}
