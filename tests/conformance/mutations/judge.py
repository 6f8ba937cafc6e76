# SPDX-License-Identifier: Apache-2.0
"""Rules for what must be said of a changed message: plain, slow, from RFC 8949, 9052, 9783 and TPM 2.0 Part 2, and from
the order in which verifier.h and appraisal.h promise that evidence is looked at: form, headers, claims, signer,
signature, freshness. A judgement is a set of (finding, status); GOOD where the change makes no difference."""
import hmac
import re

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from mutations import wire
from mutations.wire import ARRAY, BYTES, MAP, NINT, SIMPLE, TAG, TEXT, UINT, Fault

GOOD = "good"
MALFORMED, UNKNOWN_SIGNER = "evidence.malformed", "instance-identity.unknown-signer"
BAD_SIGNATURE = ("evidence.bad-signature", "COSE_BAD_SIGNATURE")
ALG_REFUSED = ("evidence.algorithm-refused", "COSE_ALG_REFUSED")
NOBODY = (UNKNOWN_SIGNER, "VERIFIER_NO_TRUST_ANCHOR")
OTHER_NONCE = ("freshness.nonce-mismatch", "VERIFIER_NONCE_MISMATCH")
UNVERIFIABLE = "evidence.unverifiable"

# Algorithms that a key of P-256 verifies, and their hashes: cose.h, RFC 9053, 2.1.
P256_ALGS = {-7: hashes.SHA256, -9: hashes.SHA256, -36: hashes.SHA512}
# Algorithms of codes: hash, bytes of the code.
MAC_ALGS = {4: ("sha256", 8), 5: ("sha256", 32), 6: ("sha384", 48), 7: ("sha512", 64)}
ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551


def malformed(*names):
    return {(MALFORMED, name) for name in names}


class World:
    """What the verifier was told: endorsed instances with their keys, added keys, shared secrets; and the request."""

    def __init__(self, slot, nonce=b"", endorsed=None, keys=(), secrets=()):
        self.slot, self.nonce, self.endorsed, self.keys, self.secrets = slot, nonce, endorsed or {}, keys, secrets


# ---- signatures

def is_signed(key, digest, message, signature):
    r, s = (int.from_bytes(half, "big") for half in (signature[:32], signature[32:]))
    try:
        key.verify(encode_dss_signature(r, s), message, ec.ECDSA(digest()))
    except InvalidSignature:
        return False
    return len(signature) == 64


def structure(context, protected, payload):
    return (wire.head(ARRAY, 4) + wire.string(TEXT, context.encode()) + wire.string(BYTES, protected) + b"\x40" +
            wire.string(BYTES, payload))


def code_of(secret, alg, protected, payload):
    name, size = MAC_ALGS[alg]
    return hmac.new(secret, structure("MAC0", protected, payload), name).digest()[:size]


# ---- the form: RFC 9052, 2 and 3

KNOWN_HEADERS = {1: (UINT, NINT, TEXT), 2: (ARRAY,), 3: (UINT, TEXT), 4: (BYTES,), 5: (BYTES,), 6: (BYTES,),
                 8: (BYTES,),
                 10: (BYTES,), 15: (MAP,), 16: (UINT, TEXT), 32: (BYTES, ARRAY), 33: (BYTES, ARRAY), 34: (ARRAY,),
                 35: (TAG,)}


# Where another type stands than there should, the rest of the message has no shape, and may have faults of its own.
SHAPELESS = ("COSE_NOT_WELL_FORMED", "CBOR_TRUNCATED", "CBOR_RESERVED", "CBOR_BAD_UTF8", "CBOR_BAD_BREAK", "CBOR_TRAILING")


