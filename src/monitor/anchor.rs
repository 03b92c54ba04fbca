//! Keeping checkpoints out of louver's reach: as commits of a git repository, or under the signature of a witness.
//!
//! Whoever has the key and the disk can write another history, and nothing inside the log can show it. A checkpoint that somebody else has does.

use super::Line;
use super::stream::Failure;
use crate::audit::{Reader, WitnessKey, cosigned, instances, keep_cosigned};
use crate::scope::{AnchorConfig, AnchorTarget, PushTarget};
use crate::sources::{commit_file, push_branch};
use serde_json::json;
use std::path::Path;
use std::time::{Duration, Instant};
use url::Url;

/// How often it is asked whether it is time.
const PAUSE: Duration = Duration::from_secs(1);
/// How long a failure keeps from trying again.
const AGAIN: Duration = Duration::from_secs(30);

/// Anchors until the line is cut: once at the beginning, then as often as the scope says.
pub(super) fn run(config: &AnchorConfig, dir: &Path, line: &Line) {
    // One process of several anchors. The place in the log is not needed, only that nobody else has it.
    let Some(_place) = line.take_up(dir, &format!("anchor-{}", config.name)) else {
        return;
    };
    let mut next = Instant::now();
    let mut is_failing = false;
    while !line.is_cut() {
        if Instant::now() >= next {
            let done = instances(dir)
                .map_err(Failure::from)
                .and_then(|logs| logs.iter().try_for_each(|log| anchor(config, log)));
            match done {
                Ok(()) => {
                    next = Instant::now() + config.every;
                    is_failing = false;
                }
                Err(error) => {
                    tracing::warn!(anchor = config.name, %error, "a checkpoint could not be anchored; it is tried again");
                    if !is_failing {
                        is_failing = line.alert("anchor-down", json!({ "anchor": config.name }));
                    }
                    next = Instant::now() + AGAIN;
                }
            }
        }
        line.pause(PAUSE);
    }
}

fn anchor(config: &AnchorConfig, log: &Path) -> Result<(), Failure> {
    let reader = Reader::open(log)?;
    match &config.at {
        AnchorTarget::Git { path, push } => {
            let signed = reader.checkpoint()?;
            let name = reader.verifier().name().replace('/', "_");
            commit_file(
                path,
                ("checkpoints", &name),
                signed.as_bytes(),
                &format!("checkpoint of {name}"),
            )?;
            // Also when nothing is new: an earlier push may have failed.
            if let Some(PushTarget { url, credential }) = push {
                push_branch(path, url, credential)?;
            }
            Ok(())
        }
        AnchorTarget::Witness { url, vkey } => witness(config, &reader, log, url, &WitnessKey::parse(vkey)?),
    }
}

/// Has the last checkpoint signed by a witness, and keeps what it signed.
fn witness(config: &AnchorConfig, reader: &Reader, log: &Path, url: &Url, key: &WitnessKey) -> Result<(), Failure> {
    let mut old = cosigned(log, &config.name, reader.verifier())?;
    for _ in 0..2 {
        let request = reader.prove_from(old)?;
        let Some((_, signed)) = request.split_once("\n\n") else {
            return Err("the proof has no checkpoint".into());
        };
        let address = format!("{}/add-checkpoint", url.as_str().trim_end_matches('/'));
        let answer = super::client()?.post(address).body(request.clone()).send()?;
        let status = answer.status();
        let said = answer.text()?;
        if status.is_success() {
            let note = format!("{signed}{said}");
            key.check(&note)?;
            return Ok(keep_cosigned(log, &config.name, &note)?);
        }
        // It knows another checkpoint than this louver thinks, and says which.
        match said.trim().parse() {
            Ok(size) if status.as_u16() == 409 && size != old => old = size,
            _ => return Err(format!("the witness answered {status}").into()),
        }
    }
    Err("the witness knows checkpoints that this log does not continue".into())
}
