"""Logs in through the Python SDK, in the era the plan names: `auto` or `legacy`. Plan and lines are those of oauth.mjs."""

import asyncio
import json
import sys
from urllib.parse import parse_qs, urlparse

import httpx2
from mcp.client.auth import OAuthClientProvider
from mcp.client.client import Client
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.auth import AuthorizationCodeResult, OAuthClientMetadata


class Kept:
    """Keeps in memory what a client keeps between runs."""

    tokens = None
    client = None

    async def get_tokens(self):
        return self.tokens

    async def set_tokens(self, tokens):
        self.tokens = tokens

    async def get_client_info(self):
        return self.client

    async def set_client_info(self, client):
        self.client = client


async def hear():
    return json.loads(await asyncio.to_thread(sys.stdin.readline))


async def ask(question):
    print(json.dumps(question), flush=True)
    return await hear()


class Person:
    """Whoever sits at the browser."""

    pages = 0
    callback = None

    async def open(self, url):
        self.pages += 1
        self.callback = await ask({"open": url})

    async def answer(self):
        said = parse_qs(urlparse(self.callback).query)
        return AuthorizationCodeResult(
            code=said.get("code", [""])[0], state=said["state"][0], iss=said.get("iss", [None])[0]
        )


async def call(client, tool):
    result = await client.call_tool(tool, {})
    return "\n".join(it.text for it in result.content)


async def revoke(provider, kept):
    async with httpx2.AsyncClient() as plain:
        revoked = await plain.post(
            str(provider.context.oauth_metadata.revocation_endpoint),
            data={"token": kept.tokens.refresh_token, "client_id": kept.client.client_id},
        )
        revoked.raise_for_status()


async def log_in(plan, kept, person, summary):
    metadata = OAuthClientMetadata(client_name="louver test", redirect_uris=[plan["redirect"]])
    document = plan.get("metadata_url")
    provider = OAuthClientProvider(
        plan["url"], metadata, kept, person.open, person.answer, client_metadata_url=document
    )
    async with httpx2.AsyncClient(auth=provider) as http:
        async with Client(streamable_http_client(plan["url"], http_client=http), mode=plan["era"]) as client:
            summary["calls"] = [await call(client, plan["tool"])]
            first = kept.tokens
            await ask({"expire": True})
            # This client does not refresh when it is refused, only when its own clock says so.
            provider.context.token_expiry_time = 1
            summary["calls"].append(await call(client, plan["tool"]))
            second = kept.tokens
            summary["refreshed"] = (
                first.access_token != second.access_token and first.refresh_token != second.refresh_token
            )
            await revoke(provider, kept)
            summary["pages"] = person.pages
            summary["client_id"] = kept.client.client_id
            await call(client, plan["tool"])


async def main():
    plan, kept, person, summary = await hear(), Kept(), Person(), {}
    try:
        await log_in(plan, kept, person, summary)
    except* Exception as refused:
        # After the revocation the person is asked again and refuses, of which the SDK makes a group of errors.
        if "pages" not in summary:
            raise
        print(f"refused: {refused}", file=sys.stderr)
    summary["asked_again"] = person.pages > summary["pages"]
    print(json.dumps({"done": summary}), flush=True)


asyncio.run(main())
