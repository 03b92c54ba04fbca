//! The keys of an identity provider: read from a file or fetched, kept for a while, and looked for again when a token names one that is new.

use super::fetch::{FetchFault, Reach, fetch};
use crate::scope::JwksSource;
use jsonwebtoken::jwk::{AlgorithmParameters, Jwk, PublicKeyUse};
use jsonwebtoken::{Algorithm, DecodingKey};
use serde::Deserialize;
use serde_json::Value;
use std::fmt;
use std::fs::File;
use std::io::Read as _;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

const MOST_BYTES: u64 = 256 * 1024;
const MOST_KEYS: usize = 50;
/// Keys are asked for again after this, so that one that was withdrawn ends.
const SHORTEST: Duration = Duration::from_secs(60);
const LONGEST: Duration = Duration::from_secs(3600);
const USUAL: Duration = Duration::from_secs(600);
/// How long keys are good beyond that while their provider cannot be asked.
const GRACE: Duration = Duration::from_secs(3600);
/// How often in a minute the provider is asked for a key that nobody knows; anybody can name one.
const MOST_SEARCHES: u32 = 5;
const MINUTE: Duration = Duration::from_secs(60);

/// The keys of one identity provider.
pub(super) struct Keys {
    source: JwksSource,
    kept: Mutex<Kept>,
}

#[derive(Default)]
struct Kept {
    keys: Vec<Jwk>,
    /// From when on they are asked for again, and from when on they are worth nothing.
    until: Option<(Instant, Instant)>,
    searches: Option<(Instant, u32)>,
}

/// Why there are no keys.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum KeysFault {
    #[error("the keys at `jwks_url` cannot be had: {0}")]
    Fetch(#[from] FetchFault),
    #[error("the file of `jwks_file` cannot be read ({0})")]
    File(std::io::ErrorKind),
    #[error("what is there is no set of public keys")]
    Shape,
}

#[derive(Deserialize)]
struct KeySet {
    keys: Vec<Value>,
}

impl Keys {
    pub(super) fn at(source: JwksSource) -> Self {
        Self {
            source,
            kept: Mutex::default(),
        }
    }

    /// The keys a token may be signed with: the one it names, or if it names none, each of that kind.
    pub(super) fn of(&self, id: Option<&str>, algorithm: Algorithm) -> Result<Vec<DecodingKey>, KeysFault> {
        let now = Instant::now();
        // Held while they are fetched: whoever comes meanwhile needs them too.
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let is_fresh = kept.until.is_some_and(|(fresh, _)| now < fresh);
        let is_known = |kept: &Kept| id.is_none_or(|id| kept.keys.iter().any(|key| is_named(key, id)));
        if !is_fresh || (!is_known(&kept) && kept.may_search(now)) {
            self.renew(&mut kept, now)?;
        }
        let fitting = kept.keys.iter().filter(|key| fits(key, algorithm));
        let named = fitting.filter(|key| id.is_none_or(|id| is_named(key, id)));
        Ok(named.filter_map(|key| DecodingKey::from_jwk(key).ok()).collect())
    }

    /// Reads the keys, in place of all that were known. If that fails, those that are known are good for a while longer.
    fn renew(&self, kept: &mut Kept, now: Instant) -> Result<(), KeysFault> {
        match self.read() {
            Ok((keys, fresh_for)) => {
                let fresh = now + fresh_for.clamp(SHORTEST, LONGEST);
                kept.keys = keys;
                kept.until = Some((fresh, fresh + GRACE));
                Ok(())
            }
            Err(fault) => {
                tracing::warn!(%fault, "the keys of an identity provider could not be renewed");
                match &mut kept.until {
                    Some((fresh, end)) if now < *end => {
                        *fresh = (*fresh).max(now + MINUTE);
                        Ok(())
                    }
                    _ => Err(fault),
                }
            }
        }
    }

    /// Reads the keys, and how long they are fresh.
    pub(super) fn read(&self) -> Result<(Vec<Jwk>, Duration), KeysFault> {
        let (body, fresh_for) = match &self.source {
            // The operator named it, so it may be inside the organisation.
            JwksSource::Url(url) => {
                let fetched = fetch(url, Reach::Anywhere, MOST_BYTES)?;
                (fetched.body, fetched.fresh_for.unwrap_or(USUAL))
            }
            JwksSource::File(path) => {
                let mut body = Vec::new();
                let read = File::open(path).and_then(|file| file.take(MOST_BYTES).read_to_end(&mut body));
                read.map_err(|err| KeysFault::File(err.kind()))?;
                (body, SHORTEST)
            }
        };
        let set: KeySet = serde_json::from_slice(&body).map_err(|_| KeysFault::Shape)?;
        // A set may hold keys of kinds nobody here knows.
        let keys = set.keys.into_iter().take(MOST_KEYS);
        let keys: Vec<Jwk> = keys.filter_map(|key| serde_json::from_value(key).ok()).collect();
        if keys.is_empty() {
            return Err(KeysFault::Shape);
        }
        Ok((keys, fresh_for))
    }
}

impl Kept {
    fn may_search(&mut self, now: Instant) -> bool {
        let (began, count) = self.searches.unwrap_or((now, 0));
        let (began, count) = if now.duration_since(began) < MINUTE {
            (began, count)
        } else {
            (now, 0)
        };
        self.searches = Some((began, count + 1));
        count < MOST_SEARCHES
    }
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keys")
            .field("source", &self.source)
            .finish_non_exhaustive()
    }
}

fn is_named(key: &Jwk, id: &str) -> bool {
    key.common.key_id.as_deref() == Some(id)
}

/// Whether a key is a public one for signatures of this algorithm.
fn fits(key: &Jwk, algorithm: Algorithm) -> bool {
    let is_for_signatures = matches!(key.common.public_key_use, None | Some(PublicKeyUse::Signature));
    let is_for_this = key
        .common
        .key_algorithm
        .is_none_or(|own| own.to_string() == format!("{algorithm:?}"));
    let is_of_kind = match &key.algorithm {
        AlgorithmParameters::RSA(_) => is_rsa(algorithm),
        AlgorithmParameters::EllipticCurve(_) => matches!(algorithm, Algorithm::ES256 | Algorithm::ES384),
        AlgorithmParameters::OctetKeyPair(_) => algorithm == Algorithm::EdDSA,
        // A secret that is published is none.
        AlgorithmParameters::OctetKey(_) => false,
    };
    is_for_signatures && is_for_this && is_of_kind
}

const fn is_rsa(algorithm: Algorithm) -> bool {
    use Algorithm::{PS256, PS384, PS512, RS256, RS384, RS512};
    matches!(algorithm, RS256 | RS384 | RS512 | PS256 | PS384 | PS512)
}
