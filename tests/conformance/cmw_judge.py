#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Wrappers (CMW, RFC 9999) against cbor2 and json: what Python makes from a fixed seed is read, and what our writer makes of
it holds the same; what is damaged and still taken by us is taken by a second reader, written here from the RFC, with the same
content.

usage: cmw_judge.py PROGRAM    (tests/conformance/cmw_rewrite.c)"""
import base64
import io
import json
import random
import re
import struct
import subprocess
import sys

import cbor2

TYPES = ["application/eat+cwt", "a/b", 'application/eat+cwt; eat_profile="tag:psacertified.org,2023:psa#tfm"', "x/y;z=1"]
NAME = r"[A-Za-z0-9][A-Za-z0-9!#$&\-^_.+]{0,126}"
TOKEN = r"[A-Za-z0-9!#$%&'*+\-.^_`|~]+"
MEDIA_TYPE = re.compile(rf'{NAME}/{NAME}( *; *{TOKEN}=({TOKEN}|"([ !#-\[\]-~]|\\[ -~])*"))*')
COLLECTION_TYPE = re.compile(r"[0-2](\.(0|[1-9][0-9]*))+|[A-Za-z][A-Za-z0-9+.\-]*:([A-Za-z0-9\-._~:/?\[\]@!$&'()*+,;=]|%[0-9A-Fa-f]{2})+")


def tag_of(content_format):
    return 1668546817 + content_format // 255 * 256 + content_format % 255


def base64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def require(is_true, why):
    if not is_true:
        raise ValueError(why)


# A wrapper here is ("record", type, message, indicator) or ("collection", type or None, {label: wrapper}). A content format
# is a number; a tag is a record whose type is a number, and no indicator.

def make(chance, is_json, depth=0):
    if depth < 3 and chance.random() < 0.4:
        labels = [chance.choice(["a", "ä", "long label", '"q"']) + str(i) if is_json or chance.random() < 0.5
                  else chance.choice([i, -1 - i, 1000 * i, 1 << 40 + i]) for i in range(chance.randint(1, 4))]
        kind = chance.choice([None, "1.2.3", "tag:example.com,2026:x"])
        return "collection", kind, {label: make(chance, is_json, depth + 1) for label in labels}
    type = chance.choice(TYPES) if is_json or chance.random() < 0.6 else chance.choice([263, 10003, 0, 65024, 30001])
    return "record", type, chance.randbytes(chance.randint(1, 40)), chance.choice([0, 0, 4, 31])


def to_cbor(wrapper, chance):
    if wrapper[0] == "collection":
        entries = {label: to_cbor(inner, chance) for label, inner in wrapper[2].items()}
        return {**entries, **({"__cmwc_t": wrapper[1]} if wrapper[1] else {})}
    _, type, message, indicator = wrapper
    if indicator == 0 and isinstance(type, int) and chance.random() < 0.5:
        return cbor2.CBORTag(tag_of(type), message)
    return [type, message] + ([indicator] if indicator else [])


def to_json(wrapper):
    if wrapper[0] == "collection":
        entries = {label: to_json(inner) for label, inner in wrapper[2].items()}
        return {**({"__cmwc_t": wrapper[1]} if wrapper[1] else {}), **entries}
    _, type, message, indicator = wrapper
    return [type, base64url(message)] + ([indicator] if indicator else [])


def record(members, message):
    require(len(members) in (2, 3), "members")
    indicator = members[2] if len(members) == 3 else 0
    require(len(members) == 2 or (type(indicator) is int and 1 <= indicator <= 31), "indicator")
    kind = members[0]
    require((type(kind) is int and 0 <= kind <= 65535) or (isinstance(kind, str) and MEDIA_TYPE.fullmatch(kind)), "type")
    return "record", kind, message, indicator


def collection(members, read, labels):
    kind = members.pop("__cmwc_t", None)
    require(kind is None or (isinstance(kind, str) and COLLECTION_TYPE.fullmatch(kind)), "collection type")
    require(members and all(type(label) in labels and label != "" for label in members), "labels")
    return "collection", kind, {label: read(inner) for label, inner in members.items()}


def read_cbor(value):
    if isinstance(value, cbor2.CBORTag):
        numbers = [value.tag - 1668546817]
        require(0 <= numbers[0] <= 65278 and numbers[0] % 256 != 255, "tag")
        require(isinstance(value.value, bytes) and value.value, "message")
        return "record", numbers[0] // 256 * 255 + numbers[0] % 256, value.value, 0
    if isinstance(value, list):
        require(len(value) > 1 and isinstance(value[1], bytes) and value[1], "message")
        return record(value, value[1])
    require(isinstance(value, dict), "no wrapper")
    return collection(dict(value), read_cbor, (int, str))


def read_json(value):
    if isinstance(value, list):
        require(len(value) > 1 and isinstance(value[0], str) and isinstance(value[1], str), "members")
        message = base64.urlsafe_b64decode(value[1] + "=" * (-len(value[1]) % 4))
        require(message and base64url(message) == value[1], "base64url")
        return record(value, message)
    require(isinstance(value, dict), "no wrapper")
    return collection(dict(value), read_json, (str,))


def load_cbor(data):
    stream = io.BytesIO(data)
    value = cbor2.CBORDecoder(stream).decode()
    require(not stream.read(), "bytes behind it")
    return value


def read(data):
    """By the second reader."""
    first = data.lstrip(b" \n\r\t")[:1]
    return read_json(json.loads(data.decode())) if first in (b"[", b"{") else read_cbor(load_cbor(data))


def damage(chance, data):
    data = bytearray(data)
    for _ in range(chance.randint(1, 3)):
        at = chance.randrange(len(data))
        what = chance.randrange(4)
        if what == 0:
            data[at] ^= 1 << chance.randrange(8)
        elif what == 1:
            data[at] = chance.choice(b'"[]{},:\\ 0123aA/;=\xff\x82\x83\xa1')
        elif what == 2:
            del data[at:at + chance.randint(1, 3)]
        else:
            data[at:at] = data[at:at + chance.randint(1, 8)]
        if not data:
            return b"["
    return bytes(data)


def ask(program, inputs):
    stream = b"".join(struct.pack(">I", len(data)) + data for data in inputs)
    done = subprocess.run([program], input=stream, stdout=subprocess.PIPE, check=True)
    return done.stdout.decode().splitlines()


def has_words(wrapper):
    """Whether JSON can say it: labels of text, and types whose media type is known."""
    if wrapper[0] == "collection":
        return all(isinstance(label, str) and has_words(inner) for label, inner in wrapper[2].items())
    return isinstance(wrapper[1], str) or wrapper[1] in (263, 10003)


def is_sorted(value):
    """RFC 8949, 4.2.1; cbor2's canonical order is the older one, by length."""
    if not isinstance(value, dict):
        return True
    keys = [cbor2.dumps(key) for key in value]
    return keys == sorted(keys) and all(is_sorted(inner) for inner in value.values())


