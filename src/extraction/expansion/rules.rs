//! The rules of a macro: what a call has to look like, and what becomes of it.

use super::tokens::{Kind, Token, closing};
use rustc_hash::FxHashMap;

/// How deep repetitions and brackets are followed.
const MAX_DEPTH: u8 = 16;

/// How many tokens one call may become.
pub(super) const MAX_TOKENS: usize = 20_000;

/// One rule of a macro.
pub(super) struct Rule<'s> {
    matcher: Vec<Part<'s>>,
    body: Vec<Part<'s>>,
}

enum Part<'s> {
    Token(Token<'s>),
    /// `$name:kind`, or `$name` in a body.
    Variable(&'s str, &'s str),
    /// `$( .. ) separator sign`
    Repeated {
        inside: Vec<Self>,
        separator: Option<Token<'s>>,
        sign: u8,
    },
    /// Only in matchers; in bodies brackets are tokens as others.
    Brackets(Token<'s>, Vec<Self>),
}

/// What a variable stands for.
enum Bound<'s> {
    Tokens(Vec<Token<'s>>),
    Each(Vec<Self>),
}

type Bindings<'s> = FxHashMap<&'s str, Bound<'s>>;

impl<'s> Rule<'s> {
    /// The rules between the brackets of a definition; `None` for what is not understood.
    pub(super) fn all(tokens: &[Token<'s>]) -> Option<Vec<Self>> {
        let mut rules = Vec::new();
        let mut at = 0;
        while at < tokens.len() {
            let matcher = closing(tokens, at).filter(|_| tokens[at].kind == Kind::Open)?;
            let arrow = tokens.get(matcher + 1).filter(|it| it.text == "=>");
            let open = matcher + 2;
            let body = closing(tokens, open).filter(|_| arrow.is_some() && tokens[open].kind == Kind::Open)?;
            rules.push(Self {
                matcher: parts(&tokens[at + 1..matcher], true, 0)?,
                body: parts(&tokens[open + 1..body], false, 0)?,
            });
            at = body + 1;
            at += usize::from(tokens.get(at).is_some_and(|it| it.text == ";"));
        }
        Some(rules)
    }

    /// What becomes of a call whose brackets hold `tokens`, if this rule is for it.
    pub(super) fn applied(&self, tokens: &[Token<'s>]) -> Option<Vec<Token<'s>>> {
        let mut bindings = Bindings::default();
        let end = matched(&self.matcher, tokens, 0, &mut bindings, 0)?;
        if end != tokens.len() {
            return None;
        }
        let mut out = Vec::new();
        let bindings: Vec<&Bindings<'s>> = vec![&bindings];
        write(&self.body, &bindings, &mut out, 0)?;
        Some(out)
    }
}

fn parts<'s>(tokens: &[Token<'s>], is_matcher: bool, depth: u8) -> Option<Vec<Part<'s>>> {
    if depth > MAX_DEPTH {
        return None;
    }
    let mut out = Vec::new();
    let mut at = 0;
    while let Some(token) = tokens.get(at) {
        let next = tokens.get(at + 1);
        match (token.text, next) {
            ("$", Some(open)) if open.text == "(" => {
                let close = closing(tokens, at + 1)?;
                let inside = parts(&tokens[at + 2..close], is_matcher, depth + 1)?;
                let sign = |at: usize| tokens.get(at).filter(|it| matches!(it.text, "*" | "+" | "?"));
                let (separator, sign, end) = match (sign(close + 1), sign(close + 2)) {
                    (Some(first), second) if first.text != "+" || second.is_none() => (None, first, close + 2),
                    (_, Some(second)) => (tokens.get(close + 1).copied(), second, close + 3),
                    (Some(first), None) => (None, first, close + 2),
                    (None, None) => return None,
                };
                out.push(Part::Repeated {
                    inside,
                    separator,
                    sign: sign.text.as_bytes()[0],
                });
                at = end;
            }
            ("$", Some(name)) if name.kind == Kind::Word && name.text == "crate" => {
                out.push(Part::Token(*name));
                at += 2;
            }
            ("$", Some(name)) if name.kind == Kind::Word && is_matcher => {
                let kind = tokens.get(at + 3).filter(|_| tokens[at + 2].text == ":")?;
                out.push(Part::Variable(name.text, kind.text));
                at += 4;
            }
            ("$", Some(name)) if name.kind == Kind::Word => {
                out.push(Part::Variable(name.text, ""));
                at += 2;
            }
            ("$", _) => return None,
            _ if is_matcher && token.kind == Kind::Open => {
                let close = closing(tokens, at)?;
                out.push(Part::Brackets(*token, parts(&tokens[at + 1..close], true, depth + 1)?));
                at = close + 1;
            }
            _ => {
                out.push(Part::Token(*token));
                at += 1;
            }
        }
    }
    Some(out)
}

/// Where the tokens end that parts stand for, from `at` on.
fn matched<'s>(
    parts: &[Part<'s>],
    tokens: &[Token<'s>],
    mut at: usize,
    bindings: &mut Bindings<'s>,
    depth: u8,
) -> Option<usize> {
    if depth > MAX_DEPTH {
        return None;
    }
    for (place, part) in parts.iter().enumerate() {
        match part {
            Part::Token(wanted) => {
                tokens.get(at).filter(|it| it.text == wanted.text)?;
                at += 1;
            }
            Part::Variable(name, kind) => {
                let end = fragment(kind, tokens, at, parts.get(place + 1)).filter(|end| *end <= tokens.len())?;
                bindings.insert(name, Bound::Tokens(tokens[at..end].to_vec()));
                at = end;
            }
            Part::Brackets(open, inside) => {
                tokens.get(at).filter(|it| it.text == open.text)?;
                let close = closing(tokens, at)?;
                let end = matched(inside, &tokens[at + 1..close], 0, bindings, depth + 1)?;
                (at + 1 + end == close).then_some(())?;
                at = close + 1;
            }
            Part::Repeated {
                inside,
                separator,
                sign,
            } => {
                let mut rounds: Vec<Bindings<'s>> = Vec::new();
                while at < tokens.len() && (*sign != b'?' || rounds.is_empty()) {
                    let mut from = at;
                    if let (Some(separator), false) = (separator, rounds.is_empty()) {
                        if tokens[from].text != separator.text {
                            break;
                        }
                        from += 1;
                    }
                    let mut round = Bindings::default();
                    match matched(inside, tokens, from, &mut round, depth + 1) {
                        Some(end) if end > from => at = end,
                        _ => break,
                    }
                    rounds.push(round);
                }
                (*sign != b'+' || !rounds.is_empty()).then_some(())?;
                gather(inside, rounds, bindings);
            }
        }
    }
    Some(at)
}

/// Gives every variable of a repetition what it stands for in each round.
fn gather<'s>(inside: &[Part<'s>], rounds: Vec<Bindings<'s>>, bindings: &mut Bindings<'s>) {
    let mut names = Vec::new();
    variables(inside, &mut names);
    for name in &names {
        bindings.insert(name, Bound::Each(Vec::new()));
    }
    for mut round in rounds {
        for name in &names {
            if let (Some(Bound::Each(all)), Some(one)) = (bindings.get_mut(name), round.remove(name)) {
                all.push(one);
            }
        }
    }
}

