#!/usr/bin/env python3
"""An hour in the life of a server: clients ask, repositories change and are indexed again, the scope is applied again, all at once.

usage: load.py FOLDER... [--louver PATH] [--minutes 60] [--clients 16] [--pause SECONDS]

Makes a repository of each FOLDER, serves all of them over HTTP, and lets the clients call every tool in turn while one loop changes, commits
and indexes the repositories and another applies one scope after another. Once a minute it prints the server's memory and how many calls
were answered. At the end it verifies the log and counts: every answer must have its record, no call may fail, and the memory of the second
half must not be above that of the first by more than a tenth. It exits with 1 if one of these does not hold.
"""

import argparse
import collections
import http.client
import json
import os
import pathlib
import random
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time

WORDS = ["open file", "where are errors converted", "parse", "Builder", "new", "how are retries handled", "config default", "from_str",
         "write buffer", "spawn task on thread", "hash map entry", "serialise struct", "visitor", "token stream", "nothing_like_this"]


def git(repo, *arguments):
    identity = ["-c", "user.name=bench", "-c", "user.email=bench@localhost", "-c", "commit.gpgsign=false"]
    subprocess.run(["git", *identity, *arguments], cwd=repo, check=True, capture_output=True)


class Load:
    def __init__(self, options, place):
        self.options, self.place = options, place
        self.louver = [os.path.abspath(options.louver), "--config", str(place / "louver.toml"), "--data", str(place / "data"), "--quiet"]
        self.ends = time.monotonic() + options.minutes * 60
        self.lock = threading.Lock()
        self.counts, self.faults, self.handles = collections.Counter(), [], collections.deque(maxlen=500)
        self.repos = []

    def over(self):
        return time.monotonic() >= self.ends

    def note(self, what, fault=None):
        with self.lock:
            self.counts[what] += 1
            if fault:
                self.faults.append(fault[:300])

    def prepare(self):
        for folder in self.options.folders:
            repo = self.place / "code" / folder.name
            shutil.copytree(folder, repo, ignore=shutil.ignore_patterns(".git", "target", "node_modules"))
            git(repo, "init", "-q")
            git(repo, "add", "-A", "--force")
            git(repo, "commit", "-qm", "all")
            self.repos.append(repo)
        self.scope(1)
        self.command("scope", "apply")
        self.command("index")

    def scope(self, turn):
        """The tiers go round, and every other scope excludes tests."""
        lines = ["version = 1", f"exclude = {'[]' if turn % 2 else '[%r]' % '**/tests/**'}"]
        for at, repo in enumerate(self.repos):
            tier = ["public", "internal", "confidential"][(at + turn) % 3]
            lines += ["[[repo]]", f'name = "bench/{repo.name}"', f'path = "{repo}"', f'tier = "{tier}"', 'owner = "bench"']
        written = self.place / "louver.toml.new"
        written.write_text("\n".join(lines) + "\n")
        written.rename(self.place / "louver.toml")

    def command(self, *arguments):
        done = subprocess.run([*self.louver, *arguments], capture_output=True, text=True)
        # An indexing that meets a scope which is just being replaced says so and is tried again.
        if done.returncode and "scope" not in done.stderr:
            self.note("failed commands", f"{' '.join(arguments)}: {done.stderr}")
        self.note(" ".join(arguments[:1]))
        return done

    def index_in_a_loop(self):
        chosen = random.Random(1)
        while not self.over():
            repo = chosen.choice(self.repos)
            listed = subprocess.run(["git", "ls-files"], cwd=repo, check=True, capture_output=True, text=True).stdout.splitlines()
            files = [repo / path for path in listed if path.endswith((".rs", ".ts", ".js", ".py", ".go", ".java"))]
            for path in chosen.sample(files, min(20, len(files))):
                with open(path, "a", encoding="utf-8") as file:
                    file.write(f"\n// changed {time.time()}\n")
            git(repo, "commit", "-qam", "change")
            self.command("index")
            time.sleep(self.options.pause)

    def apply_in_a_loop(self):
        turn = 1
        while not self.over():
            time.sleep(self.options.pause * 5)
            turn += 1
            self.scope(turn)
            self.command("scope", "apply")

    def ask_in_a_loop(self, at):
        chosen = random.Random(at)
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        while not self.over():
            tool, arguments = self.question(chosen)
            body = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": tool, "arguments": arguments}}
            headers = {"content-type": "application/json", "accept": "application/json, text/event-stream"}
            begun = time.monotonic()
            try:
                connection.request("POST", "/mcp", json.dumps(body), headers)
                answer = connection.getresponse()
                text = answer.read().decode()
            except OSError as error:
                self.note("failed calls", f"{tool}: {error!r}")
                connection.close()
                continue
            took = time.monotonic() - begun
            self.judge(tool, answer.status, text, took)

    def question(self, chosen):
        words = chosen.choice(WORDS)
        handle = chosen.choice(self.handles) if self.handles else None
        kinds = ["search_symbols", "search_symbols", "explore", "list_repos"]
        if handle:
            kinds += ["get_symbol", "find_references", "trace_calls", "get_outline"]
        tool = chosen.choice(kinds)
        return tool, {
            "search_symbols": {"query": words, "format": "json"},
            "explore": {"task": words},
            "list_repos": {},
            "get_outline": {"target": (handle or "").split("#")[0]},
        }.get(tool, {"symbol": handle})

    def judge(self, tool, status, text, took):
        data = next((line[5:] for line in text.splitlines() if line.startswith("data:")), text)
        try:
            reply = json.loads(data)
        except ValueError:
            reply = {}
        if status != 200 or "result" not in reply:
            self.note("failed calls", f"{tool}: {status} {text}")
            return
        told = reply["result"]["content"][0]["text"]
        refused = reply["result"].get("isError", False)
        with self.lock:
            self.counts["answers"] += 1
            self.counts["refusals"] += refused
            self.counts["seconds"] += took
        # A symbol may be gone, or the scope may have changed, since its handle was told; nothing else may be refused.
        if refused and tool in ("search_symbols", "explore", "list_repos"):
            self.note("failed calls", f"{tool}: {told}")
        if tool == "search_symbols" and not refused:
            for word in told.split('"'):
                if "#" in word and ":" in word and " " not in word:
                    self.handles.append(word)

    def run(self):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        log = open(self.place / "server.log", "w", encoding="utf-8")
        server = subprocess.Popen([*self.louver, "serve", "--http", f"127.0.0.1:{self.port}"], stdout=subprocess.DEVNULL, stderr=log)
        try:
            self.wait_for_port(server)
            loops = [self.index_in_a_loop, self.apply_in_a_loop]
            loops += [lambda at=at: self.ask_in_a_loop(at) for at in range(self.options.clients)]
            threads = [threading.Thread(target=loop) for loop in loops]
            for thread in threads:
                thread.start()
            memory = self.watch(server)
            for thread in threads:
                thread.join()
        finally:
            server.terminate()
            server.wait()
        return memory

    def wait_for_port(self, server):
        for _ in range(600):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            if server.poll() is not None:
                break
            time.sleep(0.1)
        sys.exit((self.place / "server.log").read_text())

    def watch(self, server):
        memory, next_line = [], time.monotonic()
        while not self.over():
            status = pathlib.Path(f"/proc/{server.pid}/status").read_text(encoding="utf-8")
            memory.append(int(next(line for line in status.splitlines() if line.startswith("VmRSS")).split()[1]) / 1024)
            if time.monotonic() >= next_line:
                next_line += 60
                left = (self.ends - time.monotonic()) / 60
                print(f"{left:5.1f} minutes left: {memory[-1]:.0f} MB, {dict(self.counts)}", flush=True)
            time.sleep(1)
        return memory

    def records(self):
        total = 0
        for kind in ("retrieval", "denial"):
            told = subprocess.run([*self.louver, "audit", "export", "--format", "jsonl", "--class", kind], capture_output=True, text=True)
            total += sum(1 for line in told.stdout.splitlines() if line.strip())
        return total


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", type=pathlib.Path, nargs="+", metavar="FOLDER")
    parser.add_argument("--louver", default="target/release/louver", help="a release build")
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--clients", type=int, default=16)
    parser.add_argument("--pause", type=float, default=2, help="seconds between two indexings")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="louver-load-") as temporary:
        load = Load(options, pathlib.Path(temporary))
        load.prepare()
        memory = load.run()
        counts, records = load.counts, load.records()
        verified = subprocess.run([*load.louver, "audit", "verify"], capture_output=True, text=True)
        # The first minute fills caches.
        steady = memory[len(memory) // 10:]
        half = len(steady) // 2
        first, second = max(steady[:half], default=0), max(steady[half:], default=0)
        print(f"answers {counts['answers']}, of them refusals {counts['refusals']}, {counts['seconds'] / max(1, counts['answers']) * 1000:.1f} ms a call;"
              f" indexings {counts['index']}, scopes applied {counts['scope']}")
        print(f"records of answers: {records}; log verifies: {verified.returncode == 0}")
        print(f"memory: at most {first:.0f} MB in the first half and {second:.0f} MB in the second")
        print(f"failed calls {counts['failed calls']}, failed commands {counts['failed commands']}", *load.faults[:10], sep="\n")
        holds = verified.returncode == 0 and records == counts["answers"] and not load.faults and second <= first * 1.1
        sys.exit(0 if holds else 1)


if __name__ == "__main__":
    main()
