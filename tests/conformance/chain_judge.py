#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The certificates of a running device from AK_0 to its maker's CA, judged by the words of spec/keys.md with Python's cryptography:
each signature, name, key identifier, usage and path length; extensions by their object identifiers, and the content of
DiceTcbInfo by a reader of DER of its own, against files of the device's folder that are measured again here.

usage: chain_judge.py BIN    the programs tps, tps-boot and tps-component in the folder BIN
"""
import hashlib
import os
import sys
import tempfile
import unittest

import cbor2
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtensionOID, NameOID

import component_client as client

BIN = None
AK = 2
TCB_INFO, UEID = x509.ObjectIdentifier("2.23.133.5.4.1"), x509.ObjectIdentifier("2.23.133.5.4.4")
SHA256_OID = bytes.fromhex("608648016503040201")
NOT_CONFIGURED, NOT_SECURE, DEBUG = 0, 1, 3  # bits of OperationalFlags


def read_der(data):
    """The elements that follow each other in `data`: (tag, content). Definite lengths, in the fewest bytes."""
    while data:
        tag, length, at = data[0], data[1], 2
        assert tag & 0x1F != 0x1F and length != 0x80
        if length > 0x80:
            at += length - 0x80
            length = int.from_bytes(data[2:at], "big")
            assert length >= 0x80 and data[2] != 0
        assert len(data) >= at + length
        yield tag, data[at:at + length]
        data = data[at + length:]


def one(data, tag):
    (found, content), = read_der(data)
    assert found == tag, hex(found)
    return content


def bits_of(content):
    """The numbers of the bits that are set in a BIT STRING's content."""
    assert content[0] < 8 and (len(content) > 1 or content[0] == 0)
    return {8 * i + bit for i, byte in enumerate(content[1:]) for bit in range(8) if byte & 0x80 >> bit}


def point_of(key):
    return key.public_bytes(serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint)


def id_of(key):
    return hashlib.sha256(point_of(key)).digest()[:20]


def attributes(name):
    return {a.oid: a.value for a in name}


