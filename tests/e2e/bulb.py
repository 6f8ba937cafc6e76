#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The light bulb of firmware/an505 on the host (bulb_host.c plays its board): commands over the line, state over restarts,
attestation against a real `tps serve`.

usage: bulb.py BIN
"""
import os
import subprocess
import sys
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "..", "conformance")]
import agent  # noqa: E402
import component_client as client  # noqa: E402
import server_support  # noqa: E402

BULB = ""


class Bulb(agent.Device):
    def say(self, *commands, path="/t/lights", port=None):
        """The answers to commands, each a number and a text; and the bulb's log."""
        done = subprocess.run([BULB, self.device, str(port or self.server.port), path], text=True, timeout=60, check=False,
                              capture_output=True, input="".join(c + "\n" for c in commands))
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        lines = done.stdout.splitlines()
        answers = [line.split(" ", 2)[1:] for line in lines if line.startswith("answer ")]
        self.assertEqual(len(answers), len(commands))
        return [(int(result), text) for result, text in answers], [line[4:] for line in lines if line.startswith("log ")]

    def test_it_is_switched_and_tells_so(self):
        answers, _ = self.say("off", "status", "on", "status", "on", "status")
        before, after, again = (int(text.split(", ")[1].split()[0]) for _, text in answers[1::2])
        self.assertEqual([text.split(",")[0] for _, text in answers], ["off", "off", "on", "on", "on", "on"])
        self.assertEqual((after, again), (before + 1, after))
        self.assertEqual({result for result, _ in answers}, {0})

    def test_what_it_was_and_who_it_is_survives(self):
        for command in ("on", "off", "on"):
            switched = self.say(command, "status")[0][1][1].split(", attestation")[0]
            self.assertEqual(self.say("status")[0][0][1].split(", attestation")[0], switched)
        self.assertRegex(switched, r"^on, \d+ switches, bulb [0-9a-f]{8}$")

    def test_a_component_that_is_started_again_finds_it_as_it_was(self):
        before = self.say("on", "status")[0][1][1].split(", attestation")[0]
        client.run(agent.TPS, "device", "stop", self.device)
        client.run(agent.TPS, "device", "start", self.device)
        self.assertEqual(self.say("status")[0][0][1].split(", attestation")[0], before)

    def test_it_is_accepted_and_remembers_that(self):
        answers, log = self.say("attest", "status")
        self.assertEqual(answers[0], (0, "accepted"))
        self.assertRegex(answers[1][1], "attestation: accepted$")
        self.assertIn("attestation: accepted", log)

    def test_a_changed_bulb_is_refused_and_says_why(self):
        with self.changed_image():
            answers, log = self.say("attest", "on")
        self.assertEqual(answers[0][0], 1)
        self.assertRegex(answers[0][1], "^refused: executables: .*application")
        self.assertTrue([line for line in log if line.startswith("  next step: ")], log)
        self.assertEqual(answers[1], (0, "on"))     # it shines all the same

    def test_a_provider_that_does_not_know_it_is_passed_on(self):
        (result, text), = self.say("attest", path="/t/nobody")[0]
        self.assertEqual(result, 2)
        self.assertRegex(text, r"^failed: 127\.0\.0\.1:\d+ answers 404: ")

    def test_a_provider_that_is_not_there_is_named(self):
        self.assertEqual(self.say("attest", port=1)[0], [(2, "failed: the bridge cannot reach the provider")])

    def test_what_it_does_not_understand_it_says(self):
        (result, text), (good, words) = self.say("explode", "help")[0]
        self.assertEqual((result, text), (2, "there is no such command: try help"))
        self.assertEqual(good, 0)
        for command in ("on", "off", "status", "attest", "help"):
            self.assertIn(command, words)


if __name__ == "__main__":
    agent.TPS, BULB = (os.path.join(os.path.abspath(sys.argv[1]), name) for name in ("tps", "test_bulb"))
    server_support.PROGRAM = agent.TPS
    unittest.main(argv=sys.argv[:1], verbosity=1)
