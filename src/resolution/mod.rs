//! References to relations: what each use of a name in a repository means, and how that is known.
//!
//! [`Workspace`] holds the facts of all files of a repository and what follows from them: modules, members, base types. [`Linker`] resolves
//! the references of one file after the other; several can work at once, and what one finds does not depend on what it did before.

mod apart;
mod bases;
mod calls;
mod dispatch;
mod django;
mod evaluate;
mod extensions;
mod generics;
mod handlers;
mod holders;
mod includes;
mod invoked;
mod labels;
mod linker;
mod macros;
mod managers;
mod members;
mod method_sets;
mod modules;
mod nameless;
mod node;
mod outside;
mod overloads;
mod package_names;
mod packages;
mod paths;
mod possible;
mod relation;
mod relations;
mod routes;
mod rust;
mod rust_implementations;
mod rust_methods;
mod rust_names;
mod rust_qualified;
mod standard;
mod tables;
mod targets;
mod told;
mod types;
mod value;
mod withheld;
mod workspace;

pub use linker::Linker;
pub use relation::{FileRelations, Import, Method, Relation, RelationKind, RouteNames, SymbolRef, Target};
pub use workspace::Workspace;
