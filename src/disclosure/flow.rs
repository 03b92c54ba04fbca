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

/// How many steps of a straight run share a line.
const MOST_IN_LINE: usize = 6;

/// The outline as lines, nested by leading spaces, or behind a colon where one line is all; empty unless the tier shows it.
pub(crate) fn lines(steps: &[FlowStep], telling: Telling, own: Option<&str>) -> Vec<String> {
    if !telling.is_shown() {
        return Vec::new();
    }
    let mut out = Vec::new();
    let mut run: Vec<&FlowStep> = Vec::new();
    for (at, step) in steps.iter().enumerate() {
        if is_bare(&steps[at..]) {
            continue;
        }
        let goes_on = run.last().is_none_or(|last| last.depth == step.depth);
        if is_straight(step.op) {
            if !goes_on {
                flush(&mut run, own, &mut out);
            }
            run.push(step);
            continue;
        }
        let head = match step.op {
            Op::If | Op::Match if goes_on => conditional(step, &mut run, own),
            _ => word(step, own),
        };
        flush(&mut run, own, &mut out);
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
        out.push(format!("{}{head}{arms}", indent(step.depth)));
    }
    let is_last = |step: &&FlowStep| step.op == Op::Return && step.depth == 0 && step.names.is_empty();
    if (run.len() > 1 || !out.is_empty()) && run.last().is_some_and(is_last) {
        // Where all is done, it returns.
        run.pop();
    }
    flush(&mut run, own, &mut out);
    join_only_lines(&mut out);
    fold_arms(&mut out);
    // What is left of several arms may be all that the line around it holds.
    join_only_lines(&mut out);
    out
}

/// `exists -> if[exists]` reads `if[exists()]`: what a condition calls is told in it.
fn conditional(step: &FlowStep, run: &mut Vec<&FlowStep>, own: Option<&str>) -> String {
    let last_segment = |name: &str| name.rsplit('.').next().map(str::to_owned);
    let mut names: Vec<Cow<'_, str>> = Vec::new();
    for name in &step.names {
        let name = by_self(name, own);
        if !names.contains(&name) {
            names.push(name);
        }
    }
    while let Some(call) = run.last() {
        let [callee] = call.names.as_slice() else { break };
        let is_plain = call.op == Op::Call && !call.awaited && !call.propagated && callee != "_";
        let same = names
            .iter()
            .rposition(|it| !it.ends_with(')') && last_segment(it) == last_segment(callee));
        let Some(at) = same.filter(|_| is_plain) else { break };
        names[at] = format!("{}()", by_self(callee, own)).into();
        run.pop();
    }
    match names.is_empty() {
        true => step.op.word().to_owned(),
        false => format!("{}[{}]", step.op.word(), names.join(",")),
    }
}

