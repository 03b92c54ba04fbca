"""Drives louver through the Python SDK, in the era the plan names: `auto` or `legacy`.

The plan on stdin and the summary on stdout are those of exercise.mjs.
"""

import asyncio
import json
import sys

from mcp.client.client import Client
from mcp.client.stdio import StdioServerParameters


def plain(value):
    """A model of the SDK as the JSON it came from."""
    return value.model_dump(mode="json", by_alias=True, exclude_none=True)


def answer(name, result):
    """One tool result as the summary tells it."""
    return {
        "name": name,
        "text": "\n".join(it.text for it in result.content),
        "is_error": result.is_error is True,
        "meta": plain(result).get("_meta"),
    }


async def exercise(client, plan):
    """Lists and uses everything a connected client can."""
    summary = {
        "revision": client.protocol_version,
        "server": plain(client.server_info),
        "instructions": client.instructions,
        "tools": plain(await client.list_tools())["tools"],
        "resources": plain(await client.list_resources())["resources"],
        "templates": plain(await client.list_resource_templates())["resourceTemplates"],
        "prompts": plain(await client.list_prompts())["prompts"],
        "calls": [],
        "read": [],
        "got": [],
    }
    for call in plan["calls"]:
        result = await client.call_tool(call["tool"], call["arguments"])
        summary["calls"].append(answer(call["tool"], result))
    for uri in plan["read"]:
        result = await client.read_resource(uri)
        text = "\n".join(it.text for it in result.contents)
        summary["read"].append({"name": uri, "text": text, "meta": plain(result).get("_meta")})
    for prompt in plan["prompts"]:
        result = await client.get_prompt(prompt["name"], prompt["arguments"])
        text = "\n".join(it.content.text for it in result.messages)
        summary["got"].append({"name": prompt["name"], "text": text})
    return summary


async def main():
    plan = json.load(sys.stdin)
    transport = plan["transport"]
    server = transport.get("url") or StdioServerParameters(command=transport["command"], args=transport["args"])
    async with Client(server, mode=plan["era"]) as client:
        json.dump(await exercise(client, plan), sys.stdout)


asyncio.run(main())
