//! Implementors that calls of macros make: not listed, and never passed over in silence.

use crate::world::{World, repository};
use serde_json::json;

const LIB: &str = "pub mod shapes;
pub trait Area { fn area(&self) -> u32; }
pub trait Plain {}
pub trait Named { fn name(&self) -> u32; }
pub struct Square;
impl Area for Square { fn area(&self) -> u32 { 1 } }
impl Plain for Square {}
// impl Plain for Everything
macro_rules! impl_area {
    ($($shape:ty),*) => { $(
        /// impl Plain for CANARY
        impl Area for $shape { fn area(&self) -> u32 { \"impl Plain for CANARY\".len() as u32 } }
    )* };
}
macro_rules! impl_any { ($of:path, $shape:ty) => { impl $of for $shape {} }; }
pub struct Circle;
impl_area!(Circle);
";

const SHAPES: &str = "macro_rules! impl_named {
    ($shape:ident<$t:ident>) => { unsafe impl<$t: Clone> $crate::Named for $shape<$t> { fn name(&self) -> u32 { 2 } } };
}
pub struct Tree<T>(T);
impl_named!(Tree<T>);
";

fn world() -> (World, tempfile::TempDir) {
    let folder = repository(&[
        ("Cargo.toml", "[package]\nname = \"shapes\"\n"),
        ("src/lib.rs", LIB),
        ("src/shapes.rs", SHAPES),
    ]);
    (World::of(&[("acme/shapes", "internal", folder.path())]), folder)
}

#[test]
fn implementors_that_macros_make_are_announced() {
    let (world, _folder) = world();
    for (name, listed) in [("Area", true), ("Named", false)] {
        let answer = world.ask("get_type_hierarchy", json!({ "symbol": name }));
        assert!(answer.contains("there may be more implementors"), "{name}: {answer}");
        assert!(answer.contains("macros_that_implement=1"), "{name}: {answer}");
        assert_eq!(answer.contains("#Square"), listed, "{name}: {answer}");
        assert!(!answer.contains("#impl_"), "{name}: {answer}");
    }
    let plain = world.ask("get_type_hierarchy", json!({ "symbol": "Plain" }));
    assert!(
        plain.contains("#Square") && !plain.contains("macros_that_implement"),
        "{plain}"
    );
}

#[test]
fn the_macros_and_their_calls_are_found() {
    let (world, _folder) = world();
    let ask = json!({ "symbol": "Named", "relations": ["implements"] });
    let answer = world.ask("find_references", ask);
    assert!(answer.contains("#impl_named implements"), "{answer}");
    assert!(answer.contains("there may be more implementors"), "{answer}");
    let calls = world.ask(
        "find_references",
        json!({ "symbol": "Area", "relations": ["type_use"] }),
    );
    assert!(!calls.contains("there may be more implementors"), "{calls}");
}
