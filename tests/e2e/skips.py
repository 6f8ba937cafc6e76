# SPDX-License-Identifier: Apache-2.0
"""Tests that cannot run here say why; where everything is installed that tests need, they do not pass by saying so.

A reason that names a package, as "(Debian: faketime)", is a failure where TPS_REQUIRE_VECTORS is set, as in CI:
scripts/deps.sh installs all of them.
"""

import os
import sys
import unittest


def is_excused(reason):
    return not (os.environ.get("TPS_REQUIRE_VECTORS") and "(Debian: " in reason)


def all_of_it(reason):
    """Ends a program none of whose tests can run: as skipped (77), or failed."""
    print(f"skipped: {reason}" if is_excused(reason) else f"required, and skipped: {reason}")
    sys.exit(77 if is_excused(reason) else 1)


def main(**arguments):
    """unittest.main(), and a line for each test that was skipped."""
    result = unittest.main(exit=False, **arguments).result
    for test, reason in result.skipped:
        print(f"{'skipped' if is_excused(reason) else 'required, and skipped'}: {test.id()}: {reason.removeprefix('skipped: ')}",
              flush=True)
    sys.exit(not (result.wasSuccessful() and all(is_excused(reason) for _, reason in result.skipped)))
