//! The Merkle tree of RFC 6962: hashes, inclusion proofs and consistency proofs.
//!
//! Making a proof needs the hashes of complete subtrees, asked of a [`Subtrees`]; checking one needs nothing but the proof.

use std::fmt;

use base64::{Engine, engine::general_purpose::STANDARD};
use sha2::{Digest, Sha256};

/// A node of the tree.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Hash([u8; Self::LEN]);

impl Hash {
    /// The number of bytes in a hash.
    pub const LEN: usize = 32;

    /// Takes the bytes of a hash.
    pub const fn new(bytes: [u8; Self::LEN]) -> Self {
        Self(bytes)
    }

    /// Gives the bytes of the hash.
    pub const fn as_bytes(&self) -> &[u8; Self::LEN] {
        &self.0
    }

    /// Reads the standard base64 form, as used in checkpoints and proofs.
    pub fn from_base64(text: &str) -> Option<Self> {
        let bytes = STANDARD.decode(text).ok()?;
        Some(Self(bytes.try_into().ok()?))
    }
}

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&STANDARD.encode(self.0))
    }
}

impl fmt::Debug for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Hash({self})")
    }
}

/// Hashes the bytes of a record into a leaf.
pub fn leaf_hash(record: &[u8]) -> Hash {
    LeafHasher::new(record).finish(&[])
}

/// Hashes a record of which the beginning is known before the rest.
#[derive(Clone, Debug)]
pub(super) struct LeafHasher(Sha256);

impl LeafHasher {
    pub(super) fn new(beginning: &[u8]) -> Self {
        Self(Sha256::new().chain_update([0]).chain_update(beginning))
    }

    pub(super) fn finish(self, rest: &[u8]) -> Hash {
        Hash(self.0.chain_update(rest).finalize().into())
    }
}

/// Hashes two neighbours into their parent.
pub fn node_hash(left: &Hash, right: &Hash) -> Hash {
    let hasher = Sha256::new()
        .chain_update([1])
        .chain_update(left.0)
        .chain_update(right.0);
    Hash(hasher.finalize().into())
}

/// Gives the root of a tree without leaves.
pub fn empty_root() -> Hash {
    Hash(Sha256::digest([]).into())
}

/// Combines neighbouring hashes of one level into their common root. The last one may stand for a smaller subtree than the others.
pub fn root_of(hashes: &[Hash]) -> Option<Hash> {
    let mut hashes = hashes.to_vec();
    while hashes.len() > 1 {
        // An odd last hash moves up as it is, which is where RFC 6962's largest power of two puts it.
        hashes = hashes
            .chunks(2)
            .map(|pair| match pair {
                [left, right] => node_hash(left, right),
                rest => rest[0],
            })
            .collect();
    }
    hashes.first().copied()
}

/// Where hashes of complete subtrees are read from.
pub trait Subtrees {
    /// What can go wrong while reading.
    type Error;

    /// Gives the root of the leaves from `index << height` up to `(index + 1) << height`.
    fn subtree(&self, height: u32, index: u64) -> Result<Hash, Self::Error>;
}

/// Computes the root of the first `size` leaves.
pub fn root<S: Subtrees>(subtrees: &S, size: u64) -> Result<Hash, S::Error> {
    if size == 0 {
        return Ok(empty_root());
    }
    range_hash(subtrees, 0, size)
}

/// Makes the proof that the leaf at `index` is in the tree of the first `size` leaves, the leaf's sibling first.
/// Gives nothing when there is no such leaf.
pub fn prove_inclusion<S: Subtrees>(subtrees: &S, index: u64, size: u64) -> Result<Option<Vec<Hash>>, S::Error> {
    if index >= size {
        return Ok(None);
    }
    let mut proof = Vec::new();
    let (mut start, mut end) = (0, size);
    while end - start > 1 {
        let middle = start + split(end - start);
        if index < middle {
            proof.push(range_hash(subtrees, middle, end)?);
            end = middle;
        } else {
            proof.push(range_hash(subtrees, start, middle)?);
            start = middle;
        }
    }
    proof.reverse();
    Ok(Some(proof))
}

