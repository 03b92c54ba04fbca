//! `queries/contracts.scm`: the syntax of frameworks in which a literal names a route, a command, an event or a key.

use super::resources::Resources;
use crate::extraction::facts::SymbolKind;
use crate::extraction::pattern::Query;
use crate::extraction::{Grammar, GrammarError};

/// What a capture stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Capture {
    Part(SymbolKind, Part),
    /// The name of a variable that routes are added to.
    Receiver,
    /// What the routes of a receiver begin with.
    ReceiverPrefix,
    /// The receiver whose routes those of this one are among.
    ReceiverParent,
    /// The class of receivers, of which it is said what their routes begin with.
    ReceiverClass,
    /// A receiver whose routes are told later what they begin with.
    ReceiverLater,
    /// A variable that a function gives back.
    Returned,
    /// The router that another is put below.
    MountOnto,
    /// The path it is put below.
    MountPath,
    /// What leads to the router that is put there.
    MountTarget,
    /// A literal that names the module of it.
    MountModule,
    /// A node that a predicate looks at.
    Anchor,
}

/// Which part of a contract a capture is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    Name,
    Method,
    Handler,
    /// What the routes inside the scope begin with.
    Prefix,
    Scope,
    /// A variable that must be a receiver.
    On,
    /// What has the name of the literal in place of its own.
    Of,
    /// A name that the file gives a value to, so that it comes from nowhere else.
    Assigned,
    /// A name that the file makes what other files import.
    Made,
    /// A name that stands where that of a key does, and may be a parameter.
    Passed,
    /// What is called with the name or what is passed; it has to be a function that reads what it is given.
    By,
    /// A literal that names the member which answers, of the class that is captured as the handler.
    Member,
    /// What is said, by labels, of a method that answers a route below those which a router gives to its class.
    Action,
}

/// What `#set!` says of a pattern.
#[derive(Debug, Default)]
pub(super) struct Pattern {
    /// Where it stands among all.
    pub(super) number: usize,
    /// The method where none is captured, or the only one.
    pub(super) method: Option<String>,
    /// The name is an identifier that is told in small letters with `-` between its words.
    pub(super) is_kebab: bool,
    /// The name is a field of a class that is filled from the environment.
    pub(super) is_settings: bool,
    /// What is called may be a reader of another file.
    pub(super) is_elsewhere: bool,
    /// Something that is computed stands `before` the name, or `after` it.
    pub(super) computed: Option<String>,
    /// The name is the first word: `serve <port>`.
    pub(super) is_first: bool,
    /// What stands before a route need not be known as a receiver.
    pub(super) is_loose: bool,
    /// What something is mounted on has to be a receiver of the file.
    pub(super) is_known: bool,
    /// The name stands in a placeholder: `${name:default}`.
    pub(super) is_placeholder: bool,
    /// The path need not begin with a slash.
    pub(super) is_relative: bool,
    /// A path without a slash is a part of one that stands before it.
    pub(super) is_mounted: bool,
    /// The path is a regular expression.
    pub(super) is_regex: bool,
    /// A framework finds the route by itself; of a mount, it is one of all such routes in the folder of the file and below.
    pub(super) is_of_folder: bool,
    /// It is a route only where something says what its path begins with.
    pub(super) is_scoped: bool,
    /// A path that begins with a slash has nothing before it.
    pub(super) is_rooted: bool,
    /// `$name` in the literal is put in.
    pub(super) is_dollar: bool,
    /// The name is told in several literals.
    pub(super) is_joined: bool,
    /// A parameter that stands for the name of what has the path, and the end which that name loses.
    pub(super) token: Option<(String, String)>,
    /// The receiver is given to the function around it, or the router that is mounted to the one that is named.
    pub(super) is_given: bool,
    /// What a mount says stands in place of what the router begins with.
    pub(super) is_replacing: bool,
    /// The route is added to what the variable around it is made, or the variable of this name.
    pub(super) root: Option<String>,
    /// The route is told a second time with this at its end.
    pub(super) also: Option<String>,
    /// The name is that of things with the routes that Rails gives them.
    pub(super) resources: Option<Resources>,
    /// It is a route of Rails, with the options of those.
    pub(super) is_rails: bool,
    /// Where the class around says nothing of its path, its bases may.
    pub(super) is_inheriting: bool,
    /// Where the class around says nothing of its path, those that inherit from it do.
    pub(super) is_inherited: bool,
    /// The member of the handler that answers.
    pub(super) member: Option<String>,
    /// The name is one that the file imports from a module of this name, whatever stands around that, or makes itself; `*` is any module.
    pub(super) imported: Option<String>,
    /// Calls on a scope are in it, and what a route or a mount is added to may be a part of what is handed on.
    pub(super) is_chained: bool,
    /// What answers the route is what other files add to their routers.
    pub(super) is_handed: bool,
    /// The path is stated by the comment above what answers, or above a class.
    pub(super) is_documented: bool,
    /// The name may be a constant of a class: `Events::SAVED` is `Events.SAVED`, and `Saved::class` is `Saved`.
    pub(super) is_constant: bool,
    /// What answers stands in place, whatever is around it there: a block, or a block that is given to a guard.
    pub(super) is_in_place: bool,
    /// The other literals that the name stands among are parts of the path too.
    pub(super) is_listed: bool,
}

/// Patterns of a language, with what their captures are.
pub(in crate::extraction) struct ContractQuery {
    pub(super) query: Query,
    pub(super) captures: Vec<Capture>,
    pub(super) patterns: Vec<Pattern>,
}

