#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""COSE judged by another implementation: this one, of RFC 9052 and RFC 9053 over cbor2 and cryptography.

    cose_judge.py PEER    PEER is the program cose_peer

For every algorithm: what PEER makes is verified or decrypted here; what is made here is verified or decrypted by PEER, and
refused once a bit of it was changed.
"""
import os
import subprocess
import sys

try:
    import cbor2
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives import hashes, hmac, keywrap
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
    from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
    from cryptography.hazmat.primitives.ciphers.aead import AESCCM, AESGCM
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF
except ImportError as absent:
    print("skipped: %s" % absent)
    sys.exit(77)

PAYLOAD, AAD = b"This is the content.", b"aad"
SECRET = bytes(range(1, 65))
CURVES = {1: (ec.SECP256R1(), 32), 2: (ec.SECP384R1(), 48), 3: (ec.SECP521R1(), 66)}
# alg -> curve, hash
SIGNATURES = {-7: (1, hashes.SHA256()), -9: (1, hashes.SHA256()), -35: (2, hashes.SHA384()), -51: (2, hashes.SHA384()),
              -36: (3, hashes.SHA512()), -52: (3, hashes.SHA512()), -8: (6, None), -19: (6, None)}
# alg -> hash, bytes of the code, bytes of the key
MACS = {4: (hashes.SHA256(), 8, 32), 5: (hashes.SHA256(), 32, 32), 6: (hashes.SHA384(), 48, 48), 7: (hashes.SHA512(), 64, 64)}
# alg -> key, nonce, tag in bytes
CONTENT = {1: (16, 12, 16), 2: (24, 12, 16), 3: (32, 12, 16), 10: (16, 13, 8), 30: (16, 13, 16)}
WRAPS = {-3: 16, -4: 24, -5: 32}
# alg -> curve, key wrap or None
AGREEMENTS = {-25: (1, None), -29: (1, -3), -30: (2, -4), -31: (3, -5)}
RECIPIENTS = [-6, -10, -25, -3, -4, -5, 3, 10, -29, -30, -31]


class Refused(Exception):
    pass


class Peer:
    def __init__(self, program):
        self.process = subprocess.Popen([program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def ask(self, *words):
        self.process.stdin.write(" ".join(str(word) for word in words) + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline().strip()
        if answer.startswith("TPS_") or not answer:
            raise Refused("%s: %s" % (" ".join(map(str, words[:3])), answer))
        return bytes.fromhex(answer)


# ---- keys

def private_key(curve):
    if curve == 6:
        return ed25519.Ed25519PrivateKey.from_private_bytes(bytes([1] * 32))
    size = CURVES[curve][1]
    return ec.derive_private_key(int.from_bytes(bytes([curve != 3] + [1] * (size - 1)), "big"), CURVES[curve][0])


def cose_key(public, curve, compressed=False):
    if curve == 6:
        return {1: 1, -1: 6, -2: public.public_bytes_raw() if hasattr(public, "public_bytes_raw") else raw(public)}
    size, numbers = CURVES[curve][1], public.public_numbers()
    y = bool(numbers.y & 1) if compressed else numbers.y.to_bytes(size, "big")
    return {1: 2, -1: curve, -2: numbers.x.to_bytes(size, "big"), -3: y}


def raw(public):
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
    return public.public_bytes(Encoding.Raw, PublicFormat.Raw)


def point(key):
    curve, size = CURVES[key[-1]]
    if isinstance(key[-3], bool):
        return ec.EllipticCurvePublicKey.from_encoded_point(curve, bytes([2 + key[-3]]) + key[-2])
    return ec.EllipticCurvePublicKey.from_encoded_point(curve, b"\x04" + key[-2] + key[-3])


# ---- structures

def structure(context, protected, *content):
    return cbor2.dumps([context, protected, AAD, *content])


def kdf(secret, alg, size, protected, salt):
    context = cbor2.dumps([alg, [None] * 3, [None] * 3, [size * 8, protected]])
    return HKDF(hashes.SHA256(), size, salt, context).derive(secret)


def aead(alg, key):
    return AESGCM(key) if alg < 10 else AESCCM(key, tag_length=CONTENT[alg][2])


def mac(alg, key, data):
    code = hmac.HMAC(key, MACS[alg][0])
    code.update(data)
    return code.finalize()[:MACS[alg][1]]


def key_size(alg):
    return CONTENT[alg][0] if alg in CONTENT else MACS[alg][2]


# ---- recipients

def content_key(recipient, context, alg):
    """The content's key, as the recipient of the known keys finds it."""
    protected, unprotected, sealed = recipient
    headers = {**unprotected, **(cbor2.loads(protected) if protected else {})}
    how = headers[1]
    assert headers[4] == b"r"
    if how == -6:
        return SECRET[:key_size(alg)]
    if how == -10:
        return kdf(SECRET[:32], alg, key_size(alg), protected, headers[-20])
    if how in WRAPS:
        return keywrap.aes_key_unwrap(SECRET[:WRAPS[how]], sealed)
    if how in CONTENT:
        aad = cbor2.dumps([context, protected, b""])
        return aead(how, SECRET[:CONTENT[how][0]]).decrypt(headers[5], sealed, aad)
    curve, wrap = AGREEMENTS[how]
    secret = private_key(curve).exchange(ec.ECDH(), point(headers[-1]))
    if wrap is None:
        return kdf(secret, alg, key_size(alg), protected, None)
    return keywrap.aes_key_unwrap(kdf(secret, wrap, WRAPS[wrap], protected, None), sealed)


