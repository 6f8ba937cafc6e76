#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""`tps inspect` explains certificates of DICE: X.509 whose extensions openssl encoded and cryptography signed, and CBOR that
cbor2 encoded. `inspect_dice.py PROGRAM`.
"""
import datetime
import hashlib
import os
import subprocess
import tempfile
import unittest

import cbor2
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

import inspect_support as support
from inspect_support import inspect, meaning, plain, run

KEY = ec.generate_private_key(ec.SECP256R1())
TCG = "2.23.133.5.4."
OPEN = "1.3.6.1.4.1.11129.2.1.24"
HASH = hashlib.sha512(b"code").digest()

TCB_INFO = """
vendor = IMPLICIT:0,UTF8:Acme
model = IMPLICIT:1,UTF8:Bulb
version = IMPLICIT:2,UTF8:1.2.3
svn = IMPLICIT:3,INTEGER:7
layer = IMPLICIT:4,INTEGER:1
index = IMPLICIT:5,INTEGER:2
fwids = IMPLICIT:6,SEQUENCE:fwids
flags = IMPLICIT:7,FORMAT:BITLIST,BITSTRING:1,3
vendorInfo = IMPLICIT:8,FORMAT:HEX,OCTETSTRING:aabb
type = IMPLICIT:9,FORMAT:ASCII,OCTETSTRING:kind
mask = IMPLICIT:10,FORMAT:BITLIST,BITSTRING:0,1,3,31
registers = IMPLICIT:11,SEQUENCE:registers
[fwids]
one = SEQUENCE:fwid
[fwid]
hash = OID:2.16.840.1.101.3.4.2.1
digest = FORMAT:HEX,OCTETSTRING:%s
[registers]
one = SEQUENCE:register
[register]
name = IMPLICIT:0,IA5STRING:PCR0
number = IMPLICIT:1,INTEGER:3
digests = IMPLICIT:2,SEQUENCE:fwids
""" % ("11" * 32)

OPEN_INPUT = """
code = EXPLICIT:0,FORMAT:HEX,OCTETSTRING:%s
configuration_hash = EXPLICIT:2,FORMAT:HEX,OCTETSTRING:%s
configuration = EXPLICIT:3,FORMAT:ASCII,OCTETSTRING:debug off
authority = EXPLICIT:4,FORMAT:HEX,OCTETSTRING:%s
mode = EXPLICIT:6,INTEGER:%%d
name = EXPLICIT:7,UTF8:example
""" % (HASH.hex(), hashlib.sha512(b"debug off").hexdigest(), HASH.hex())


def encode(fields, first="SEQUENCE:main"):
    """DER of a sequence by openssl, whose encoder is nobody's here."""
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "asn1.cnf")
        with open(path, "w", encoding="utf-8") as file:
            file.write("asn1 = %s\n[main]\n%s" % (first, fields))
        subprocess.run(["openssl", "asn1parse", "-noout", "-genconf", path, "-out", path + ".der"], check=True)
        with open(path + ".der", "rb") as file:
            return file.read()


def certificate(*extensions):
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Layer 1")])
    start = datetime.datetime(2026, 1, 1)
    builder = (x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(KEY.public_key())
               .serial_number(7).not_valid_before(start).not_valid_after(start + datetime.timedelta(days=36500))
               .add_extension(x509.BasicConstraints(True, None), True))
    for oid, value, is_critical in extensions:
        builder = builder.add_extension(x509.UnrecognizedExtension(x509.ObjectIdentifier(oid), value), is_critical)
    return builder.sign(KEY, hashes.SHA256())


def der(*extensions):
    return certificate(*extensions).public_bytes(serialization.Encoding.DER)


def cwt(claims):
    """An untagged COSE_Sign1, ES256."""
    protected, payload = cbor2.dumps({1: -7}), cbor2.dumps(claims)
    signature = KEY.sign(cbor2.dumps(["Signature1", protected, b"", payload]), ec.ECDSA(hashes.SHA256()))
    r, s = decode_dss_signature(signature)
    return cbor2.dumps([protected, {}, payload, r.to_bytes(32, "big") + s.to_bytes(32, "big")])


NUMBERS = KEY.public_key().public_numbers()
COSE_KEY = cbor2.dumps({1: 2, -1: 1, -2: NUMBERS.x.to_bytes(32, "big"), -3: NUMBERS.y.to_bytes(32, "big")})
UDS = {1: "maker", 2: "uds", -4670552: COSE_KEY, -4670553: b"\x20"}
CDI = {1: "uds", 2: "cdi", -4670545: HASH, -4670548: b"debug off", -4670549: HASH, -4670551: b"\x01",
       -4670552: COSE_KEY, -4670553: b"\x20", -4670554: "example"}


