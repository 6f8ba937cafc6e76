#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""docs/microcontroller.md, run as a reader would: its commands copied one after the other, in an empty folder.

What differs from a reader: everything is built already, the port is a free one, Ctrl-C is SIGINT, and a board is switched
off before the next is switched on, or something else is put onto its flash. A line whose comment begins with "refused" must end with exit code 1, or, of a board,
must not start its application.

usage: tour.py BIN FIRMWARE
"""
import os
import pathlib
import re
import signal
import socket
import subprocess
import tempfile
import time
import unittest

import chips

ROOT = pathlib.Path(__file__).resolve().parents[2]
BIN, FIRMWARE = "", None
PORT = "127.0.0.1:8080"
ELSEWHERE = re.compile(r"make |PATH=")  # done already
BOARD = re.compile(r"firmware/an505/emulate\.sh ")
SERVER = re.compile(r"tps serve ")
OFF = re.compile(r"tps factory chip \S+\.flash ")  # the page says before: switch off
BUILT = re.compile(r"build-firmware/an505/an505_(\w+)\.bin")


def read_commands(text):
    """The indented lines, in order; continued lines are one command."""
    joined = re.sub(r"\\\n +", "", re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL))
    return [line[4:] for line in joined.split("\n") if line.startswith("    ")]


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Tour(unittest.TestCase):
    def setUp(self):
        temporary = tempfile.TemporaryDirectory(prefix="tps tour ")
        self.addCleanup(temporary.cleanup)
        self.folder = pathlib.Path(temporary.name)
        (self.folder / "firmware").symlink_to(ROOT / "firmware")
        (self.folder / "build-firmware").symlink_to(FIRMWARE.folder.parent)
        self.environment = {**os.environ, "PATH": BIN + ":" + os.environ["PATH"], "LC_ALL": "C"}
        self.terminals = {}
        self.addCleanup(lambda: [self.press_ctrl_c(name) for name in list(self.terminals)])

    def open_terminal(self, name, command):
        """What runs there until Ctrl-C."""
        output = open(self.folder / (name + ".out"), "wb")  # noqa: SIM115
        process = subprocess.Popen(["bash", "-c", "exec " + command], cwd=self.folder, env=self.environment,
                                   stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT)
        self.terminals[name] = (process, output)

    def press_ctrl_c(self, name):
        """Exit code of what ran there; None: nothing did."""
        if name not in self.terminals:
            return None
        process, output = self.terminals.pop(name)
        process.send_signal(signal.SIGINT)
        try:
            process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        output.close()
        return process.returncode

    def wait_for(self, name, pattern):
        end = time.monotonic() + 30
        while time.monotonic() < end:
            told = (self.folder / (name + ".out")).read_text()
            if re.search(pattern, told):
                return
            self.assertIsNone(self.terminals[name][0].poll(), told)
            time.sleep(0.05)
        self.fail(f"{name}: no {pattern}: {told}")

    def run_command(self, command):
        """Exit code and output."""
        done = subprocess.run(["bash", "-c", command], cwd=self.folder, env=self.environment, stdin=subprocess.DEVNULL,
                              text=True, capture_output=True, timeout=60, check=False)
        return done.returncode, done.stdout + done.stderr

    def follow(self, command):
        refused = "# refused" in command
        if SERVER.match(command):
            self.open_terminal("server", command)
            self.wait_for("server", "listening on")
        elif BOARD.match(command):
            self.press_ctrl_c("board")
            self.open_terminal("board", command)
            self.wait_for("board", r"application does not run: [^\n]+\n" if refused else r": ready\n")
        else:
            if OFF.match(command):
                self.press_ctrl_c("board")
            code, output = self.run_command(command)
            self.assertEqual(code, 1 if refused else 0, output)
            if command.startswith("tps tenant endorse"):
                time.sleep(1.5)  # a running server looks at its store once a second
            return output
        return ""

    def test_every_line_does_what_the_page_says(self):
        commands = read_commands((ROOT / "docs" / "microcontroller.md").read_text(encoding="utf-8"))
        port = free_port()
        told = ""

        for command in commands:
            if not ELSEWHERE.match(command):
                with self.subTest(command=command):
                    told += self.follow(command.replace(PORT, f"127.0.0.1:{port}"))

        self.assertEqual(told.count("\naccepted\n"), 2, told)
        self.assertIn("\non, 1 switches, bulb ", told)
        self.assertIn('refused: executables: component "application" 1.1.0 is not among', told)
        self.assertIn("hello from start 1, with 11 services", told)
        self.assertEqual(self.press_ctrl_c("server"), 0)

    def test_the_page_has_its_commands(self):
        text = (ROOT / "docs" / "microcontroller.md").read_text(encoding="utf-8")

        self.assertGreater(len(read_commands(text)), 20)


if __name__ == "__main__":
    BIN, FIRMWARE, _ = chips.arguments(__doc__)
    PAGE = (ROOT / "docs" / "microcontroller.md").read_text(encoding="utf-8")
    FIRMWARE.require(*sorted(set(BUILT.findall(PAGE)) - {"mine"}))
    unittest.main(argv=["tour.py"])
