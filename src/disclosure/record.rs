//! The record of one call: what was asked, what was told, under which permission.

use super::tokens::estimate_tokens;
use super::{Own, Prepared, Refusal, Source};
use crate::access::Subject;
use crate::audit::{self, AuditError, Class, Decision, Log, Permission, Personal, Record, Sha256Digest, Symbols};
use crate::scope::Monitoring;
use std::collections::BTreeMap;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// One call as its record tells it.
#[derive(Debug)]
pub struct Call<'a> {
    pub subject: &'a Subject,
    /// The login the call belongs to.
    pub session: Option<&'a str>,
    /// The registered client that asks in the person's name.
    pub oauth_client: Option<&'a str>,
    pub tool: &'a str,
    /// The arguments in canonical JSON; only a keyed digest of them is kept.
    pub arguments: &'a str,
    /// The caller's words, where the tool takes words.
    pub question: Option<&'a str>,
    /// Name and version the client claims.
    pub client: Option<(&'a str, &'a str)>,
    pub address: Option<&'a str>,
    pub trace: Option<&'a str>,
    /// What the scope in force calls the organisation's own.
    pub own: &'a Own,
    /// Digest of the scope in force.
    pub scope: &'a str,
    pub began: std::time::Instant,
}

pub(super) fn repo(source: &Source<'_>) -> audit::Repo {
    let repo = source.grant.repo();
    audit::Repo {
        name: repo.name().to_string(),
        commit: Some(source.commit.clone()),
        tier: Some(repo.tier().to_string()),
    }
}

/// The oldest permission the answer rests on.
pub(super) fn permission(sources: &[Source<'_>]) -> Option<Permission> {
    let oldest = sources
        .iter()
        .map(|source| source.grant)
        .min_by_key(|grant| grant.checked_at())?;
    let since_epoch = oldest.checked_at().duration_since(UNIX_EPOCH).unwrap_or_default();
    let age = SystemTime::now()
        .duration_since(oldest.checked_at())
        .unwrap_or_default();
    Some(Permission {
        source: oldest.source().to_owned(),
        checked_at: micros(since_epoch),
        age_ms: u64::try_from(age.as_millis()).unwrap_or(u64::MAX),
    })
}

/// The rule of the record where an exception asks for close watching.
pub(super) fn exception(sources: &[Source<'_>]) -> Option<String> {
    let watched = |source: &&Source<'_>| source.grant.monitoring() == Monitoring::Enhanced;
    let source = sources.iter().find(watched)?;
    Some(source.grant.rule().to_string())
}

pub(super) fn of(
    log: &Log,
    call: &Call<'_>,
    prepared: Option<&Prepared>,
    refusal: Option<&Refusal>,
    text: &str,
    redactions: BTreeMap<String, u64>,
) -> Result<Record, AuditError> {
    let mut record = asked(
        log,
        call,
        if refusal.is_some() {
            Class::Denial
        } else {
            Class::Retrieval
        },
    )?;
    record.decision = Some(match (refusal, redactions.is_empty()) {
        (Some(Refusal::Failed), _) => Decision::Error,
        (Some(_), _) => Decision::Deny,
        (None, true) => Decision::Allow,
        (None, false) => Decision::Redact,
    });
    let exception = prepared.and_then(|it| it.exception.clone());
    record.rule = Some(match refusal {
        Some(refusal) => refusal.rule().to_owned(),
        None => exception.unwrap_or_else(|| "granted".to_owned()),
    });
    record.redactions = redactions;
    record.bytes = Some(text.len() as u64);
    record.tokens = Some(u64::from(estimate_tokens(text)));
    record.output_sha256 = Some(Sha256Digest::of(text.as_bytes()));
    // No type that holds source text can be written into a page, so there is nothing to count.
    record.raw_source_bytes = Some(0);
    if let Some(Prepared {
        written,
        approved_words: _,
        repos,
        permission,
        exception: _,
        oracle: _,
        pseudonyms,
        own_words: _,
    }) = prepared
    {
        record.repos.clone_from(repos);
        record.permission.clone_from(permission);
        record.items = Some(written.items);
        record.names_withheld = Some(u64::from(written.withheld));
        record.pseudonyms = (*pseudonyms > 0).then_some(u64::from(*pseudonyms));
        record.symbols = Some(Symbols::of(written.told.iter().cloned()));
    }
    record.duration_us = Some(micros(call.began.elapsed()));
    Ok(record)
}

fn asked(log: &Log, call: &Call<'_>, class: Class) -> Result<Record, AuditError> {
    let mut record = Record::new(class);
    let Subject { issuer, id, login } = call.subject;
    record.subject = Some(log.subject(issuer, id, login)?);
    record.session = call.session.map(str::to_owned);
    record.oauth_client = call.oauth_client.map(bounded);
    record.client = call.client.map(|(name, version)| audit::Client::claimed(name, version));
    record.address = match call.address {
        Some(address) => Some(log.commit(Personal::Address, address)?),
        None => None,
    };
    record.tool = Some(call.tool.chars().take(audit::MAX_CLAIMED).collect());
    record.arguments = Some(log.digest(call.arguments.as_bytes()));
    record.query = call.question.map(|question| log.query(question));
    record.scope_digest = Sha256Digest::from_hex(call.scope);
    record.trace_id = call.trace.map(str::to_owned);
    Ok(record)
}

/// A client id may be an address of any length.
fn bounded(text: &str) -> String {
    text.chars().take(audit::MAX_CLAIMED).collect()
}

fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}
