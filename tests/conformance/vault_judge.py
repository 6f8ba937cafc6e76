# SPDX-License-Identifier: Apache-2.0
"""Opens the test vector of spec/vault.md with Python's cryptography, from the words of that page alone."""
import os
import re
import struct
import sys

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
UNIT = 16
VALUE, DELETE, START = 1, 2, 3
BOUND, CONTEXT, LOST = 1, 2, 4

S1, CDI_A, P, E = (bytes(range(first, first + 32)) for first in (0x00, 0x20, 0x40, 0x60))
EXPECTED = [(START, b"", None, 1), (VALUE, b"plain", b"a value", 3), (VALUE, b"both", b"bound, of a provider", 5)]


def hkdf(secret, salt, info, size=32):
    return HKDF(SHA256(), size, salt or None, info).derive(secret)


def open_header(image, at, place):
    """The sealed part of the header at `place`, as one of the record at `at`."""
    header = image[place:place + 128]
    assert header[:8] == b"tpsV\x01\x01\x01\0"
    key = hkdf(S1, header[8:24], b"opentps vault header")
    return AESGCM(key).decrypt(struct.pack("<IQ", at, 0), header[24:], header[:24])


def open_value(body, sealed):
    flags = body[1] & (BOUND | CONTEXT)
    secret = S1 + (CDI_A if flags & BOUND else b"") + (hkdf(S1, b"", b"ctx" + P + E) if flags & CONTEXT else b"")
    key = hkdf(secret, body[24:40], b"opentps vault value" + bytes([flags]))
    return AESGCM(key).decrypt(bytes(12), sealed, body[2:4] + body[40:88])


def read(image):
    at = 0
    while at < len(image):
        body = open_header(image, at, at)
        kind, flags, space, name_size, size, u, zero, sequence, recovery = struct.unpack_from("<BBBBHBBQI", body)
        assert zero == 0 and recovery == 0 and space == (0 if kind == START else 255)
        assert u == (1 if kind == VALUE else 0)
        assert body[40:56] == bytes(16) and body[56 + name_size:] == bytes(32 - name_size)
        mark = struct.unpack_from("<I", hkdf(CDI_A, b"", b"opentps vault bound", 4))[0] if flags & BOUND else 0
        assert struct.unpack_from("<I", body, 20)[0] == mark
        room = -(-(size + 16) // UNIT) * UNIT if kind == VALUE and not flags & LOST else 0
        sealed, padding = image[at + 128:at + 128 + size + 16], image[at + 144 + size:at + 128 + room]
        assert kind != VALUE or padding == b"\xff" * len(padding)
        assert image[at + 128 + room:at + 256 + room] == image[at:at + 128]
        yield kind, body[56:56 + name_size], open_value(body, sealed) if kind == VALUE else None, sequence
        at += 256 + room


def main():
    with open(os.path.join(ROOT, "spec", "vault.md"), encoding="utf-8") as page:
        image = bytes.fromhex(re.search("```hex\n(.*?)```", page.read(), re.S).group(1))
    found = list(read(image))
    assert found == EXPECTED, found
    for at in (5, 6, 30, 8):  # the judge itself: what was changed, it does not open
        changed = bytearray(image)
        changed[at] ^= 1
        try:
            list(read(bytes(changed)))
        except (InvalidTag, AssertionError):
            continue
        sys.exit("vault: a changed byte at %d was not noticed" % at)
    print("vault: %d records of the test vector open as spec/vault.md says" % len(found))


main()
