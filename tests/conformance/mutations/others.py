# SPDX-License-Identifier: Apache-2.0
"""Vectors in forms of their own: a firmware's event log (TCG PC Client Platform Firmware Profile, 10), keylime's text of a
quote, and a certificate with a wrapper in it. Structural faults, and by rules the name that each must have."""
import base64

from mutations.judge import Cursor, read_quote, read_signature
from mutations.wire import Fault

SHA256, NO_ACTION = 0x000b, 3
SIZES = {0x0004: 20, 0x000b: 32, 0x000c: 48, 0x000d: 64, 0x0012: 32}
BANKS_MAX, EVENT_MAX, LOG_MAX, REGISTERS = 8, 0x20000, 0xc0000, 32


# ---- the event log

class Log(Cursor):
    def little(self, size):
        return int.from_bytes(self.take(size), "little")

    def header(self):
        """The banks, with the sizes of their digests."""
        pcr, kind = self.little(4), self.little(4)
        self.take(20)
        body = Log(self.take(self.little(4)))
        if pcr != 0 or kind != NO_ACTION or body.data[:16] != b"Spec ID Event03\0":
            raise Fault("TPM_LOG_LEGACY")
        body.take(24)
        count, banks = body.little(4), {}
        if not 0 < count <= BANKS_MAX:
            raise Fault("TPM_BAD_VALUE")
        for _ in range(count):
            alg, size = body.little(2), body.little(2)
            if alg in banks or not 0 < size <= 64 or SIZES.get(alg, size) != size:
                raise Fault("TPM_BAD_VALUE")
            banks[alg] = size
        body.take(body.little(1))
        body.end()
        return banks

    def event(self, banks):
        pcr, kind = self.little(4), self.little(4)
        if pcr >= REGISTERS and kind != NO_ACTION:
            raise Fault("TPM_BAD_VALUE")
        if self.little(4) != len(banks):
            raise Fault("TPM_BAD_VALUE")
        seen = set()
        for _ in banks:
            alg = self.little(2)
            if alg not in banks or alg in seen:
                raise Fault("TPM_BAD_VALUE")
            seen.add(alg)
            self.take(banks[alg])
        size = self.little(4)
        if size > EVENT_MAX:
            raise Fault("TOO_LARGE")
        return pcr, kind, self.take(size)


def judge_log(data):
    try:
        log = Log(data)
        banks, is_begun = log.header(), False
        while log.at < len(data):
            pcr, kind, said = log.event(banks)
            if pcr == 0 and kind == NO_ACTION and said[:16] == b"StartupLocality\0" and len(said) == 17 and \
                    (said[16] > 4 or is_begun):
                raise Fault("TPM_BAD_VALUE")
            is_begun |= pcr == 0 and (kind != NO_ACTION or said[:16] == b"StartupLocality\0" and len(said) == 17)
    except Fault as fault:
        return set(fault.args)
    return {"OK"} if SHA256 in banks else {"TPM_LOG_BANK"}


