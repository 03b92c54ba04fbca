//! What attributes, texts of macros and the patterns of `matches!` name in Rust.

use crate::resolution::related;
use expect_test::expect;
use louver::resolution::RelationKind;

#[test]
fn attributes_of_rust_name_functions_and_variants() {
    related(
        r##"
//- Cargo.toml
[package]
name = "demo"
//- src/lib.rs
mod other;
use crate::other::Shape;
const LIMIT: usize = 3;
#[derive(Deserialize)]
pub struct Config {
    #[serde(default = "Config::start", rename = "free")]
    port: u16,
    #[serde(default = "free", skip_serializing_if = "Option::is_none")]
    other: Option<u8>,
    #[serde(with = "form", default = "crate::other::far")]
    form: u8,
    #[serde(default = "CANARY")]
    #[doc = "free"]
    last: u8,
    #[arg(default_value_t = LIMIT, value_parser = free)]
    limit: usize,
}
impl Config { fn start() -> u16 { 1 } }
fn free() -> u8 { 4 }
mod form { pub fn serialize() {} }
fn made(x: u8) -> u8 { x }
#[rstest]
#[case(Shape::Round(4), made(2))]
#[case::named(other::Shape::Flat, 1)]
fn cases(#[case] x: Shape, #[case] y: u8) {}
#[allow(clippy::all)]
#[cfg(any(test, made))]
fn plain() {}
//- src/other.rs
pub enum Shape { Round(u8), Flat }
pub fn far() -> u8 { 1 }
"##,
        &[RelationKind::Reads, RelationKind::Calls, RelationKind::Constructs],
        expect![[r#"
            Config.port reads Config.start [static]
            Config.other reads free [lexical]
            Config.form reads src/other.rs#far [module]
            Config.limit reads LIMIT [lexical]
            Config.limit reads free [lexical]
            cases reads src/other.rs#Shape.Round [static]
            cases -> made [lexical]
            cases reads src/other.rs#Shape.Flat [static]
        "#]],
    );
}

#[test]
fn texts_of_macros_name_constants() {
    related(
        r##"
//- Cargo.toml
[package]
name = "demo"
//- src/lib.rs
mod other;
use other::FAR;
const LIMIT: usize = 3;
fn told(name: &str) {
    println!("CANARY {LIMIT:>4} {name}");
    format!("{FAR} {{LIMIT}} {MISSING}");
    let text = "{LIMIT}";
    other("{LIMIT}");
}
//- src/other.rs
pub const FAR: u8 = 1;
"##,
        &[RelationKind::Reads],
        expect![[r#"
            told reads LIMIT [lexical]
            told reads src/other.rs#FAR [import]
        "#]],
    );
}

#[test]
fn patterns_of_matches_name_variants() {
    related(
        r##"
//- Cargo.toml
[package]
name = "demo"
//- src/lib.rs
pub enum Shape { Round(u8), Flat, Wide { x: u8 }, Deep(Option<Kind>, u8), Low() }
pub enum Kind { Odd, Even }
struct Wrap { kind: Kind, of: Option<Kind>, round: u8 }
const LIMIT: u8 = 3;
fn round(r: u8) -> bool { r > 1 }
impl Shape {
    fn a(&self) -> bool { matches!(self, Self::Round(_)) }
    fn b(&self) -> bool { matches!(self, Shape::Flat | Shape::Wide { .. }) }
    fn c(&self) -> bool { matches!(self, Self::Round(round) if crate::round(*round)) }
    fn d(&self) -> bool { matches!(self, &Self::Deep(Some(Kind::Odd), ..)) }
    fn e(&self) -> bool { assert_matches!(self.f(), Shape::Low(), "CANARY {}", round(1)); true }
    fn f(&self) -> bool { matches!((self, 1), (Shape::Round(n @ 1..=LIMIT), _) | (Shape::Deep(None, _), _)) }
    fn h(&self) -> bool {
        matches!(
            self,
            Shape::Wide {
                x: LIMIT,
                ..
            }
        )
    }
    fn i(&self, w: &Wrap) -> bool { matches!(w, Wrap { kind: Kind::Even, of: Some(Kind :: Odd), round }) && round(1) }
    fn g(&self, c: char) -> bool { matches!(c, 'a'..='z' | '(' | '"') && matches!(self, Shape::Flat) }
}
fn behind() { behind(); }
"##,
        &[RelationKind::Reads, RelationKind::Calls, RelationKind::Constructs],
        expect![[r#"
            Shape.a -> matches external
            Shape.a reads Shape.Round [self]
            Shape.b -> matches external
            Shape.b reads Shape [lexical]
            Shape.b reads Shape.Flat [static]
            Shape.b reads Shape [lexical]
            Shape.b reads Shape.Wide [static]
            Shape.c -> matches external
            Shape.c reads Shape.Round [self]
            Shape.c -> round [module]
            Shape.d -> matches external
            Shape.d reads Shape.Deep [self]
            Shape.d reads Kind [lexical]
            Shape.d reads Kind.Odd [static]
            Shape.e -> assert_matches external
            Shape.e -> Shape.f [self]
            Shape.e reads Shape [lexical]
            Shape.e reads Shape.Low [static]
            Shape.e -> round [lexical]
            Shape.f -> matches external
            Shape.f reads Shape [lexical]
            Shape.f reads Shape.Round [static]
            Shape.f reads LIMIT [lexical]
            Shape.f reads Shape [lexical]
            Shape.f reads Shape.Deep [static]
            Shape.h -> matches external
            Shape.h reads Shape [lexical]
            Shape.h reads Shape.Wide [static]
            Shape.h reads LIMIT [lexical]
            Shape.i -> matches external
            Shape.i reads Wrap [lexical]
            Shape.i reads Kind [lexical]
            Shape.i reads Kind.Even [static]
            Shape.i reads Kind [lexical]
            Shape.i reads Kind.Odd [static]
            Shape.i -> round [lexical]
            Shape.g -> matches external
            Shape.g -> matches external
            Shape.g reads Shape [lexical]
            Shape.g reads Shape.Flat [static]
            behind -> behind [lexical]
        "#]],
    );
}
