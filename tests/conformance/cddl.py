# SPDX-License-Identifier: Apache-2.0
"""A validator for the part of CDDL (RFC 8610) that spec/ uses: literals, ranges, choices, .size, .cbor, tags, maps and
arrays with occurrences. Judges values as cbor2 decodes them. What it does not know it refuses to read.

    schema = cddl.Schema(text)
    schema.check("claims", value)     # raises cddl.Mismatch with the path of what does not fit
"""
import re

import cbor2

TOKEN = re.compile(r"""\s*(?:;[^\n]*\n\s*)*(
    "(?:[^"\\]|\\.)*" | -?0x[0-9a-fA-F]+ | -?[0-9]+ | \#6\.[0-9]+ | \.\. | \.[a-z]+ | => |
    [A-Za-z_][A-Za-z0-9_-]* | [={}\[\]()/,?*+:]
)""", re.VERBOSE)

PRELUDE = ("any", "uint", "int", "nint", "bstr", "bytes", "tstr", "text", "bool", "null", "nil")


class Mismatch(Exception):
    pass


class Unsupported(Exception):
    pass


def is_int(value):
    return isinstance(value, int) and not isinstance(value, bool)


def same(one, other):
    """Equal as CBOR: True is not 1."""
    return type(one) is type(other) and one == other


class Parser:
    def __init__(self, text):
        self.tokens, at = [], 0
        text += "\n"
        while True:
            match = TOKEN.match(text, at)
            if not match:
                break
            self.tokens.append(match.group(1))
            at = match.end()
        rest = re.sub(r";[^\n]*", "", text[at:]).strip()
        if rest:
            raise Unsupported("cannot read: %r" % rest[:40])
        self.at = 0

    def peek(self, ahead=0):
        return self.tokens[self.at + ahead] if self.at + ahead < len(self.tokens) else ""

    def take(self, expected=None):
        token = self.peek()
        if not token or (expected and token != expected):
            raise Unsupported("expected %s, found %r before %s" % (expected, token, self.tokens[self.at:self.at + 6]))
        self.at += 1
        return token

    def rules(self):
        found = {}
        while self.peek():
            name = self.take()
            self.take("=")
            if name in found or name in PRELUDE:
                raise Unsupported("%s is defined twice" % name)
            found[name] = self.type()
        return found

    def type(self):
        choices = [self.type1()]
        while self.peek() == "/":
            self.take()
            choices.append(self.type1())
        return choices[0] if len(choices) == 1 else ("choice", choices)

    def type1(self):
        first = self.type2()
        if self.peek() == "..":
            self.take()
            return ("range", first, self.type2())
        if self.peek() in (".size", ".cbor"):
            control = self.take()
            return (control[1:], first, self.type2())
        if self.peek().startswith("."):
            raise Unsupported("the control %s" % self.peek())
        return first

    def type2(self):
        token = self.take()
        if token == "(":
            inner = self.type()
            self.take(")")
            return inner
        if token == "{":
            return ("map", self.group("}"))
        if token == "[":
            return ("array", self.group("]"))
        if token.startswith("#6."):
            self.take("(")
            inner = self.type()
            self.take(")")
            return ("tag", int(token[3:]), inner)
        if token.startswith('"'):
            return ("literal", token[1:-1])
        if re.fullmatch(r"-?(0x[0-9a-fA-F]+|[0-9]+)", token):
            return ("literal", int(token, 0))
        if re.fullmatch(r"[A-Za-z_][A-Za-z0-9_-]*", token):
            return ("name", token)
        raise Unsupported("%r as a type" % token)

    def occurrence(self):
        if self.peek() == "?":
            self.take()
            return 0, 1
        if self.peek() == "+":
            self.take()
            return 1, None
        if self.peek() == "*":
            self.take()
            if self.peek().isdigit() and self.peek(1) not in ("=>", ",", "]", "}"):
                return 0, int(self.take())
            return 0, None
        if self.peek().isdigit() and self.peek(1) == "*":
            least = int(self.take())
            self.take()
            return least, int(self.take()) if self.peek().isdigit() else None
        return 1, 1

    def group(self, end):
        entries = []
        while self.peek() != end:
            least, most = self.occurrence()
            key = None
            if self.peek(1) == ":":
                self.take()     # a name for people
                self.take()
                kind = self.type()
            else:
                kind = self.type()
                if self.peek() == "=>":
                    self.take()
                    key, kind = kind, self.type()
            entries.append((least, most, key, kind))
            if self.peek() == ",":
                self.take()
        self.take(end)
        return entries


