#!/usr/bin/env python3
"""Verifies an audit log of louver without louver.

    verify.py DIR [--vkey KEY] [--older CHECKPOINT]      a whole log
    verify.py --proof FILE --record FILE --vkey KEY      one record with its proof
    verify.py --continued FILE --older CHECKPOINT --vkey KEY     that a log continues an older checkpoint, with the proof
    verify.py --bundle DIR [--vkey KEY]                  an evidence bundle

DIR is the directory of one log: it has a file `checkpoint`. KEY is the verifier key as text, best one you kept yourself; without it the
one in DIR is used, which proves that the log is consistent and not whose it is. CHECKPOINT is a signed checkpoint you kept earlier. Where a
log has a signed note `retention`, its older records were removed under it; their hashes are still checked.

Needs Python 3.9 and `cryptography` or `pynacl`. Formats: C2SP tlog-tiles, tlog-checkpoint, signed-note, tlog-proof; hashes of RFC 6962.
Exit status: 0 verified, 1 something is wrong, 2 misused.
"""

import argparse
import base64
import binascii
import hashlib
import json
import sys
from pathlib import Path

WIDTH = 256


class Wrong(Exception):
    """What is checked is not what it should be."""


def leaf_hash(record):
    return hashlib.sha256(b"\0" + record).digest()


def node_hash(left, right):
    return hashlib.sha256(b"\1" + left + right).digest()


def ed25519_verifies(key, signature, message):
    try:
        from cryptography.exceptions import InvalidSignature
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    except ImportError:
        from nacl.exceptions import BadSignatureError
        from nacl.signing import VerifyKey

        try:
            VerifyKey(key).verify(message, signature)
        except BadSignatureError:
            return False
        return True
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(signature, message)
    except InvalidSignature:
        return False
    return True


class Verifier:
    """A verifier key, `name+hash+key`."""

    def __init__(self, text):
        try:
            self.name, key_hash, key = text.strip().split("+", 2)
            encoded = base64.b64decode(key, validate=True)
            self.hash = bytes.fromhex(key_hash)
        except (ValueError, binascii.Error):
            raise Wrong("the verifier key is not `name+hash+key`") from None
        expected = hashlib.sha256(self.name.encode() + b"\n" + encoded).digest()[:4]
        if len(encoded) != 33 or encoded[0] != 1 or self.hash != expected:
            raise Wrong("the verifier key is not an Ed25519 key of this name")
        self.key = encoded[1:]

    def open(self, note, what):
        """Opens a signed note: its text."""
        text, found, signatures = note.rpartition("\n\n")
        text += "\n"
        if not found or not signatures.endswith("\n"):
            raise Wrong(f"{what} is not a signed note")
        signed = False
        for line in signatures[:-1].split("\n"):
            parts = line.split(" ")
            if len(parts) != 3 or parts[0] != "\N{EM DASH}":
                raise Wrong(f"{what} has a broken signature line")
            signature = base64.b64decode(parts[2], validate=True)
            if parts[1] != self.name or signature[:4] != self.hash:
                continue
            if not ed25519_verifies(self.key, signature[4:], text.encode()):
                raise Wrong(f"{what}: the signature by `{self.name}` is wrong")
            signed = True
        if not signed:
            raise Wrong(f"{what} is not signed by `{self.name}`")
        return text

    def checkpoint(self, note, what):
        """Opens a signed checkpoint: its size and root."""
        lines = self.open(note, what).split("\n")
        if lines[0] != self.name or not lines[1].isascii() or not lines[1].isdigit():
            raise Wrong(f"{what} is not one of `{self.name}`")
        return int(lines[1]), base64.b64decode(lines[2], validate=True)


class Tree:
    """A growing tree: the roots of its complete subtrees, the largest first, with their heights."""

    def __init__(self):
        self.size = 0
        self.roots = []

    def push(self, leaf):
        node, height = leaf, 0
        while self.roots and self.roots[-1][1] == height:
            node, height = node_hash(self.roots.pop()[0], node), height + 1
        self.roots.append((node, height))
        self.size += 1

    def root(self):
        if not self.roots:
            return hashlib.sha256(b"").digest()
        root = self.roots[-1][0]
        for node, _ in reversed(self.roots[:-1]):
            root = node_hash(node, root)
        return root


def numbered(index):
    text = f"{index % 1000:03}"
    while index >= 1000:
        index //= 1000
        text = f"x{index % 1000:03}/{text}"
    return text


def read(directory, kind, index, width):
    """Reads a tile or bundle: the partial one of this width, the full one, or what the journal has of it."""
    path = directory / "tile" / kind / numbered(index)
    candidates = [path]
    if width < WIDTH:
        candidates.insert(0, path.parent / f"{path.name}.p" / str(width))
    if kind == "entries":
        candidates.append(directory / "journal" / str(index))
    for candidate in candidates:
        if candidate.is_file():
            return candidate.read_bytes()
    raise Wrong(f"{path} is missing")


