#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The reader of CBOR diagnostic notation against judges of another making: the published files, byte for byte where they
have a twin in CBOR and else by what diag.py and cbor2 make of them; the examples of spec/ against their hex; and thousands of
items written here as notation and as CBOR at once, in all the ways that notation has.

usage: notation_judge.py PROGRAM    (tests/conformance/notation_to_cbor.c)"""
import base64
import json
import os
import pathlib
import random
import struct
import subprocess
import sys

import cbor2

import diag

ROOT = pathlib.Path(__file__).resolve().parents[2]
VECTORS = pathlib.Path(os.environ.get("TPS_VECTORS", ROOT.parent / "shared" / "vectors"))

# Files that are published as CBOR, too. Those without a word must be equal to the byte.
TWINS = {
    "cmw/collection-cbor-ok.diag": ("cmw/collection-cbor-ok.cbor", None),
    "psa/psa-sign1.diag": ("psa/psa-sign1.cbor", None),
    "psa/psa-mac0.diag": ("psa/psa-mac0.cbor", None),
    "suit/suit_manifest_exp0.diag": ("suit/suit_manifest_exp0.suit", "the notation leaves out the authentication wrapper"),
    "suit/suit_manifest_exp1.diag": ("suit/suit_manifest_exp1.suit", "the notation leaves out the authentication wrapper"),
}
AUTHENTICATION_WRAPPER = 2  # key of the SUIT envelope

failures = []


def convert(program, texts):
    packed = b"".join(struct.pack(">I", len(text)) + text for text in texts)
    run = subprocess.run([program], input=packed, stdout=subprocess.PIPE, check=True)
    lines = run.stdout.decode().split("\n")[:-1]
    if len(lines) != len(texts):
        sys.exit("%d answers to %d texts" % (len(lines), len(texts)))
    answers = [line.partition(" ")[::2] for line in lines]
    return [bytes.fromhex(rest) if status == "TPS_OK" else status + " " + rest for status, rest in answers]


def expect(what, is_true, *facts):
    if not is_true:
        failures.append(what)
        print(what, "differs:", *facts)


def check_files(program):
    names = sorted(str(path.relative_to(VECTORS)) for path in VECTORS.glob("*/*.diag"))
    texts = [(VECTORS / name).read_bytes() for name in names]
    for name, text, item in zip(names, texts, convert(program, texts)):
        if isinstance(item, str):
            expect(name, False, item)
        elif name in TWINS:
            twin, reason = TWINS[name]
            check_twin(name, item, (VECTORS / twin).read_bytes(), reason)
        else:
            expect(name, cbor2.loads(item) == diag.read(text.decode()), item.hex())
    print("%d published files" % len(names))


def check_twin(name, item, twin, reason):
    if reason is None:
        expect(name, item == twin, item.hex(), twin.hex())
        return
    ours, theirs = cbor2.loads(item), cbor2.loads(twin)
    theirs.value.pop(AUTHENTICATION_WRAPPER)
    expect(name, ours.tag == theirs.tag and ours.value == theirs.value, item.hex(), twin.hex())
    print("%s: %s" % (name, reason))


def same(a, b):
    return a == b or (a != a and b != b)


def check_appendix_a(program):
    """Every item of RFC 8949's appendix A that has a text; the text of floats does not say how wide they are."""
    rows = [row for row in json.loads((VECTORS / "cbor/appendix_a.json").read_text())]
    texts, items = [], []
    for row in rows:
        text = row.get("diagnostic", json.dumps(row["decoded"]) if "decoded" in row else None)
        if text is not None:
            texts.append(text.encode())
            items.append(bytes.fromhex(row["hex"]))
    widths = 0
    for text, item, made in zip(texts, items, convert(program, texts)):
        if item == b"\xf8\x18":  # simple(24) is not well-formed since RFC 8949
            expect(text, isinstance(made, str) and made.startswith("TPS_CBOR_OUT_OF_RANGE"), made)
        elif made != item:
            expect(text, isinstance(made, bytes) and same(cbor2.loads(made), cbor2.loads(item)), made, item.hex())
            widths += 1
    print("%d items of appendix A, %d of them in another form: wide floats, indefinite length, tags in JSON's column"
          % (len(texts), widths))


def check_spec(program):
    """Our own examples: what spec/ shows in notation is what it has in hex."""
    names = sorted(path for path in (ROOT / "spec").glob("**/*.diag") if path.with_suffix(".hex").exists())
    for name, made in zip(names, convert(program, [name.read_bytes() for name in names])):
        item = bytes.fromhex("".join(name.with_suffix(".hex").read_text().split()))
        expect(str(name.relative_to(ROOT)), made == item, made if isinstance(made, str) else made.hex(), item.hex())
    print("%d examples of spec/" % len(names))


