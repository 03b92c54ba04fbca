#!/usr/bin/env python3
"""How much the secret engine finds in code that should hold nothing, and how fast it is.

usage: secrets.py FOLDER [--louver BINARY] [--samples N]

Scans a folder with `louver scan` and prints the findings by rule, each against the megabytes read, and megabytes per second of CPU.
What is found in published code is by no means all false: test keys and example passwords are keys and passwords. `--samples` shows some of
each rule, masked, to be judged by a reader. Source of many crates: `cargo vendor vendor && benches/secrets.py vendor`.
"""

import argparse
import collections
import json
import pathlib
import resource
import subprocess
import sys

PERSONAL = ("email-address", "phone-number", "payment-card", "iban", "private-ip-address", "internal-host-name")


def masked(path, line, column):
    text = pathlib.Path(path).read_text(encoding="utf-8", errors="replace").split("\n")[line - 1]
    begin = max(0, column - 1)
    return text[max(0, begin - 40) : begin + 4].strip() + "…"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--louver", default="target/release/louver")
    parser.add_argument("--samples", type=int, default=0)
    options = parser.parse_args()
    size = sum(file.stat().st_size for file in options.folder.rglob("*") if file.is_file() and not file.is_symlink())
    scan = subprocess.run(
        [options.louver, "--format", "json", "scan", str(options.folder)], capture_output=True, text=True, check=False
    )
    if scan.returncode not in (0, 1, 3):
        sys.exit(scan.stderr)
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    found = [json.loads(line) for line in scan.stdout.splitlines() if line.startswith("{")]
    megabytes = size / 1e6
    rules = collections.Counter(it["rule"] for it in found)
    for rule, count in rules.most_common():
        print(f"{count:6}  {rule}")
        for it in [it for it in found if it["rule"] == rule][: options.samples]:
            print(f"          {it['path']}:{it['line']} {masked(it['path'], it['line'], it['column'])}")
    credentials = sum(count for rule, count in rules.items() if rule not in PERSONAL)
    print(f"{megabytes:.0f} MB, {credentials} credentials: {5 * credentials / megabytes:.2f} for each 5 MB, right or wrong")
    print(f"{len(found) - credentials} personal data and addresses: {5 * (len(found) - credentials) / megabytes:.2f} for each 5 MB")
    print(f"{megabytes / used.ru_utime:.0f} MB/s of user CPU, {megabytes / (used.ru_utime + used.ru_stime):.0f} with the system's")


if __name__ == "__main__":
    main()
