#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Slips at the command line: each is answered by one line with cause and next step, and leaves nothing behind.

usage: command_line.py BIN
"""
import pathlib
import subprocess
import sys
import tempfile
import unittest

BIN = ""
SUBCOMMANDS = ("factory", "device", "tenant", "serve", "verify", "inspect")


class CommandLine(unittest.TestCase):
    def setUp(self):
        temporary = tempfile.TemporaryDirectory(prefix="tps slips ")
        self.addCleanup(temporary.cleanup)
        self.folder = pathlib.Path(temporary.name)

    def tps(self, *arguments):
        return subprocess.run([f"{BIN}/tps", *arguments], capture_output=True, text=True, timeout=60, check=False,
                              cwd=self.folder, stdin=subprocess.DEVNULL)

    def good(self, *arguments):
        done = self.tps(*arguments)
        self.assertEqual(done.returncode, 0, (arguments, done))
        return done.stdout

    def slip(self, *arguments):
        """The one line that a slip is answered with."""
        done = self.tps(*arguments)
        self.assertEqual(done.returncode, 2, (arguments, done))
        self.assertEqual(done.stdout, "")
        self.assertRegex(done.stderr, r"\Atps: [^\n]+: [^\n]+\n\Z")
        return done.stderr

    def make_device(self):
        (self.folder / "image.bin").write_bytes(b"firmware")
        self.good("factory", "init", "acme", "--name", "Acme", "--demo")
        self.good("factory", "release", "acme", "--model", "bulb", "--version", "1", "--image", "image.bin")
        self.good("factory", "make", "acme", "--model", "bulb")
        return "acme/devices/bulb-0001"

    def test_help_is_given_wherever_it_is_asked_for(self):
        for name in SUBCOMMANDS:
            text = self.good("help", name)
            self.assertTrue(text.startswith("tps " + name), text)
            self.assertEqual(text, self.good(name, "--help"))
        self.assertEqual(self.good("factory", "init", "x", "--help"), self.good("help", "factory"))
        self.assertEqual(self.good("device", "attest", "-h"), self.good("help", "device"))
        self.assertFalse((self.folder / "x").exists())

    def test_nothing_unknown_is_taken_and_the_next_step_names_the_right_help(self):
        for name in SUBCOMMANDS[:3]:
            self.assertIn("needs to know what to do", self.slip(name))
            self.assertIn('unknown command "fly"', self.slip(name, "fly", "x"))
        for words in (("factory", "init"), ("device", "info"), ("serve",), ("verify",), ("inspect",)):
            self.assertIn(f"{' '.join(words)}: unknown option --bogus: see tps help {words[0]}",
                          self.slip(*words, "--bogus"))
        self.assertIn("factory init: --name needs a value", self.slip("factory", "init", "x", "--name"))
        self.assertIn("takes no value", self.slip("serve", "--demo=no", "--store", "s.db"))
        self.assertEqual([], list(self.folder.iterdir()))

    def test_only_create_makes_a_store(self):
        for words in (("list",), ("trust", "a", "x"), ("endorse", "a", "x")):
            self.assertIn("cannot open the store none.db", self.slip("tenant", *words, "--store", "none.db"))
        self.assertIn("needs NAME", self.slip("tenant", "create", "--store", "none.db"))
        self.assertIn("needs NAME CORIM", self.slip("tenant", "endorse", "a", "--store", "none.db"))
        self.assertEqual([], list(self.folder.iterdir()))
        self.good("tenant", "create", "a", "--store", "s.db")
        self.assertIn('a tenant "a" already', self.slip("tenant", "create", "a", "--store", "s.db"))
        self.assertIn("a   ", self.good("tenant", "list", "--store", "s.db"))

    def test_a_server_that_cannot_write_its_port_says_only_that(self):
        self.good("tenant", "create", "a", "--store", "s.db")
        done = self.tps("serve", "--store", "s.db", "--listen", "127.0.0.1:0", "--port-file", "no/where")
        self.assertEqual(done.returncode, 2)
        self.assertRegex(done.stderr, r"\Atps: cannot write no/where: [^\n]+\n\Z")

    def test_what_has_one_cause_is_said_once(self):
        self.make_device()
        files = [str(path) for path in sorted(self.folder.glob("acme/endorsements/*.corim"))]
        self.good("tenant", "create", "a", "--store", "s.db")
        self.good("tenant", "endorse", "a", *files, "--store", "s.db")
        done = self.tps("serve", "--store", "s.db", "--listen", "192.0.2.1:1")  # loads, and then cannot listen
        self.assertEqual(done.stderr.count('what="an endorsement"'), 1, done.stderr)
        self.assertIn('what="6 more, for the same cause"', done.stderr)

    def test_a_folder_that_is_no_device_is_told_apart(self):
        device = self.make_device()
        (self.folder / "empty").touch()
        self.assertIn("acme is a maker's folder", self.slip("device", "info", "--device", "acme"))
        self.assertIn("holds no device", self.slip("device", "start", "acme/devices"))
        self.assertIn("empty is empty", self.slip("device", "flash", device, "empty"))
        self.assertIn("empty is empty", self.slip("device", "flash", device, "image.bin", "empty"))
        self.assertIn("acme is no file", self.slip("device", "flash", device, "acme"))
        self.assertIn("acme/ca.pem is no manifest", self.slip("device", "flash", device, "image.bin", "acme/ca.pem"))

    def test_a_file_in_the_wrong_place_is_recognised(self):
        device = self.make_device()
        done = self.tps("verify", "acme/ca.pem")
        self.assertEqual(done.returncode, 1)
        self.assertIn("tps inspect acme/ca.pem", done.stdout)
        done = self.tps("verify", "image.bin", "--key", device + "/certificates.pem")
        self.assertEqual(done.returncode, 1)
        self.assertIn("it is a certificate: --anchor takes", done.stderr)


if __name__ == "__main__":
    BIN = str(pathlib.Path(sys.argv.pop(1)).resolve())
    unittest.main()
