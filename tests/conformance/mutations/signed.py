# SPDX-License-Identifier: Apache-2.0
"""Changes of signed evidence. Each is a Case: a name, the bytes, and where the kind of change says more than the rules
of judge.py, what is expected."""
import base64
import json
from dataclasses import dataclass

import cbor2

from mutations import wire
from mutations.judge import GOOD, MAGIC, ORDER, OTHER_NONCE, Token, judge_token, malformed, outcome
from mutations.wire import ARRAY, BYTES, MAP, NINT, TAG, TEXT, UINT


SPLICES = 400


@dataclass
class Case:
    name: str
    data: bytes
    expected: object = None  # a set of (finding, status), or GOOD; None: as judge.py says
    nonce: bytes = None      # of the request; None: the one that the evidence answers


def bits(data):
    for at in range(len(data)):
        for bit in range(8):
            yield Case("bit %d of byte %d" % (bit, at), data[:at] + bytes([data[at] ^ 1 << bit]) + data[at + 1:])


def splices(data, random):
    """Pieces taken out, put in, doubled and exchanged, wherever the seed says."""
    for number in range(SPLICES):
        a, b, c = sorted(random.randrange(len(data) + 1) for _ in range(3))
        b = min(b, a + random.choice((1, 2, 4, 33)))
        name, changed = random.choice((("without", data[:a] + data[b:]),
                                       ("with noise", data[:a] + random.randbytes(b - a) + data[b:]),
                                       ("with more", data[:a] + random.randbytes(4) + data[a:]),
                                       ("twice", data[:b] + data[a:]),
                                       ("exchanged", data[:a] + data[b:c] + data[a:b] + data[c:])))
        if changed not in (data, data[1:]):  # the tag is first, and may be left away
            yield Case("splice %d: %s %d to %d" % (number, name, a, b), changed)


def ends(data, cut, longer):
    """Cut anywhere, and continued. What each must be called is a matter of the format."""
    for size in sorted({0, 1, 2, len(data) - 1} | set(range(0, len(data), 7))):
        yield Case("cut to %d" % size, data[:size], cut(size))
    for name, more in (("a zero", b"\0"), ("a break", b"\xff"), ("a newline", b"\n"), ("null", b"\xf6"),
                       ("itself", data)):
        yield Case("followed by " + name, data + more, longer)


def nonces(data, nonce):
    """The same evidence for another question."""
    for name, other in (("a bit of the first byte", bytes([nonce[0] ^ 1]) + nonce[1:]),
                        ("a bit of the last byte", nonce[:-1] + bytes([nonce[-1] ^ 0x80])), ("shorter", nonce[:-1]),
                        ("longer", nonce + b"\0"), ("zeros", bytes(len(nonce))), ("half", nonce[:16]),
                        ("backwards", nonce[::-1] if nonce[::-1] != nonce else nonce[1:])):
        yield Case("the nonce: " + name, data, {OTHER_NONCE}, other)


# ---- COSE

class Maker:
    """Puts messages of COSE together, whichever way."""

    def __init__(self, data):
        self.token = Token(data)
        self.protected, self.payload, self.signature = self.token.protected, self.token.payload, self.token.signature
        self.tag = self.token.tag

    def make(self, tag="same", protected=None, unprotected=b"\xa0", payload=None, signature=None, raw_payload=None):
        protected = self.protected if protected is None else protected
        payload = self.payload if payload is None else payload
        signature = self.signature if signature is None else signature
        body = (wire.head(ARRAY, 4) + wire.string(BYTES, protected) + unprotected +
                (wire.string(BYTES, payload) if raw_payload is None else raw_payload) + wire.string(BYTES, signature))
        tag = self.tag if tag == "same" else tag
        return body if tag is None else wire.head(TAG, tag) + body


def integer(value):
    return wire.head(UINT, value) if value >= 0 else wire.head(NINT, -1 - value)


