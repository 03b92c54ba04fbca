#!/usr/bin/env python3
"""Call sites of a Rust workspace and the definitions they mean, as rust-analyzer resolves them.

usage: rust-analyzer scip ROOT --output INDEX.scip && rust_scip.py ROOT INDEX.scip > ORACLE.jsonl

One line per definition, in the form `grade_calls.py` reads. A call site is the name of a function, method or macro that is followed by `(`,
by `::<..>(`, or for macros by `!`. Tuple structs and variants are left out: where they are followed by `(`, they may as well be patterns.
What a macro expands to is no call site, and calls of what a macro defines are left out. Names whose symbol another package defines are
listed as external. Definitions to which rust-analyzer gives one symbol (functions of one name within functions of a module) cannot be told apart
and are one group. rust-analyzer leaves out what it cannot resolve, and what its configuration turns off: grade with `--partial`.
"""

import collections
import json
import pathlib
import re
import sys


def varint(data, at):
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
        shift += 7


def fields(data):
    """The numbered fields of one protobuf message, as https://protobuf.dev/programming-guides/encoding describes them."""
    at = 0
    while at < len(data):
        key, at = varint(data, at)
        number, kind = key >> 3, key & 7
        if kind == 0:
            value, at = varint(data, at)
        elif kind == 2:
            size, at = varint(data, at)
            value, at = data[at : at + size], at + size
        elif kind == 1:
            value, at = data[at : at + 8], at + 8
        else:
            value, at = data[at : at + 4], at + 4
        yield number, value


def packed(data):
    out, at = [], 0
    while at < len(data):
        value, at = varint(data, at)
        out.append(value)
    return out


def documents(index):
    """The path of every document with its occurrences: line and column from 0, symbol, and whether it is the definition."""
    for number, document in fields(index):
        if number != 2:
            continue
        path, occurrences = "", []
        for number, value in fields(document):
            if number == 1:
                path = value.decode()
            elif number == 2:
                span, symbol, roles = [], "", 0
                for number, part in fields(value):
                    if number == 1:
                        span = packed(part) if isinstance(part, bytes) else [*span, part]
                    elif number == 2:
                        symbol = part.decode()
                    elif number == 3:
                        roles = part
                occurrences.append((span, symbol, bool(roles & 1)))
        yield path, occurrences


# The last descriptor of a symbol: `name().` is a function or method, `name!` a macro.
LAST = re.compile(r"(?:`((?:[^`]|``)+)`|([\w$+-]+))(\([\w+-]*\)\.|#|!|\.|/|:)$")


def last(symbol):
    found = LAST.search(symbol)
    return (found.group(1) or found.group(2), found.group(3)[-2:]) if found else ("", "")


def is_called(text, end, kind):
    rest = text[end : end + 400]
    if kind == "!":
        return rest.lstrip().startswith("!")
    rest = re.sub(r"^(?:\s|//[^\n]*\n)+", "", rest)
    if rest.startswith("::<"):
        depth = 0
        for at, letter in enumerate(rest):
            depth += (letter == "<") - (letter == ">" and rest[at - 1] not in "-=")
            if at > 2 and depth == 0:
                rest = rest[at + 1 :]
                break
    return rest.startswith("(")


def kind_of(symbol):
    name, end = last(symbol)
    return name, {").": "function", "!": "!"}.get(end, "")


def container(symbol):
    """The type around a symbol: of `impl#[Type]name().` and `impl#[Type][Trait]name().` it is `Type`."""
    block = re.search(r"impl#\[`?([\w$]+)[^\]]*\](?:\[[^\]]*\])?[^#/]*$", symbol)
    if block:
        return block.group(1)
    owner = re.search(r"([\w$]+)#`?[\w$]+`?(?:\([^)]*\))?[.#]$", symbol)
    return owner.group(1) if owner else ""


def is_test(path):
    return bool({"tests", "benches"} & set(path.split("/"))) or path.endswith(("tests.rs", "test.rs"))


def main():
    root = pathlib.Path(sys.argv[1]).resolve()
    parsed = list(documents(pathlib.Path(sys.argv[2]).read_bytes()))
    defined = {}
    for path, occurrences in parsed:
        for span, symbol, is_definition in occurrences:
            if is_definition and not symbol.startswith("local "):
                places = defined.setdefault(symbol, [])
                if (path, span[0] + 1) not in places[-64:]:
                    places.append((path, span[0] + 1))
    # `rust-analyzer cargo NAME VERSION ..`
    own = {tuple(symbol.split(" ")[1:4]) for symbol in defined}
    calls, external = collections.defaultdict(set), collections.defaultdict(set)
    for path, occurrences in parsed:
        lines = (root / path).read_bytes().decode("utf-8", "replace").split("\n")
        starts = [0]
        for line in lines:
            starts.append(starts[-1] + len(line) + 1)
        text = "\n".join(lines)
        for span, symbol, is_definition in occurrences:
            name, kind = kind_of(symbol)
            # A name that is not written there is what a macro expands to.
            start = starts[span[0]] + span[1]
            if is_definition or not kind or not text.startswith(name, start):
                continue
            if is_called(text, start + len(name), kind):
                is_own = tuple(symbol.split(" ")[1:4]) in own
                where = calls if symbol in defined else external
                if symbol in defined or not is_own:
                    where[symbol].add((path, span[0] + 1))
    for symbol, sites in sorted(external.items()):
        entry = {"external": True, "symbol": kind_of(symbol)[0], "macro": kind_of(symbol)[1] == "!"}
        entry["calls"] = [{"path": path, "line": line, "test": is_test(path)} for path, line in sorted(sites)]
        print(json.dumps(entry))
    for symbol, places in sorted(defined.items()):
        name, kind = kind_of(symbol)
        sites = [{"path": at, "line": on, "test": is_test(at)} for at, on in sorted(calls[symbol])]
        for path, line in places if kind else ():
            entry = {"symbol": name, "container": container(symbol), "def": {"path": path, "line": line}, "macro": kind == "!"}
            if len(places) > 1:
                entry["group"] = symbol
            print(json.dumps({**entry, "calls": sites}))
            sites = []


if __name__ == "__main__":
    main()
