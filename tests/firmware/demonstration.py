#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The demonstration on microcontrollers: its story ends as it should, and nothing of it runs on.

usage: demonstration.py BIN FIRMWARE
"""
import os
import pathlib
import sys
import unittest

import chips

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "e2e"))
import demonstration_support  # noqa: E402


class Demonstration(demonstration_support.Demonstration):
    SCRIPT = "mcu.sh"

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


if __name__ == "__main__":
    programs, firmware, _ = chips.arguments(__doc__)
    firmware.require("bulb")
    Demonstration.PLACES = {"TPS_BIN": programs, "TPS_FIRMWARE": str(firmware.folder.parent)}
    unittest.main(argv=["demonstration.py"])