def first_kept(directory, verifier):
    """Gives the number of the first record that retention left; a signed note says it."""
    path = directory / "retention"
    if not path.exists():
        return 0
    lines = verifier.open(path.read_text(), "the retention note").split("\n")
    if lines[:2] != [verifier.name, "louver-retention/v1"] or not lines[2].startswith("first ") or not lines[2][6:].isdigit():
        raise Wrong("the retention note is not one of this log")
    return int(lines[2][6:]) // WIDTH * WIDTH


def pruned(directory, first):
    """Gives the hashes of the records that retention removed."""
    for tile in range(first // WIDTH):
        row = read(directory, "0", tile, WIDTH)
        for at in range(WIDTH):
            yield row[32 * at : 32 * at + 32]


def records(directory, first, size):
    """Gives each record that the checkpoint covers, and checks that nothing is between or behind them."""
    for bundle in range(first // WIDTH, (size + WIDTH - 1) // WIDTH):
        width = min(WIDTH, size - bundle * WIDTH)
        data = read(directory, "entries", bundle, width)
        at = 0
        for number in range(bundle * WIDTH, bundle * WIDTH + width):
            length = int.from_bytes(data[at : at + 2], "big")
            record = data[at + 2 : at + 2 + length]
            if length == 0 or len(record) < length:
                raise Wrong(f"record {number} is missing")
            at += 2 + length
            yield number, record
        if width == WIDTH and at != len(data):
            raise Wrong(f"after record {bundle * WIDTH + width - 1} there are {len(data) - at} bytes that belong to no record")


def check_tiles(directory, leaves):
    """Computes every tile from the leaves and compares it with the stored one."""
    level, hashes = 0, leaves
    while hashes:
        above = []
        for index in range((len(hashes) + WIDTH - 1) // WIDTH):
            row = hashes[index * WIDTH : (index + 1) * WIDTH]
            stored = read(directory, str(level), index, len(row))[: 32 * len(row)]
            if stored != b"".join(row):
                position = next(i for i, node in enumerate(row) if stored[32 * i : 32 * i + 32] != node)
                if level == 0:
                    raise Wrong(f"record {index * WIDTH + position} is not the one in the tree")
                raise Wrong(f"tile {index} of level {level} does not follow from what is below it")
            if len(row) == WIDTH:
                tree = Tree()
                for node in row:
                    tree.push(node)
                above.append(tree.root())
        level, hashes = level + 1, above


def verify_log(directory, vkey, older):
    verifier = Verifier(vkey or (directory / "vkey").read_text())
    size, root = verifier.checkpoint((directory / "checkpoint").read_text(), "the checkpoint")
    old_size, old_root = verifier.checkpoint(older, "the older checkpoint") if older else (0, Tree().root())
    if old_size > size:
        raise Wrong(f"records {size} to {old_size - 1} are gone: the older checkpoint covers them and the log does not")
    tree, leaves = Tree(), []
    rewritten = False
    first = min(first_kept(directory, verifier), size // WIDTH * WIDTH)
    for leaf in pruned(directory, first):
        leaves.append(leaf)
        tree.push(leaf)
        rewritten |= tree.size == old_size and tree.root() != old_root
    for number, record in records(directory, first, size):
        try:
            value = json.loads(record)
            seq = value["seq"]
        except (ValueError, KeyError, TypeError):
            raise Wrong(f"record {number} cannot be read") from None
        if type(seq) is not int or seq != number:
            raise Wrong(f"record {number} has the number {seq}")
        if value.get("v") != 1:
            raise Wrong(f"record {number} has the version {value.get('v')}")
        leaves.append(leaf_hash(record))
        tree.push(leaves[-1])
        rewritten |= tree.size == old_size and tree.root() != old_root
    check_tiles(directory, leaves)
    if tree.root() != root:
        raise Wrong(f"the first {size} records do not have the root of the checkpoint")
    if rewritten:
        raise Wrong(f"one of the first {old_size} records is not what it was at the older checkpoint")
    removed = f", the first {first} removed by retention" if first else ""
    return f"verified: {size} records of {verifier.name}{removed}, root {base64.b64encode(root).decode()}"


def verify_proof(proof, record, vkey):
    head, _, note = proof.partition("\n\n")
    lines = head.split("\n")
    if lines.pop(0) != "c2sp.org/tlog-proof@v1":
        raise Wrong("the proof is not a tlog-proof")
    if lines and lines[0].startswith("extra "):
        lines.pop(0)
    if not lines or not lines[0].startswith("index ") or not lines[0][6:].isdigit():
        raise Wrong("the proof names no index")
    index = int(lines.pop(0)[6:])
    size, root = Verifier(vkey).checkpoint(note, "the checkpoint of the proof")
    if index >= size:
        raise Wrong(f"record {index} is not under the checkpoint")
    node, last, computed = index, size - 1, leaf_hash(record)
    for line in lines:
        sibling = base64.b64decode(line, validate=True)
        if last == 0 or len(sibling) != 32:
            raise Wrong("the proof has a step too many, or a broken one")
        if node & 1 or node == last:
            computed = node_hash(sibling, computed)
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            computed = node_hash(computed, sibling)
        node, last = node >> 1, last >> 1
    if last != 0 or computed != root:
        raise Wrong(f"the record is not record {index} of the log")
    return f"verified: record {index} of {size}"


def verify_continued(proof, older, vkey):
    """Checks a proof in the form of a C2SP add-checkpoint request, by RFC 9162, section 2.1.4.2."""
    head, _, note = proof.partition("\n\n")
    lines = head.split("\n")
    verifier = Verifier(vkey)
    old_size, old_root = verifier.checkpoint(older, "the older checkpoint")
    size, root = verifier.checkpoint(note, "the checkpoint of the proof")
    if lines.pop(0) != f"old {old_size}":
        raise Wrong("the proof is not one from the older checkpoint")
    if old_size > size:
        raise Wrong("the older checkpoint covers more than the newer one")
    path = [base64.b64decode(line, validate=True) for line in lines]
    if old_size in (0, size):
        if path or (old_size == size and old_root != root):
            raise Wrong("the log does not continue the older checkpoint")
        return f"verified: {size} records continue {old_size}"
    if old_size & (old_size - 1) == 0:
        path.insert(0, old_root)
    node, last = old_size - 1, size - 1
    while node & 1:
        node, last = node >> 1, last >> 1
    if not path:
        raise Wrong("the proof has a step too few")
    old = new = path[0]
    for sibling in path[1:]:
        if last == 0 or len(sibling) != 32:
            raise Wrong("the proof has a step too many, or a broken one")
        if node & 1 or node == last:
            old, new = node_hash(sibling, old), node_hash(sibling, new)
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            new = node_hash(new, sibling)
        node, last = node >> 1, last >> 1
    if last != 0 or old != old_root or new != root:
        raise Wrong("the log does not continue the older checkpoint")
    return f"verified: {size} records continue {old_size}"


def verify_bundle(directory, vkey):
    manifest = json.loads((directory / "manifest.json").read_text())
    if manifest.get("form") != "louver-bundle/v1":
        raise Wrong("the manifest is not one of a louver bundle")
    for name, digest in manifest["files"].items():
        path = directory / name
        if ".." in Path(name).parts or not path.is_file() or hashlib.sha256(path.read_bytes()).hexdigest() != digest:
            raise Wrong(f"{name} is not what the manifest says")
    count = 0
    for log in manifest["logs"]:
        folder = directory / log["directory"]
        key = (folder / "vkey").read_text()
        if vkey and vkey.split("+")[0] == log["origin"]:
            key = vkey
        if Verifier(key).name != log["origin"]:
            raise Wrong(f"the key of {log['origin']} has another name")
        lines = (folder / "records.jsonl").read_bytes().splitlines()
        if len(lines) != len(log["records"]):
            raise Wrong(f"{folder.name} has {len(lines)} records, and the manifest names {len(log['records'])}")
        for index, record in zip(log["records"], lines):
            if json.loads(record).get("seq") != index:
                raise Wrong(f"a record is not record {index} of {log['origin']}")
            proof = (folder / "proofs" / str(index)).read_text()
            if f"index {index}" not in proof.split("\n")[1:3]:
                raise Wrong(f"the proof of record {index} is one of another")
            verify_proof(proof, record, key)
            count += 1
    return f"verified: {count} records of {len(manifest['logs'])} logs, with a proof each"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("dir", nargs="?", type=Path)
    parser.add_argument("--vkey")
    parser.add_argument("--older", type=Path)
    parser.add_argument("--proof", type=Path)
    parser.add_argument("--record", type=Path)
    parser.add_argument("--continued", type=Path)
    parser.add_argument("--bundle", type=Path)
    args = parser.parse_args()
    proof = args.proof and args.record and args.vkey and not args.dir
    continued = args.continued and args.older and args.vkey and not args.dir
    if args.bundle and (args.dir or args.proof or args.record or args.older or args.continued):
        parser.error("a bundle is checked by itself")
    if not args.bundle and not proof and not continued and (not args.dir or args.proof or args.record or args.continued):
        parser.error("name a log, or a proof with what it is about and the key")
    try:
        if args.bundle:
            print(verify_bundle(args.bundle, args.vkey))
        elif continued:
            print(verify_continued(args.continued.read_text(), args.older.read_text(), args.vkey))
        elif proof:
            print(verify_proof(args.proof.read_text(), args.record.read_bytes(), args.vkey))
        else:
            print(verify_log(args.dir, args.vkey, args.older.read_text() if args.older else None))
    except (Wrong, OSError, ValueError, KeyError, TypeError) as error:
        print(f"NOT verified: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
