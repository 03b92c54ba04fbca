//! The record of logins: what happened to whom, without any secret.

use crate::access::Subject;
use crate::audit::{self, AuditError, Class, Decision, Log, Personal, Record, Sha256Digest};
use crate::scope::ScopeInForce;
use serde_json::{Map, Value};
use std::net::IpAddr;
use std::sync::Arc;

/// Writes records of class `auth`.
#[derive(Debug)]
pub(in crate::server) struct Events {
    log: Arc<Log>,
    scope: Arc<ScopeInForce>,
}

/// Something that happened at the door.
#[derive(Debug, Default)]
pub(in crate::server) struct Event<'a> {
    /// One word for what it is.
    pub(in crate::server) what: &'static str,
    pub(in crate::server) denied: bool,
    pub(in crate::server) subject: Option<&'a Subject>,
    pub(in crate::server) session: Option<&'a str>,
    pub(in crate::server) client: Option<&'a str>,
    pub(in crate::server) address: Option<IpAddr>,
    pub(in crate::server) detail: Map<String, Value>,
}

impl Events {
    pub(in crate::server) fn new(log: Arc<Log>, scope: Arc<ScopeInForce>) -> Self {
        Self { log, scope }
    }

    /// Writes a record and returns once it is durable; what it allows must wait for that.
    pub(in crate::server) fn record(&self, event: Event<'_>) -> Result<(), AuditError> {
        let mut record = Record::new(Class::Auth);
        if let Some(subject) = event.subject {
            record.subject = Some(self.log.subject(&subject.issuer, &subject.id, &subject.login)?);
        }
        record.session = event.session.map(str::to_owned);
        record.oauth_client = event.client.map(|it| it.chars().take(audit::MAX_CLAIMED).collect());
        record.decision = Some(if event.denied { Decision::Deny } else { Decision::Allow });
        record.rule = Some(event.what.to_owned());
        record.scope_digest = Sha256Digest::from_hex(self.scope.current(&|_| ()).digest());
        if let Some(address) = event.address {
            record.address = Some(self.log.commit(Personal::Address, &address.to_string())?);
        }
        if !event.detail.is_empty() {
            record = record.with_detail(event.detail);
        }
        self.log.append(record).map(drop)
    }
}
