//! What the references of small repositories are found to mean; the cases of `languages` are read by this. Here are the relations those do
//! not list, and what holds for all.
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
                ..
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

#[track_caller]
pub(crate) fn related(fixture: &str, kinds: &[RelationKind], expected: Expect) {
    expected.assert_eq(&Fixture::parse(fixture).relations(kinds));
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
mod made;
mod other;
mod web;
//- src/made.rs
use crate::other::{Far, Far as Renamed};
pub struct Near<T> { near: T, both: u8 }
enum Shape { Round { radius: u8 }, Flat }
const WIDE: u8 = 1;
impl<T> Near<T> {
    fn new(near: T, far: u8) -> Self { let wide = far; Self { near, both: WIDE } }
    fn two(far: u8, wide: u8) { let _ = Near::<u8> { near: far, both: wide }; Renamed { far, wide }; Far { far: 1, ..rest() }; Shape::Round { radius: wide }; Elsewhere { far, wide }; }
}
//- src/other.rs
pub struct Far { pub far: u8, pub wide: u8 }
//- src/web.rs
use web::{Even, Json, Odd, Query, Wrapped};
pub struct Req { nick: String, page: Page }
impl Req { fn check(&self) { self.nick; } }
struct Page { limit: u8 }
fn held(Json(data): Json<Req>, q: Query<Req>, Wrapped(it): Wrapped<Req>, all: Json<Req>) { data.nick; q.nick; q.page.limit; it.nick; all.nick; q.into_inner().page; }
fn lost(Odd(it): Even<Req>, of: Wrapped<Req>) { it.nick; of.nick; }
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
            Near type_use Near [lexical]
            Near.new type_use Near [self]
            Near.new writes Near.near [typed]
            Near.new writes Near.both [typed]
            Near.new reads WIDE [lexical]
            Near.two writes Near.near [typed]
            Near.two writes Near.both [typed]
            Near.two writes src/other.rs#Far.far [typed]
            Near.two writes src/other.rs#Far.wide [typed]
            Near.two writes src/other.rs#Far.far [typed]
            Near.two reads Shape [lexical]
            Near.two writes Shape.Round.radius [typed]
            Req.nick type_use String external
            Req.page type_use Page [lexical]
            Req.check reads Req.nick [self]
            Req type_use Req [lexical]
            held type_use Json external from web
            held type_use Req [lexical]
            held type_use Query external from web
            held type_use Req [lexical]
            held type_use Wrapped external from web
            held type_use Req [lexical]
            held type_use Json external from web
            held type_use Req [lexical]
            held reads Req.nick [typed]
            held reads Req.nick [typed]
            held reads Req.page [typed]
            held reads Page.limit [typed]
            held reads Req.nick [typed]
            held reads Req.nick [typed]
            held reads Req.page [typed]
            lost type_use Even external from web
            lost type_use Req [lexical]
            lost type_use Wrapped external from web
            lost type_use Req [lexical]
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
        {"at":{"line":2,"path":"a.ts"},"callee":{"container":"","line":8,"macro":false,"name":"inner","path":"a.ts"},"caller":{"container":"","line":1,"macro":false,"name":"outer","path":"a.ts"},"method":"lexical"}
        {"at":{"line":5,"path":"a.ts"},"callee":{"line":2,"name":"each","path":"a.ts"},"caller":{"line":1,"name":"outer","path":"a.ts"},"method":"lexical"}
    "#]]
    .assert_eq(&said);
}

