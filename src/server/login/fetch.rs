//! Fetches documents that somebody else names: no redirects, little patience, bounded answers, and no way into the organisation's own network.
//!
//! A name that a stranger named is resolved once. Every address it has must be one the public can reach, and the connection goes to those
//! addresses and to no others, so a name that means something else a moment later (DNS rebinding) changes nothing.

use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderMap};
use reqwest::blocking::{Client, ClientBuilder, Response};
use reqwest::redirect::Policy;
use std::io::{self, Read as _};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, ToSocketAddrs as _};
use std::time::Duration;
use url::{Host, Url};

const CONNECT: Duration = Duration::from_secs(3);
const WHOLE: Duration = Duration::from_secs(5);

/// Which addresses a document may come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reach {
    /// Those anybody on the internet could fetch it from: a stranger named it.
    Public,
    /// Any, and through the organisation's proxy: the operator named it, word for word.
    Anywhere,
}

/// A document that was fetched.
#[derive(Debug)]
pub(super) struct Fetched {
    pub(super) body: Vec<u8>,
    /// How long its server says it may be relied on, if it says.
    pub(super) fresh_for: Option<Duration>,
}

/// Why there is no document. Whoever named it is not told: it would tell of the network.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum FetchFault {
    #[error("its name has no address")]
    NoAddress,
    #[error("it is at an address that is not public")]
    NotPublic,
    #[error("it cannot be reached, or not in time")]
    Unreachable,
    #[error("its server answers with status {0}")]
    Status(u16),
    #[error("it is no JSON document")]
    NotJson,
    #[error("it is longer than it may be")]
    TooLong,
}

/// Fetches a JSON document of at most so many bytes.
pub(super) fn fetch(url: &Url, reach: Reach, most_bytes: u64) -> Result<Fetched, FetchFault> {
    match reach {
        Reach::Anywhere => get(builder(), url, most_bytes),
        Reach::Public => {
            let resolve = |name: &str, port| Ok((name, port).to_socket_addrs()?.collect());
            fetch_among(url, most_bytes, resolve, is_public)
        }
    }
}

/// Fetches from one of the addresses a name has now, if all of them may be asked.
fn fetch_among(
    url: &Url,
    most_bytes: u64,
    resolve: impl Fn(&str, u16) -> io::Result<Vec<SocketAddr>>,
    may_be_asked: fn(IpAddr) -> bool,
) -> Result<Fetched, FetchFault> {
    let port = url.port_or_known_default().ok_or(FetchFault::NoAddress)?;
    let (name, addresses) = match url.host() {
        Some(Host::Domain(name)) => (name, resolve(name, port).map_err(|_| FetchFault::NoAddress)?),
        Some(Host::Ipv4(address)) => ("", vec![SocketAddr::from((address, port))]),
        Some(Host::Ipv6(address)) => ("", vec![SocketAddr::from((address, port))]),
        None => return Err(FetchFault::NoAddress),
    };
    if addresses.is_empty() {
        return Err(FetchFault::NoAddress);
    }
    // One good address among bad ones is how a name is made to mean both.
    if !addresses.iter().all(|address| may_be_asked(address.ip())) {
        return Err(FetchFault::NotPublic);
    }
    // A proxy would resolve the name again.
    let client = builder().no_proxy().resolve_to_addrs(name, &addresses);
    get(client, url, most_bytes)
}

fn builder() -> ClientBuilder {
    Client::builder()
        .redirect(Policy::none())
        .referer(false)
        .connect_timeout(CONNECT)
        .timeout(WHOLE)
        .user_agent(concat!("louver/", env!("CARGO_PKG_VERSION")))
}

fn get(client: ClientBuilder, url: &Url, most_bytes: u64) -> Result<Fetched, FetchFault> {
    let client = client.build().map_err(|_| FetchFault::Unreachable)?;
    let answer = client.get(url.clone()).header("accept", "application/json").send();
    read(answer.map_err(|_| FetchFault::Unreachable)?, most_bytes)
}