impl Capture {
    fn of(name: &str) -> Option<Self> {
        if name.starts_with('_') {
            return Some(Self::Anchor);
        }
        let part = |kind: &str, part: &str| {
            let kind = SymbolKind::from_word(kind).filter(|kind| kind.is_contract())?;
            let part = match part {
                "name" => Part::Name,
                "method" => Part::Method,
                "handler" => Part::Handler,
                "prefix" => Part::Prefix,
                "scope" => Part::Scope,
                "on" => Part::On,
                "of" => Part::Of,
                "assigned" => Part::Assigned,
                "made" => Part::Made,
                "member" => Part::Member,
                "action" => Part::Action,
                "passed" => Part::Passed,
                "by" => Part::By,
                _ => return None,
            };
            Some(Self::Part(kind, part))
        };
        match name {
            "receiver" => Some(Self::Receiver),
            "receiver.prefix" => Some(Self::ReceiverPrefix),
            "receiver.parent" => Some(Self::ReceiverParent),
            "receiver.class" => Some(Self::ReceiverClass),
            "receiver.later" => Some(Self::ReceiverLater),
            "receiver.returned" => Some(Self::Returned),
            "mount.onto" => Some(Self::MountOnto),
            "mount.path" => Some(Self::MountPath),
            "mount.target" => Some(Self::MountTarget),
            "mount.module" => Some(Self::MountModule),
            name => name.split_once('.').and_then(|(kind, rest)| part(kind, rest)),
        }
    }
}

impl ContractQuery {
    /// Prepares a query; fails with the capture or pattern it cannot use.
    pub(in crate::extraction) fn new(query: Query) -> Result<Self, String> {
        let captures = query.capture_names().iter().map(|name| {
            Capture::of(name).ok_or_else(|| {
                format!(
                    "`@{name}` is no capture; use `@<kind>.<part>`, `@receiver`, `@receiver.<part>` or `@mount.<part>`"
                )
            })
        });
        let captures = captures.collect::<Result<Vec<_>, String>>()?;
        let mut patterns = Vec::new();
        for at in 0..query.pattern_count() {
            let mut pattern = Pattern::default();
            let mut is_bounded = false;
            for property in query.properties(at) {
                let value = property.value.as_str();
                match property.key.as_str() {
                    "gate" | "requires" => is_bounded |= !value.trim().is_empty(),
                    // What these say of files is read before a pattern is compiled.
                    "known" => pattern.is_known = true,
                    "method" => pattern.method = Some(value.to_owned()),
                    "kebab" => pattern.is_kebab = true,
                    "computed" => pattern.computed = Some(value.to_owned()),
                    "elsewhere" => pattern.is_elsewhere = true,
                    "settings" => pattern.is_settings = true,
                    "first" => pattern.is_first = true,
                    "loose" => pattern.is_loose = true,
                    "placeholder" => pattern.is_placeholder = true,
                    "relative" => pattern.is_relative = true,
                    "mounted" => pattern.is_mounted = true,
                    "regex" => pattern.is_regex = true,
                    "folder" => pattern.is_of_folder = true,
                    "scoped" => pattern.is_scoped = true,
                    "rooted" => pattern.is_rooted = true,
                    "dollar" => pattern.is_dollar = true,
                    "joined" => pattern.is_joined = true,
                    "token" => {
                        let (word, end) = value.split_once(' ').unwrap_or((value, ""));
                        pattern.token = Some((format!("{{{word}}}"), end.to_owned()));
                    }
                    "given" => pattern.is_given = true,
                    "replaces" => pattern.is_replacing = true,
                    "resources" => pattern.resources = Resources::from_word(value),
                    "rails" => pattern.is_rails = true,
                    "inherits" => pattern.is_inheriting = true,
                    "inherited" => pattern.is_inherited = true,
                    "member" => pattern.member = Some(value.to_owned()),
                    "imported" => pattern.imported = Some(value.to_owned()),
                    "chained" => pattern.is_chained = true,
                    "handed" => pattern.is_handed = true,
                    "constant" => pattern.is_constant = true,
                    "documented" => pattern.is_documented = true,
                    "inline" => pattern.is_in_place = true,
                    "listed" => pattern.is_listed = true,
                    "also" => pattern.also = Some(value.to_owned()),
                    "root" => pattern.root = Some(value.to_owned()),
                    other => {
                        return Err(format!(
                            "`#set! {other}` says nothing; use gate, requires, known, method, kebab, elsewhere, settings, computed, first, placeholder, loose, relative, mounted, regex, folder, scoped, rooted, dollar, joined, token, given, replaces, also, resources, rails, inherits, inherited, member, imported, listed, chained, handed, constant, documented, inline or root"
                        ));
                    }
                }
            }
            if !is_bounded {
                return Err(format!(
                    "pattern {at} has neither `#set! gate` nor `#set! requires`, so it would be tried in every file"
                ));
            }
            patterns.push(pattern);
        }
        Ok(Self {
            query,
            captures,
            patterns,
        })
    }

    /// Compiles some patterns, each with its place among all.
    pub(super) fn of(grammar: &Grammar, patterns: &[(usize, String)]) -> Result<Self, GrammarError> {
        let text: Vec<&str> = patterns.iter().map(|(_, text)| text.as_str()).collect();
        let query = grammar.compile("contracts", &text.join("\n"))?;
        let mut query = Self::new(query).map_err(|reason| grammar.bad_contracts(reason))?;
        for (pattern, (number, _)) in query.patterns.iter_mut().zip(patterns) {
            pattern.number = *number;
        }
        Ok(query)
    }
}
