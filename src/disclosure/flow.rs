//! Behaviour outlines as a reader sees them: nested lines, straight runs of calls joined by arrows.

use super::policy::Telling;
use crate::index::flow::{FlowStep, Op};
use schemars::JsonSchema;
use serde::Serialize;

/// How many of what a body holds: all that a tier with `outline = "counts"` tells.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub(crate) struct FlowCounts {
    pub(crate) calls: u32,
    pub(crate) branches: u32,
    pub(crate) loops: u32,
    pub(crate) error_exits: u32,
    pub(crate) awaits: u32,
}

impl FlowCounts {
    pub(crate) fn of(steps: &[FlowStep]) -> Self {
        let mut counts = Self::default();
        for step in steps {
            match step.op {
                Op::Call | Op::New | Op::Macro => counts.calls += 1,
                Op::If | Op::Arm => counts.branches += 1,
                Op::Loop => counts.loops += 1,
                Op::ErrorExit => counts.error_exits += 1,
                _ => (),
            }
            counts.error_exits += u32::from(step.propagated);
            counts.awaits += u32::from(step.awaited);
        }
        counts
    }

    pub(crate) fn line(self) -> String {
        let Self {
            calls,
            branches,
            loops,
            error_exits,
            awaits,
        } = self;
        let counted = [
            ("calls", calls),
            ("branches", branches),
            ("loops", loops),
            ("error_exits", error_exits),
            ("awaits", awaits),
        ];
        let words = counted.iter().filter(|(_, n)| *n > 0);
        words
            .map(|(what, n)| format!("{what}={n}"))
            .collect::<Vec<_>>()
            .join(" ")
    }
}

/// The outline as lines, nested by leading spaces; empty unless the tier shows it.
pub(crate) fn lines(steps: &[FlowStep], telling: Telling) -> Vec<String> {
    if !telling.is_shown() {
        return Vec::new();
    }
    let mut out = Vec::new();
    let mut run: Option<(u8, Vec<String>)> = None;
    for (at, step) in steps.iter().enumerate() {
        // The number of arms is told by what they belong to.
        let is_empty = steps.get(at + 1).is_none_or(|next| next.depth <= step.depth);
        if is_empty && step.names.is_empty() && matches!(step.op, Op::Arm | Op::Else | Op::Closure) {
            continue;
        }
        if is_straight(step.op) {
            match &mut run {
                Some((depth, words)) if *depth == step.depth && words.len() < 6 => words.push(word(step)),
                _ => {
                    flush(&mut run, &mut out);
                    run = Some((step.depth, vec![word(step)]));
                }
            }
        } else {
            flush(&mut run, &mut out);
            out.push(format!("{}{}", indent(step.depth), word(step)));
        }
    }
    flush(&mut run, &mut out);
    out
}

fn flush(run: &mut Option<(u8, Vec<String>)>, out: &mut Vec<String>) {
    if let Some((depth, words)) = run.take() {
        out.push(format!("{}{}", indent(depth), fold_repeats(words).join(" -> ")));
    }
}

/// `a -> a -> a` reads `a x3`.
fn fold_repeats(words: Vec<String>) -> Vec<String> {
    let mut folded: Vec<(String, u32)> = Vec::new();
    for word in words {
        match folded.last_mut() {
            Some((last, n)) if *last == word => *n += 1,
            _ => folded.push((word, 1)),
        }
    }
    folded
        .into_iter()
        .map(|(word, n)| if n == 1 { word } else { format!("{word} x{n}") })
        .collect()
}

fn is_straight(op: Op) -> bool {
    matches!(
        op,
        Op::Call
            | Op::New
            | Op::Macro
            | Op::Set
            | Op::Return
            | Op::EarlyReturn
            | Op::ErrorExit
            | Op::Break
            | Op::Continue
            | Op::Yield
    )
}

fn indent(depth: u8) -> String {
    " ".repeat(usize::from(depth.min(12)))
}

fn word(step: &FlowStep) -> String {
    let names = step.names.join(",");
    let mut out = match step.op {
        Op::Call => names,
        Op::New => format!("new {names}"),
        Op::Macro => format!("{names}!"),
        Op::Match if names.is_empty() => format!("match arms={}", step.count),
        Op::Match => format!("match[{names}] arms={}", step.count),
        op if names.is_empty() => op.word().to_owned(),
        op => format!("{}[{names}]", op.word()),
    };
    if step.awaited {
        out.push_str(" await");
    }
    if step.propagated {
        out.push_str(" ?");
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step(depth: u8, op: Op, name: &str) -> FlowStep {
        FlowStep {
            depth,
            op,
            names: if name.is_empty() { vec![] } else { vec![name.to_owned()] },
            count: 1,
            awaited: false,
            propagated: op == Op::Call,
        }
    }

    #[test]
    fn straight_runs_share_a_line_and_nesting_indents() {
        let steps = [
            step(0, Op::Call, "open"),
            step(0, Op::Call, "open"),
            step(0, Op::If, "is_ready"),
            step(1, Op::Call, "run"),
            step(1, Op::EarlyReturn, ""),
            step(0, Op::Return, ""),
        ];
        let shown = lines(&steps, Telling::Shown).join("\n");
        assert_eq!(shown, "open ? x2\nif[is_ready]\n run ? -> early-return\nreturn");
        assert!(lines(&steps, Telling::Counts).is_empty());
        let counts = FlowCounts::of(&steps);
        assert_eq!((counts.calls, counts.branches, counts.error_exits), (3, 1, 3));
    }
}