#[test]
fn names_of_other_files_and_of_the_type_around_are_used_without_a_receiver() {
    related(
        "
//- go/a.go
package a
var Limit = 3
func handle() {}
type T struct { size int }
//- go/b.go
package a
func run(t T) { use(Limit); each(handle); Limit = 4; t.size, Limit = 1, 2; Limit++; local := Limit; use(local) }
func each(f func()) {}
func use(n int) {}
//- java/B.java
package n;
class Base { int base; }
class B extends Base { static int LIMIT = 3; int size; void run(int given) { size = LIMIT + base; use(given); } void use(int x) { var own = size; } }
//- cs/C.cs
namespace N { class C { static int Limit = 3; int size; static void Handle() {} void Run() { size = Limit; Map(Handle); } void Map(Action a) {} } }
//- kt/D.kt
package p
class D { var size = 1
  fun run() { size = LIMIT; each(::handle) }
}
//- kt/E.kt
package p
const val LIMIT = 3
fun handle() {}
//- swift/F.swift
class F { var size = 1
  func run() { size = limit; each(handle) }
}
//- swift/G.swift
let limit = 3
func handle() {}
//- scala/H.scala
package q
class H { var size = 1
  def run() = { size = size + 1 }
}
//- labels/a.go
package b
const Key = 1
var name, _ = 1, 2
func run() { _ = T{name: 3, Other: Key}; m := map[int]int{Key: 4}; use(m) }
//- labels/T.go
package b
type T struct { name, Other int }
//- labels/B.cs
class B { int Size; }
//- labels/Color.java
package l;
enum Color { RED, BLUE }
//- labels/S.java
package l;
class S { static final int LIMIT = 1; void run(Color c, int n) { switch (c) { case RED: break; } switch (n) { case LIMIT: } int x = switch (c) { case BLUE -> 1; default -> 2; }; } }
//- labels/S.php
<?php
class S { public static $held; function run() { return S::$held; } }
//- labels/L.java
package l;
class L { int name; int lab; @At(name = 1) void run() { lab: for (;;) { break lab; } } }
//- labels/L.cs
class L { int name; int Size; void Run() { Use(name: 1); var a = new B { Size = 2 }; var c = new { Size = 3 }; if (a is { Size: 4 }) { Size = 5; } } }
//- labels/L.kt
package l
class L { val name = 1
  fun run() { use(name = 2) }
}
//- labels/L.swift
class L { var name = 1
  func run() { use(name: 2, .name); switch x { case .name: go() } }
}
//- labels/L.scala
class L { var name = 1
  def run() = { use(name = 2); name = 3 }
}
//- py/m.py
from k import *
def run(): return [LIMIT, handle, missing]
//- py/k.py
LIMIT = 3
def handle(): pass
",
        &[RelationKind::Reads, RelationKind::Writes],
        expect![[r#"
            run reads go/a.go#Limit [module]
            run reads go/a.go#handle [module]
            run writes go/a.go#Limit [module]
            run writes go/a.go#T.size [typed]
            run writes go/a.go#Limit [module]
            run writes go/a.go#Limit [module]
            run reads go/a.go#Limit [module]
            B.run writes B.size [self]
            B.run reads B.LIMIT [self]
            B.run reads Base.base [self]
            B.use reads B.size [self]
            C.Run writes C.size [self]
            C.Run reads C.Limit [self]
            C.Run reads C.Handle [self]
            D.run writes D.size [self]
            D.run reads kt/E.kt#LIMIT [module]
            D.run reads kt/E.kt#handle [module]
            F.run writes F.size [self]
            F.run reads swift/G.swift#limit [module]
            F.run reads swift/G.swift#handle [module]
            H.run writes H.size [self]
            H.run reads H.size [self]
            run writes labels/T.go#T.name [typed]
            run writes labels/T.go#T.Other [typed]
            run reads Key [lexical]
            run reads Key [lexical]
            S.run reads labels/Color.java#Color.RED [typed]
            S.run reads S.LIMIT [self]
            S.run reads labels/Color.java#Color.BLUE [typed]
            S.run reads S [lexical]
            S.run reads S.? [static]
            L.Run writes labels/B.cs#B.Size [typed]
            L.Run writes L.Size [self]
            L.run writes L.name [self]
            run reads py/k.py#LIMIT [import]
            run reads py/k.py#handle [import]
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

#[test]
fn keys_of_typescript_read_and_write_members() {
    related(
        "
//- src/card.tsx
import { FC, Component, PropsWithChildren } from 'react'
export interface CardProps { show?: boolean; title: string; onPick(): void }
export function Card({ show = false, ...rest }: CardProps) { const { title: head } = rest; return show ? head : null }
export const Short: FC<CardProps> = ({ title }) => title
export class Old extends Component<CardProps> {}
export const Wide = (props: PropsWithChildren<CardProps>) => { const { title } = props; return title }
export const usual: CardProps = { show: true, title: 'CANARY', onPick() {} }
export const cards: CardProps[] = [{ title: 'CANARY', 'not-a-name': 1 }]
export function open(card: CardProps, title: string) { return { title } as CardProps }
const { show } = usual
export function twice(card: CardProps): void
export function twice(card: { title: string }): void
export function twice(card: object) {}
twice({ title: 'CANARY' })
//- src/page.tsx
import { Card, Short, Old, Wide, open } from './card'
export function Page({ title }: { title: string }) {
  const inner = <Wide title='CANARY'><div title='CANARY' /></Wide>
  open({ title, show: Boolean({ title }) }, title)
  return <Card show title='CANARY' onPick={() => {}} {...{ title }}><Short title='CANARY' /><Old title='CANARY' /></Card>
}
",
        &[RelationKind::Reads, RelationKind::Writes],
        expect![[r#"
            Card reads CardProps.show [typed]
            Card reads CardProps.title [typed]
            Short reads CardProps.title [typed]
            Wide reads CardProps.title [typed]
            usual writes CardProps.show [typed]
            usual writes CardProps.title [typed]
            usual writes CardProps.onPick [typed]
            cards writes CardProps.title [typed]
            open writes CardProps.title [typed]
            <src/card.tsx> reads CardProps.show [typed]
            <src/card.tsx> reads usual [lexical]
            Page writes src/card.tsx#CardProps.title [inferred]
            Page reads src/card.tsx#Wide [import]
            Page writes src/card.tsx#CardProps.title [inferred]
            Page writes src/card.tsx#CardProps.show [inferred]
            Page writes src/card.tsx#CardProps.show [inferred]
            Page writes src/card.tsx#CardProps.title [inferred]
            Page writes src/card.tsx#CardProps.onPick [inferred]
            Page writes src/card.tsx#CardProps.title [inferred]
            Page reads src/card.tsx#Card [import]
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
//- src/a.go
package a
func run(argument int) (result int) {
	hidden, other := argument, 1
	var inner = M{hidden: other, argument: 2}
	for right, x := range inner { each(func(deep int) int { return deep + right + x }) }
	switch kind := any(inner).(type) { case int: each(kind) }
	if renamed, found := inner[hidden]; found { each(renamed) }
	select { case got := <-c: each(got) }
	return result
}
//- src/A.java
class A { void run(int argument) { int hidden = argument; for (int inner : list()) { use(inner); } each((right, x) -> right + x); each(deep -> deep);
  if (o() instanceof A renamed) { use(renamed); } try (R found = open()) { use(found); } catch (E got) { use(got); } switch (o()) { case A kind -> use(kind); default -> use(1); }
  for (int result = 0; result < 1; result++) { use(result); } } }
//- src/A.cs
class A { int Held { set { Use(value); } } void Run(int argument) { int hidden = argument; foreach (var inner in List()) { Use(inner); } Each((right, x) => right + x); Each(deep => deep);
  if (o() is A renamed) { Use(renamed); } if (Try(out var found)) { Use(found); } try { } catch (E got) { Use(got); } var (kind, result) = Pair(); Use(kind, result);
  var q = from other in List() where other > 1 select other; Use(q); switch (o()) { case A cased: Use(cased); break; } using var held = Open(); Use(held); for (int at = 0; at < 1; at++) { Use(at); }
  void local(int given) { Use(given); } } }
//- src/a.kt
package k
fun run(argument: Int) {
  val hidden = argument
  for (inner in list()) { use(inner) }
  for ((right, x) in pairs()) { use(right, x) }
  each { deep -> use(deep) }
  each { (renamed, found) -> use(renamed, found) }
  try { } catch (got: E) { use(got) }
  val (kind, result) = pair()
  use(kind, result)
  when (val other = o()) { else -> use(other) }
}
//- src/a.swift
func run(argument: Int, label given: Int) {
  let hidden = argument
  for inner in list() { use(inner) }
  if let right = o() { use(right) }
  guard let x = o() else { return }
  use(x, given)
  each { deep in use(deep) }
  each { (renamed, found) in use(renamed, found) }
  do { try o() } catch let got { use(got) }
  let (kind, result) = pair()
  use(kind, result)
  switch o() { case .some(let other): use(other) default: break }
  for (at, cased) in pairs() { use(at, cased) }
  while let held = o() { use(held) }
}
//- src/a.scala
object A { def run(argument: Int) = { val hidden = argument; for (inner <- list(); right = inner) yield use(inner, right); each(deep => use(deep)); each { case (renamed, found) => use(renamed, found) }
  o() match { case x: B => use(x); case Some(other) => use(other); case at @ C(cased) => use(at, cased) }; val (kind, result) = pair(); use(kind, result); try { } catch { case got: E => use(got) } } }
//- src/a.py
from k import *
def run(argument, *hidden, **inner):
    for right, x in list(): use(right, x)
    with o() as deep: use(deep)
    try: pass
    except E as got: use(got)
    use([renamed for renamed in o()], lambda found: found, {kind: result for kind, result in o()})
    if (other := o()): use(other)
    match o():
        case [at, *held]: use(at, held)
        case {'k': cased}: use(cased)
";
    let fixture = Fixture::parse(source);
    let mut names = BTreeSet::new();
    for (file, (path, facts)) in fixture.files.iter().enumerate() {
        let of_file = (0..facts.names.len() as u32).map(|at| fixture.word(file as u32, NameId(at)));
        names.extend(of_file.map(|name| (name, path.as_str())));
    }
    let locals = [
        "argument", "hidden", "inner", "right", "renamed", "x", "deep", "found", "got", "kind", "result", "other",
        "at", "cased", "held", "given",
    ];
    let kept: Vec<_> = names.iter().filter(|(name, _)| locals.contains(name)).collect();
    assert!(kept.is_empty(), "{kept:?} are locals and were kept");
    assert!(names.contains(&("work", "src/lib.rs")));
}

/// Ways through them are many more than could be gone.
#[test]
fn types_that_embed_each_other_end() {
    let mut text = "//- go.mod\nmodule a\n//- a.go\npackage a\n".to_owned();
    for at in 0..40 {
        let others: String = (0..40).filter(|it| *it != at).map(|it| format!("\tT{it}\n")).collect();
        text += &format!("type T{at} struct {{\n{others}}}\n");
    }
    text += "func f(t T0) { t.Gone.Run(); t.T7.Run() }\nfunc (t T7) Run() {}\n";
    expect![[r#"
        f -> possible T7.Run
        f -> possible T7.Run
    "#]]
    .assert_eq(&Fixture::parse(&text).relations(&[RelationKind::Calls]));
}

#[test]
fn modules_that_share_their_names_and_hold_each_other_end() {
    let inner = |path: &str| -> String {
        (0..60)
            .map(|at| format!("#[path = \"{path}\"]\npub mod n{at};\n"))
            .collect()
    };
    let text = format!(
        "//- src/lib.rs\n#[path = \"a.rs\"]\nmod t;\n#[path = \"b.rs\"]\nmod t;\nfn f() {{ t::n1::n2::run(); }}\n\
         //- src/a.rs\n{}pub fn run() {{}}\n//- src/b.rs\n{}pub fn run() {{}}\n",
        inner("b.rs"),
        inner("a.rs"),
    );
    expect![[r#"
        f -> possible src/a.rs#run, src/b.rs#run
    "#]]
    .assert_eq(&Fixture::parse(&text).relations(&[RelationKind::Calls]));
}

#[test]
fn written_types_are_uses_of_types() {
    use RelationKind::{Reads, TypeUse};
    related(
        "//- a.php
<?php
class A { private ?B $b; public function f(B|C $x, int $n): ?C { return B::make(); } }
class B {}
class C {}
",
        &[TypeUse, Reads],
        expect![[r#"
            A.? type_use B [lexical]
            A.f type_use B [lexical]
            A.f type_use C [lexical]
            A.f type_use C [lexical]
            A.f reads B [lexical]
        "#]],
    );
    related(
        "//- a.cs
class A : B<C>, D { List<C> all; C[] some; C? one; void F<T>(T x) where T : C { typeof(C); C.Go(); var t = (C a, int b); } }
class B<T> {}
class C {}
class D {}
",
        &[TypeUse, Reads],
        expect![[r#"
            A type_use C [lexical]
            A.all type_use List external
            A.all type_use C [lexical]
            A.some type_use C [lexical]
            A.one type_use C [lexical]
            A.F type_use C [lexical]
            A.F type_use C [lexical]
            A.F reads C [lexical]
        "#]],
    );
}

#[test]
fn extensions_of_swift_hold_types_and_cases() {
    use RelationKind::{Reads, TypeUse};
    related(
        r#"
//- Model.swift
extension Index { struct Model { var row: Row; var all: [Group]; let kind: Kind } }
//- Index.swift
enum Index {}
//- Row.swift
extension Index.Model { struct Row { let size: Int }; struct Group {} }
extension Index.Model { enum Kind { case open, shut } }
extension Index.Model.Kind { static let usual = Self.open }
//- Use.swift
extension Outer { enum Mode { case fast }; static let usual = Mode.fast }
struct Two<A> {}
extension Two where A == Int { var row: Int { 1 }; var more: Int { row } }
extension Two where A == String { var row: Int { 2 } }
func use(model: Index.Model, mode: Outer.Mode, two: Two<Double>) {
    model.row.size
    mode == .fast
    Outer.usual
    show(kind: .shut, also: [.open, .usual])
    two.row
}
func show(size: Int = 1, kind: Index.Model.Kind, also: [Index.Model.Kind]) {}
"#,
        &[TypeUse, Reads],
        expect![[r#"
            Index type_use Index.swift#Index [module]
            Index.Model.row type_use Row.swift#Model.Row [self]
            Index.Model.all type_use Row.swift#Model.Group [self]
            Index.Model.kind type_use Row.swift#Model.Kind [self]
            Index type_use Index.swift#Index [lexical]
            Model type_use Model.swift#Index.Model [static]
            Model.Row.size type_use Int external
            Model type_use Model.swift#Index.Model [lexical]
            Model type_use Model.swift#Index.Model [static]
            Model type_use Model.swift#Index.Model [lexical]
            Kind type_use Model.Kind [static]
            Kind.usual reads Model.Kind.open [self]
            Kind type_use Model.Kind [lexical]
            Outer type_use Outer external
            Outer.usual reads Outer.Mode [self]
            Outer.usual reads Outer.Mode.fast [static]
            Two type_use Two [lexical]
            Two type_use Int external
            Two.row type_use Int external
            Two.more type_use Int external
            Two.more reads Two.row [self]
            Two type_use Two [lexical]
            Two type_use Two [lexical]
            Two type_use String external
            Two.row type_use Int external
            Two type_use Two [lexical]
            use type_use Model.swift#Index.Model [static]
            use type_use Outer.Mode [static]
            use type_use Two [lexical]
            use type_use Double external
            use reads Model.swift#Index.Model.row [typed]
            use reads Row.swift#Model.Row.size [typed]
            use reads Outer.Mode.fast [static]
            use reads Outer.usual [static]
            use reads Row.swift#Model.Kind.shut [static]
            use reads Row.swift#Model.Kind.open [static]
            use reads Row.swift#Kind.usual [static]
            use reads Two.row [overload]
            use reads Two.row [overload]
            show type_use Int external
            show type_use Row.swift#Model.Kind [static]
            show type_use Row.swift#Model.Kind [static]
        "#]],
    );
}

#[test]
fn variables_of_python_are_used_as_types() {
    use RelationKind::{Calls, TypeUse};
    related(
        "//- a.py
from typing import Callable, TypeVar
from b import Held

Handler = Callable[[int], 'Handler']
Number = TypeVar('Number')
class Box:
    def open(self): pass
Case = Box
class Both: pass
if Number:
    Both = None

def use(get: Handler, held: Held) -> Handler: held.open()
def generic(one: Number, all: list['Number']): pass
def made(case: Case, both: Both): case.open()
//- b.py
from a import Box
Held = Box
def hidden(Handler): pass
",
        &[TypeUse, Calls],
        expect![[r#"
            Number -> TypeVar external from typing
            use type_use Handler [lexical]
            use type_use b.py#Held [import]
            use type_use Handler [lexical]
            use -> Box.open [typed]
            generic type_use Number [lexical]
            generic type_use list external
            generic type_use Number [lexical]
            made type_use Case [lexical]
            made type_use Both [lexical]
            made -> Box.open [typed]
        "#]],
    );
}

#[test]
fn types_and_models_of_python_in_quotes_are_uses() {
    related(
        "//- app/__init__.py
//- app/people/__init__.py
//- app/people/models.py
class Person: ...
//- app/shop.py
from typing import TYPE_CHECKING, Optional
from django.db import models
if TYPE_CHECKING:
    from app.people.models import Person
class Order(models.Model):
    buyer = models.ForeignKey('people.Person', models.CASCADE)
    parent = models.ForeignKey('Order', models.CASCADE)
    note = models.CharField('Order')
def find(of: 'Order', by: Optional['Person'] = None) -> 'list[Order] | CANARY':
    other: 'Missing' = 'Order'
    return [of]
",
        &[RelationKind::Reads, RelationKind::TypeUse],
        expect![[r#"
            Order.buyer reads app/people/models.py#Person [module]
            Order.parent reads Order [lexical]
            find type_use Order [lexical]
            find type_use Optional external from typing
            find type_use app/people/models.py#Person [import]
            find type_use Order [lexical]
        "#]],
    );
}

#[test]
fn strings_of_python_name_what_is_at_their_path() {
    related(
        "//- app/__init__.py
//- app/mail/__init__.py
class Sender:
    def send(self): pass
//- app/views.py
from app.mail import Sender
from lib import tools
import time
def index(): pass
//- app/settings.py
SENDERS = {'usual': ('CANARY', 'app.mail.Sender')}
LATER = ['app.mail', 'app.mail.Missing', 'app.views.time', 'app mail.Sender', f'app.views.index', b'app.views.index']
WORDS = ['CANARY.mail.Sender', 'index.html', 'app.views.index.', 'app..views', '.app.views']
//- src/lib/__init__.py
//- src/lib/tools.py
def cut(): pass
//- tests/test_app.py
from unittest.mock import patch
from app.views import index
import lib
@patch('app.views.Sender')
@patch('app.mail.Sender.send')
def test_index(a, b): index()
def test_cut():
    'app.views.index'
    patch('lib.tools.cut')
    patch('src.lib.tools.cut')
    patch('app.views.tools.cut')
",
        &[RelationKind::Reads],
        expect![[r#"
            SENDERS reads app/mail/__init__.py#Sender [module]
            <tests/test_app.py> reads app/mail/__init__.py#Sender [module]
            <tests/test_app.py> reads app/mail/__init__.py#Sender.send [static]
            test_cut reads app/views.py#index [module]
            test_cut reads src/lib/tools.py#cut [module]
            test_cut reads src/lib/tools.py#cut [module]
        "#]],
    );
}

#[test]
fn methods_that_a_tool_makes_read_and_write_fields() {
    use RelationKind::{Calls, Reads, Writes};
    related(
        "//- User.java
package a;
import lombok.*;
@Data class User { private String name; private Home home; private boolean isOpen; private static int count; }
@Getter class Home { private String town; @Setter private String road; }
//- A.java
package a;
class A { void run(User user) { user.getHome().getTown(); user.setName(null); user.isOpen(); user.getHome().setTown(null); user.getCount(); } }
",
        &[Calls, Reads, Writes],
        expect![[r#"
            A.run reads User.java#User.home [typed]
            A.run reads User.java#Home.town [typed]
            A.run writes User.java#User.name [typed]
            A.run reads User.java#User.isOpen [typed]
            A.run reads User.java#User.home [typed]
            A.run -> setTown external
            A.run -> getCount external
        "#]],
    );
}

#[test]
fn components_are_used_by_those_that_import_them() {
    related(
        "
//- src/Child.vue
<template><p v-if=\"shown\" :a=\"limit\" @click=\"shown = most\">limit CANARY1</p></template>
<script setup lang=\"ts\">
import { limit } from './store'
const most = limit
let shown = true
</script>
//- src/Late.vue
<script lang=\"ts\">
export default { name: 'CANARY2', data() { return {} } }
</script>
//- src/store.ts
export const limit = 1
//- src/use.ts
import Child from './Child.vue'
import Named from './Late.vue'
const Late = defineAsyncComponent(() => import('./Late.vue'))
export const all = () => [Child, Named]
export const routes = [{ path: 'CANARY3', component: () => import('./Child.vue') }]
",
        &[RelationKind::Reads, RelationKind::Imports],
        expect![[r#"
            Child reads shown [lexical]
            Child reads src/store.ts#limit [import]
            Child reads most [lexical]
            <src/Child.vue> imports src/store.ts#limit [import]
            most reads src/store.ts#limit [import]
            <src/use.ts> imports src/Child.vue#Child [import]
            <src/use.ts> imports src/Late.vue#Late [import]
            <src/use.ts> reads src/Late.vue#Late [import]
            <src/use.ts> imports src/Late.vue#Late [import]
            all reads src/Child.vue#Child [import]
            all reads src/Late.vue#Late [import]
            <src/use.ts> reads src/Child.vue#Child [import]
            <src/use.ts> imports src/Child.vue#Child [import]
        "#]],
    );
}
