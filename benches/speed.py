#!/usr/bin/env python3
"""How long indexing and answers take on a folder of source code, next to parsing alone and to every peer that is installed.

usage: speed.py FOLDER [--louver PATH] [--calls N]

FOLDER is copied to a repository of its own in a temporary place. CPU seconds, not wall time, are what compares between machines and runs.
Any folder will do; `cargo vendor` makes one of a million lines from a list of crates.
"""

import argparse
import concurrent.futures
import json
import os
import pathlib
import shutil
import socket
import subprocess
import tempfile
import time
import urllib.request

QUERIES = ["open file", "where are errors converted", "parse", "Builder", "new", "how are retries handled", "config default", "from_str",
           "Iterator.next", "write buffer", "spawn task on thread", "hash map entry", "serialise struct", "visitor", "token stream"]


def timed(command):
    """CPU seconds and peak megabytes of a command and its children, wall seconds, and what it said."""
    begun = time.monotonic()
    with tempfile.TemporaryFile("w+") as out:
        process = subprocess.Popen(command, stdout=out, stderr=subprocess.DEVNULL)
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        said = out.read()
    if process.returncode:
        raise SystemExit(f"`{' '.join(command)}` failed")
    return used.ru_utime + used.ru_stime, time.monotonic() - begun, used.ru_maxrss / 1024, said


def git(repo, *arguments):
    identity = ["-c", "user.name=bench", "-c", "user.email=bench@localhost", "-c", "commit.gpgsign=false"]
    subprocess.run(["git", *identity, *arguments], cwd=repo, check=True, capture_output=True)