class Token:
    def __init__(self, data):
        """Takes a message apart; Fault names the first thing in its order that is wrong."""
        self.data, at, self.tag = data, 0, 0
        item = self._head(at)
        if item.kind == TAG:
            if item.value == 61:
                item = self._head(item.body)
            if item.kind != TAG or item.value not in (17, 18):
                raise Fault("COSE_NOT_WELL_FORMED")
            self.tag, item = item.value, self._head(item.body)
        if item.kind != ARRAY or item.value != 4 or item.is_indefinite:
            raise Fault("COSE_NOT_WELL_FORMED")
        protected = self._bytes(item.body)
        unprotected = self._unprotected(protected.end)
        payload = self._head(unprotected.end)
        self.is_detached = (payload.kind, payload.value) == (SIMPLE, 22)
        payload = wire.read(data, payload.start, may_break=True) if self.is_detached else self._bytes(payload.start)
        signature = self._bytes(payload.end)
        if signature.end != len(data):
            raise Fault("CBOR_TRAILING")
        self.protected, self.payload, self.signature = (wire.content_of(data, one) if one.kind == BYTES else b""
                                                        for one in (protected, payload, signature))
        self.headers = {} if self.protected in (b"", b"\xa0") else self._bucket(self.protected, {})
        others = self._bucket(data[unprotected.start:unprotected.end], self.headers)
        self.is_alg_protected = 1 in self.headers or 1 not in others
        self.headers.update(others)

    def _head(self, at):
        return wire.read_head(self.data, at)

    def _unprotected(self, at):
        try:
            return wire.read(self.data, at)
        except Fault as fault:
            is_other = at < len(self.data) and self.data[at] >> 5 != MAP
            is_late = "CBOR_BAD_UTF8" in fault.args  # texts are looked at when the members are found
            raise Fault(*(SHAPELESS if is_other or is_late else fault.args)) from None

    def _bytes(self, at):
        """A byte string in one piece; what stands there instead may have faults of its own."""
        try:
            item = wire.read(self.data, at, may_break=True)
        except Fault as fault:
            is_other = at < len(self.data) and self.data[at] >> 5 != BYTES
            raise Fault(*(SHAPELESS if is_other else fault.args)) from None
        if item.kind != BYTES or item.is_indefinite:
            raise Fault(*SHAPELESS)
        return item

    @staticmethod
    def _bucket(data, protected):
        item, found = wire.read_head(data, 0), {}
        if item.kind != MAP:
            raise Fault(*SHAPELESS)
        at, left = item.body, item.value
        while left > 0 or item.is_indefinite:
            label = wire.read_head(data, at)
            if item.is_indefinite and label.is_break():
                at = label.end
                break
            is_good = label.kind in (UINT, NINT, TEXT)
            try:
                label = wire.read(data, at)
                value = wire.read(data, label.end)
            except Fault as fault:
                raise Fault(*fault.args, *(() if is_good else ("COSE_BAD_HEADER",))) from None
            if not is_good:
                raise Fault("COSE_BAD_HEADER")
            Token._take_pair(wire.key_of(data, label), value, found, protected)
            at, left = value.end, left - 1
        if at != len(data):
            raise Fault("CBOR_TRAILING")
        return found

    @staticmethod
    def _take_pair(key, value, found, protected):
        number = key[1] if isinstance(key, tuple) else key
        if number in found:
            raise Fault("CBOR_DUPLICATE_KEY")
        if number in protected:
            raise Fault("COSE_DUPLICATE_HEADER")
        if value.kind not in KNOWN_HEADERS.get(number, (value.kind,)):
            raise Fault("COSE_BAD_HEADER")
        if number == 1 and value.kind == TEXT:
            raise Fault("COSE_ALG_REFUSED")
        found[number] = value.number()


def begins_like_a_wrapper(data):
    """RFC 9999, 3: by its first byte. A message of COSE never has one of these, but for an array that is no wrapper."""
    return data[:1] and (data[0] in (0x82, 0x83, 0x9f, 0xda, 0x5b, 0x7b, 0xbf) or 0xa0 <= data[0] <= 0xbb)


def faults_beside(data, names):
    """What is no message of COSE may be no CBOR either."""
    try:
        wire.read(data)
    except Fault as fault:
        return {*names, *fault.args} if "COSE_NOT_WELL_FORMED" in names else set(names)
    return set(names)


# ---- claims: RFC 9783, 4, and the profile before it

def _size(*sizes):
    return lambda value: isinstance(value, bytes) and len(value) in sizes


def _number(low, high):
    return lambda value: isinstance(value, int) and low <= value <= high


def _is_text(_):
    return True


HASH = (BYTES, _size(32, 48, 64))
PROFILES = {"tag:psacertified.org,2023:psa#tfm": "rfc9783", "http://arm.com/psa/2.0.0": "2.0.0"}
# 2397 is the older profile's; what it is there it is everywhere.
SEED = {"rfc9783": {268: (BYTES, _size(*range(8, 33))), 2397: (BYTES, _size(*range(256)))},
        "2.0.0": {2397: (BYTES, _size(32))}}
REFERENCE = {"rfc9783": r"[0-9]{13}-[0-9]{5}", "2.0.0": r"[0-9]{13}(-[0-9]{5})?"}
MANDATORY = {"rfc9783": (10, 256, 2394, 2395, 2396, 2399), "2.0.0": (10, 256, 2394, 2395, 2396, 2397, 2399)}
CLAIMS = {10: HASH, 256: (BYTES, lambda value: len(value) == 33 and value[0] == 1), 265: (TEXT, _is_text),
          2394: (UINT, _number(-1 << 31, (1 << 31) - 1)), 2395: (UINT,
                                                                 lambda value: value < 0x6100 and value & 0xf00 == 0),
          2396: (BYTES, _size(32)), 2399: (ARRAY, lambda count: count > 0), 2400: (TEXT, _is_text)}
