#!/usr/bin/env python3
"""What `louver scope plan` costs over many repositories.

usage: plan.py FOLDER [--louver BINARY] [--repositories N] [--runs N]

Makes a git repository of each of the first N folders below FOLDER (`cargo vendor vendor` fills one), approves them in a scope file, indexes
them, then changes tiers and exclusions in the file and plans the change. Prints the CPU seconds of each plan and their median.
"""

import argparse
import pathlib
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile


def run(*command, cwd=None):
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{command[0]}: {done.stderr}")


def commit(source, target):
    shutil.copytree(source, target)
    run("git", "init", "--quiet", cwd=target)
    run("git", "add", "--all", "--force", cwd=target)
    author = ("-c", "user.name=bench", "-c", "user.email=bench@example.org")
    run("git", *author, "commit", "--quiet", "--message", "as published", cwd=target)


def scope(root, names, tier, exclude):
    lines = ["version = 1", f"exclude = {exclude}", "[defaults]", 'tier = "restricted"']
    for name in names:
        path = (root / name).as_posix()
        lines += ["[[repo]]", f'name = "bench/{name.replace("+", "_")}"', f'path = "{path}"', f'tier = "{tier}"', 'owner = "bench"']
    return "\n".join(lines) + "\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--louver", default="target/release/louver")
    parser.add_argument("--repositories", type=int, default=200)
    parser.add_argument("--runs", type=int, default=5)
    options = parser.parse_args()
    folders = sorted(path for path in options.folder.iterdir() if path.is_dir())[: options.repositories]
    with tempfile.TemporaryDirectory() as temporary:
        root = pathlib.Path(temporary)
        names = [folder.name for folder in folders]
        for folder in folders:
            commit(folder, root / folder.name)
        before, after, data = root / "before.toml", root / "after.toml", root / "data"
        before.write_text(scope(root, names, "internal", "[]"))
        after.write_text(scope(root, names[1:], "confidential", '["**/tests/**"]'))
        louver = (options.louver, "--data", str(data))
        run(*louver, "--config", str(before), "scope", "apply")
        run(*louver, "--config", str(before), "index")
        spent = []
        for _ in range(options.runs):
            began = resource.getrusage(resource.RUSAGE_CHILDREN)
            told = subprocess.run([*louver, "--config", str(after), "scope", "plan"], capture_output=True, text=True)
            ended = resource.getrusage(resource.RUSAGE_CHILDREN)
            spent.append(ended.ru_utime + ended.ru_stime - began.ru_utime - began.ru_stime)
        print(told.stdout[-400:] + told.stderr[-400:])
        runs = ", ".join(f"{seconds:.2f}" for seconds in spent)
        print(f"{len(names)} repositories: {statistics.median(spent):.2f} s of CPU for a plan ({runs})")


if __name__ == "__main__":
    main()
