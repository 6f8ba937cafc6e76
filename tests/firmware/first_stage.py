#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Whoever has the chip on a desk writes to its flash as they like: what the maker did not sign does not run, what was put
back is found out, and nothing that lies in flash makes the secure world fault.

usage: first_stage.py BIN FIRMWARE
"""
import os
import pathlib
import random
import struct
import tempfile
import time
import unittest

import chips
import emulator

BIN, FIRMWARE = "", None
READY, REFUSED, STOPPED = "^secure: .*: ready$", "^secure: application does not run", "tps status"
DAMAGES = 24
PAGE = 4096


def load_offset(elf):
    """Where the first loaded byte of an ELF file lies in it (32 bits, little-endian)."""
    table, = struct.unpack_from("<I", elf, 28)
    size, count = struct.unpack_from("<HH", elf, 42)
    for at in range(table, table + size * count, size):
        kind, offset, _, _, in_file = struct.unpack_from("<5I", elf, at)
        if kind == 1 and in_file > 0:
            return offset
    raise AssertionError("nothing is loaded")


class FirstStage(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.temporary = tempfile.TemporaryDirectory(prefix="tps-first-")
        cls.folder = pathlib.Path(cls.temporary.name)
        cls.maker = chips.Maker(os.path.join(BIN, "tps"), cls.folder)
        cls.maker.release("chip", "1.0.0", FIRMWARE.image("power_cut"))
        cls.made = cls.folder / "made.flash"
        cls.maker.make("chip", FIRMWARE.image("secure"), cls.made)
        cls.parts = chips.read_parts(cls.maker.tps, cls.made)

    @classmethod
    def tearDownClass(cls):
        cls.temporary.cleanup()

    def setUp(self):
        self.flash = emulator.Flash.copied(self.made, self.folder / "run.flash")
        self.addCleanup(self.flash.close)

    def flip(self, name, at):
        offset, size = self.parts[name]
        place = offset + at % size
        self.flash.write(place, bytes([self.flash.read(place, 1)[0] ^ 1]))

    def start(self, elf=None, until=READY, steps=0):
        """One start; returns what the console and the line said, a moment after `until` was said, and `steps` done."""
        with emulator.Emulator(elf or FIRMWARE.elf(), flash=self.flash) as board:
            board.wait(until)
            if until == READY:
                board.wait(f"^done {steps} " if steps > 0 else "^begin", source="line")
            else:
                time.sleep(0.1)
            console, line = board.console(), board.line()
        self.assertNotIn("fault:", console)
        return console, line

    def test_what_the_maker_made_runs(self):
        console, line = self.start()

        self.assertIn("secure: image component", console)
        self.assertIn("secure: image application 1.0.0: verified", console)
        self.assertTrue(line.startswith("start\n"))

    def test_an_application_that_was_changed_does_not_run_and_is_named(self):
        for at in (0, 4, 1000, -1):
            with self.subTest(at=at):
                self.flip("image application", at)
                console, line = self.start(until=REFUSED)
                self.assertRegex(console, "secure: image application[^:]*: REFUSED: .*not what its maker signed")
                self.assertEqual(line, "")
                self.flip("image application", at)
        self.start()

    def test_a_secure_image_that_was_changed_starts_nothing(self):
        elf = bytearray(FIRMWARE.elf().read_bytes())
        elf[elf.index(b"INSECURE root of trust", load_offset(elf))] ^= 0x20
        changed = self.folder / "changed.elf"
        changed.write_bytes(elf)

        console, line = self.start(changed, until=STOPPED)

        self.assertIn("not what its maker signed", console)
        self.assertNotIn("ready", console)
        self.assertEqual(line, "")

    def test_firmware_older_than_what_was_accepted_does_not_run(self):
        old = self.maker.folder / "releases" / "chip" / "application-1.0.0"
        new = self.folder / "new.bin"
        new.write_bytes(FIRMWARE.image("power_cut").read_bytes() + b"1.1.0")
        chips.run(self.maker.tps, "factory", "release", self.maker.folder, "--model", "chip", "--version", "1.1.0", "--image", new,
                  "--security-counter", "1")
        chips.run(self.maker.tps, "factory", "release", self.maker.folder, "--model", "chip", "--version", "1.1.0",
                  "--image", FIRMWARE.image("secure"), "--name", "component", "--security-counter", "1")
        releases = self.maker.folder / "releases" / "chip"
        self.put("component", manifest=releases / "component-1.1.0.manifest")
        self.put("application", releases / "application-1.1.0.bin", releases / "application-1.1.0.manifest")
        self.assertIn("application 1.1.0: verified", self.start()[0])

        self.put("application", f"{old}.bin", f"{old}.manifest")
        console, line = self.start(until=REFUSED)

        self.assertRegex(console, "image application[^:]*: REFUSED: .*older")
        self.assertEqual(line, "")

    def put(self, name, image=None, manifest=None):
        """An update, while the board is off; the file shrinks to the flash for the tool and grows again."""
        path = self.folder / "update.flash"
        path.write_bytes(self.flash.read())
        words = ["factory", "chip", path, "--name", name, "--manifest", manifest]
        chips.run(self.maker.tps, *words, *(["--image", image] if image else []))
        self.flash.write(0, path.read_bytes())

    def test_storage_that_was_put_back_is_not_taken_for_new(self):
        offset, size = self.parts["storage"]
        self.start(steps=3)
        before = self.flash.read(offset, size)
        self.start(steps=3)
        self.flash.write(offset, before)

        console, line = self.start()

        self.assertIn("put back", console)
        self.assertNotRegex(line, r"found sealed-storage \w+ cba[2-9]")
        self.assertRegex(line, r"found counters \w+ cba10212")  # error 18: it was put back

    def test_a_chip_without_secret_or_without_anything_says_so(self):
        self.flip("secret", 20)
        self.assertIn("the device has no unique secret", self.start(until=STOPPED)[0])
        self.flash.write(0, b"\xff" * emulator.FLASH_SIZE)
        console, line = self.start(until=STOPPED)
        self.assertEqual((line, "ready" in console), ("", False))

    def test_no_damage_makes_the_secure_world_fault(self):
        chance = random.Random("damage")
        self.start()
        good = self.flash.read()
        areas = [self.parts[name] for name in ("secret", "counters", "storage", "identity", "certificates", "manifest component",
                                               "manifest application")]
        areas.append((self.parts["parts 0"][0], 64 * 7))  # head and table of the container
        for number in range(DAMAGES):
            offset, size = areas[number % len(areas)]
            with self.subTest(number=number, offset=offset):
                self.flash.write(0, good)
                at = offset + chance.randrange(min(size, PAGE))
                length = chance.choice((1, 4, 64))
                self.flash.write(at, chance.randbytes(min(length, offset + size - at)))
                self.start(until=f"{READY}|{STOPPED}")


if __name__ == "__main__":
    BIN, FIRMWARE, _ = chips.arguments(__doc__)
    FIRMWARE.require("power_cut")
    unittest.main(argv=["first_stage.py"])
