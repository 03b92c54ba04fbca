#!/usr/bin/env python3
"""Makes `public-words.txt`: the words that are nobody's own, because the code of many unrelated public packages uses them.

    python3 index-schema/public-words.py --out index-schema/public-words.txt FOLDER...

Each FOLDER holds unpacked public packages, one a sub-folder (`~/.cargo/registry/src/*`, a `node_modules`, a `site-packages`, the `src` of Go).
A word is a run of letters of an identifier or of prose, in lower case and in the singular. It is public if packages of enough different families
use it; packages whose names share their first part (`aws-sdk-s3`, `aws-config`) are one family, because one author may stand behind all of them.
Words that were found are joined with those in `public-words.extra.txt`, which people keep: keywords of languages and names of formats.
"""

import argparse
import collections
import pathlib
import re

SOURCES = {
    ".rs", ".ts", ".tsx", ".js", ".mjs", ".cjs", ".jsx", ".py", ".go", ".java", ".kt", ".rb", ".php", ".cs", ".c", ".h", ".cc", ".cpp", ".hpp",
    ".swift", ".scala", ".sh", ".md",
}
MOST_BYTES = 400_000
MOST_FILES = 400
PIECE = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")


def singular(word):
    """The regular singular, by the same rule as `src/disclosure/pseudonym/forms.rs`."""
    if len(word) < 4 or not word.endswith("s") or word.endswith(("ss", "us", "is", "os", "as")):
        return word
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    if word.endswith(("xes", "ches", "shes", "sses", "zes")):
        return word[:-2]
    return word[:-1]


def family(name):
    return re.split(r"[-_./]", name.lstrip("@").lower())[0]


def words_of(folder):
    found = set()
    files = 0
    for path in sorted(folder.rglob("*")):
        if path.suffix not in SOURCES or "node_modules" in path.relative_to(folder).parts:
            continue
        try:
            if not path.is_file() or path.stat().st_size > MOST_BYTES or path.name.endswith(".min.js"):
                continue
            text = path.read_text(encoding="utf-8", errors="ignore")
        except OSError:
            continue
        files += 1
        found.update(singular(piece.lower()) for piece in set(PIECE.findall(text)))
        if files == MOST_FILES:
            break
    return {word for word in found if 2 <= len(word) <= 24}


def packages(root):
    for folder in sorted(root.iterdir()):
        if folder.is_dir() and folder.name.startswith("@"):
            yield from (it for it in sorted(folder.iterdir()) if it.is_dir())
        elif folder.is_dir():
            yield folder


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=pathlib.Path, required=True)
    parser.add_argument("--least", type=int, default=6, help="families that must use a word (default 6)")
    parser.add_argument("--leave-out", action="append", default=[], help="families that are not counted")
    parser.add_argument("folders", nargs="+", type=pathlib.Path)
    options = parser.parse_args()
    seen = collections.defaultdict(set)
    for root in options.folders:
        for folder in packages(root):
            name = family(folder.name)
            if name in options.leave_out:
                continue
            for word in words_of(folder):
                if len(seen[word]) < options.least:
                    seen[word].add(name)
    found = {word for word, families in seen.items() if len(families) >= options.least}
    extra = options.out.with_name("public-words.extra.txt")
    if extra.exists():
        found.update(line for line in extra.read_text().split() if not line.startswith("#"))
    options.out.write_text("\n".join(sorted(found)) + "\n")
    print(f"{len(found)} words")


if __name__ == "__main__":
    main()