def log_faults(vector, random):
    whole, log, starts = vector.data, Log(vector.data), []
    banks = log.header()
    while log.at < len(whole):
        starts.append(log.at)
        log.event(banks)
    data = whole[:starts[12]]  # enough of it for changes of bits
    for at in list(range(0, starts[1])) + random.sample(range(starts[1], len(data)), 400):
        changed = data[:at] + bytes([data[at] ^ 1 << random.randrange(8)]) + data[at + 1:]
        yield "a bit of byte %d" % at, changed, judge_log(changed)
    for size in [0, 1, starts[0] - 1] + list(range(starts[0] + 1, starts[2])) + starts[3::5]:
        yield "cut to %d" % size, whole[:size], {"OK"} if size in starts else {"TPM_TRUNCATED"}

    def put(place, value):
        return whole[:place] + value.to_bytes(4, "little") + whole[place + 4:]

    for at in starts[:40:3]:
        for name, place, value, expected in (("of register 32", at, 32, "TPM_BAD_VALUE"),
                                             ("of no digests", at + 8, 0, "TPM_BAD_VALUE"),
                                             ("of a digest more", at + 8, len(banks) + 1, "TPM_BAD_VALUE"),
                                             ("of many digests", at + 8, 0xffffffff, "TPM_BAD_VALUE")):
            yield "event at %d: %s" % (at, name), put(place, value), {expected}
        place = at + 12 + sum(2 + size for size in banks.values())
        for name, value, expected in (("longer than the log", 0x1ffff, "TPM_TRUNCATED"),
                                      ("longer than may be", 0x20001, "TOO_LARGE"),
                                      ("of 4 GiB", 0xffffffff, "TOO_LARGE")):
            yield "event at %d: %s" % (at, name), put(place, value), {expected}
        yield "event at %d: of an unknown bank" % at, whole[:at + 12] + b"\xff\xff" + whole[at + 14:], {"TPM_BAD_VALUE"}
    yield "the log of TPM 1.2", whole[:32] + b"Spec ID Event02\0" + whole[48:], {"TPM_LOG_LEGACY"}
    yield "without a header", whole[starts[0]:], {"TPM_LOG_LEGACY", "TPM_TRUNCATED"}
    yield "something behind", whole + b"\0", {"TPM_TRUNCATED"}
    event = whole[starts[0]:starts[1]]
    yield "too large", whole[:starts[0]] + event * (LOG_MAX // len(event) + 1), {"TOO_LARGE"}


# ---- keylime's text

def judge_text(text):
    """Up to the values of registers, which this quote has in a bank of SHA-1."""
    if text[:9] != b"r/1RDR4AY":
        return {"TPM_BAD_EVIDENCE"}
    parts = text[1:].rstrip(b"\r\n").split(b":")
    decoded = []
    for part in parts[:3]:
        try:
            decoded.append(base64.b64decode(part + b"=" * (-len(part) % 4), validate=True))
        except ValueError:
            return {"BAD_BASE64"}
        again = base64.b64encode(decoded[-1])
        if b"=" in part and again != part or again.rstrip(b"=") != part.rstrip(b"="):
            return {"BAD_BASE64"}
    if len(parts) > 3 or len(decoded) < 2 or not decoded[1]:
        return {"TPM_BAD_EVIDENCE"}
    names = set()
    for read, data in ((read_quote, decoded[0]), (read_signature, decoded[1])):
        try:
            read(data)
        except Fault as fault:
            names |= set(fault.args)
    return names


def text_faults(vector, random):
    text = vector.data.strip()
    quote, signature, values = text[1:].split(b":")

    def joined(quote=quote, signature=signature, values=values):
        return b"r" + b":".join((quote, signature, values))

    def again(part, change):
        return base64.b64encode(change(base64.b64decode(part)))

    for name, data in (("another letter", b"d" + text[1:]), ("no letter", text[1:]), ("empty", b""),
                       ("the letter alone", b"r"),
                       ("a part more", text + b":AAAA"), ("no signature", b"r" + quote),
                       ("an empty signature", joined(signature=b"")),
                       ("a foreign character", joined(quote=quote[:40] + b"*" + quote[41:])),
                       ("a foreign character in the signature", joined(signature=b"*" + signature[1:])),
                       ("a space", joined(quote=quote[:40] + b" " + quote[40:])),
                       ("a line break", joined(quote[:40] + b"\n" + quote[40:])),
                       ("padding within", joined(quote=quote[:40] + b"==" + quote[40:])),
                       ("the quote cut", joined(quote=again(quote, lambda data: data[:-1]))),
                       ("the quote longer", joined(quote=again(quote, lambda data: data + b"\0"))),
                       ("no quote", joined(quote=b"")),
                       ("the signature longer", joined(signature=again(signature, lambda data: data + b"\0"))),
                       ("the signature cut", joined(signature=again(signature, lambda data: data[:-1]))),
                       ("quote and signature exchanged", joined(quote=signature, signature=quote))):
        yield name, data, judge_text(data)
    for kind in range(0x8014, 0x801e):
        if kind != 0x8018:
            data = joined(quote=again(quote, lambda data, kind=kind: data[:4] + kind.to_bytes(2, "big") + data[6:]))
            # 0x8019 to 0x801b begin alike in base 64, and so it is the quote that is looked at
            yield "a statement of type %#x" % kind, data, judge_text(data)
    for scheme in (0, 0x10, 0x15, 0x1a, 0x1b, 0xffff):
        data = joined(signature=again(signature, lambda data, scheme=scheme: scheme.to_bytes(2, "big") + data[2:]))
        yield "scheme %#x" % scheme, data, judge_text(data)
    for name, change in (("values cut", lambda data: data[:-1]), ("values longer", lambda data: data + b"\0"),
                         ("no values in them", lambda data: data[:4]),
                         ("values of zeros", lambda data: bytes(len(data)))):
        yield name, joined(values=again(values, change)), {"TPM_TRUNCATED", "TPM_TRAILING", "TPM_BAD_VALUE"}


# ---- a wrapper in a certificate

OID, OTHER_OID = bytes.fromhex("06082b06010505070123"), bytes.fromhex("06082b06010505070124")


def certificate_faults(vector, random):
    data = vector.data
    at = data.index(OID) + len(OID)  # of the extension's value: an octet string with an octet string with the wrapper
    wrapper, end = at + 4, at + 2 + data[at + 1]
    kind = data.index(b"application/rim+cose")

    def put(place, new):
        return data[:place] + new + data[place + len(new):]

    for name, changed, expected in (
            ("no such extension", data.replace(OID, OTHER_OID), {"NOT_FOUND"}),
            ("the wrapper is an integer", put(at + 2, b"\x02"), {"CMW_NOT_WELL_FORMED", "DER_*"}),
            ("the wrapper is JSON, it says", put(at + 2, b"\x0c"), {"CMW_NOT_WELL_FORMED", "DER_BAD_TEXT"}),
            ("the wrapper's length is longer", put(at + 3, bytes([data[at + 3] + 1])), {"DER_TRUNCATED"}),
            ("the wrapper's length is shorter", put(at + 3, bytes([data[at + 3] - 1])),
             {"DER_TRAILING", "DER_TRUNCATED"}),
            ("a length in BER", put(at + 2, b"\x04\x81"), {"DER_*"}),
                                    ("the wrapper is a text", put(wrapper, b"\x63"), {"CMW_NOT_WELL_FORMED"}),
            ("the wrapper is an empty map", put(wrapper, b"\xa0"), {"CBOR_TRAILING", "CMW_EMPTY_COLLECTION"}),
            ("the wrapper is of two", put(wrapper, b"\xa2"), {"CBOR_TRAILING"}),
                                    ("the wrapper is of four", put(wrapper, b"\xa4"), {"CBOR_TRUNCATED"}),
            ("a type that is none", put(kind + 11, b" "), {"CMW_BAD_TYPE"}),
                                    ("a type that is no UTF-8", put(kind + 3, b"\xff"), {"CBOR_BAD_UTF8"}),
            ("the same label twice", put(wrapper + 1, b"\x02"), {"CBOR_DUPLICATE_KEY"}),
            ("a reserved head", put(wrapper + 1, b"\x1c"), {"CBOR_RESERVED"}),
                                    ("the last byte is a head", put(end - 1, b"\xff"), {"OK"})):
        yield name, changed, expected
    for size in list(range(0, at, 13)) + list(range(at, end)) + [len(data) - 1]:
        yield "cut to %d" % size, data[:size], {"DER_TRUNCATED"}
    yield "something behind", data + b"\0", {"DER_TRAILING"}
    yield "no certificate", b"\x30\x00", {"DER_*", "CRYPTO_BAD_CERTIFICATE"}
