//! An index that followed a repository through its commits is, value for value, the one that is made of the last commit alone.
//! `LOUVER_FOLLOWED` names a repository whose last twelve commits an ignored test follows.

use crate::served::{REPO, World, git};
use louver::access::{Grants, LocalHost};
use louver::extraction::words::WordKey;
use louver::index::{GenerationInfo, Index, RepoView, SearchQuery, search};
use louver::scope::Scope;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;

/// Pieces of files of one language. Each has variants: other bodies, other signatures, other names.
struct Language {
    extension: &'static str,
    folder: &'static str,
    pieces: &'static [&'static [&'static str]],
}

const LANGUAGES: &[Language] = &[
    Language {
        extension: "rs",
        folder: "src",
        pieces: &[
            &[
                "pub fn make() -> Widget { Widget::new() }",
                "pub fn make() -> Widget { let it = Widget::new(); it.draw(); it }",
                "pub fn make() -> Other { Other }",
            ],
            &[
                "pub struct Widget { pub inner: Other }\nimpl Widget {\n    pub fn new() -> Self { Widget { inner: Other } }\n    pub fn draw(&self) { self.inner.paint() }\n}",
                "pub struct Widget { pub inner: Other }\nimpl Widget {\n    pub fn new() -> Self { Widget { inner: Other } }\n    pub fn draw(&self) { helper(); self.inner.paint(); self.inner.twice() }\n}",
                "pub struct Widget { pub inner: Box<Other> }\nimpl Widget {\n    pub fn new() -> Self { todo!() }\n    pub fn sketch(&self) { self.inner.paint() }\n}",
            ],
            &[
                "pub struct Other;\nimpl Other {\n    pub fn paint(&self) {}\n}",
                "pub struct Other;\nimpl Paint for Other {\n    fn paint(&self) { make().draw() }\n}",
                "pub struct Other;\nimpl Paint for Other {\n    fn paint(&self) { make() }\n}\nimpl std::ops::Deref for Other {\n    type Target = Widget;\n    fn deref(&self) -> &Widget { self }\n}",
            ],
            &[
                "pub trait Paint {\n    fn paint(&self);\n    fn twice(&self) { self.paint(); self.paint() }\n}",
                "pub trait Paint: Sized {\n    fn paint(&self);\n    fn twice(&self) { helper() }\n}",
            ],
            &[
                "use crate::a::*;",
                "use super::b::{Other, make};",
                "pub use crate::c::helper as make;",
            ],
            &[
                "use crate::c::{Paint, helper};",
                "use crate::b::*;",
                "use crate::a::{Widget, make};",
            ],
            &[
                "pub fn helper() { make().inner.paint(); shape!() }",
                "pub fn helper() { let it = make(); it.draw(); it.sketch() }",
                "fn helper() { Widget::new().twice() }",
            ],
            &[
                "#[macro_export]\nmacro_rules! shape { () => { 1 } }",
                "macro_rules! shape { () => { 2 } }",
            ],
            &[
                "#[test]\nfn works() { make().draw(); helper() }",
                "#[test]\nfn works() { helper() }",
            ],
        ],
    },
    Language {
        extension: "ts",
        folder: "web",
        pieces: &[
            &[
                "export function make() { return new Widget(); }",
                "export function make() { draw(1); return new Widget(); }",
                "export function make() { return new Other(); }",
                "export const make = () => build();",
            ],
            &[
                "export class Widget extends Other { draw() { this.paint(); } size = 1; }",
                "export class Widget extends Other { draw() { this.paint(); make().draw(); } size = 1; }",
                "export class Widget { draw() { return this; } }",
            ],
            &[
                "export class Other { paint() { return make(); } }",
                "export class Other implements Paint { paint() { return build(); } }",
            ],
            &[
                "export interface Paint { paint(): void }",
                "export interface Paint { paint(): Widget }",
            ],
            &[
                "export function build() { return make().paint(); }",
                "export const build = () => ({ draw() { return 1; }, paint: make });",
            ],
            &[
                "import { make, Widget } from \"./a\";",
                "import * as all from \"./b\";\nall.make();",
            ],
            &[
                "import { Other, build } from \"./b\";",
                "export * from \"./c\";",
                "import { Paint, build } from \"./c\";",
            ],
            &["app.get(\"/users/:id\", build);", "const key = process.env.WIDGET_KEY;"],
            &[
                "import express from 'express';\nexport const router = express.Router();\nrouter.get('/:id', build);",
                "import express from 'express';\nexport const router = express.Router();\nrouter.post('/', make);",
                "import express from 'express';\nexport const routes = express.Router();\nroutes.post('/', make);",
            ],
            &[
                "import { router } from './a';\nimport * as b from './b';\nconst top = express();\ntop.use('/one', router);\ntop.use('/two', b.router);",
                "import { router } from './b';\nconst top = express();\ntop.use('/three', router);",
                "import { router as inner } from './c';\nrouter.use('/four', inner);",
            ],
        ],
    },
    Language {
        extension: "py",
        folder: "tool",
        pieces: &[
            &["from .a import make, Widget", "from .b import *", "import tool.c"],
            &[
                "def make():\n    return Widget()",
                "def make():\n    helper()\n    return Widget()",
                "def make() -> Other:\n    pass",
            ],
            &[
                "class Widget(Other):\n    def draw(self):\n        self.paint()",
                "class Widget(Other):\n    def draw(self):\n        self.paint()\n        make().draw()",
                "class Widget:\n    def sketch(self):\n        return 1",
            ],
            &[
                "class Other:\n    def paint(self):\n        return make()",
                "class Other:\n    def paint(self):\n        pass",
            ],
            &["from .c import Other, helper", "from .a import Widget as Other"],
            &[
                "from flask import Blueprint\nbp = Blueprint('b', __name__, url_prefix='/b')\n@bp.get('/<id>')\ndef show(id): helper()",
                "from flask import Blueprint\nbp = Blueprint('b', __name__, url_prefix='/c')\n@bp.get('/<id>')\ndef show(id): make()",
                "from flask import Blueprint\nfrom .b import bp\n@bp.get('/more')\ndef more(): helper()",
            ],
            &[
                "def create(app: Flask):\n    from . import a, b\n    app.register_blueprint(a.bp)\n    app.register_blueprint(b.bp, url_prefix='/flask')",
                "from django.urls import include, path\nurlpatterns = [path('in/', include('tool.b')), path('at/', helper)]",
                "from django.urls import path\nurlpatterns = [path('own/', helper)]",
            ],
            &[
                "def helper():\n    make().draw()",
                "def helper(it: Widget):\n    it.paint()",
            ],
        ],
    },
    Language {
        extension: "go",
        folder: "kit",
        pieces: &[
            &[
                "func Make() *Widget { return &Widget{} }",
                "func Make() *Widget { Helper(); return &Widget{} }",
                "func Make() Other { return Other{} }",
            ],
            &["type Widget struct { Other }", "type Widget struct { Inner Other }"],
            &[
                "func (w *Widget) Draw() { w.Paint() }",
                "func (w *Widget) Draw() { w.Paint(); Make().Draw() }",
            ],
            &[
                "type Other struct{}\nfunc (o Other) Paint() {}",
                "type Other struct{}\nfunc (o Other) Paint() { Helper() }",
            ],
            &[
                "type Painter interface { Paint() }",
                "type Painter interface { Paint(); Draw() }",
            ],
            &[
                "func Helper() { Make().Draw() }",
                "func Helper() { var p Painter = Make(); p.Paint() }",
            ],
        ],
    },
];

/// Numbers that are the same in every run.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) as usize) % sides
    }
}

