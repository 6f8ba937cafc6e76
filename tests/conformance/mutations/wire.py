# SPDX-License-Identifier: Apache-2.0
"""CBOR (RFC 8949) as a tree of items that know where they stand, for changing a message at a place and for saying what
is wrong with one. Plain and strict: what is not well-formed is a Fault with the name that the library must give it."""

UINT, NINT, BYTES, TEXT, ARRAY, MAP, TAG, SIMPLE = range(8)
INDEFINITE = 31
LENIENT = 1000  # a depth for what is walked over, and whose keys nobody compares


class Fault(Exception):
    """Something is wrong: names without "TPS_", of which one is as good as another."""


class Item:
    __slots__ = ("kind", "value", "start", "body", "end", "children", "is_indefinite", "is_shortest", "info")

    def __init__(self, kind, info, start):
        self.kind, self.info, self.start = kind, info, start
        self.value, self.body, self.end, self.children = 0, start + 1, start + 1, []
        self.is_indefinite, self.is_shortest = info == INDEFINITE, True

    def walk(self):
        yield self
        for child in self.children:
            yield from child.walk()

    def pairs(self):
        return list(zip(self.children[0::2], self.children[1::2]))

    def is_break(self):
        return self.kind == SIMPLE and self.info == INDEFINITE

    def number(self):
        return self.value if self.kind == UINT else -1 - self.value if self.kind == NINT else None


def _head(data, at, depth, most):
    if at >= len(data):
        raise Fault("CBOR_TRUNCATED")
    item = Item(data[at] >> 5, data[at] & 31, at)
    if item.info < 24:
        item.value = item.info
    elif item.info < 28:
        size = 1 << (item.info - 24)
        if at + 1 + size > len(data):
            raise Fault("CBOR_TRUNCATED")
        item.value = int.from_bytes(data[at + 1:at + 1 + size], "big")
        item.body = item.end = at + 1 + size
        item.is_shortest = item.kind == SIMPLE or item.value >= (24 if size == 1 else 1 << (4 * size))
        if item.kind == SIMPLE and size == 1 and item.value < 32:
            raise Fault("CBOR_RESERVED")
    elif item.info < INDEFINITE or item.kind in (UINT, NINT, TAG):
        raise Fault("CBOR_RESERVED")
    if depth > most:
        raise Fault("CBOR_TOO_DEEP")
    return item


def _chunks(data, item, depth, most):
    at = item.body
    while True:
        chunk = _head(data, at, depth, most)
        if chunk.is_break():
            item.end = chunk.end
            return
        if chunk.kind != item.kind or chunk.is_indefinite:
            raise Fault("CBOR_BAD_BREAK")  # what ends the chunks
        chunk = read(data, at, depth, most)
        item.children.append(chunk)
        at = chunk.end


def _is_of_many_forms(one):
    """What can stand in several forms of which none is looked for: long heads, floats, big numbers."""
    return not one.is_shortest or one.is_indefinite or one.kind == SIMPLE and one.info > 24 or \
        one.kind == TAG and one.value in (2, 3)


def _check_key(data, key, keys):
    """Whoever compares keys needs them once, and in one form: each but an integer in its shortest."""
    if key.number() is None and any(map(_is_of_many_forms, key.walk())):
        raise Fault("CBOR_NOT_DETERMINISTIC")
    name = key_of(data, key)
    if name in keys:
        raise Fault("CBOR_DUPLICATE_KEY")
    keys.add(name)


def _children(data, item, depth, most):
    at, count, keys = item.body, item.value * (2 if item.kind == MAP else 1), set()
    while item.is_indefinite or len(item.children) < count:
        is_key = most < LENIENT and item.kind == MAP and len(item.children) % 2 == 0
        try:
            child = read(data, at, depth + 1, most, item.is_indefinite)
        except Fault as fault:
            raise Fault(*fault.args, *(("CBOR_NOT_DETERMINISTIC",) if is_key else ())) from None
        at = child.end
        if is_key and not child.is_break():
            _check_key(data, child, keys)
        if child.is_break():
            if item.kind == MAP and len(item.children) % 2:
                raise Fault("CBOR_BAD_BREAK")
            break
        item.children.append(child)
    item.end = at


def read_head(data, at):
    """The head alone, of whatever stands there."""
    return _head(data, at, 0, LENIENT)


def read(data, at=0, depth=0, most=LENIENT, may_break=False):
    """The item at a place; Fault where there is none."""
    item = _head(data, at, depth, most)
    if item.is_break():
        if not may_break:
            raise Fault("CBOR_BAD_BREAK")
    elif item.kind in (BYTES, TEXT):
        if item.is_indefinite:
            _chunks(data, item, depth + 1, most)
        else:
            item.end = item.body + item.value
            if item.end > len(data):
                raise Fault("CBOR_TRUNCATED")
            content_of(data, item)
    elif item.kind in (ARRAY, MAP):
        if not item.is_indefinite and item.value > len(data) - item.body:
            raise Fault("CBOR_TRUNCATED")
        _children(data, item, depth, most)
    elif item.kind == TAG:
        item.children = [read(data, item.body, depth + 1, most)]
        item.end = item.children[0].end
    return item


def content_of(data, item):
    """The bytes, or the text, of a string in one piece."""
    content = bytes(data[item.body:item.end])
    if item.kind == TEXT:
        try:
            return content.decode()
        except UnicodeDecodeError:
            raise Fault("CBOR_BAD_UTF8") from None
    return content


def read_whole(data, most=LENIENT):
    item = read(data, 0, 0, most)
    if item.end != len(data):
        raise Fault("CBOR_TRAILING")
    return item


def key_of(data, item):
    number = item.number()
    return ("number", number) if number is not None else bytes(data[item.start:item.end])


def head(kind, value):
    if value < 24:
        return bytes([kind << 5 | value])
    for info, size in ((24, 1), (25, 2), (26, 4), (27, 8)):
        if value < 1 << 8 * size:
            return bytes([kind << 5 | info]) + value.to_bytes(size, "big")
    raise ValueError(value)


def string(kind, content):
    return head(kind, len(content)) + content


def replace(data, item, by):
    return data[:item.start] + by + data[item.end:]
