#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""`tps factory` as its user meets it, and what it makes, judged by cbor2 and cryptography.

usage: factory_commands.py BIN
"""
import hashlib
import json
import os
import stat
import subprocess
import sys
import tempfile
import unittest

import cbor2
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "conformance"))
import component_client as client  # noqa: E402
import evidence  # noqa: E402

TPS = ""
DEMO_CA = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "share", "demo-ca",
                       "opentps-INSECURE-demonstration-ca.pem")


def mode(path):
    return stat.S_IMODE(os.stat(path).st_mode)


class Factory(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory(prefix="tps-factory-")
        self.maker = os.path.join(self.folder.name, "acme")
        self.image = os.path.join(self.folder.name, "image.bin")
        with open(self.image, "wb") as file:
            file.write(b"firmware" * 100)

    def tearDown(self):
        self.folder.cleanup()

    def tps(self, *arguments, expect=0):
        return client.run(TPS, *arguments, expect=expect)

    def refused(self, *arguments):
        """The error line of a command that must fail: "tps: cause: next step"."""
        done = subprocess.run([TPS, *arguments], capture_output=True, text=True, timeout=60, check=False)
        self.assertEqual(done.returncode, 2, done)
        lines = done.stderr.strip().split("\n")
        self.assertEqual(len(lines), 1, lines)
        self.assertRegex(lines[0], r"^tps: .+: .+$")
        return lines[0]

    def init(self, *more):
        self.tps("factory", "init", self.maker, "--name", "Acme Home", *more)

    def release(self, version="1.0.0", *more):
        return self.tps("factory", "release", self.maker, "--model", "bulb", "--version", version, "--image", self.image,
                        *more)

    def make(self, *more):
        return self.tps("factory", "make", self.maker, "--model", "bulb", *more)

    def path(self, *parts):
        return os.path.join(self.maker, *parts)

    def certificate(self, *parts):
        with open(self.path(*parts), "rb") as file:
            return x509.load_pem_x509_certificate(file.read())


class Init(Factory):
    def test_secrets_are_for_the_owner_only(self):
        self.init("--demo")
        self.assertEqual(mode(self.path("keys")), 0o700)
        for name in os.listdir(self.path("keys")):
            self.assertEqual(mode(self.path("keys", name)), 0o600, name)
        for name in ("ca.pem", "endorsement.pem", "release.pem", "README.txt"):
            self.assertEqual(mode(self.path(name)), 0o644, name)

    def test_each_key_fits_its_certificate_and_each_certificate_its_issuer(self):
        self.init("--demo")
        with open(DEMO_CA, "rb") as file:
            issuer = x509.load_pem_x509_certificate(file.read())
        for name in ("ca", "endorsement", "release"):
            certificate = self.certificate(name + ".pem")
            with open(self.path("keys", name + ".key"), "rb") as file:
                key = serialization.load_pem_private_key(file.read(), None)
            self.assertEqual(key.public_key().public_numbers(), certificate.public_key().public_numbers())
            evidence.verify_issued(certificate, issuer)
            is_ca = certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
            self.assertEqual(is_ca, name == "ca")
            issuer = self.certificate("ca.pem")

    def test_a_real_maker_is_its_own_root(self):
        self.init()
        certificate = self.certificate("ca.pem")
        evidence.verify_issued(certificate, certificate)
        with open(self.path("README.txt"), encoding="utf-8") as file:
            self.assertNotIn("INSECURE", file.read())

    def test_a_demonstration_says_so(self):
        self.assertIn("INSECURE", self.tps("factory", "init", self.maker, "--name", "Acme", "--demo"))
        with open(self.path("README.txt"), encoding="utf-8") as file:
            self.assertIn("INSECURE", file.read())

    def test_names_that_certificates_cannot_hold_leave_nothing_behind(self):
        for name in (b"A\xff\xfeB", b"x" * 46, "\u00e9".encode() * 23, b"a\x1bb", b""):
            done = subprocess.run([TPS, "factory", "init", self.maker, "--name", name], capture_output=True)
            self.assertEqual(done.returncode, 2, name)
            self.assertIn(b"a maker's name is", done.stderr)
            self.assertFalse(os.path.exists(self.maker))
        self.init("--demo")

    def test_names_that_join_to_the_same_file_are_refused_first(self):
        self.init("--demo")
        release = ("factory", "release", self.maker, "--version", "1", "--image", self.image, "--model")
        self.tps(*release, "a", "--name", "b-c")
        self.assertIn("is of another release", self.refused(*release, "a-b", "--name", "c"))
        self.assertFalse(os.path.exists(self.path("releases", "a-b", "c-1.bin")))
        self.assertIn("cannot name an image", self.refused(*release, "a", "--name", "devices"))

    def test_runs_at_the_same_time_wait_for_each_other(self):
        self.init("--demo")
        self.release()
        runs = [subprocess.Popen([TPS, "factory", "make", self.maker, "--model", "bulb", "--count", "3"],
                                 stdout=subprocess.DEVNULL) for _ in range(4)]
        runs += [subprocess.Popen([TPS, "factory", "release", self.maker, "--model", "lamp", "--version", "1",
                                   "--image", self.image, "--name", name], stdout=subprocess.DEVNULL) for name in "abcd"]
        self.assertEqual([run.wait(60) for run in runs], [0] * 8)
        self.assertEqual(len(os.listdir(self.path("devices"))), 12)
        with open(self.path("releases", "lamp", "latest"), encoding="utf-8") as file:
            self.assertEqual(sorted(line.split()[0] for line in file), list("abcd"))

    def test_nothing_is_overwritten(self):
        self.init("--demo")
        before = self.certificate("ca.pem")
        self.assertIn("not empty", self.refused("factory", "init", self.maker, "--name", "Other", "--demo"))
        self.assertEqual(before, self.certificate("ca.pem"))

    def test_names_are_checked(self):
        self.refused("factory", "init", self.maker, "--name", "")
        self.refused("factory", "init", self.maker, "--name", "x" * 65)
        self.refused("factory", "init", self.maker, "--name", "two\nlines")
        self.refused("factory", "init", self.maker)
        self.assertFalse(os.path.exists(self.maker))


class Release(Factory):
    def test_the_manifest_is_signed_by_the_release_key(self):
        self.init("--demo")
        self.release()
        with open(self.path("releases", "bulb", "application-1.0.0.manifest"), "rb") as file:
            manifest = file.read()
        key = self.certificate("release.pem").public_key()
        header, payload = evidence.verify_sign1(manifest, key)
        release = cbor2.loads(payload)
        self.assertEqual(header[1], -9)
        self.assertEqual(header[4], evidence.spki_sha256(key))
        with open(self.image, "rb") as file:
            self.assertEqual(release[3], hashlib.sha256(file.read()).digest())
        self.assertEqual((release[1], release[2], release[4]), ("application", "1.0.0", 800))

    def test_reference_values_are_signed_by_the_endorsement_signer_under_the_ca(self):
        self.init("--demo")
        self.release()
        # ES256 where other projects' readers must know it, ESP256 in the profile of our own.
        for profile, algorithm in (("psa", -7), ("opentps", -9)):
            corim = evidence.Corim(self.path("endorsements", "bulb-application-1.0.0.%s.corim" % profile),
                                   self.certificate("ca.pem"))
            self.assertEqual(corim.algorithm, algorithm)
            self.assertEqual(len(corim.references), 1)
            reference = corim.references[0]
            self.assertEqual(reference["digest"], hashlib.sha256(b"firmware" * 100).digest())
            self.assertEqual(reference["version"], "1.0.0")
            self.assertEqual(reference["name"], "application")
            self.assertEqual(reference["signer"], evidence.spki_sha256(self.certificate("release.pem").public_key()))

    def test_a_version_is_released_once(self):
        self.init("--demo")
        self.release()
        self.assertIn("released already", self.refused("factory", "release", self.maker, "--model", "bulb", "--version",
                                                       "1.0.0", "--image", self.image))

    def test_bad_words_are_refused_by_name(self):
        self.init("--demo")
        for model, version, name in (("Bulb", "1", "a"), ("../x", "1", "a"), ("bulb", "1/2", "a"), ("bulb", "", "a"),
                                     ("bulb", "1", "-a"), ("bulb", "..", "a"), ("x" * 25, "1", "a")):
            self.refused("factory", "release", self.maker, "--model", model, "--version", version, "--image",
                         self.image, "--name", name)
        self.assertEqual(os.listdir(self.path("releases")), [])

    def test_an_image_must_be_a_file_with_something_in_it(self):
        self.init("--demo")
        empty = os.path.join(self.folder.name, "empty")
        with open(empty, "wb"):
            pass
        for image in (empty, os.path.join(self.folder.name, "none"), self.folder.name):
            self.refused("factory", "release", self.maker, "--model", "bulb", "--version", "1", "--image", image)

    def test_the_folder_must_be_a_makers(self):
        self.assertIn("no maker's folder", self.refused("factory", "release", self.folder.name, "--model", "bulb",
                                                        "--version", "1", "--image", self.image))


class Endorse(Factory):
    def endorse(self, *more):
        return self.tps("factory", "endorse", self.maker, "--model", "bulb", *more)

    def endorsed(self, number):
        return evidence.Corim(self.path("endorsements", "bulb-purpose-%d.opentps.corim" % number), self.certificate("ca.pem"))

    def test_what_devices_are_for_is_signed_by_the_endorsement_signer(self):
        self.init("--demo")
        self.release()
        self.endorse("--purpose", "lighting", "--certification", "SESIP2-1234")
        corim = self.endorsed(1)
        self.assertEqual(corim.endorsed, {"opentps.purpose": "lighting", "opentps.certification": "SESIP2-1234"})
        self.assertEqual(corim.profile, evidence.OPENTPS)
        self.assertEqual(corim.class_id, evidence.Corim(
            self.path("endorsements", "bulb-application-1.0.0.opentps.corim"), self.certificate("ca.pem")).class_id)

    def test_a_newer_word_is_a_newer_version_of_the_same_tag(self):
        self.init("--demo")
        self.endorse("--purpose", "lighting")
        self.assertIn("bulb-purpose-2", self.endorse("--certification", "SESIP2-1234"))
        old, new = self.endorsed(1), self.endorsed(2)
        self.assertEqual([old.tags[0][0], 1], [new.tags[0][0], old.tags[0][1]])
        self.assertEqual(new.tags[0][1], 2)
        self.assertEqual(new.endorsed, {"opentps.certification": "SESIP2-1234"})

    def test_words_that_say_nothing_or_too_much_are_refused(self):
        self.init("--demo")
        self.assertIn("nothing to endorse", self.refused("factory", "endorse", self.maker, "--model", "bulb"))
        self.assertIn("--model is missing", self.refused("factory", "endorse", self.maker, "--purpose", "x"))
        self.refused("factory", "endorse", self.maker, "--model", "Bulb", "--purpose", "x")
        for text in ("", "x" * 65, "a\nb", "\x7f", b"\xff"):
            self.refused("factory", "endorse", self.maker, "--model", "bulb", "--purpose", text)
        self.assertEqual(os.listdir(self.path("endorsements")), [])

    def test_a_verifier_tells_what_the_device_is_for(self):
        folder = os.path.join(self.folder.name, "maker")
        os.chmod(self.folder.name, 0o755)
        device = client.make_maker(TPS, folder)
        self.tps("factory", "endorse", folder, "--model", "bulb", "--purpose", "lighting")
        out = os.path.join(self.folder.name, "evidence.cbor")
        try:
            for profile in ("psa", "opentps"):
                self.tps("device", "evidence", "--device", device, "--profile", profile, "--nonce", "hex:" + "01" * 32, "--out", out)
                found = sorted(os.listdir(os.path.join(folder, "endorsements")))
                options = [word for name in found for word in ("--endorsements", os.path.join(folder, "endorsements", name))]
                result = json.loads(self.tps("verify", out, "--nonce", "hex:" + "01" * 32, "--demo", "--json", *options))
                self.assertEqual((result["status"], result["purpose"]), ("affirming", "lighting"), result)
                os.remove(out)
        finally:
            self.tps("device", "stop", device)


class Make(Factory):
    def test_devices_have_secrets_and_certificates_of_their_own(self):
        self.init("--demo")
        self.release()
        self.make("--count", "3")
        secrets, ids = set(), set()
        for number in (1, 2, 3):
            device = self.path("devices", "bulb-%04d" % number)
            self.assertEqual(mode(os.path.join(device, "secure")), 0o700)
            self.assertEqual(mode(os.path.join(device, "boot", "unique-secret")), 0o600)
            with open(os.path.join(device, "boot", "unique-secret"), "rb") as file:
                secret = file.read()
            with open(os.path.join(device, "identity.cbor"), "rb") as file:
                key = evidence.iak_of(secret, file.read())
            with open(os.path.join(device, "certificates.cbor"), "rb") as file:
                chain = [x509.load_der_x509_certificate(c) for c in cbor2.loads(file.read())]
            self.assertEqual(chain[0].public_key().public_numbers(), key.public_numbers())
            self.assertEqual(chain[1], self.certificate("ca.pem"))
            evidence.verify_issued(chain[0], chain[1])
            secrets.add(secret)
            ids.add(evidence.instance_id(key))
        self.assertEqual(len(secrets), 3)
        corim = evidence.Corim(self.path("endorsements", "bulb-devices-0001.psa.corim"), self.certificate("ca.pem"))
        self.assertEqual(set(corim.devices), ids)

    def test_numbers_go_on(self):
        self.init("--demo")
        self.release()
        self.assertIn(self.path("endorsements", "bulb-component-"), self.make("--count", "2"))
        self.assertNotIn("bulb-component-", self.make())
        self.assertEqual(sorted(os.listdir(self.path("devices"))), ["bulb-0001", "bulb-0002", "bulb-0003"])
        self.assertTrue(os.path.exists(self.path("endorsements", "bulb-devices-0003.opentps.corim")))
        with open(self.path("devices.csv"), encoding="utf-8") as file:
            self.assertEqual(len(file.readlines()), 4)

    def test_new_devices_get_the_latest_release(self):
        self.init("--demo")
        self.release()
        with open(self.image, "ab") as file:
            file.write(b"better")
        self.release("1.1.0")
        self.make()
        with open(self.path("devices", "bulb-0001", "firmware", "application.bin"), "rb") as file:
            self.assertTrue(file.read().endswith(b"better"))

    def test_the_component_is_the_first_image_released_with_the_first_device(self):
        self.init("--demo")
        self.release()
        self.make()
        self.make()
        with open(self.path("releases", "bulb", "latest"), encoding="utf-8") as file:
            component, application = file.read().splitlines()
        self.assertEqual((component.split()[0], application), ("component", "application 1.0.0"))
        with open(self.path("devices", "bulb-0002", "identity.cbor"), "rb") as file:
            self.assertEqual(cbor2.loads(file.read())[7], ["component", "application"])
        with open(self.path("devices", "bulb-0002", "firmware", "component.bin"), "rb") as file, \
                open(os.path.join(os.path.dirname(TPS), "tps-component"), "rb") as program:
            self.assertEqual(file.read(), program.read())
        with open(self.path("devices", "bulb-0002", "secure", "counter-2"), "rb") as file:
            self.assertEqual(file.read(), bytes([2, 0, 0, 0, 0, 0, 0, 0]))

    def test_a_component_can_be_chosen_before_the_first_device(self):
        self.init("--demo")
        self.release()
        self.make("--component", self.image)
        with open(self.image, "rb") as file, \
                open(self.path("devices", "bulb-0001", "firmware", "component.bin"), "rb") as made:
            self.assertEqual(made.read(), file.read())
        self.make("--component", self.image)
        self.assertIn("--name component", self.refused("factory", "make", self.maker, "--model", "bulb", "--component", TPS))

    def counter(self, version, *more):
        self.release_image(version, *more)
        name = more[more.index("--name") + 1] if "--name" in more else "application"
        with open(self.path("releases", "bulb", "%s-%s.manifest" % (name, version)), "rb") as file:
            return cbor2.loads(evidence.open_sign1(file.read())[3])[7]

    def release_image(self, version, *more):
        client.run(TPS, "factory", "release", self.maker, "--model", "bulb", "--version", version, "--image", self.image,
                   *more)

    def test_security_counters_stay_until_they_are_raised_and_fall_by_force_only(self):
        self.init("--demo")
        self.assertEqual(self.counter("1"), 0)
        self.assertEqual(self.counter("2", "--security-counter", "7"), 7)
        self.assertEqual(self.counter("3"), 7)
        self.assertEqual(self.counter("1", "--name", "radio"), 7)
        self.assertIn("below 7", self.refused("factory", "release", self.maker, "--model", "bulb", "--version", "4",
                                              "--image", self.image, "--security-counter", "6"))
        self.assertEqual(self.counter("4", "--security-counter", "6", "--force"), 6)
        for bad in ("256", "-1", "x", ""):
            self.refused("factory", "release", self.maker, "--model", "bulb", "--version", "5", "--image", self.image,
                         "--security-counter", bad)

    def test_a_model_without_firmware_cannot_be_made(self):
        self.init("--demo")
        self.assertIn("tps factory release", self.refused("factory", "make", self.maker, "--model", "bulb"))

    def test_a_real_maker_puts_no_secret_into_a_file(self):
        self.init()
        self.release()
        self.assertIn("--device-key", self.refused("factory", "make", self.maker, "--model", "bulb"))
        self.assertEqual(os.listdir(self.path("devices")), [])

    def test_a_key_made_in_hardware_is_certified_and_endorsed(self):
        self.init()
        self.release()
        key = ec.generate_private_key(ec.SECP256R1())
        public = os.path.join(self.folder.name, "device.pem")
        private = os.path.join(self.folder.name, "private.pem")
        with open(public, "wb") as file:
            file.write(key.public_key().public_bytes(serialization.Encoding.PEM,
                                                     serialization.PublicFormat.SubjectPublicKeyInfo))
        with open(private, "wb") as file:
            file.write(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
                                         serialization.NoEncryption()))
        with_keys = ("factory", "make", self.maker, "--model", "bulb", "--device-key", public, "--device-key")
        self.assertIn("private key", self.refused(*with_keys, private))
        self.assertIn("cannot open", self.refused(*with_keys, "nowhere.pem"))
        self.assertIn("another device's already", self.refused(*with_keys, public))
        # What was refused is not in the way of the next try.
        self.assertEqual(os.listdir(self.path("devices")), [])
        out = os.path.join(self.folder.name, "batch")
        self.make("--device-key", public, "--out", out)
        device = os.path.join(out, "bulb-0001")
        self.assertFalse(os.path.exists(os.path.join(device, "secure")))
        self.assertTrue(os.path.exists(os.path.join(device, "identity.cbor")))
        corim = evidence.Corim(self.path("endorsements", "bulb-devices-0001.psa.corim"), self.certificate("ca.pem"))
        self.assertEqual(list(corim.devices), [evidence.instance_id(key.public_key())])
        self.assertIn("another device's already", self.refused(*with_keys[:-1]))

    def test_counts_are_checked(self):
        self.init("--demo")
        self.release()
        for count in ("0", "-1", "x", "100001", ""):
            self.refused("factory", "make", self.maker, "--model", "bulb", "--count", count)


if __name__ == "__main__":
    TPS = os.path.join(os.path.abspath(sys.argv[1]), "tps")
    unittest.main(argv=sys.argv[:1], verbosity=1)
