#!/usr/bin/env python3
"""Measures what answers tell of the source: longest run shared with a body, own words, size.

    python3 benches/disclosure.py LOUVER ROOT... [--symbols N] [--words FILE]

Every ROOT, a git repository, is indexed once for each tier with the LOUVER binary. All files are outlined, and up to N symbols are asked for
with their references, in both formats, over stdio as a client would. A body is the text of a callable behind the brace (in Python,
the head and the docstring) that opens it: signatures, attributes and documentation are none. Runs are counted in lexical tokens (`\\w+|[^\\w\\s]`), and a run that also stands outside of every body, such as a
long type that a field has too, is not told from a body. An own word is one of a name or path of the repository that is neither in
`index-schema/public-words*.txt` nor in the repository's name. A line of a body counts as reconstructible if an answer about its file holds all of
its tokens in a row, three at least.
"""

import argparse
import json
import pathlib
import re
import subprocess
import tempfile

TOKEN = re.compile(r"\w+|[^\w\s]")
PIECE = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
COMMENT = re.compile(r"^\s*(//[/!]?|/\*\*?|\*/?|#)")
VALUES = {"field", "property", "constant", "variable", "enum_member"}
CALLABLE = {"function", "method", "constructor", "getter", "setter"}
# Strings on one line, characters and comments, whose braces open nothing.
QUOTED = re.compile(r'"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n]){1,3}\'|//[^\n]*|/\*[\s\S]*?\*/')
REMARK = re.compile(r"//[^\n]*|/\*[\s\S]*?\*/")
LEADING_BAR = re.compile(r"([:=(<,])\s*\|(?!\|)")
BOUND = 8
SCHEMA = pathlib.Path(__file__).resolve().parents[1] / "index-schema"


class Client:
    def __init__(self, louver, config, data):
        command = [louver, "serve", "--stdio", "--config", config, "--data", data]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        self.number = 0
        self.request("initialize", {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "bench", "version": "1"}})
        self.send({"jsonrpc": "2.0", "method": "notifications/initialized"})

    def send(self, message):
        self.process.stdin.write(json.dumps(message) + "\n")
        self.process.stdin.flush()

    def request(self, method, params):
        self.number += 1
        self.send({"jsonrpc": "2.0", "id": self.number, "method": method, "params": params})
        while True:
            reply = json.loads(self.process.stdout.readline())
            if reply.get("id") == self.number:
                return reply

    def ask(self, tool, **arguments):
        reply = self.request("tools/call", {"name": tool, "arguments": {"max_tokens": 16000, **arguments}})
        return reply["result"]["content"][0]["text"]

    def pages(self, tool, **arguments):
        cursor = {}
        while True:
            page = json.loads(self.ask(tool, format="json", **arguments, **cursor))
            yield from page["items"]
            if "cursor" not in page:
                return
            cursor = {"cursor": page["cursor"]}


def public_words():
    found = set((SCHEMA / "public-words.txt").read_text().split())
    for line in (SCHEMA / "public-words.extra.txt").read_text().splitlines():
        if not line.startswith("#"):
            found.update(re.split(r"[ _]", line))
    return found


def own_words(names, public):
    words = {piece.lower() for name in names for piece in PIECE.findall(name)}
    known = lambda word: any(form in public for form in (word, word[:-1] if word.endswith("s") else word, word[:-2] if word.endswith("es") else word, word[:-3] + "y" if word.endswith("ies") else word))
    return {word for word in words if len(word) > 2 and not known(word)}


def texts(value):
    """The texts in an answer in JSON, whose own quotes and commas are of no source."""
    if isinstance(value, dict):
        for part in value.values():
            yield from texts(part)
    elif isinstance(value, list):
        for part in value:
            yield from texts(part)
    elif isinstance(value, str):
        yield value


def tokens_of(answer):
    """The tokens of an answer; the texts of one in JSON are parted by a token that no source has."""
    if not answer.startswith("{"):
        return TOKEN.findall(answer)
    return [token for text in texts(json.loads(answer)) for token in [*TOKEN.findall(text), "\0"]]