fn read(answer: Response, most_bytes: u64) -> Result<Fetched, FetchFault> {
    let status = answer.status().as_u16();
    if status != 200 {
        return Err(FetchFault::Status(status));
    }
    if !is_json(answer.headers()) {
        return Err(FetchFault::NotJson);
    }
    let fresh_for = max_age(answer.headers());
    let mut body = Vec::new();
    let read = answer.take(most_bytes + 1).read_to_end(&mut body);
    read.map_err(|_| FetchFault::Unreachable)?;
    if body.len() as u64 > most_bytes {
        return Err(FetchFault::TooLong);
    }
    Ok(Fetched { body, fresh_for })
}

fn is_json(headers: &HeaderMap) -> bool {
    let Some(kind) = headers.get(CONTENT_TYPE).and_then(|it| it.to_str().ok()) else {
        return false;
    };
    let kind = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    kind == "application/json" || (kind.starts_with("application/") && kind.ends_with("+json"))
}

fn max_age(headers: &HeaderMap) -> Option<Duration> {
    let values = headers.get_all(CACHE_CONTROL).iter().filter_map(|it| it.to_str().ok());
    let mut age = None;
    for directive in values.flat_map(|it| it.split(',')) {
        let directive = directive.trim().to_ascii_lowercase();
        if matches!(directive.as_str(), "no-store" | "no-cache") {
            return Some(Duration::ZERO);
        }
        if let Some(seconds) = directive.strip_prefix("max-age=") {
            age = seconds.parse().ok().map(Duration::from_secs);
        }
    }
    age
}

