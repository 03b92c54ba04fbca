#!/usr/bin/env python3
"""Grades the output of `louver bench calls ROOT` against an oracle, per resolution method.

usage: grade_calls.py ORACLE.jsonl CALLS.jsonl [--under FOLDER] [--tests] [--examples N]

The oracle has one line per definition: {"symbol", "def": {"path", "line"}, "calls": [{"path", "line", "test"}]}.

What counts
  site       a file, a line and the name that is called there. Two calls of one name on one line are one site.
  match      a printed call whose site the oracle has, with a target of the same file, name and container: overloads and merged
             declarations of one symbol are one target.
  precision  right edges / edges at sites the oracle knows. An edge at a site that the oracle does not know is wrong if the name it
             calls is known to the oracle as a definition at the target's place; otherwise nobody can judge it.
  recall     sites with a right edge / sites the oracle knows.
`possible` and `dispatch` lines are reported apart and count for neither figure.
"""

import argparse
import collections
import json


def read(path):
    with open(path, encoding="utf-8") as lines:
        return [json.loads(line) for line in lines if line.strip()]


def inside(path, folder):
    return not folder or path.startswith(folder.rstrip("/") + "/")


def load_oracle(path, options):
    definitions, sites = {}, collections.defaultdict(set)
    local = set()
    for entry in read(path):
        place = (entry["def"]["path"], entry["def"]["line"], entry["symbol"])
        group = (entry["def"]["path"], entry["symbol"], entry.get("container", ""))
        definitions[place] = group
        if entry.get("local"):
            local.add(group)
        for call in entry["calls"]:
            if inside(call["path"], options.under) and (options.tests or not call.get("test")):
                sites[(call["path"], call["line"], entry["symbol"])].add(group)
    return definitions, sites, local


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("oracle")
    parser.add_argument("calls")
    parser.add_argument("--under", default="", help="only calls in files below this folder")
    parser.add_argument("--tests", action="store_true", help="calls in test files too")
    parser.add_argument("--examples", type=int, default=0, help="how many misses and wrong edges to print")
    options = parser.parse_args()
    definitions, sites, _ = load_oracle(options.oracle, options)
    judged_files = {path for path, _, _ in sites}
    by_method = collections.defaultdict(collections.Counter)
    hit, wrong, possible = set(), [], set()
    for call in read(options.calls):
        callee, at, method = call["callee"], call["at"], call["method"]
        if not inside(at["path"], options.under):
            continue
        place = (callee["path"], callee["line"], callee["name"])
        group = definitions.get(place)
        # An import may rename what is called, so the site is looked up by the target's own name.
        site = (at["path"], at["line"], callee["name"])
        right = group is not None and group in sites.get(site, ())
        count = by_method[method]
        if right:
            count["right"] += 1
            (possible if method == "possible" else hit).add(site) if method != "dispatch" else None
        elif site in sites or (group is not None and at["path"] in judged_files):
            count["wrong"] += 1
            if method not in ("possible", "dispatch"):
                wrong.append(f"{at['path']}:{at['line']} {method} -> {callee['path']}:{callee['line']} {callee['name']}")
        else:
            count["unjudged"] += 1
    report(by_method, sites, hit, wrong, possible, options)


def report(by_method, sites, hit, wrong, possible, options):
    total = collections.Counter()
    print(f"{'method':12}{'right':>8}{'wrong':>8}{'unjudged':>10}{'precision':>11}")
    for method, count in sorted(by_method.items()):
        edges = count["right"] + count["wrong"]
        precision = f"{count['right'] / edges:.4f}" if edges else "-"
        print(f"{method:12}{count['right']:8}{count['wrong']:8}{count['unjudged']:10}{precision:>11}")
        if method not in ("possible", "dispatch"):
            total += count
    edges = total["right"] + total["wrong"]
    print(f"\nprecision {total['right'] / max(edges, 1):.4f} ({total['right']} of {edges} edges)")
    print(f"recall    {len(hit) / max(len(sites), 1):.4f} ({len(hit)} of {len(sites)} sites)")
    print(f"possible would add {len(possible - hit)} sites")
    missed = sorted(set(sites) - hit)
    for site in missed[:: max(1, len(missed) // max(options.examples, 1))][: options.examples]:
        print(f"missed {site[0]}:{site[1]} {site[2]}{' (possible)' if site in possible else ''}")
    for line in wrong[: options.examples]:
        print(f"wrong {line}")


if __name__ == "__main__":
    main()
