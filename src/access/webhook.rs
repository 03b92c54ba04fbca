//! Webhooks: a host says that something has changed. They are checked, taken once, and can only shorten what is relied on.

use super::{Change, Clock, Secret};
use crate::scope::HostKind;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, Mac as _};
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use std::collections::{HashSet, VecDeque};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, UNIX_EPOCH};
use subtle::ConstantTimeEq as _;

/// How far the time of a signed delivery may be from now.
const TOLERANCE: Duration = Duration::from_secs(300);
/// How many deliveries are remembered.
const REMEMBERED: usize = 10_000;
/// The headers that name a delivery, and keep the name when it is sent again; the signed one first.
const IDS: [&str; 6] = [
    "webhook-id",
    "x-github-delivery",
    "x-gitea-delivery",
    "idempotency-key",
    "x-gitlab-event-uuid",
    "x-request-uuid",
];

/// Takes the webhooks of one host. Clones share what was delivered.
#[derive(Clone)]
pub(super) struct Webhook {
    host: String,
    kind: HostKind,
    secret: Secret,
    clock: Clock,
    seen: Arc<Mutex<Seen>>,
}

#[derive(Default)]
struct Seen {
    digests: HashSet<[u8; 32]>,
    order: VecDeque<[u8; 32]>,
}

/// Why a delivery is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WebhookFault {
    /// No such host, or it has no webhook secret: indistinguishable from outside.
    #[error("no webhook is expected here")]
    Unexpected,
    /// The signature is missing, wrong, or of another time.
    #[error("the signature is not right")]
    Signature,
    /// The body is no JSON object.
    #[error("the body is not understood")]
    Body,
    /// Other processes could not be told, so the host should send it again.
    #[error("it could not be shared with the other processes")]
    NotShared,
}

/// A delivery that was checked, and what it says has changed.
pub(super) struct Delivery {
    pub(super) changes: Vec<Change>,
    digest: [u8; 32],
}

/// A header of the request, by its lower-case name.
pub type HeaderOf<'a> = &'a dyn Fn(&str) -> Option<String>;

impl Webhook {
    pub(super) fn new(host: &str, kind: HostKind, secret: Secret, clock: Clock) -> Self {
        Self {
            host: host.to_owned(),
            kind,
            secret,
            clock,
            seen: Arc::default(),
        }
    }

    /// The same, knowing what was delivered to the one before it.
    pub(super) fn remembering(self, before: Option<&Self>) -> Self {
        match before {
            Some(before) => Self {
                seen: Arc::clone(&before.seen),
                ..self
            },
            None => self,
        }
    }

    /// Checks a delivery and reads what it says has changed. One that was [settled](Self::settle) before says nothing new.
    pub(super) fn check(&self, header: HeaderOf<'_>, body: &[u8]) -> Result<Delivery, WebhookFault> {
        self.verify(header, body)?;
        let said: Value = serde_json::from_slice(body).map_err(|_| WebhookFault::Body)?;
        if !said.is_object() {
            return Err(WebhookFault::Body);
        }
        let digest = digest(header, body);
        let is_known = self.seen().digests.contains(&digest);
        let changes = if is_known {
            Vec::new()
        } else {
            self.changes(header, &said)
        };
        Ok(Delivery { changes, digest })
    }

