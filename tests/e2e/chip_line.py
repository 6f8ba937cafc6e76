#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""A chip maker's line, for secrets that never leave a chip: identity first, then the chip's certification request, then
certificates. The chip is test_chip_line; cbor2 and cryptography judge.

usage: chip_line.py BIN
"""
import hashlib
import os
import subprocess
import sys
import tempfile
import unittest

import cbor2
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "conformance"))
import cddl  # noqa: E402
import component_client as client  # noqa: E402
import evidence  # noqa: E402
from component_client import read, write  # noqa: E402

BIN = ""
SPEC = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "spec")
SECURED = 2


def key_of(cose):
    numbers = ec.EllipticCurvePublicNumbers(int.from_bytes(cose[-2], "big"), int.from_bytes(cose[-3], "big"),
                                            ec.SECP256R1())
    return numbers.public_key()


class Line(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory(prefix="tps-line-")
        self.maker = self.path("acme")
        self.secure = self.path("secure.bin")
        self.bulb = self.path("bulb.bin")
        write(self.secure, os.urandom(30000))
        write(self.bulb, os.urandom(5001))
        self.tps("init", self.maker, "--name", "Acme")  # a real maker: no demonstration
        self.release("component", self.secure)
        self.release("application", self.bulb)

    def tearDown(self):
        self.folder.cleanup()

    def path(self, name):
        return os.path.join(self.folder.name, name)

    def device(self, number=1):
        return os.path.join(self.maker, "devices", "bulb-%04d" % number)

    def tps(self, *arguments):
        return client.run(os.path.join(BIN, "tps"), "factory", *arguments, expect=0)

    def refused(self, *arguments):
        done = subprocess.run([os.path.join(BIN, "tps"), "factory", *arguments], capture_output=True, text=True, timeout=60,
                              check=False)
        self.assertEqual(done.returncode, 2, done)
        self.assertRegex(done.stderr, r"^tps: .+: .+\n$")
        return done.stderr

    def release(self, name, image):
        self.tps("release", self.maker, "--model", "bulb", "--name", name, "--version", "1.0.0", "--image", image)

    def make(self, *more):
        return self.tps("make", self.maker, "--model", "bulb", "--chip", *more)

    def chip(self, command, number, *more, expect=0):
        done = subprocess.run([os.path.join(BIN, "test_chip_line"), command, self.path("flash-%d" % number), self.secure,
                               *more], capture_output=True, text=True, timeout=60, check=False)
        self.assertEqual(done.returncode, expect, done)
        return done.stderr

    def flash(self, number=1):
        path = self.path("flash-%d" % number)
        self.tps("chip", self.device(number), "--out", path)
        return path

    def request(self, number=1):
        path = self.path("request-%d" % number)
        self.chip("request", number, path)
        return path

    def certify(self, number=1, request=None):
        return self.tps("certify", self.maker, "--device", self.device(number), "--request",
                        request or self.path("request-%d" % number))

    def refused_certification(self, request, number=1):
        said = self.refused("certify", self.maker, "--device", self.device(number), "--request", request)
        self.assertFalse(os.path.exists(os.path.join(self.device(number), "certificates.cbor")))
        return said

    def boot(self, number=1):
        path = self.path("boot-%d" % number)
        self.chip("boot", number, path)
        return cbor2.loads(read(path))

    def test_a_chip_that_makes_its_own_secret_is_certified_and_is_what_was_endorsed(self):
        self.make()
        self.assertEqual(sorted(os.listdir(self.device())), ["firmware", "identity.cbor", "secure"])
        self.assertEqual(os.listdir(os.path.join(self.maker, "endorsements")).count("bulb-devices-0001.psa.corim"), 0)
        flash = self.flash()
        self.assertEqual(read(flash)[:4096], b"\xff" * 4096)
        request = self.request()
        secret = read(flash)[16:48]
        self.judge_request(request)
        said = self.certify()
        self.assertIn("bulb-devices-0001.psa.corim", said)
        self.tps("chip", self.device(), "--update", flash)
        self.assertEqual(read(flash)[16:48], secret)
        self.chip("secure", 1)
        booted = self.boot()
        self.assertEqual((booted[1], booted[5]), (SECURED, True))
        self.judge_certificates(request, booted)

    def judge_request(self, path):
        encoded = read(path)
        with open(os.path.join(SPEC, "device-folder.cddl"), encoding="utf-8") as file:
            cddl.Schema(file.read()).check("certification-request", cbor2.loads(encoded))
        outer = cbor2.loads(encoded)
        inner = cbor2.loads(outer.value[2])
        keys = cbor2.loads(inner.value[2])
        self.assertEqual(keys[1], hashlib.sha256(read(self.device(), "identity.cbor")).digest())
        evidence.verify_sign1(outer.value[2], key_of(keys[2]))
        evidence.verify_sign1(encoded, key_of(keys[3]))

    def judge_certificates(self, request, booted):
        keys = cbor2.loads(cbor2.loads(cbor2.loads(read(request)).value[2]).value[2])
        ca = x509.load_pem_x509_certificate(read(self.maker, "ca.pem"))
        for name, cose in (("device-id.cbor", keys[2]), ("certificates.cbor", keys[3])):
            leaf, root = [x509.load_der_x509_certificate(der) for der in cbor2.loads(read(self.device(), name))]
            self.assertEqual(leaf.public_key().public_numbers(), key_of(cose).public_numbers())
            self.assertEqual(root, ca)
            evidence.verify_issued(leaf, ca)
        device_id = x509.load_der_x509_certificate(cbor2.loads(read(self.device(), "device-id.cbor"))[0])
        layer = x509.load_der_x509_certificate(booted[4])
        evidence.verify_issued(layer, device_id)
        evidence.verify_issued(x509.load_der_x509_certificate(booted[3]), layer)
        spki = key_of(keys[3]).public_bytes(serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint)
        self.assertEqual(booted[2], b"\x01" + hashlib.sha256(spki).digest())
        lines = read(self.maker, "devices.csv").decode().split("\n")
        self.assertTrue(lines[1].startswith("bulb-0001,bulb,,"), lines)
        self.assertTrue(lines[2].startswith("bulb-0001,bulb,%s," % booted[2].hex()), lines)
        self.assertIn(booted[2], read(self.maker, "endorsements/bulb-devices-0001.psa.corim"))

    def test_a_request_counts_for_its_own_device_alone(self):
        self.make("--count", "2")
        for number in (1, 2):
            self.flash(number)
            self.request(number)
        self.assertIn("of another device", self.refused_certification(self.path("request-2"), 1))
        changed = bytearray(read(self.path("request-1")))
        changed[-1] ^= 1
        write(self.path("changed"), changed)
        self.assertIn("no certification request", self.refused_certification(self.path("changed")))
        self.assertIn("IAK", self.refused_certification(self.path("changed")))
        write(self.path("changed"), b"")
        self.refused_certification(self.path("changed"))
        self.certify(1)
        self.certify(2)
        self.assertNotEqual(self.boot(1)[2], self.boot(2)[2])

    def test_a_device_is_certified_once(self):
        self.make()
        self.flash()
        request = self.request()
        self.certify()
        self.assertIn("is there already", self.refused("certify", self.maker, "--device", self.device(), "--request", request))
        for name in ("certificates.cbor", "certificates.pem", "device-id.cbor"):
            os.unlink(os.path.join(self.device(), name))
        self.assertIn("another device's already", self.refused_certification(request))

    def test_only_devices_of_this_maker_made_as_chips_are_certified(self):
        self.make()
        self.flash()
        request = self.request()
        other = self.path("other")
        self.tps("init", other, "--name", "Acme")
        self.assertIn("another maker's", self.refused("certify", other, "--device", self.device(), "--request", request))
        registry = os.path.join(self.maker, "devices.csv")
        lines = read(registry).decode().split("\n")
        write(registry, lines[0].encode() + b"\n")
        self.assertIn("was not made as a chip", self.refused_certification(request))
        self.assertIn("holds no device", self.refused("certify", self.maker, "--device", self.maker, "--request", request))

    def test_a_secured_device_makes_no_request(self):
        self.make()
        self.flash()
        self.request()
        self.chip("secure", 1)
        self.assertIn("TPS_COMPONENT_DENIED", self.chip("request", 1, self.path("late"), expect=1))
        self.assertFalse(os.path.exists(self.path("late")))

    def test_a_chips_secure_image_is_released_before_it_is_made(self):
        self.tps("release", self.maker, "--model", "lock", "--version", "1", "--image", self.bulb)
        self.assertIn("is not released", self.refused("make", self.maker, "--model", "lock", "--chip"))
        self.assertFalse(os.path.exists(os.path.join(self.maker, "devices", "lock-0001")))

    def test_serial_numbers_go_on_whoever_makes_the_keys(self):
        self.make("--count", "2")
        self.make()
        self.assertEqual(sorted(os.listdir(os.path.join(self.maker, "devices"))), ["bulb-0001", "bulb-0002", "bulb-0003"])

    def test_a_flash_is_renewed_from_its_own_folder_only(self):
        self.make("--count", "2")
        flash = self.flash(1)
        before = read(flash)
        self.assertIn("another device", self.refused("chip", self.device(2), "--update", flash))
        self.assertEqual(read(flash), before)


if __name__ == "__main__":
    BIN = sys.argv.pop(1)
    unittest.main()
