//! The pages a person sees: consent, and what went wrong. Plain HTML without scripts.

use super::Login;
use super::clients::is_loopback;
use crate::store::{Client, ClientOrigin, Opaque, Request};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use maud::{DOCTYPE, Markup, html};
use url::Url;

const STYLE: &str = "
:root { color-scheme: light dark; --line: color-mix(in srgb, currentColor 18%, transparent); }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 30rem; margin: 10vh auto; padding: 0 1.25rem; }
h1 { font-size: 1.35rem; line-height: 1.25; margin: 0 0 1rem; overflow-wrap: anywhere; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .4rem 1rem; padding: 1rem 0; border: solid var(--line); border-width: 1px 0; }
dt { opacity: .65; } dd { margin: 0; overflow-wrap: anywhere; }
.note { padding: .75rem 1rem; border-left: 3px solid #b7791f; background: color-mix(in srgb, #b7791f 10%, transparent); }
fieldset { border: 0; padding: 0; margin: 1rem 0; } legend { font-weight: 600; padding: 0; margin-bottom: .35rem; }
label { display: block; padding: .25rem 0; } input[type=password] { width: 100%; font: inherit; padding: .45rem .6rem; box-sizing: border-box; }
.choice { display: flex; gap: .75rem; margin-top: 1.5rem; }
button { font: inherit; padding: .55rem 1.2rem; border-radius: .4rem; border: 1px solid var(--line); background: transparent; color: inherit; cursor: pointer; }
button.yes { background: #1f5fbf; border-color: #1f5fbf; color: #fff; }
";

/// Asks the person whether a client may ask in their name.
pub(super) fn consent(login: &Login, client: &Client, request: &Request, name: &str) -> Response {
    let shown = if client.name.is_empty() {
        "A program without a name"
    } else {
        &client.name
    };
    let target = Url::parse(&request.redirect_uri).ok();
    let local = target.as_ref().is_some_and(is_loopback);
    let receiver = target.as_ref().map_or_else(String::new, |url| match url.host_str() {
        Some(host) if matches!(url.scheme(), "http" | "https") => host.to_owned(),
        _ => format!("{}://", url.scheme()),
    });
    let offered = login.logins.hosts();
    let hosts: Vec<&str> = offered.iter().map(|host| host.name()).collect();
    let by_token = offered.iter().any(|host| host.is_static());
    shell(
        StatusCode::OK,
        "Allow access?",
        &html! {
            h1 { (shown) " wants to ask louver in your name" }
            p { "It will be told how the code is built that you may read: names, signatures and relations, never the code itself. Each answer is recorded with your name." }
            dl {
                dt { "Program" } dd { (shown) }
                dt { "Known as" } dd {
                    (client.id)
                    @match client.origin {
                        ClientOrigin::Registered => " (it registered itself; nobody has checked its name)",
                        ClientOrigin::Listed => " (known to your security team)",
                        ClientOrigin::Document => " (it describes itself there)",
                    }
                }
                @if let (ClientOrigin::Document, Some(domain)) = (client.origin, domain_of(&client.id)) {
                    dt { "Vouched for by" } dd { (domain) }
                }
                dt { "Asks for" } dd {
                    "what you may read"
                    @if request.scope.split(' ').any(|it| it == "offline_access") { ", also when you are not at the browser" }
                }
                dt { "Answer goes to" } dd { (receiver) }
            }
            @if local {
                p .note { "The answer goes to a program on your own machine. Continue only if you have just started a login there." }
            }
            form method="post" action="/consent" {
                input type="hidden" name="request" value=(name);
                fieldset {
                    legend { "Log in with" }
                    @for (n, host) in hosts.iter().enumerate() {
                        label { input type="radio" name="host" value=(host) checked[n == 0]; " " (host) }
                    }
                }
                @if by_token {
                    label { "Your personal token, where there is no other login"
                        input type="password" name="token" autocomplete="off";
                    }
                }
                div .choice {
                    button .yes type="submit" name="decision" value="allow" { "Allow" }
                    button type="submit" name="decision" value="deny" { "Refuse" }
                }
            }
        },
    )
}

/// The domain a client's document is at: unlike its name, nobody else can claim it.
fn domain_of(id: &str) -> Option<String> {
    Url::parse(id).ok()?.host_str().map(str::to_owned)
}

/// Says what went wrong, where no client can be told.
pub(super) fn failed(status: StatusCode, why: &str) -> Response {
    shell(
        status,
        "Login failed",
        &html! {
            h1 { "This login cannot go on" }
            p { (why) }
        },
    )
}

fn shell(status: StatusCode, title: &str, body: &Markup) -> Response {
    // Without one the page is plain and still safe.
    let nonce = Opaque::new("").map(|nonce| nonce.text().to_owned()).unwrap_or_default();
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (title) " – louver" }
                style nonce=(nonce) { (maud::PreEscaped(STYLE)) }
            }
            body { main { (body) } }
        }
    };
    // No `form-action`: browsers apply it to where a form's answer redirects, which is the host or the client.
    let policy = format!("default-src 'none'; style-src 'nonce-{nonce}'; base-uri 'none'; frame-ancestors 'none'");
    let headers = [
        (header::CONTENT_TYPE, "text/html; charset=utf-8".to_owned()),
        (header::CONTENT_SECURITY_POLICY, policy),
        (header::X_FRAME_OPTIONS, "DENY".to_owned()),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff".to_owned()),
        (header::REFERRER_POLICY, "no-referrer".to_owned()),
        (header::CACHE_CONTROL, "no-store".to_owned()),
    ];
    (status, headers, page.into_string()).into_response()
}
