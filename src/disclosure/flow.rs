//! Behaviour outlines as a reader sees them: nested lines, straight runs of calls joined by arrows. In a run, `.name` has the owner of the step before
//! it, and `self.name` the type of the function itself.

use super::policy::Telling;
use crate::index::flow::{FlowStep, Op};
use schemars::JsonSchema;
use serde::Serialize;
use std::borrow::Cow;

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

/// Longer lines are not made by joining two.
const LONGEST_LINE: usize = 100;

/// The outline as lines, nested by leading spaces, or behind a colon where one line is all; empty unless the tier shows it.
pub(crate) fn lines(steps: &[FlowStep], telling: Telling, own: Option<&str>) -> Vec<String> {
    if !telling.is_shown() {
        return Vec::new();
    }
    let mut out = Vec::new();
    let mut run: Option<(u8, Vec<String>)> = None;
    for (at, step) in steps.iter().enumerate() {
        if is_bare(&steps[at..]) {
            continue;
        }
        if is_straight(step.op) {
            match &mut run {
                Some((depth, words)) if *depth == step.depth && words.len() < 6 => words.push(word(step, own)),
                _ => {
                    flush(&mut run, &mut out);
                    run = Some((step.depth, vec![word(step, own)]));
                }
            }
        } else {
            flush(&mut run, &mut out);
            let unseen = if step.op == Op::Match {
                unseen_arms(&steps[at..])
            } else {
                0
            };
            let arms = if unseen > 0 {
                format!(" arms={}", step.count)
            } else {
                String::new()
            };
            out.push(format!("{}{}{arms}", indent(step.depth), word(step, own)));
        }
    }
    flush(&mut run, &mut out);
    join_only_lines(&mut out);
    out
}

/// Puts what is all that a line holds behind it: `if` over ` return` reads `if: return`.
fn join_only_lines(lines: &mut Vec<String>) {
    let depth = |line: &str| line.bytes().take_while(|byte| *byte == b' ').count();
    // From the end, so that what is joined can be all that the line around it holds.
    for at in (1..lines.len()).rev() {
        let (around, inside) = (depth(&lines[at - 1]), depth(&lines[at]));
        let is_last = lines.get(at + 1).is_none_or(|next| depth(next) <= around);
        let length = lines[at - 1].len() + lines[at].len() - inside;
        if inside > around && is_last && length < LONGEST_LINE {
            let inside = lines.remove(at);
            lines[at - 1] += &format!(": {}", inside.trim_start());
        }
    }
}

/// Whether the step that comes first would be a line that says nothing. The number of arms is told by what they belong to.
fn is_bare(steps: &[FlowStep]) -> bool {
    let [step, rest @ ..] = steps else { return false };
    let is_empty = rest.first().is_none_or(|next| next.depth <= step.depth);
    is_empty && step.names.is_empty() && matches!(step.op, Op::Arm | Op::Else | Op::Closure)
}

/// How many arms of the match that comes first do nothing worth a line.
fn unseen_arms(steps: &[FlowStep]) -> u32 {
    let Some((of, rest)) = steps.split_first() else {
        return 0;
    };
    let inside = rest.iter().take_while(|step| step.depth > of.depth);
    let seen = inside
        .enumerate()
        .filter(|(at, step)| step.op == Op::Arm && step.depth == of.depth + 1 && !is_bare(&rest[*at..]));
    u32::from(of.count).saturating_sub(seen.count() as u32)
}

fn flush(run: &mut Option<(u8, Vec<String>)>, out: &mut Vec<String>) {
    if let Some((depth, words)) = run.take() {
        let words = omit_owners(fold_repeats(words));
        out.push(format!("{}{}", indent(depth), words.join(" -> ")));
    }
}

/// `A.b -> A.c -> d` reads `A.b -> .c -> d`.
fn omit_owners(mut words: Vec<String>) -> Vec<String> {
    let mut owner = String::new();
    for word in &mut words {
        let name = &word[..word.find(' ').unwrap_or(word.len())];
        let of = name.rfind('.').map_or("", |at| &name[..at]).to_owned();
        if !of.is_empty() && of == owner {
            word.drain(..of.len());
        }
        owner = of;
    }
    words
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

fn word(step: &FlowStep, own: Option<&str>) -> String {
    let names: Vec<_> = step.names.iter().map(|name| by_self(name, own)).collect();
    let names = names.join(",");
    let mut out = match step.op {
        Op::Call => names,
        Op::New => format!("new {names}"),
        Op::Macro => format!("{names}!"),
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

/// A member of the type that the function belongs to, without its name.
fn by_self<'n>(name: &'n str, own: Option<&str>) -> Cow<'n, str> {
    let member = own.and_then(|own| name.strip_prefix(own)?.strip_prefix('.'));
    member.map_or(name.into(), |member| format!("self.{member}").into())
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
    fn an_owner_is_told_once_in_a_run_and_arms_are_counted_where_some_say_nothing() {
        let steps = [
            step(0, Op::Call, "Set.new"),
            step(0, Op::Call, "Set.add"),
            step(0, Op::Call, "len"),
            step(0, Op::Call, "Set.add"),
            FlowStep {
                count: 2,
                ..step(0, Op::Match, "kind")
            },
            step(1, Op::Arm, ""),
            step(2, Op::Call, "Set.add"),
            step(1, Op::Arm, ""),
            step(2, Op::Return, ""),
            FlowStep {
                count: 2,
                ..step(0, Op::Match, "")
            },
            step(1, Op::Arm, ""),
            step(2, Op::Return, ""),
            step(1, Op::Arm, ""),
        ];
        let shown = lines(&steps, Telling::Shown, None).join("\n");
        let all = "match[kind]\n arm: Set.add ?\n arm: return\nmatch arms=2: arm: return";
        assert_eq!(shown, format!("Set.new ? -> .add ? -> len ? -> Set.add ?\n{all}"));
        let own = lines(&steps, Telling::Shown, Some("Set")).join("\n");
        assert_eq!(own, shown.replace("Set.", "self."));
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
        let shown = lines(&steps, Telling::Shown, None).join("\n");
        assert_eq!(shown, "open ? x2\nif[is_ready]: run ? -> early-return\nreturn");
        assert!(lines(&steps, Telling::Counts, None).is_empty());
        let counts = FlowCounts::of(&steps);
        assert_eq!((counts.calls, counts.branches, counts.error_exits), (3, 1, 3));
    }
}
