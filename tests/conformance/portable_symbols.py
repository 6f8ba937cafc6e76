#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""portable_symbols.py BUILD: what the portable libraries hold and need, by the linker's own words.

They hold no data that can change, but for the one table of client/ (TPSC_* takes no context) and the connections that the
connector to the one secure world still has to end; and they need nothing but each other, the operations of crypto.h, the
entry to that world, and the few functions that a freestanding compiler asks for.
"""
import glob
import os
import re
import subprocess
import sys

import tree

# What a compiler may call by itself, or what every C library for microcontrollers has without an operating system.
FREESTANDING = re.compile(r"^(mem(cpy|set|move|cmp|chr)|str(len|cmp|ncmp|nlen|chr)|__aeabi_\w+|__atomic_\w+|__sync_\w+|"
                          r"_GLOBAL_OFFSET_TABLE_|__gnu_thumb1_case_\w+)$")
# crypto.h is implemented by a back end of the microcontroller's own: crypto/psa, over mbedTLS, where that is at hand.
PROVIDED = re.compile(r"^((tps_crypto|psa|mbedtls)_\w+|tps_veneer)$")
MUTABLE = "BbCDdSsGg"
MUTABLE_ALLOWED = re.compile(r"^libtps_(client|connector_trustzone_m)\.a$")


def symbols_of(archive):
    """Pairs of type and name, as nm gives them."""
    listed = subprocess.run(["arm-none-eabi-nm", "--format=posix", archive], capture_output=True, check=True, text=True)
    for line in listed.stdout.split("\n"):
        parts = line.split(" ")
        if len(parts) >= 2 and not parts[0].endswith(":"):
            yield parts[1], parts[0]


def main():
    archives = sorted(glob.glob(os.path.join(sys.argv[1], "src", "*", "*.a")))
    findings = [] if archives else ["no library was built"]
    defined, needed = set(), []
    for archive in archives:
        name = os.path.basename(archive)
        for kind, symbol in symbols_of(archive):
            if kind in "Uw":
                needed.append((name, symbol))
                continue
            defined.add(symbol)
            if kind in MUTABLE and not MUTABLE_ALLOWED.match(name):
                findings.append("%s: %s can change while the program runs; portable code keeps no state" % (name, symbol))
    for name, symbol in sorted(set(needed)):
        if symbol not in defined and not FREESTANDING.match(symbol) and not PROVIDED.match(symbol):
            findings.append("%s: needs %s, which a microcontroller does not have" % (name, symbol))
    return tree.report(findings, "portable symbols of %d libraries" % len(archives))


if __name__ == "__main__":
    sys.exit(main())
