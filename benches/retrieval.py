#!/usr/bin/env python3
"""How well search finds what a query means, next to ripgrep and BM25 on the same queries.

usage: retrieval.py --repos REPOS.json --checkouts FOLDER --queries QUERIES.jsonl [--queries …] [--louver PATH] [--mode file|span]
                    [--only louver,ripgrep,bm25] [--by language|category|repo] [--ablate]

REPOS.json    [{"name", "url", "revision", "benchmark_root"?}]: `FOLDER/name` holds the files of the revision, `benchmark_root` is searched.
QUERIES.jsonl {"id", "repo", "lang", "category", "query", "targets": [{"path", "start"?, "end"?}]}

Every target counts 1, at the rank of the first result that covers it. In mode `file` results are folded to their paths; in mode `span` a
result covers a target if it is at most 200 lines long and shares a line with it. Intervals are 95 % bootstrap over queries.

--ablate leaves out one weight of `index-schema/ranking.toml` after the other and prints what louver reaches without it, beside the same on a
third of the repositories, chosen by the checksum of their names.
"""

import argparse
import collections
import json
import math
import os
import pathlib
import random
import re
import subprocess
import tempfile
import tomllib
import zlib

WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
STOP = set("a an and are as at be by do does for from has have how if in into is it its not of on or that the this to use used using via was"
           " what when where which who why with should can their".split())
TEXT = set("adoc bash c cc cpp cs css cxx ex exs go h hh hpp hs html java js jsx kt kts lua m md mjs mm php pl proto py pyi rb rs rst scala"
           " scss sh sql svelte swift tf toml ts tsx txt vue yaml yml zig zsh".split())


WEIGHTS = pathlib.Path(__file__).resolve().parent.parent / "index-schema" / "ranking.toml"


def words(text):
    return [word.lower() for word in WORD.findall(text)]


def files_of(root):
    for folder, folders, names in os.walk(root):
        folders[:] = sorted(it for it in folders if not it.startswith(".") and it != "node_modules")
        for name in sorted(names):
            path = os.path.join(folder, name)
            if name.rsplit(".", 1)[-1].lower() in TEXT and os.path.getsize(path) < 1_000_000:
                yield path


def louver(options, root, queries):
    """Asks `louver bench retrieval`, which speaks JSON lines."""
    lines = "".join(json.dumps({"id": it["id"], "query": it["query"]}) + "\n" for it in queries)
    command = [options.louver, "bench", "retrieval", root]
    if getattr(options, "kept", None):
        command += ["--keep", os.path.join(options.kept, root.replace("/", "_")), "--ranking", options.ranking]
    run = subprocess.run(command, input=lines, capture_output=True, text=True, check=True)
    return {it["id"]: it["results"] for it in map(json.loads, run.stdout.splitlines())}


def ripgrep(_, root, queries):
    """Files by how many of the query's words they hold, then by how many lines match."""
    out = {}
    for query in queries:
        terms = [it for it in dict.fromkeys(words(query["query"])) if it not in STOP] or words(query["query"])
        held, lines = collections.Counter(), collections.Counter()
        for term in terms:
            run = subprocess.run(["rg", "--count", "--ignore-case", "--fixed-strings", "--", term, root], capture_output=True, text=True)
            for line in run.stdout.splitlines():
                path, count = line.rsplit(":", 1)
                held[path] += 1
                lines[path] += int(count)
        best = sorted(held, key=lambda path: (-held[path], -lines[path], path))
        out[query["id"]] = [{"path": path} for path in best[:20]]
    return out


def bm25(_, root, queries, k1=1.2, b=0.75):
    """Plain BM25 over whole files, identifiers split."""
    documents = {}
    for path in files_of(root):
        with open(path, encoding="utf-8", errors="replace") as file:
            documents[path] = collections.Counter(words(file.read() + " " + os.path.relpath(path, root)))
    sizes = {path: sum(it.values()) for path, it in documents.items()}
    usual = sum(sizes.values()) / max(1, len(sizes))
    having = collections.Counter(word for it in documents.values() for word in it)
    out = {}
    for query in queries:
        scores = collections.Counter()
        for word in set(words(query["query"])) - STOP:
            rarity = math.log(1 + (len(documents) - having[word] + 0.5) / (having[word] + 0.5))
            for path, counts in documents.items():
                tf = counts.get(word, 0)
                if tf:
                    scores[path] += rarity * tf * (k1 + 1) / (tf + k1 * (1 - b + b * sizes[path] / usual))
        best = sorted(scores, key=lambda path: (-scores[path], path))
        out[query["id"]] = [{"path": path} for path in best[:20]]
    return out


ENGINES = {"ripgrep": ripgrep, "bm25": bm25, "louver": louver}


def covers(result, target, mode):
    if result["path"] != target["path"]:
        return False
    if mode == "file" or target.get("start") is None:
        return True
    start, end = result.get("start"), result.get("end")
    if start is None or end - start + 1 > 200:
        return False
    return start <= (target.get("end") or target["start"]) and target["start"] <= end


