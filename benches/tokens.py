#!/usr/bin/env python3
"""How many tokens answers cost next to the files they stand for.

    python3 benches/tokens.py LOUVER ROOT... [--questions N] [--seed N] [--tokenizer FOLDER]

Every ROOT, a git repository, is indexed at the tier `internal` and asked over stdio. Tokens are those of `o200k_base`, counted by the npm package
gpt-tokenizer, which is installed to a temporary place unless FOLDER has it.

Questions are asked in turn about symbols drawn at random: what it is (`get_symbol`), who uses it (`find_references`), who calls it
(`trace_calls`), what changes with it (`analyze_impact`), and where what its documentation says is done (`explore`). A reader would have to open the
file it is in and every file that the answer takes something from. Outlines are those of whole files, as many pages as they have. The context of a
function is `get_symbol` of it, next to the lines that it has in the file, with the documentation and attributes above it: what it tells of the function
itself, and all of it, with who uses it. No answer may have more tokens than `max_tokens`, whatever that is.
"""

import argparse
import json
import pathlib
import random
import re
import statistics
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from disclosure import CALLABLE, Client  # noqa: E402

TOKENIZER = "gpt-tokenizer@4.0.0"
COUNTER = """
import { createInterface } from "node:readline";
import { countTokens } from "gpt-tokenizer/encoding/o200k_base";
for await (const line of createInterface({ input: process.stdin })) console.log(countTokens(JSON.parse(line)));
"""
BUDGETS = (200, 500, 1000, 4000)
# What lines of documentation, attributes and decorators begin with.
ABOVE = ("//", "/*", "*", "#", "@")
QUESTIONS = {
    "get_symbol": lambda handle, _: {"symbols": [handle]},
    "find_references": lambda handle, _: {"symbol": handle},
    "trace_calls": lambda handle, _: {"symbol": handle},
    "analyze_impact": lambda handle, _: {"targets": [handle]},
    "explore": lambda _, summary: {"task": summary},
}


