//! Macros that hold branches, of which a build has one.

use super::super::MacroSite;
use super::{Scan, past_comments};

/// Macros whose branches have a condition and an arrow before them.
const SELECTING: [&[u8]; 2] = [b"cfg_select", b"cfg_match"];

impl Scan<'_> {
    /// A macro of which a build has one branch: `name! { if #[cfg(..)] { .. } else { .. } }`, `cfg_select! { unix => { .. } _ => { .. } }`.
    /// All are read, in code as blocks. What chooses among values stays in its own braces there, so that it can be one itself.
    pub(super) fn branches(&mut self, start: usize) -> bool {
        let rest = &self.bytes[self.at + 1..];
        let Some(inside) = rest.trim_ascii_start().strip_prefix(b"{") else {
            return false;
        };
        let head = inside.trim_ascii_start();
        let selects = SELECTING.contains(&&self.bytes[start..self.at]);
        let is_one = match selects {
            true => condition(past_comments(inside)).is_some(),
            false => head
                .strip_prefix(b"if")
                .is_some_and(|rest| rest.trim_ascii_start().starts_with(b"#[")),
        };
        if !is_one {
            return false;
        }
        let open = self.bytes.len() - inside.len() - 1;
        let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b':');
        let path = self.bytes[..start]
            .iter()
            .rev()
            .take_while(|byte| is_part(byte))
            .count();
        self.sites.push(MacroSite {
            bang: start,
            open,
            holds_items: true,
            selects,
            keeps_braces: selects && self.in_code(),
            own_words: std::iter::once(start - path..start).collect(),
            ..MacroSite::default()
        });
        let site = self.sites.len() - 1;
        self.at = open;
        self.open(b'{', None);
        if let Some(bracket) = self.open.last_mut() {
            bracket.items = Some(site);
        }
        match selects {
            true => self.arm(site),
            false => {
                self.at = self.bytes.len() - head.len();
                self.branch(site);
            }
        }
        true
    }

    /// The next arm of `cfg_select!`, if one comes: a block, or an expression up to a comma.
    fn arm(&mut self, site: usize) {
        let Some(end) = condition(past_comments(&self.bytes[self.at..])) else {
            return;
        };
        let end = self.bytes.len() - end.len();
        if self.bytes[end..].trim_ascii_start().starts_with(b"{") {
            return self.branch(site);
        }
        self.sites[site].own_words.push(self.at..end);
        self.at = end;
        (self.statement, self.argument) = (true, false);
    }

    /// The end of an arm that is an expression.
    pub(super) fn end_arm(&mut self) -> bool {
        let Some(site) = self.open.last().and_then(|bracket| bracket.items) else {
            return false;
        };
        if !self.sites[site].selects {
            return false;
        }
        self.sites[site].semicolons.push(self.at);
        self.at += 1;
        self.arm(site);
        true
    }

    /// What stands before a branch (`if #[cfg(..)]`, `else`), up to its brackets.
    fn branch(&mut self, site: usize) {
        let rest = &self.bytes[self.at..];
        let Some(length) = rest.iter().position(|byte| *byte == b'{') else {
            return;
        };
        let keeps_braces = usize::from(!self.in_code());
        let end = self.at + length;
        self.sites[site].own_words.push(self.at..end + keeps_braces);
        self.at = end;
        self.open(b'{', None);
        if let Some(bracket) = self.open.last_mut() {
            bracket.branch = Some(site);
        }
    }

    /// The end of a branch, behind which another may come.
    pub(super) fn end_branch(&mut self, site: usize) {
        if !self.in_code() {
            self.sites[site].own_words.push(self.at..self.at + 1);
        }
        self.at += 1;
        let rest = &self.bytes[self.at..];
        let next = rest.trim_ascii_start();
        if self.sites[site].selects {
            if next.starts_with(b",") {
                let comma = self.at + rest.len() - next.len();
                self.sites[site].own_words.push(comma..comma + 1);
                self.at = comma + 1;
            }
            return self.arm(site);
        }
        if next.starts_with(b"else") {
            self.at += rest.len() - next.len();
            self.branch(site);
        }
    }
}

/// What follows the condition of an arm and its arrow: `feature = "x" =>`, `all(unix, not(test)) =>`, `_ =>`.
fn condition(text: &[u8]) -> Option<&[u8]> {
    let arrow = text.windows(2).position(|it| it == b"=>")?;
    let (condition, rest) = text.split_at(arrow);
    let is_part =
        |byte: &u8| byte.is_ascii_alphanumeric() || byte.is_ascii_whitespace() || b"_=\"-.(),:+".contains(byte);
    let is_one = !condition.trim_ascii().is_empty() && condition.iter().all(is_part);
    is_one.then(|| &rest[2..])
}