def runs(tokens, length):
    return {hash(tuple(tokens[at : at + length])) for at in range(len(tokens) - length + 1)}


def louver(options, root, tier, folder):
    config = folder / f"{tier}.toml"
    config.write_text(f'version = 1\n[[repo]]\nname = "bench"\npath = {json.dumps(str(root.resolve()))}\ntier = "{tier}"\nowner = "bench"\n')
    data = folder / tier
    subprocess.run([options.louver, "index", "--quiet", "--config", config, "--data", data], check=True, stdout=subprocess.DEVNULL)
    return Client(options.louver, str(config), str(data))


def every_file(client, target="bench"):
    for item in client.pages("get_outline", target=target, private=True):
        if item["entry"] == "folder":
            yield from every_file(client, item["handle"])
        elif item["entry"] == "file":
            yield item["handle"]


def body_start(text, path):
    """Where a body begins: at the brace that opens it, or, in Python, behind the head and the docstring; -1 without one."""
    return python_body(text) if path.endswith((".py", ".pyi")) else braced_body(text)


def python_body(text):
    depth = 0
    for at, c in enumerate(text):
        depth += (c in "([{") - (c in ")]}")
        line = text[at + 1 :].split("\n", 1)[0]
        if c == ":" and depth == 0 and re.fullmatch(r"[ \t]*(#.*)?", line):
            docstring = re.match(r'\s*[rRuU]?("""|\'\'\')[\s\S]*?\1', text[at + 1 + len(line) :])
            return at + len(line) + (docstring.end() if docstring else 0)
    return -1


def braced_body(text):
    """The brace that the last one closes, which no brace of a type in the head does; else what an arrow gives."""
    open_braces, opener = [], -1
    blank = QUOTED.sub(lambda found: " " * len(found[0]), text)
    for at, c in enumerate(blank):
        if c == "{":
            open_braces.append(at)
        elif c == "}" and open_braces:
            opener = open_braces.pop()
    ends = blank.rstrip(" \n\t;,)").endswith("}") and not open_braces
    if ends and opener >= 0 and not blank[:opener].rstrip().endswith((":", "|", "&", "<", ",")):
        return opener
    depth = 0
    for at, c in enumerate(blank):
        depth += (c in "([{") - (c in ")]}")
        if depth == 0 and blank.startswith("=>", at):
            return at + 2
    return -1


def bodies_of(root, outlines):
    """Every body, what stands outside of bodies, and the names and paths of everything, from a repository told in clear."""
    bodies, outside, names, size = [], [], [], 0
    for handle, items in outlines.items():
        path = handle.split(":", 1)[1]
        names.append(path)
        text = subprocess.run(["git", "show", f"HEAD:{path}"], cwd=root, capture_output=True).stdout.decode(errors="replace")
        size += len(text)
        lines = text.split("\n")
        inside = set()
        for item in items:
            if item["entry"] != "symbol":
                continue
            names.append(item["handle"].split("#", 1)[1])
            if item["kind"] in CALLABLE:
                first, last = item["lines"]
                body = "\n".join(lines[first - 1 : last])
                at = body_start(body, path)
                if at >= 0:
                    bodies.append(body[at + 1 :])
                    head = first - 1
                    while head > 0 and lines[head - 1].lstrip().startswith(("@", "#[", "//", "/*", "*")):
                        head -= 1
                    outside.append("\n".join(lines[head : first - 1]) + "\n" + body[:at])
                    outside.append("\n".join(COMMENT.sub("", line) for line in lines[head : first - 1]))
                    # A signature is told without the comments in it.
                    outside.append(REMARK.sub("", body[:at]))
                    inside.update(range(first, last + 1))
            else:
                # What a body declares is told with its type; a value is part of the body.
                first, last = item["lines"]
                text = "\n".join(lines[first - 1 : last])
                outside.append(re.split(r"(?<![=!<>])=(?![=>])", text)[0] if item["kind"] in VALUES else text)
        rest = ["" if at in inside else line for at, line in enumerate(lines, 1)]
        outside.append("\n".join(rest))
        # Documentation is told without the marks of comments, which would part a run.
        outside.append("\n".join(COMMENT.sub("", line) for line in rest))
    # A union whose members stand on lines of their own begins with a bar that means nothing, and is told without it.
    outside += [LEADING_BAR.sub(r"\1", text) for text in outside if LEADING_BAR.search(text)]
    return bodies, outside + names, names, size