    /// Remembers a delivery once what it says is done; one that was interrupted may come again.
    pub(super) fn settle(&self, delivery: &Delivery) {
        let mut seen = self.seen();
        if !seen.digests.insert(delivery.digest) {
            return;
        }
        seen.order.push_back(delivery.digest);
        if seen.order.len() > REMEMBERED
            && let Some(oldest) = seen.order.pop_front()
        {
            seen.digests.remove(&oldest);
        }
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn verify(&self, header: HeaderOf<'_>, body: &[u8]) -> Result<(), WebhookFault> {
        let is_right = match self.kind {
            HostKind::GitHub => self.is_signed(header("x-hub-signature-256"), Some("sha256="), body),
            HostKind::Bitbucket => self.is_signed(header("x-hub-signature"), Some("sha256="), body),
            HostKind::Gitea => self.is_signed(header("x-gitea-signature"), None, body),
            HostKind::GitLab if header("webhook-signature").is_some() => self.is_standard(header, body),
            HostKind::GitLab => header("x-gitlab-token")
                .is_some_and(|said| bool::from(said.as_bytes().ct_eq(self.secret.reveal().as_bytes()))),
            HostKind::Static => false,
        };
        if is_right { Ok(()) } else { Err(WebhookFault::Signature) }
    }

    fn mac(&self, parts: &[&[u8]]) -> Option<Hmac<Sha256>> {
        let mut mac = Hmac::<Sha256>::new_from_slice(self.secret.reveal().as_bytes()).ok()?;
        parts.iter().for_each(|part| mac.update(part));
        Some(mac)
    }

    fn is_signed(&self, signature: Option<String>, prefix: Option<&str>, body: &[u8]) -> bool {
        let signature = signature.unwrap_or_default();
        let bare = prefix.map_or(Some(signature.as_str()), |prefix| signature.strip_prefix(prefix));
        let claimed = bare.and_then(unhex);
        claimed
            .zip(self.mac(&[body]))
            .is_some_and(|(claimed, mac)| mac.verify_slice(&claimed).is_ok())
    }

    /// Standard Webhooks: `v1,base64` over id, time and body; several signatures while a secret is replaced.
    fn is_standard(&self, header: HeaderOf<'_>, body: &[u8]) -> bool {
        let (Some(id), Some(time), Some(signatures)) = (
            header("webhook-id"),
            header("webhook-timestamp"),
            header("webhook-signature"),
        ) else {
            return false;
        };
        let now = self
            .clock
            .now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default()
            .as_secs();
        let is_timely = time
            .parse::<u64>()
            .is_ok_and(|sent| now.abs_diff(sent) <= TOLERANCE.as_secs());
        let is_right = |signature: &str| {
            let claimed = signature.strip_prefix("v1,").and_then(|it| STANDARD.decode(it).ok());
            let mac = self.mac(&[id.as_bytes(), b".", time.as_bytes(), b".", body]);
            claimed
                .zip(mac)
                .is_some_and(|(claimed, mac)| mac.verify_slice(&claimed).is_ok())
        };
        is_timely && signatures.split(' ').any(is_right)
    }

    /// Reads whose permissions an event touches; when in doubt, everybody's at the host.
    fn changes(&self, header: HeaderOf<'_>, said: &Value) -> Vec<Change> {
        match self.kind {
            HostKind::GitHub => self.of_github(&header("x-github-event").unwrap_or_default(), said),
            HostKind::GitLab => self.of_gitlab(said),
            HostKind::Bitbucket => match said["repository"]["uuid"].as_str() {
                Some(uuid) => vec![self.repo(uuid)],
                None => vec![Change::Host(self.host.clone())],
            },
            HostKind::Gitea => match said["repository"]["id"].as_u64() {
                Some(id) => vec![self.repo(&id.to_string())],
                None => vec![Change::Host(self.host.clone())],
            },
            HostKind::Static => Vec::new(),
        }
    }

    fn of_github(&self, event: &str, said: &Value) -> Vec<Change> {
        let repo = || said["repository"]["id"].as_u64().map(|id| self.repo(&id.to_string()));
        let person = |at: &Value| at["id"].as_u64().map(|id| self.subject(id));
        let found = match event {
            "ping" | "push" => return Vec::new(),
            "member" | "repository" | "public" => repo(),
            "membership" => person(&said["member"]),
            "organization" => person(&said["membership"]["user"]),
            "org_block" => person(&said["blocked_user"]),
            "github_app_authorization" => person(&said["sender"]),
            // A team or an installation covers more people and repositories than the event lists.
            _ => None,
        };
        vec![found.unwrap_or_else(|| Change::Host(self.host.clone()))]
    }

    fn of_gitlab(&self, said: &Value) -> Vec<Change> {
        let event = said["event_name"]
            .as_str()
            .or(said["object_kind"].as_str())
            .unwrap_or_default();
        let is_about_code = matches!(
            event,
            "push" | "tag_push" | "repository_update" | "merge_request" | "note" | "issue" | "pipeline" | "build"
        );
        if is_about_code {
            return Vec::new();
        }
        let found = if event.starts_with("user_") {
            said["user_id"].as_u64().map(|id| self.subject(id))
        } else if event.starts_with("project_") {
            said["project_id"].as_u64().map(|id| self.repo(&id.to_string()))
        } else {
            None
        };
        vec![found.unwrap_or_else(|| Change::Host(self.host.clone()))]
    }

    fn repo(&self, id: &str) -> Change {
        Change::Repo {
            host: self.host.clone(),
            id: id.to_owned(),
        }
    }

    fn subject(&self, id: u64) -> Change {
        Change::Subject {
            host: self.host.clone(),
            id: id.to_string(),
        }
    }
}

impl fmt::Debug for Webhook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Webhook")
            .field("host", &self.host)
            .finish_non_exhaustive()
    }
}