/// Makes the proof that the tree of the first `old` leaves is a prefix of the tree of the first `new` leaves.
/// Gives nothing when `old` is the larger one.
pub fn prove_consistency<S: Subtrees>(subtrees: &S, old: u64, new: u64) -> Result<Option<Vec<Hash>>, S::Error> {
    if old > new {
        return Ok(None);
    }
    let mut proof = Vec::new();
    if old == 0 || old == new {
        return Ok(Some(proof));
    }
    let (mut start, mut end) = (0, new);
    while old < end {
        let middle = start + split(end - start);
        if old <= middle {
            proof.push(range_hash(subtrees, middle, end)?);
            end = middle;
        } else {
            proof.push(range_hash(subtrees, start, middle)?);
            start = middle;
        }
    }
    // Without a step to the right the old tree is itself a node of the new one, and its root is known to whoever checks.
    if start > 0 {
        proof.push(range_hash(subtrees, start, end)?);
    }
    proof.reverse();
    Ok(Some(proof))
}

/// Checks that `leaf` is at `index` of the tree of `size` leaves with the given root.
pub fn check_inclusion(proof: &[Hash], index: u64, size: u64, leaf: &Hash, root: &Hash) -> bool {
    if index >= size {
        return false;
    }
    let (mut node, mut last) = (index, size - 1);
    let mut hash = *leaf;
    for sibling in proof {
        if last == 0 {
            return false;
        }
        if node & 1 == 1 || node == last {
            hash = node_hash(sibling, &hash);
            // A last node without a sibling moved up as it was; these levels have no step in the proof.
            let levels = node.trailing_zeros();
            node >>= levels;
            last >>= levels;
        } else {
            hash = node_hash(&hash, sibling);
        }
        node >>= 1;
        last >>= 1;
    }
    last == 0 && hash == *root
}

/// Checks that the tree of `old` leaves is a prefix of the tree of `new` leaves.
pub fn check_consistency(proof: &[Hash], old: (u64, &Hash), new: (u64, &Hash)) -> bool {
    let ((old_size, old_root), (new_size, new_root)) = (old, new);
    if old_size == 0 || old_size >= new_size {
        let same = old_size < new_size || (old_size == new_size && old_root == new_root);
        let empty = old_size > 0 || *old_root == empty_root();
        return proof.is_empty() && same && empty;
    }
    let levels = (old_size - 1).trailing_ones();
    let (mut node, mut last) = ((old_size - 1) >> levels, (new_size - 1) >> levels);
    let mut steps = proof.iter();
    let seed = if old_size.is_power_of_two() {
        Some(old_root)
    } else {
        steps.next()
    };
    let Some(&seed) = seed else { return false };
    let (mut old_hash, mut new_hash) = (seed, seed);
    for step in steps {
        if last == 0 {
            return false;
        }
        if node & 1 == 1 || node == last {
            old_hash = node_hash(step, &old_hash);
            new_hash = node_hash(step, &new_hash);
            let levels = node.trailing_zeros();
            node >>= levels;
            last >>= levels;
        } else {
            new_hash = node_hash(&new_hash, step);
        }
        node >>= 1;
        last >>= 1;
    }
    last == 0 && old_hash == *old_root && new_hash == *new_root
}

/// Computes the root of a range that is a node of some tree: its start is a multiple of the largest power of two in its length.
fn range_hash<S: Subtrees>(subtrees: &S, start: u64, end: u64) -> Result<Hash, S::Error> {
    let length = end - start;
    if length.is_power_of_two() {
        let height = length.trailing_zeros();
        return subtrees.subtree(height, start >> height);
    }
    let middle = start + split(length);
    Ok(node_hash(
        &range_hash(subtrees, start, middle)?,
        &range_hash(subtrees, middle, end)?,
    ))
}

/// Gives the largest power of two that is smaller than `length`, which is at least two.
const fn split(length: u64) -> u64 {
    1 << (length - 1).ilog2()
}

#[cfg(test)]
mod tests;