def algorithms(m):
    for alg in (-8, -9, -19, -35, -36, -37, -38, -257, -65535, -47, -7, 1, 4, 5, 6, 7, 10, 0, 1 << 40):
        yield Case("alg is %d" % alg, m.make(protected=b"\xa1\x01" + integer(alg)))
    yield Case("alg is ES256 in letters", m.make(protected=b"\xa1\x01\x65ES256"))
    yield Case("alg is null", m.make(protected=b"\xa1\x01\xf6"))
    yield Case("alg is bytes", m.make(protected=b"\xa1\x01\x41\x26"))
    yield Case("alg in a longer form", m.make(protected=b"\xa1\x01\x38\x06"))
    yield Case("no alg", m.make(protected=b""))
    yield Case("no alg in a map", m.make(protected=b"\xa0"))
    yield Case("alg unprotected", m.make(protected=b"", unprotected=m.protected))
    yield Case("alg in both buckets", m.make(unprotected=m.protected))
    yield Case("alg in both buckets, another", m.make(unprotected=b"\xa1\x01\x27"))


def headers(m):
    alg = m.protected[1:]
    for name, protected in (("alg twice", b"\xa2" + alg + alg), ("an unknown label", b"\xa2" + alg + b"\x18\x63\x00"),
                            ("kid is text", b"\xa2" + alg + b"\x04\x61k"), ("kid", b"\xa2" + alg + b"\x04\x41k"),
                            ("a label of bytes", b"\xa2" + alg + b"\x41k\x00"),
                            ("a label of null", b"\xa2" + alg + b"\xf6\x00"),
                            ("an array", b"\x82" + alg), ("alg alone", alg[1:]),
                            ("text", b"\x63abc"), ("something behind", m.protected + b"\x00"),
                            ("cut", m.protected[:-1]), ("a map of indefinite length", b"\xbf" + alg + b"\xff"),
                            ("a reserved head", b"\xa2" + alg + b"\x1c\x00"),
                            ("a break in the place of one more", b"\xa2" + alg + b"\xff")):
        expected = malformed("COSE_NOT_WELL_FORMED") if name in ("an array", "alg alone", "text") else None
        yield Case("protected: " + name, m.make(protected=protected), expected)
    for name, unprotected in (("a kid of text", b"\xa1\x04\x61k"), ("a label twice", b"\xa2\x04\x41a\x04\x41b"),
                              ("an array", b"\x80"), ("null", b"\xf6"), ("bytes", b"\x40"),
                              ("IV of a number", b"\xa1\x05\x01"),
                              ("crit", b"\xa1\x02\x81\x01"), ("x5chain of numbers", b"\xa1\x18\x21\x81\x01"),
                              ("x5chain, empty", b"\xa1\x18\x21\x80")):
        expected = malformed("COSE_BAD_HEADER") if name[:4] in ("crit", "x5ch") else \
            malformed("COSE_NOT_WELL_FORMED") if name in ("an array", "null", "bytes") else None
        yield Case("unprotected: " + name, m.make(unprotected=unprotected), expected)
    for name, crit, status in (("unknown", b"\x81\x18\x63", "COSE_CRIT_UNKNOWN"), ("empty", b"\x80", "COSE_BAD_HEADER"),
                               ("absent", b"\x81\x04", "COSE_BAD_HEADER"), ("no array", b"\x01", "COSE_BAD_HEADER")):
        protected = b"\xa2" + alg + b"\x02" + crit if name != "unknown" else b"\xa3" + alg + b"\x02" + crit + b"\x18\x63\x00"
        yield Case("crit: " + name, m.make(protected=protected), malformed(status))
    yield Case("33 parameters", m.make(unprotected=wire.head(MAP,
                                                             33) + b"".join(integer(100 + i) + b"\0" for i in range(33))),
               malformed("CBOR_TOO_MANY"))


