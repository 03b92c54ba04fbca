#!/usr/bin/env python3
"""What search finds where names are told by pseudonyms, and for a person who may read half of the repositories.

usage: tiers.py --repos REPOS.json --checkouts FOLDER --queries QUERIES.jsonl [--queries …] [--louver PATH]

The inputs are those of `retrieval.py`, and so is the measure (NDCG@10, mode `file`). Here every repository is approved in one scope and asked over
HTTP as an agent would, `search_symbols` in its own repository:

* at the tier `internal`;
* at `confidential` in the words of the query, where own words of the organisation match nothing;
* at `confidential` in the words in which louver told it the names (`louver reveal --hide`); `louver reveal` puts names back in the answers.

Then every query is asked about everything by `bob`, who may read half of the repositories, and again where the other half is in no index at all.
Every answer has to be the same, byte for byte. It exits with 1 if one is not.
"""

import argparse
import collections
import json
import os
import pathlib
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from retrieval import measure, row  # noqa: E402

LIMIT = 50


def free_port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


class Server:
    """One data directory with a scope of its own, and one person who asks."""

    def __init__(self, louver, place, repos, tier, readable):
        place.mkdir()
        self.port = free_port()
        self.base = ["--config", str(place / "louver.toml"), "--data", str(place / "data"), "--quiet"]
        self.louver = louver
        self.config = place / "louver.toml"
        head = (f'version = 1\n[server]\npublic_url = "http://127.0.0.1:{self.port}"\n[[host]]\nname = "site"\nkind = "static"\n'
                f'[[host.user]]\nid = "1"\nlogin = "bob"\nrepos = {json.dumps([f"acme/{name}" for name in readable])}\n')
        each = [f'[[repo]]\nname = "acme/{name}"\nhost = "site"\npath = {json.dumps(str(path))}\ntier = "{tier}"\nowner = "bench"\n'
                for name, path in repos.items()]
        self.config.write_text(head + "".join(each), encoding="utf-8")
        self.run("index")
        self.token = self.run("token", "create", "--user", "bob", "--name", "bench").strip().split()[-1]
        self.process = subprocess.Popen([louver, "serve", "--http", f"127.0.0.1:{self.port}", *self.base],
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        while True:
            try:
                self.ask("list_repos")
                return
            except OSError:
                if self.process.poll() is not None:
                    raise
                time.sleep(0.05)

    def run(self, *arguments, text=None):
        return subprocess.run([self.louver, *arguments, *self.base], input=text, check=True, capture_output=True, text=True).stdout

    def may_reveal(self):
        """Lists whoever runs this under `[roles] reveal`."""
        refused = subprocess.run([self.louver, "reveal", "x", *self.base], capture_output=True, text=True).stderr
        who = re.search(r'`reveal = (\[.*?\])`', refused)[1]
        text = self.config.read_text(encoding="utf-8")
        self.config.write_text(text.replace("version = 1\n", f"version = 1\n[roles]\nreveal = {who}\n", 1), encoding="utf-8")

    def ask(self, tool, **arguments):
        body = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": tool, "arguments": arguments}}
        headers = {"content-type": "application/json", "accept": "application/json, text/event-stream",
                   "authorization": f"Bearer {self.token}"}
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}/t/mcp", json.dumps(body).encode(), headers)
        with urllib.request.urlopen(request) as answer:
            said = answer.read().decode()
        return json.loads(said)["result"]["content"][0]["text"]

    def handles(self, query, **more):
        text = self.ask("search_symbols", query=query, format="json", limit=LIMIT, max_tokens=16000, **more)
        try:
            return [it["handle"] for it in json.loads(text)["items"]]
        except (ValueError, KeyError):
            return []

    def stop(self):
        self.process.terminate()
        self.process.wait()


def repositories(options, place, names):
    """A git repository of every checkout, without a second copy of its files."""
    with open(options.repos, encoding="utf-8") as file:
        known = {it["name"]: it for it in json.load(file)}
    found, roots = {}, {}
    for name in sorted(names):
        roots[name] = known.get(name, {}).get("benchmark_root") or ""
        root = pathlib.Path(options.checkouts, name, roots[name]).resolve()
        if not root.is_dir():
            print(f"{name}: no checkout", flush=True)
            continue
        found[name] = place / "git" / name
        git = ["git", f"--git-dir={found[name]}", f"--work-tree={root}", "-c", "user.name=bench", "-c", "user.email=bench@localhost"]
        subprocess.run(["git", "init", "-q", "--bare", str(found[name])], check=True)
        subprocess.run([*git, "add", "-A", "--force"], check=True, capture_output=True)
        subprocess.run([*git, "commit", "-qm", "all"], check=True, capture_output=True)
    return found, roots


