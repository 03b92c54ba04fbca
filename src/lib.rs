//! louver: a governed semantic code index that shows coding agents how code is built, and never the code.
//!
//! An approved repository becomes an index: [`scope`] → [`sources`] → [`extraction`] → [`resolution`] → [`index`], driven by [`indexing`].
//! A request becomes an answer: [`server`] → [`access`] → [`tools`] → [`index`] → [`disclosure`], which writes to [`audit`] before anything is
//! sent. [`monitor`] follows what was recorded.
//!
//! # Promises
//!
//! - **Scope.** Only an `ApprovedRepo` can be fetched, parsed or indexed, and only [`scope`] makes one.
//! - **Access.** Only a `Grant` opens a repository's index, and only [`access`] makes one.
//! - **Disclosure.** Source text is read in [`extraction`] and nowhere else; [`disclosure`] is the only door out.
//! - **Record.** Only a `Disclosed` answer can be sent, and it holds the receipt of its record in [`audit`].
//!
//! Modules are declared in dependency order; `tests/it/layering.rs` says which may use which, and which external crate lives where.

// What may be known, who may know it, and the record of both.

pub mod scope;

pub mod access;

pub mod audit;

pub mod secrets;

pub mod store;

// How code becomes an index.

pub mod extraction;

pub mod resolution;

pub mod sources;

pub mod index;

pub mod indexing;

// How an index becomes an answer.

pub mod disclosure;

pub mod tools;

// Who watches.

pub mod monitor;

// Surfaces.

pub mod server;

pub mod cli;