def harmless(m):
    """What is neither signed nor means anything here."""
    yield Case("harmless: a kid beside", m.make(unprotected=b"\xa1\x04\x41k"), GOOD)
    yield Case("harmless: an unknown label beside", m.make(unprotected=b"\xa1\x18\x63\x00"), GOOD)
    yield Case("harmless: as a CWT", b"\xd8\x3d" + m.make(), GOOD)
    if m.tag == 18:
        twin = m.signature[:32] + (ORDER - int.from_bytes(m.signature[32:], "big")).to_bytes(32, "big")
        yield Case("harmless: the twin signature", m.make(signature=twin), GOOD)
        yield Case("harmless: no tag", m.make(tag=None), GOOD)


def shapes(m):
    for tag in (16, 17, 18, 24, 61, 96, 97, 98, 501, 601, 602, 55799):
        if tag != m.tag:
            expected = malformed("CLAIM_*", "CBOR_*") if tag == 602 else None
            yield Case("tag %d" % tag, m.make(tag=tag), expected)
        yield Case("tag %d around" % tag, wire.head(TAG, tag) + m.make(), GOOD if tag == 61 else
                   malformed("CLAIM_*", "CBOR_*") if tag == 602 else None)
    body = m.make(tag=None)[1:]
    for count in (3, 5):
        head = wire.head(TAG, m.tag) + wire.head(ARRAY, count)
        yield Case("%d members" % count, head + body + (b"\x40" if count == 5 else b""))
    yield Case("an array of indefinite length", wire.head(TAG, m.tag) + b"\x9f" + body + b"\xff")
    yield Case("a map", wire.head(TAG, m.tag) + b"\xa2" + body)
    yield Case("members backwards", wire.head(TAG, m.tag) + b"\x84" + wire.string(BYTES, m.signature) +
               wire.string(BYTES, m.payload) + b"\xa0" + wire.string(BYTES, m.protected))
    yield Case("payload and signature exchanged", m.make(payload=m.signature, signature=m.payload))
    yield Case("the payload is detached", m.make(raw_payload=b"\xf6"))
    yield Case("the payload is text", m.make(raw_payload=wire.string(TEXT, b"abc")),
               malformed("COSE_NOT_WELL_FORMED"))
    yield Case("the payload stands for itself", m.make(raw_payload=m.payload))
    yield Case("the payload is empty", m.make(payload=b""))
    yield Case("the payload in a byte string", m.make(payload=wire.string(BYTES, m.payload)))
    yield Case("the payload is the whole token", m.make(payload=m.make()))
    yield Case("the payload in chunks", m.make(raw_payload=b"\x5f" + wire.string(BYTES, m.payload) + b"\xff"))
    yield Case("the claims alone", m.payload)
    yield Case("the signature is text", m.make()[:-len(m.signature) - 2] + wire.string(TEXT, b"a" * len(m.signature)),
               malformed("COSE_NOT_WELL_FORMED"))


def signatures(m, others):
    r, s = m.signature[:32], m.signature[32:]
    for name, signature in (("exchanged halves", s + r), ("zeros", bytes(64)), ("ones", b"\xff" * 64),
                            ("r is 0", bytes(32) + s),
                            ("s is 0", r + bytes(32)), ("r is the order", ORDER.to_bytes(32, "big") + s),
                            ("s is the order", r + ORDER.to_bytes(32, "big")), ("empty", b""),
                            ("cut", m.signature[:-1]),
                            ("a byte more", m.signature + b"\0"), ("a byte before", b"\0" + m.signature),
                            ("half", m.signature[:16]), ("twice", m.signature * 2)):
        yield Case("signature: " + name, m.make(signature=signature))
    for name, sign in others:
        yield Case("signed by " + name, m.make(signature=sign("Signature1", m.protected, m.payload)))
        for context in ("Signature", "MAC0", "CounterSignature"):
            yield Case("signed by %s as %s" % (name, context), m.make(signature=sign(context, m.protected, m.payload)))


# ---- claims, under the old signature