/// A file: its language, and the variant of every piece in it, in the order they stand in.
#[derive(Clone)]
struct Draft {
    language: usize,
    pieces: Vec<(usize, usize)>,
    remarks: usize,
}

type Drafts = BTreeMap<String, Draft>;

fn drafts(dice: &mut Dice) -> Drafts {
    let mut out = Drafts::new();
    for (language, it) in LANGUAGES.iter().enumerate() {
        let mut files = vec![Vec::new(); 3];
        for (piece, variants) in it.pieces.iter().enumerate() {
            let variant = dice.roll(variants.len());
            files[dice.roll(3)].push((piece, variant));
        }
        for (name, pieces) in ["a", "b", "c"].iter().zip(files) {
            let remarks = 0;
            out.insert(
                format!("{}/{name}.{}", it.folder, it.extension),
                Draft {
                    language,
                    pieces,
                    remarks,
                },
            );
        }
    }
    out
}

fn written(draft: &Draft) -> String {
    let language = &LANGUAGES[draft.language];
    let mut lines: Vec<&str> = match language.extension {
        "go" => vec!["package kit"],
        _ => Vec::new(),
    };
    let remark = if language.extension == "py" {
        "# remark"
    } else {
        "// remark"
    };
    lines.extend(std::iter::repeat_n(remark, draft.remarks));
    lines.extend(
        draft
            .pieces
            .iter()
            .map(|&(piece, variant)| language.pieces[piece][variant]),
    );
    lines.join("\n\n") + "\n"
}

