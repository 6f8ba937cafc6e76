# SPDX-License-Identifier: Apache-2.0
"""Diagnostic notation (RFC 8949, 8), as far as spec/examples uses it: reading it into what cbor2 would decode, and writing
it for people. Comments stand between slashes."""
import re

import cbor2

TOKEN = re.compile(r"""\s*(?:/[^/]*/\s*)*(
    h'[0-9a-fA-F\s]*' | "(?:[^"\\]|\\.)*" | -?[0-9]+ | true | false | null | << | >> | [\[\]{}(),:]
)""", re.VERBOSE)
SIMPLE = {"true": True, "false": False, "null": None}


def read(text):
    tokens, at = [], 0
    while True:
        match = TOKEN.match(text, at)
        if not match:
            break
        tokens.append(match.group(1))
        at = match.end()
    if re.sub(r"/[^/]*/", "", text[at:]).strip():
        raise ValueError("cannot read: %r" % text[at:at + 40])
    value, rest = _item(tokens)
    if rest:
        raise ValueError("something follows: %r" % rest[:4])
    return value


def _item(tokens):
    token, rest = tokens[0], tokens[1:]
    if token.startswith("h'"):
        return bytes.fromhex("".join(token[2:-1].split())), rest
    if token.startswith('"'):
        return re.sub(r"\\(.)", r"\1", token[1:-1]), rest
    if token in SIMPLE:
        return SIMPLE[token], rest
    if re.fullmatch(r"-?[0-9]+", token):
        if rest and rest[0] == "(":
            value, rest = _item(rest[1:])
            if rest[0] != ")":
                raise ValueError("a tag is not closed")
            return cbor2.CBORTag(int(token), value), rest[1:]
        return int(token), rest
    if token == "<<":
        value, rest = _item(rest)
        if rest[0] != ">>":
            raise ValueError("an embedded item is not closed")
        return cbor2.dumps(value), rest[1:]
    if token == "[":
        return _list(rest)
    if token == "{":
        return _map(rest)
    raise ValueError("unexpected %r" % token)


def _list(tokens):
    items = []
    while tokens[0] != "]":
        item, tokens = _item(tokens)
        items.append(item)
        if tokens[0] == ",":
            tokens = tokens[1:]
    return items, tokens[1:]


def _map(tokens):
    items = {}
    while tokens[0] != "}":
        key, tokens = _item(tokens)
        if tokens[0] != ":":
            raise ValueError("a value is missing behind %r" % key)
        value, tokens = _item(tokens[1:])
        if key in items:
            raise ValueError("the key %r stands twice" % key)
        items[key] = value
        if tokens[0] == ",":
            tokens = tokens[1:]
    return items, tokens[1:]


def write(value, indent=0):
    pad = "    " * (indent + 1)
    end = "    " * indent
    if isinstance(value, cbor2.CBORTag):
        return "%d(%s)" % (value.tag, write(value.value, indent))
    if isinstance(value, dict):
        lines = ["%s%s: %s" % (pad, write(k), write(v, indent + 1)) for k, v in value.items()]
        return "{\n%s\n%s}" % (",\n".join(lines), end) if lines else "{}"
    if isinstance(value, (list, tuple)):
        lines = [pad + write(v, indent + 1) for v in value]
        return "[\n%s\n%s]" % (",\n".join(lines), end) if lines else "[]"
    if isinstance(value, bytes):
        return "h'%s'" % value.hex()
    if isinstance(value, str):
        return '"%s"' % value.replace("\\", "\\\\").replace('"', '\\"')
    if value is True or value is False:
        return str(value).lower()
    return "null" if value is None else str(value)