class Chain(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory(prefix="tps-chain-")
        maker = os.path.join(cls.folder.name, "acme")
        tps = os.path.join(BIN, "tps")
        cls.device = client.make_maker(tps, maker)
        client.run(tps, "device", "start", cls.device)
        component = client.Component(cls.device)
        ask = cbor2.dumps(cbor2.CBORTag(12, {1: AK}))
        session = component._ask(3, component.services[client.SERVICES["attestation"]])  # pylint: disable=protected-access
        answer = cbor2.loads(component._ask(5, session, 60000, ask))  # pylint: disable=protected-access
        cls.ask_key = cbor2.loads(component._ask(5, session, 60000,  # pylint: disable=protected-access
                                                 cbor2.dumps(cbor2.CBORTag(11, {}))))
        component.close()
        client.run(tps, "device", "stop", cls.device)
        cls.ak, cls.layer, cls.device_id = [x509.load_der_x509_certificate(c) for c in answer.value[1]][:3]
        with open(os.path.join(maker, "ca.pem"), "rb") as file:
            cls.ca = x509.load_pem_x509_certificate(file.read())
        with open(os.path.join(cls.device, "identity.cbor"), "rb") as file:
            cls.identity = cbor2.loads(file.read())

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def test_each_is_issued_by_the_next(self):
        chain = [self.ak, self.layer, self.device_id, self.ca]
        for certificate, issuer in zip(chain, chain[1:]):
            self.assertEqual(certificate.issuer, issuer.subject)
            self.assertEqual(certificate.signature_hash_algorithm.name, "sha256")
            issuer.public_key().verify(certificate.signature, certificate.tbs_certificate_bytes, ec.ECDSA(hashes.SHA256()))
            changed = bytearray(certificate.tbs_certificate_bytes)
            changed[-1] ^= 1
            with self.assertRaises(InvalidSignature):
                issuer.public_key().verify(certificate.signature, bytes(changed), ec.ECDSA(hashes.SHA256()))
            identifier = certificate.extensions.get_extension_for_class(x509.AuthorityKeyIdentifier).value.key_identifier
            self.assertEqual(identifier,
                             issuer.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value.digest)

    def test_names_and_numbers_follow_the_keys(self):
        for certificate, title in ((self.layer, "opentps layer R"), (self.ak, "opentps attestation")):
            identifier = id_of(certificate.public_key())
            self.assertEqual(attributes(certificate.subject),
                             {NameOID.COMMON_NAME: title, NameOID.SERIAL_NUMBER: identifier.hex()})
            self.assertEqual(certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value.digest, identifier)
            self.assertEqual(certificate.serial_number.to_bytes(20, "big"),
                             bytes([identifier[0] & 0x3F | 0x40]) + identifier[1:])
            self.assertEqual((certificate.not_valid_before.isoformat(), certificate.not_valid_after.isoformat()),
                             ("2026-01-01T00:00:00", "9999-12-31T23:59:59"))
        self.assertEqual(attributes(self.device_id.subject),
                         {NameOID.COMMON_NAME: self.identity[2] + " DeviceID", NameOID.ORGANIZATION_NAME: self.identity[1],
                          NameOID.SERIAL_NUMBER: self.identity[6]})

    def test_each_is_for_one_thing(self):
        for certificate, path_length in ((self.ak, None), (self.layer, 0), (self.device_id, 1)):
            is_ca = path_length is not None
            usage = certificate.extensions.get_extension_for_class(x509.KeyUsage)
            self.assertTrue(usage.critical)
            self.assertEqual((usage.value.digital_signature, usage.value.key_cert_sign), (not is_ca, is_ca))
            self.assertFalse(usage.value.content_commitment or usage.value.key_encipherment or usage.value.crl_sign)
            constraints = [e for e in certificate.extensions if e.oid == ExtensionOID.BASIC_CONSTRAINTS]
            if is_ca:
                self.assertTrue(constraints[0].critical)
                self.assertEqual((constraints[0].value.ca, constraints[0].value.path_length), (True, path_length))
            else:
                self.assertFalse(any(c.value.ca for c in constraints))
        uris = self.ak.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        self.assertEqual(set(uris.get_values_for_type(x509.UniformResourceIdentifier)),
                         {"tag:opentps.org,2026:certificate:attestation",
                          "tag:opentps.org,2026:class:" + self.identity[4].hex()})

    def test_nothing_else_is_critical_and_nothing_stands_twice(self):
        known = {ExtensionOID.BASIC_CONSTRAINTS, ExtensionOID.KEY_USAGE}
        for certificate, critical in ((self.ak, known), (self.layer, known | {TCB_INFO}), (self.device_id, known)):
            oids = [e.oid for e in certificate.extensions]
            self.assertEqual(len(oids), len(set(oids)))
            self.assertLessEqual({e.oid for e in certificate.extensions if e.critical}, critical)
        self.assertTrue(self.layer.extensions.get_extension_for_oid(TCB_INFO).critical)
        self.assertNotIn(TCB_INFO, [e.oid for e in self.ak.extensions])

    def test_the_ueid_is_the_instance_id(self):
        for certificate in (self.layer, self.ak):
            value = one(certificate.extensions.get_extension_for_oid(UEID).value.value, 0x30)
            self.assertEqual(one(value, 0x04), self.ask_key.value[3])

    def measure(self, name):
        """An image's entry of the boot log."""
        with open(os.path.join(self.device, "firmware", name + ".bin"), "rb") as file:
            digest = hashlib.sha256(file.read()).digest()
        with open(os.path.join(self.device, "firmware", name + ".manifest"), "rb") as file:
            manifest = file.read()
        _, unprotected, payload, _ = cbor2.loads(manifest).value
        protected = cbor2.loads(cbor2.loads(manifest).value[0])
        payload = cbor2.loads(payload)
        self.assertEqual(payload[3], digest)
        return [name, digest, payload[2], {**unprotected, **protected}[4], payload[7], hashlib.sha256(manifest).digest(), 0]

    def test_tcb_info_says_what_runs(self):
        log = [self.measure(name) for name in self.identity[7]]
        info = dict(read_der(one(self.layer.extensions.get_extension_for_oid(TCB_INFO).value.value, 0x30)))
        fwids = [dict(read_der(one_fwid)) for _, one_fwid in read_der(info.pop(0xA6))]

        self.assertEqual([fwid[0x06] for fwid in fwids], [SHA256_OID] * 2)
        self.assertEqual(fwids[0][0x04], log[0][1])
        self.assertEqual(fwids[1][0x04], hashlib.sha256(cbor2.dumps(log)).digest())
        self.assertEqual(bits_of(info.pop(0x87)), {NOT_SECURE})  # a demonstration in software, secured
        self.assertEqual(bits_of(info.pop(0x8A)), {NOT_CONFIGURED, NOT_SECURE, DEBUG})
        self.assertEqual(info, {0x80: self.identity[1].encode(), 0x81: self.identity[2].encode(), 0x82: log[0][2].encode(),
                                0x83: bytes([min(entry[4] for entry in log)]), 0x84: b"\1", 0x89: b"opentps boot log"})


if __name__ == "__main__":
    BIN = os.path.abspath(sys.argv.pop())
    unittest.main()
