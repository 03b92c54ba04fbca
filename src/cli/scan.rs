//! `louver scan`: looks for credentials and personal data, for hooks and pipelines.

use super::{Format, Shared, progress};
use crate::secrets::{FileFinding, Rules, Scanner, to_jsonl, to_sarif, to_text};
use anyhow::Context as _;
use clap::Args;
use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Larger files are data, and are named on stderr.
const MOST_BYTES: u64 = 32 << 20;

#[derive(Debug, Args)]
pub(super) struct Options {
    /// Files or folders; `-` reads standard input
    #[arg(value_name = "PATH", required = true)]
    paths: Vec<PathBuf>,
    /// Further rules, in the format of gitleaks
    #[arg(long, value_name = "FILE")]
    rules: Vec<PathBuf>,
}

pub(super) fn run(shared: &Shared, options: &Options) -> anyhow::Result<ExitCode> {
    let scanner = scanner(options)?;
    let mut found: Vec<FileFinding<'_>> = Vec::new();
    let inputs = inputs(&options.paths)?;
    for (path, text) in &inputs {
        let findings = scanner.scan_file(Some(path), text, &|_| false);
        found.extend(findings.into_iter().map(|finding| FileFinding { path, finding }));
    }
    let report = match shared.format {
        Format::Text => to_text(&scanner, &found),
        Format::Json => to_jsonl(&found),
        Format::Sarif => to_sarif(&scanner, &found),
        Format::Csv | Format::Jsonl | Format::Ocsf | Format::Cef | Format::Syslog => {
            anyhow::bail!("findings have no such form; choose --format text, json or sarif")
        }
    };
    if !report.is_empty() {
        progress::put(format_args!("{}", report.trim_end()))?;
    }
    if found.is_empty() {
        return Ok(ExitCode::SUCCESS);
    }
    progress::say(format_args!("{} findings in {} files read", found.len(), inputs.len()));
    Ok(ExitCode::from(3))
}

fn scanner(options: &Options) -> anyhow::Result<Scanner> {
    let mut added = Vec::new();
    for path in &options.rules {
        added.push(Rules::load(path).with_context(|| format!("cannot use the rules `{}`", path.display()))?);
    }
    Ok(Scanner::with(added))
}

/// Every file to read, in the order of paths; folders are walked, links and `.git` are not followed.
fn inputs(paths: &[PathBuf]) -> anyhow::Result<Vec<(String, Vec<u8>)>> {
    let mut out = Vec::new();
    for path in paths {
        if path.as_os_str() == "-" {
            let mut text = Vec::new();
            std::io::stdin()
                .lock()
                .read_to_end(&mut text)
                .context("cannot read standard input")?;
            out.push(("-".to_owned(), text));
        } else {
            walk(path, &mut out).with_context(|| format!("cannot read `{}`", path.display()))?;
        }
    }
    Ok(out)
}

fn walk(path: &Path, out: &mut Vec<(String, Vec<u8>)>) -> std::io::Result<()> {
    let kind = fs::symlink_metadata(path)?;
    if kind.is_dir() {
        let mut entries: Vec<PathBuf> = fs::read_dir(path)?
            .map(|entry| entry.map(|it| it.path()))
            .collect::<Result<_, _>>()?;
        entries.sort();
        for entry in entries
            .iter()
            .filter(|entry| entry.file_name().is_none_or(|name| name != ".git"))
        {
            walk(entry, out)?;
        }
    } else if kind.is_file() && kind.len() > MOST_BYTES {
        progress::say(format_args!(
            "{}: left out, larger than {MOST_BYTES} bytes",
            path.display()
        ));
    } else if kind.is_file() {
        let text = fs::read(path)?;
        // Text has no NUL near its beginning; images and archives do.
        if !text.iter().take(8_192).any(|byte| *byte == 0) {
            out.push((path.display().to_string(), text));
        }
    }
    Ok(())
}
