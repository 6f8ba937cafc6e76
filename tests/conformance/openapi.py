#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""spec/openapi.json against the program's own routes (as print_routes prints them), in both directions, and against the
rules of OpenAPI 3.1 and JSON Schema as far as the document uses them. `--self-test` breaks it in several ways, each of
which must be found."""

import copy
import pathlib
import re
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))
import openapi_schema  # noqa: E402

PROBLEM = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}


def walk(node, where="#"):
    yield where, node
    entries = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for name, entry in entries:
        yield from walk(entry, f"{where}/{name}")


def check_references(document):
    used = set()
    for where, node in walk(document):
        if isinstance(node, dict) and isinstance(node.get("$ref"), str):
            used.add(node["$ref"])
            try:
                openapi_schema.resolve(document, node)
            except KeyError:
                yield f"{where}: {node['$ref']} names nothing"
    for kind in "schemas", "responses", "parameters", "headers":
        for name in document["components"][kind]:
            if f"#/components/{kind}/{name}" not in used:
                yield f"components/{kind}/{name}: is used nowhere"


def check_schema(schema, where):
    if not isinstance(schema, dict):
        yield f"{where}: is no schema"
        return
    for name, value in schema.items():
        if name not in openapi_schema.KEYWORDS:
            yield f"{where}: the keyword {name} is not known here"
        elif not isinstance(value, openapi_schema.KEYWORDS[name]):
            yield f"{where}: {name} has another type"
    if "type" in schema and schema["type"] not in (*openapi_schema.TYPES, "integer"):
        yield f"{where}: there is no type {schema['type']}"
    if "pattern" in schema:
        try:
            re.compile(schema["pattern"])
        except re.error:
            yield f"{where}: the pattern is none"
    for name in schema.get("required", []):
        if name not in schema.get("properties", {}):
            yield f"{where}: {name} is required and not described"
    for name, inner in schema.get("properties", {}).items():
        yield from check_schema(inner, f"{where}/{name}")
    for i, inner in enumerate(schema.get("oneOf", []) + schema.get("anyOf", [])):
        yield from check_schema(inner, f"{where}/{i}")
    for name in "items", "additionalProperties":
        if isinstance(schema.get(name), dict):
            yield from check_schema(schema[name], f"{where}/{name}")


def check_schemas(document):
    for name, schema in document["components"]["schemas"].items():
        yield from check_schema(schema, "components/schemas/" + name)
    for where, node in walk(document["paths"]):
        if isinstance(node, dict) and "schema" in node:
            yield from check_schema(node["schema"], where)


def check_operation(document, method, path, operation):
    where = f"{method} {path}"
    for member in "operationId", "summary", "tags", "responses":
        if not operation.get(member):
            yield f"{where}: lacks {member}"
    parameters = [openapi_schema.resolve(document, p) for p in operation.get("parameters", [])]
    in_path = {p["name"] for p in parameters if p["in"] == "path" and p.get("required")}
    if in_path != set(re.findall(r"{(\w+)}", path)):
        yield f"{where}: its path has other parameters than are described"
    if len({(p["in"], p["name"]) for p in parameters}) != len(parameters):
        yield f"{where}: a parameter is described twice"
    responses = operation["responses"]
    for code, response in responses.items():
        content = openapi_schema.resolve(document, response).get("content", {})
        if int(code) >= 400 and content != PROBLEM and path != "/readyz":
            yield f"{where}: {code} is not answered as a problem"
    if not any(code.startswith("2") for code in responses):
        yield f"{where}: no answer is good"
    if operation.get("security") != [] and not {"401", "403"} <= set(responses):
        yield f"{where}: it needs credentials, and does not say how it answers without"
    if ("x-opentps-scope" in operation) == (operation.get("security") == []):
        yield f"{where}: a scope and no security, or the reverse"


def check_operations(document):
    ids = []
    tags = {tag["name"] for tag in document["tags"]}
    for method, path, operation, _ in openapi_schema.operations(document):
        yield from check_operation(document, method, path, operation)
        ids.append(operation.get("operationId"))
        if not set(operation.get("tags", [])) <= tags:
            yield f"{method} {path}: has a tag that is not described"
    for id in {i for i in ids if ids.count(i) > 1}:
        yield f"operationId {id}: is there twice"


def described(document):
    """Each operation as print_routes would print it, without the size of its body."""
    for method, path, operation, entry in openapi_schema.operations(document):
        scope = operation.get("x-opentps-scope", "anybody")
        guard = ("unless-open" if "setting open" in scope else "by-attest" if "setting attest" in scope else
                 "by-option" if "--metrics" in scope else "always")
        whose = "server" if entry.get("servers") == [{"url": "/"}] else "tenant"
        yield f"{method} {path} {scope.split(',')[0]} {guard} {whose}"


def check_routes(document, routes):
    ours, theirs = set(described(document)), set(routes)
    for line in sorted(ours - theirs):
        yield f"described, but not served like this: {line}"
    for line in sorted(theirs - ours):
        yield f"served, but not described like this: {line}"


def check(document, routes):
    if document.get("openapi") != "3.1.0":
        yield "it is not of OpenAPI 3.1.0"
    yield from check_references(document)
    yield from check_schemas(document)
    yield from check_operations(document)
    yield from check_routes(document, routes)


def self_test(document, routes):
    def broken(change):
        other = copy.deepcopy(document)
        change(other)
        return list(check(other, routes))

    changes = {
        "a path less": lambda d: d["paths"].pop("/api/v1/anchors"),
        "a path more": lambda d: d["paths"].update({"/api/v1/more": copy.deepcopy(d["paths"]["/api/v1/keys"])}),
        "another scope": lambda d: d["paths"]["/api/v1/keys"]["post"].update({"x-opentps-scope": "read"}),
        "a reference to nothing": lambda d: d["components"]["schemas"]["Keys"]["properties"]["keys"].update({"items": {"$ref": "#/x"}}),
        "a type that is none": lambda d: d["components"]["schemas"]["Keys"].update({"type": "map"}),
        "no good answer": lambda d: d["paths"]["/api/v1/keys"]["get"].update({"responses": {}}),
        "a parameter that is not described": lambda d: d["paths"]["/api/v1/keys/{id}"]["delete"].pop("parameters"),
        "an answer that is no problem": lambda d: d["components"]["responses"]["NotFound"].pop("content"),
        "served by nobody else": lambda d: d["paths"]["/api/v1/tenants"].pop("servers"),
    }
    return [f"not found: {name}" for name, change in changes.items() if not broken(change)]


def main():
    arguments = [a for a in sys.argv[1:] if a != "--self-test"]
    lines = subprocess.run([arguments[0]], capture_output=True, text=True, check=True).stdout.splitlines()
    routes = [line.rsplit(" ", 1)[0] for line in lines]
    document = openapi_schema.load()
    found = self_test(document, routes) if "--self-test" in sys.argv else list(check(document, routes))
    good = "each break was found" if "--self-test" in sys.argv else f"{len(routes)} routes, each described"
    print("\n".join(found) if found else good)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