class Counter:
    def __init__(self, folder):
        if not (folder / "node_modules" / "gpt-tokenizer").is_dir():
            subprocess.run(["npm", "install", "--no-audit", "--no-fund", "--silent", TOKENIZER], cwd=folder, check=True)
        (folder / "count.mjs").write_text(COUNTER, encoding="utf-8")
        self.process = subprocess.Popen(["node", "count.mjs"], cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.known = {}

    def __call__(self, text):
        self.process.stdin.write(json.dumps(text) + "\n")
        self.process.stdin.flush()
        return int(self.process.stdout.readline())

    def file(self, path):
        if path not in self.known:
            self.known[path] = self(path.read_text(encoding="utf-8", errors="replace")) if path.is_file() else 0
        return self.known[path]


def paths_in(value, name):
    """The paths of all handles in an answer."""
    found = re.finditer(rf'"{re.escape(name)}:([^"#]+)[#"]', json.dumps(value))
    return {match.group(1) for match in found}


class Repo:
    def __init__(self, louver, root, place, count):
        self.root, self.name, self.count = root, "acme/code", count
        config, data = str(place / "louver.toml"), str(place / "data")
        head = f'version = 1\n[[repo]]\nname = "{self.name}"\npath = "{root}"\ntier = "internal"\nowner = "bench"\n'
        pathlib.Path(config).write_text(head, encoding="utf-8")
        subprocess.run([louver, "index", "--config", config, "--data", data], check=True, capture_output=True)
        self.client = Client(louver, config, data)
        self.over = []

    def page(self, tool, budget=None, **arguments):
        """One answer and its tokens; keeps what is over its budget."""
        most = {"max_tokens": budget} if budget else {}
        reply = self.client.request("tools/call", {"name": tool, "arguments": {**arguments, **most}})
        text = reply["result"]["content"][0]["text"]
        tokens = self.count(text)
        if tokens > (budget or 4000):
            self.over.append((tool, tokens, budget))
        return text, tokens

    def files(self):
        """Paths of the indexed files, with the symbols of each."""
        listed = subprocess.run(["git", "ls-files"], cwd=self.root, check=True, capture_output=True, text=True).stdout.split("\n")
        out = {}
        for path in filter(None, listed):
            try:
                items = list(self.client.pages("get_outline", target=f"{self.name}:{path}", private=True)) if suffixed(path) else []
            except ValueError:
                # A file that is passed over is refused in words.
                continue
            symbols = [item for item in items if "#" in item.get("handle", "")]
            if symbols:
                out[path] = symbols
        return out

    def outline(self, path):
        tokens, cursor = 0, {}
        while True:
            text = self.client.ask("get_outline", target=f"{self.name}:{path}", **cursor)
            tokens += self.count(text)
            further = re.search(r"\bcursor=(\S+)", text)
            if not further:
                return tokens
            cursor = {"cursor": further[1]}

    def question(self, tool, path, symbol):
        arguments = QUESTIONS[tool](symbol["handle"], symbol.get("summary") or symbol["handle"].split("#")[1])
        _, tokens = self.page(tool, **arguments)
        told = json.loads(self.page(tool, budget=16000, format="json", **arguments)[0])
        opened = paths_in(told, self.name) | {path}
        return tokens, sum(self.count.file(self.root / it) for it in opened)

    def context(self, path, symbol):
        first, last = symbol["lines"]
        lines = (self.root / path).read_text(encoding="utf-8", errors="replace").split("\n")
        above = first - 1
        while above > 0 and lines[above - 1].strip().startswith(ABOVE):
            above -= 1
        lines = lines[above:last]
        text, tokens = self.page("get_symbol", symbols=[symbol["handle"]])
        own = re.split(r"\n  (?:used_by|uses|counts)", text.split("\n", 1)[1])[0]
        return last - first + 1, (tokens, self.count(own)), self.count("\n".join(lines))


def suffixed(path):
    return pathlib.Path(path).suffix in {".rs", ".ts", ".tsx", ".js", ".jsx", ".mjs", ".py", ".go", ".java", ".cs", ".c", ".h", ".cc", ".cpp", ".rb",
                                         ".php", ".kt", ".swift", ".scala", ".sh"}


def ratio(pairs):
    ratios = sorted(answer / source for answer, source in pairs if source)
    whole = sum(answer for answer, _ in pairs) / max(1, sum(source for _, source in pairs))
    return f"median {statistics.median(ratios):.3f}, all together {whole:.3f}, of {len(ratios)}" if ratios else "none"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("louver")
    parser.add_argument("roots", nargs="+", type=pathlib.Path)
    parser.add_argument("--questions", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--tokenizer", type=pathlib.Path)
    options = parser.parse_args()
    draw = random.Random(options.seed)
    asked, outlines, contexts, over = {tool: [] for tool in QUESTIONS}, [], [], []
    with tempfile.TemporaryDirectory() as temporary:
        count = Counter(options.tokenizer or pathlib.Path(temporary))
        for root in options.roots:
            place = pathlib.Path(tempfile.mkdtemp(dir=temporary))
            repo = Repo(options.louver, root.resolve(), place, count)
            files = repo.files()
            symbols = sorted(((path, it) for path, all in files.items() for it in all if it.get("lines", [0])[0]), key=lambda it: it[1]["handle"])
            for at, (path, symbol) in enumerate(draw.sample(symbols, min(len(symbols), options.questions // len(options.roots)))):
                tool = list(QUESTIONS)[at % len(QUESTIONS)]
                asked[tool].append(repo.question(tool, path, symbol))
            outlines += [(repo.outline(path), count.file(root / path)) for path in files]
            functions = [(path, it) for path, it in symbols if it["kind"] in CALLABLE and it["lines"][1] - it["lines"][0] >= 4]
            contexts += [repo.context(path, it) for path, it in draw.sample(functions, min(len(functions), options.questions))]
            for path, symbol in draw.sample(symbols, min(len(symbols), 20)):
                for tool, of in QUESTIONS.items():
                    for budget in BUDGETS:
                        repo.page(tool, budget, **of(symbol["handle"], symbol.get("summary") or symbol["handle"]))
            over += repo.over
            repo.client.process.terminate()
            repo.client.process.wait()
    print(f"answer to files opened: {ratio([pair for pairs in asked.values() for pair in pairs])}")
    for tool, pairs in asked.items():
        if not pairs:
            continue
        print(f"  {tool}: {ratio(pairs)}, {statistics.median(tokens for tokens, _ in pairs):.0f} tokens on the median")
    print(f"outline to file: {ratio(outlines)}")
    for part, what in ((1, "signature, documentation and behaviour"), (0, "the same with header and relations")):
        for least in (5, 10, 20, 40):
            pairs = [(answers[part], source) for lines, answers, source in contexts if lines >= least]
            print(f"{what} to function of {least} lines and more: {ratio(pairs)}")
    print(f"answers over max_tokens: {len(over)} {over[:5]}")


if __name__ == "__main__":
    main()
