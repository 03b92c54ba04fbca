//! The record that a command leaves of itself.

use super::place::Place;
use crate::access::LocalHost;
use crate::audit::{Class, Decision, Log, Record};
use anyhow::Context as _;
use serde_json::{Map, Value};

/// What somebody did with louver on the command line.
///
/// What it was about is kept as a keyed digest, as questions are: it may name people, whose names can be erased.
#[derive(Debug)]
pub(super) struct Act {
    class: Class,
    command: &'static str,
    about: Option<String>,
    detail: Map<String, Value>,
}

impl Act {
    pub(super) fn new(class: Class, command: &'static str) -> Self {
        Self {
            class,
            command,
            about: None,
            detail: Map::new(),
        }
    }

    pub(super) fn about(mut self, about: &str) -> Self {
        self.about = Some(about.to_owned());
        self
    }

    /// Adds a detail that names nobody.
    pub(super) fn with(mut self, key: &str, value: impl Into<Value>) -> Self {
        self.detail.insert(key.to_owned(), value.into());
        self
    }

    /// Writes the record and closes the log again.
    pub(super) fn record(self, place: &Place) -> anyhow::Result<()> {
        let log = place.open_log()?;
        self.record_in(&log)?;
        log.close().context("the audit log could not be closed")?;
        Ok(())
    }

    /// Writes the record in a log that is open.
    pub(super) fn record_in(self, log: &Log) -> anyhow::Result<()> {
        let who = LocalHost::subject();
        let mut record = Record::new(self.class);
        record.subject = Some(log.subject(&who.issuer, &who.id, &who.login)?);
        record.tool = Some(self.command.to_owned());
        record.decision = Some(Decision::Allow);
        record.arguments = self.about.map(|about| log.digest(about.as_bytes()));
        if !self.detail.is_empty() {
            record = record.with_detail(self.detail);
        }
        let receipt = log
            .append(record)
            .context("the command could not be recorded, so it is not done")?;
        tracing::debug!(index = receipt.index(), "recorded");
        Ok(())
    }
}
