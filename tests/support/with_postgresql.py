# SPDX-License-Identifier: Apache-2.0
"""Runs a program with TPS_POSTGRESQL_URL naming an empty database of a cluster that lives as long as the program.

    with_postgresql.py PROGRAM [ARGUMENTS]

Returns what the program does; 77 where there can be no cluster.
"""

import os
import pathlib
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))
import postgresql_support
import skips


def main():
    if postgresql_support.why_not():
        skips.all_of_it(postgresql_support.why_not())
    with postgresql_support.Cluster() as cluster:
        environment = {**os.environ, "TPS_POSTGRESQL_URL": cluster.url}
        return subprocess.run(sys.argv[1:], env=environment).returncode


if __name__ == "__main__":
    sys.exit(main())