fn variables<'s>(parts: &[Part<'s>], out: &mut Vec<&'s str>) {
    for part in parts {
        match part {
            Part::Token(_) => {}
            Part::Variable(name, _) => out.push(name),
            Part::Repeated { inside, .. } | Part::Brackets(_, inside) => variables(inside, out),
        }
    }
}

/// Where a fragment of a kind ends that begins at `at`.
fn fragment(kind: &str, tokens: &[Token<'_>], at: usize, next: Option<&Part<'_>>) -> Option<usize> {
    let first = tokens.get(at);
    let is = |text: &str| first.is_some_and(|it| it.text == text);
    let tree = || match first?.kind {
        Kind::Open => closing(tokens, at).map(|close| close + 1),
        Kind::Close => None,
        _ => Some(at + 1),
    };
    match kind {
        "vis" if is("pub") => match tokens.get(at + 1).filter(|it| it.text == "(") {
            Some(_) => closing(tokens, at + 1).map(|close| close + 1),
            None => Some(at + 1),
        },
        "vis" => Some(at),
        "ident" => (first?.kind == Kind::Word).then_some(at + 1),
        "lifetime" => (first?.kind == Kind::Lifetime).then_some(at + 1),
        "tt" => tree(),
        "literal" if is("-") => Some(at + 2),
        "literal" => (first?.kind == Kind::Literal || is("true") || is("false")).then_some(at + 1),
        "block" if is("{") => tree(),
        "ty" | "path" => written(tokens, at),
        // An expression, a pattern or an attribute goes on to what comes next.
        "expr" | "expr_2021" | "pat" | "pat_param" | "meta" => {
            let end = match next {
                Some(Part::Token(wanted)) => up_to(tokens, at, |it| it.text == wanted.text)?,
                _ => up_to(tokens, at, |it| matches!(it.text, "," | ";" | "=>")).unwrap_or(tokens.len()),
            };
            (end > at).then_some(end)
        }
        _ => None,
    }
}

/// The first token from `at` on, outside of brackets, that is wanted.
fn up_to(tokens: &[Token<'_>], mut at: usize, wanted: impl Fn(&Token<'_>) -> bool) -> Option<usize> {
    while let Some(token) = tokens.get(at) {
        if wanted(token) {
            return Some(at);
        }
        at = match token.kind {
            Kind::Open => closing(tokens, at)? + 1,
            _ => at + 1,
        };
    }
    None
}

/// Where a written type ends.
fn written(tokens: &[Token<'_>], mut at: usize) -> Option<usize> {
    let begun = at;
    let (mut angles, mut wants_more) = (0_i32, true);
    while let Some(token) = tokens.get(at) {
        let is_prefix = matches!(
            token.text,
            "&" | "&&" | "*" | "dyn" | "impl" | "mut" | "const" | "for" | "unsafe" | "extern" | "?"
        );
        match (token.kind, token.text) {
            (Kind::Close, _) => break,
            (_, "<") => angles += 1,
            (_, ">") => angles -= 1,
            (_, ">>") => angles -= 2,
            _ if angles > 0 => {}
            (_, "::" | "->" | "+") => wants_more = true,
            _ if is_prefix && wants_more => {}
            (Kind::Lifetime, _) if wants_more => {}
            (Kind::Word, _) if wants_more => wants_more = false,
            (Kind::Open, "(" | "[") => wants_more = false,
            (_, "!") if wants_more => wants_more = false,
            _ => break,
        }
        if angles < 0 {
            break;
        }
        at = match token.kind {
            Kind::Open => closing(tokens, at)? + 1,
            _ => at + 1,
        };
    }
    (at > begun && angles == 0).then_some(at)
}

/// Writes a body with what its variables stand for.
fn write<'s>(parts: &[Part<'s>], scopes: &[&Bindings<'s>], out: &mut Vec<Token<'s>>, depth: u8) -> Option<()> {
    if depth > MAX_DEPTH {
        return None;
    }
    for part in parts {
        match part {
            Part::Token(token) => out.push(Token { line: None, ..*token }),
            Part::Variable(name, _) => match scopes.iter().rev().find_map(|scope| scope.get(name))? {
                Bound::Tokens(tokens) => out.extend_from_slice(tokens),
                Bound::Each(_) => return None,
            },
            Part::Repeated { inside, separator, .. } => {
                let mut names = Vec::new();
                variables(inside, &mut names);
                let found = |name: &&'s str| scopes.iter().rev().find_map(|scope| scope.get_key_value(*name));
                let each: Vec<(&'s str, &Vec<Bound<'s>>)> = names
                    .iter()
                    .filter_map(|name| match found(name)? {
                        (name, Bound::Each(all)) => Some((*name, all)),
                        _ => None,
                    })
                    .collect();
                let count = each.iter().map(|(_, all)| all.len()).max()?;
                for round in 0..count {
                    if let (Some(separator), true) = (separator, round > 0) {
                        out.push(Token {
                            line: None,
                            ..*separator
                        });
                    }
                    let inner = each
                        .iter()
                        .filter_map(|(name, all)| Some((*name, all.get(round)?.copied())));
                    let inner: Bindings<'s> = inner.collect();
                    let mut scopes = scopes.to_vec();
                    scopes.push(&inner);
                    write(inside, &scopes, out, depth + 1)?;
                }
            }
            Part::Brackets(..) => return None,
        }
        if out.len() > MAX_TOKENS {
            return None;
        }
    }
    Some(())
}

impl Bound<'_> {
    fn copied(&self) -> Self {
        match self {
            Self::Tokens(tokens) => Self::Tokens(tokens.clone()),
            Self::Each(all) => Self::Each(all.iter().map(Self::copied).collect()),
        }
    }
}
