#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Evidence of a running component in each mode, judged without our code: signatures and authentication codes by
cryptography, claims by cbor2, the chain AK_0 <- L_R <- DeviceID <- maker, and that nothing of a pairwise session names the
device otherwise than by SUEID_p.

usage: modes_judge.py BIN      the folder with the programs
"""
import hashlib
import hmac
import os
import sys
import tempfile
import unittest

import cbor2
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

import component_client as client

BIN = None
NONCE = bytes(range(32))
SHOP, BANK, CLUB = b"\x5a" * 32, b"\xba" * 32, b"\xc1" * 32
DIRECT, PAIRWISE, PASSPORT = 1, 2, 3
PSA, OPENTPS = 1, 2
IAK, AK = 1, 2
KEY_PROFILE = "tag:opentps.org,2026:key"


class Session:
    """One session, bound if a mode is given."""

    def __init__(self, device, service, mode=None, provider=None):
        self.component = client.Component(device)
        self.number = self.component._ask(3, self.component.services[client.SERVICES[service]])
        self.seen = b""
        if mode is not None:
            assert self.ask(9, {1: mode, 2: provider}) == {}

    def __del__(self):
        self.component.close()

    def ask(self, tag, body):
        message = cbor2.dumps(cbor2.CBORTag(tag, body), canonical=True)
        answer = self.component._ask(5, self.number, 60000, message)
        self.seen += answer
        answer = cbor2.loads(answer)
        assert answer.tag == tag
        return answer.value


def key_of(cose_key):
    return ec.EllipticCurvePublicNumbers(int.from_bytes(cose_key[-2], "big"), int.from_bytes(cose_key[-3], "big"),
                                         ec.SECP256R1()).public_key()


def point_of(key):
    return key.public_bytes(serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint)


def open_sign1(message, key, alg=-9):
    """The payload and the unprotected header."""
    tagged = cbor2.loads(message)
    protected, unprotected, payload, signature = tagged.value
    assert tagged.tag == 18 and cbor2.loads(protected)[1] == alg
    numbers = [int.from_bytes(signature[i:i + 32], "big") for i in (0, 32)]
    key.verify(encode_dss_signature(*numbers), cbor2.dumps(["Signature1", protected, b"", payload]),
               ec.ECDSA(hashes.SHA256()))
    return payload, unprotected


def chain_of(unprotected):
    chain = unprotected.get(33, [])
    return [x509.load_der_x509_certificate(c) for c in ([chain] if isinstance(chain, bytes) else chain)]


class Modes(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory(prefix="tps-modes-")
        cls.tps = os.path.join(BIN, "tps")
        cls.device = client.make_maker(cls.tps, os.path.join(cls.folder.name, "acme"))
        client.run(cls.tps, "device", "start", cls.device)

    @classmethod
    def tearDownClass(cls):
        client.run(cls.tps, "device", "stop", cls.device)
        cls.folder.cleanup()

    def evidence(self, session, ask=None, key=None):
        public = key_of(session.ask(11, {} if key is None else {1: key})[1])
        payload, unprotected = open_sign1(session.ask(10, {1: OPENTPS, 2: NONCE, **(ask or {}),
                                                           **({} if key is None else {5: key})})[1], public)
        return cbor2.loads(payload), unprotected, public

    def test_direct_evidence_has_the_state_of_now(self):
        session = Session(self.device, "attestation", DIRECT, BANK)
        claims, _, key = self.evidence(session)
        self.assertEqual(claims[256], b"\x01" + hashlib.sha256(point_of(key)).digest())
        for label in (263, -80001, -80002, -80003, -80005, -80006, -80007):
            self.assertIn(label, claims)
        less, _, _ = self.evidence(session, {6: [260, 262, 267, 268, 270, 271]})
        self.assertFalse({260, 262, 267, 268, 270, 271} & set(less))
        token = session.ask(10, {1: PSA, 2: NONCE})[1]
        payload, _ = open_sign1(token, key, -7)
        self.assertEqual(set(cbor2.loads(payload)), {10, 256, 265, 268, 2394, 2395, 2396, 2399})

    def test_ak_0_is_certified_down_to_the_maker(self):
        session = Session(self.device, "attestation", DIRECT, BANK)
        _, unprotected, key = self.evidence(session, key=AK)
        chain = chain_of(unprotected)
        self.assertEqual(point_of(chain[0].public_key()), point_of(key))
        self.assertGreaterEqual(len(chain), 3)
        for certificate, issuer in zip(chain, chain[1:]):
            self.assertEqual(certificate.issuer, issuer.subject)
            issuer.public_key().verify(certificate.signature, certificate.tbs_certificate_bytes,
                                       ec.ECDSA(certificate.signature_hash_algorithm))

    def test_a_pairwise_session_names_the_device_to_one_provider_only(self):
        direct = Session(self.device, "attestation")
        known, _, iak = self.evidence(direct)
        _, _, ak = self.evidence(direct, key=AK)
        session = Session(self.device, "attestation", PAIRWISE, SHOP)
        claims, _, _ = self.evidence(session)
        self.assertEqual(list(claims[257]), ["p"])
        self.assertNotIn(256, claims)
        self.assertNotIn(267, claims)
        for tag in range(10, 19):
            for body in ({}, {1: 1}, {1: 2, 2: NONCE}, {1: NONCE, 2: SHOP}, {1: 2, 2: NONCE, 5: 1}, {1: 1, 2: NONCE}):
                try:
                    session.ask(tag, body)
                except client.Failed:
                    pass
        for secret in (known[256][1:], known[268], point_of(iak)[1:33], point_of(ak)[1:33], b"bulb-0001"):
            self.assertNotIn(secret, session.seen)
        self.assertEqual(session.ask(10, {1: PSA, 2: NONCE}), {2: 1})

    def test_a_passport_has_no_evidence(self):
        session = Session(self.device, "attestation", PASSPORT, CLUB)
        self.assertEqual(session.ask(10, {1: OPENTPS, 2: NONCE}), {2: 6})
        self.assertEqual(session.ask(15, {1: b"a result"}), {})
        self.assertEqual(session.ask(16, {}), {1: b"a result"})

    def test_keys_are_attested_and_agreed_on(self):
        store = Session(self.device, "key-store", PAIRWISE, SHOP)
        self.assertNotIn(2, store.ask(10, {1: "kex", 5: 4}))
        session = Session(self.device, "attestation", PAIRWISE, SHOP)
        evidence, _, ak_p = self.evidence(session)
        payload, _ = open_sign1(session.ask(17, {1: "kex", 2: NONCE})[1], ak_p)
        claims = cbor2.loads(payload)
        self.assertEqual(claims[265], KEY_PROFILE)
        self.assertEqual(claims[10], NONCE)
        self.assertEqual(claims[-80011], {1: 4, 2: [7], 3: 1, 4: False, 5: 1, 6: False, 7: False, 9: SHOP})
        own = ec.generate_private_key(ec.SECP256R1())
        numbers = own.public_key().public_numbers()
        peer = {1: 2, -1: 1, -2: numbers.x.to_bytes(32, "big"), -3: numbers.y.to_bytes(32, "big")}
        self.assertEqual(session.ask(18, {1: "kex", 2: peer}), {})
        shared = own.exchange(ec.ECDH(), key_of(claims[8][1]))
        mac = HKDF(hashes.SHA256(), 32, evidence[268], b"mac").derive(shared)
        tagged = cbor2.loads(session.ask(10, {1: OPENTPS, 2: NONCE, 8: 2})[1])
        protected, _, payload, tag = tagged.value
        self.assertEqual(tagged.tag, 17)
        self.assertEqual(tag, hmac.new(mac, cbor2.dumps(["MAC0", protected, b"", payload]), "sha256").digest())
        self.assertEqual(cbor2.loads(protected), {1: 5, 4: hmac.new(mac, b"kid", "sha256").digest()[:16]})
        self.assertEqual(cbor2.loads(payload)[257], evidence[257])


if __name__ == "__main__":
    BIN = sys.argv.pop(1)
    unittest.main()