MEMBERS = {1: (TEXT, _is_text), 2: HASH, 4: (TEXT, _is_text), 5: HASH, 6: (TEXT, _is_text)}


class Claims:
    """Of a PSA token; `faults` are all the names that are deserved, the profile's before all others."""

    def __init__(self, data):
        item = wire.read_whole(data, 16)
        self.data, self.values, self.faults = data, {}, set()
        if item.kind != MAP:
            self.faults = {"CLAIM_BAD_TYPE", "CLAIM_UNKNOWN_PROFILE"}
            return
        pairs = {key.number(): value for key, value in item.pairs() if key.number() is not None}
        profile = pairs.get(265)
        if profile is not None and (profile.kind != TEXT or profile.is_indefinite):
            self.faults = {"CLAIM_BAD_TYPE"}
        name = PROFILES.get(wire.content_of(data, profile)) if profile is not None and not self.faults else None
        if name is None:
            self.faults = self.faults or {"CLAIM_UNKNOWN_PROFILE"}
            return
        reference = {2398: (TEXT, lambda text: re.fullmatch(REFERENCE[name], text))}
        self._map(pairs, {**CLAIMS, **SEED[name], **reference}, MANDATORY[name])
        for component in pairs[2399].children if 2399 in pairs and pairs[2399].kind == ARRAY else ():
            if component.kind != MAP:
                self.faults.add("CLAIM_BAD_TYPE")
                continue
            self._map({key.number(): value for key, value in component.pairs() if key.number() is not None}, MEMBERS,
                      (2, 5))

    def _map(self, pairs, rules, mandatory):
        self.faults |= {"CLAIM_MISSING" for label in mandatory if label not in pairs}
        for label, (kind, is_good) in rules.items():
            if label not in pairs:
                continue
            value = pairs[label]
            if value.kind != kind and not (label == 2394 and value.kind == NINT) or \
                    value.kind in (BYTES, TEXT) and value.is_indefinite:
                self.faults.add("CLAIM_BAD_TYPE")
                continue
            content = wire.content_of(self.data, value) if kind in (BYTES, TEXT) else \
                len(value.children) if kind == ARRAY else value.number()
            if not is_good(content):
                self.faults.add("CLAIM_BAD_VALUE")
            if rules is not MEMBERS:
                self.values[label] = content


# ---- the whole

def _signer_of(token, claims, world):
    """GOOD, or what is wrong with the signature."""
    alg, instance = token.headers.get(1), claims.values.get(256)
    if token.tag == 17:
        if alg not in MAC_ALGS or alg == 4:  # 64 bits are taken by the key's word alone, and these have none
            return {ALG_REFUSED}
        codes = [code_of(secret, alg, token.protected, token.payload) for secret in world.secrets]
        if not token.is_alg_protected:
            return {(UNVERIFIABLE, "COSE_BAD_HEADER")}
        return GOOD if token.signature in codes else {("evidence.bad-mac", "COSE_BAD_TAG")}
    endorsed = world.endorsed.get(instance)
    keys = [endorsed] if endorsed is not None else world.keys
    if not keys:
        return {NOBODY}
    if not token.is_alg_protected:
        return {(UNVERIFIABLE, "COSE_BAD_HEADER")}
    if alg not in P256_ALGS:
        return {ALG_REFUSED}
    signed = structure("Signature1", b"" if token.protected == b"\xa0" else token.protected, token.payload)
    if any(is_signed(key, P256_ALGS[alg], signed, token.signature) for key in keys):
        return GOOD
    if any(is_signed(key, P256_ALGS[alg], signed, token.signature) for key in world.keys):
        return {("instance-identity.other-device", "VERIFIER_INSTANCE_MISMATCH")}
    return {BAD_SIGNATURE}


def judge_token(data, world, nonce):
    """Evidence in COSE, of the PSA's profiles."""
    if not data:
        return malformed("CBOR_TRUNCATED")
    if begins_like_a_wrapper(data):
        return malformed("CMW_*", "CBOR_*", "JSON_*", "VERIFIER_WRAPPED_TYPE")
    try:
        token = Token(data)
        if token.tag == 17 and not world.secrets:
            return malformed("UNSUPPORTED")
        if token.is_detached:
            return malformed("COSE_DETACHED")
        claims = Claims(token.payload)
    except Fault as fault:
        return malformed(*faults_beside(data, fault.args))
    if claims.faults:
        return malformed(*claims.faults)
    signer = _signer_of(token, claims, world)
    if signer != GOOD:
        return signer
    return GOOD if claims.values[10] == nonce else {OTHER_NONCE}