def _rebuilt(pairs):
    return wire.head(MAP, len(pairs)) + b"".join(key + value for key, value in pairs)


WRONG = (("null", b"\xf6"), ("a float", b"\xfa\x40\x00\x00\x00"), ("an empty map", b"\xa0"), ("true", b"\xf5"))


def claims(m):
    data = m.payload
    item = wire.read_whole(data)
    pairs = [(data[key.start:key.end], data[value.start:value.end]) for key, value in item.pairs()]
    numbers = [key.number() for key, _ in item.pairs()]
    for i, number in enumerate(numbers):
        rest = pairs[:i] + pairs[i + 1:]
        yield Case("without claim %d" % number, m.make(payload=_rebuilt(rest)))
        yield Case("claim %d twice" % number, m.make(payload=_rebuilt(pairs + [pairs[i]])),
                   malformed("CBOR_DUPLICATE_KEY"))
        yield Case("claim %d twice, once in a longer form" % number, m.make(
            payload=_rebuilt(pairs + [(b"\x1b" + number.to_bytes(8, "big"), pairs[i][1])])),
                   malformed("CBOR_DUPLICATE_KEY"))
        yield Case("claim %d last" % number, m.make(payload=_rebuilt(rest + [pairs[i]])))
        for name, value in WRONG:
            changed = pairs[:i] + [(pairs[i][0], value)] + rest[i:]
            yield Case("claim %d is %s" % (number, name), m.make(payload=_rebuilt(changed)))
    yield from values(m, item)
    for name, payload in (("claims backwards", _rebuilt(pairs[::-1])), ("no claims", b"\xa0"),
                          ("an array of claims", b"\x80"),
                          ("a claim more", _rebuilt(pairs + [(integer(-70000), b"\x00")])),
                          ("something behind the claims", data + b"\x00"), ("the claims cut", data[:-1]),
                          ("claims of indefinite length", b"\xbf" + data[1:] + b"\xff"),
                          ("claims without their end", b"\xbf" + data[1:]),
                          ("a text that is not UTF-8", _rebuilt(pairs + [(b"\x18\x64", b"\x62\xc3\x28")])),
                          ("claims deep", _rebuilt(pairs + [(integer(-70000), b"\x81" * 20 + b"\x00")]))):
        yield Case(name, m.make(payload=payload))


def values(m, item):
    """A value changed within its type: the last byte of each string, each number by one."""
    data = m.payload
    for one in item.walk():
        if one.kind in (BYTES, TEXT) and one.end > one.body:
            yield Case("the string at %d by a bit" % one.start, m.make(
                payload=data[:one.end - 1] + bytes([data[one.end - 1] ^ 1]) + data[one.end:]))
            yield Case("the string at %d shorter" % one.start, m.make(payload=wire.replace(
                data, one, wire.string(one.kind, data[one.body:one.end - 1]))))
            yield Case("the string at %d longer" % one.start, m.make(payload=wire.replace(
                data, one, wire.string(one.kind, data[one.body:one.end] + b"a"))))
        elif one.kind in (UINT, NINT):
            yield Case("the number at %d by one" % one.start, m.make(
                payload=wire.replace(data, one, wire.head(one.kind, one.value + 1))))


class Signing(Maker):
    """Puts messages together under a signature of the right key."""

    def __init__(self, data, sign):
        super().__init__(data)
        self.sign = sign

    def make(self, payload=None, **others):
        return super().make(payload=payload, signature=self.sign("Signature1", self.protected, payload), **others)


def signed_again(data, sign, world):
    """What the right key could sign, too: every fault of form is called as before, every other claim by what it claims."""
    old = cbor2.loads(Maker(data).payload)
    for case in claims(Signing(data, sign)):
        expected = case.expected
        if expected is None and judge_token(case.data, world, world.nonce) == GOOD:
            expected = outcome(old, cbor2.loads(Maker(case.data).payload), bool(world.secrets))
        yield Case("signed again: " + case.name, case.data, expected)


