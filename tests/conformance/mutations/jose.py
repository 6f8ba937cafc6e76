# SPDX-License-Identifier: Apache-2.0
"""Results in JWTs (RFC 7515), changed, and what must be said of them: form, header, signature, and behind a good
signature the claims, which nobody could change."""
import base64
import json
import re

from cryptography.hazmat.primitives import hashes

from mutations.judge import GOOD, ORDER, is_signed

ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
# Names that JOSE knows, and that the library does (jws.h); of them ES256 is the one for a key of P-256.
DEEP = 32
OTHER_ALGS = ("ES384", "ES512", "EdDSA", "Ed25519", "PS256")


def encode(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=")


def decode(text):
    """None where it is no base64url in its one form (RFC 4648, 3.5)."""
    if len(text) % 4 == 1:
        return None
    data = base64.urlsafe_b64decode(text + b"=" * (-len(text) % 4))
    return data if encode(data) == text else None


def _read_header(data):
    """The header's members, or names of what is wrong."""
    doubled = []
    if data.count(b"[") > DEEP:
        return {"JSON_TOO_DEEP"}

    def take(pairs):
        doubled.extend(pairs if len(dict(pairs)) != len(pairs) else [])
        return dict(pairs)

    try:
        header = json.loads(data.decode(), object_pairs_hook=take)
    except (ValueError, RecursionError):
        return {"JSON_*"}
    if doubled:
        return {"JSON_DUPLICATE_NAME"}
    if not isinstance(header, dict):
        return {"JWT_NOT_WELL_FORMED"}
    if not all(isinstance(header.get(name, ""), str) for name in ("alg", "kid", "typ", "cty")):
        return {"JWT_NOT_WELL_FORMED"}
    if "crit" in header:
        return {"COSE_CRIT_UNKNOWN"}
    return header if header.get("alg") else {"JWT_NOT_WELL_FORMED"}


def judge(text, key):
    """The statuses that are deserved, or GOOD."""
    match = re.fullmatch(rb"[ \t\r\n]*([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)[ \t\r\n]*", text)
    if not match:
        return {"JWT_NOT_WELL_FORMED"}
    header, payload, signature = match.groups()
    decoded = decode(header)
    if decoded is None:
        return {"BAD_BASE64"}
    said = _read_header(decoded)
    if isinstance(said, set):
        return said
    if said["alg"] != "ES256":
        return {"CRYPTO_ALG_REFUSED" if said["alg"] in OTHER_ALGS else "COSE_ALG_REFUSED"}
    decoded = decode(signature)
    if decoded is None or not is_signed(key, hashes.SHA256, header + b"." + payload, decoded):
        return {"CRYPTO_BAD_SIGNATURE"}
    return GOOD


def _headers(header, payload, signature):
    def with_header(members):
        return b".".join((encode(members if isinstance(members, bytes) else json.dumps(members).encode()), payload,
                          signature))

    for alg in ("none", "None", "HS256", "RS256", "es256", "ES256 ", "ES256K", "", *OTHER_ALGS):
        yield "alg is %r" % alg, with_header({"alg": alg, "typ": "JWT"})
    yield "no alg", with_header({"typ": "JWT"})
    yield "alg is a number", with_header({"alg": -7, "typ": "JWT"})
    yield "alg twice", with_header(b'{"alg":"ES256","alg":"none"}')
    yield "crit", with_header({"alg": "ES256", "crit": ["exp"]})
    yield "kid is a number", with_header({"alg": "ES256", "kid": 5})
    yield "another kid", with_header({"alg": "ES256", "typ": "JWT", "kid": "other"})
    yield "members in another order", with_header({"typ": "JWT", "alg": "ES256"})
    yield "a header with spaces", with_header(b'{"alg": "ES256", "typ": "JWT"}')
    yield "the header is an array", with_header([1])
    yield "the header is empty JSON", with_header(b"")
    yield "the header is no JSON", with_header(b"{alg:ES256}")
    yield "the header is not closed", with_header(b'{"alg":"ES256"')
    yield "the header is not UTF-8", with_header(b'{"alg":"ES256","x":"\xff"}')
    yield "something behind the header", with_header(b'{"alg":"ES256"} 1')
    yield "the header is deep", with_header(b'{"alg":"ES256","x":' + b"[" * 40 + b"]" * 40 + b"}")


def _signatures(header, payload, signature, others):
    data = decode(signature)
    r, s = data[:32], data[32:]

    def signed(by):
        return b".".join((header, payload, encode(by)))

    yield "the twin signature", signed(r + (ORDER - int.from_bytes(s, "big")).to_bytes(32, "big"))
    yield "r and s exchanged", signed(s + r)
    yield "a signature of zeros", signed(bytes(64))
    yield "r is 0", signed(bytes(32) + s)
    yield "s is the order", signed(r + ORDER.to_bytes(32, "big"))
    yield "r is longer than it may be", signed(b"\0" + r + s)
    yield "a signature cut by a byte", signed(data[:-1])
    yield "a signature with a byte more", signed(data + b"\0")
    yield "the signature twice", signed(data + data)
    for name, other in others:
        yield "signed by " + name, signed(other(header + b"." + payload))
    last = ALPHABET.index(chr(signature[-1]))
    for bit in range(4):
        yield "bit %d behind the signature's end" % bit, b".".join(
            (header, payload, signature[:-1] + ALPHABET[last ^ 1 << bit].encode()))


def _claims(header, payload, signature):
    claims = json.loads(decode(payload))

    def with_claims(members):
        return b".".join((header, encode(json.dumps(members).encode()), signature))

    for name in claims:
        yield "without " + name, with_claims({key: value for key, value in claims.items() if key != name})
        yield "%s is another" % name, with_claims({**claims, name: 1})
    better = json.loads(json.dumps(claims).replace("contraindicated", "affirming").replace("warning", "affirming"))
    yield "a better status", with_claims(better)
    yield "a later exp", with_claims({**claims, "exp": 1 << 40})


def _forms(text):
    header, payload, signature = text.split(b".")
    yield "padding", b".".join((header, payload + b"=", signature + b"=="))
    yield "padding of the header", b".".join((header + b"=", payload, signature))
    yield "plain base64", text.replace(b"-", b"+").replace(b"_", b"/") + b"+"
    yield "a part more", text + b".AA"
    yield "no signature", header + b"." + payload + b"."
    yield "two parts", header + b"." + payload
    yield "no payload", header + b".." + signature
    yield "parts in another order", b".".join((payload, header, signature))
    yield "JSON serialization", json.dumps({"protected": header.decode(), "payload": payload.decode(),
                                           "signature": signature.decode()}).encode()
    yield "a space within", header + b". " + payload + b"." + signature
    yield "a line break within", text[:200] + b"\n" + text[200:]
    yield "a zero byte behind", text + b"\0"
    yield "in quotes", b'"' + text + b'"'
    yield "twice", text + b"\n" + text
    yield "Bearer", b"Bearer " + text
    yield "white space around", b" \t" + text + b"\r\n"


def mutations(text, others):
    """Name and text of each change of a JWT."""
    parts = text.split(b".")
    yield from _headers(*parts)
    yield from _signatures(*parts, others)
    yield from _claims(*parts)
    yield from _forms(text)
    for size in sorted({0, 1, len(parts[0]), len(parts[0]) + 1, len(text) - 1} | set(range(0, len(text), 41))):
        yield "cut to %d" % size, text[:size]
    for at in range(len(text)):
        for bit in range(8):
            yield "bit %d of byte %d" % (bit, at), text[:at] + bytes([text[at] ^ 1 << bit]) + text[at + 1:]
