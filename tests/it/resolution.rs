//! What each reference of a small repository is found to mean: Rust and TypeScript, rule by rule.
//!
//! A fixture lists files (`//- path`). The expectation has one line per relation of the kinds asked for:
//! `where it starts -> what it points to` and how it was found; `possible` and `external` targets are marked as such.

use expect_test::{Expect, expect};
use louver::extraction::manifest::{self, ManifestFacts};
use louver::extraction::words::WordKey;
use louver::extraction::{Extraction, FileFacts, Fragment, Grammar, Limits, NameId, Options, SourceText, extract};
use louver::resolution::{FileRelations, Relation, RelationKind, SymbolRef, Target, Workspace};
use std::collections::{BTreeSet, HashMap};

/// The facts of a fixture, and the words in it: the only names its facts can hold.
pub(crate) struct Fixture {
    files: Vec<(String, FileFacts)>,
    manifests: Vec<(String, ManifestFacts)>,
    words: HashMap<Fragment, String>,
}

impl Fixture {
    pub(crate) fn parse(text: &str) -> Self {
        let mut fixture = Self {
            files: Vec::new(),
            manifests: Vec::new(),
            words: HashMap::new(),
        };
        for part in text.split("//- ").skip(1) {
            let (path, source) = part.split_once('\n').expect("a file has a path and a text");
            fixture.add(path.trim(), source);
        }
        fixture
    }

    fn add(&mut self, path: &str, source: &str) {
        let is_part = |c: char| c.is_alphanumeric() || c == '_' || c == '$' || c == '#';
        let words = source.split(|c| !is_part(c)).chain(source.split(['"', '\'']));
        self.words
            .extend(words.map(|word| (Fragment::new(word), word.to_owned())));
        let text = SourceText::new(source.as_bytes().to_vec());
        if let Some(facts) = manifest::read(path, &text) {
            self.manifests.push((path.to_owned(), facts));
        }
        let Some(grammar) = Grammar::for_path(path, Some(source.as_bytes())) else {
            return;
        };
        let options = Options {
            word_key: WordKey::new([7; 32]),
            limits: Limits::default(),
        };
        match extract(path, grammar, &text, &options) {
            Extraction::Facts(facts) => self.files.push((path.to_owned(), *facts)),
            Extraction::Skipped(why) => panic!("{path} was skipped: {why}"),
        }
    }

    fn word(&self, file: u32, name: NameId) -> &str {
        self.words
            .get(self.files[file as usize].1.name(name))
            .map_or("?", String::as_str)
    }

    /// A symbol by its path of names; with its file if that is another than `from`.
    fn symbol(&self, at: SymbolRef, from: u32) -> String {
        let (path, facts) = &self.files[at.file as usize];
        let mut names = Vec::new();
        let mut next = Some(at.symbol);
        while let Some(symbol) = next {
            names.push(self.word(at.file, facts.symbol(symbol).name));
            next = facts.symbol(symbol).container;
        }
        names.reverse();
        let name = names.join(".");
        if at.file == from {
            name
        } else {
            format!("{path}#{name}")
        }
    }

    fn describe(&self, file: u32, relation: &Relation) -> String {
        let from = match relation.from {
            Some(symbol) => self.symbol(SymbolRef { file, symbol }, file),
            None => format!("<{}>", self.files[file as usize].0),
        };
        let target = match &relation.target {
            Target::Symbol { at, method } => format!("{} [{}]", self.symbol(*at, file), method.word()),
            Target::External {
                qualifier,
                name,
                package,
            } => {
                let words = qualifier
                    .iter()
                    .chain([name])
                    .map(|name| self.word(file, *name))
                    .collect::<Vec<_>>()
                    .join(".");
                match package {
                    Some(package) => format!("{words} external from {}", self.word(file, *package)),
                    None => format!("{words} external"),
                }
            }
            Target::Possible(all) => {
                let all: Vec<String> = all.iter().map(|at| self.symbol(*at, file)).collect();
                format!("possible {}", all.join(", "))
            }
        };
        match relation.kind {
            RelationKind::Calls | RelationKind::Constructs => format!("{from} -> {target}\n"),
            kind => format!("{from} {} {target}\n", kind.word()),
        }
    }

    pub(crate) fn relations(&self, kinds: &[RelationKind]) -> String {
        self.told(kinds, |workspace| workspace.link())
    }

    /// The same, by a linker of its own for each file.
    pub(crate) fn relations_file_by_file(&self, kinds: &[RelationKind]) -> String {
        self.told(kinds, |workspace| {
            let files = 0..self.files.len() as u32;
            files.map(|file| workspace.linker().link_file(file)).collect()
        })
    }

