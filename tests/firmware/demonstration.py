#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The demonstration on microcontrollers: its story ends as it should, and nothing of it runs on.

usage: demonstration.py BIN FIRMWARE
"""
import os
import pathlib
import subprocess
import tempfile
import unittest

import chips

ROOT = pathlib.Path(__file__).resolve().parents[2]
BIN, FIRMWARE = "", None


class Demonstration(unittest.TestCase):
    def setUp(self):
        temporary = tempfile.TemporaryDirectory(prefix="tps demo ")
        self.addCleanup(temporary.cleanup)
        self.folder = pathlib.Path(temporary.name)

    def demo(self, folder, code=0):
        done = subprocess.run([ROOT / "demo" / "mcu.sh", folder], capture_output=True, text=True, timeout=180, check=False,
                              stdin=subprocess.DEVNULL, cwd=self.folder,
                              env={**os.environ, "TPS_BIN": BIN, "TPS_FIRMWARE": str(FIRMWARE.folder.parent), "LC_ALL": "C"})
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return done.stdout if code == 0 else done.stderr

    def test_both_chips_are_accepted_and_a_changed_one_is_refused_by_name(self):
        # Longer than a Unix socket's name may be.
        deep = "x" * 120
        told = self.demo(deep)

        self.assertEqual(told.count("    accepted\n"), 3)
        self.assertIn("    on, 1 switches", told)
        self.assertRegex(told, r"    secure: image application[^:]*: REFUSED: [^\n]*not what its maker signed")
        self.assertIn('    refused: executables: component "application" 1.1.0 is not among', told)
        self.assertIn("What was emulated", told)
        for process in pathlib.Path("/proc").glob("[0-9]*/cmdline"):
            try:
                words = process.read_bytes()
            except OSError:
                continue
            self.assertNotIn(os.fsencode(str(self.folder / deep)), words)

    def test_a_folder_that_it_did_not_make_stays_as_it_is(self):
        (self.folder / "mine").mkdir()
        (self.folder / "mine" / "data").write_text("precious")

        self.assertRegex(self.demo("mine", code=2), r"\Ademo: mine is there already, [^\n]+: move it away[^\n]+\n\Z")
        self.assertEqual((self.folder / "mine" / "data").read_text(), "precious")


if __name__ == "__main__":
    BIN, FIRMWARE, _ = chips.arguments(__doc__)
    FIRMWARE.require("bulb")
    unittest.main(argv=["demonstration.py"])
