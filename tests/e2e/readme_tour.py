#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The two tours of README.md, and the commands of docs/device-maker.md, run as a reader would: copied block by block into
terminals, in an empty folder.

What differs from a reader: the program is built already, the port is a free one, and Ctrl-C is SIGINT. A line whose
comment begins with "refused" must end with exit code 1, every other one with 0.

usage: readme_tour.py BIN
"""
import os
import pathlib
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
BIN = ""
TOURS = ("Five minutes for a device maker", "Five minutes for a service provider")
PORT_IN_README = "127.0.0.1:8080"
SERVE = re.compile(r"^tps serve ")


def commands(text):
    """The commands of the indented blocks under the tours' headings, in order; continued lines are one command."""
    found = []
    for section in text.split("\n## ")[1:]:
        if section.split("\n", 1)[0] in TOURS:
            block = re.sub(r"\\\n +", "", section)
            found += [line[4:] for line in block.split("\n") if line.startswith("    ")]
    return found


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Terminal:
    """A shell that takes one command after the other and tells what came of each."""

    def __init__(self, folder):
        environment = {**os.environ, "PATH": BIN + ":" + os.environ["PATH"]}
        self.shell = subprocess.Popen(["bash"], cwd=folder, env=environment, stdin=subprocess.PIPE, text=True,
                                      stdout=subprocess.PIPE, stderr=subprocess.STDOUT)

    def run(self, command):
        """Exit code and output."""
        self.shell.stdin.write(f"{command}\nprintf '\\nEXIT %d\\n' $?\n")
        self.shell.stdin.flush()
        output = ""
        for line in self.shell.stdout:
            if line.startswith("EXIT "):
                return int(line.split()[1]), output
            output += line
        raise AssertionError(f"the shell ended after: {command}\n{output}")

    def close(self):
        self.shell.stdin.close()
        self.shell.wait(timeout=20)
        self.shell.stdout.close()


class Tour(unittest.TestCase):
    def setUp(self):
        self.temporary = tempfile.TemporaryDirectory(prefix="tps tour ")
        self.folder = pathlib.Path(self.temporary.name)
        self.server = None

    def tearDown(self):
        # Whatever went wrong before: no process of the tour outlives it.
        for device in self.folder.glob("acme/devices/*"):
            subprocess.run([f"{BIN}/tps", "device", "stop", device], capture_output=True, timeout=60, check=False)
        if self.server and self.server.poll() is None:
            self.server.kill()
            self.server.wait()
        if self.server:
            self.server.stdout.close()
        self.temporary.cleanup()

    def serve(self, command, port):
        """In a terminal of its own, which becomes the server."""
        environment = {**os.environ, "PATH": BIN + ":" + os.environ["PATH"]}
        self.server = subprocess.Popen(["bash", "-c", "exec " + command], cwd=self.folder, env=environment, text=True,
                                       stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        end = time.monotonic() + 20
        while time.monotonic() < end:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    return
            self.assertIsNone(self.server.poll(), "the server ended")
            time.sleep(0.02)
        self.fail("the server does not listen")

    def test_every_line_does_what_the_readme_says(self):
        port = free_port()
        terminal = Terminal(self.folder)
        self.addCleanup(terminal.close)
        outputs = {}

        for command in commands((ROOT / "README.md").read_text(encoding="utf-8")):
            if command == "make build":
                continue
            command = command.replace(PORT_IN_README, f"127.0.0.1:{port}")
            if SERVE.match(command):
                self.serve(command, port)
                continue
            with self.subTest(command=command):
                code, output = terminal.run(command)
                self.assertEqual(code, 1 if "# refused" in command else 0, output)
                outputs.setdefault(re.sub(r" --.*", "", command), []).append(output)

        first, second = outputs["tps device attest"]
        self.assertRegex(first, r"^(.*\n)?affirming: ")
        self.assertRegex(second, r"^(.*\n)*?refused: executables: (.*\n)+ +next step +\w+")
        self.assertRegex(outputs["tps verify evidence.cbor"][0], "^accepted: ")
        submitted = [lines for command, lines in outputs.items() if command.startswith("curl -H 'Content-Type: application/rim+cose")]
        self.assertIn('"status":"success"', "".join(submitted[0]).replace(" ", ""))
        self.assertIn("stopped", outputs["tps device stop acme/devices/bulb-0001"][-1])
        self.server.send_signal(signal.SIGINT)
        self.assertEqual(self.server.wait(timeout=20), 0)

    def test_both_tours_are_found(self):
        found = commands((ROOT / "README.md").read_text(encoding="utf-8"))

        self.assertGreater(len(found), 15)
        self.assertEqual(1, len([command for command in found if SERVE.match(command)]))


class DeviceMaker(unittest.TestCase):
    """docs/device-maker.md, from top to bottom; what is no demonstration stands in a folder of its own, as it says there."""

    ELSEWHERE = re.compile(r"https://verifier\.example|^tps-boot .*USER|^cc ")

    def test_every_command_runs(self):
        temporary = tempfile.TemporaryDirectory(prefix="tps maker ")
        self.addCleanup(temporary.cleanup)
        text = (ROOT / "docs" / "device-maker.md").read_text(encoding="utf-8")
        found = [line[4:] for line in text.split("\n") if line.startswith("    ") and not self.ELSEWHERE.search(line[4:])]
        terminal = Terminal(temporary.name)
        self.addCleanup(terminal.close)
        self.addCleanup(terminal.run, "tps device stop acme/devices/bulb-0001")
        terminal.run("for v in '' -1.1.0 -1.2.0; do head -c 4096 /dev/urandom > bulb$v.bin; done; mkdir real; cp bulb.bin real")
        for i in (1, 2):
            terminal.run(f"openssl ecparam -name prime256v1 -genkey -noout | openssl pkey -pubout > real/bulb-{i}.pem")
        real = []
        for command in found:
            if command.startswith("tps factory init") and "--demo" not in command or 0 < len(real) < 3:
                real.append(command)
                command = f"(cd real && {command})"
            with self.subTest(command=command):
                code, output = terminal.run(command)
                self.assertEqual(code, 0, output)
        self.assertGreater(len(found), 12)
        self.assertEqual(len(real), 3)


if __name__ == "__main__":
    BIN = str(pathlib.Path(sys.argv.pop(1)).resolve())
    unittest.main()