/// Changes one thing.
fn edit(drafts: &mut Drafts, dice: &mut Dice) {
    let paths: Vec<String> = drafts.keys().cloned().collect();
    let path = &paths[dice.roll(paths.len())];
    let draft = drafts.get_mut(path).expect("there");
    let pieces = LANGUAGES[draft.language].pieces;
    match dice.roll(10) {
        0 => draft.remarks += 1,
        1 if draft.pieces.len() > 1 => _ = draft.pieces.remove(0),
        2 => {
            let piece = dice.roll(pieces.len());
            draft.pieces.push((piece, dice.roll(pieces[piece].len())));
        }
        3 => {
            // A file comes with part of another.
            let half = draft.pieces.split_off(draft.pieces.len() / 2);
            let new = Draft {
                pieces: half,
                ..draft.clone()
            };
            let place = path.rsplit_once('/').expect("a folder").0;
            let extension = LANGUAGES[new.language].extension;
            drafts.insert(format!("{place}/d{}.{extension}", dice.roll(3)), new);
        }
        4 if path.contains("/d") => drop(drafts.remove(path)),
        _ if !draft.pieces.is_empty() => {
            let at = dice.roll(draft.pieces.len());
            let (piece, variant) = draft.pieces[at];
            draft.pieces[at].1 = (variant + 1) % pieces[piece].len();
        }
        _ => {}
    }
}

fn put(world: &World, drafts: &Drafts) {
    let root = world.repo(0);
    for language in LANGUAGES {
        let folder = root.join(language.folder);
        if folder.exists() {
            fs::remove_dir_all(&folder).expect("removed");
        }
        fs::create_dir_all(&folder).expect("a folder");
    }
    let modules = |path: &String| Some(path.strip_prefix("src/")?.strip_suffix(".rs")?.to_owned());
    let modules: Vec<String> = drafts.keys().filter_map(modules).collect();
    let declared: Vec<String> = modules.iter().map(|name| format!("pub mod {name};\n")).collect();
    fs::write(root.join("src/lib.rs"), declared.concat()).expect("written");
    for (path, draft) in drafts {
        fs::write(root.join(path), written(draft)).expect("written");
    }
    git(&root, &["add", "-A"]);
    git(&root, &["commit", "-q", "--allow-empty", "-m", "next"]);
}

/// Everything an index holds that is not out of date, as text and bytes.
fn held(index: &Path) -> (Vec<String>, Vec<Vec<u8>>) {
    let copy = tempfile::tempdir().expect("a folder");
    let copied = Command::new("cp").arg("-r").arg(index).arg(copy.path()).status();
    assert!(copied.expect("runs").success());
    let index = Index::open(&copy.path().join("index"), WordKey::new([0; 32])).expect("opens");
    let mut update = index.begin(REPO).expect("begins");
    update.erase_removed();
    update.publish(GenerationInfo::default()).expect("publishes");
    let view = opened(&index);
    let mut told: Vec<String> = view.files().map(|file| format!("{file:?}")).collect();
    told.push(format!("{:?}", view.totals()));
    for text in [
        "make",
        "draw widget",
        "paint",
        "helper",
        "where is it sketched",
        "users",
    ] {
        let query = SearchQuery {
            text: text.to_owned(),
            limit: 100,
            ..SearchQuery::default()
        };
        let found = search(std::slice::from_ref(&view), &query).expect("searches");
        let place =
            |hit: &louver::index::Hit| format!("{} {:?} {:?}", hit.place.file().path(), hit.place.lines(), hit.why);
        told.extend(found.hits.iter().map(place));
    }
    let mut values = index.stored_values(REPO).expect("reads");
    values.sort_unstable();
    values.dedup();
    (told, values)
}

fn opened(index: &Index) -> RepoView {
    let text = format!("version = 1\n[[repo]]\nname = {REPO:?}\npath = \".\"\ntier = \"public\"\nowner = \"tests\"\n");
    let scope = Scope::parse(&text, Path::new("louver.toml")).expect("a scope");
    let grants = Grants::ask(&LocalHost, &LocalHost::subject(), &scope);
    let grant = grants.iter().next().expect("a grant");
    index.snapshot().open(grant).expect("is published").clone()
}

