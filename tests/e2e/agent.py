#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The agent of a small chip (src/agent) against a real `tps serve`, over a plain TCP socket.

usage: agent.py BIN
"""
import base64
import contextlib
import json
import os
import subprocess
import sys
import tempfile
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "..", "conformance")]
import component_client as client  # noqa: E402
import server_support  # noqa: E402

TPS = AGENT = ""
UNREACHABLE, REFUSED, TOO_SMALL = "0x000c0003", "0x000c0002", "0x00010001"


class Device(unittest.TestCase):
    """A device that runs, and a server that knows its maker."""

    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory(prefix="tps-agent-")
        maker = os.path.join(cls.folder.name, "acme")
        cls.device = client.make_maker(TPS, maker)
        client.run(TPS, "device", "start", cls.device)
        cls.server = server_support.Server("--demo", folder=cls.folder.name)
        cls.server.know("lights", maker)
        cls.server.start()

    @classmethod
    def tearDownClass(cls):
        try:
            cls.server.stop()
        finally:
            client.run(TPS, "device", "stop", cls.device)
            cls.folder.cleanup()

    @contextlib.contextmanager
    def changed_image(self):
        """With one bit of the application changed, which is measured and told."""
        image = os.path.join(self.device, "firmware", "application.bin")
        with open(image, "rb") as file:
            original = file.read()
        other = os.path.join(self.folder.name, "changed.bin")
        with open(other, "wb") as file:
            file.write(bytes([original[0] ^ 1]) + original[1:])
        client.run(TPS, "device", "stop", self.device)
        client.run(TPS, "device", "flash", self.device, other)
        client.run(TPS, "device", "start", self.device)
        try:
            yield
        finally:
            client.run(TPS, "device", "stop", self.device)
            with open(image, "wb") as file:
                file.write(original)
            client.run(TPS, "device", "start", self.device)


class Agent(Device):
    def attest(self, profile="psa", room=8192, piece=4096, prefix="/t/lights", port=None, more=()):
        done = subprocess.run([AGENT, self.device, str(port or self.server.port), prefix, profile, str(room), str(piece),
                               *more], capture_output=True, text=True, timeout=60, check=False)
        self.assertNotIn("Sanitizer", done.stderr)
        return dict(line.split(": ", 1) for line in done.stdout.splitlines())

    def accepted(self, **how):
        said = self.attest(**how)
        self.assertEqual((said["status"], said["code"], said["tier"], said["cause"]), ("0x00000000", "200", "affirming", ""))
        return said

    def test_a_device_is_accepted_however_the_bytes_are_cut(self):
        for profile in ("psa", "opentps"):
            for piece in (1, 7, 4096):
                said = self.accepted(profile=profile, piece=piece)
                self.assertEqual(said["streams"], "1")
                payload = said["jwt"].split(".")[1]
                claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
                self.assertEqual([s["ear.status"] for s in claims["submods"].values()], ["affirming"])

    def test_four_kibibytes_are_enough(self):
        for profile in ("psa", "opentps"):
            self.accepted(profile=profile, room=4096)

    def test_room_that_is_too_small_is_named(self):
        for room in (1, 512, 2048):
            said = self.attest(room=room)
            self.assertEqual(said["status"], TOO_SMALL, said)
            self.assertIn("larger than this device has room for", said["cause"])

    def test_evidence_over_another_nonce_is_refused_and_the_reason_shown(self):
        for profile in ("psa", "opentps"):
            said = self.attest(profile=profile, more=["other-nonce"])
            self.assertEqual((said["status"], said["tier"]), ("0x00000000", "contraindicated"))
            self.assertIn("nonce", said["cause"])
            self.assertTrue(said["next step"])

    def test_a_changed_image_is_named(self):
        with self.changed_image():
            said = self.attest()
        self.assertEqual((said["status"], said["tier"]), ("0x00000000", "warning"))
        self.assertRegex(said["cause"], "^executables: .*application")

    def test_what_the_server_says_against_it_is_passed_on(self):
        said = self.attest(prefix="/t/nobody")
        self.assertEqual((said["status"], said["code"]), (REFUSED, "404"))
        self.assertRegex(said["cause"], r"^127\.0\.0\.1:\d+ answers 404: .+")
        self.assertTrue(said["next step"])

    def test_a_server_that_is_not_there_is_named(self):
        said = self.attest(port=1)
        self.assertEqual((said["status"], said["cause"]), (UNREACHABLE, "no connection can be made"))


if __name__ == "__main__":
    TPS, AGENT = (os.path.join(os.path.abspath(sys.argv[1]), name) for name in ("tps", "test_agent_attest"))
    server_support.PROGRAM = TPS
    unittest.main(argv=sys.argv[:1], verbosity=1)
