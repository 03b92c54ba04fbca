//! Names that the template of a component uses: tags, and what stands in its expressions. Those that the script does not define or import are
//! dropped before facts are made; no other word of a template becomes a fact.
//!
//! A name that the template binds anywhere (`v-for`, `{#each}`, a slot, a closure) is never taken for one of the script.

mod expression;

use super::grammar::Template;
use rustc_hash::FxHashSet;
use std::ops::Range;

/// How many uses of one template are looked at.
const MOST_USES: usize = 4_000;

/// What a use does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Does {
    /// A tag.
    Shows,
    Calls,
    Reads,
    Writes,
}

/// A name in a template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Use {
    pub(super) name: String,
    /// Its first byte in the file.
    pub(super) at: u32,
    pub(super) line: u32,
    pub(super) does: Does,
}

/// The uses in what is around the code of a file, in order.
pub(super) fn of(template: Template, around: &[u8]) -> Vec<Use> {
    let Ok(text) = std::str::from_utf8(around) else {
        return Vec::new();
    };
    let Some(range) = part(template, text) else {
        return Vec::new();
    };
    let mut scan = Scan {
        text,
        at: range.start,
        end: range.end,
        template,
        has_names: template == Template::Svelte || has_setup(text),
        uses: Vec::new(),
        bound: FxHashSet::default(),
    };
    while scan.at < scan.end && scan.uses.len() < MOST_USES {
        if scan.step().is_none() {
            break;
        }
    }
    scan.finish()
}

/// Where the template stands.
fn part(template: Template, text: &str) -> Option<Range<usize>> {
    if template == Template::Svelte {
        return Some(0..text.len());
    }
    let start = text.find("<template")?;
    let end = text.rfind("</template>").filter(|end| *end > start)?;
    let head = &text[start..start + text[start..].find('>')?];
    // One in another language (`pug`) is not read.
    (!head.contains(" lang=") || head.contains("html")).then_some(start..end)
}

/// Whether the template sees what the script defines.
fn has_setup(text: &str) -> bool {
    let heads = text.match_indices("<script").take(4);
    let mut heads = heads.map(|(at, _)| text[at..].split('>').next().unwrap_or_default());
    heads.any(|head| head.split_ascii_whitespace().any(|word| word == "setup"))
}

struct Scan<'t> {
    text: &'t str,
    at: usize,
    end: usize,
    template: Template,
    /// Names in expressions can be those of the script.
    has_names: bool,
    uses: Vec<(String, usize, Does)>,
    bound: FxHashSet<&'t str>,
}