def measure(options, root, tier, known):
    with tempfile.TemporaryDirectory(prefix="louver-disclosure-") as folder:
        client = louver(options, root, tier, pathlib.Path(folder))
        outlines = {handle: list(client.pages("get_outline", target=handle, private=True)) for handle in sorted(set(every_file(client)))}
        if known is None:
            bodies, outside, names, size = bodies_of(root, outlines)
            known = {"bodies": bodies, "outside": outside, "own": own_words(names, public_words()), "size": size}
        if tier == "confidential":
            # A shape is made of the types of a signature, which a closure in a body may repeat.
            shapes = [item["signature"] for items in outlines.values() for item in items if item.get("signature")]
            known["outside"] = known["outside"] + shapes
        handles = [item["handle"] for items in outlines.values() for item in items if item["entry"] == "symbol"]
        step = max(1, len(handles) // options.symbols)
        answers = [client.ask("get_outline", target=handle) for handle in outlines]
        outline_bytes = sum(map(len, answers))
        answers += [client.ask("get_outline", target=handle, private=True) for handle in outlines]
        for handle in handles[::step]:
            answers.append(client.ask("get_symbol", symbols=[handle]))
            answers.append(client.ask("get_symbol", symbols=[handle], format="json"))
            answers.append(client.ask("find_references", symbol=handle, direction="outgoing"))
        client.process.terminate()
    return known, report(known, answers, outline_bytes)


def report(known, answers, outline_bytes):
    tokens = [tokens_of(answer) for answer in answers]
    longest = 0
    bodies = [TOKEN.findall(body) for body in known["bodies"]]
    outside = [TOKEN.findall(text) for text in known["outside"]]
    for length in range(3, 40):
        inside = set().union(*(runs(body, length) for body in bodies)) - set().union(*(runs(text, length) for text in outside))
        if not any(runs(answer, length) & inside for answer in tokens):
            break
        longest = length
    told = set()
    for length in range(3, 30):
        told |= set().union(*({(length, run) for run in runs(answer, length)} for answer in tokens))
    lines = [TOKEN.findall(line) for body in known["bodies"] for line in body.split("\n")]
    lines = [line for line in lines if 3 <= len(line) < 30 and any(re.match(r"\w", token) for token in line)]
    rebuilt = sum((len(line), hash(tuple(line))) in told for line in lines)
    words = {piece.lower() for answer in answers for piece in PIECE.findall(answer)}
    return {
        "answers": len(answers),
        "longest": longest,
        "lines": 100 * rebuilt / max(1, len(lines)),
        "own": len(known["own"] & words),
        "of": len(known["own"]),
        "outline": 100 * outline_bytes / max(1, known["size"]),
        "symbol": sum(map(len, answers)) / max(1, len(answers)),
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("louver")
    parser.add_argument("roots", nargs="+", type=pathlib.Path)
    parser.add_argument("--symbols", type=int, default=1000)
    options = parser.parse_args()
    print("| repository | tier | answers | longest run | body lines | own words told | outlines / source |\n|---|---|---|---|---|---|---|", flush=True)
    failed = False
    for root in options.roots:
        known = None
        for tier in ("public", "internal", "confidential"):
            known, row = measure(options, root, tier, known)
            failed |= row["longest"] >= BOUND or (tier == "confidential" and row["own"] > 0)
            print(f"| {root.name} | {tier} | {row['answers']} | {row['longest']} | {row['lines']:.2f} % | {row['own']} of {row['of']} | {row['outline']:.1f} % |", flush=True)
    raise SystemExit(1 if failed else 0)


if __name__ == "__main__":
    main()