def make_recipient(how, context, alg):
    """A recipient of the known keys; and the content's key."""
    key = os.urandom(key_size(alg))
    protected = b"" if how == -6 or how in WRAPS else cbor2.dumps({1: how})
    unprotected = {4: b"r"} if protected else {1: how, 4: b"r"}
    if how == -6:
        return [protected, unprotected, b""], SECRET[:key_size(alg)]
    if how == -10:
        unprotected[-20] = os.urandom(16)
        return [protected, unprotected, b""], kdf(SECRET[:32], alg, key_size(alg), protected, unprotected[-20])
    if how in WRAPS:
        return [protected, unprotected, keywrap.aes_key_wrap(SECRET[:WRAPS[how]], key)], key
    if how in CONTENT:
        unprotected[5] = os.urandom(CONTENT[how][1])
        aad = cbor2.dumps([context, protected, b""])
        return [protected, unprotected, aead(how, SECRET[:CONTENT[how][0]]).encrypt(unprotected[5], key, aad)], key
    curve, wrap = AGREEMENTS[how]
    ephemeral = ec.generate_private_key(CURVES[curve][0])
    unprotected[-1] = cose_key(ephemeral.public_key(), curve, compressed=key[0] % 2 == 0)
    secret = ephemeral.exchange(ec.ECDH(), private_key(curve).public_key())
    if wrap is None:
        return [protected, unprotected, b""], kdf(secret, alg, key_size(alg), protected, None)
    return [protected, unprotected, keywrap.aes_key_wrap(kdf(secret, wrap, WRAPS[wrap], protected, None), key)], key


# ---- messages: what is read here, and what is made here

def check_sign1(message, alg):
    protected, _, payload, signature = message.value
    curve, digest = SIGNATURES[alg]
    public, signed = private_key(curve).public_key(), structure("Signature1", protected, payload)
    if curve == 6:
        public.verify(signature, signed)
    else:
        size = CURVES[curve][1]
        assert len(signature) == 2 * size
        r, s = (int.from_bytes(half, "big") for half in (signature[:size], signature[size:]))
        public.verify(encode_dss_signature(r, s), signed, ec.ECDSA(digest))
    return payload


def make_sign1(alg):
    protected, (curve, digest) = cbor2.dumps({1: alg}), SIGNATURES[alg]
    signed = structure("Signature1", protected, PAYLOAD)
    if curve == 6:
        signature = private_key(curve).sign(signed)
    else:
        size = CURVES[curve][1]
        r, s = decode_dss_signature(private_key(curve).sign(signed, ec.ECDSA(digest)))
        signature = r.to_bytes(size, "big") + s.to_bytes(size, "big")
    return cbor2.CBORTag(18, [protected, {4: b"k"}, PAYLOAD, signature])


def check_mac(message, alg):
    protected, _, payload, code = message.value[:4]
    if message.tag == 17:
        key, context = SECRET[:key_size(alg)], "MAC0"
    else:
        key, context = content_key(message.value[4][0], "Mac_Recipient", alg), "MAC"
    assert mac(alg, key, structure(context, protected, payload)) == code
    return payload


def make_mac(alg, how):
    protected = cbor2.dumps({1: alg})
    if how == 0:
        code = mac(alg, SECRET[:key_size(alg)], structure("MAC0", protected, PAYLOAD))
        return cbor2.CBORTag(17, [protected, {}, PAYLOAD, code])
    recipient, key = make_recipient(how, "Mac_Recipient", alg)
    return cbor2.CBORTag(97, [protected, {}, PAYLOAD, mac(alg, key, structure("MAC", protected, PAYLOAD)), [recipient]])


