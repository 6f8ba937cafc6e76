#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The vectors of spec/session-id.md, computed again by Python's hmac and hashlib: our code has no part in it."""
import hashlib
import hmac
import pathlib
import re
import uuid

PAGE = pathlib.Path(__file__).resolve().parents[2] / "spec" / "session-id.md"


def hkdf(secret, salt, info):
    """RFC 5869 for 32 bytes: one block."""
    extracted = hmac.new(salt, secret, hashlib.sha256).digest()
    return hmac.new(extracted, info + b"\x01", hashlib.sha256).digest()


def checksum(data):
    """FNV-1a of 32 bits."""
    value = 2166136261
    for byte in data:
        value = (value ^ byte) * 16777619 & 0xffffffff
    return value.to_bytes(4, "big")


def main():
    vector = dict(re.findall(r"^    ([a-z-]+) +(\S+)$", PAGE.read_text(), re.MULTILINE))
    tenant = int(vector["tenant"]).to_bytes(8, "big")
    key = hkdf(bytes.fromhex(vector["secret"]), vector["generation"].encode(), b"opentps session keys 1" + tenant)
    assert key.hex() == vector["key"], key.hex()
    for name, stored in ("id", False), ("stored-id", True):
        id = uuid.UUID(vector[name])
        assert id.variant == uuid.RFC_4122 and id.version == 8, id
        assert bool(id.bytes[8] & 0x20) == stored, id
        mac = hmac.new(key, b"opentps session 1" + tenant + id.bytes[:11], hashlib.sha256).digest()
        assert id.bytes[11:] == mac[:5], id
        if not stored:
            nonce = b"\x00" + id.bytes[:4] + mac[5:28]
            nonce += checksum(nonce)
            assert nonce.hex() == vector["nonce"], nonce.hex()


if __name__ == "__main__":
    main()
