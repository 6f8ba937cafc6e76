#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The conformance program of the Root of Trust, in the non-secure world of a chip: over the veneer, with a release key of its
maker, and to the end of the device. What it does not test it says, with a reason that is known here.

usage: conformance.py BIN FIRMWARE
"""
import os
import re
import tempfile

import chips
import emulator
from cryptography.hazmat.primitives import serialization

OPTIONS = b"opentps: conformance's options".ljust(32, b"\0")  # firmware/an505/nonsecure/conformance.c
PASSED_MIN = 305
SKIPPED = {"the connector says NOT_SUPPORTED: every call runs to its end", "not those of this service",
           "GetFeatures does not list this kind", "the component has no such service", "none is older than what runs"}


def set_options(image, key):
    """The image, with its options set: all is tested, and releases are signed by this key."""
    with open(key, "rb") as file:
        scalar = serialization.load_pem_private_key(file.read(), None).private_numbers().private_value
    options = bytes([1, 1]) + scalar.to_bytes(32, "big")
    assert image.count(OPTIONS) == 1
    at = image.index(OPTIONS) + len(OPTIONS)
    return image[:at] + options + image[at + len(options):]


def judge(text):
    failed = re.findall(r"^not ok.*(?:\n#.*)*", text, re.MULTILINE)
    skipped = set(re.findall(r"# SKIP (.*)", text))
    passed, = re.findall(r"^# (\d+) passed, \d+ failed, \d+ skipped$", text, re.MULTILINE)
    if failed or "\nconformance: 0\n" not in text:
        raise SystemExit("\n".join(failed) or text[-2000:])
    if not skipped <= SKIPPED:
        raise SystemExit(f"skipped: {skipped - SKIPPED}")
    if int(passed) < PASSED_MIN:
        raise SystemExit(f"{passed} passed; {PASSED_MIN} did when this was written")
    for name in ("update: it is given up, once, and shown no more", "lifecycle: the device is decommissioned"):
        if not re.search(rf"^ok \d+ - {re.escape(name)}$", text, re.MULTILINE):
            raise SystemExit(f"not tested: {name}")


def main():
    programs, firmware, _ = chips.arguments(__doc__)
    firmware.require("conformance")
    with tempfile.TemporaryDirectory(prefix="tps-conformance-") as folder:
        maker = chips.Maker(os.path.join(programs, "tps"), folder)
        image = os.path.join(folder, "conformance.bin")
        with open(image, "wb") as file:
            file.write(set_options(firmware.image("conformance").read_bytes(), maker.folder / "keys" / "release.key"))
        flash = os.path.join(folder, "flash")
        maker.release("chip", "1.0.0", image)
        maker.make("chip", firmware.image("secure"), flash)
        with emulator.Emulator(firmware.elf(), flash=emulator.Flash(flash), name="conformance") as board:
            board.wait(r"^conformance: \d$", timeout=200, source="line")
            text = board.line()
    judge(text)
    print(text.splitlines()[-2][2:])


if __name__ == "__main__":
    main()