# ---- wrappers (RFC 9999)

def record(kind, message, indicator=b""):
    name = integer(kind) if isinstance(kind, int) else wire.string(TEXT, kind.encode())
    return wire.head(ARRAY, 3 if indicator else 2) + name + wire.string(BYTES, message) + indicator


def as_json(kind, text, *more):
    return json.dumps([kind, text, *more]).encode()


def wrappers(data, kind, other, other_format):
    """`kind` is the evidence's media type, `other` that of another profile, `other_format` a content format of another."""
    text = base64.urlsafe_b64encode(data).decode()
    wrong = malformed("VERIFIER_WRAPPED_TYPE")
    yield Case("harmless: in a record", record(kind, data), GOOD)
    yield Case("harmless: in a record for evidence", record(kind, data, b"\x04"), GOOD)
    yield Case("harmless: in a record of JSON", as_json(kind, text.rstrip("=")), GOOD)
    yield Case("in a record of another profile", record(other, data),
               malformed("CBOR_*", "COSE_*") if data[18:24] == MAGIC
               else {("evidence.other-type", "VERIFIER_TYPE_MISMATCH")})
    if other_format is not None:
        yield Case("in a record of another content format", record(other_format, data),
                   {("evidence.other-type", "VERIFIER_TYPE_MISMATCH")})
    yield Case("in a record of a type unknown here", record("application/octet-stream", data), wrong)
    yield Case("in a record of an unknown content format", record(42, data), wrong)
    yield Case("in a record without a type", record("", data), malformed("CMW_BAD_TYPE"))
    yield Case("in a record of no media type", record("evidence", data), malformed("CMW_BAD_TYPE"))
    yield Case("in a record for endorsements", record(kind, data, b"\x02"), wrong)
    yield Case("in a record with indicator 0", record(kind, data, b"\x00"), malformed("CMW_BAD_INDICATOR"))
    yield Case("in a record with an unknown indicator", record(kind, data, b"\x18\x20"), malformed("CMW_BAD_INDICATOR"))
    yield Case("in a record of four", b"\x84" + record(kind, data)[1:] + b"\x04\x00", malformed("COSE_*", "CMW_*"))
    head = wire.head(ARRAY, 2) + wire.string(TEXT, kind.encode())
    yield Case("in a record, as text", head + wire.string(TEXT, b"abc"), malformed("CMW_BAD_VALUE"))
    yield Case("in a record, unpacked", head + data, malformed("CMW_BAD_VALUE", "CBOR_*"))
    yield Case("in a record in a record", record(kind, record(kind, data)),
               malformed("COSE_NOT_WELL_FORMED", "TPM_BAD_EVIDENCE"))
    yield Case("in an empty record", record(kind, b""), malformed("CMW_BAD_VALUE", "CBOR_TRUNCATED",
                                                                  "TPM_BAD_EVIDENCE"))
    yield Case("a record and more", record(kind, data) + b"\0", malformed("CBOR_TRAILING"))
    yield Case("a record cut", record(kind, data)[:-1], malformed("CBOR_TRUNCATED"))
    yield Case("in JSON with padding", as_json(kind, text.rstrip("=") + "=="), malformed("CMW_BAD_VALUE"))
    yield Case("in JSON, not base64", as_json(kind, "!" + text.rstrip("=")), malformed("CMW_BAD_VALUE"))
    yield Case("in JSON, not closed", as_json(kind, text.rstrip("="))[:-1], malformed("JSON_TRUNCATED"))
    yield Case("in JSON, and more", as_json(kind, text.rstrip("=")) + b"1", malformed("JSON_TRAILING"))
    for name, changed in (("in hexadecimal", data.hex().encode()), ("in base64", base64.b64encode(data)),
                          ("in a byte string", wire.string(BYTES, data)), ("in a text", wire.string(TEXT, b"abc")),
                          ("in an array", b"\x81" + data)):
        yield Case(name, changed)


