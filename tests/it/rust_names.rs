//! Names that Rust modules have from each other through imports of everything, however these run in circles.

use crate::resolution::Fixture;
use expect_test::expect;
use louver::resolution::RelationKind;
use proptest::prelude::*;
use std::fmt::Write as _;

/// A crate of modules `m0`, `m1`, ..; `body` says what each holds.
fn modules(count: usize, body: impl Fn(usize) -> String) -> String {
    let mut text = "//- src/lib.rs\n".to_owned();
    for at in 0..count {
        writeln!(text, "pub mod m{at};").expect("a string takes everything");
    }
    for at in 0..count {
        write!(text, "//- src/m{at}.rs\n{}", body(at)).expect("a string takes everything");
    }
    text
}

/// Ways through the imports are many more than could be gone.
#[test]
fn modules_that_all_import_each_other_are_looked_through_once() {
    let count = 40;
    let text = modules(count, |at| {
        let others = (0..count).filter(|other| *other != at);
        let mut body: String = others.map(|other| format!("pub use crate::m{other}::*;\n")).collect();
        match at {
            7 => body += "pub fn found() {}\n",
            0 | 39 => body += &format!("fn f{at}() {{ found(); absent(); }}\n"),
            _ => (),
        }
        body
    });
    expect![[r#"
        f0 -> src/m7.rs#found [import]
        f0 -> absent external
        f39 -> src/m7.rs#found [import]
        f39 -> absent external
    "#]]
    .assert_eq(&Fixture::parse(&text).relations(&[RelationKind::Calls]));
}

/// Beyond that it is given up, which says nothing about modules that are closer.
#[test]
fn a_name_is_followed_through_two_hundred_modules() {
    let text = modules(300, |at| match at {
        299 => "pub fn far() {}\n".to_owned(),
        0 | 100 => format!("pub use crate::m{}::*;\nfn f{at}() {{ far(); }}\n", at + 1),
        _ => format!("pub use crate::m{}::*;\n", at + 1),
    });
    expect![[r#"
        f0 -> far external
        f100 -> src/m299.rs#far [import]
    "#]]
    .assert_eq(&Fixture::parse(&text).relations(&[RelationKind::Calls]));
}

proptest! {
    /// Also where several modules offer a name, so that it depends on the way which of them is meant.
    #[test]
    fn what_is_found_does_not_depend_on_what_was_linked_before(
        imports in prop::collection::vec((0..6_usize, 0..6_usize), 0..16),
        defined in prop::collection::vec((0..6_usize, 0..3_usize), 0..5),
    ) {
        let text = modules(6, |at| {
            let mut body = format!("fn f{at}() {{ a0(); a1(); a2(); }}\n");
            for (_, to) in imports.iter().filter(|(from, to)| *from == at && to != from) {
                body += &format!("pub use crate::m{to}::*;\n");
            }
            for (_, name) in defined.iter().filter(|(module, _)| *module == at) {
                body += &format!("pub fn a{name}() {{}}\n");
            }
            body
        });
        let fixture = Fixture::parse(&text);
        let kinds = [RelationKind::Calls];
        prop_assert_eq!(fixture.relations(&kinds), fixture.relations_file_by_file(&kinds));
    }
}
