#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The test vectors of spec/keys.md, each computed again from its inputs by the words of that page: with Python's hashlib and
cryptography, and without our code. A vector that is not known here fails, and so does one that is missing."""
import hashlib
import hmac
import re
import sys
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ec

INPUTS = ["unique secret", "code", "configuration (boot digest)", "authority", "mode", "P", "E", "boot seed",
          "shared secret of MAC_p", "owner id of sealed messages"]
ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
HIDDEN = bytes(32)


def hkdf(secret, salt, info, size):
    """RFC 5869, with SHA-256."""
    extracted = hmac.new(salt or bytes(32), secret, hashlib.sha256).digest()
    out, block, number = b"", b"", 0
    while len(out) < size:
        number += 1
        block = hmac.new(extracted, block + info + bytes([number]), hashlib.sha256).digest()
        out += block
    return out[:size]


def sha256(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


def put_key(out, name, seed):
    """FIPS 186-5, A.2.1; returns the uncompressed point."""
    scalar = int.from_bytes(seed, "big") % (ORDER - 1) + 1
    public = ec.derive_private_key(scalar, ec.SECP256R1()).public_key().public_numbers()
    out["48 bytes of " + name] = seed
    out[name + ", private scalar"] = scalar.to_bytes(32, "big")
    out[name + ", X"] = public.x.to_bytes(32, "big")
    out[name + ", Y"] = public.y.to_bytes(32, "big")
    return b"\x04" + out[name + ", X"] + out[name + ", Y"]


def compute(given):
    uds, code, configuration, authority, mode, p, e, seed, shared, owner = (given[name] for name in INPUTS)
    out = {}
    put_key(out, "DeviceID", hkdf(uds, b"", b"device-id", 48))
    for m, title in ((mode, ""), (b"\x02", " in mode 2, debug")):
        out["CDI_A(R)" + title] = hkdf(uds, sha256(code, configuration, authority, m, HIDDEN), b"CDI_Attest", 32)
        out["CDI_S(R)" + title] = hkdf(uds, sha256(authority, m, HIDDEN), b"CDI_Seal", 32)
    s = {255: hkdf(out["CDI_S(R)"], b"", b"opentps S(255)", 32)}
    for u in range(254, -1, -1):
        s[u] = hkdf(s[u + 1], b"", b"opentps S older", 32)
    for u in (255, 254, 7, 1, 0):
        out[f"S({u})"] = s[u]
    put_key(out, "L_R", hkdf(out["CDI_A(R)"], b"", b"layer-key", 48))
    put_key(out, "AK_0", hkdf(out["CDI_A(R)"], b"", b"ak", 48))
    put_key(out, "AK_p", hkdf(out["CDI_A(R)"], b"", b"ak" + p + e, 48))
    point = put_key(out, "IAK", hkdf(s[0], b"", b"psa-iak", 48))
    out["instance id"] = b"\x01" + sha256(point)
    put_key(out, "FDO key", hkdf(s[0], b"", b"fdo", 48))
    put_key(out, "AUTH", hkdf(s[0], b"", b"auth", 48))
    put_key(out, "AUTH_p", hkdf(s[0], b"", b"auth" + p + e, 48))
    out["SUEID_p"] = b"\x01" + hkdf(s[0], b"", b"sueid" + p + e, 32)
    out["context key of p under S(7)"] = hkdf(s[7], b"", b"ctx" + p + e, 32)
    sealed = b"sealed message" + owner
    out["key of sealed messages under S(7)"] = hkdf(s[7], b"", sealed, 32)
    out["key of sealed messages of p under S(7)"] = hkdf(out["context key of p under S(7)"], b"", sealed, 32)
    out["key of bound sealed messages under S(7)"] = hkdf(s[7], out["CDI_A(R)"], sealed, 32)
    out["bootseed_p"] = hkdf(seed, b"", p, 32)
    out["MAC_p"] = hkdf(shared, out["bootseed_p"], b"mac", 32)
    uuid = bytearray(hkdf(s[0], b"", b"opentps component instance", 16))
    uuid[6] = uuid[6] & 0x0F | 0x80
    uuid[8] = uuid[8] & 0x3F | 0x80
    out["UUID of the component"] = bytes(uuid)
    return out


def main():
    page = (Path(__file__).resolve().parents[2] / "spec" / "keys.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| ([^|]+) \| `([0-9a-f]+)` \|$", page, re.MULTILINE)
    written = {name: bytes.fromhex(text) for name, text in rows}
    assert len(written) == len(rows), "a vector stands twice"
    expected = compute(written)
    wrong = [name for name in expected if written.get(name) != expected[name]]
    unknown = [name for name in written if name not in expected and name not in INPUTS]
    for name in wrong:
        print(f"spec/keys.md: {name} should be {expected[name].hex()}")
    for name in unknown:
        print(f"spec/keys.md: nobody knows how to compute {name}")
    if wrong or unknown:
        return 1
    print(f"{len(expected)} vectors of spec/keys.md computed again")
    return 0


if __name__ == "__main__":
    sys.exit(main())