class Dice(unittest.TestCase):
    def test_a_tcb_info_with_all_fields(self):
        answer = inspect(der((TCG + "1", encode(TCB_INFO), True)))
        self.assertEqual(answer["kind"], "certificate")
        dice = answer["fields"]["dice"]
        self.assertEqual(dice["critical"], ["TcbInfo"])
        info = dice["tcb_infos"][0]
        self.assertEqual([info[name] for name in ("vendor", "model", "version", "svn", "layer", "index")],
                         ["Acme", "Bulb", "1.2.3", 7, 1, 2])
        self.assertEqual(info["fwids"][0]["digest"], "11" * 32)
        self.assertIn("SHA-256", info["fwids"][0]["hash"])
        self.assertEqual(info["flags"], ["not secure", "debug"])
        self.assertEqual(info["flags_mask"], ["not configured", "not secure", "debug"])
        self.assertEqual((info["integrity_registers"][0]["name"], info["integrity_registers"][0]["number"]), ("PCR0", 3))
        self.assertTrue(any("not secure" in warning for warning in answer["warnings"]))

    def test_several_layers_an_identifier_and_evidence(self):
        several = encode("one = SEQUENCE:a\ntwo = SEQUENCE:b\n[a]\nsvn = IMPLICIT:3,INTEGER:1\n[b]\nsvn = IMPLICIT:3,INTEGER:2\n")
        ueid = encode("ueid = FORMAT:HEX,OCTETSTRING:01aabb\n")
        cmw = encode("cmw = FORMAT:HEX,OCTETSTRING:%s\n" % cbor2.dumps(["application/eat+cwt", b"\xa0"]).hex())
        answer = inspect(der((TCG + "5", several, True), (TCG + "4", ueid, False), (TCG + "9", cmw, False)))
        dice = answer["fields"]["dice"]
        self.assertEqual([info["svn"] for info in dice["tcb_infos"]], [1, 2])
        self.assertEqual(plain(dice["ueid"]), "01aabb")
        self.assertIn("application/eat+cwt", str(dice["cmw"]))

    def test_the_open_profile_in_pem(self):
        data = certificate((OPEN, encode(OPEN_INPUT % 1), True)).public_bytes(serialization.Encoding.PEM)
        answer = inspect(data)
        said = answer["fields"]["blocks"][0]["dice"]["open_dice"]
        self.assertEqual((said["mode"]["value"], meaning(said["mode"])), (1, "normal"))
        self.assertEqual(said["code_hash"], HASH.hex())
        self.assertEqual(said["profile_name"], "example")
        answer = inspect(der((OPEN, encode(OPEN_INPUT % 2), True)))
        self.assertTrue(any("debug" in warning for warning in answer["warnings"]))

    def test_what_cannot_be_read_is_a_warning_with_its_place(self):
        answer = inspect(der((TCG + "1", b"\x30\x03\x83\x01\xff", True)))
        self.assertNotIn("dice", answer["fields"])
        self.assertTrue(any("svn" in warning for warning in answer["warnings"]), answer["warnings"])

    def test_other_certificates_say_nothing_of_it(self):
        answer = inspect(der())
        self.assertNotIn("dice", answer["fields"])
        self.assertEqual(answer["warnings"], [])

    def test_cbor_certificates(self):
        answer = inspect(cwt(UDS))
        self.assertEqual(answer["kind"], "dice-certificate")
        said = answer["fields"]["certificate"]
        self.assertEqual((said["issuer"], said["subject"]), ("maker", "uds"))
        self.assertIn("UDS", said["role"])
        self.assertEqual(plain(said["public_key"]["x"]), NUMBERS.x.to_bytes(32, "big").hex())
        self.assertEqual(answer["warnings"], [])
        answer = inspect(cwt(CDI))
        said = answer["fields"]["certificate"]
        self.assertEqual(meaning(said["open_dice"]["mode"]), "normal")
        self.assertEqual(said["open_dice"]["profile_name"], "example")
        self.assertEqual(answer["warnings"], [])

    def test_a_cbor_certificate_that_the_profile_refuses_is_shown(self):
        answer = inspect(cwt({**CDI, -4670551: b"\x01\x02"}))
        self.assertEqual(answer["kind"], "dice-certificate")
        self.assertTrue(any("the profile refuses it" in warning for warning in answer["warnings"]))
        self.assertIn("payload", answer["fields"]["certificate"])

    def test_people_read_it(self):
        answer = run("-", data=cwt({**CDI, 4: 1700000000}))
        self.assertEqual(answer.code, 0)
        self.assertIn("Certificate of the Open Profile for DICE", answer.text)
        self.assertIn("expired", answer.text)


if __name__ == "__main__":
    support.main()
