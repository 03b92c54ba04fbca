#!/usr/bin/env python3
"""Call sites of a C or C++ repository and the definitions they mean, as clang resolves them.

usage: pip install libclang; cpp_clang.py ROOT [--sources GLOB ...] [-- CLANG ARGUMENTS] > ORACLE.jsonl

One line per symbol and place, in the form `grade_calls.py` reads; a function that is declared in several places has a line for each, all in
one group, since clang says which declarations are one symbol. Every source file is read with the given arguments; what the preprocessor
leaves out, what a macro expands to, and calls in files that do not compile are unknown to it: grade with `--partial`. Function-like macros
that the repository defines are call targets as well. Constructors count where they are named (`new A()`, `A(..)`).
"""

import argparse
import collections
import fnmatch
import json
import os
import pathlib
import subprocess
import sys

from clang import cindex

KINDS = cindex.CursorKind
CALLABLE = {KINDS.FUNCTION_DECL, KINDS.CXX_METHOD, KINDS.FUNCTION_TEMPLATE, KINDS.FIELD_DECL}
CONTAINERS = {KINDS.STRUCT_DECL, KINDS.CLASS_DECL, KINDS.CLASS_TEMPLATE, KINDS.UNION_DECL, KINDS.CLASS_TEMPLATE_PARTIAL_SPECIALIZATION}


def system_folders(language):
    """Where the compiler that is installed looks for headers."""
    words = subprocess.run(["gcc", "-E", "-x", language, "-", "-v"], input="", capture_output=True, text=True, check=True).stderr
    inside = words.split("#include <...> search starts here:")[1].split("End of search list")[0]
    return [line.strip() for line in inside.splitlines() if line.strip()]


class Oracle:
    def __init__(self, root):
        self.root = root
        self.places = collections.defaultdict(set)
        self.calls = collections.defaultdict(set)
        self.external = collections.defaultdict(set)

    def inside(self, location):
        if location.file is None:
            return None
        path = os.path.realpath(location.file.name)
        return os.path.relpath(path, self.root) if path.startswith(self.root + os.sep) else None

    def key(self, cursor):
        """A symbol with its name and container: what clang calls it, wherever it is declared."""
        template = cindex.conf.lib.clang_getSpecializedCursorTemplate(cursor)
        if template and template.kind in CALLABLE:
            cursor = template
        # Overloads are one target, and a symbol of one file stays one of that file.
        parent = cursor.semantic_parent
        around = parent.get_usr() if parent and parent.kind != KINDS.TRANSLATION_UNIT else ""
        path = self.inside(cursor.location) if cursor.linkage == cindex.LinkageKind.INTERNAL else ""
        return (cursor.spelling.split("<")[0], around, path)

    def visit(self, unit):
        macros = {}
        for cursor in unit.cursor.get_children():
            if cursor.kind == KINDS.MACRO_DEFINITION:
                path = self.inside(cursor.location)
                if path and cindex.conf.lib.clang_Cursor_isMacroFunctionLike(cursor):
                    key = (cursor.spelling, "#", path)
                    macros[cursor.spelling] = key
                    self.places[key].add((path, cursor.location.line))
            elif cursor.kind == KINDS.MACRO_INSTANTIATION:
                self.site(cursor.location, macros.get(cursor.spelling))
        stack = [cursor for cursor in unit.cursor.get_children() if self.inside(cursor.location)]
        while stack:
            cursor = stack.pop()
            if cursor.kind in CALLABLE:
                path = self.inside(cursor.location)
                if path:
                    self.places[self.key(cursor)].add((path, cursor.location.line))
            elif cursor.kind == KINDS.CALL_EXPR:
                self.call(cursor)
            stack.extend(cursor.get_children())

    def call(self, cursor):
        target = cursor.referenced
        if target is None or target.kind not in CALLABLE or not cursor.spelling:
            return
        if target.spelling.startswith("operator"):
            return
        at = self.name_location(cursor, target)
        # In what a macro expands to, every name is where the macro stands.
        if at is None:
            return
        if self.inside(target.location):
            key = self.key(target)
            self.places[key].add((self.inside(target.location), target.location.line))
            self.site(at, key)
        elif self.inside(at):
            self.external[target.spelling].add((self.inside(at), at.line))

    def name_location(self, cursor, target):
        """Where the name of what is called stands."""
        name = target.spelling
        node = cursor
        for _ in range(24):
            children = list(node.get_children())
            if not children:
                break
            node = children[0]
            if node.kind in (KINDS.MEMBER_REF_EXPR, KINDS.DECL_REF_EXPR) and node.spelling == name:
                location = node.location
                return location if self.spelled(location, name) else None
        return None

    def spelled(self, location, name):
        if location.file is None:
            return False
        line = self.lines(location.file.name)[location.line - 1 : location.line]
        return bool(line) and line[0][location.column - 1 :].startswith(name)

    cache = {}

    def lines(self, path):
        if path not in self.cache:
            self.cache[path] = pathlib.Path(path).read_text(encoding="latin-1").split("\n")
        return self.cache[path]

    def site(self, location, key):
        path = self.inside(location)
        if path and key and self.spelled(location, key[0]):
            self.calls[key].add((path, location.line))

    def write(self):
        for number, (key, places) in enumerate(sorted(self.places.items(), key=str)):
            calls = [{"path": path, "line": line} for path, line in sorted(self.calls.get(key, ()))]
            for path, line in sorted(places):
                entry = {"symbol": key[0], "group": str(number), "def": {"path": path, "line": line}, "calls": calls}
                print(json.dumps(entry))
        for name, sites in sorted(self.external.items()):
            print(json.dumps({"symbol": name, "external": True, "calls": [{"path": p, "line": l} for p, l in sorted(sites)]}))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("root")
    parser.add_argument("--sources", action="append", help="which files to read; `*.c`, `*.cc` and `*.cpp` by default")
    parser.add_argument("arguments", nargs="*", help="for clang, after `--`")
    options = parser.parse_args()
    root = os.path.realpath(options.root)
    globs = options.sources or ["*.c", "*.cc", "*.cpp", "*.cxx"]
    oracle = Oracle(root)
    index = cindex.Index.create()
    paths = sorted(str(path) for path in pathlib.Path(root).rglob("*") if path.is_file())
    failed = 0
    for path in paths:
        relative = os.path.relpath(path, root)
        if not any(fnmatch.fnmatch(relative, glob) or fnmatch.fnmatch(os.path.basename(path), glob) for glob in globs):
            continue
        language = "c" if path.endswith(".c") else "c++"
        system = [word for folder in system_folders(language) for word in ("-isystem", folder)]
        arguments = ["-x", language, *system, *options.arguments]
        try:
            unit = index.parse(path, arguments, options=cindex.TranslationUnit.PARSE_DETAILED_PROCESSING_RECORD)
        except cindex.TranslationUnitLoadError:
            print(f"{relative}: clang gives it up", file=sys.stderr)
            continue
        errors = [it for it in unit.diagnostics if it.severity >= cindex.Diagnostic.Error]
        if errors:
            failed += 1
            print(f"{relative}: {len(errors)} errors, the first: {errors[0].spelling}", file=sys.stderr)
        oracle.visit(unit)
    print(f"{failed} files with errors", file=sys.stderr)
    oracle.write()


if __name__ == "__main__":
    main()
