//! Macros that hold branches, of which a build has one.

use super::super::MacroSite;
use super::Scan;

impl Scan<'_> {
    /// A macro of which a build has one branch: `name! { if #[cfg(..)] { .. } else { .. } }`. All are read, in code as blocks.
    pub(super) fn branches(&mut self, start: usize) -> bool {
        let rest = &self.bytes[self.at + 1..];
        let Some(inside) = rest.trim_ascii_start().strip_prefix(b"{") else {
            return false;
        };
        let head = inside.trim_ascii_start();
        let Some(condition) = head.strip_prefix(b"if") else {
            return false;
        };
        if !condition.trim_ascii_start().starts_with(b"#[") {
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
            own_words: std::iter::once(start - path..start).collect(),
            ..MacroSite::default()
        });
        let site = self.sites.len() - 1;
        self.at = open;
        self.open(b'{', None);
        if let Some(bracket) = self.open.last_mut() {
            bracket.items = Some(site);
        }
        self.at = self.bytes.len() - head.len();
        self.branch(site);
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
        if next.starts_with(b"else") {
            self.at += rest.len() - next.len();
            self.branch(site);
        }
    }
}