def change(repo, files, count):
    """Appends a line to some files and commits."""
    step = max(1, len(files) // count)
    for path in files[::step][:count]:
        with open(path, "a", encoding="utf-8") as file:
            file.write("\n// changed\n")
    git(repo, "commit", "-qam", "change")


def post(url, body):
    headers = {"content-type": "application/json", "accept": "application/json, text/event-stream"}
    request = urllib.request.Request(url, json.dumps(body).encode(), headers)
    with urllib.request.urlopen(request) as answer:
        return answer.read()


def ask(url, tool, arguments):
    return post(url, {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": tool, "arguments": arguments}})


def call(url, tool, arguments):
    begun = time.perf_counter()
    ask(url, tool, arguments)
    return (time.perf_counter() - begun) * 1000


def ping(url):
    begun = time.perf_counter()
    post(url, {"jsonrpc": "2.0", "id": 1, "method": "ping"})
    return (time.perf_counter() - begun) * 1000


def percentiles(times):
    times = sorted(times)
    return times[len(times) // 2], times[min(len(times) - 1, len(times) * 99 // 100)]


def at_connections(connections, jobs):
    with concurrent.futures.ThreadPoolExecutor(connections) as pool:
        return list(pool.map(lambda job: job(), jobs))


def process_seconds(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


# What a call that does nothing takes, by connections.
FLOOR = {}


def tools(url, file):
    """Every tool, on symbols that searches find."""
    found = [json.loads(ask(url, "search_symbols", {"query": query, "format": "json"})) for query in QUERIES]
    items = [item for it in found for item in json.loads(it["result"]["content"][0]["text"])["items"] if "#" in item["handle"]]
    handles = [item["handle"] for item in items] or [file]
    names = {
        "search_symbols": lambda at: {"query": QUERIES[at % len(QUERIES)]},
        "explore": lambda at: {"task": QUERIES[at % len(QUERIES)]},
        "get_outline": lambda _: {"target": file},
        "get_symbol": lambda at: {"symbols": [handles[at % len(handles)]]},
        "find_references": lambda at: {"symbol": handles[at % len(handles)]},
        "trace_calls": lambda at: {"symbol": handles[at % len(handles)]},
        "analyze_impact": lambda at: {"targets": [handles[at % len(handles)]]},
        "list_repos": lambda _: {},
    }
    calls = {name: lambda at, name=name, of=of: call(url, name, of(at)) for name, of in names.items()}
    return {"no-op (ping)": lambda _: ping(url), **calls}


def peers(repo, place):
    """Programs that make something of the same files, if they are here."""
    commands = {
        "ctags": ["ctags", "-R", "--output-format=json", "--fields=*", "-f", str(place / "tags"), str(repo)],
        "ast-grep": ["ast-grep", "run", "--pattern", "$F($$$A)", "--json=stream", str(repo)],
        "codegraph": ["codegraph", "init", "-i", str(repo)],
    }
    return {name: command for name, command in commands.items() if shutil.which(name)}


def serve(louver, base, handle, calls):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    url = f"http://127.0.0.1:{port}/mcp"
    begun = time.monotonic()
    server = subprocess.Popen([*louver, *base, "serve", "--http", f"127.0.0.1:{port}"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        while True:
            try:
                call(url, "search_symbols", {"query": "parse"})
                break
            except OSError:
                if time.monotonic() - begun > 60:
                    raise
                time.sleep(0.01)
        print(f"cold start to the first answer: {time.monotonic() - begun:.2f} s")
        for name, tool in tools(url, handle).items():
            for at in range(len(QUERIES)):
                tool(at)
            for connections in (1, 16, 64):
                before = process_seconds(server.pid)
                p50, p99 = percentiles(at_connections(connections, [lambda at=at: tool(at) for at in range(calls)]))
                cpu = (process_seconds(server.pid) - before) / calls * 1000
                floor = FLOOR.setdefault(connections, (p50, p99))
                print(f"{name}, {connections} connections: p50 {p50:.2f} ms ({p50 / floor[0]:.1f} x no-op), p99 {p99:.2f} ms "
                      f"({p99 / floor[1]:.1f} x), {cpu:.2f} ms of server CPU a call")
        peak = pathlib.Path(f"/proc/{server.pid}/status").read_text(encoding="utf-8")
        print(f"server memory: {next(line for line in peak.splitlines() if line.startswith('VmHWM')).split()[1]} KB at most")
    finally:
        server.terminate()
        server.wait()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--louver", default="target/release/louver", help="a release build")
    parser.add_argument("--calls", type=int, default=300)
    options = parser.parse_args()
    louver = [os.path.abspath(options.louver)]
    with tempfile.TemporaryDirectory(prefix="louver-speed-") as temporary:
        place = pathlib.Path(temporary)
        repo = place / "code"
        shutil.copytree(options.folder, repo, ignore=shutil.ignore_patterns(".git"))
        git(repo, "init", "-q")
        git(repo, "add", "-A")
        git(repo, "commit", "-qm", "all")
        files = sorted(path for path in repo.rglob("*") if path.suffix in (".rs", ".ts", ".tsx", ".js", ".py", ".go", ".java", ".c"))
        size = sum(path.stat().st_size for path in files)
        base = ["--config", str(place / "louver.toml"), "--data", str(place / "data")]
        subprocess.run([*louver, *base, "init", str(repo)], check=True, capture_output=True)
        print(f"{len(files)} source files, {size / 1e6:.1f} MB")
        cpu, wall, memory, said = timed([*louver, *base, "index"])
        print(f"index: {cpu:.1f} s CPU, {wall:.1f} s, {memory:.0f} MB at most in one process; {said.strip()}")
        index = sum(path.stat().st_size for path in (place / "data" / "index").rglob("*") if path.is_file())
        print(f"index on disk: {index / 1e6:.1f} MB, {index / size:.2f} of the source")
        floor, floor_wall, floor_memory, said = timed([*louver, "bench", "parse", str(repo)])
        print(f"parsing alone: {floor:.1f} s CPU, {floor_wall:.1f} s on one thread, {floor_memory:.0f} MB; louver takes {cpu / floor:.2f} times "
              f"its CPU; {said.strip()}")
        for name, command in peers(repo, place).items():
            peer, peer_wall, peer_memory, _ = timed(command)
            print(f"{name}: {peer:.1f} s CPU, {peer_wall:.1f} s, {peer_memory:.0f} MB; louver takes {cpu / peer:.1f} times its CPU")
        for count in (0, 1, 100):
            if count:
                change(repo, files, count)
            cpu, wall, _, _ = timed([*louver, *base, "index"])
            print(f"update after {count} changed files: {cpu:.2f} s CPU, {wall:.2f} s")
        serve(louver, base, f"code:{files[0].relative_to(repo)}", options.calls)


if __name__ == "__main__":
    main()
