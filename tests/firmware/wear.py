#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""A long run without a power cut: the rules of flash are kept, and all sectors of the storage are erased equally often.

usage: wear.py BIN FIRMWARE [STEPS]
"""
import os
import tempfile

import chips
import emulator
import flash_checker

STEPS = 500


def main():
    bin, firmware, rest = chips.arguments(__doc__, takes_more=True)
    steps = int(rest[0]) if rest else STEPS
    firmware.require("power_cut")
    with tempfile.TemporaryDirectory(prefix="tps-wear-") as folder:
        made = chips.make_chip(bin, firmware, "power_cut", folder)
        offset, size = chips.read_parts(os.path.join(bin, "tps"), made)["storage"]
        flash = emulator.Flash.copied(made, os.path.join(folder, "run.flash"))
        before = flash.start_journal()
        with emulator.Emulator(firmware.elf(), flash=flash) as board:
            board.until(lambda: f"\ndone {steps} " in board.line(), 250, f"step {steps}", step=0.1)
            board.kill()
            assert "failed" not in board.line(), board.describe()
        print(flash_checker.tell(flash_checker.check(flash, before)))
        model = flash_checker.Model(before).replay(flash.entries())
        first = offset // emulator.SECTOR_SIZE
        wear = [model.wear[sector] for sector in range(first, first + size // emulator.SECTOR_SIZE)]
        flash.close()
    if max(wear) - min(wear) > 1 or max(wear) < 2:
        raise SystemExit(f"erasures of the storage's sectors: {wear}")


if __name__ == "__main__":
    main()
