//! Pseudonyms: words of the organisation's own replaced by neutral ones, so that structure can be told without names.
//!
//! Words are replaced, not identifiers: `AcmeLedgerClient` becomes `VokarulenLedgerClient`, because `ledger` and `client` are nobody's own. A
//! pseudonym follows from a key and the word alone, so every call and every replica with the key says the same; two words that fall on one
//! pseudonym, which happens once in hundreds of repositories, are told apart by longer ones. Case and plural are kept, and [`Lexicon::restore`]
//! undoes [`Lexicon::hide`] to the byte.

mod forms;
mod keys;
mod lexicon;
mod pieces;
mod public;
mod restore;

pub use keys::{KeyError, Keyring};
pub use lexicon::{Hidden, Lexicon, OwnWords};
pub use restore::Restorer;

/// The lengths a pseudonym may have.
const LENGTHS: [usize; 2] = [9, 11];
