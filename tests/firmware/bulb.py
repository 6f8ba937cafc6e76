#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The light bulb on the emulated board: over its serial line and `tps device bridge` it is switched, keeps its state when the power
goes, and attests to a real `tps serve`, which accepts it, or names what was changed.

usage: bulb.py BIN FIRMWARE
"""
import os
import pathlib
import random
import re
import subprocess
import sys
import tempfile
import time
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "..", "e2e")]
import bridge_support  # noqa: E402
import chips  # noqa: E402
import emulator  # noqa: E402
import server_support  # noqa: E402

BIN = FIRMWARE = None


class Bulb(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory(prefix="tps-bulb-")
        path = pathlib.Path(cls.folder.name)
        cls.tps = os.path.join(BIN, "tps")
        cls.maker = chips.Maker(cls.tps, path)
        cls.maker.release("bulb", "1.0.0", FIRMWARE.image("bulb"))
        cls.new = path / "new.flash"
        cls.maker.make("bulb", FIRMWARE.image("secure"), cls.new)
        cls.server = server_support.Server("--demo", folder=path)
        cls.server.know("lights", cls.maker.folder)
        chips.run(cls.tps, "tenant", "create", "strangers", "--store", cls.server.store)
        cls.server.start()

    @classmethod
    def tearDownClass(cls):
        try:
            cls.server.stop()
        finally:
            cls.folder.cleanup()

    def board(self):
        """A board with the bulb, as it left its maker."""
        flash = emulator.Flash.copied(self.new, os.path.join(self.folder.name, self.id() + ".flash"))
        board = emulator.Emulator(FIRMWARE.secure, flash=flash, line_socket=True)
        self.addCleanup(board.close)
        return board.start()

    def bridge(self, board, *words, tenant="lights", url=None, line=None):
        board.until(lambda: os.path.exists(board.line_path), what="the line")
        return [self.tps, "device", "bridge", f"unix:{line or board.line_path}", "--to",
                url or f"http://127.0.0.1:{self.server.port}", "--tenant", tenant, "--once", "--timeout", "60", *words]

    def run_bridge(self, board, *words, **how):
        return subprocess.run(self.bridge(board, *words, **how), stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              timeout=120, check=False)

    def say(self, board, *commands, **how):
        """The bridge's exit status, the answers, and the chip's log."""
        done = self.run_bridge(board, *(word for command in commands for word in ("--command", command)), **how)
        self.assertEqual(len(done.stdout.splitlines()), len(commands), (done, board.describe()))
        return done.returncode, done.stdout.splitlines(), done.stderr

    def test_it_is_switched_over_the_line(self):
        board = self.board()
        code, answers, _ = self.say(board, "status", "on", "on", "off", "on", "status", "help")
        self.assertEqual(code, 0)
        self.assertRegex(answers[0], "^off, 0 switches, bulb [0-9a-f]{8}, attestation: ")
        self.assertEqual(answers[1:5], ["on", "on", "off", "on"])
        self.assertRegex(answers[5], "^on, 3 switches, ")

    def test_it_is_accepted_and_told_so(self):
        board = self.board()
        code, answers, log = self.say(board, "attest", "status")
        self.assertEqual((code, answers[0]), (0, "accepted"), log)
        self.assertRegex(answers[1], "attestation: accepted$")

    def test_it_is_accepted_over_a_line_that_garbles_and_is_cut(self):
        board = self.board()
        board.until(lambda: os.path.exists(board.line_path), what="the line")
        line = os.path.join(self.folder.name, "noisy.sock")
        wire = bridge_support.Wire(board.line_path, line, noise=1 / 2000)
        self.addCleanup(wire.close)
        bridge = bridge_support.Program(self.bridge(board, "--command", "on", "--command", "attest", "--command", "status", line=line),
                                        stdin=subprocess.DEVNULL)
        self.addCleanup(bridge.kill)
        for carried in (1500, 4000):
            board.until(lambda at=carried: wire.carried >= at, what="bytes on the line")
            wire.cut()
        self.assertEqual(bridge.wait(120), 0, bytes(bridge.err))
        self.assertRegex(bytes(bridge.out), b"^on\naccepted\non, 1 switches, .*attestation: accepted\n$")
        self.assertEqual(bytes(bridge.err).count(b"went away"), 2)
        self.assertNotIn(b"anew", bytes(bridge.err))

    def test_it_attests_at_its_start_without_being_asked(self):
        board = self.board()
        done = self.run_bridge(board)
        self.assertEqual(done.returncode, 0, done)
        self.assertIn("attestation: accepted", self.say(board, "status")[1][0])

    def test_it_is_as_it_was_after_a_power_cut(self):
        board = self.board()
        _, answers, _ = self.say(board, "on", "status")
        was = answers[1].split(", attestation")[0]
        board.restart()
        self.assertEqual(self.say(board, "status")[1][0].split(", attestation")[0], was)
        self.say(board, "off")
        board.restart()
        self.assertRegex(self.say(board, "status")[1][0], "^off, 2 switches, ")

    def test_what_it_acknowledged_survives_a_power_cut_at_any_moment(self):
        board = self.board()
        chance = random.Random(5)
        switches = 0
        commands = [word for i in range(60) for word in ("--command", ("on", "off")[i % 2])]
        for _ in range(5):
            is_on = switches % 2 == 1
            with open(os.path.join(self.folder.name, "answers"), "w+", encoding="utf-8") as answers:
                bridge = subprocess.Popen(self.bridge(board, *commands[2 * is_on:]), stdin=subprocess.DEVNULL,
                                          stdout=answers, stderr=subprocess.DEVNULL)
                self.addCleanup(bridge.kill)
                board.until(lambda: os.fstat(answers.fileno()).st_size > 0, what="the first answer")
                time.sleep(chance.uniform(0, 0.3))
                board.kill()
                bridge.terminate()
                bridge.wait(timeout=30)
                answers.seek(0)
                acknowledged = switches + len(answers.readlines())
            board.start()
            state, count = re.match(r"(on|off), (\d+) switches", self.say(board, "status")[1][0]).groups()
            switches = int(count)
            self.assertIn(switches - acknowledged, (0, 1))  # the one under way may have been done
            self.assertEqual(state, "on" if switches % 2 == 1 else "off")

    def test_a_provider_that_does_not_know_the_maker_refuses_and_the_bulb_says_why(self):
        board = self.board()
        code, answers, log = self.say(board, "attest", "on", tenant="strangers")
        self.assertEqual(code, 1, (answers, log))
        self.assertRegex(answers[0], "^refused: ")
        self.assertEqual(answers[1], "on")
        self.assertIn("next step: ", log)

    def test_a_provider_that_is_not_there_is_named(self):
        board = self.board()
        code, answers, _ = self.say(board, "attest", url="http://127.0.0.1:1")
        self.assertEqual((code, answers[0]), (2, "failed: the bridge cannot reach the provider"))


if __name__ == "__main__":
    BIN, FIRMWARE, _ = chips.arguments(__doc__)
    FIRMWARE.require("secure", "bulb")
    server_support.PROGRAM = os.path.join(BIN, "tps")
    unittest.main(argv=sys.argv[:1], verbosity=1)
