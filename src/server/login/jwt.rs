//! Access tokens of an organisation's own identity provider (RFC 9068), in place of a login at louver.
//!
//! The operator says whose, for which audience, and which claim names the account at which host; what that account may read is asked of the
//! host as always. Nothing in a token says where its key is found.

use super::jwks::{Keys, KeysFault};
use crate::access::Subject;
use crate::scope::{JwksSource, JwtConfig};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, Validation, decode};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Signatures with keys that can be published; none with a secret, and not none.
const ALGORITHMS: [Algorithm; 9] = [
    Algorithm::RS256,
    Algorithm::RS384,
    Algorithm::RS512,
    Algorithm::PS256,
    Algorithm::PS384,
    Algorithm::PS512,
    Algorithm::ES256,
    Algorithm::ES384,
    Algorithm::EdDSA,
];
/// A token cannot be revoked, so it must end soon by itself.
const LONGEST_LIFE: Duration = Duration::from_secs(24 * 3600);
const MOST_ACCOUNT_CHARS: usize = 128;

/// The identity providers whose tokens are taken.
#[derive(Debug)]
pub(super) struct Issuers(Vec<Issuer>);

#[derive(Debug)]
struct Issuer {
    config: JwtConfig,
    keys: Keys,
}

/// What a good token says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Vouched {
    pub(super) subject: Subject,
    /// Names the token in records; it opens nothing.
    pub(super) session: String,
    pub(super) client: Option<String>,
}

/// Why a token is not taken. Its bearer is told none of it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum JwtFault {
    #[error("no JWT")]
    Shape,
    #[error("no issuer that is taken")]
    Issuer,
    #[error("an algorithm that is not taken")]
    Algorithm,
    #[error("a header that is not understood")]
    Header,
    #[error("no key that is known")]
    UnknownKey,
    #[error("the signature is not right")]
    Signature,
    #[error("another audience")]
    Audience,
    #[error("expired, or not yet good")]
    Time,
    #[error("good for longer than a day")]
    Life,
    #[error("bound to a key of its sender, which louver cannot check")]
    Bound,
    #[error("no account in its claims")]
    Account,
    #[error(transparent)]
    Keys(#[from] KeysFault),
}

/// The part of a header that decides. What would say where a key is found (`jku`, `jwk`, `x5u`) is not read.
#[derive(Deserialize)]
struct Header {
    alg: String,
    #[serde(default)]
    kid: Option<String>,
    #[serde(default)]
    typ: Option<String>,
    #[serde(default)]
    crit: Option<serde::de::IgnoredAny>,
}

#[derive(Deserialize)]
struct Claimed {
    iss: String,
}

impl Issuers {
    /// Reads the keys that are in files, so that a mistake is known at once.
    pub(super) fn new(configs: &[JwtConfig]) -> Result<Self, KeysFault> {
        let mut issuers = Vec::new();
        for config in configs {
            let keys = Keys::at(config.jwks.clone());
            if matches!(config.jwks, JwksSource::File(_)) {
                keys.read()?;
            }
            issuers.push(Issuer {
                config: config.clone(),
                keys,
            });
        }
        Ok(Self(issuers))
    }

    /// Whether a token is for them to judge: it has the form of a JWT, and there is somebody.
    pub(super) fn are_for(&self, token: &str) -> bool {
        !self.0.is_empty() && token.split('.').count() == 3
    }

    /// Whoever a token speaks for.
    pub(super) fn vouch(&self, token: &str) -> Result<Vouched, JwtFault> {
        let mut parts = token.split('.');
        let header: Header = part(parts.next())?;
        // Only to know whose key to use; nothing is believed before the signature is right.
        let claimed: Claimed = part(parts.next())?;
        let mut fault = JwtFault::Issuer;
        for issuer in self.0.iter().filter(|it| it.config.issuer == claimed.iss) {
            match issuer.vouch(token, &header) {
                Ok(vouched) => return Ok(vouched),
                Err(found) => fault = found,
            }
        }
        Err(fault)
    }
}