# ---- a TPM's token

def quotes(data, others):
    size = int.from_bytes(data[16:18], "big")
    node, attest, signature = data[:16], data[18:18 + size], data[18 + size:]
    r, s = signature[6:38], signature[40:]

    def make(node=node, attest=attest, signature=signature):
        return node + len(attest).to_bytes(2, "big") + attest + signature

    def signed(r=r, s=s, scheme=0x18, digest=0x0b):
        return b"".join((scheme.to_bytes(2, "big"), digest.to_bytes(2, "big"), len(r).to_bytes(2, "big"), r,
                         len(s).to_bytes(2, "big"), s))

    twin = (ORDER - int.from_bytes(s, "big")).to_bytes(32, "big")
    yield Case("harmless: the twin signature", make(signature=signed(s=twin)), GOOD)
    for name, changed in (("r and s exchanged", signed(s, r)), ("r is 0", signed(bytes(32))),
                          ("s is 0", signed(s=bytes(32))),
                          ("r is empty", signed(b"")), ("s is empty", signed(s=b"")), ("r is long", signed(b"\1" + r)),
                          ("r is too long", signed(bytes(70))), ("a byte more", signature + b"\0"),
                          ("cut", signature[:-1]),
                          ("none", b""), ("s is the order", signed(s=ORDER.to_bytes(32, "big")))):
        yield Case("signature: " + name, make(signature=changed))
    for scheme in (0, 0x10, 0x14, 0x15, 0x16, 0x17, 0x19, 0x1a, 0x1b, 0x1c, 0xffff):
        yield Case("scheme %#06x" % scheme, make(signature=signed(scheme=scheme)))
    for digest in (0, 0x04, 0x0c, 0x0d, 0x10, 0x12, 0x27, 0xffff):
        yield Case("hash %#06x" % digest, make(signature=signed(digest=digest)))
        bank = digest.to_bytes(2, "big") + b"\x03"
        yield Case("bank %#06x" % digest, make(attest=attest.replace(b"\x00\x0b\x03", bank)))
    for kind in range(0x8014, 0x801e):
        if kind != 0x8018:  # then it is not EnactTrust's token, and no evidence at all
            yield Case("a statement of type %#x" % kind, make(attest=MAGIC[:4] + kind.to_bytes(2, "big") + attest[6:]))
    for name, changed in (("another magic", b"\0" + attest[1:]), ("cut", attest[:-1]), ("a byte more", attest + b"\0"),
                          ("qualifying data", attest[:8] + b"\0\x08abcdefgh" + attest[10:]),
                          ("a later clock", attest.replace(bytes(8), bytes(7) + b"\1", 1)),
                          ("another digest", attest[:-1] + bytes([attest[-1] ^ 1])),
                          ("no digest", attest[:-34] + b"\0\0")):
        yield Case("quote: " + name, make(attest=changed))
    for name, sign in others:
        yield Case("signed by " + name, make(signature=signed(*sign(attest))))
    yield Case("another node", make(node=bytes(16)))
    yield Case("the node backwards", make(node=node[::-1]))
    for name, changed in (("the quote alone", attest),
                          ("without the node", data[16:]), ("the size by one",
                                                            data[:17] + bytes([data[17] + 1]) + data[18:])):
        yield Case(name, changed)


def cose_mutations(data, nonce, others, random):
    m = Maker(data)
    yield from bits(data)
    yield from splices(data, random)
    yield from ends(data, lambda size: malformed("CBOR_TRUNCATED"), malformed("CBOR_TRAILING"))
    yield from nonces(data, nonce)
    for generate in (algorithms, headers, harmless, shapes, claims):
        yield from generate(m)
    yield from signatures(m, others)


def quote_mutations(data, others, random):
    yield from bits(data)
    yield from splices(data, random)
    yield from ends(data, lambda size: None, malformed("TPM_TRAILING"))
    yield from quotes(data, others)
