//! Who is calling, as far as the transport can tell.

use super::login::Authenticated;
use crate::access::LocalHost;
use crate::tools::Caller;
use rmcp::RoleServer;
use rmcp::service::RequestContext;
use std::net::SocketAddr;

/// Where a request over HTTP came from; the listener puts it into the request.
#[derive(Clone, Copy, Debug)]
pub(super) struct Peer(pub(super) SocketAddr);

/// Reads the caller from a request. The client's name and version are its own claim.
pub(super) fn of(context: &RequestContext<RoleServer>) -> Caller {
    let client = context.client_info();
    let parts = context.extensions.get::<http::request::Parts>();
    let peer = parts.and_then(|parts| parts.extensions.get::<Peer>().copied());
    // Put there by the door alone; where hosts vouch for people, nobody vouches for the local user.
    let who = parts.and_then(|parts| parts.extensions.get::<Authenticated>().cloned());
    let (subject, session, oauth_client, repos) = match who {
        Some(who) => (who.subject, Some(who.session), who.oauth_client, who.repos),
        None => (LocalHost::subject(), None, None, None),
    };
    Caller {
        subject,
        session,
        oauth_client,
        repos,
        client_name: client.as_ref().map(|it| bounded(&it.name)),
        client_version: client.as_ref().map(|it| bounded(&it.version)),
        address: peer.map(|Peer(address)| address.ip().to_string()),
        trace: context.meta.get_traceparent().map(bounded),
    }
}

/// A claim of a client, cut to what a record should hold.
fn bounded(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(120).collect()
}