# Items made as notation and as CBOR at once.

def head(major, value, rng=None):
    """A head, and the indicator that asks for its form."""
    shortest = 0 if value < 24 else 1 if value < 2**8 else 2 if value < 2**16 else 3 if value < 2**32 else 4
    form = rng.randrange(shortest, 5) if rng is not None and rng.random() < 0.2 else None
    indicator = "" if form is None else "_i" if form == 0 else "_%d" % (form - 1)
    form = shortest if form is None else form
    if form == 0:
        return bytes([major << 5 | value]), indicator
    return bytes([major << 5 | (23 + form)]) + value.to_bytes(1 << (form - 1), "big"), indicator


def space(rng):
    return rng.choice(["", "", "", " ", "\n  ", "/ why /", " # to the end\n", "\t// so, too\n"])


def integer(rng):
    value = rng.randrange(2**rng.choice([3, 8, 16, 32, 64, 64, 70, 500]))
    negative = rng.random() < 0.4
    text = rng.choice(["%d", "%d", "0x%x", "0X%X", "0o%o"]) % (value + negative)
    text = ("-" if negative else "") + (text if rng.random() < 0.9 else bin(value + negative))
    if value < 2**64:
        item, indicator = head(1 if negative else 0, value, rng)
        return text + indicator, item
    magnitude = value.to_bytes((value.bit_length() + 7) // 8, "big")
    return text, bytes([0xc3 if negative else 0xc2]) + head(2, len(magnitude))[0] + magnitude


def shortest_float(number):
    for code, first in (("e", 0xf9), ("f", 0xfa), ("d", 0xfb)):
        try:
            packed = struct.pack(">" + code, number)
        except OverflowError:
            continue
        if struct.unpack(">" + code, packed)[0] == number:
            return bytes([first]) + packed
    raise ValueError(number)


def floating(rng):
    number = rng.choice([
        lambda: struct.unpack(">d", rng.getrandbits(64).to_bytes(8, "big"))[0],
        lambda: struct.unpack(">f", rng.getrandbits(32).to_bytes(4, "big"))[0],
        lambda: struct.unpack(">e", rng.getrandbits(16).to_bytes(2, "big"))[0],
        lambda: rng.randrange(-1000, 1000) / 8])()
    if number != number:
        return "NaN", b"\xf9\x7e\x00"
    if abs(number) == float("inf"):
        return ("-" if number < 0 else "") + "Infinity", shortest_float(number)
    text = rng.choice(["%.17e", "%.20f"]) % number if abs(number) > 1e-2 or number == 0 else "%.17e" % number
    text, item = rng.choice([text, repr(number)]), None
    item = shortest_float(float(text))
    wider = [i for i, size in ((1, 3), (2, 5), (3, 9)) if size >= len(item)]
    if rng.random() < 0.2:
        indicator = rng.choice(wider)
        return "%s_%d" % (text, indicator), bytes([0xf8 + indicator]) + struct.pack(">" + "?efd"[indicator], float(text))
    return text, item


def quoted(rng, text, quote):
    out = ""
    for c in text:
        how = rng.random()
        if c == "\\" or c == quote:
            out += "\\" + c
        elif ord(c) < 0x20 or how < 0.1:
            out += "".join("\\u%04x" % unit for unit in struct.unpack(">%dH" % (len(c.encode("utf-16-be")) // 2),
                                                                     c.encode("utf-16-be")))
        else:
            out += c
    return quote + out + quote


def characters(rng):
    return "".join(chr(rng.choice([rng.randrange(0x20, 0x7f), rng.randrange(0xd800), rng.randrange(0xe000, 0x110000)]))
                   for _ in range(rng.randrange(8)))


def piece(rng):
    """Notation of some bytes, and the bytes."""
    kind = rng.randrange(5)
    if kind == 0:
        text = characters(rng)
        return quoted(rng, text, "'"), text.encode()
    data = rng.randbytes(rng.randrange(12))
    if kind == 1:
        return "h'%s'" % "".join(space(rng) + c for c in data.hex()), data
    if kind == 2:
        text = rng.choice([base64.b64encode, base64.urlsafe_b64encode])(data).decode()
        prefix = "b64"
    else:
        text = base64.b32encode(data).decode()
        prefix = "b32"
        if kind == 4:
            text = text.translate(str.maketrans("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", "0123456789ABCDEFGHIJKLMNOPQRSTUV"))
            prefix = "h32"
    return "%s'%s'" % (prefix, text if rng.random() < 0.5 else rng.choice([" ", "\n"]).join(text.rstrip("="))), data


def string(rng, major=None, is_chunk=False):
    major = rng.choice([2, 3]) if major is None else major
    if not is_chunk and rng.random() < 0.05:
        return ("''_" if major == 2 else '""_'), bytes([major << 5 | 31, 0xff])
    text, data = "", b""
    for i in range(1 if rng.random() < 0.8 else 3):
        if major == 3 and (i == 0 or rng.random() < 0.7):
            value = characters(rng)
            part, content = quoted(rng, value, '"'), value.encode()
        elif major == 3:
            value = characters(rng).encode()
            part, content = "h'%s'" % value.hex(), value
        else:
            part, content = piece(rng)
        text += (space(rng) if i else "") + part
        data += content
    item, indicator = head(major, len(data), rng)
    return text + indicator, item + data


def entries(rng, depth, count):
    made = [item(rng, depth + 1) for _ in range(count)]
    return made, b"".join(encoded for _, encoded in made)


def joined(rng, texts):
    comma = "," if texts and rng.random() < 0.1 else ""
    return ",".join(space(rng) + text + space(rng) for text in texts) + comma + space(rng)


def container(rng, depth):
    kind = rng.choice(["array", "map", "tag", "embedded", "chunks"])
    count = rng.choice([0, 1, 2, 3, 30]) if depth < 2 else rng.randrange(3)
    if kind == "tag":
        number, indicator = head(6, rng.randrange(2**rng.choice([4, 16, 64])), rng)
        text, content = item(rng, depth + 1)
        argument = number[0] & 31 if len(number) == 1 else int.from_bytes(number[1:], "big")
        return "%d%s(%s%s%s)" % (argument, indicator, space(rng), text, space(rng)), number + content
    if kind == "chunks":
        major = rng.choice([2, 3])
        made = [string(rng, major, True) for _ in range(count + 1)]
        content = b"".join(encoded for _, encoded in made)
        return "(_ %s)" % joined(rng, [text for text, _ in made]), bytes([major << 5 | 31]) + content + b"\xff"
    made, content = entries(rng, depth, count * 2 if kind == "map" else count)
    texts = [text for text, _ in made]
    if kind == "embedded":
        first, indicator = head(2, len(content), rng)
        return "<<%s>>%s" % (joined(rng, texts), indicator), first + content
    major = 4 if kind == "array" else 5
    if kind == "map":
        texts = [key + space(rng) + ":" + space(rng) + value for key, value in zip(texts[::2], texts[1::2])]
    if rng.random() < 0.2:
        first, indicator, content = bytes([major << 5 | 31]), "_", content + b"\xff"
    else:
        first, indicator = head(major, count, rng)
    brackets = "[]" if kind == "array" else "{}"
    return "%s%s %s%s" % (brackets[0], indicator, joined(rng, texts), brackets[1]), first + content


def item(rng, depth=0):
    if depth < 4 and rng.random() < 0.5:
        return container(rng, depth)
    return rng.choice([integer, floating, string, string, lambda _: rng.choice([
        ("false", b"\xf4"), ("true", b"\xf5"), ("null", b"\xf6"), ("undefined", b"\xf7"), ("simple(0)", b"\xe0"),
        ("simple(19)", b"\xf3"), ("simple(32)", b"\xf8\x20"), ("simple(255)", b"\xf8\xff")])])(rng)


def check_made(program):
    rng = random.Random(8949)
    made = [item(rng) for _ in range(6000)]
    texts = [(space(rng) + text + space(rng)).encode() for text, _ in made]
    for text, (_, expected), answer in zip(texts, made, convert(program, texts)):
        expect(text, answer == expected, answer if isinstance(answer, str) else answer.hex(), expected.hex())
    print("%d items made here" % len(made))


def main():
    if VECTORS.is_dir():
        check_files(sys.argv[1])
        check_appendix_a(sys.argv[1])
    elif "TPS_REQUIRE_VECTORS" in os.environ:
        sys.exit("there are no vectors at %s" % VECTORS)
    else:
        print("skipped: the published files are not at %s" % VECTORS)
    check_spec(sys.argv[1])
    check_made(sys.argv[1])
    sys.exit("%d differences" % len(failures) if failures else 0)


if __name__ == "__main__":
    main()