def scored(name, queries, answers, roots):
    """A path counts only in its repository, whichever was asked."""
    figures = []
    for query, handles in zip(queries, answers):
        results = []
        for handle in handles:
            repo, path = handle.removeprefix("acme/").split("#")[0].split(":", 1)
            results.append({"path": os.path.normpath(os.path.join(repo, roots.get(repo, ""), path))})
        targets = [{**it, "path": os.path.normpath(os.path.join(query["repo"], it["path"]))} for it in query["targets"]]
        figures.append(measure({**query, "targets": targets}, results, "file"))
    print(row(name, figures), flush=True)


def pseudonyms(server, queries, roots):
    scored("confidential, in plain words", queries, revealed(server, [server.handles(it["query"], repo=f"acme/{it['repo']}") for it in queries]), roots)
    by_repo = collections.defaultdict(list)
    for at, query in enumerate(queries):
        by_repo[query["repo"]].append(at)
    hidden = {}
    for name, places in by_repo.items():
        lines = server.run("reveal", "-", "--hide", "--repo", f"acme/{name}", text="\n".join(queries[at]["query"] for at in places))
        hidden.update(zip(places, lines.split("\n")))
    answers = [server.handles(hidden[at], repo=f"acme/{it['repo']}") for at, it in enumerate(queries)]
    scored("confidential, in pseudonyms", queries, revealed(server, answers), roots)


def revealed(server, answers):
    by_repo = collections.defaultdict(list)
    for at, handles in enumerate(answers):
        for handle in handles:
            by_repo[handle.split(":")[0]].append((at, handle))
    out = [[] for _ in answers]
    for name, pairs in by_repo.items():
        lines = server.run("reveal", "-", "--repo", name, text="\n".join(handle for _, handle in pairs)).split("\n")
        for (at, _), handle in zip(pairs, lines):
            out[at].append(handle)
    return out


def bare(text):
    """An answer without how long ago its repositories were indexed."""
    return re.sub(r"indexed=\w+", "indexed=", text)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repos", required=True)
    parser.add_argument("--checkouts", required=True)
    parser.add_argument("--queries", required=True, action="append")
    parser.add_argument("--louver", default="target/release/louver")
    options = parser.parse_args()
    louver = os.path.abspath(options.louver)
    queries = [json.loads(line) for path in options.queries for line in pathlib.Path(path).read_text(encoding="utf-8").splitlines()]
    with tempfile.TemporaryDirectory(prefix="louver-tiers-") as temporary:
        place = pathlib.Path(temporary)
        repos, roots = repositories(options, place, {it["repo"] for it in queries})
        queries = [it for it in queries if it["repo"] in repos]
        print("| | queries | ndcg@10 | mrr | recall@1 | recall@5 | recall@10 | recall@20 | 95 % of ndcg@10 |\n|---|---|---|---|---|---|---|---|---|")
        server = Server(louver, place / "internal", repos, "internal", repos)
        scored("internal", queries, [server.handles(it["query"], repo=f"acme/{it['repo']}") for it in queries], roots)
        server.stop()
        shutil.rmtree(place / "internal")
        server = Server(louver, place / "confidential", repos, "confidential", repos)
        server.may_reveal()
        pseudonyms(server, queries, roots)
        server.stop()
        shutil.rmtree(place / "confidential")
        half = dict(list(repos.items())[::2])
        among = Server(louver, place / "all", repos, "internal", half)
        alone = Server(louver, place / "half", half, "internal", half)
        asked = [it for it in queries if it["repo"] in half]
        scored("of half, asked about everything", asked, [among.handles(it["query"]) for it in asked], roots)
        different = 0
        for query in queries:
            both = [bare(it.ask("search_symbols", query=query["query"], limit=LIMIT)) for it in (among, alone)]
            different += both[0] != both[1]
        print(f"answers that differ by what cannot be read: {different} of {len(queries)}")
        among.stop()
        alone.stop()
    sys.exit(1 if different else 0)


if __name__ == "__main__":
    main()
