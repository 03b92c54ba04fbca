//! A browser without a screen: it keeps cookies, follows redirects, and presses a button of louver's consent page.

use crate::served::Reply;
use crate::stand_in::StandIn;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use url::Url;
use url::form_urlencoded::Serializer;

/// More steps than any login has.
const MOST_STEPS: usize = 12;

/// One person's browser.
#[derive(Clone, Debug, Default)]
pub(crate) struct Browser {
    /// Cookies by `host:port`, then by name.
    jar: BTreeMap<String, BTreeMap<String, String>>,
}

impl Browser {
    /// A browser in which a person is logged in at a host, which asks them nothing any more.
    pub(crate) fn of(login: &str, host: &StandIn) -> Self {
        let mut browser = Self::default();
        browser.is_logged_in(login, host);
        browser
    }

    pub(crate) fn is_logged_in(&mut self, login: &str, host: &StandIn) {
        let url = Url::parse(&host.url()).expect("an address");
        let jar = self.jar.entry(authority(&url)).or_default();
        jar.insert("login".to_owned(), login.to_owned());
    }

    /// Sends the cookies of one address to another too, as to servers behind one name.
    pub(crate) fn shares_cookies(&mut self, one: SocketAddr, other: SocketAddr) {
        let jar = self.jar.get(&one.to_string()).cloned().unwrap_or_default();
        self.jar.insert(other.to_string(), jar);
    }

    /// Opens an address and stays there, whatever it answers.
    #[track_caller]
    pub(crate) fn open(&mut self, url: &Url) -> Reply {
        self.send("GET", url, &[], b"")
    }

    /// Sends a form.
    #[track_caller]
    pub(crate) fn post(&mut self, url: &Url, fields: &[(&str, &str)]) -> Reply {
        let body = Serializer::new(String::new()).extend_pairs(fields).finish();
        let kind = [("Content-Type", "application/x-www-form-urlencoded")];
        self.send("POST", url, &kind, body.as_bytes())
    }

    /// Goes where it is sent from `start`, allowing what louver asks about, until it would open the address of the client.
    #[track_caller]
    pub(crate) fn log_in(&mut self, start: &str, client: &str) -> Url {
        self.go(start, "allow", None, |url| url.as_str().starts_with(client))
    }

    /// The same, with the button and the host to press, until `is_there`.
    #[track_caller]
    pub(crate) fn go(
        &mut self,
        start: &str,
        decision: &str,
        host: Option<&str>,
        is_there: impl Fn(&Url) -> bool,
    ) -> Url {
        let mut url = Url::parse(start).expect("an address");
        for _ in 0..MOST_STEPS {
            if is_there(&url) {
                return url;
            }
            let mut reply = self.open(&url);
            if reply.status == 200 {
                let form = Form::of(&reply);
                let host = host.unwrap_or(&form.hosts[0]);
                let fields = [
                    ("request", form.request.as_str()),
                    ("host", host),
                    ("decision", decision),
                ];
                reply = self.post(&url.join("/consent").expect("an address"), &fields);
            }
            url = location(&reply, &url);
        }
        panic!("{start} leads nowhere; the last address is {url}");
    }

    #[track_caller]
    fn send(&mut self, method: &str, url: &Url, headers: &[(&str, &str)], body: &[u8]) -> Reply {
        let address: SocketAddr = authority(url)
            .parse()
            .unwrap_or_else(|_| panic!("{url} is not on this machine"));
        let jar = self.jar.entry(authority(url)).or_default();
        let cookies: Vec<String> = jar.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let cookies = cookies.join("; ");
        let mut headers = headers.to_vec();
        if !cookies.is_empty() {
            headers.push(("Cookie", &cookies));
        }
        let path = &url[url::Position::BeforePath..url::Position::AfterQuery];
        let reply = Reply::fetch(address, method, path, &headers, body);
        for (name, value) in reply.cookies() {
            jar.insert(name, value);
        }
        reply
    }
}

/// What louver's consent page asks.
pub(crate) struct Form {
    pub(crate) request: String,
    pub(crate) hosts: Vec<String>,
}

impl Form {
    #[track_caller]
    pub(crate) fn of(page: &Reply) -> Self {
        let values = |input: &str| -> Vec<String> {
            let found = page.body.split(input).skip(1);
            found
                .filter_map(|rest| rest.split('"').next().map(str::to_owned))
                .collect()
        };
        let request = values("name=\"request\" value=\"").pop();
        Self {
            request: request.unwrap_or_else(|| panic!("no consent page: {page:?}")),
            hosts: values("name=\"host\" value=\""),
        }
    }
}

/// Where a reply sends the browser.
#[track_caller]
pub(crate) fn location(reply: &Reply, from: &Url) -> Url {
    let found = reply
        .header("location")
        .unwrap_or_else(|| panic!("{from} leads nowhere: {reply:?}"));
    from.join(found).expect("an address")
}

/// The value of a parameter of an address.
#[track_caller]
pub(crate) fn parameter(url: &Url, name: &str) -> String {
    let found = url.query_pairs().find(|(key, _)| key == name);
    found.unwrap_or_else(|| panic!("no {name} in {url}")).1.into_owned()
}

fn authority(url: &Url) -> String {
    url[url::Position::BeforeHost..url::Position::AfterPort].to_owned()
}
