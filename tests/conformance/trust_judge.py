#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Verification, update, authentication and lifecycle of a running component, judged by Python's cryptography and cbor2: signatures
that Python made are taken, proofs and evidence that the component made are verified here, and what was changed is not.

usage: trust_judge.py BIN    the programs tps, tps-boot and tps-component in the folder BIN
"""
import hashlib
import os
import sys
import tempfile
import unittest

import cbor2
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature

import component_client as client

BIN = None
AAD = b"opentps device authentication 1"
NONCE = bytes(range(32))


def encode(value):
    return cbor2.dumps(value, canonical=True)


def spki_of(key):
    return key.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)


def cose_key_of(key):
    numbers, size = key.public_key().public_numbers(), key.key_size // 8
    return {1: 2, -1: {32: 1, 48: 2}[size], -2: numbers.x.to_bytes(size, "big"), -3: numbers.y.to_bytes(size, "big")}


def sign(key, message, hash_alg):
    r, s = decode_dss_signature(key.sign(message, ec.ECDSA(hash_alg)))
    return r.to_bytes(key.key_size // 8, "big") + s.to_bytes(key.key_size // 8, "big")


def sign1(key, alg, hash_alg, payload, aad=b""):
    protected = encode({1: alg})
    return encode(cbor2.CBORTag(18, [protected, {}, payload, sign(key, encode(["Signature1", protected, aad, payload]),
                                                                 hash_alg)]))


def open_sign1(message, cose_key, aad=b""):
    """The payload of a COSE_Sign1 by P-256; InvalidSignature if it is not that key's."""
    tag = cbor2.loads(message)
    while tag.tag != 18:
        tag = tag.value
    protected, _, payload, signature = tag.value
    public = ec.EllipticCurvePublicNumbers(int.from_bytes(cose_key[-2], "big"), int.from_bytes(cose_key[-3], "big"),
                                           ec.SECP256R1()).public_key()
    public.verify(encode_dss_signature(int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")),
                  encode(["Signature1", protected, aad, payload]), ec.ECDSA(hashes.SHA256()))
    return cbor2.loads(payload)


class Session:
    """Messages of one session."""

    def __init__(self, component, service):
        self.component = component
        self.number = component._ask(3, component.services[client.SERVICES[service]])  # pylint: disable=protected-access

    def ask(self, tag, body):
        answer = cbor2.loads(self.component._ask(5, self.number, 60000,  # pylint: disable=protected-access
                                                 encode(cbor2.CBORTag(tag, body))))
        assert answer.tag == tag
        return answer.value


class Trust(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory(prefix="tps-trust-")
        cls.tps = os.path.join(BIN, "tps")
        cls.device = client.make_maker(cls.tps, os.path.join(cls.folder.name, "acme"))
        client.run(cls.tps, "device", "start", cls.device)
        cls.component = client.Component(cls.device)

    @classmethod
    def tearDownClass(cls):
        cls.component.close()
        client.run(cls.tps, "device", "stop", cls.device)
        cls.folder.cleanup()

    def test_a_signature_by_python_is_the_owners_once_its_key_is_registered(self):
        key = ec.generate_private_key(ec.SECP384R1())
        key_id = hashlib.sha256(spki_of(key)).digest()
        session = Session(self.component, "verification")
        signature = sign(key, b"hello", hashes.SHA384())

        self.assertEqual(session.ask(10, {1: 3, 2: -51, 4: b"hello", 5: signature}), {2: 1})
        self.assertEqual(session.ask(12, {1: 3, 2: cose_key_of(key), 3: "Python"}), {1: key_id})
        self.assertEqual(session.ask(10, {1: 3, 2: -51, 4: b"hello", 5: signature}), {1: key_id, 3: "Python"})
        self.assertEqual(session.ask(10, {1: 3, 2: -51, 4: b"hallo", 5: signature}), {2: 2})
        self.assertEqual(session.ask(10, {1: 3, 7: sign1(key, -51, hashes.SHA384(), b"hello")})[1], key_id)
        self.assertEqual(session.ask(10, {1: 3, 7: sign1(key, -51, hashes.SHA384(), b"hello", b"aad")}), {2: 2})
        self.assertEqual(session.ask(13, {1: 3, 2: key_id}), {})

    def test_the_release_that_runs_is_not_installed_again_nor_a_changed_one(self):
        session = Session(self.component, "update")
        with open(os.path.join(self.device, "firmware", "application.manifest"), "rb") as file:
            manifest = file.read()

        self.assertEqual(session.ask(10, {1: manifest}), {2: 7})
        self.assertEqual(session.ask(10, {1: manifest[:-1] + bytes([manifest[-1] ^ 1])}), {2: 3})

    def test_both_prove_who_they_are(self):
        root = ec.generate_private_key(ec.SECP256R1())
        provider = hashlib.sha256(spki_of(root)).digest()
        session = Session(self.component, "authentication")
        binder = bytes(32)

        self.assertEqual(session.ask(9, {1: 2, 2: provider}), {})
        ours = session.ask(10, {})[1]
        said = encode({1: 2, 2: ours, 3: NONCE, 4: provider, 5: "door", 6: binder})
        proof = sign1(root, -9, hashes.SHA256(), said, AAD)
        self.assertEqual(session.ask(12, {1: proof, 2: "door", 3: binder, 5: spki_of(root)}), {1: provider, 3: True})
        self.assertEqual(session.ask(12, {1: proof, 2: "door", 3: binder, 5: spki_of(root)}), {2: 1})
        key = session.ask(13, {})[1]
        answer = session.ask(11, {1: NONCE, 2: "door", 3: binder})[1]
        self.assertEqual(open_sign1(answer, key, AAD),
                         {1: 1, 2: NONCE, 3: ours, 4: provider, 5: "door", 6: binder, 7: 3})
        with self.assertRaises(InvalidSignature):
            open_sign1(answer, key)

    def test_z_a_step_of_the_lifecycle_is_attested(self):
        key = Session(self.component, "attestation").ask(11, {})[1]
        session = Session(self.component, "lifecycle")
        before = session.ask(10, {})[1]
        challenge = session.ask(11, {1: 4})[1]
        confirmation = hashlib.sha256(encode(["opentps lifecycle", 4, challenge, NONCE])).digest()

        self.assertEqual(session.ask(12, {1: 4, 2: bytes(32), 3: NONCE}), {2: 2})
        self.assertEqual(session.ask(12, {1: 4, 2: confirmation, 3: NONCE}), {2: 2}, "one try")
        self.assertEqual(session.ask(10, {})[1], before)
        challenge = session.ask(11, {1: 4})[1]
        confirmation = hashlib.sha256(encode(["opentps lifecycle", 4, challenge, NONCE])).digest()
        answer = session.ask(12, {1: 4, 2: confirmation, 3: NONCE})
        claims = open_sign1(answer[1], key)
        self.assertEqual((claims[10], claims[-80001], answer[3], answer[4]), (NONCE, 4, 4, True))
        self.assertEqual(session.ask(10, {})[1], 4)
        with self.assertRaises(client.Failed):
            Session(self.component, "identification").ask(10, {})


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    BIN = os.path.abspath(sys.argv.pop(1))
    unittest.main()
