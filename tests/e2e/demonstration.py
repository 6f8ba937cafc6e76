#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The demonstration: its story ends as it should, its files are there, and it throws away nothing that is not its own.

usage: demonstration.py BIN
"""
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
BIN = ""


class Demonstration(unittest.TestCase):
    def setUp(self):
        temporary = tempfile.TemporaryDirectory(prefix="tps demo ")
        self.addCleanup(temporary.cleanup)
        self.folder = pathlib.Path(temporary.name)

    def demo(self, folder, code=0):
        done = subprocess.run([ROOT / "demo" / "demo.sh", folder], capture_output=True, text=True, timeout=120, check=False,
                              stdin=subprocess.DEVNULL, cwd=self.folder,
                              env={**os.environ, "TPS_BIN": BIN, "LC_ALL": "C"})
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return done.stdout if code == 0 else done.stderr

    def test_both_providers_accept_refuse_and_say_why_and_files_are_left(self):
        # Longer than a Unix socket's name may be.
        deep = "x" * 120
        told = self.demo(deep)

        self.assertEqual(told.count("    affirming: "), 6)
        self.assertIn("tps: WARNING: image application (no version)", told)
        self.assertIn("could not start: tps-boot: boot: refused: the component's own image: an image of firmware is not what", told)
        self.assertEqual(told.count("    refused: executables: component \"application\""), 2)
        self.assertIn("next step  install the maker's own firmware", told)
        self.assertIn("What was software only", told)
        for name, says in (("lock-evidence.cbor", "PSA attestation token"), ("bulb-result.jwt", "executables.unknown-signer"),
                           ("acme/endorsements/bulb-application-1.0.0.psa.corim", "Signed CoRIM")):
            shown = subprocess.run([f"{BIN}/tps", "inspect", self.folder / deep / name], capture_output=True, text=True,
                                   timeout=60, check=True).stdout
            self.assertIn(says, shown)
        self.assertEqual(self.demo(deep).count("    affirming: "), 6)

    def test_a_folder_that_it_did_not_make_stays_as_it_is(self):
        (self.folder / "mine").mkdir()
        (self.folder / "mine" / "data").write_text("precious")
        (self.folder / "file").write_text("precious")

        for name in ("mine", "file"):
            self.assertRegex(self.demo(name, code=2), rf"\Ademo: {name} is there already, [^\n]+: move it away[^\n]+\n\Z")
        self.assertEqual((self.folder / "mine" / "data").read_text(), "precious")
        self.assertEqual((self.folder / "file").read_text(), "precious")


if __name__ == "__main__":
    BIN = str(pathlib.Path(sys.argv.pop(1)).resolve())
    unittest.main()
