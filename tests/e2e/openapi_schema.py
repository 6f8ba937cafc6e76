# SPDX-License-Identifier: Apache-2.0
"""What spec/openapi.json uses of JSON Schema (2020-12): references, a check of instances, and instances made at random."""

import base64
import json
import pathlib
import re
import string

PATH = pathlib.Path(__file__).resolve().parents[2] / "spec" / "openapi.json"

TYPES = {"object": dict, "array": list, "string": str, "boolean": bool, "null": type(None)}

# Keywords that the document may use, with the type of their values.
KEYWORDS = {"$ref": str, "type": str, "properties": dict, "required": list, "additionalProperties": (bool, dict), "items": dict,
            "enum": list, "const": object, "pattern": str, "format": str, "minimum": int, "maximum": int, "minLength": int,
            "maxLength": int, "minItems": int, "maxItems": int, "uniqueItems": bool, "oneOf": list, "anyOf": list,
            "description": str, "default": object, "contentEncoding": str, "dependentRequired": dict, "maxProperties": int}


def load():
    return json.loads(PATH.read_text())


def resolve(document, node):
    """The node, or what its $ref names."""
    while isinstance(node, dict) and "$ref" in node:
        target = document
        path = node["$ref"]
        if not path.startswith("#/"):
            raise KeyError(path)
        for part in path[2:].split("/"):
            target = target[part.replace("~1", "/").replace("~0", "~")]
        node = target
    return node


def operations(document):
    """(method, path, operation, path item) of all."""
    for path, entry in document["paths"].items():
        for method, operation in entry.items():
            if method in ("get", "put", "post", "delete", "patch"):
                yield method.upper(), path, operation, entry


def is_of_type(value, name):
    if name == "integer":
        return isinstance(value, int) and not isinstance(value, bool)
    return isinstance(value, TYPES[name]) and not (name != "boolean" and isinstance(value, bool))


def faults(document, schema, value, where="$"):
    """What of the value does not fit the schema, as texts."""
    schema = resolve(document, schema)
    for one in (schema.get("oneOf"), schema.get("anyOf")):
        if one is not None and not any(not list(faults(document, s, value, where)) for s in one):
            yield f"{where}: {value!r} fits none of several"
    if "const" in schema and value != schema["const"]:
        yield f"{where}: {value!r} is not {schema['const']!r}"
    if "enum" in schema and value not in schema["enum"]:
        yield f"{where}: {value!r} is none of {schema['enum']}"
    if "type" in schema and not is_of_type(value, schema["type"]):
        yield f"{where}: {value!r} is no {schema['type']}"
        return
    if isinstance(value, str):
        yield from text_faults(schema, value, where)
    elif isinstance(value, int) and not isinstance(value, bool):
        if value < schema.get("minimum", value) or value > schema.get("maximum", value):
            yield f"{where}: {value} is out of range"
    elif isinstance(value, list):
        if not schema.get("minItems", 0) <= len(value) <= schema.get("maxItems", len(value)):
            yield f"{where}: {len(value)} items"
        for i, entry in enumerate(value):
            yield from faults(document, schema.get("items", {}), entry, f"{where}[{i}]")
    elif isinstance(value, dict):
        yield from object_faults(document, schema, value, where)


def text_faults(schema, value, where):
    if not schema.get("minLength", 0) <= len(value) <= schema.get("maxLength", len(value)):
        yield f"{where}: {len(value)} characters"
    if "pattern" in schema and not re.search(schema["pattern"], value):
        yield f"{where}: {value!r} is not as {schema['pattern']}"
    if schema.get("contentEncoding") == "base64":
        try:
            base64.b64decode(value, validate=True)
        except ValueError:
            yield f"{where}: no base64"


def object_faults(document, schema, value, where):
    properties = schema.get("properties", {})
    for name in schema.get("required", []):
        if name not in value:
            yield f"{where}: lacks {name}"
    for name, entry in value.items():
        if name in properties:
            yield from faults(document, properties[name], entry, f"{where}.{name}")
        elif schema.get("additionalProperties") is False:
            yield f"{where}: has {name}"
        elif isinstance(schema.get("additionalProperties"), dict):
            yield from faults(document, schema["additionalProperties"], entry, f"{where}.{name}")


TEXT = string.ascii_letters + string.digits + " ._-/:=é\u4e2d"


def from_pattern(random, pattern):
    """A text of a pattern of the kinds that the document has: classes, groups of two digits, counts."""
    if "{2}" in pattern and "+" in pattern:
        return "".join(random.choice("0123456789abcdef") for _ in range(2 * random.choice((1, 4, 7, 32, 33))))
    if pattern.startswith("^[0-9a-f]{64}"):
        return "".join(random.choice("0123456789abcdef") for _ in range(64))
    if pattern.startswith("^[^"):
        return "".join(random.choice(TEXT) for _ in range(random.randint(1, 20)))
    return "".join(random.choice(string.ascii_lowercase + string.digits) for _ in range(random.randint(1, 20)))


def make(document, schema, random):
    """A value that fits, or nearly."""
    schema = resolve(document, schema)
    if "const" in schema:
        return schema["const"]
    if "enum" in schema:
        return random.choice(schema["enum"])
    for one in "oneOf", "anyOf":
        if one in schema:
            return make(document, random.choice(schema[one]), random)
    kind = schema.get("type", "string")
    if kind == "object":
        properties = schema.get("properties", {})
        names = [n for n in properties if n in schema.get("required", []) or random.random() < 0.5]
        return {name: make(document, properties[name], random) for name in names}
    if kind == "array":
        least = schema.get("minItems", 0)
        return [make(document, schema.get("items", {}), random) for _ in range(random.randint(least, least + 2))]
    if kind == "integer":
        return random.choice((schema.get("minimum", 0), schema.get("default", 7), min(schema.get("maximum", 1 << 40), 1 << 62),
                              random.randint(schema.get("minimum", 0), min(schema.get("maximum", 1000), 1000000))))
    if kind == "boolean":
        return random.random() < 0.5
    if kind == "null":
        return None
    if "pattern" in schema:
        return from_pattern(random, schema["pattern"])[:schema.get("maxLength", 1000)]
    size = random.randint(schema.get("minLength", 0), min(schema.get("maxLength", 30), 30) if schema.get("minLength", 0) < 30 else 40)
    return "".join(random.choice(TEXT) for _ in range(size))