impl<'t> Scan<'t> {
    fn rest(&self) -> &'t str {
        &self.text[self.at..self.end]
    }

    fn peek(&self) -> u8 {
        self.text.as_bytes()[..self.end].get(self.at).copied().unwrap_or(0)
    }

    /// Goes to the end of what is looked for; `None` if it is not there.
    fn skip_past(&mut self, what: &str) -> Option<()> {
        self.at += self.rest().find(what)? + what.len();
        Some(())
    }

    /// Goes on by one character, tag or expression; `None` where the rest cannot be read.
    fn step(&mut self) -> Option<()> {
        let rest = self.rest();
        if rest.starts_with("<!--") {
            return self.skip_past("-->");
        }
        if rest.starts_with('<') && rest[1..].starts_with(|c: char| c.is_ascii_alphabetic()) {
            return self.element();
        }
        match self.template {
            Template::Vue if rest.starts_with("{{") => {
                let start = self.at + 2;
                self.skip_past("}}")?;
                self.expression(start..self.at - 2);
            }
            Template::Svelte if rest.starts_with('{') => self.braces()?,
            _ => self.at += rest.chars().next()?.len_utf8(),
        }
        Some(())
    }

    fn element(&mut self) -> Option<()> {
        let start = self.at + 1;
        let is_name = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | ':');
        let length = self.text[start..self.end].find(|c| !is_name(c))?;
        let name = &self.text[start..start + length];
        self.at = start + length;
        self.tag(name, start);
        while self.attribute()? {}
        if matches!(name, "style" | "script") {
            return self.skip_past(&format!("</{name}"));
        }
        Some(())
    }

    fn tag(&mut self, name: &'t str, at: usize) {
        let (head, is_dotted) = name.split_once('.').map_or((name, false), |(head, _)| (head, true));
        let is_component = head.starts_with(|c: char| c.is_ascii_uppercase()) && !head.contains(['-', ':']);
        if is_component || is_dotted && self.template == Template::Svelte {
            self.uses.push((head.to_owned(), at, Does::Shows));
        } else if self.template == Template::Vue && head.contains('-') && !head.contains(':') {
            let words = head.split('-').map(|word| {
                let mut letters = word.chars();
                let first = letters.next().map(|it| it.to_ascii_uppercase());
                first.into_iter().chain(letters).collect::<String>()
            });
            self.uses.push((words.collect(), at, Does::Shows));
        }
    }

    /// Reads one attribute; false at the end of the tag.
    fn attribute(&mut self) -> Option<bool> {
        let rest = self.rest();
        self.at += rest.len() - rest.trim_ascii_start().len();
        match self.peek() {
            0 => return None,
            b'>' => {
                self.at += 1;
                return Some(false);
            }
            b'/' => {
                self.at += 1;
                return Some(true);
            }
            b'{' if self.template == Template::Svelte => {
                self.braces()?;
                return Some(true);
            }
            _ => {}
        }
        let start = self.at;
        let ends = |c: char| c.is_ascii_whitespace() || matches!(c, '=' | '>' | '/');
        self.at += self.rest().find(ends)?.max(1);
        if !self.text.is_char_boundary(self.at) {
            return None;
        }
        let name = &self.text[start..self.at];
        self.directive(name, start);
        if self.peek() == b'=' {
            self.at += 1;
            self.value(name)?;
        }
        Some(true)
    }

    /// What the name of an attribute of Svelte says itself: `use:tooltip`, `let:item`.
    fn directive(&mut self, name: &'t str, at: usize) {
        let Some((word, of)) = name.split_once(':').filter(|_| self.template == Template::Svelte) else {
            return;
        };
        let of = of.split('|').next().unwrap_or_default();
        match word {
            "let" => _ = self.bound.insert(of),
            "use" | "transition" | "in" | "out" | "animate" if !of.contains('.') => {
                self.uses.push((of.to_owned(), at + word.len() + 1, Does::Reads));
            }
            _ => {}
        }
    }

    fn value(&mut self, name: &'t str) -> Option<()> {
        let quote = self.peek();
        if quote == b'{' && self.template == Template::Svelte {
            let start = self.at + 1;
            self.braces()?;
            if name.starts_with("let:") {
                self.bind(start..self.at - 1);
            }
            return Some(());
        }
        if !matches!(quote, b'"' | b'\'') {
            let ends = |c: char| c.is_ascii_whitespace() || c == '>';
            self.at += self.rest().find(ends)?;
            return Some(());
        }
        let start = self.at + 1;
        let length = self.text[start..self.end].find(char::from(quote))?;
        let range = start..start + length;
        match self.template {
            Template::Vue => self.bound_value(name, range.clone()),
            Template::Svelte => {
                self.at = start;
                while self.at < range.end {
                    self.at += self.text[self.at..range.end].find('{').unwrap_or(range.end - self.at);
                    if self.at < range.end {
                        self.braces()?;
                    }
                }
                // A quote in an expression does not end the value.
                if self.at > range.end {
                    return self.skip_past(char::from(quote).encode_utf8(&mut [0; 4]));
                }
            }
        }
        self.at = range.end + 1;
        Some(())
    }

    /// The value of an attribute of Vue, which is an expression if its name says so.
    fn bound_value(&mut self, name: &str, range: Range<usize>) {
        let text = &self.text[range.clone()];
        if name.starts_with('#') || name.starts_with("v-slot") {
            self.bind(range);
        } else if name == "v-for" {
            let of = [" in ", " of "].iter().filter_map(|word| text.find(word)).min();
            let Some(at) = of else { return };
            self.bind(range.start..range.start + at);
            self.expression(range.start + at + 4..range.end);
        } else if name.starts_with([':', '@']) || name.starts_with("v-") {
            self.expression(range);
        }
    }

    /// An expression or a block of Svelte in braces.
    fn braces(&mut self) -> Option<()> {
        let start = self.at + 1;
        let length = expression::closed(&self.text[start..self.end])?;
        self.at = start + length + 1;
        let text = &self.text[start..start + length];
        let range = |from: usize, to: usize| start + from..start + to;
        let word = text.split_ascii_whitespace().next().unwrap_or_default();
        let after = length - text.trim_ascii_start().len() + word.len();
        let split = |by: &str| text.rfind(by).map(|at| (at, at + by.len()));
        match word {
            "#each" => {
                let (to, from) = split(" as ").unwrap_or((length, length));
                self.expression(range(after, to));
                self.bind(range(from, length));
            }
            "#await" => {
                let (to, from) = split(" then ").or_else(|| split(" catch ")).unwrap_or((length, length));
                self.expression(range(after, to));
                self.bind(range(from, length));
            }
            ":then" | ":catch" | "#snippet" => self.bind(range(after, length)),
            "@const" => {
                let at = text.find('=').unwrap_or(length);
                self.bind(range(after, at));
                self.expression(range(at, length));
            }
            _ if word.starts_with('/') => {}
            _ if word.starts_with(['#', ':', '@']) => self.expression(range(after, length)),
            _ => self.expression(range(0, length)),
        }
        Some(())
    }

    /// Every name in a range stands for something else than in the script.
    fn bind(&mut self, range: Range<usize>) {
        let is_part = |c: char| c.is_alphanumeric() || matches!(c, '_' | '$');
        let text = self.text.get(range).unwrap_or_default();
        self.bound
            .extend(text.split(|c| !is_part(c)).filter(|it| !it.is_empty()));
    }

    fn expression(&mut self, range: Range<usize>) {
        let Some(text) = self.text.get(range.clone()).filter(|_| self.has_names) else {
            return;
        };
        let found = expression::read(text);
        self.bound.extend(found.bound);
        let uses = found.uses.into_iter();
        self.uses
            .extend(uses.map(|(name, at, does)| (name.to_owned(), range.start + at, does)));
    }

    fn finish(self) -> Vec<Use> {
        let mut uses = self.uses;
        uses.retain(|(name, _, _)| !self.bound.contains(name.as_str()));
        uses.sort_by_key(|(_, at, _)| *at);
        let (mut line, mut last) = (1, 0);
        let uses = uses.into_iter().map(|(name, at, does)| {
            line += self.text.as_bytes()[last..at].iter().filter(|it| **it == b'\n').count() as u32;
            last = at;
            let at = at as u32;
            Use { name, at, line, does }
        });
        uses.collect()
    }
}

#[cfg(test)]
mod tests;