def measure(query, results, mode):
    targets = query["targets"]
    if mode == "file":
        first = {}
        for it in results:
            first.setdefault(it["path"], it)
        results = list(first.values())
        targets = list({it["path"]: it for it in targets}.values())
    ranks = [next((at for at, it in enumerate(results, 1) if covers(it, target, mode)), None) for target in targets]
    at_rank = {rank for rank in ranks if rank and rank <= 10}
    gained = sum(1 / math.log2(rank + 1) for rank in at_rank)
    ideal = sum(1 / math.log2(at + 2) for at in range(min(10, len(targets))))
    figures = {"ndcg@10": gained / ideal if ideal else 0.0, "mrr": 1 / min(at_rank) if at_rank else 0.0}
    for k in (1, 5, 10, 20):
        figures[f"recall@{k}"] = sum(1 for rank in ranks if rank and rank <= k) / len(targets)
    return figures


def interval(values, rounds=1000):
    draw = random.Random(7)
    means = sorted(sum(draw.choices(values, k=len(values))) / len(values) for _ in range(rounds))
    return means[int(rounds * 0.025)], means[int(rounds * 0.975)]


def row(name, figures):
    ndcg = [it["ndcg@10"] for it in figures]
    low, high = interval(ndcg)
    cells = [f"{sum(it[key] for it in figures) / len(figures):.3f}" for key in figures[0]]
    return f"| {name} | {len(figures)} | " + " | ".join(cells) + f" | {low:.3f}–{high:.3f} |"


def measured_by(engine, options, repos, by_repo):
    """Every query with its figures."""
    measured = []
    for name, queries in sorted(by_repo.items()):
        checkout = os.path.abspath(os.path.join(options.checkouts, name))
        root = os.path.join(checkout, repos[name].get("benchmark_root") or "").rstrip("/")
        if not os.path.isdir(root):
            print(f"{name}: no checkout", flush=True)
            continue
        answers = ENGINES[engine](options, root, queries)
        for query in queries:
            results = answers.get(query["id"], [])[:20]
            for result in results:
                result["path"] = os.path.relpath(result["path"], checkout)
            measured.append((query, measure(query, results, options.mode)))
    return measured


def without(table, key):
    """The weights without one of them."""
    out, current = [], None
    for line in WEIGHTS.read_text(encoding="utf-8").splitlines():
        if line.startswith("["):
            current = line.strip("[]")
        if current == table and line.startswith(f"{key} = "):
            # A factor that changes nothing is 1, and so is the share that further symbols of a file keep.
            line = f"{key} = " + {"damping": "[1.0, 1.0]"}.get(table, "1.0" if key == "further" else "0.0")
        out.append(line)
    return "\n".join(out) + "\n"


def ablate(options, repos, by_repo):
    """A table of what louver reaches without each weight."""
    weights = tomllib.loads(WEIGHTS.read_text(encoding="utf-8"))
    held_out = {name for name in by_repo if zlib.crc32(name.encode()) % 3 == 0}
    left_out = [("nothing", None, None)]
    left_out += [(f"{table}.{key}", table, key) for table in ("words", "damping") for key, value in weights[table].items() if value]
    print("| left out | ndcg@10 | a third of the repositories |\n|---|---|---|")
    with tempfile.TemporaryDirectory(prefix="louver-ablation-") as options.kept:
        options.ranking = os.path.join(options.kept, "ranking.toml")
        for name, table, key in left_out:
            pathlib.Path(options.ranking).write_text(without(table, key), encoding="utf-8")
            measured = measured_by("louver", options, repos, by_repo)
            mean = lambda rows: sum(it["ndcg@10"] for it in rows) / max(1, len(rows))
            third = [figures for query, figures in measured if query["repo"] in held_out]
            print(f"| {name} | {mean([figures for _, figures in measured]):.3f} | {mean(third):.3f} |", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repos", required=True)
    parser.add_argument("--checkouts", required=True)
    parser.add_argument("--queries", required=True, action="append")
    parser.add_argument("--louver", default="target/release/louver")
    parser.add_argument("--mode", choices=["file", "span"], default="file")
    parser.add_argument("--only", default="ripgrep,bm25,louver")
    parser.add_argument("--by", choices=["language", "category", "repo"], action="append", default=[])
    parser.add_argument("--ablate", action="store_true")
    options = parser.parse_args()
    with open(options.repos, encoding="utf-8") as file:
        repos = {it["name"]: it for it in json.load(file)}
    by_repo = collections.defaultdict(list)
    for path in options.queries:
        with open(path, encoding="utf-8") as file:
            for query in map(json.loads, file):
                by_repo[query["repo"]].append(query)
    if options.ablate:
        ablate(options, repos, by_repo)
        return
    print("| | queries | ndcg@10 | mrr | recall@1 | recall@5 | recall@10 | recall@20 | 95 % of ndcg@10 |\n|---|---|---|---|---|---|---|---|---|")
    for engine in options.only.split(","):
        measured = measured_by(engine, options, repos, by_repo)
        print(row(engine, [figures for _, figures in measured]), flush=True)
        for key in options.by:
            groups = collections.defaultdict(list)
            for query, figures in measured:
                groups[query[{"language": "lang"}.get(key, key)]].append(figures)
            for group, figures in sorted(groups.items()):
                print(row(f"{engine}, {group}", figures))


if __name__ == "__main__":
    main()
