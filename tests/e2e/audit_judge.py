#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""An independent checker of audit logs, by spec/audit.md and spec/audit.cddl alone: hashlib and cryptography, nothing of
ours.

usage: audit_judge.py LOG JWKS [CHECKPOINT]...     exit 0 and what is proven, or 1 and what is wrong
"""
import base64
import hashlib
import json
import pathlib
import struct
import sys

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, utils
from cryptography.hazmat.primitives.hashes import SHA256

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "conformance"))
import cddl  # noqa: E402

SCHEMA = cddl.Schema((ROOT / "spec" / "audit.cddl").read_text())


class Refused(Exception):
    """What is wrong, and the entry it is about."""

    def __init__(self, what, at):
        super().__init__(f"{what} at entry {at}")
        self.what, self.at = what, at


def decode(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def thumbprint(jwk):
    members = json.dumps({name: jwk[name] for name in ("crv", "kty", "x", "y")}, sort_keys=True, separators=(",", ":"))
    return base64.urlsafe_b64encode(hashlib.sha256(members.encode()).digest()).rstrip(b"=").decode()


def keys_of(jwks):
    keys = {}
    for jwk in jwks["keys"]:
        x, y = (int.from_bytes(decode(jwk[name]), "big") for name in ("x", "y"))
        keys[thumbprint(jwk)] = ec.EllipticCurvePublicNumbers(x, y, ec.SECP256R1()).public_key()
    return keys


def canonical(entry):
    """RFC 8785, as far as entries go: texts, integers and objects."""
    return json.dumps(entry, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def hash_of(line):
    tenant, entry = line["tenant"].encode(), canonical(line["entry"])
    covered = (b"opentps audit entry 1\0" + struct.pack(">B", len(tenant)) + tenant
               + struct.pack(">Qq", line["sequence"], line["time"]) + bytes.fromhex(line["previous"])
               + struct.pack(">I", len(entry)) + entry)
    return hashlib.sha256(covered).hexdigest()


def checkpoint_of(jws, keys):
    """What a checkpoint says; None where its key is not known."""
    header_text, payload_text, signature_text = jws.strip().split(".")
    header, payload = json.loads(decode(header_text)), json.loads(decode(payload_text))
    SCHEMA.check("checkpoint-header", header)
    SCHEMA.check("checkpoint", payload)
    if header["kid"] not in keys:
        return None
    signature = decode(signature_text)
    r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")
    keys[header["kid"]].verify(utils.encode_dss_signature(r, s), f"{header_text}.{payload_text}".encode(),
                               ec.ECDSA(SHA256()))
    return payload


def check(lines, keys, kept=()):
    """Entries up to which the log is proven. `lines` are texts, `kept` are checkpoints from elsewhere."""
    hashes, proven, before = {}, 0, None
    for text in lines:
        line = json.loads(text)
        at = line.get("sequence", 0)
        SCHEMA.check("line", line)
        if before is not None:
            if line["tenant"] != before["tenant"]:
                raise Refused("another tenant", at)
            if at != before["sequence"] + 1:
                raise Refused("missing" if at > before["sequence"] else "order", at)
            if line["previous"] != before["hash"]:
                raise Refused("changed", at)
        elif at == 1 and line["previous"] != "0" * 64:
            raise Refused("changed", at)
        if hash_of(line) != line["hash"] or canonical(line["entry"]).decode() not in text:
            raise Refused("changed", at)
        hashes[at] = line["hash"]
        if line["entry"]["event"] == "audit.checkpoint":
            proven = max(proven, look(line["entry"]["what"]["checkpoint"], keys, line["tenant"], hashes, at))
        before = line
    for jws in kept:
        says = checkpoint_of(jws, keys)
        if says["sequence"] > before["sequence"]:
            raise Refused("missing", before["sequence"] + 1)
        proven = max(proven, look(jws, keys, before["tenant"], hashes, before["sequence"] + 1))
    if proven == 0:
        raise Refused("unproven", 0)
    return proven


def look(jws, keys, tenant, hashes, at):
    try:
        says = checkpoint_of(jws, keys)
    except InvalidSignature:
        raise Refused("bad checkpoint", at) from None
    if says is None or says["sequence"] not in hashes:
        return 0
    if says["tenant"] != tenant or says["sequence"] >= at:
        raise Refused("bad checkpoint", at)
    if hashes[says["sequence"]] != says["hash"]:
        raise Refused("forked", says["sequence"])
    return says["sequence"]


def main():
    log, jwks, *kept = map(pathlib.Path, sys.argv[1:])
    try:
        proven = check(log.read_text().splitlines(), keys_of(json.loads(jwks.read_text())),
                       [path.read_text() for path in kept])
    except (Refused, cddl.Mismatch, ValueError) as why:
        sys.exit(f"refused: {why}")
    print(f"proven up to entry {proven}")


if __name__ == "__main__":
    main()
