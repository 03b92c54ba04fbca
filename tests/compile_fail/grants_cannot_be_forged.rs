//~ error[E0451]
use louver::access::{Grant, Subject};
use louver::scope::{ApprovedRepo, Monitoring, Rule};
use std::time::SystemTime;

fn forge(subject: Subject, repo: ApprovedRepo, now: SystemTime) -> Grant {
    Grant { subject, repo, source: "me", checked_at: now, expires_at: now, rule: Rule::Listed, monitoring: Monitoring::Normal }
}

fn main() {}