def outcome(old, new, is_mac):
    """Claims that were signed by the right key, and are fresh: what their differences must be called. A secret speaks
    for all instances; else the instance is the endorsed one, of the class that is endorsed with it."""
    if new[2396] != old[2396]:
        return {("hardware.unknown-class", "OK") if is_mac else ("instance-identity.other-class",
                                                                 "VERIFIER_CLASS_MISMATCH")}
    for before, after in zip(old[2399], new[2399]):
        if before.get(1) != after.get(1):
            return {("executables.unknown-component", "OK")}
        if before[2] != after[2]:
            return {("executables.unknown-measurement", "OK")}
        if before[5] != after[5]:
            return {("executables.other-signer", "OK")}
    return {("configuration.lifecycle", "OK")} if new[2395] >> 8 != 0x30 else GOOD


# ---- a TPM's quote, in EnactTrust's token: TPM 2.0 Part 2, 10.12 and 11.3

BANKS = (0x0004, 0x000b, 0x000c, 0x000d, 0x0012)
HASHES = (0x0004, 0x000b, 0x000c, 0x000d)
MAGIC = bytes.fromhex("ff5443478018")


class Cursor:
    def __init__(self, data):
        self.data, self.at = data, 0

    def take(self, size):
        if size > len(self.data) - self.at:
            raise Fault("TPM_TRUNCATED")
        self.at += size
        return self.data[self.at - size:self.at]

    def number(self, size):
        return int.from_bytes(self.take(size), "big")

    def sized(self, most):
        size = self.number(2)
        if size > most:
            raise Fault("TPM_BAD_VALUE")
        return self.take(size)

    def end(self):
        if self.at != len(self.data):
            raise Fault("TPM_TRAILING")


def read_quote(data):
    """The qualifying data of a quote."""
    cursor = Cursor(data)
    if cursor.take(4) != MAGIC[:4]:
        raise Fault("TPM_NOT_FROM_TPM")
    if cursor.take(2) != MAGIC[4:]:
        raise Fault("TPM_NOT_A_QUOTE")
    cursor.sized(66)
    qualifying = cursor.sized(66)
    cursor.take(16)
    if cursor.number(1) > 1:
        raise Fault("TPM_BAD_VALUE")
    cursor.take(8)
    count, banks = cursor.number(4), set()
    if count > 8:
        raise Fault("TPM_BAD_VALUE")
    for _ in range(count):
        bank = cursor.number(2)
        if bank not in BANKS:
            raise Fault("TPM_UNSUPPORTED")
        if bank in banks or len(cursor.take(cursor.number(1))) > 4:
            raise Fault("TPM_BAD_VALUE")
        banks.add(bank)
    cursor.sized(64)
    cursor.end()
    return qualifying


def read_signature(data):
    """Scheme, hash, and of ECDSA r and s in 64 bytes."""
    cursor = Cursor(data)
    scheme = cursor.number(2)
    if scheme not in (0x14, 0x16, 0x18):
        raise Fault("TPM_UNSUPPORTED")
    digest = cursor.number(2)
    if digest not in HASHES:
        raise Fault("TPM_UNSUPPORTED")
    numbers = [cursor.sized(66), cursor.sized(66)] if scheme == 0x18 else [cursor.sized(512)]
    if not all(numbers):
        raise Fault("TPM_BAD_VALUE")
    cursor.end()
    if digest == 0x0004:
        raise Fault("TPM_SHA1")
    return scheme, digest, numbers


def judge_quote(data, world, nonce):
    if data[18:24] != MAGIC or len(data) < 25:
        return judge_token(data, world, nonce)
    size = int.from_bytes(data[16:18], "big")
    if len(data) <= 18 + size:
        return malformed("TPM_BAD_EVIDENCE")
    attest, signature = data[18:18 + size], data[18 + size:]
    try:
        qualifying = read_quote(attest)
        scheme, digest, numbers = read_signature(signature)
    except Fault as fault:
        return malformed(*fault.args)
    key = world.endorsed.get(data[:16])
    if key is None:
        return {NOBODY}
    if scheme != 0x18 or any(len(number) > 32 for number in numbers):
        return {BAD_SIGNATURE if scheme == 0x18 else ALG_REFUSED}
    if digest != 0x000b:  # each curve goes with the hash of its size: P-256 with this one
        return {ALG_REFUSED}
    if not is_signed(key, hashes.SHA256, attest, b"".join(number.rjust(32, b"\0") for number in numbers)):
        return {BAD_SIGNATURE}
    return GOOD if nonce in (b"", qualifying) else {OTHER_NONCE}
