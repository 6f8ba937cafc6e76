#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Did a program keep the rules of flash? RAM stands for the flash of the emulated board and would take any write, so the
driver keeps a journal of what it did (firmware/an505/secure/flash.h), and this replays it against a model:

- units are programmed whole, aligned, within the flash, and only when they are erased: never twice between two erases;
- a sector is erased whole;
- what lies in the flash at the end is what these operations made of what was there before: nothing else wrote to it.

Where the power went within an operation each bit of it may be old or new (of an erase: any), which the model keeps as
bounds. A unit in which programming was cut off may be programmed again without an erase only while it reads as erased;
how often that happened is told (`reused`), as is an erase that was cut off and not repeated though it left nothing
behind (`trusted`): real flash may call both of them marginal.

usage: flash_checker.py FLASH [BEFORE]     judges a file that the emulator left; BEFORE is what it began from
       flash_checker.py --self-test        checks that each rule finds what breaks it
"""
import collections
import os
import sys
import unittest

import emulator
from emulator import FLASH_SIZE, SECTOR_SIZE, UNIT_SIZE

PROGRAM, ERASE, START = 1, 2, 3
ERASED = b"\xff" * UNIT_SIZE
ERASED_SECTOR = b"\xff" * SECTOR_SIZE


class Broken(Exception):
    """A rule of flash was broken."""


class Model:
    """Flash as it must be after the operations so far. `before` is its content at their beginning."""

    def __init__(self, before):
        self.content = bytearray(before)
        self.programmed = self.find_programmed()
        self.unsure_units = {}  # unit -> (content before, content after) of a program that was cut off
        self.unsure_sectors = set()  # of an erase that was cut off
        self.last = None
        self.number = 0
        self.wear = collections.Counter()
        self.operations = collections.Counter()
        self.programmed_bytes = 0
        self.cuts = self.reused = self.trusted = 0

    def find_programmed(self):
        """For each unit 1 if it is not erased: whoever made the content that the journal begins from programmed it."""
        programmed = bytearray(FLASH_SIZE // UNIT_SIZE)
        for sector in range(0, FLASH_SIZE, SECTOR_SIZE):
            if self.content[sector:sector + SECTOR_SIZE] != ERASED_SECTOR:
                for at in range(sector, sector + SECTOR_SIZE, UNIT_SIZE):
                    programmed[at // UNIT_SIZE] = self.content[at:at + UNIT_SIZE] != ERASED
        return programmed

    def replay(self, entries):
        for number, operation, offset, size, data in entries:
            if operation == START:
                self.start(number, offset)
                continue
            if number != self.number + 1:
                raise Broken(f"operation {number} follows operation {self.number}")
            self.number = number
            self.last = (operation, offset, size, bytes(self.content[offset:offset + size]), data)
            self.operations[operation] += 1
            if operation == PROGRAM:
                self.program(offset, data)
            elif operation == ERASE:
                self.erase(offset, size)
            else:
                raise Broken(f"operation {number} is of kind {operation}, which there is not")
        return self

    def fail(self, text):
        raise Broken(f"operation {self.number}: {text}")

    def program(self, offset, data):
        if offset % UNIT_SIZE or len(data) % UNIT_SIZE:
            self.fail(f"programs {len(data)} bytes at {offset:#x}: not of whole, aligned units of {UNIT_SIZE}")
        if offset + len(data) > FLASH_SIZE:
            self.fail(f"programs {len(data)} bytes at {offset:#x}: not within the flash")
        for at in range(0, len(data), UNIT_SIZE):
            unit = (offset + at) // UNIT_SIZE
            if unit in self.unsure_units:
                # It may read as erased still. If it did not, the AND of both lies there, and compare() sees it.
                self.reused += 1
                del self.unsure_units[unit]
            elif self.programmed[unit]:
                self.fail(f"programs the unit at {unit * UNIT_SIZE:#x}, which is not erased")
            elif offset // SECTOR_SIZE in self.unsure_sectors:
                self.trusted += 1
            self.programmed[unit] = 1
        self.content[offset:offset + len(data)] = data
        self.programmed_bytes += len(data)

    def erase(self, offset, size):
        if offset % SECTOR_SIZE or size != SECTOR_SIZE or offset + size > FLASH_SIZE:
            self.fail(f"erases {size} bytes at {offset:#x}, which is no sector")
        sector, first, count = offset // SECTOR_SIZE, offset // UNIT_SIZE, SECTOR_SIZE // UNIT_SIZE
        self.content[offset:offset + size] = b"\xff" * size
        self.programmed[first:first + count] = bytes(count)
        self.unsure_sectors.discard(sector)
        for unit in range(first, first + count):
            self.unsure_units.pop(unit, None)
        self.wear[sector] += 1

    def start(self, begun, finished):
        """The board started anew. If the last operation had not finished, the power went within it."""
        if begun not in (self.number, self.number - 1) or finished not in (begun, begun - 1):
            raise Broken(f"a start after operation {begun}, {finished} finished; the journal has {self.number}")
        if finished < begun or begun < self.number:  # the latter: cut off between an entry and its count
            self.cut()
        self.number = begun

    def cut(self):
        """The last operation was cut off: what it was to change is between the old and the new."""
        operation, offset, size, before, data = self.last
        self.cuts += 1
        if operation == ERASE:
            self.unsure_sectors.add(offset // SECTOR_SIZE)
            return
        for at in range(0, size, UNIT_SIZE):
            self.unsure_units[(offset + at) // UNIT_SIZE] = (before[at:at + UNIT_SIZE], data[at:at + UNIT_SIZE])

    def compare(self, content):
        """Holds the flash itself against what it must be."""
        expected = bytearray(self.content)
        content = bytearray(content)
        for sector in self.unsure_sectors:
            for unit in range(sector * SECTOR_SIZE // UNIT_SIZE, (sector + 1) * SECTOR_SIZE // UNIT_SIZE):
                if not self.programmed[unit]:
                    self._blank(expected, content, unit)
        for unit, (old, new) in self.unsure_units.items():
            is_now = content[unit * UNIT_SIZE:(unit + 1) * UNIT_SIZE]
            for was, wanted, now in zip(old, new, is_now):
                if now & ~was or (was & wanted) & ~now:
                    raise Broken(f"the unit at {unit * UNIT_SIZE:#x}, cut off while it was programmed, holds "
                                 f"{is_now.hex()}: neither old nor new")
            self._blank(expected, content, unit)
        if expected != content:
            at = next(n for n in range(FLASH_SIZE) if expected[n] != content[n]) // UNIT_SIZE * UNIT_SIZE
            raise Broken(f"the flash holds {content[at:at + UNIT_SIZE].hex()} at {at:#x}; by its operations it must be "
                         f"{expected[at:at + UNIT_SIZE].hex()}")

    @staticmethod
    def _blank(expected, content, unit):
        for memory in (expected, content):
            memory[unit * UNIT_SIZE:(unit + 1) * UNIT_SIZE] = bytes(UNIT_SIZE)

    def statistics(self):
        worn = self.wear.most_common(1)
        return {"operations": self.number, "programs": self.operations[PROGRAM], "erases": self.operations[ERASE],
                "bytes": self.programmed_bytes, "sectors": len(self.wear), "most_erased": worn[0][1] if worn else 0,
                "cuts": self.cuts, "reused": self.reused, "trusted": self.trusted}


def check(flash, before):
    """Judges a Flash whose journal began when it held `before`. Returns the statistics, or raises Broken."""
    if flash.memory[emulator.JOURNAL_OFFSET:emulator.JOURNAL_OFFSET + 8] != emulator.MAGIC:
        raise Broken("there is no journal")
    if flash.state == emulator.FULL:
        raise Broken("the journal is full, and does not tell everything: start it anew more often")
    model = Model(before).replay(flash.entries())
    model.start(flash.begun, flash.finished)
    model.compare(flash.read())
    return model.statistics()


def tell(statistics):
    return ", ".join(f"{key.replace('_', ' ')} {value}" for key, value in statistics.items())


class SelfTest(unittest.TestCase):
    """Each rule finds what breaks it."""

    def setUp(self):
        self.before = bytearray(b"\xff" * FLASH_SIZE)
        self.before[SECTOR_SIZE:SECTOR_SIZE + UNIT_SIZE] = bytes(UNIT_SIZE)

    def judge(self, entries, **changes):
        model = Model(bytes(self.before)).replay(entries)
        after = bytearray(self.before)
        for offset, data in changes.get("written", []):
            after[offset:offset + len(data)] = data
        if changes.get("cut"):
            model.cut()
        model.compare(after)
        return model.statistics()

    def refuses(self, entries, text, **changes):
        with self.assertRaisesRegex(Broken, text):
            self.judge(entries, **changes)

    def test_good_operations_are_good(self):
        data = bytes(range(32))
        told = self.judge([(0, START, 0, 0, b""), (1, PROGRAM, 0, 32, data), (2, ERASE, SECTOR_SIZE, SECTOR_SIZE, b""),
                           (3, PROGRAM, SECTOR_SIZE, 32, data)],
                          written=[(0, data), (SECTOR_SIZE, data)])
        self.assertEqual((told["operations"], told["programs"], told["erases"], told["bytes"]), (3, 2, 1, 64))

    def test_a_unit_is_programmed_once(self):
        self.refuses([(1, PROGRAM, SECTOR_SIZE, 16, bytes(16))], "not erased")
        self.refuses([(1, PROGRAM, 0, 16, bytes(16)), (2, PROGRAM, 0, 16, bytes(16))], "operation 2: .* not erased")

    def test_operations_are_aligned_and_within_the_flash(self):
        self.refuses([(1, PROGRAM, 8, 16, bytes(16))], "aligned")
        self.refuses([(1, PROGRAM, 0, 8, bytes(8))], "aligned")
        self.refuses([(1, PROGRAM, FLASH_SIZE - 16, 32, bytes(32))], "within")
        self.refuses([(1, ERASE, 16, SECTOR_SIZE, b"")], "no sector")
        self.refuses([(1, ERASE, FLASH_SIZE, SECTOR_SIZE, b"")], "no sector")

    def test_operations_are_numbered_without_a_gap(self):
        self.refuses([(2, PROGRAM, 0, 16, bytes(16))], "follows")
        self.refuses([(1, PROGRAM, 0, 16, bytes(16)), (3, START, 3, 0, b"")], "a start after")
        self.refuses([(1, 7, 0, 16, b"")], "kind 7")

    def test_nothing_else_writes(self):
        self.refuses([], "by its operations", written=[(64, b"x")])
        self.refuses([(1, PROGRAM, 0, 16, bytes(16))], "by its operations", written=[(0, bytes(15) + b"\1")])

    def test_what_was_cut_off_is_old_or_new(self):
        operations = [(1, PROGRAM, 0, 16, b"\x0f" * 16)]
        self.judge(operations, cut=True)
        self.judge(operations, cut=True, written=[(0, b"\x0f" * 8 + b"\x8f" * 8)])
        self.refuses(operations, "neither old nor new", cut=True, written=[(0, b"\x07" * 16)])
        erases = [(1, ERASE, SECTOR_SIZE, SECTOR_SIZE, b"")]
        self.judge(erases, cut=True, written=[(SECTOR_SIZE, b"x" * SECTOR_SIZE)])
        self.refuses(erases, "by its operations", cut=True, written=[(0, b"x")])

    def test_what_was_cut_off_is_used_again_when_it_is_erased_only(self):
        again = [(1, PROGRAM, 0, 16, bytes(16)), (1, START, 0, 0, b""), (2, PROGRAM, 0, 16, b"\x55" * 16)]
        self.assertEqual(self.judge(again, written=[(0, b"\x55" * 16)])["reused"], 1)
        self.refuses(again, "by its operations", written=[(0, b"\x50" * 16)])
        trusts = [(1, ERASE, SECTOR_SIZE, SECTOR_SIZE, b""), (1, START, 0, 0, b""),
                  (2, PROGRAM, SECTOR_SIZE, 16, bytes(16))]
        self.assertEqual(self.judge(trusts, written=[(SECTOR_SIZE, bytes(16))])["trusted"], 1)
        self.refuses(trusts + [(3, PROGRAM, SECTOR_SIZE, 16, bytes(16))], "not erased")

    def test_an_entry_that_was_not_counted_did_nothing_or_all(self):
        self.judge([(1, PROGRAM, 0, 16, bytes(16)), (0, START, 0, 0, b""), (1, PROGRAM, 0, 16, b"\x55" * 16)],
                   written=[(0, b"\x55" * 16)])


def main():
    if sys.argv[1:] == ["--self-test"]:
        del sys.argv[1:]
        unittest.main()
    if len(sys.argv) not in (2, 3):
        sys.exit(__doc__)
    with open(sys.argv[2], "rb") if len(sys.argv) > 2 else open(os.devnull, "rb") as file:
        before = file.read(FLASH_SIZE).ljust(FLASH_SIZE, b"\xff")
    try:
        print(tell(check(emulator.Flash(sys.argv[1]), before)))
    except Broken as why:
        sys.exit(f"{sys.argv[1]}: {why}")


if __name__ == "__main__":
    main()