/// Whether an address is one of the public internet. What is not known to be is not.
fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        // What holds an IPv4 address (mapped, translated, 6to4, Teredo) is not taken: it is one by another name.
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    let special = address.is_private()
        || address.is_loopback()
        || address.is_link_local()
        || address.is_documentation()
        || address.is_multicast()
        || a == 0
        // Shared by providers, for protocols, for benchmarks, reserved.
        || (a == 100 && (64..128).contains(&b))
        || (a == 192 && b == 0 && c == 0)
        || (a == 192 && b == 88 && c == 99)
        || (a == 198 && (18..20).contains(&b))
        || a >= 240;
    !special
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    let [a, b, ..] = address.segments();
    // Global unicast, without protocols' own (Teredo among them), documentation and 6to4.
    (0x2000..0x4000).contains(&a)
        && !(a == 0x2001 && b < 0x0200)
        && !(a == 0x2001 && b == 0x0db8)
        && a != 0x2002
        && !(a == 0x3fff && b < 0x1000)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write as _;
    use std::net::TcpListener;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::thread;

    /// Answers every request alike; tells how often it was reached.
    fn serve(answer: &'static str) -> (SocketAddr, &'static AtomicUsize) {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        let reached: &AtomicUsize = Box::leak(Box::new(AtomicUsize::new(0)));
        thread::spawn(move || {
            for mut stream in listener.incoming().flatten() {
                reached.fetch_add(1, Ordering::SeqCst);
                let mut head = [0; 2048];
                drop(stream.read(&mut head));
                drop(stream.write_all(answer.as_bytes()));
            }
        });
        (address, reached)
    }

    const GOOD: &str = "HTTP/1.1 200 OK\r\nContent-Type: application/json; charset=utf-8\r\nCache-Control: public, max-age=90\r\n\
                        Content-Length: 2\r\nConnection: close\r\n\r\n{}";

    fn at(address: SocketAddr, name: &str) -> Url {
        Url::parse(&format!("http://{name}:{}/client.json", address.port())).expect("an address")
    }

    #[test]
    fn only_addresses_of_the_internet_are_public() {
        for good in ["93.184.216.34", "1.1.1.1", "2606:4700::1111", "2a00:1450::1"] {
            assert!(is_public(good.parse().expect("an address")), "{good}");
        }
        for bad in [
            "127.0.0.1",
            "127.9.9.9",
            "0.0.0.0",
            "10.1.2.3",
            "172.16.0.1",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "192.0.0.8",
            "192.0.2.1",
            "198.18.0.1",
            "198.51.100.7",
            "203.0.113.7",
            "224.0.0.1",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::ffff:127.0.0.1",
            "::ffff:93.184.216.34",
            "64:ff9b::7f00:1",
            "fe80::1",
            "fc00::1",
            "fd00:ec2::254",
            "ff02::1",
            "2001:db8::1",
            "2001::1",
            "2002:7f00:1::1",
            "3fff::1",
        ] {
            assert!(!is_public(bad.parse().expect("an address")), "{bad}");
        }
    }

    #[test]
    fn a_document_at_an_address_that_is_not_public_is_not_asked_for() {
        let (address, reached) = serve(GOOD);
        for name in ["127.0.0.1", "localhost", "2130706433", "0x7f.1", "[::ffff:127.0.0.1]"] {
            let fault = fetch(&at(address, name), Reach::Public, 100).expect_err(name);
            assert_eq!(fault, FetchFault::NotPublic, "{name}");
        }
        let metadata = Url::parse("http://169.254.169.254/latest/meta-data/").expect("an address");
        assert_eq!(
            fetch(&metadata, Reach::Public, 100).expect_err("link-local"),
            FetchFault::NotPublic
        );
        assert_eq!(reached.load(Ordering::SeqCst), 0);
    }

    #[test]
    fn one_bad_address_among_good_ones_is_enough_to_refuse() {
        let (address, reached) = serve(GOOD);
        let both = |_: &str, port| {
            Ok(vec![
                SocketAddr::from(([93, 184, 216, 34], port)),
                SocketAddr::from(([127, 0, 0, 1], port)),
            ])
        };
        let found = fetch_among(&at(address, "rebound.invalid"), 100, both, is_public);
        assert_eq!(found.expect_err("refused"), FetchFault::NotPublic);
        assert_eq!(reached.load(Ordering::SeqCst), 0);
    }

    /// DNS rebinding: the name means a good address when it is looked at, and would mean a bad one when it is connected to.
    #[test]
    fn a_name_is_resolved_once_and_the_connection_goes_where_it_was_looked_at() {
        let (good, reached) = serve(GOOD);
        let asked = AtomicUsize::new(0);
        let rebinding = |_: &str, port| match asked.fetch_add(1, Ordering::SeqCst) {
            0 => Ok(vec![SocketAddr::from(([127, 0, 0, 1], port))]),
            _ => Ok(vec![SocketAddr::from(([127, 0, 0, 2], port))]),
        };
        let url = at(good, "rebinding.invalid");
        let public: fn(IpAddr) -> bool = |address| address == IpAddr::V4(Ipv4Addr::LOCALHOST);
        let fetched = fetch_among(&url, 100, rebinding, public).expect("fetched");
        assert_eq!(fetched.body, b"{}");
        assert_eq!(fetched.fresh_for, Some(Duration::from_secs(90)));
        assert_eq!((asked.load(Ordering::SeqCst), reached.load(Ordering::SeqCst)), (1, 1));
        // The next fetch looks again, and finds what the name has become.
        let found = fetch_among(&url, 100, rebinding, public);
        assert_eq!(found.expect_err("refused"), FetchFault::NotPublic);
        assert_eq!(reached.load(Ordering::SeqCst), 1);
    }

    #[test]
    fn redirects_pages_errors_and_long_answers_are_no_documents() {
        let (elsewhere, followed) = serve(GOOD);
        let redirect = format!(
            "HTTP/1.1 302 Found\r\nLocation: http://{elsewhere}/\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
        );
        for (answer, fault) in [
            (&*redirect.leak(), FetchFault::Status(302)),
            (
                "HTTP/1.1 404 X\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
                FetchFault::Status(404),
            ),
            (
                "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}",
                FetchFault::NotJson,
            ),
            (
                "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n{\"a\": \"more than ten bytes\"}",
                FetchFault::TooLong,
            ),
            ("", FetchFault::Unreachable),
        ] {
            let (address, _) = serve(answer);
            let found = fetch(&at(address, "127.0.0.1"), Reach::Anywhere, 10);
            assert_eq!(found.expect_err(answer), fault);
        }
        assert_eq!(followed.load(Ordering::SeqCst), 0);
    }
}
