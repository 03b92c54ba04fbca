//! `louver bench parse`: the floor of indexing, which is parsing alone.

use super::{bench_calls, progress};
use crate::extraction::{Grammar, parse_alone};
use std::fs;
use std::path::Path;
use std::process::ExitCode;

/// Parses the files below a folder whose language is known, one after another.
pub(super) fn run(root: &Path) -> anyhow::Result<ExitCode> {
    let (mut files, mut bytes, mut lines, mut whole) = (0_u64, 0, 0, 0_u64);
    for path in bench_calls::files_below(root)? {
        let text = fs::read(root.join(&path))?;
        if let Some(grammar) = Grammar::for_path(&path, Some(&text)) {
            files += 1;
            bytes += text.len();
            lines += text.iter().filter(|byte| **byte == b'\n').count();
            whole += u64::from(parse_alone(grammar, &text));
        }
    }
    progress::put(format_args!(
        "parsed {files} files, {lines} lines, {bytes} bytes; {whole} files without an error"
    ))?;
    Ok(ExitCode::SUCCESS)
}