class Schema:
    """`loads` decodes what lies in byte strings (.cbor)."""

    def __init__(self, text, loads=cbor2.loads):
        self.loads = loads
        self.rules = Parser(text).rules()
        for rule in self.rules.values():
            self._check_names(rule)

    def _check_names(self, node):
        if isinstance(node, (list, tuple)):
            if len(node) == 2 and node[0] == "name" and node[1] not in self.rules and node[1] not in PRELUDE:
                raise Unsupported("%s is not defined" % node[1])
            for part in node:
                self._check_names(part)

    def check(self, rule, value):
        self._match(("name", rule), value, rule)

    def fits(self, kind, value):
        try:
            self._match(kind, value, "")
            return True
        except Mismatch:
            return False

    def _match(self, kind, value, path):
        getattr(self, "_" + kind[0])(kind, value, path)

    @staticmethod
    def _need(good, path, what, value):
        if not good:
            raise Mismatch("%s: %s expected, %r found" % (path, what, value))

    def _name(self, kind, value, path):
        name = kind[1]
        if name in self.rules:
            return self._match(self.rules[name], value, path)
        kinds = {"any": True, "uint": is_int(value) and value >= 0, "int": is_int(value),
                 "nint": is_int(value) and value < 0, "bool": isinstance(value, bool)}
        kinds["bstr"] = kinds["bytes"] = isinstance(value, bytes)
        kinds["tstr"] = kinds["text"] = isinstance(value, str)
        kinds["null"] = kinds["nil"] = value is None
        return self._need(kinds[name], path, name, value)

    def _literal(self, kind, value, path):
        self._need(same(kind[1], value), path, repr(kind[1]), value)

    def _choice(self, kind, value, path):
        reasons = []
        for choice in kind[1]:
            try:
                return self._match(choice, value, path)
            except Mismatch as reason:
                reasons.append(str(reason))
        raise Mismatch("%s: no choice fits (%s)" % (path, "; ".join(reasons)))

    def _range(self, kind, value, path):
        self._need(is_int(value) and kind[1][1] <= value <= kind[2][1], path,
                   "%d..%d" % (kind[1][1], kind[2][1]), value)

    def _size(self, kind, value, path):
        self._match(kind[1], value, path)
        if is_int(value):
            self._need(value < 1 << (8 * kind[2][1]), path, "%d bytes" % kind[2][1], value)
        else:
            size = len(value.encode() if isinstance(value, str) else value)
            self._need(self.fits(kind[2], size), path, "size %s" % (kind[2],), value)

    def _cbor(self, kind, value, path):
        self._match(kind[1], value, path)
        self._match(kind[2], self.loads(value), path + "<<>>")

    def _tag(self, kind, value, path):
        self._need(isinstance(value, cbor2.CBORTag) and value.tag == kind[1], path, "tag %d" % kind[1], value)
        self._match(kind[2], value.value, "%s(%d)" % (path, kind[1]))

    def _map(self, kind, value, path):
        self._need(isinstance(value, dict), path, "a map", value)
        counts = [0] * len(kind[1])
        for key, content in value.items():
            for i, (_, most, key_kind, content_kind) in enumerate(kind[1]):
                if key_kind and (most is None or counts[i] < most) and self.fits(key_kind, key):
                    self._match(content_kind, content, "%s.%s" % (path, key))
                    counts[i] += 1
                    break
            else:
                raise Mismatch("%s: the key %r is not foreseen" % (path, key))
        for (least, _, key_kind, _), count in zip(kind[1], counts):
            self._need(count >= least, path, "the key %s" % (key_kind,), value)

    def _array(self, kind, value, path):
        self._need(isinstance(value, (list, tuple)), path, "an array", value)
        at = 0
        for least, most, _, item in kind[1]:
            count = 0
            while at < len(value) and (most is None or count < most) and (count < least or self.fits(item, value[at])):
                self._match(item, value[at], "%s[%d]" % (path, at))
                at, count = at + 1, count + 1
            self._need(count >= least, path, "more items", value)
        self._need(at == len(value), path, "%d items" % at, value)
