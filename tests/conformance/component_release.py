#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""
component_release.py BUILD: the first stage and the component as they are installed, in their real sandbox. A build with
sanitizers makes system calls that cannot be listed, so its filter forbids a few and allows the rest: a call that is missing in
the list of the installed component is seen here only.

Builds the programs in BUILD without sanitizers, and runs on them the conformance program with everything that it has, and the
tests of the process and of the client.
"""
import os
import pathlib
import subprocess
import sys

import component_run
import plain_build

E2E = pathlib.Path(__file__).resolve().parents[1] / "e2e"
TARGETS = ("tps", "tps_boot_program", "tps_component_program", "tps_conformance_program", "test_e2e_tpsc_local")


def main(folder):
    plain_build.build(folder, *TARGETS)
    programs = os.path.join(os.path.abspath(folder), "bin")
    boot = os.path.join(programs, "tps-boot")
    failed = component_run.main(programs, sandbox="seccomp on")
    for command in ([os.path.join(programs, "test_e2e_tpsc_local"), boot], [sys.executable, str(E2E / "tps_component.py"), boot]):
        failed |= subprocess.run(command, check=False, timeout=120).returncode
    return 1 if failed else 0


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    sys.exit(main(sys.argv[1]))