/// Arms that do the same, one behind the other, are told once.
fn fold_arms(lines: &mut Vec<String>) {
    let mut at = 0;
    while at < lines.len() {
        let same = lines[at..].iter().take_while(|it| **it == lines[at]).count();
        if same > 1
            && let Some(inside) = lines[at].trim_start().strip_prefix("arm:")
        {
            let depth = lines[at].len() - lines[at].trim_start().len();
            lines[at] = format!("{}arm x{same}:{inside}", " ".repeat(depth));
            lines.drain(at + 1..at + same);
        }
        at += 1;
    }
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

/// Whether the step that comes first would be a line that says nothing, with all that is in it. The number of arms is told by what they belong to.
fn is_bare(steps: &[FlowStep]) -> bool {
    let [step, rest @ ..] = steps else { return false };
    if !step.names.is_empty() || !matches!(step.op, Op::If | Op::Arm | Op::Else | Op::Closure) {
        return false;
    }
    let inside = rest.iter().take_while(|next| next.depth > step.depth).count();
    let is_empty = (0..inside).all(|at| is_bare(&rest[at..inside]));
    let goes_on = rest
        .get(inside)
        .is_some_and(|next| next.op == Op::Else && next.depth == step.depth);
    is_empty && (step.op != Op::If || !goes_on || is_bare(&rest[inside..]))
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

/// Writes a straight run as lines, and what is repeated in it once.
fn flush(run: &mut Vec<&FlowStep>, own: Option<&str>, out: &mut Vec<String>) {
    let Some(depth) = run.first().map(|step| step.depth) else {
        return;
    };
    let words: Vec<String> = run.drain(..).map(|step| word(step, own)).collect();
    let mut line: Vec<Repeated> = Vec::new();
    for next in fold_repeats(words) {
        if line.iter().map(|it| it.words.len()).sum::<usize>() + next.words.len() > MOST_IN_LINE && !line.is_empty() {
            out.push(format!("{}{}", indent(depth), written(std::mem::take(&mut line))));
        }
        line.push(next);
    }
    out.push(format!("{}{}", indent(depth), written(line)));
}

/// Words that follow each other so many times.
struct Repeated {
    words: Vec<String>,
    times: usize,
}

/// The longest sequence whose repetition is seen.
const LONGEST_REPEATED: usize = 4;

/// `a -> a -> b -> c -> b -> c` reads `a x2 -> (b -> c) x2`.
fn fold_repeats(words: Vec<String>) -> Vec<Repeated> {
    let mut folded = Vec::new();
    let mut rest = words.as_slice();
    while !rest.is_empty() {
        let repeated = |length: usize| {
            rest.chunks_exact(length)
                .take_while(|it| *it == &rest[..length])
                .count()
        };
        let lengths = (1..=LONGEST_REPEATED.min(rest.len())).map(|length| (length, repeated(length)));
        // Of those that cover as much, the shortest.
        let best = lengths
            .filter(|(_, times)| *times > 1)
            .max_by_key(|(length, times)| (length * times, std::cmp::Reverse(*length)));
        let (length, times) = best.unwrap_or((1, 1));
        folded.push(Repeated {
            words: rest[..length].to_vec(),
            times,
        });
        rest = &rest[length * times..];
    }
    folded
}

/// A line of steps. `A.b -> A.c -> d` reads `A.b -> .c -> d`.
fn written(line: Vec<Repeated>) -> String {
    let mut owner = String::new();
    let mut steps = Vec::new();
    for Repeated { mut words, times } in line {
        for word in &mut words {
            let of = owner_in(word).to_owned();
            if !of.is_empty() && of == owner {
                word.drain(..of.len());
            }
            owner = of;
        }
        steps.push(match (times, words.len()) {
            (1, _) => words.join(" -> "),
            (_, 1) => format!("{} x{times}", words[0]),
            _ => format!("({}) x{times}", words.join(" -> ")),
        });
    }
    steps.join(" -> ")
}

/// What stands before the last point of a name that a step begins with.
fn owner_in(word: &str) -> &str {
    let name = &word[..word.find([' ', '[']).unwrap_or(word.len())];
    let is_name = word.as_bytes().get(name.len()) != Some(&b'[');
    name.rfind('.').filter(|_| is_name).map_or("", |at| &name[..at])
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
        assert_eq!(shown, "open ? x2\nif[is_ready]: run ? -> return");
        assert!(lines(&steps, Telling::Counts, None).is_empty());
        let counts = FlowCounts::of(&steps);
        assert_eq!((counts.calls, counts.branches, counts.error_exits), (3, 1, 3));
    }

    fn plain(depth: u8, op: Op, name: &str) -> FlowStep {
        FlowStep {
            propagated: false,
            ..step(depth, op, name)
        }
    }

    #[test]
    fn a_condition_tells_what_it_calls_and_repetition_is_counted() {
        let condition = FlowStep {
            names: vec!["of.is_open".to_owned(), "LIMIT".to_owned(), "LIMIT".to_owned()],
            ..plain(0, Op::If, "")
        };
        let steps = [
            plain(0, Op::Call, "File.open"),
            plain(0, Op::Call, "File.is_open"),
            condition,
            plain(1, Op::EarlyReturn, ""),
            plain(0, Op::Set, "this.left"),
            plain(0, Op::Set, "this.right"),
            plain(0, Op::Call, "that"),
            plain(0, Op::Call, "equals"),
            plain(0, Op::Call, "that"),
            plain(0, Op::Call, "equals"),
            plain(0, Op::Match, "kind"),
            plain(1, Op::Arm, ""),
            plain(2, Op::Call, "go"),
            plain(1, Op::Arm, ""),
            plain(2, Op::Call, "go"),
        ];
        let shown = lines(&steps, Telling::Shown, None).join("\n");
        let all = "set[this.left] -> set[this.right] -> (that -> equals) x2\nmatch[kind]: arm x2: go";
        assert_eq!(shown, format!("File.open\nif[File.is_open(),LIMIT]: return\n{all}"));
    }

    #[test]
    fn branches_that_do_nothing_worth_a_line_are_left_out() {
        let steps = [
            step(0, Op::If, ""),
            step(1, Op::If, ""),
            step(1, Op::Else, ""),
            step(0, Op::If, ""),
            step(0, Op::Else, ""),
            step(1, Op::Break, ""),
            step(0, Op::Loop, ""),
        ];
        assert_eq!(lines(&steps, Telling::Shown, None).join("\n"), "if\nelse: break\nloop");
    }
}
