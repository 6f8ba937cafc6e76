#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The key store of a running component, judged by cryptography and cbor2: signatures verify, codes and ciphertexts are those of
the same key here, agreements meet, a key that was wrapped here works there; and it is never seen again.

usage: key_store.py BIN
"""
import hmac
import os
import sys
import tempfile
import unittest

import cbor2
from cryptography.hazmat.primitives import hashes, keywrap, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "conformance"))
import component_client as client  # noqa: E402

TPS = ""
GENERATE, SIGN, PUBLIC, LIST, DESTROY, DESCRIBE, IMPORT, DERIVE, AGREE, MAC, VERIFY_MAC, ENCRYPT, DECRYPT = range(10, 23)
NAME, DIGEST, DATA, KIND, LIFETIME, LIMIT, SOURCE, WRAPPED, PEER, SALT, INFO, AAD, NONCE, CODE = \
    1, 3, 4, 5, 7, 9, 10, 11, 12, 13, 14, 15, 16, 17
P256, P384, ED25519, P256_AGREE, P384_AGREE, A128, A256, H256, H384, H512, SECRET, P256_IMPORT = range(1, 13)
CURVES = {1: (ec.SECP256R1(), 32), 2: (ec.SECP384R1(), 48)}


def public_of(key):
    """A public key of cryptography from a COSE_Key."""
    if key[1] == 1:
        return ed25519.Ed25519PublicKey.from_public_bytes(key[-2])
    return ec.EllipticCurvePublicNumbers(int.from_bytes(key[-2], "big"), int.from_bytes(key[-3], "big"),
                                         CURVES[key[-1]][0]).public_key()


def cose_key_of(key, curve):
    numbers, size = key.public_numbers(), CURVES[curve][1]
    return {1: 2, -1: curve, -2: numbers.x.to_bytes(size, "big"), -3: numbers.y.to_bytes(size, "big")}


def hkdf(secret, size, salt, info):
    return HKDF(hashes.SHA256(), size, salt, info).derive(secret)


def dumps(value):
    return cbor2.dumps(value, canonical=True)


def wrap(cose_key, to):
    """A COSE_Encrypt of a COSE_Key for the public key `to`: ECDH-ES + A256KW (RFC 9053, 6.4.1 and 5.2), A256GCM."""
    ephemeral = ec.generate_private_key(ec.SECP256R1())
    protected = dumps({1: -31})
    context = dumps([-5, [None] * 3, [None] * 3, [256, protected]])
    kek = hkdf(ephemeral.exchange(ec.ECDH(), public_of(to)), 32, None, context)
    cek, nonce, body = os.urandom(32), os.urandom(12), dumps({1: 3})
    content = AESGCM(cek).encrypt(nonce, dumps(cose_key), dumps(["Encrypt", body, b""]))
    recipient = [protected, {-1: cose_key_of(ephemeral.public_key(), 1)}, keywrap.aes_key_wrap(kek, cek)]
    return dumps(cbor2.CBORTag(96, [body, {5: nonce}, content, [recipient]]))


class KeyStore(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory(prefix="tps-keys-")
        os.chmod(cls.folder.name, 0o755)
        cls.device = client.make_maker(TPS, os.path.join(cls.folder.name, "acme"))
        client.run(TPS, "device", "start", cls.device)
        cls.component = client.Component(cls.device)
        cls.answers = []

    @classmethod
    def tearDownClass(cls):
        cls.component.close()
        client.run(TPS, "device", "stop", cls.device)
        cls.folder.cleanup()

    def ask(self, tag, body):
        answer = self.component.ask("key-store", tag, body)
        self.answers.append(dumps(answer))
        return answer

    def tearDown(self):
        for key in self.ask(LIST, {})[1]:
            self.ask(DESTROY, {NAME: key[1]})

    def bring_in(self, name, kind, cose_key):
        to = self.ask(GENERATE, {NAME: "in", KIND: P256_IMPORT, LIMIT: 1})[1]
        answer = self.ask(IMPORT, {NAME: name, KIND: kind, SOURCE: "in", WRAPPED: wrap(cose_key, to)})
        self.ask(DESTROY, {NAME: "in"})
        return answer

    def assert_unseen(self, secret):
        """In no answer, no stored byte, no line of the log."""
        seen = list(self.answers)
        for folder, _, files in os.walk(self.device):
            for file in files:
                path = os.path.join(folder, file)
                if os.path.isfile(path):
                    with open(path, "rb") as content:
                        seen.append(content.read())
        for at in range(len(secret) - 7):
            for text in seen:
                self.assertNotIn(secret[at:at + 8], text)

    def test_signatures_verify(self):
        for kind, digest in ((P256, hashes.SHA256()), (P384, hashes.SHA384()), (ED25519, None)):
            made = self.ask(GENERATE, {NAME: "k", KIND: kind})
            key = public_of(made[1])
            self.assertEqual(made[3], key.public_bytes(serialization.Encoding.DER,
                                                       serialization.PublicFormat.SubjectPublicKeyInfo))
            signature = self.ask(SIGN, {NAME: "k", DATA: b"hello"})[1]
            if digest is None:
                key.verify(signature, b"hello")
            else:
                half = len(signature) // 2
                key.verify(encode_dss_signature(int.from_bytes(signature[:half], "big"),
                                                int.from_bytes(signature[half:], "big")), b"hello", ec.ECDSA(digest))
            self.ask(DESTROY, {NAME: "k"})

    def test_a_key_pair_from_here_signs_there(self):
        for kind, curve, digest in ((P256, 1, hashes.SHA256()), (P384, 2, hashes.SHA384())):
            key = ec.generate_private_key(CURVES[curve][0])
            scalar = key.private_numbers().private_value.to_bytes(CURVES[curve][1], "big")
            made = self.bring_in("k", kind, {**cose_key_of(key.public_key(), curve), -4: scalar})
            self.assertEqual(made[1], cose_key_of(key.public_key(), curve))
            signature = self.ask(SIGN, {NAME: "k", DATA: b"hello"})[1]
            half = len(signature) // 2
            key.public_key().verify(encode_dss_signature(int.from_bytes(signature[:half], "big"),
                                                         int.from_bytes(signature[half:], "big")),
                                    b"hello", ec.ECDSA(digest))
            self.assertEqual(self.ask(DESCRIBE, {NAME: "k"})[1][19], 2)  # imported
            self.assert_unseen(scalar)
            self.ask(DESTROY, {NAME: "k"})

    def test_codes_are_hmacs(self):
        for kind, name, size in ((H256, "sha256", 32), (H384, "sha384", 48), (H512, "sha512", 64)):
            secret = os.urandom(size)
            self.assertEqual(self.bring_in("m", kind, {1: 4, -1: secret}), {})
            code = self.ask(MAC, {NAME: "m", DATA: b"hello"})[1]
            self.assertEqual(code, hmac.new(secret, b"hello", name).digest())
            self.assertIs(self.ask(VERIFY_MAC, {NAME: "m", DATA: b"hello", CODE: code})[1], True)
            self.assertIs(self.ask(VERIFY_MAC, {NAME: "m", DATA: b"hellp", CODE: code})[1], False)
            self.assert_unseen(secret)
            self.ask(DESTROY, {NAME: "m"})

    def test_ciphertexts_are_those_of_aes_gcm(self):
        for kind, size in ((A128, 16), (A256, 32)):
            secret = os.urandom(size)
            self.bring_in("e", kind, {1: 4, -1: secret})
            answer = self.ask(ENCRYPT, {NAME: "e", DATA: b"hello", AAD: b"aad"})
            self.assertEqual(AESGCM(secret).decrypt(answer[NONCE], answer[1], b"aad"), b"hello")
            nonce = os.urandom(12)
            sealed = AESGCM(secret).encrypt(nonce, b"from here", None)
            self.assertEqual(self.ask(DECRYPT, {NAME: "e", DATA: sealed, NONCE: nonce})[1], b"from here")
            self.assertEqual(self.ask(DECRYPT, {NAME: "e", DATA: sealed, NONCE: nonce, AAD: b"x"}), {2: 13})
            self.ask(DESTROY, {NAME: "e"})

    def test_both_ends_of_an_agreement_derive_one_key(self):
        for kind, curve in ((P256_AGREE, 1), (P384_AGREE, 2)):
            own = public_of(self.ask(GENERATE, {NAME: "a", KIND: kind})[1])
            peer = ec.generate_private_key(CURVES[curve][0])
            self.assertEqual(self.ask(AGREE, {NAME: "z", LIFETIME: 2, SOURCE: "a",
                                              PEER: cose_key_of(peer.public_key(), curve)}), {})
            self.assertEqual(self.ask(DERIVE, {NAME: "m", KIND: H256, SOURCE: "z", SALT: b"salt", INFO: b"info"}), {})
            secret = peer.exchange(ec.ECDH(), own)
            self.assertEqual(self.ask(MAC, {NAME: "m", DATA: b"hello"})[1],
                             hmac.new(hkdf(secret, 32, b"salt", b"info"), b"hello", "sha256").digest())
            self.assert_unseen(secret)
            for name in ("a", "z", "m"):
                self.ask(DESTROY, {NAME: name})

    def test_what_was_not_wrapped_for_it_stays_out(self):
        self.ask(GENERATE, {NAME: "in", KIND: P256_IMPORT})
        other = ec.generate_private_key(ec.SECP256R1()).public_key()
        wrapped = wrap({1: 4, -1: bytes(32)}, cose_key_of(other, 1))
        self.assertEqual(self.ask(IMPORT, {NAME: "k", KIND: A256, SOURCE: "in", WRAPPED: wrapped}), {2: 11})
        self.assertEqual(self.ask(DESCRIBE, {NAME: "k"}), {2: 1})


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    TPS = os.path.join(os.path.abspath(sys.argv.pop(1)), "tps")
    unittest.main()
