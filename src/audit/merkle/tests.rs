//! The tree against published vectors, against its definition, and against changed proofs.

use std::{collections::HashMap, convert::Infallible};

use super::*;

/// Leaves in memory, with the hash of every complete subtree computed once, from its definition.
struct Leaves {
    leaves: Vec<Hash>,
    subtrees: HashMap<(u32, u64), Hash>,
}

impl Leaves {
    fn new(count: u64) -> Self {
        Self::of((0..count).map(|index| leaf_hash(&index.to_be_bytes())).collect())
    }

    fn of(leaves: Vec<Hash>) -> Self {
        let rows = (0..=leaves.len().ilog2()).flat_map(|height| {
            let row = (0..).zip(leaves.chunks_exact(1 << height));
            row.map(move |(index, leaves)| ((height, index), by_definition(leaves)))
        });
        Self {
            subtrees: rows.collect(),
            leaves,
        }
    }

    fn root(&self, size: u64) -> Hash {
        by_definition(&self.leaves[..usize::try_from(size).expect("small")])
    }
}

impl Subtrees for Leaves {
    type Error = Infallible;

    fn subtree(&self, height: u32, index: u64) -> Result<Hash, Infallible> {
        Ok(self.subtrees[&(height, index)])
    }
}

/// RFC 6962, section 2.1, word for word.
fn by_definition(leaves: &[Hash]) -> Hash {
    match leaves {
        [] => empty_root(),
        [leaf] => *leaf,
        leaves => {
            let (left, right) = leaves.split_at(usize::try_from(split(leaves.len() as u64)).expect("small"));
            node_hash(&by_definition(left), &by_definition(right))
        }
    }
}

fn flipped(hash: &Hash) -> Hash {
    let mut bytes = *hash.as_bytes();
    bytes[7] ^= 1;
    Hash::new(bytes)
}

fn hex(hash: &Hash) -> String {
    hash.as_bytes().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The eight inputs that Certificate Transparency's own tests use, and their roots.
#[test]
fn the_published_vectors_hold() {
    let inputs: [&[u8]; 8] = [
        b"",
        b"\x00",
        b"\x10",
        b"\x20\x21",
        b"\x30\x31",
        b"\x40\x41\x42\x43",
        b"\x50\x51\x52\x53\x54\x55\x56\x57",
        b"\x60\x61\x62\x63\x64\x65\x66\x67\x68\x69\x6a\x6b\x6c\x6d\x6e\x6f",
    ];
    let roots = [
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
        "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
        "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    ];
    let leaves = Leaves::of(inputs.iter().map(|input| leaf_hash(input)).collect());
    for (size, expected) in (0..).zip(roots) {
        let Ok(root) = root(&leaves, size);
        assert_eq!(hex(&root), expected, "root of {size} leaves");
    }
}

#[test]
fn neighbours_combine_as_the_definition_says() {
    let leaves = Leaves::new(300);
    for size in 1..=300 {
        assert_eq!(
            root_of(&leaves.leaves[..size]),
            Some(leaves.root(size as u64)),
            "{size} leaves"
        );
    }
    assert_eq!(root_of(&[]), None);
}

#[test]
fn every_inclusion_proof_up_to_300_leaves_is_accepted_and_no_changed_one() {
    let leaves = Leaves::new(300);
    for size in 1..=300 {
        let root = leaves.root(size);
        for index in 0..size {
            let Ok(Some(proof)) = prove_inclusion(&leaves, index, size) else {
                panic!("no proof of {index} in {size}")
            };
            let leaf = leaves.leaves[usize::try_from(index).expect("small")];
            assert!(check_inclusion(&proof, index, size, &leaf, &root), "{index} of {size}");
            assert!(
                !check_inclusion(&proof, index, size, &flipped(&leaf), &root),
                "{index} of {size}: another leaf"
            );
            assert!(
                !check_inclusion(&proof, index, size, &leaf, &flipped(&root)),
                "{index} of {size}: another root"
            );
            assert!(
                !check_inclusion(&proof, size, size, &leaf, &root),
                "an index outside {size}"
            );
            let longer = [proof.as_slice(), &[leaf]].concat();
            assert!(
                !check_inclusion(&longer, index, size, &leaf, &root),
                "{index} of {size}: a longer proof"
            );
            if size < 40 {
                inclusion_rejects_each_change(&proof, index, size, &leaf, &root);
            }
        }
        let Ok(beyond) = prove_inclusion(&leaves, size, size);
        assert_eq!(beyond, None);
    }
}

#[track_caller]
fn inclusion_rejects_each_change(proof: &[Hash], index: u64, size: u64, leaf: &Hash, root: &Hash) {
    for step in 0..proof.len() {
        let mut changed = proof.to_vec();
        changed[step] = flipped(&changed[step]);
        assert!(
            !check_inclusion(&changed, index, size, leaf, root),
            "{index} of {size}: step {step} changed"
        );
        let mut shorter = proof.to_vec();
        shorter.remove(step);
        assert!(
            !check_inclusion(&shorter, index, size, leaf, root),
            "{index} of {size}: step {step} missing"
        );
    }
    for other in (0..size).filter(|&other| other != index) {
        assert!(
            !check_inclusion(proof, other, size, leaf, root),
            "{index} of {size} passed for {other}"
        );
    }
}

#[test]
fn every_consistency_proof_up_to_300_leaves_is_accepted_and_no_changed_one() {
    let leaves = Leaves::new(300);
    let roots: Vec<Hash> = (0..=300).map(|size| leaves.root(size)).collect();
    let at = |size: u64| &roots[usize::try_from(size).expect("small")];
    for new in 0..=300 {
        for old in 0..=new {
            let Ok(Some(proof)) = prove_consistency(&leaves, old, new) else {
                panic!("no proof from {old} to {new}")
            };
            assert!(
                check_consistency(&proof, (old, at(old)), (new, at(new))),
                "{old} to {new}"
            );
            assert!(
                !check_consistency(&proof, (old, &flipped(at(old))), (new, at(new))),
                "{old} to {new}: another old root"
            );
            assert!(
                old == 0 || !check_consistency(&proof, (old, at(old)), (new, &flipped(at(new)))),
                "{old} to {new}: another new root"
            );
            let longer = [proof.as_slice(), &[*at(1)]].concat();
            assert!(
                !check_consistency(&longer, (old, at(old)), (new, at(new))),
                "{old} to {new}: a longer proof"
            );
            for step in 0..proof.len() {
                let mut changed = proof.clone();
                changed[step] = flipped(&changed[step]);
                assert!(
                    !check_consistency(&changed, (old, at(old)), (new, at(new))),
                    "{old} to {new}: step {step} changed"
                );
            }
        }
        let Ok(shrinking) = prove_consistency(&leaves, new + 1, new);
        assert_eq!(shrinking, None);
    }
}
