#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Evidence under DICE chains: devices of `tps factory` that attest by AK_0, and another maker's device, whose certificates,
endorsements and answers are made here by cryptography and cbor2 alone.

usage: dice.py BIN
"""
import datetime
import glob
import hashlib
import json
import os
import subprocess
import sys
import tempfile
import unittest

import cbor2
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.x509.oid import NameOID

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "conformance"))
import cddl  # noqa: E402
import component_client as client  # noqa: E402
import evidence  # noqa: E402

TPS = ""
SPEC = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "spec", "dice-evidence.cddl")
NONCE = bytes(range(100, 132))
TCB_INFO, UEID = x509.ObjectIdentifier("2.23.133.5.4.1"), x509.ObjectIdentifier("2.23.133.5.4.4")


def verify(path, *options):
    """Exit code and result of `tps verify`."""
    done = subprocess.run([TPS, "verify", path, "--nonce", "hex:" + NONCE.hex(), "--json", *options],
                          capture_output=True, text=True, check=False)
    return done.returncode, json.loads(done.stdout) if done.stdout.startswith("{") else done.stderr


def names(result):
    return [finding["name"] for finding in result["findings"]]


class Factory(unittest.TestCase):
    """A device made by `tps factory`."""

    def setUp(self):
        self.folder = tempfile.TemporaryDirectory(prefix="tps-dice-")
        os.chmod(self.folder.name, 0o755)
        self.maker = os.path.join(self.folder.name, "acme")
        self.device = client.make_maker(TPS, self.maker)

    def tearDown(self):
        client.run(TPS, "device", "stop", self.device)
        self.folder.cleanup()

    def attest(self):
        out = os.path.join(self.folder.name, "evidence.cbor")
        client.run(TPS, "device", "evidence", "--device", self.device, "--ak", "--nonce", "hex:" + NONCE.hex(), "--out", out)
        return out

    def endorsements(self, *patterns):
        found = [path for pattern in patterns
                 for path in sorted(glob.glob(os.path.join(self.maker, "endorsements", pattern)))]
        return [option for path in found for option in ("--endorsements", path)]

    def release(self, version, image):
        path = os.path.join(self.folder.name, "image-" + version)
        with open(path, "wb") as file:
            file.write(image)
        client.run(TPS, "factory", "release", self.maker, "--model", "bulb", "--version", version, "--image", path)
        return path

    def flash(self, image, *manifest):
        client.run(TPS, "device", "stop", self.device)
        client.run(TPS, "device", "flash", self.device, image, *manifest)

    def test_a_device_is_affirming_by_the_key_that_its_code_certifies(self):
        code, result = verify(self.attest(), "--demo", *self.endorsements("*.opentps.corim", "*.dice.corim"))
        self.assertEqual((code, result["status"]), (0, "affirming"), result)

    def test_it_is_not_when_nobody_endorsed_the_layer(self):
        code, result = verify(self.attest(), "--demo", *self.endorsements("*.opentps.corim"))
        self.assertEqual(code, 1)
        self.assertTrue(any(name.startswith("executables.") for name in names(result)), result)

    def test_the_makers_ca_alone_is_anchor_enough(self):
        code, result = verify(self.attest(), "--demo", "--anchor", os.path.join(self.maker, "ca.pem"),
                              *self.endorsements("bulb-component*.opentps.corim", "bulb-application*.opentps.corim",
                                                 "*.dice.corim"))
        self.assertEqual((code, result["status"]), (0, "affirming"), result)

    def test_an_update_needs_its_own_endorsement_of_the_layer(self):
        old = self.endorsements("*.opentps.corim", "*.dice.corim")
        image = self.release("1.1.0", b"another application" * 20)
        new = self.endorsements("*.opentps.corim", "*.dice.corim")
        self.flash(image, os.path.join(self.maker, "releases", "bulb", "application-1.1.0.manifest"))
        path = self.attest()
        self.assertEqual(verify(path, "--demo", *old)[0], 1)
        code, result = verify(path, "--demo", *new)
        self.assertEqual((code, result["status"]), (0, "affirming"), result)

    def test_an_image_that_no_maker_signed_shows_in_the_layer(self):
        image = os.path.join(self.folder.name, "evil")
        with open(image, "wb") as file:
            file.write(b"evil" * 100)
        self.flash(image)
        code, result = verify(self.attest(), "--demo", *self.endorsements("*.opentps.corim", "*.dice.corim"))
        self.assertEqual(code, 1)
        self.assertTrue(any("layer" in finding["cause"] for finding in result["findings"]), result)

    def test_its_chain_and_signature_are_what_cryptography_says(self):
        with open(self.attest(), "rb") as file:
            message = cbor2.loads(file.read()).value
        chain = [x509.load_der_x509_certificate(der) for der in message[1][33]]
        for certificate, issuer in zip(chain, chain[1:]):
            evidence.verify_issued(certificate, issuer)
        evidence.verify_sign1(cbor2.dumps(cbor2.CBORTag(18, message)), chain[0].public_key())


# ---- another maker ----

def der(tag, *parts):
    content = b"".join(parts)
    assert len(content) < 128
    return bytes([tag, len(content)]) + content


def tcb_info(vendor, model, version, svn, layer, digest, flags):
    """DiceTcbInfo by hand (TCG DICE Attestation Architecture 1.2, Appendix A): one FWID of SHA-384."""
    sha384 = der(0x06, bytes.fromhex("608648016503040202"))
    mask = der(0x8A, b"\x04\xf0")
    # Flags of zeros are an empty BIT STRING; set is debug alone here.
    value = der(0x87, b"\x04\x10") if flags else der(0x87, b"\x00")
    content = (der(0x80, vendor.encode()) + der(0x81, model.encode()) + der(0x82, version.encode()) +
               der(0x83, bytes([svn])) + der(0x84, bytes([layer])) +
               der(0xA6, der(0x30, sha384, der(0x04, digest))) + value + mask)
    assert len(content) < 256
    return b"\x30\x81" + bytes([len(content)]) + content if len(content) > 127 else der(0x30, content)


class Other(unittest.TestCase):
    """A device of two layers below a root on P-384."""

    def setUp(self):
        self.folder = tempfile.TemporaryDirectory(prefix="tps-dice-")
        self.now = datetime.datetime.utcnow()
        self.ueid = b"\x01" + bytes(range(16))
        self.keys = [ec.generate_private_key(curve)
                     for curve in (ec.SECP384R1(), ec.SECP256R1(), ec.SECP256R1(), ec.SECP384R1())]
        self.digests = [hashlib.sha384(text).digest() for text in (b"layer 1", b"layer 2")]
        self.is_debug = False
        root = self.certify(0, 0, [], True)
        self.anchor = self.write("root.pem", root.public_bytes(serialization.Encoding.PEM))

    def tearDown(self):
        self.folder.cleanup()

    def write(self, name, content):
        path = os.path.join(self.folder.name, name)
        with open(path, "wb") as file:
            file.write(content)
        return path

    @staticmethod
    def name(number):
        return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Other %d" % number)])

    def certify(self, number, issuer, extensions, is_ca):
        builder = (x509.CertificateBuilder().subject_name(self.name(number)).issuer_name(self.name(issuer))
                   .public_key(self.keys[number].public_key()).serial_number(number + 1)
                   .not_valid_before(self.now - datetime.timedelta(days=1))
                   .not_valid_after(self.now + datetime.timedelta(days=100))
                   .add_extension(x509.BasicConstraints(is_ca, None), True)
                   .add_extension(x509.KeyUsage(not is_ca, False, False, False, False, is_ca, is_ca, False, False), True))
        for oid, value, critical in extensions:
            builder = builder.add_extension(x509.UnrecognizedExtension(oid, value), critical)
        key = self.keys[issuer]
        return builder.sign(key, hashes.SHA384() if key.curve.name == "secp384r1" else hashes.SHA256())

    def layer(self, number):
        info = tcb_info("Other", "Pump", "2.%d" % number, number, number, self.digests[number - 1],
                        self.is_debug and number == 2)
        return [(TCB_INFO, info, True), (UEID, der(0x30, der(0x04, self.ueid)), False)]

    def answer(self, nonce=NONCE, key=3):
        """The leaf answers for what layer 2 measured; the first is measured by the device's identity."""
        chain = [self.certify(3, 2, self.layer(2), False), self.certify(2, 1, self.layer(1), True),
                 self.certify(1, 0, [], True)]
        claims = {10: nonce, 265: "tag:opentps.org,2026:dice"}
        with open(SPEC, encoding="utf-8") as file:
            cddl.Schema(file.read()).check("answer", claims)
        protected, payload = cbor2.dumps({1: -51}), cbor2.dumps(claims)
        r, s = decode_dss_signature(self.keys[key].sign(cbor2.dumps(["Signature1", protected, b"", payload]),
                                                        ec.ECDSA(hashes.SHA384())))
        message = cbor2.CBORTag(18, [protected, {33: [c.public_bytes(serialization.Encoding.DER) for c in chain]},
                                     payload, r.to_bytes(48, "big") + s.to_bytes(48, "big")])
        return self.write("answer.cbor", cbor2.dumps(message))

    def endorse(self, layers=(1, 2)):
        """Reference values without a profile, as draft-ietf-rats-corim-10 has them; 7 is SHA-384, flags: configured, not
        debug."""
        references = [[{0: {1: "Other", 2: "Pump", 3: number}},
                       [{1: {0: {0: "2.%d" % number}, 1: number, 2: [[7, self.digests[number - 1]]],
                             3: {0: True, 3: False}}}]] for number in layers]
        comid = {1: {0: "pump-layers"}, 4: {0: references}}
        corim = cbor2.CBORTag(501, {0: "pump", 1: [cbor2.CBORTag(506, cbor2.dumps(comid, canonical=True))]})
        return ["--endorsements", self.write("pump.corim", cbor2.dumps(corim, canonical=True))]

    def test_a_device_of_another_maker_is_affirming_by_its_layers(self):
        code, result = verify(self.answer(), "--anchor", self.anchor, *self.endorse())
        self.assertEqual((code, result["status"]), (0, "affirming"), result)
        self.assertEqual(result["device-class"], "Other Pump")

    def test_a_layer_that_is_not_endorsed_is_named(self):
        code, result = verify(self.answer(), "--anchor", self.anchor, *self.endorse([1]))
        self.assertEqual(code, 1)
        self.assertTrue(any("layer 2" in finding["cause"] for finding in result["findings"]), result)

    def test_a_changed_layer_is_refused(self):
        endorsed = self.endorse()
        self.digests[1] = hashlib.sha384(b"changed").digest()
        code, result = verify(self.answer(), "--anchor", self.anchor, *endorsed)
        self.assertEqual(code, 1)
        self.assertTrue(any("layer 2" in finding["cause"] for finding in result["findings"]), result)

    def test_a_layer_that_is_debugged_is_refused(self):
        self.is_debug = True
        code, result = verify(self.answer(), "--anchor", self.anchor, *self.endorse())
        self.assertEqual(code, 1)
        self.assertIn("configuration.layer-debug", names(result))

    def test_an_old_answer_is_refused(self):
        code, result = verify(self.answer(bytes(32)), "--anchor", self.anchor, *self.endorse())
        self.assertEqual(code, 1)
        self.assertIn("freshness.nonce-mismatch", names(result))

    def test_another_key_than_the_leafs_is_refused(self):
        code, result = verify(self.answer(key=0), "--anchor", self.anchor, *self.endorse())
        self.assertEqual(code, 1)
        self.assertIn("evidence.bad-signature", names(result))

    def test_without_its_root_it_is_nobodys(self):
        code, result = verify(self.answer(), *self.endorse())
        self.assertEqual(code, 1)
        self.assertIn("instance-identity.unknown-signer", names(result))


if __name__ == "__main__":
    TPS = os.path.join(sys.argv.pop(1), "tps")
    unittest.main()
