#!/usr/bin/env python3
"""Call sites of a Python folder and the definitions they mean, as jedi infers them.

usage: python_jedi.py ROOT > ORACLE.jsonl          (needs `pip install jedi`)

One line per definition, in the form `grade_calls.py` reads. A call site is the last name of what is called, in calls and in
decorators. Its target is what `goto` with imports followed gives, if that is a function or class defined below ROOT. Sites with several
targets count for each of them. Where `goto` gives a parameter or variable (`cls(..)`), what jedi infers it to be counts. Calls whose
target jedi finds outside ROOT are listed as external; those it does not know are left out: grade with `--partial`.
"""

import ast
import collections
import json
import pathlib
import sys

import jedi


def call_names(tree):
    """The line, column and name of everything that is called."""
    for node in ast.walk(tree):
        callees = []
        if isinstance(node, ast.Call):
            callees.append(node.func)
        callees.extend(getattr(node, "decorator_list", []))
        for callee in callees:
            if isinstance(callee, ast.Name):
                yield callee.lineno, callee.col_offset, callee.id
            elif isinstance(callee, ast.Attribute):
                yield callee.end_lineno, callee.end_col_offset - len(callee.attr.encode()), callee.attr


def is_test(path):
    parts = path.split("/")
    return "tests" in parts or "test" in parts or parts[-1].startswith("test_")


def container(definition):
    parent = definition.parent()
    return parent.name if parent is not None and parent.type == "class" else ""


def main():
    root = pathlib.Path(sys.argv[1]).resolve()
    # Only ROOT and the standard library: an installed copy of the package would stand before it.
    standard = [path for path in sys.path if path.startswith(sys.base_prefix) and "site-packages" not in path]
    project = jedi.Project(root, sys_path=[str(root / "src"), str(root), *standard], smart_sys_path=False)
    calls, external = collections.defaultdict(list), collections.defaultdict(list)
    for file in sorted(root.rglob("*.py")):
        source = file.read_text(encoding="utf-8", errors="replace")
        try:
            tree = ast.parse(source)
        except SyntaxError:
            continue
        path = file.relative_to(root).as_posix()
        script = jedi.Script(source, path=file, project=project)
        lines = source.split("\n")
        for line, column, name in sorted(set(call_names(tree))):
            at = len(lines[line - 1].encode()[:column].decode(errors="replace"))
            try:
                found = script.goto(line, at, follow_imports=True, follow_builtin_imports=False)
                if any(target.type in ("param", "statement", "instance") for target in found):
                    found = script.infer(line, at)
            except Exception:  # jedi gives up on some files; what it does not know is not judged
                continue
            for target in found:
                if target.type not in ("function", "class", "property") or target.module_path is None:
                    continue
                try:
                    where = target.module_path.resolve().relative_to(root).as_posix()
                except ValueError:
                    external[name].append({"path": path, "line": line, "test": is_test(path)})
                    continue
                calls[(where, target.line, target.name, container(target))].append(
                    {"path": path, "line": line, "test": is_test(path)}
                )
    for (where, line, name, of), sites in sorted(calls.items()):
        print(json.dumps({"symbol": name, "container": of, "def": {"path": where, "line": line}, "calls": sites}))
    for name, sites in sorted(external.items()):
        print(json.dumps({"symbol": name, "external": True, "def": {"path": "", "line": 0}, "calls": sites}))


if __name__ == "__main__":
    main()
