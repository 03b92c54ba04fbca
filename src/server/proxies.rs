//! Who is behind a proxy: the address a request came from, where a proxy that the operator trusts says it.
//!
//! Everything that looks at addresses (limits, records) sees the client's and not the proxy's. What anybody else writes into the header is
//! not read.

use crate::scope::Network;
use axum::extract::{ConnectInfo, Request, State};
use axum::http::HeaderMap;
use axum::middleware::Next;
use axum::response::Response;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

/// What each proxy adds the address of its own peer to, at the end.
const FORWARDED_FOR: &str = "x-forwarded-for";

/// Puts the client's address in the place of a trusted proxy's.
pub(super) async fn see_through(
    State(trusted): State<Arc<[Network]>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    mut request: Request,
    next: Next,
) -> Response {
    let client = client(peer.ip(), request.headers(), &trusted);
    if client != peer.ip() {
        request.extensions_mut().insert(ConnectInfo(SocketAddr::new(client, 0)));
    }
    next.run(request).await
}

/// The last address on the way that no trusted proxy has. Behind something that is no address nothing can be believed.
fn client(peer: IpAddr, headers: &HeaderMap, trusted: &[Network]) -> IpAddr {
    let is_trusted = |address: IpAddr| trusted.iter().any(|network| network.contains(address));
    let values = headers.get_all(FORWARDED_FOR).iter();
    let hops: Vec<&str> = values
        .flat_map(|value| value.to_str().unwrap_or_default().split(','))
        .collect();
    let mut hops = hops.into_iter().rev();
    let mut client = peer;
    while is_trusted(client) {
        match hops.next().map(|hop| address(hop.trim())) {
            Some(Some(before)) => client = before.to_canonical(),
            Some(None) | None => break,
        }
    }
    client
}

/// An address with or without a port.
fn address(text: &str) -> Option<IpAddr> {
    let with_port = || text.parse::<SocketAddr>().ok().map(|it| it.ip());
    let bare = text.trim_start_matches('[').trim_end_matches(']');
    bare.parse().ok().or_else(with_port)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(peer: &str, headers: &[&str], trusted: &[&str]) -> String {
        let mut map = HeaderMap::new();
        for value in headers {
            map.append(FORWARDED_FOR, value.parse().expect("a value"));
        }
        let trusted: Vec<Network> = trusted
            .iter()
            .map(|it| Network::parse(it).expect("a network"))
            .collect();
        client(peer.parse().expect("an address"), &map, &trusted).to_string()
    }

    #[test]
    fn only_what_a_trusted_proxy_says_is_believed() {
        let one = ["10.0.0.0/8"];
        assert_eq!(
            seen("198.51.100.9", &["203.0.113.7"], &one),
            "198.51.100.9",
            "no proxy of ours"
        );
        assert_eq!(seen("10.0.0.1", &["203.0.113.7"], &[]), "10.0.0.1", "nobody is trusted");
        assert_eq!(seen("10.0.0.1", &["203.0.113.7"], &one), "203.0.113.7");
        assert_eq!(seen("::ffff:10.0.0.1", &["203.0.113.7"], &one), "203.0.113.7");
        assert_eq!(
            seen("10.0.0.1", &["1.1.1.1, 203.0.113.7"], &one),
            "203.0.113.7",
            "what the client itself wrote comes before"
        );
        assert_eq!(
            seen("10.0.0.1", &["1.1.1.1", "203.0.113.7, 10.0.0.2"], &one),
            "203.0.113.7",
            "two proxies"
        );
        assert_eq!(seen("10.0.0.1", &["203.0.113.7:5511"], &one), "203.0.113.7");
        assert_eq!(seen("10.0.0.1", &["[2001:db8::7]:5511"], &one), "2001:db8::7");
    }

    #[test]
    fn behind_what_is_no_address_nothing_is_believed() {
        let one = ["10.0.0.0/8"];
        for header in ["", "unknown", "203.0.113.7, _hidden", "203.0.113.7,"] {
            assert_eq!(seen("10.0.0.1", &[header], &one), "10.0.0.1", "{header:?}");
        }
        assert_eq!(
            seen("10.0.0.1", &["10.0.0.3"], &one),
            "10.0.0.3",
            "a proxy that asks for itself"
        );
    }
}
