#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The demonstration: its story ends as it should, its files are there, and it throws away nothing that is not its own.

usage: demonstration.py BIN
"""
import pathlib
import subprocess
import sys
import unittest

import demonstration_support

BIN = ""


class Demonstration(demonstration_support.Demonstration):
    SCRIPT = "demo.sh"

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


if __name__ == "__main__":
    BIN = str(pathlib.Path(sys.argv.pop(1)).resolve())
    Demonstration.PLACES = {"TPS_BIN": BIN}
    unittest.main()
