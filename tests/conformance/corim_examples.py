#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The manifests of spec/corim against spec/corim.cddl, judged without our code: the hex is what cbor2 makes of the
diagnostic notation, and fits the rules. With a build, the endorsements that `tps factory` writes must fit them, too.

usage: corim_examples.py            the files alone
       corim_examples.py BIN        the files, and the program tps in the folder BIN
       corim_examples.py --write    makes the hex anew from the notation
"""
import glob
import os
import sys
import tempfile
import unittest

import cbor2

import cddl
import component_client as client
import diag

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
EXAMPLES = os.path.join(ROOT, "spec", "corim")
BIN = None


def decode(data):
    """CBOR with every tag left as it is (cbor2 turns UUIDs, times and others into objects of Python)."""
    value, at = item(data, 0)
    if at != len(data):
        raise ValueError("bytes follow")
    return value


def item(data, at):
    major, info = data[at] >> 5, data[at] & 31
    at += 1
    if info >= 24:
        if info > 27:
            raise ValueError("neither reserved nor indefinite lengths here")
        size = 1 << (info - 24)
        info, at = int.from_bytes(data[at:at + size], "big"), at + size
    if major in (0, 1):
        return (info if major == 0 else -1 - info), at
    if major in (2, 3):
        content = data[at:at + info]
        if len(content) != info:
            raise ValueError("cut off")
        return (content if major == 2 else content.decode()), at + info
    if major == 6:
        value, at = item(data, at)
        return cbor2.CBORTag(info, value), at
    if major == 7:
        return {20: False, 21: True, 22: None}[info], at
    values = []
    for _ in range(info * (major - 3)):
        value, at = item(data, at)
        values.append(value)
    return (values if major == 4 else dict(zip(values[::2], values[1::2]))), at


def schema():
    with open(os.path.join(ROOT, "spec", "corim.cddl"), encoding="utf-8") as file:
        return cddl.Schema(file.read(), loads=decode)


def names():
    return sorted(os.path.splitext(os.path.basename(path))[0] for path in glob.glob(os.path.join(EXAMPLES, "*.diag")))


def load(name, ending):
    with open(os.path.join(EXAMPLES, name + ending), encoding="utf-8") as file:
        return file.read()


def encode(name):
    return cbor2.dumps(diag.read(load(name, ".diag")))


def write_all():
    for name in names():
        digits = encode(name).hex()
        with open(os.path.join(EXAMPLES, name + ".hex"), "w", encoding="utf-8") as file:
            file.write("\n".join(digits[i:i + 100] for i in range(0, len(digits), 100)) + "\n")


class TheFiles(unittest.TestCase):
    def test_hex_is_the_notation_encoded(self):
        self.assertGreater(len(names()), 10)
        for name in names():
            with self.subTest(name):
                self.assertEqual(bytes.fromhex("".join(load(name, ".hex").split())).hex(), encode(name).hex())

    def test_examples_fit_the_rules(self):
        for name in names():
            with self.subTest(name):
                schema().check("corim", decode(encode(name)))

    def test_the_rules_can_say_no(self):
        for wrong in ({0: "a", 1: []}, {0: 1, 1: [cbor2.CBORTag(506, b"\xa0")]}, {0: "a", 1: [cbor2.CBORTag(507, b"")]}):
            with self.assertRaises(cddl.Mismatch):
                schema().check("corim", cbor2.CBORTag(501, wrong))


class TheFactory(unittest.TestCase):
    def test_what_it_writes_fits_the_rules(self):
        if BIN is None:
            self.skipTest("no folder of programs was given")
        with tempfile.TemporaryDirectory(prefix="tps-corim-") as folder:
            client.make_maker(os.path.join(BIN, "tps"), os.path.join(folder, "acme"))
            found = glob.glob(os.path.join(folder, "acme", "endorsements", "*.corim"))
            self.assertGreater(len(found), 0)
            for path in found:
                with self.subTest(os.path.basename(path)), open(path, "rb") as file:
                    message = decode(file.read())
                    self.assertEqual(message.tag, 18)
                    schema().check("corim", decode(message.value[2]))


if __name__ == "__main__":
    if sys.argv[1:] == ["--write"]:
        write_all()
    else:
        BIN = os.path.abspath(sys.argv[1]) if len(sys.argv) > 1 else None
        unittest.main(argv=sys.argv[:1], verbosity=1)
