#!/usr/bin/env python3
"""Grades the output of `louver bench calls ROOT` against an oracle, per resolution method.

usage: grade_calls.py ORACLE.jsonl CALLS.jsonl [--under FOLDER] [--tests] [--partial] [--examples N] [--quality LANGUAGE --name WORDS]

The oracle has one line per definition: {"symbol", "def": {"path", "line"}, "calls": [{"path", "line", "test"}]}. Definitions and declarations
of one symbol that stand apart have one `group`.

What counts
  site       a file, a line and the name that is called there. Two calls of one name on one line are one site.
  match      a printed call whose site the oracle has, with a target of the same file, name and container: overloads, merged
             declarations of one symbol are one target, and with `--partial` definitions under different build settings.
  precision  right edges / edges at sites the oracle knows. An edge at a site that the oracle does not know is wrong if the name it
             calls is known to the oracle as a definition at the target's place; otherwise nobody can judge it.
             With `--partial`, for an oracle that does not know every site, it is judged only if the oracle calls the site external.
  recall     sites with a right edge / sites the oracle knows.
`possible` and `dispatch` lines are reported apart and count for neither figure.
"""

import argparse
import collections
import json
import pathlib


def read(path):
    with open(path, encoding="utf-8") as lines:
        return [json.loads(line) for line in lines if line.strip()]


def inside(path, folder):
    return not folder or path.startswith(folder.rstrip("/") + "/")


def called(entry, field):
    """The name of what is called. A macro and a function of one name can be called on one line."""
    return entry[field] + ("!" if entry.get("macro") else "")


def load_oracle(path, options):
    definitions, sites = {}, collections.defaultdict(set)
    external = set()
    for entry in read(path):
        if entry.get("external"):
            calls = (call for call in entry["calls"] if options.tests or not call.get("test"))
            external.update((call["path"], call["line"], called(entry, "symbol")) for call in calls)
            continue
        place = (entry["def"]["path"], entry["def"]["line"], entry["symbol"])
        group = (entry["def"]["path"], entry["symbol"], entry.get("container", ""))
        if "group" in entry:
            group = ("", entry["symbol"], entry["group"])
        definitions[place] = group
        for call in entry["calls"]:
            if inside(call["path"], options.under) and (options.tests or not call.get("test")):
                sites[(call["path"], call["line"], called(entry, "symbol"))].add(group)
    return definitions, sites, external


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("oracle")
    parser.add_argument("calls")
    parser.add_argument("--under", default="", help="only calls in files below this folder")
    parser.add_argument("--tests", action="store_true", help="calls in test files too")
    parser.add_argument("--partial", action="store_true", help="the oracle does not know every site")
    parser.add_argument("--quality", help="write the figures to grammars/<LANGUAGE>/quality.toml")
    parser.add_argument("--name", default="", help="what was measured: repository, version and oracle")
    parser.add_argument("--examples", type=int, default=0, help="how many misses and wrong edges to print")
    options = parser.parse_args()
    definitions, sites, external = load_oracle(options.oracle, options)
    # A definition that the build of a partial oracle leaves out is the only other one of its name in the file or in its type, or nobody can say.
    alternatives = {}
    for (path, _, name), group in definitions.items() if options.partial else ():
        for place in ((path, name), (path, name, group[2])):
            same = alternatives.setdefault(place, group)
            alternatives[place] = group if same == group else None
    judged_files = {path for path, _, _ in sites}
    by_method = collections.defaultdict(collections.Counter)
    hit, wrong, possible = set(), [], set()
    for call in read(options.calls):
        callee, at, method = call["callee"], call["at"], call["method"]
        if not inside(at["path"], options.under):
            continue
        place = (callee["path"], callee["line"], callee["name"])
        alternative = alternatives.get((callee["path"], callee["name"]))
        alternative = alternatives.get((callee["path"], callee["name"], callee.get("container")), alternative)
        group = definitions.get(place, alternative)
        # An import may rename what is called, so the site is looked up by the target's own name.
        site = (at["path"], at["line"], called(callee, "name"))
        right = group is not None and group in sites.get(site, ())
        count = by_method[method]
        if right:
            count["right"] += 1
            (possible if method == "possible" else hit).add(site) if method != "dispatch" else None
        elif site in sites or site in external or (
            not options.partial and group is not None and at["path"] in judged_files
        ):
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
    if options.quality:
        write_quality(options, by_method, len(hit), len(sites), total)
    missed = sorted(set(sites) - hit)
    for site in missed[:: max(1, len(missed) // max(options.examples, 1))][: options.examples]:
        print(f"missed {site[0]}:{site[1]} {site[2]}{' (possible)' if site in possible else ''}")
    for line in wrong[: options.examples]:
        print(f"wrong {line}")


def write_quality(options, by_method, hit, sites, total):
    """Adds one measurement to the file of a language, in place of an older one of the same name."""
    path = pathlib.Path(__file__).parent.parent / "grammars" / options.quality / "quality.toml"
    head = "# Written by benches/grade_calls.py: how many call edges of each resolution method were right.\n"
    old = path.read_text(encoding="utf-8") if path.exists() else head
    parts = old.split("\n[[measured]]\n")
    kept = [part.rstrip("\n") for part in parts[1:] if f'on = "{options.name}"' not in part]
    edges = max(total["right"] + total["wrong"], 1)
    lines = [f'on = "{options.name}"', f"precision = {total['right'] / edges:.4f}", f"edges = {edges}"]
    lines += [f"recall = {hit / max(sites, 1):.4f}", f"sites = {sites}"]
    for method, count in sorted(by_method.items()):
        judged = count["right"] + count["wrong"]
        if judged and method not in ("possible", "dispatch"):
            lines.append(f"methods.{method} = {{ precision = {count['right'] / judged:.4f}, edges = {judged} }}")
    kept.append("\n".join(lines))
    path.write_text(head + "".join(f"\n[[measured]]\n{part}\n" for part in kept), encoding="utf-8")


if __name__ == "__main__":
    main()