def expect(data, wrapper, line):
    status, cbor, text = line.split(" ", 2)
    assert status == "TPS_OK", (data, line)
    again = bytes.fromhex(cbor)
    assert read_cbor(load_cbor(again)) == wrapper, (data, line)
    assert cbor2.dumps(load_cbor(again)) == again and is_sorted(load_cbor(again)), (data, line)
    assert (text != "-") == has_words(wrapper), (data, line)
    if text != "-":
        def names(w):
            if w[0] == "collection":
                return w[0], w[1], {label: names(inner) for label, inner in w[2].items()}
            return w[0], {263: TYPES[0], 10003: TYPES[2]}.get(w[1], w[1]), *w[2:]
        assert read_json(json.loads(text)) == names(wrapper), (data, line)


def main():
    chance = random.Random(9999)
    made = []
    for i in range(1500):
        is_json = i % 2 == 0
        wrapper = make(chance, is_json)
        data = json.dumps(to_json(wrapper), ensure_ascii=i % 4 == 0).encode() if is_json else cbor2.dumps(to_cbor(wrapper, chance))
        made.append((data, wrapper))
    for (data, wrapper), line in zip(made, ask(sys.argv[1], [data for data, _ in made])):
        expect(data, wrapper, line)
    damaged = [damage(chance, data) for data, _ in made for _ in range(6)]
    taken = 0
    for data, line in zip(damaged, ask(sys.argv[1], damaged)):
        if line.startswith("TPS_OK "):
            taken += 1
            expect(data, read(data), line)
    print(f"cmw: {len(made)} wrappers are read and written as cbor2 and json have them; of {len(damaged)} damaged ones "
          f"{taken} are still good, by the second reader, too")


if __name__ == "__main__":
    main()