    fn told(&self, kinds: &[RelationKind], link: impl FnOnce(&Workspace<'_>) -> Vec<FileRelations>) -> String {
        let files: Vec<(&str, &FileFacts)> = self.files.iter().map(|(path, facts)| (path.as_str(), facts)).collect();
        let manifests: Vec<_> = self
            .manifests
            .iter()
            .map(|(path, facts)| (path.as_str(), facts))
            .collect();
        let mut out = String::new();
        for (file, linked) in link(&Workspace::new(&files, &manifests)).iter().enumerate() {
            let wanted = linked
                .relations
                .iter()
                .filter(|relation| kinds.contains(&relation.kind));
            out.extend(wanted.map(|relation| self.describe(file as u32, relation)));
        }
        out
    }
}

/// Checks what calls and constructs what.
#[track_caller]
fn calls(fixture: &str, expected: Expect) {
    expected.assert_eq(&Fixture::parse(fixture).relations(&[RelationKind::Calls, RelationKind::Constructs]));
}

#[track_caller]
fn related(fixture: &str, kinds: &[RelationKind], expected: Expect) {
    expected.assert_eq(&Fixture::parse(fixture).relations(kinds));
}

// Rust: names and modules.

#[test]
fn a_function_of_the_same_file_is_lexical_and_std_is_external() {
    calls(
        "
//- src/lib.rs
fn top() { helper(); std::mem::take(&mut 1); drop(1); }
fn helper() {}
",
        expect![[r#"
            top -> helper [lexical]
            top -> mem.take external
            top -> drop external
        "#]],
    );
}

#[test]
fn a_local_shadows_a_function_and_an_import() {
    calls(
        "
//- src/lib.rs
mod other;
use other::run;
fn f(helper: fn()) { helper(); let run = || (); run(); }
fn g() { helper(); run(); }
fn helper() {}
//- src/other.rs
pub fn run() {}
",
        expect![[r#"
            g -> helper [lexical]
            g -> src/other.rs#run [import]
        "#]],
    );
}

#[test]
fn a_path_begins_with_a_module_or_type_whatever_local_has_its_name() {
    calls(
        "//- src/lib.rs
mod stats;
struct Kind;
impl Kind { fn of() -> Self { Kind } }
fn top(Kind: u8) {
    let stats = 1;
    stats::print(stats);
    if let Some(code) = stats::code(stats) { Kind::of(); }
}
fn free(stats: stats::All) { stats.shown(); stats::print(1); }
//- src/stats.rs
pub struct All;
impl All { pub fn shown(&self) {} }
pub fn print(n: u8) {}
pub fn code(n: u8) -> Option<u8> { None }
",
        expect![[r#"
            top -> src/stats.rs#print [module]
            top -> src/stats.rs#code [module]
            top -> Kind.of [static]
            free -> src/stats.rs#All.shown [typed]
            free -> src/stats.rs#print [module]
        "#]],
    );
}

#[test]
fn what_takes_no_receiver_is_not_even_possibly_called_on_one() {
    calls(
        "//- src/lib.rs
struct Args; struct Text;
impl Args { fn parse(words: &[u8]) -> Self { Args } fn show(&self) {} }
fn top() { let all = unknown!(); let run = |it| { it.parse(); it.show(); }; run(all); }
",
        expect![[r#"
            top -> unknown external
            top -> parse external
            top -> possible Args.show
        "#]],
    );
}

#[test]
fn patterns_bind_through_mut_and_ref() {
    calls(
        "
//- src/lib.rs
pub struct List { n: u32 }
impl List { pub fn push(&mut self) {} pub fn len(&self) -> u32 { 1 } }
pub enum Item { Value(List), Pair(List, List) }
fn a(item: &mut Item) { match *item { Item::Value(ref mut it) => it.push(), Item::Pair(ref x, mut y) => { x.len(); y.push() } } }
fn b(all: &mut [List]) { for &mut List { n } in all {} all.iter().map(|&ref it| it.len()); }
fn c((mut one, two): (List, List)) { one.push(); two.len(); }
",
        expect![[r#"
            a -> List.push [typed]
            a -> List.len [typed]
            a -> List.push [typed]
            b -> iter external
            b -> map external
            b -> List.len [typed]
            c -> List.push [typed]
            c -> List.len [typed]
        "#]],
    );
}

#[test]
fn names_of_std_are_not_taken_for_those_of_the_project() {
    calls(
        "
//- src/lib.rs
struct Parser;
impl Parser {
    fn parse(&self) -> Option<u32> { Some(1) }
    fn take(&self) {}
    fn clone_all(&self) {}
}
fn f(text: &str, all: Vec<u32>, thing: Option<u8>) -> Result<u32, ()> {
    text.parse::<u32>();
    thing.take();
    all.clone();
    Ok(1)
}
",
        expect![[r#"
            Parser.parse -> Some external
            f -> parse external
            f -> take external
            f -> clone external
            f -> Ok external
        "#]],
    );
}

#[test]
fn a_macro_called_like_a_standard_one_is_that_of_its_own_file_only() {
    calls(
        "
//- src/lib.rs
mod page;
mod other;
mod shared;
fn top() { writeln!(x); note!(); }
//- src/page.rs
macro_rules! writeln { () => {} }
fn here() { writeln!(); }
//- src/other.rs
fn there() { writeln!(out); }
//- src/shared.rs
macro_rules! note { () => {} }
",
        expect![[r#"
            top -> writeln external
            top -> src/shared.rs#note [module]
            here -> writeln [lexical]
            there -> writeln external
        "#]],
    );
}

#[test]
fn a_trait_in_scope_gives_methods_to_standard_results_and_to_numbers() {
    calls(
        "
//- src/lib.rs
mod error;
mod span;
mod user;
//- src/error.rs
pub trait Context { fn context(self, text: &str) -> Self; }
impl<T> Context for Result<T, ()> { fn context(self, text: &str) -> Self { self } }
//- src/span.rs
pub struct Span;
impl Span { pub fn days(self, n: i64) -> Span { self } }
pub trait ToSpan { fn month(self) -> Span; }
macro_rules! all { ($t:ty) => { impl ToSpan for $t { fn month(self) -> Span { Span } } } }
all!(i64);
pub trait Sized2 { fn width(&self) -> usize; }
impl Sized2 for Span { fn width(&self) -> usize { 1 } }
//- src/user.rs
use crate::error::Context;
use crate::span::{Sized2, ToSpan};
fn read() -> Result<u8, ()> { Ok(1) }
fn use_it() { read().context(\"a\"); 1.month().days(24); 2.width(); }
mod without { fn use_it() { super::read().context(\"a\"); } }
",
        expect![[r#"
            <src/span.rs> -> all [lexical]
            read -> Ok external
            use_it -> read [lexical]
            use_it -> src/error.rs#Result.context [trait]
            use_it -> src/span.rs#ToSpan.month [trait]
            use_it -> src/span.rs#Span.days [typed]
            use_it -> width external
            without.use_it -> read [module]
            without.use_it -> super.context external
        "#]],
    );
}

#[test]
fn modules_are_found_by_name_by_path_attribute_and_inline() {
    calls(
        r#"
//- Cargo.toml
[package]
name = "app"
//- src/lib.rs
mod plain;
mod folder;
#[path = "elsewhere/odd.rs"]
mod odd;
mod inline { pub fn deep() { super::top(); } pub mod more { pub fn deeper() {} } }
pub fn top() {
    plain::one();
    folder::two();
    folder::inner::three();
    odd::four();
    inline::deep();
    crate::inline::more::deeper();
    self::plain::one();
}
//- src/plain.rs
pub fn one() { crate::top(); }
//- src/folder/mod.rs
pub mod inner;
pub fn two() { inner::three(); }
//- src/folder/inner.rs
pub fn three() { super::two(); super::super::plain::one(); }
//- src/elsewhere/odd.rs
pub fn four() {}
"#,
        expect![[r#"
            inline.deep -> top [module]
            top -> src/plain.rs#one [module]
            top -> src/folder/mod.rs#two [module]
            top -> src/folder/inner.rs#three [module]
            top -> src/elsewhere/odd.rs#four [module]
            top -> inline.deep [module]
            top -> inline.more.deeper [module]
            top -> src/plain.rs#one [module]
            one -> src/lib.rs#top [module]
            two -> src/folder/inner.rs#three [module]
            three -> src/folder/mod.rs#two [module]
            three -> src/plain.rs#one [module]
        "#]],
    );
}

#[test]
fn use_trees_groups_aliases_globs_and_reexports() {
    calls(
        "
//- src/lib.rs
mod a;
mod facade;
use a::{one, two as second, nested::{self, three}};
use facade::*;
pub fn f() { one(); second(); nested::three(); three(); four(); renamed(); }
mod tests { use super::*; fn t() { f(); one(); } }
fn scoped() { use crate::a::five; five(); }
fn unscoped() { five(); }
//- src/a.rs
pub fn one() {}
pub fn two() {}
pub fn four() {}
pub fn five() {}
pub mod nested { pub fn three() {} }
//- src/facade.rs
pub use crate::a::four;
pub use crate::a::two as renamed;
",
        expect![[r#"
            f -> src/a.rs#one [import]
            f -> src/a.rs#two [import]
            f -> src/a.rs#nested.three [module]
            f -> src/a.rs#nested.three [import]
            f -> src/a.rs#four [import]
            f -> src/a.rs#two [import]
            tests.t -> f [lexical]
            tests.t -> src/a.rs#one [import]
            scoped -> src/a.rs#five [import]
            unscoped -> five external
        "#]],
    );
}

#[test]
fn crates_of_a_workspace_know_each_other_under_their_names() {
    calls(
        r#"
//- Cargo.toml
[workspace]
members = ["core", "app"]
//- core/Cargo.toml
[package]
name = "my-core"
[lib]
path = "source/root.rs"
//- core/source/root.rs
pub struct Engine;
impl Engine { pub fn new() -> Self { Engine } pub fn start(&self) {} }
pub fn boot() {}
//- app/Cargo.toml
[package]
name = "app"
[dependencies]
my-core = { path = "../core" }
engine = { package = "my-core", path = "../core" }
serde = "1"
//- app/src/main.rs
use my_core::Engine;
use serde::Deserialize;
fn main() { let e = Engine::new(); e.start(); engine::boot(); serde::private(); }
//- app/src/bin/tool.rs
mod helper;
fn main() { helper::help(); my_core::boot(); }
//- app/src/bin/helper.rs
pub fn help() {}
"#,
        expect![[r#"
            main -> core/source/root.rs#Engine.new [static]
            main -> core/source/root.rs#Engine.start [typed]
            main -> core/source/root.rs#boot [module]
            main -> serde.private external
            main -> app/src/bin/helper.rs#help [module]
            main -> core/source/root.rs#boot [module]
        "#]],
    );
}

// Rust: members.

#[test]
fn methods_are_found_through_self_the_type_and_the_declared_receiver() {
    calls(
        "
//- src/lib.rs
struct Inner;
impl Inner { fn work(&self) {} }
struct Outer { inner: Inner, boxed: Box<Inner>, many: Vec<Inner>, maybe: Option<Inner> }
impl Outer {
    fn new() -> Self { Self::build() }
    fn build() -> Outer { todo!() }
    fn run(&self, other: &Inner) {
        self.inner.work();
        self.boxed.work();
        other.work();
        for one in &self.many { one.work(); }
        if let Some(it) = &self.maybe { it.work(); }
        match &self.maybe { Some(it) => it.work(), None => {} }
        self.many.iter().for_each(|it| it.work());
        self.maybe.as_ref().unwrap().work();
        self.run(other);
    }
}
fn f() { let outer = Outer::new(); outer.inner.work(); Outer::build().run(&Inner); }
",
        expect![[r#"
            Outer.new -> Outer.build [self]
            Outer.build -> todo external
            Outer.run -> Inner.work [typed]
            Outer.run -> Inner.work [typed]
            Outer.run -> Inner.work [typed]
            Outer.run -> Inner.work [typed]
            Outer.run -> Inner.work [typed]
            Outer.run -> Inner.work [typed]
            Outer.run -> many.iter external
            Outer.run -> for_each external
            Outer.run -> Inner.work [typed]
            Outer.run -> maybe.as_ref external
            Outer.run -> unwrap external
            Outer.run -> Inner.work [typed]
            Outer.run -> Outer.run [self]
            f -> Outer.new [static]
            f -> Inner.work [typed]
            f -> Outer.build [static]
            f -> Outer.run [typed]
        "#]],
    );
}

#[test]
fn a_method_and_a_function_of_one_name_are_two() {
    calls(
        "
//- src/lib.rs
fn parse() {}
struct P;
impl P { fn parse(&self) { parse(); } }
fn f(p: P, unknown: impl Fn()) { p.parse(); parse(); }
fn g() { let it = outside::make(); it.parse(); }
",
        expect![[r#"
            P.parse -> parse [lexical]
            f -> P.parse [typed]
            f -> parse [lexical]
            g -> outside.make external
            g -> possible P.parse
        "#]],
    );
}

#[test]
fn traits_give_declared_default_and_dispatched_targets() {
    calls(
        "
//- src/lib.rs
trait Shape { fn area(&self) -> u32; fn twice(&self) -> u32 { self.area() } }
struct Square;
impl Shape for Square { fn area(&self) -> u32 { 1 } }
struct Circle;
impl Shape for Circle { fn area(&self) -> u32 { 2 } }
fn stat(s: Square) { s.area(); s.twice(); }
fn dynamic(s: &dyn Shape) { s.area(); }
fn generic<T: Shape>(t: T) { t.area(); }
fn bound<T>(t: T) where T: Shape { t.twice(); }
fn given(it: impl Shape) { it.area(); }
",
        expect![[r#"
            Shape.twice -> Shape.area [self]
            Shape.twice -> Square.area [dispatch]
            Shape.twice -> Circle.area [dispatch]
            stat -> Square.area [trait]
            stat -> Shape.twice [trait]
            dynamic -> Shape.area [typed]
            dynamic -> Square.area [dispatch]
            dynamic -> Circle.area [dispatch]
            generic -> Shape.area [typed]
            generic -> Square.area [dispatch]
            generic -> Circle.area [dispatch]
            bound -> Shape.twice [typed]
            given -> Shape.area [typed]
            given -> Square.area [dispatch]
            given -> Circle.area [dispatch]
        "#]],
    );
}

#[test]
fn several_impls_of_one_name_are_possible_and_no_edges() {
    calls(
        "
//- src/lib.rs
struct E;
impl From<u8> for E { fn from(_: u8) -> E { E } }
impl From<u16> for E { fn from(_: u16) -> E { E } }
fn f() { E::from(1u8); }
struct Own;
impl Own { fn show(&self) {} }
trait Show { fn show(&self); }
impl Show for Own { fn show(&self) {} }
fn g(own: Own) { own.show(); }
",
        expect![[r#"
            f -> possible E.from, E.from
            g -> Own.show [typed]
        "#]],
    );
}

#[test]
fn patterns_results_tuples_and_closures_carry_types() {
    calls(
        "
//- src/lib.rs
struct A;
impl A { fn go(&self) {} fn try_new() -> Result<A, Error> { todo!() } }
struct Error;
impl Error { fn show(&self) {} }
enum Message { One(A), Two { a: A }, Three }
struct Pair(A, u8);
fn pair() -> (A, u8) { todo!() }
fn f(m: Message, p: Pair) -> Result<(), Error> {
    A::try_new()?.go();
    let a = A::try_new()?;
    a.go();
    let Ok(b) = A::try_new() else { return Ok(()) };
    b.go();
    if let Err(error) = A::try_new() { error.show(); }
    match m { Message::One(x) => x.go(), Message::Two { a } => a.go(), Message::Three => {} }
    let (first, _) = pair();
    first.go();
    p.0.go();
    let Pair(q, _) = p;
    q.go();
    let again = a;
    again.go();
    Ok(())
}
",
        expect![[r#"
            A.try_new -> todo external
            pair -> todo external
            f -> A.try_new [static]
            f -> A.go [typed]
            f -> A.try_new [static]
            f -> A.go [typed]
            f -> A.try_new [static]
            f -> Ok external
            f -> A.go [typed]
            f -> A.try_new [static]
            f -> Error.show [typed]
            f -> A.go [typed]
            f -> A.go [typed]
            f -> pair [lexical]
            f -> A.go [typed]
            f -> A.go [typed]
            f -> A.go [typed]
            f -> A.go [typed]
            f -> Ok external
        "#]],
    );
}

#[test]
fn an_iterator_and_a_deref_of_the_project_lead_to_what_they_name() {
    calls(
        "
//- src/lib.rs
struct A;
impl A { fn go(&self) {} }
struct All;
impl Iterator for All { type Item = A; fn next(&mut self) -> Option<A> { None } }
struct Guard(A);
impl std::ops::Deref for Guard { type Target = A; fn deref(&self) -> &A { &self.0 } }
fn f(all: All, guard: Guard) { for a in all { a.go(); } guard.go(); }
",
        expect![[r#"
            f -> A.go [typed]
            f -> A.go [typed]
        "#]],
    );
}

#[test]
fn macros_of_the_project_are_calls_and_calls_inside_arguments_count() {
    calls(
        "
//- src/lib.rs
macro_rules! check { ($e:expr) => { $e } }
fn one() -> u32 { 1 }
fn f() { check!(one()); assert_eq!(one(), 1); println!(\"{}\", one()); }
",
        expect![[r#"
            f -> check [lexical]
            f -> one [lexical]
            f -> assert_eq external
            f -> one [lexical]
            f -> println external
            f -> one [lexical]
        "#]],
    );
}

#[test]
fn a_wrapper_hides_what_its_content_has() {
    calls(
        "
//- src/lib.rs
use std::sync::Arc;
struct A;
impl Clone for A { fn clone(&self) -> A { A } }
impl AsRef<A> for A { fn as_ref(&self) -> &A { self } }
impl A { fn go(&self) {} }
fn f(shared: Arc<A>, own: A) { shared.clone(); shared.as_ref(); shared.as_ref().go(); own.clone(); shared.go(); }
",
        expect![[r#"
            f -> clone external
            f -> as_ref external
            f -> as_ref external
            f -> A.go [typed]
            f -> A.clone [trait]
            f -> A.go [typed]
        "#]],
    );
}

#[test]
fn an_extension_trait_counts_only_where_it_is_in_scope() {
    calls(
        "
//- src/lib.rs
mod ext;
mod with { use crate::ext::Shout; fn f(all: Vec<u8>) { all.shout(); all.len(); } }
mod without { fn f(all: Vec<u8>) { all.shout(); } }
//- src/ext.rs
pub trait Shout { fn shout(&self); fn len(&self) -> usize; }
impl Shout for Vec<u8> { fn shout(&self) {} fn len(&self) -> usize { 0 } }
//- src/other.rs
fn f(all: Vec<u8>) { all.shout(); }
",
        expect![[r#"
            with.f -> src/ext.rs#Vec.shout [trait]
            with.f -> len external
            without.f -> shout external
            f -> shout external
        "#]],
    );
}

#[test]
fn an_extension_trait_gives_methods_to_outside_types() {
    calls(
        "
//- src/lib.rs
trait Shout { fn shout(&self) {} }
impl Shout for Vec<u8> { fn shout(&self) {} }
fn f(all: Vec<u8>, other: String) { all.shout(); other.shout(); }
",
        expect![[r#"
            f -> Vec.shout [trait]
            f -> shout external
        "#]],
    );
}

#[test]
fn rust_relations_other_than_calls() {
    related(
        "
//- src/lib.rs
trait Base { fn run(&self); }
trait More: Base {}
#[derive(Clone, Debug)]
struct S { field: u32 }
impl Base for S { fn run(&self) { LIMIT; } }
impl S { fn set(&mut self) { self.field = LIMIT; } fn get(&self) -> u32 { self.field } }
const LIMIT: u32 = 1;
type Alias = S;
fn f(s: Alias) -> Option<S> { None }
#[test]
fn t() { f(todo!()); }
",
        &[
            RelationKind::Extends,
            RelationKind::Implements,
            RelationKind::Overrides,
            RelationKind::Reads,
            RelationKind::Writes,
            RelationKind::TypeUse,
            RelationKind::Tests,
        ],
        expect![[r#"
            More type_use Base [lexical]
            More extends Base [lexical]
            S type_use Base [lexical]
            S.run reads LIMIT [lexical]
            S type_use S [lexical]
            S implements Base [lexical]
            S.run overrides Base.run [lexical]
            S.set writes S.field [self]
            S.set reads LIMIT [lexical]
            S.get reads S.field [self]
            S type_use S [lexical]
            Alias type_use S [lexical]
            f type_use Alias [lexical]
            f type_use Option external
            f type_use S [lexical]
            t tests f [lexical]
        "#]],
    );
}

// TypeScript and JavaScript: modules.

#[test]
fn imports_default_named_namespace_and_barrels() {
    calls(
        "
//- src/a.ts
export default function main() {}
export function one() {}
export const two = () => {}
export class Thing { run() {} }
//- src/index.ts
export * from './a'
export { one as renamed } from './a'
export * as all from './a'
export { default } from './a'
//- src/use.ts
import main, { one, two as second } from './a'
import * as ns from './a.js'
import entry, { renamed, Thing, all } from '.'
import { missing } from 'lodash'
import type { Thing as T } from './a'
main(); one(); second(); ns.two(); entry(); renamed(); all.one(); missing(); describe('x', () => {})
new Thing().run()
function f(one: () => void, t: T) { one(); t.run() }
export async function g() { const m = await import('./a'); m.one() }
",
        expect![[r#"
            <src/use.ts> -> src/a.ts#main [import]
            <src/use.ts> -> src/a.ts#one [import]
            <src/use.ts> -> src/a.ts#two [import]
            <src/use.ts> -> src/a.ts#two [module]
            <src/use.ts> -> src/a.ts#main [import]
            <src/use.ts> -> src/a.ts#one [import]
            <src/use.ts> -> src/a.ts#one [module]
            <src/use.ts> -> missing external from lodash
            <src/use.ts> -> describe external
            <src/use.ts> -> src/a.ts#Thing [import]
            <src/use.ts> -> src/a.ts#Thing.run [typed]
            f -> src/a.ts#Thing.run [typed]
            g -> src/a.ts#one [module]
        "#]],
    );
}

#[test]
fn common_js_require_and_exports() {
    calls(
        "
//- lib/a.js
function one() {}
exports.one = one
exports.two = function () {}
exports.six = (n) => n
//- lib/b.js
class Box { open() {} }
function make() { return new Box() }
module.exports = { make, Box }
//- lib/c.js
const a = require('./a')
const { make, Box } = require('./b')
const fs = require('fs')
const two = require('./a').two
const { make: build } = require('./b')
a.one(); make().open(); new Box().open(); fs.readFile(); require('./a').one()
two(); build(); a.six()
async function later() {
    const { one } = await import('./a.js')
    const all = await import('./a.js')
    one(); all.two()
}
function shadow(two) { two() }
",
        expect![[r#"
            make -> Box [lexical]
            a -> require external
            <lib/c.js> -> require external
            fs -> require external
            two -> require external
            <lib/c.js> -> require external
            <lib/c.js> -> lib/a.js#one [module]
            <lib/c.js> -> lib/b.js#make [import]
            <lib/c.js> -> lib/b.js#Box.open [inferred]
            <lib/c.js> -> lib/b.js#Box [import]
            <lib/c.js> -> lib/b.js#Box.open [typed]
            <lib/c.js> -> fs.readFile external from fs
            <lib/c.js> -> require external
            <lib/c.js> -> lib/a.js#one [module]
            <lib/c.js> -> lib/a.js#two [import]
            <lib/c.js> -> lib/b.js#make [import]
            <lib/c.js> -> lib/a.js#six [module]
            later -> lib/a.js#one [import]
            later -> lib/a.js#two [module]
        "#]],
    );
}

#[test]
fn members_that_are_assigned_apart_belong_to_what_they_are_assigned_to() {
    calls(
        "
//- view.js
function View() { this.path = this.lookup() }
View.prototype.lookup = function lookup() { return this.resolve() }
View.prototype.resolve = function () {}
module.exports = View
//- response.js
var res = Object.create(null)
res.send = function send() { var self = this; later(function () { self.end() }) }
res.end = () => send()
other.end = function () {}
module.exports = res
//- app.js
const View = require('./view')
const res = require('./response')
new View().lookup(); res.send()
",
        expect![[r#"
            View -> possible View.lookup
            View.lookup -> View.resolve [self]
            res -> Object.create external
            res.send -> later external
            res.send -> res.end [static]
            res.end -> send external
            View -> require external
            res -> require external
            <app.js> -> view.js#View [import]
            <app.js> -> possible view.js#View.lookup
            <app.js> -> response.js#res.send [static]
        "#]],
    );
}

#[test]
fn paths_base_url_workspaces_and_package_exports() {
    calls(
        r##"
//- tsconfig.json
{
  // where things are
  "compilerOptions": { "baseUrl": ".", "paths": { "@/*": ["./src/*"], }, },
}
//- package.json
{ "name": "root", "workspaces": ["packages/*"] }
//- src/util.ts
export function util() {}
//- packages/core/package.json
{ "name": "@my/core", "main": "dist/index.js", "exports": { ".": "./dist/index.js", "./sub": { "import": "./dist/sub.mjs", "types": "./dist/sub.d.ts" } } }
//- packages/core/src/index.ts
export function core() {}
//- packages/core/src/sub.ts
export function sub() {}
//- packages/app/main.ts
import { util } from '@/util'
import { util as again } from 'src/util'
import { core } from '@my/core'
import { sub } from '@my/core/sub'
import { other } from '@my/other'
util(); again(); core(); sub(); other()
"##,
        expect![[r#"
            <packages/app/main.ts> -> src/util.ts#util [import]
            <packages/app/main.ts> -> src/util.ts#util [import]
            <packages/app/main.ts> -> packages/core/src/index.ts#core [import]
            <packages/app/main.ts> -> packages/core/src/sub.ts#sub [import]
            <packages/app/main.ts> -> other external from @my/other
        "#]],
    );
}

// TypeScript and JavaScript: members.

#[test]
fn receivers_have_types_from_annotations_new_parameters_and_initialisers() {
    calls(
        "
//- src/a.ts
export class Service { run(): Result { return new Result() } static make(): Service { return new Service() } }
export class Result { ok() {} }
export interface Holder { service: Service; find(name: string): Service | undefined }
//- src/b.ts
import { Service, Holder } from './a'
class Owner {
  private field: Service
  initial = new Service()
  constructor(private injected: Service, holder: Holder) {
    this.field.run(); this.initial.run(); this.injected.run(); injected.run()
    holder.service.run().ok(); holder.find('x')?.run(); holder.find('y')!.run()
  }
  get service(): Service { return this.field }
  method() { this.service.run(); this.method(); return this }
}
const local = new Service()
local.run()
Service.make().run()
const { service } = null as unknown as Holder
service.run()
const services: Service[] = []
services.map((s) => s.run()).forEach((r) => r.ok())
for (const s of services) s.run()
new Map<string, Service>().get('x')!.run()
async function load(): Promise<Service> { return local }
async function use() { (await load()).run(); load().then((s) => s.run()); const [first] = services; first.run() }
new Owner(local, null!).method().method()
",
        expect![[r#"
            Service.run -> Result [lexical]
            Service.make -> Service [lexical]
            Owner.initial -> src/a.ts#Service [import]
            Owner.constructor -> src/a.ts#Service.run [typed]
            Owner.constructor -> src/a.ts#Service.run [typed]
            Owner.constructor -> src/a.ts#Service.run [typed]
            Owner.constructor -> src/a.ts#Service.run [typed]
            Owner.constructor -> src/a.ts#Service.run [typed]
            Owner.constructor -> src/a.ts#Result.ok [typed]
            Owner.constructor -> src/a.ts#Holder.find [typed]
            Owner.constructor -> src/a.ts#Service.run [typed]
            Owner.constructor -> src/a.ts#Holder.find [typed]
            Owner.constructor -> src/a.ts#Service.run [typed]
            Owner.method -> src/a.ts#Service.run [typed]
            Owner.method -> Owner.method [self]
            local -> src/a.ts#Service [import]
            <src/b.ts> -> src/a.ts#Service.run [typed]
            <src/b.ts> -> src/a.ts#Service.make [static]
            <src/b.ts> -> src/a.ts#Service.run [typed]
            <src/b.ts> -> src/a.ts#Service.run [typed]
            <src/b.ts> -> map external
            <src/b.ts> -> src/a.ts#Service.run [typed]
            <src/b.ts> -> forEach external
            <src/b.ts> -> src/a.ts#Result.ok [inferred]
            <src/b.ts> -> src/a.ts#Service.run [typed]
            <src/b.ts> -> Map external
            <src/b.ts> -> get external
            <src/b.ts> -> src/a.ts#Service.run [typed]
            use -> load [lexical]
            use -> src/a.ts#Service.run [typed]
            use -> load [lexical]
            use -> then external
            use -> src/a.ts#Service.run [typed]
            use -> src/a.ts#Service.run [typed]
            <src/b.ts> -> Owner [lexical]
            <src/b.ts> -> Owner.method [typed]
            <src/b.ts> -> Owner.method [typed]
        "#]],
    );
}

#[test]
fn a_name_that_only_types_have_is_no_value_and_a_typed_receiver_is_of_its_type() {
    calls(
        "
//- src/a.ts
export type Error<T> = T extends string ? T : never
export interface Link { to: string }
export class Link {}
interface Compiler { compile(): string; close(): void }
interface Sized extends Compiler { size(): number }
const proto = {
  compile(this: Compiler) { this.close(); return this.compile() },
  measure(this: Sized) { [1].forEach(() => this.compile()); return this.size() },
}
function fail() { throw new Error('no') }
function link() { return new Link() }
",
        expect![[r#"
            proto.compile -> Compiler.close [typed]
            proto.compile -> Compiler.compile [typed]
            proto.measure -> forEach external
            proto.measure -> Compiler.compile [typed]
            proto.measure -> Sized.size [typed]
            fail -> Error external
            link -> Link [lexical]
        "#]],
    );
}

/// The names of locals are in no facts; whoever grades calls reads them in the text.
#[test]
fn calls_of_functions_that_locals_hold_are_graded_too() {
    let folder = tempfile::tempdir().expect("a folder");
    let text = "export function outer(items: string[]) {\n  const each = (it: string) => inner(it)\n  let other = 1\n\n  items.forEach(it => each(it))\n  other()\n}\nfunction inner(it: string) {}\n";
    std::fs::write(folder.path().join("a.ts"), text).expect("written");
    let louver = std::process::Command::new(env!("CARGO_BIN_EXE_louver"))
        .args(["bench", "calls"])
        .arg(folder.path())
        .output()
        .expect("louver runs");
    let said = String::from_utf8(louver.stdout).expect("text");
    expect![[r#"
        {"at":{"line":2,"path":"a.ts"},"callee":{"line":8,"name":"inner","path":"a.ts"},"caller":{"line":1,"name":"outer","path":"a.ts"},"method":"lexical"}
        {"at":{"line":5,"path":"a.ts"},"callee":{"line":2,"name":"each","path":"a.ts"},"caller":{"line":1,"name":"outer","path":"a.ts"},"method":"lexical"}
    "#]]
    .assert_eq(&said);
}

#[test]
fn a_namespace_adds_to_a_function_or_class_of_its_name() {
    calls(
        "
//- src/verify.ts
export async function main(box: Box) {
  verify(1);
  verify.reset();
  new Box();
  Box.of();
  box.open();
  plain();
}
async function verify(x: number) { return x; }
export namespace verify { export type Options = { x: number }; export function reset() {} }
class Box { open() {} }
namespace Box { export function of() { return new Box(); } }
function plain(): void;
function plain(x?: number): void {}
//- src/other.ts
import { main, verify } from './verify';
export function run(options: verify.Options) { main(null); verify(2); verify.reset(); }
",
        expect![[r#"
            main -> verify [lexical]
            main -> verify.reset [static]
            main -> Box [lexical]
            main -> Box.of [static]
            main -> Box.open [typed]
            main -> plain [lexical]
            Box.of -> Box [lexical]
            run -> src/verify.ts#main [import]
            run -> src/verify.ts#verify [import]
            run -> src/verify.ts#verify.reset [static]
        "#]],
    );
}

#[test]
fn classes_and_interfaces_inherit() {
    calls(
        "
//- src/a.ts
interface Greeter { greet(): void }
abstract class Base implements Greeter { greet() {} abstract work(): void; run() { this.work(); this.greet() } }
class Derived extends Base { work() { super.greet() } constructor() { super() } }
class Other<T> { value: T; get(): T { return this.value } }
class Strings extends Other<Derived> {}
function f(d: Derived, g: Greeter, b: Base, s: Strings) { d.greet(); d.run(); g.greet(); b.work(); s.get().work() }
",
        expect![[r#"
            Base.run -> Base.work [self]
            Base.run -> Derived.work [dispatch]
            Base.run -> Base.greet [self]
            Derived.work -> Base.greet [self]
            Derived.constructor -> Base [self]
            f -> Base.greet [typed]
            f -> Base.run [typed]
            f -> Greeter.greet [typed]
            f -> Base.greet [dispatch]
            f -> Base.work [typed]
            f -> Derived.work [dispatch]
            f -> Other.get [typed]
            f -> Derived.work [typed]
        "#]],
    );
}

#[test]
fn arrows_are_typed_by_where_they_stand() {
    calls(
        "
//- src/a.ts
class Context { json() {} }
type Handler = (c: Context) => void
interface Maker { (name: string): Handler }
class App { get(path: string, handler: Handler) {} on(cb: (c: Context, app: App) => void) {} }
const app = new App()
app.get('/', (c) => c.json())
app.on((c, a) => { c.json(); a.on(null!) })
const handler: Handler = (c) => { c.json() }
const middleware = (): Handler => (c) => c.json()
const maker: Maker = (name) => (c) => c.json()
const table: { first: Handler } = { first: (c) => c.json() }
",
        expect![[r#"
            app -> App [lexical]
            <src/a.ts> -> App.get [typed]
            <src/a.ts> -> Context.json [inferred]
            <src/a.ts> -> App.on [typed]
            <src/a.ts> -> Context.json [inferred]
            <src/a.ts> -> App.on [inferred]
            handler -> Context.json [typed]
            middleware -> Context.json [typed]
            maker -> Context.json [typed]
            table.first -> Context.json [typed]
        "#]],
    );
}

#[test]
fn what_nothing_says_the_type_of_is_possible_or_external() {
    calls(
        "
//- src/a.ts
export class Store { save() {} parse() {} }
export function f(x: any, text: string) { x.save(); x.unheardOf(); text.parse(); JSON.parse(''); console.log() }
",
        expect![[r#"
            f -> possible Store.save
            f -> unheardOf external
            f -> parse external
            f -> JSON.parse external
            f -> console.log external
        "#]],
    );
}

#[test]
fn overloads_are_one_target() {
    calls(
        "
//- src/a.ts
export function pick(x: string): string
export function pick(x: number): number
export function pick(x: unknown): unknown { return work(x) }
function work(x: unknown) { return x }
pick(1)
class C { on(a: string): this; on(a: number): this; on(a: unknown) { return work(this) } }
new C().on('a').on(1)
",
        expect![[r#"
            pick -> work [lexical]
            <src/a.ts> -> pick [lexical]
            C.on -> work [lexical]
            <src/a.ts> -> C [lexical]
            <src/a.ts> -> C.on [typed]
            <src/a.ts> -> C.on [typed]
        "#]],
    );
}

#[test]
fn shadowed_imports_and_block_scopes() {
    calls(
        "
//- src/a.ts
export function run() {}
export function stop() {}
//- src/b.ts
import { run, stop } from './a'
export function f() { const run = () => {}; run(); { const stop = 1; } stop() }
export function g() { try { run() } catch (stop) { stop() } function inner() { run() } inner() }
export function h({ run }: { run: () => void }, [stop]: (() => void)[]) { run(); stop() }
",
        expect![[r#"
            f -> src/a.ts#stop [import]
            g -> src/a.ts#run [import]
            g.inner -> src/a.ts#run [import]
            g -> g.inner [lexical]
        "#]],
    );
}

#[test]
fn components_and_decorators_are_calls() {
    calls(
        "
//- src/a.tsx
import { Card } from './card'
import * as ui from './card'
const Local = () => <div><Card title=\"x\"><ui.Card /></Card></div>
export const page = () => <Local />
//- src/card.tsx
export function Card(props: { title: string }) { return <section>{props.title}</section> }
//- src/b.ts
function logged(target: unknown) {}
function named(name: string) { return logged }
@logged class A { @named('x') method() {} }
",
        expect![[r#"
            Local -> src/card.tsx#Card [import]
            Local -> src/card.tsx#Card [module]
            page -> Local [lexical]
            A -> logged [lexical]
            A -> named [lexical]
        "#]],
    );
}

#[test]
fn objects_have_members() {
    calls(
        "
//- src/a.ts
class Db { query() {} }
export const api = { load() { this.save() }, save: () => {}, db: new Db() }
api.load(); api.save(); api.db.query()
enum Kind { A, B }
namespace Tools { export function cut() {} }
Tools.cut()
function take(options: { db: Db, log: () => void }) { options.db.query(); const { db } = options; db.query() }
",
        expect![[r#"
            api.load -> api.save [self]
            api.db -> Db [lexical]
            <src/a.ts> -> api.load [static]
            <src/a.ts> -> api.save [static]
            <src/a.ts> -> Db.query [typed]
            <src/a.ts> -> Tools.cut [static]
            take -> Db.query [typed]
            take -> Db.query [typed]
        "#]],
    );
}

#[test]
fn typescript_relations_other_than_calls() {
    related(
        "
//- src/a.ts
export interface Shape { area(): number }
export class Square implements Shape { side = 1; area() { return this.side } grow() { this.side = LIMIT } }
export class Big extends Square { area() { return 2 } }
export const LIMIT = 3
export type Shapes = Shape[]
//- src/a.test.ts
import { Square, LIMIT } from './a'
import fs from 'node:fs'
function check(s: Square) { s.area(); return LIMIT }
",
        &[
            RelationKind::Extends,
            RelationKind::Implements,
            RelationKind::Overrides,
            RelationKind::Reads,
            RelationKind::Writes,
            RelationKind::TypeUse,
            RelationKind::Tests,
            RelationKind::Imports,
        ],
        expect![[r#"
            Square implements Shape [lexical]
            Square.area reads Square.side [self]
            Square.grow writes Square.side [self]
            Square.grow reads LIMIT [lexical]
            Square.area overrides Shape.area [lexical]
            Big extends Square [lexical]
            Big.area overrides Square.area [lexical]
            Shapes type_use Shape [lexical]
            <src/a.test.ts> imports src/a.ts#Square [import]
            <src/a.test.ts> imports src/a.ts#LIMIT [import]
            <src/a.test.ts> imports fs external from node:fs
            check type_use src/a.ts#Square [import]
            check tests src/a.ts#Square.area [typed]
            check reads src/a.ts#LIMIT [import]
        "#]],
    );
}

// Beyond single references.

#[test]
fn broken_code_and_cycles_end() {
    calls(
        "
//- src/a.ts
import { b } from './b'
export * from './b'
export const a = b.next
export function f( { a.x(; }
class Loop extends Loop { go() { this.gone() } }
type T = T
const x: T = x
x.y()
//- src/b.ts
import { a } from './a'
export * from './a'
export const b = a.next
b.run()
//- src/lib.rs
mod lib;
pub use self::other::*;
mod other { pub use super::*; fn f() { nothing(); } }
type A = A;
fn g(a: A) { a.b(); }
",
        expect![[r#"
            Loop.go -> gone external
            <src/b.ts> -> run external
            other.f -> nothing external
            g -> b external
        "#]],
    );
}

#[test]
fn an_object_has_what_is_spread_into_it() {
    calls(
        "
//- src/schemas.ts
export function text() {}
export function both() {}
//- src/checks.ts
export function both() {}
//- src/index.ts
import * as schemas from './schemas'
import * as checks from './checks'
const z = { ...schemas, ...checks, own() {} }
const more = { ...z, other: 1 }
export function f() { z.text(); z.both(); z.own(); more.text(); more.missing() }
",
        expect![[r#"
            f -> src/schemas.ts#text [static]
            f -> src/checks.ts#both [static]
            f -> z.own [static]
            f -> src/schemas.ts#text [static]
            f -> missing external
        "#]],
    );
}

#[test]
fn the_order_of_the_files_changes_nothing() {
    let text = "
//- src/a.ts
import { make } from './b'
export function start() { return make() }
start().go()
//- src/b.ts
import { start } from './a'
export class Thing { go() {} }
export function make() { return Math.random() ? new Thing() : start() }
make().go()
";
    let fixture = Fixture::parse(text);
    let files: Vec<(&str, &FileFacts)> = fixture
        .files
        .iter()
        .map(|(path, facts)| (path.as_str(), facts))
        .collect();
    let workspace = Workspace::new(&files, &[]);
    let all = workspace.link();
    for file in (0..files.len() as u32).rev() {
        let alone = workspace.linker().link_file(file);
        let targets = |relations: &[Relation]| relations.iter().map(|it| it.target.clone()).collect::<Vec<_>>();
        assert_eq!(targets(&alone.relations), targets(&all[file as usize].relations));
    }
}

#[test]
fn facts_name_no_local_variable() {
    let source = "
//- src/lib.rs
fn f(argument: u32) -> u32 { let hidden = argument; let (left, right) = (hidden, 1); work(|inner| inner + left + right) }
fn work(g: impl Fn(u32) -> u32) -> u32 { g(1) }
//- src/a.ts
export function f(argument: number) { const hidden = argument; const { left: renamed } = g(hidden); return [hidden].map((inner) => inner + renamed) }
function g(x: number) { return { left: x } }
";
    let fixture = Fixture::parse(source);
    let mut names = BTreeSet::new();
    for (file, (_, facts)) in fixture.files.iter().enumerate() {
        names.extend((0..facts.names.len() as u32).map(|at| fixture.word(file as u32, NameId(at)).to_owned()));
    }
    for local in ["argument", "hidden", "inner", "right", "renamed", "x"] {
        assert!(!names.contains(local), "`{local}` is a local and was kept");
    }
    assert!(names.contains("work"));
}
