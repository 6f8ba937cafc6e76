#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""A device made by `tps factory`, its component running: evidence and keys, judged by cbor2 and cryptography against the
endorsements of its maker.

usage: device_evidence.py BIN
"""
import glob
import hashlib
import os
import re
import subprocess
import sys
import tempfile
import unittest

import cbor2
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "conformance"))
import component_client as client  # noqa: E402
import evidence  # noqa: E402

TPS = ""
NONCE = bytes(range(100, 132))
ACCESS_DENIED = 0xF0090001


class Device(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory(prefix="tps-device-")
        os.chmod(self.folder.name, 0o755)
        self.maker = os.path.join(self.folder.name, "acme")
        self.device = client.make_maker(TPS, self.maker)
        with open(os.path.join(self.maker, "ca.pem"), "rb") as file:
            self.ca = x509.load_pem_x509_certificate(file.read())

    def tearDown(self):
        client.run(TPS, "device", "stop", self.device)
        self.folder.cleanup()

    def start(self):
        client.run(TPS, "device", "start", self.device)

    def stop(self):
        client.run(TPS, "device", "stop", self.device)

    def token(self, profile, nonce=NONCE, *more):
        out = os.path.join(self.folder.name, "token.cbor")
        client.run(TPS, "device", "evidence", "--device", self.device, "--profile", profile, "--nonce",
                   "hex:" + nonce.hex(), "--out", out, *more)
        with open(out, "rb") as file:
            return file.read()

    def corim(self, what, profile):
        return evidence.Corim(os.path.join(self.maker, "endorsements", "bulb-%s.%s.corim" % (what, profile)), self.ca)

    def identity(self):
        with open(os.path.join(self.device, "identity.cbor"), "rb") as file:
            return file.read()

    def secret(self):
        with open(os.path.join(self.device, "boot", "unique-secret"), "rb") as file:
            return file.read()


class Psa(Device):
    def test_the_token_is_what_rfc_9783_says_and_the_maker_endorses(self):
        devices, references = self.corim("devices-0001", "psa"), self.corim("application-1.0.0", "psa")
        self.assertEqual((devices.profile, references.profile), (evidence.PSA, evidence.PSA))
        (instance, key), = devices.devices.items()

        header, payload = evidence.verify_sign1(self.token("psa"), key)
        claims = cbor2.loads(payload)

        self.assertEqual(header, {1: -7})
        self.assertEqual(set(claims), {10, 256, 265, 268, 2394, 2395, 2396, 2399})
        self.assertEqual(claims[10], NONCE)
        self.assertEqual(claims[256], instance)
        self.assertEqual(instance, evidence.instance_id(key))
        self.assertEqual(claims[265], "tag:psacertified.org,2023:psa#tfm")
        self.assertEqual(len(claims[268]), 32)
        self.assertEqual(claims[2394], self.client_id())
        self.assertEqual(claims[2395], 0x3000)
        self.assertEqual(claims[2396], devices.class_id)
        self.assertEqual(claims[2396], references.class_id)
        own, = glob.glob(os.path.join(self.maker, "endorsements", "bulb-component-*.psa.corim"))
        endorsed = evidence.Corim(own, self.ca).references + references.references
        self.assertEqual(claims[2399], [{1: r["name"], 2: r["digest"], 4: r["version"], 5: r["signer"]} for r in endorsed])
        self.assertEqual([r["name"] for r in endorsed], ["component", "application"])

    @staticmethod
    def client_id():
        """Of a USER login of this user: spec/attestation.cddl."""
        owner = bytes([1]) + os.geteuid().to_bytes(4, "little") + bytes(11)
        return -1 - (int.from_bytes(hashlib.sha256(owner).digest()[:4], "little") & 0x7FFFFFFF)

    def test_the_key_is_the_one_that_the_secret_gives(self):
        (instance, key), = self.corim("devices-0001", "psa").devices.items()
        self.assertEqual(evidence.iak_of(self.secret(), self.identity()).public_numbers(), key.public_numbers())
        self.assertEqual(instance, evidence.instance_id(key))

    def test_every_size_of_nonce_that_is_allowed_and_no_other(self):
        for size in (32, 48, 64):
            self.assertEqual(cbor2.loads(cbor2.loads(self.token("psa", bytes(size))).value[2])[10], bytes(size))
        done = subprocess.run([TPS, "device", "evidence", "--device", self.device, "--profile", "psa", "--nonce",
                               "hex:" + "00" * 33, "--out", "-"], capture_output=True, text=True, check=False)
        self.assertEqual((done.returncode, done.stdout), (2, ""))
        self.assertIn("32, 48 or 64 bytes", done.stderr)

    def test_an_application_with_the_public_headers_alone_gets_evidence(self):
        """examples/evidence.c, whose nonce is 32 zeros."""
        program = os.path.join(os.path.dirname(TPS), "example_evidence")
        socket = os.path.join(self.device, "component.sock")
        refused = subprocess.run([program, socket], capture_output=True, check=False)
        self.assertEqual(refused.returncode, 1)
        self.assertIn(b"tps device start", refused.stderr)
        self.start()
        token = subprocess.run([program, socket], capture_output=True, check=True).stdout
        (_, key), = self.corim("devices-0001", "psa").devices.items()
        _, payload = evidence.verify_sign1(token, key)
        self.assertEqual(cbor2.loads(payload)[10], bytes(32))


class Opentps(Device):
    def test_the_chain_in_the_token_leads_to_the_maker(self):
        message = self.token("opentps", NONCE, "--aud", "https://verifier.example")
        _, unprotected, _, _, _ = evidence.open_sign1(message)
        chain = [x509.load_der_x509_certificate(c) for c in unprotected[33]]
        self.assertEqual(chain[1], self.ca)
        evidence.verify_issued(chain[0], self.ca)

        header, payload = evidence.verify_sign1(message, chain[0].public_key())
        claims = cbor2.loads(payload)

        self.assertEqual(header, {1: -9})
        self.assertEqual(claims[3], "https://verifier.example")
        self.assertEqual(claims[10], NONCE)
        self.assertEqual(claims[256], evidence.instance_id(chain[0].public_key()))
        self.assertEqual(claims[259], self.corim("devices-0001", "opentps").class_id)
        self.assertIs(claims[262], True)
        self.assertEqual(claims[265], "tag:opentps.org,2026:device")
        self.assertIn("insecure", claims[260][0])

    def test_boots_are_counted_and_have_seeds_of_their_own(self):
        first = cbor2.loads(cbor2.loads(self.token("opentps")).value[2])
        same = cbor2.loads(cbor2.loads(self.token("opentps")).value[2])
        self.stop()
        second = cbor2.loads(cbor2.loads(self.token("opentps")).value[2])
        self.assertEqual((first[267], same[267], second[267]), (1, 1, 2))
        self.assertEqual(first[268], same[268])
        self.assertNotEqual(first[268], second[268])


class DeviceId(Device):
    def test_the_maker_certifies_the_key_that_the_secret_gives(self):
        with open(os.path.join(self.device, "device-id.cbor"), "rb") as file:
            certificate, issuer = [x509.load_der_x509_certificate(c) for c in cbor2.loads(file.read())]
        self.assertEqual(issuer, self.ca)
        evidence.verify_issued(certificate, self.ca)
        key = evidence.key_of(evidence.hkdf(self.secret(), b"device-id", 48))
        self.assertEqual(certificate.public_key().public_numbers(), key.public_numbers())
        self.assertEqual(certificate.subject.rfc4514_string(), "2.5.4.5=bulb-0001,O=Acme Home,CN=bulb DeviceID")
        constraints = certificate.extensions.get_extension_for_class(x509.BasicConstraints)
        self.assertEqual((constraints.critical, constraints.value.ca, constraints.value.path_length), (True, True, 1))
        usage = certificate.extensions.get_extension_for_class(x509.KeyUsage).value
        self.assertTrue(usage.key_cert_sign and not usage.digital_signature)
        self.assertEqual(certificate.extensions.get_extension_for_class(x509.AuthorityKeyIdentifier).value.key_identifier,
                         self.ca.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value.digest)
        self.assertEqual(certificate.not_valid_after.year, 9999)


class Firmware(Device):
    def measured(self):
        """Of the application; the component comes first."""
        component, application = cbor2.loads(cbor2.loads(self.token("psa")).value[2])[2399]
        self.assertEqual(component[1], "component")
        return application

    def flash(self, content, *manifest):
        image = os.path.join(self.folder.name, "other.bin")
        with open(image, "wb") as file:
            file.write(content)
        self.stop()
        client.run(TPS, "device", "flash", self.device, image, *manifest)

    def test_another_image_has_another_measurement_and_no_version_or_signer(self):
        before = self.measured()
        self.flash(b"not the maker's")
        after = self.measured()
        self.assertEqual(before[4], "1.0.0")
        self.assertEqual(after, {1: "application", 2: hashlib.sha256(b"not the maker's").digest(), 5: bytes(32)})

    def test_an_update_with_its_manifest_has_its_version(self):
        image = os.path.join(self.folder.name, "1.1.0.bin")
        with open(image, "wb") as file:
            file.write(b"better")
        client.run(TPS, "factory", "release", self.maker, "--model", "bulb", "--version", "1.1.0", "--image", image)
        self.flash(b"better", os.path.join(self.maker, "releases", "bulb", "application-1.1.0.manifest"))
        after = self.measured()
        reference, = self.corim("application-1.1.0", "psa").references
        self.assertEqual((after[4], after[5], after[2]), ("1.1.0", reference["signer"], reference["digest"]))

    def test_a_manifest_of_another_makers_model_does_not_count(self):
        other = os.path.join(self.folder.name, "evil")
        client.make_maker(TPS, other, image=b"evil")
        self.flash(b"evil", os.path.join(other, "releases", "bulb", "application-1.0.0.manifest"))
        self.assertNotIn(4, self.measured())

    def test_an_image_that_is_gone_is_not_made_up(self):
        os.unlink(os.path.join(self.device, "firmware", "application.bin"))
        component, = cbor2.loads(cbor2.loads(self.token("psa")).value[2])[2399]
        self.assertEqual((component[1], len(component)), ("component", 4))

    def test_a_component_that_its_maker_did_not_sign_does_not_start(self):
        for change in (lambda path: os.unlink(path[:-4] + ".manifest"), self.append):
            change(os.path.join(self.device, "firmware", "component.bin"))
            self.refused_to_start("not what its maker signed")
        os.unlink(os.path.join(self.device, "firmware", "component.bin"))
        self.refused_to_start("the component's own image is missing")

    @staticmethod
    def append(path):
        with open(path, "ab") as file:
            file.write(b"x")

    def refused_to_start(self, why):
        done = subprocess.run([TPS, "device", "evidence", "--device", self.device, "--nonce", "hex:" + "00" * 32,
                               "--out", "-"], capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 2)
        self.assertIn(why, done.stderr)


class KeyStore(Device):
    def setUp(self):
        super().setUp()
        self.start()

    def test_a_key_signs_and_survives_a_restart(self):
        component = client.Component(self.device)
        made = component.ask("key-store", 10, {1: "door"})
        component.close()
        self.stop()
        self.start()
        component = client.Component(self.device)
        self.assertEqual(component.ask("key-store", 12, {1: "door"}), made)
        key = made[1]
        signature = component.ask("key-store", 11, {1: "door", 4: b"open"})[1]
        component.close()

        public = ec.EllipticCurvePublicNumbers(int.from_bytes(key[-2], "big"), int.from_bytes(key[-3], "big"),
                                               ec.SECP256R1()).public_key()
        public.verify(encode_dss_signature(int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")),
                      b"open", ec.ECDSA(hashes.SHA256()))

    def test_a_bound_key_is_of_no_use_to_other_firmware(self):
        component = client.Component(self.device)
        component.ask("key-store", 10, {1: "door", 2: True})
        component.close()
        self.stop()
        with open(os.path.join(self.device, "firmware", "application.bin"), "ab") as file:
            file.write(b"x")
        self.start()
        component = client.Component(self.device)
        self.assertEqual(component.ask("key-store", 11, {1: "door", 4: b""}), {2: 5})
        component.close()

    @unittest.skipIf(os.geteuid() != 0, "skipped: only root can be another user")
    def test_another_user_sees_no_key(self):
        component = client.Component(self.device)
        component.ask("key-store", 10, {1: "door"})
        component.close()
        program = "import os, sys; os.setgid(65534); os.setuid(65534); sys.path.insert(0, sys.argv[1])\n" \
                  "import component_client as c; d = c.Component(sys.argv[2])\n" \
                  "print(d.ask('key-store', 13, {}), d.ask('key-store', 11, {1: 'door', 4: b''}))"
        done = subprocess.run([sys.executable, "-c", program, os.path.dirname(client.__file__), self.device],
                              capture_output=True, text=True, check=False)
        self.assertEqual(done.stdout.strip(), "{1: []} {2: 1}", done.stderr)

    def test_nobody_in_particular_has_no_keys_and_no_evidence(self):
        component = client.Component(self.device, client.PUBLIC)
        for service in ("key-store", "attestation", "measurement"):
            with self.assertRaises(client.Failed) as failed:
                component.ask(service, 10, {})
            self.assertEqual(failed.exception.result, ACCESS_DENIED)
        component.close()


class Process(Device):
    def test_it_is_started_once_and_stopped_as_often_as_wanted(self):
        self.assertIn("runs now", client.run(TPS, "device", "start", self.device))
        self.assertIn("was running already", client.run(TPS, "device", "start", self.device))
        self.assertIn("is stopped", client.run(TPS, "device", "stop", self.device))
        self.assertIn("was not running", client.run(TPS, "device", "stop", self.device))

    def test_hello_world(self):
        self.assertEqual(client.run(TPS, "device", "rot13", "Hello", "--device", self.device), "Uryyb\n")

    def test_info_tells_what_it_is(self):
        text = client.run(TPS, "device", "info", "--device", self.device)
        self.assertIn("Acme Home bulb, serial number bulb-0001", text)
        self.assertIn("insecure", text)

    def test_what_was_refused_is_told_at_the_start_and_in_the_log(self):
        self.assertNotIn("REFUSED", client.run(TPS, "device", "info", self.device))
        image = os.path.join(self.device, "firmware", "application.bin")
        with open(image, "ab") as file:
            file.write(b"x")
        self.stop()
        started = subprocess.run([TPS, "device", "start", self.device], capture_output=True, text=True, check=True)
        self.assertIn("tps: WARNING: image application", started.stderr)
        self.assertIn("not what its maker signed", started.stderr)
        self.assertIn("application REFUSED", client.run(TPS, "device", "info", self.device))
        self.stop()
        log = client.run(TPS, "device", "log", self.device)
        self.assertRegex(log, r"^tps: start \d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ\n")
        self.assertEqual((log.count("tps: start "), log.count("boot: start 2, lifecycle secured")), (1, 1))
        self.assertRegex(log, r"boot: image component .*: signed by its maker\n")
        self.assertRegex(log, r"boot: image application .*: REFUSED, it does not run: .*not what its maker signed")
        every = client.run(TPS, "device", "log", self.device, "--all")
        self.assertEqual(every.count("tps: start "), 2)
        self.assertTrue(every.endswith(log))

    def test_a_log_is_fit_for_a_terminal(self):
        with open(os.path.join(self.device, "component.log"), "wb") as file:
            file.write(b"old\n" * 40000 + b"tps: start x\nred \x1b[31m \xff\nno end")
        log = client.run(TPS, "device", "log", self.device)
        self.assertEqual(log, "tps: start x\nred ?[31m ?\nno end\n")
        self.assertLess(len(client.run(TPS, "device", "log", "--all", self.device)), 65537)

    def test_the_folder_may_stand_without_its_option(self):
        self.assertEqual(client.run(TPS, "device", "info", self.device),
                         client.run(TPS, "device", "info", "--device", self.device))
        both = subprocess.run([TPS, "device", "info", self.device, "--device", self.device], capture_output=True,
                              text=True, check=False)
        self.assertEqual((both.returncode, both.stderr.count("give one device at a time")), (2, 1))

    def test_a_strict_umask_is_no_obstacle(self):
        image = os.path.join(self.folder.name, "strict.bin")
        with open(image, "wb") as file:
            file.write(b"strict")
        before = os.umask(0o077)
        try:
            maker = os.path.join(self.folder.name, "strict")
            device = client.make_maker(TPS, maker)
            client.run(TPS, "factory", "release", maker, "--model", "bulb", "--version", "2", "--image", image)
            client.run(TPS, "device", "flash", device, image, os.path.join(maker, "releases/bulb/application-2.manifest"))
            self.assertIn("application 2\n", client.run(TPS, "device", "info", device))
            client.run(TPS, "device", "stop", device)
        finally:
            os.umask(before)

    def test_a_long_path_is_no_obstacle(self):
        deep = os.path.join(self.folder.name, "x" * 100)
        os.mkdir(deep)
        device = os.path.join(deep, "bulb")
        os.rename(self.device, device)
        self.assertEqual(client.run(TPS, "device", "rot13", "Hello", "--device", device), "Uryyb\n")
        client.run(TPS, "device", "stop", device)
        os.rename(device, self.device)

    def test_errors_name_cause_and_next_step(self):
        cases = [["device", "info"], ["device", "info", "--device", self.folder.name], ["device"], ["device", "x"],
                 ["device", "start"], ["device", "log"], ["device", "log", self.device], ["device", "lifecycle"], ["device", "rot13", "no words", "--device", self.device],
                 ["device", "flash", self.device, "/nonexistent"],
                 ["device", "flash", self.device, TPS, "--name", "../../x"],
                 ["device", "evidence", "--device", self.device, "--nonce", "hex:00", "--out", "-"],
                 ["device", "evidence", "--device", self.device, "--nonce", "hex:zz", "--out", "-"],
                 ["device", "evidence", "--device", self.device, "--nonce", "hex:" + "00" * 32, "--out", "-",
                  "--profile", "x"]]
        for arguments in cases:
            done = subprocess.run([TPS, *arguments], capture_output=True, text=True, check=False)
            lines = [line for line in done.stderr.strip().split("\n") if not line.startswith("started ")]
            self.assertEqual(done.returncode, 2, arguments)
            self.assertEqual(len(lines), 1, lines)
            self.assertTrue(re.match(r"tps: .+: .+", lines[0]), lines)

    def lifecycle(self, *words, expect=0):
        done = subprocess.run([TPS, "device", "lifecycle", self.device, *words], capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, expect, done.stderr)
        return done.stdout if expect == 0 else done.stderr

    def test_steps_of_the_lifecycle_go_one_way_and_are_meant(self):
        self.assertEqual(self.lifecycle(), "secured\n")
        self.assertIn("say --yes", self.lifecycle("debug", expect=2))
        self.assertIn('there is no step "x"', self.lifecycle("x", "--yes", expect=2))
        self.assertIn("not in a state from which", self.lifecycle("provisioning", "--yes", expect=2))
        self.assertEqual(self.lifecycle(), "secured\n")
        self.assertIn("next: tps device stop", self.lifecycle("debug", "--yes"))
        self.assertEqual(self.lifecycle(), "debug\n")
        self.assertIn("not in a state from which", self.lifecycle("secured", "--yes", expect=2))

    def test_storage_that_was_put_back_is_told_and_formatted(self):
        self.start()
        storage = os.path.join(self.device, "secure", "storage")
        with open(storage, "rb") as file:
            old = file.read()
        self.lifecycle("new-owner", "--yes")
        self.stop()
        with open(storage, "r+b") as file:
            file.write(old)
        self.start()
        told = "sealed storage is not open: the storage is older than its counter"
        self.assertIn(told, client.run(TPS, "device", "log", self.device))
        self.assertIn("done: format", self.lifecycle("format", "--yes"))
        self.stop()
        self.start()
        self.assertNotIn(told, client.run(TPS, "device", "log", self.device))

    @unittest.skipUnless(os.geteuid() == 0, "needs root, to be another user")
    def test_only_the_owner_takes_a_step(self):
        self.start()
        stranger = subprocess.run([TPS, "device", "lifecycle", self.device, "decommission", "--yes"], capture_output=True,
                                  text=True, check=False, user=54322, group=54322, extra_groups=[])
        self.assertEqual((stranger.returncode, stranger.stderr.count("only the device's owner")), (2, 1), stranger.stderr)
        self.assertEqual(self.lifecycle(), "secured\n")

    def test_a_device_at_its_end_says_so(self):
        self.assertIn('"decommissioned"', self.lifecycle("decommission", "--yes"))
        for _ in range(2):  # before and after the next start
            for command in (["info", self.device], ["rot13", "Hello", "--device", self.device],
                            ["evidence", self.device, "--nonce", "hex:" + NONCE.hex(), "--out", "-"]):
                done = subprocess.run([TPS, "device", *command], capture_output=True, text=True, check=False)
                self.assertEqual(done.returncode, 2)
                self.assertIn("the device was decommissioned: its keys are gone", done.stderr)
            self.stop()

    def test_what_cannot_start_says_why(self):
        os.unlink(os.path.join(self.device, "boot", "unique-secret"))
        done = subprocess.run([TPS, "device", "start", self.device], capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 2)
        self.assertIn("no unique secret", done.stderr)
        self.assertIn("no unique secret", client.run(TPS, "device", "log", self.device))


if __name__ == "__main__":
    TPS = os.path.join(os.path.abspath(sys.argv[1]), "tps")
    unittest.main(argv=sys.argv[:1], verbosity=2)  # says why a test is skipped