/// What a delivery is known by: the id its host gave it, and its bytes.
///
/// Most hosts do not sign the id. Whoever changes it makes louver ask a host again, which a permission taken away twice in the same words
/// must do as well.
fn digest(header: HeaderOf<'_>, body: &[u8]) -> [u8; 32] {
    let id = IDS.iter().find_map(|name| header(name)).unwrap_or_default();
    let mut hash = Sha256::new();
    for part in [id.as_bytes(), body] {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    hash.finalize().into()
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    if !text.len().is_multiple_of(2) || !text.is_ascii() {
        return None;
    }
    (0..text.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(text.get(at..at + 2)?, 16).ok())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hook(kind: HostKind) -> Webhook {
        let clock = Clock::of(|| UNIX_EPOCH + Duration::from_secs(1_700_000_000));
        Webhook::new("h", kind, Secret::new("It's a Secret to Everybody"), clock)
    }

    fn take(hook: &Webhook, headers: &[(&str, &str)], body: &str) -> Result<Vec<Change>, WebhookFault> {
        let header = |name: &str| {
            let found = headers.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| (*value).to_owned())
        };
        let delivery = hook.check(&header, body.as_bytes())?;
        hook.settle(&delivery);
        Ok(delivery.changes)
    }

    fn hex(bytes: &[u8]) -> String {
        bytes.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    fn signed(hook: &Webhook, body: &str) -> String {
        hex(&hook.mac(&[body.as_bytes()]).expect("a key").finalize().into_bytes())
    }

    #[test]
    fn the_signature_is_githubs_own() {
        // The example of GitHub's documentation.
        assert_eq!(
            signed(&hook(HostKind::GitHub), "Hello, World!"),
            "757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"
        );
    }

    #[test]
    fn a_wrong_signature_is_refused_everywhere() {
        let body = "{\"repository\":{\"id\":7,\"uuid\":\"{x}\"}}";
        for (kind, name) in [
            (HostKind::GitHub, "x-hub-signature-256"),
            (HostKind::Bitbucket, "x-hub-signature"),
            (HostKind::Gitea, "x-gitea-signature"),
            (HostKind::GitLab, "x-gitlab-token"),
            (HostKind::GitLab, "webhook-signature"),
        ] {
            let hook = hook(kind);
            let other = signed(&hook, "{}");
            for value in [
                "",
                "sha256=",
                "00",
                "sha256=zz",
                "v1,AAAA",
                &other,
                &format!("sha256={other}"),
            ] {
                assert_eq!(
                    take(&hook, &[(name, value)], body),
                    Err(WebhookFault::Signature),
                    "{kind:?} {value}"
                );
            }
            assert_eq!(take(&hook, &[], body), Err(WebhookFault::Signature));
        }
    }

    #[test]
    fn a_delivery_is_taken_once() {
        let hook = hook(HostKind::GitHub);
        let body = "{\"action\":\"removed\",\"repository\":{\"id\":7}}";
        let signature = format!("sha256={}", signed(&hook, body));
        let headers = [
            ("x-hub-signature-256", signature.as_str()),
            ("x-github-event", "member"),
        ];
        let change = Change::Repo {
            host: "h".to_owned(),
            id: "7".to_owned(),
        };
        assert_eq!(take(&hook, &headers, body), Ok(vec![change.clone()]));
        assert_eq!(take(&hook, &headers, body), Ok(Vec::new()));
        // A right that is taken away a second time is told in the same words, and is another delivery.
        let again = [headers[0], headers[1], ("x-github-delivery", "another")];
        assert_eq!(take(&hook, &again, body), Ok(vec![change]));
        assert_eq!(take(&hook, &again, body), Ok(Vec::new()));
    }

    #[test]
    fn a_delivery_that_was_interrupted_may_come_again() {
        let hook = hook(HostKind::Bitbucket);
        let body = "{}";
        let signature = format!("sha256={}", signed(&hook, body));
        let header = |name: &str| (name == "x-hub-signature").then(|| signature.clone());
        for _ in 0..2 {
            let delivery = hook.check(&header, body.as_bytes()).expect("signed");
            assert_eq!(delivery.changes, [Change::Host("h".to_owned())]);
        }
    }

    #[test]
    fn standard_webhooks_are_of_their_time() {
        let hook = hook(HostKind::GitLab);
        let body = "{\"event_name\":\"user_remove_from_team\",\"user_id\":5}";
        let at = |time: &str| {
            let mac = hook
                .mac(&[b"m1.", time.as_bytes(), b".", body.as_bytes()])
                .expect("a key");
            let signature = format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()));
            let headers = [
                ("webhook-id", "m1"),
                ("webhook-timestamp", time),
                ("webhook-signature", signature.as_str()),
            ];
            take(&hook, &headers, body)
        };
        assert_eq!(at("1699999000"), Err(WebhookFault::Signature));
        let change = Change::Subject {
            host: "h".to_owned(),
            id: "5".to_owned(),
        };
        assert_eq!(at("1700000100"), Ok(vec![change]));
    }
}
