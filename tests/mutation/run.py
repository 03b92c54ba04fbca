#!/usr/bin/env python3
"""Takes louver's guards away one by one, and shows that a test fails each time.

    python3 tests/mutation/run.py [--only WORD] [--list] [--target-dir DIR]

`guards.toml` lists the guards: the file, the text that guards, what stands there without it, and the test that must notice. Each is tried in a
copy of the last commit, so nothing here is touched. A guard is held if its test fails, or, where the guard is a type (`type = true`), if what is
left does not compile; a guard whose text is not found is an error, so that the list cannot grow stale. Exit code 0: every guard is held.
"""

import argparse
import os
import pathlib
import subprocess
import sys
import time
import tomllib

ROOT = pathlib.Path(__file__).resolve().parents[2]


def cargo_test(tree, target, test):
    where = ["--lib"] if test.startswith("lib:") else ["--test", "it"]
    name = test.split(":", 1)[1]
    command = ["cargo", "test", "--quiet", *where, "--", name]
    environment = dict(os.environ, CARGO_TARGET_DIR=str(target), PROPTEST_CASES="64")
    done = subprocess.run(command, cwd=tree, env=environment, capture_output=True, text=True, timeout=1800)
    text = done.stdout + done.stderr
    if "could not compile" in text:
        return "compiler"
    if "running 0 tests" in text and "running 1" not in text and ". 0 failed" not in text:
        return "no such test"
    return "passed" if done.returncode == 0 else "failed"


def attempt(tree, target, guard):
    path = tree / guard["file"]
    before = path.read_text()
    if before.count(guard["find"]) != 1:
        return f"stale: its text stands {before.count(guard['find'])} times in {guard['file']}"
    path.write_text(before.replace(guard["find"], guard["replace"]))
    try:
        outcome = cargo_test(tree, target, guard["test"])
    finally:
        path.write_text(before)
    if outcome == "compiler":
        return "held by the compiler" if guard.get("type") else "DOES NOT COMPILE"
    return {"failed": "held", "passed": "NOT HELD"}.get(outcome, outcome)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default="")
    parser.add_argument("--list", action="store_true")
    parser.add_argument("--target-dir", type=pathlib.Path, default=ROOT / "target" / "mutation")
    options = parser.parse_args()
    guards = tomllib.loads((ROOT / "tests/mutation/guards.toml").read_text())["guard"]
    guards = [guard for guard in guards if options.only in guard["name"]]
    if options.list:
        for guard in guards:
            print(f"{guard['promise']:<11} {guard['name']:<44} {guard['test']}")
        return 0
    # Always the same place, so that a second run builds only what differs.
    tree = options.target_dir.resolve() / "tree"
    tree.parent.mkdir(parents=True, exist_ok=True)
    subprocess.run(["git", "worktree", "prune"], cwd=ROOT, check=True)
    subprocess.run(["git", "worktree", "add", "--quiet", "--detach", "--force", str(tree), "HEAD"], cwd=ROOT, check=True)
    try:
        held = run(tree, options.target_dir.resolve(), guards)
    finally:
        subprocess.run(["git", "worktree", "remove", "--force", str(tree)], cwd=ROOT, check=True)
    print(f"{held} of {len(guards)} guards are held by a test")
    return 0 if held == len(guards) else 1


def run(tree, target, guards):
    held = 0
    for guard in guards:
        began = time.monotonic()
        outcome = attempt(tree, target, guard)
        held += outcome.startswith("held")
        print(f"{outcome:<22} {guard['promise']:<11} {guard['name']:<44} {guard['test']} ({time.monotonic() - began:.0f} s)", flush=True)
    return held


if __name__ == "__main__":
    sys.exit(main())