/// The index that is made of the present commit alone, with the same key.
fn fresh(world: &World) -> (Vec<String>, Vec<Vec<u8>>) {
    let data = tempfile::tempdir().expect("a folder");
    fs::copy(world.data().join("word.key"), data.path().join("word.key")).expect("copied");
    let mut command = Command::new(env!("CARGO_BIN_EXE_louver"));
    command.arg("--config").arg(world.config());
    let output = command
        .arg("--data")
        .arg(data.path())
        .arg("index")
        .output()
        .expect("runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    held(&data.path().join("index"))
}

#[track_caller]
fn follow(seed: u64, commits: usize) {
    let mut dice = Dice(seed);
    let mut drafts = drafts(&mut dice);
    let world = World::of(&[
        ("Cargo.toml", "[package]\nname = \"app\"\nversion = \"0.1.0\"\n"),
        ("package.json", "{\"name\": \"web\", \"version\": \"1.0.0\"}"),
        ("go.mod", "module example.org/app\n"),
        ("tool/__init__.py", ""),
    ]);
    for at in 0..commits {
        for _ in 0..=dice.roll(3) {
            edit(&mut drafts, &mut dice);
        }
        put(&world, &drafts);
        compare(&world, &format!("seed {seed}, commit {at}"));
    }
}

/// Indexes what is there now, and compares with an index that has never seen anything else.
#[track_caller]
fn compare(world: &World, what: &str) {
    compare_but(world, what, None);
}

/// The same, but for values that hold a text.
#[track_caller]
fn compare_but(world: &World, what: &str, but: Option<&str>) {
    world.run(&["index"]);
    let (told, mut values) = held(&world.data().join("index"));
    let (expected, mut expected_values) = fresh(world);
    let is_compared = |value: &Vec<u8>| but.is_none_or(|but| !String::from_utf8_lossy(value).contains(but));
    values.retain(is_compared);
    expected_values.retain(is_compared);
    assert_eq!(told, expected, "{what}");
    let only =
        |these: &[Vec<u8>], those: &[Vec<u8>]| these.iter().filter(|it| those.binary_search(it).is_err()).count();
    let (differ, lack) = (only(&values, &expected_values), only(&expected_values, &values));
    assert!(
        values == expected_values,
        "{what}: {differ} values are others, {lack} are lacking"
    );
}

#[test]
fn an_index_beside_excluded_code_is_the_one_made_anew() {
    let world = World::of(&[
        ("Cargo.toml", "[package]\nname = \"app\"\nversion = \"0.1.0\"\n"),
        ("src/lib.rs", "pub mod a;\npub mod b;\npub mod c;\n"),
        ("src/a.rs", "use crate::b::zorblax;\npub fn a() { zorblax() }\n"),
        ("src/b.rs", "pub fn zorblax() {}\n"),
        ("src/c.rs", "/// Calls a.\npub fn c() { crate::a::a() }\n"),
    ]);
    let open = fs::read_to_string(world.config()).expect("a scope");
    let closed = open.replace("owner = ", "exclude = [\"src/b.rs\"]\nowner = ");
    assert_ne!(open, closed);
    // The state of the indexing, which lists all paths, tells facts that were taken out from those that were never there.
    let state = "src/c.rssrc/lib.rs";
    for (at, scope) in [&closed, &closed, &open, &open, &closed].into_iter().enumerate() {
        fs::write(world.config(), scope).expect("written");
        compare_but(&world, &format!("scope {at}"), Some(state));
    }
    fs::write(
        world.repo(0).join("src/c.rs"),
        "/// Calls zorblax.\npub fn c() { crate::b::zorblax() }\n",
    )
    .expect("written");
    git(&world.repo(0), &["commit", "-q", "-am", "next"]);
    compare_but(&world, "another body", Some(state));
    compare_but(&world, "the same body", Some(state));
}

#[test]
#[ignore = "takes minutes; LOUVER_FOLLOWED names the repository"]
fn an_index_follows_a_real_repository() {
    let real = std::env::var("LOUVER_FOLLOWED").expect("LOUVER_FOLLOWED names a repository");
    let world = World::of(&[("a.rs", "fn a() {}")]);
    let repo = world.repo(0);
    git(&repo, &["fetch", "-q", &real, "HEAD"]);
    let commits = Command::new("git")
        .args(["log", "--first-parent", "--reverse", "--format=%H", "-12", "FETCH_HEAD"])
        .current_dir(&repo)
        .output()
        .expect("runs");
    for commit in String::from_utf8_lossy(&commits.stdout).lines() {
        git(&repo, &["reset", "-q", "--hard", commit]);
        compare(&world, commit);
    }
}

#[test]
fn an_index_that_followed_is_the_one_made_anew() {
    follow(1, 14);
}

#[test]
fn an_index_that_followed_otherwise_is_the_one_made_anew() {
    follow(7, 14);
}