fn part<T: DeserializeOwned>(text: Option<&str>) -> Result<T, JwtFault> {
    let bytes = text.and_then(|text| URL_SAFE_NO_PAD.decode(text).ok());
    bytes
        .and_then(|bytes| serde_json::from_slice(&bytes).ok())
        .ok_or(JwtFault::Shape)
}

impl Issuer {
    fn vouch(&self, token: &str, header: &Header) -> Result<Vouched, JwtFault> {
        let algorithm = ALGORITHMS.into_iter().find(|it| format!("{it:?}") == header.alg);
        let algorithm = algorithm.ok_or(JwtFault::Algorithm)?;
        let typ = header.typ.as_deref().unwrap_or("at+jwt").to_ascii_lowercase();
        // Many providers still say `JWT`; what says it is something else is no access token.
        let is_access = matches!(typ.trim_start_matches("application/"), "at+jwt" | "jwt");
        if header.crit.is_some() || !is_access {
            return Err(JwtFault::Header);
        }
        let keys = self.keys.of(header.kid.as_deref(), algorithm)?;
        let validation = self.validation(algorithm);
        let mut fault = JwtFault::UnknownKey;
        for key in &keys {
            match decode::<Map<String, Value>>(token, key, &validation) {
                Ok(found) => return self.vouched(token, &found.claims),
                Err(err) => fault = of(&err),
            }
        }
        Err(fault)
    }

    fn validation(&self, algorithm: Algorithm) -> Validation {
        let mut validation = Validation::new(algorithm);
        validation.leeway = self.config.leeway_seconds;
        validation.validate_nbf = true;
        validation.set_issuer(&[&self.config.issuer]);
        validation.set_audience(&[&self.config.audience]);
        validation.set_required_spec_claims(&["exp", "iss", "aud"]);
        validation
    }

    fn vouched(&self, token: &str, claims: &Map<String, Value>) -> Result<Vouched, JwtFault> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let latest = now + LONGEST_LIFE + Duration::from_secs(self.config.leeway_seconds);
        if claims
            .get("exp")
            .and_then(Value::as_f64)
            .is_none_or(|end| end > latest.as_secs_f64())
        {
            return Err(JwtFault::Life);
        }
        if claims.contains_key("cnf") {
            return Err(JwtFault::Bound);
        }
        let id = account(claims, &self.config.account_claim).ok_or(JwtFault::Account)?;
        let login = self.config.login_claim.as_deref().and_then(|it| account(claims, it));
        let client = account(claims, "client_id").or_else(|| account(claims, "azp"));
        let name = URL_SAFE_NO_PAD.encode(Sha256::digest(token.as_bytes()));
        Ok(Vouched {
            subject: Subject {
                issuer: self.config.host.clone(),
                login: login.unwrap_or_else(|| id.clone()),
                id,
            },
            session: format!("jwt:{}", &name[..22]),
            client,
        })
    }
}

/// A claim that names somebody: text, or a whole number.
fn account(claims: &Map<String, Value>, name: &str) -> Option<String> {
    let text = match claims.get(name)? {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.as_u64()?.to_string(),
        _ => return None,
    };
    let is_plain = !text.is_empty()
        && text.chars().count() <= MOST_ACCOUNT_CHARS
        && !text.contains(|c: char| c.is_control() || c.is_whitespace());
    is_plain.then_some(text)
}

fn of(err: &jsonwebtoken::errors::Error) -> JwtFault {
    use jsonwebtoken::errors::ErrorKind;
    match err.kind() {
        ErrorKind::InvalidSignature => JwtFault::Signature,
        ErrorKind::InvalidAudience => JwtFault::Audience,
        ErrorKind::InvalidIssuer => JwtFault::Issuer,
        ErrorKind::ExpiredSignature | ErrorKind::ImmatureSignature => JwtFault::Time,
        ErrorKind::InvalidAlgorithm => JwtFault::Algorithm,
        _ => JwtFault::Shape,
    }
}