def check_encrypt(message, alg):
    protected, unprotected, sealed = message.value[:3]
    if message.tag == 16:
        key, context = SECRET[:key_size(alg)], "Encrypt0"
    else:
        key, context = content_key(message.value[3][0], "Enc_Recipient", alg), "Encrypt"
    return aead(alg, key).decrypt(unprotected[5], sealed, structure(context, protected))


def make_encrypt(alg, how):
    protected, iv = cbor2.dumps({1: alg}), os.urandom(CONTENT[alg][1])
    if how == 0:
        sealed = aead(alg, SECRET[:key_size(alg)]).encrypt(iv, PAYLOAD, structure("Encrypt0", protected))
        return cbor2.CBORTag(16, [protected, {5: iv}, sealed])
    recipient, key = make_recipient(how, "Enc_Recipient", alg)
    sealed = aead(alg, key).encrypt(iv, PAYLOAD, structure("Encrypt", protected))
    return cbor2.CBORTag(96, [protected, {5: iv}, sealed, [recipient]])


# ---- the judgement

def refuses_a_change(peer, kind, how, made, key):
    """One bit of the content, of the signature or code, and of a wrapped key: none may be exchanged."""
    encoded, parts = cbor2.dumps(made), [part for part in made.value[2:] if isinstance(part, bytes)]
    if isinstance(made.value[-1], list):
        parts += [made.value[-1][0][2]]
    for part in filter(None, parts):
        at = encoded.find(part)
        changed = encoded[:at] + bytes([encoded[at] ^ 1]) + encoded[at + 1:]
        try:
            peer.ask("open", kind, how, changed.hex(), key)
        except Refused:
            continue
        raise AssertionError("%s %d: a change at %d was taken" % (kind, how, at))


def both_ways(peer, kind, alg, how, check, made, key="-"):
    message = cbor2.loads(peer.ask("make", kind, alg, how))
    assert check(message, alg) == PAYLOAD, "%s %d %d: the peer's message" % (kind, alg, how)
    encoded = cbor2.dumps(made)
    assert peer.ask("open", kind, how, encoded.hex(), key) == PAYLOAD, "%s %d %d: our message" % (kind, alg, how)
    refuses_a_change(peer, kind, how, made, key)


def judge_ps256(peer):
    """Verified by the peer only."""
    private = rsa.generate_private_key(65537, 2048)
    numbers, protected = private.public_key().public_numbers(), cbor2.dumps({1: -37})
    key = cbor2.dumps({1: 3, 3: -37, 4: [2], -1: numbers.n.to_bytes(256, "big"), -2: numbers.e.to_bytes(3, "big")})
    signature = private.sign(structure("Signature1", protected, PAYLOAD),
                             padding.PSS(padding.MGF1(hashes.SHA256()), 32), hashes.SHA256())
    made = cbor2.CBORTag(18, [protected, {}, PAYLOAD, signature])
    assert peer.ask("open", "sign1", 0, cbor2.dumps(made).hex(), key.hex()) == PAYLOAD
    refuses_a_change(peer, "sign1", 0, made, key.hex())


def judge(peer):
    count = 1
    judge_ps256(peer)
    for alg, (curve, _) in SIGNATURES.items():
        key = cbor2.dumps(cose_key(private_key(curve).public_key(), curve, compressed=curve != 6 and alg % 2 == 0))
        both_ways(peer, "sign1", alg, 0, check_sign1, make_sign1(alg), key.hex())
        count += 1
    for alg in MACS:
        both_ways(peer, "mac0", alg, 0, check_mac, make_mac(alg, 0))
        for how in RECIPIENTS:
            both_ways(peer, "mac", alg, how, check_mac, make_mac(alg, how))
        count += 1 + len(RECIPIENTS)
    for alg in CONTENT:
        both_ways(peer, "encrypt0", alg, 0, check_encrypt, make_encrypt(alg, 0))
        for how in RECIPIENTS:
            both_ways(peer, "encrypt", alg, how, check_encrypt, make_encrypt(alg, how))
        count += 1 + len(RECIPIENTS)
    print("cose: %d combinations agree in both directions" % count)


if __name__ == "__main__":
    try:
        judge(Peer(sys.argv[1]))
    except (Refused, InvalidSignature, AssertionError) as difference:
        sys.exit("cose: %s %s" % (type(difference).__name__, difference))
