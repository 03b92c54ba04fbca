//! What people see on stderr: progress bars on a terminal, plain lines otherwise.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::fmt;
use std::io::{IsTerminal as _, Write as _, stderr, stdout};
use std::time::Duration;

/// Writes one line to stderr.
pub(super) fn say(line: fmt::Arguments<'_>) {
    // A closed stderr is no reason to fail.
    drop(writeln!(stderr().lock(), "{line}"));
}

/// Writes one line to stdout; a reader who hung up ends the command quietly.
pub(super) fn put(line: fmt::Arguments<'_>) -> std::io::Result<()> {
    match writeln!(stdout().lock(), "{line}") {
        Err(err) if err.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
        other => other,
    }
}

/// Whether stderr may be coloured.
pub(super) fn colour() -> bool {
    stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}

/// A bar for one repository: a bar on a terminal, nothing elsewhere.
pub(super) fn bar(name: &str, quiet: bool) -> ProgressBar {
    let bar = ProgressBar::no_length();
    if quiet || !stderr().is_terminal() {
        bar.set_draw_target(ProgressDrawTarget::hidden());
        return bar;
    }
    let template = if colour() {
        "{prefix:.bold} {msg} [{bar:30.cyan}] {pos}/{len} {eta}"
    } else {
        "{prefix} {msg} [{bar:30}] {pos}/{len} {eta}"
    };
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style.progress_chars("=> "));
    }
    bar.set_prefix(name.to_owned());
    bar.enable_steady_tick(Duration::from_millis(200));
    bar
}
