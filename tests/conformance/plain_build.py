# SPDX-License-Identifier: Apache-2.0
"""A build without sanitizers, optimised as what is installed, beside the one that is tested: for what sanitizers change, such
as the sandbox of the component and what valgrind sees. One folder for all who need it, so that nothing is built twice."""
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]


def build(folder, *targets):
    """Builds targets; ends the program if that fails. TPS_VALGRIND changes tests only (tests/secrets)."""
    configure = ["cmake", "-S", str(ROOT), "-B", str(folder), "-G", "Ninja", "-DCMAKE_BUILD_TYPE=RelWithDebInfo",
                 "-DTPS_VALGRIND=ON", "--log-level=WARNING"]
    subprocess.run(configure, check=True, stdout=subprocess.DEVNULL)
    done = subprocess.run(["cmake", "--build", str(folder), "--target", *targets], text=True, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, check=False)
    if done.returncode != 0:
        sys.exit(f"the build without sanitizers failed\n{done.stdout}")
