#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""`tps factory chip`: what it writes, read by a reader of its own, made from spec/chip-flash.md alone.

usage: factory_chip.py BIN
"""
import fcntl
import os
import stat
import struct
import subprocess
import sys
import tempfile
import unittest
import zlib

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "conformance"))
import component_client as client  # noqa: E402
from component_client import read, write  # noqa: E402

TPS = ""
FLASH, SECTOR, UNIT = 4 << 20, 4096, 16
PARTS = {1: "identity.cbor", 2: "certificates.cbor", 3: "firmware/%s.bin", 4: "firmware/%s.manifest", 5: "device-id.cbor"}


class Flash:
    """A flash, as the specification says."""

    def __init__(self, content, flash=FLASH, sector=SECTOR, unit=UNIT):
        assert len(content) == flash, len(content)
        self.content, self.sector, self.stride = content, sector, max(16, unit)
        self.storage = 9 * sector
        self.slots = self.storage + -(-65536 // (2 * sector)) * 2 * sector
        self.slot_size = (flash - self.slots) // 2 // sector * sector

    def secret(self):
        """Secret and seed; None where there is none."""
        secret = self.content[:96]
        if secret == b"\xff" * 96:
            assert self.content[:self.sector] == b"\xff" * self.sector
            return None
        assert secret[:16] == b"opentps INSECURE" and secret[80:92] == bytes(12)
        assert struct.unpack("<I", secret[92:])[0] == zlib.crc32(secret[:92])
        return secret[16:48], secret[48:80]

    def records(self, sector):
        start = (1 + sector) * self.sector
        for at in range(start, start + self.sector, self.stride):
            word, opposite = struct.unpack("<QQ", self.content[at:at + 16])
            yield (word >> 56, word & (2**56 - 1)) if word ^ opposite == 2**64 - 1 else None

    def counters(self):
        """The counters of a flash that no chip has run from yet."""
        records = list(self.records(0))
        assert [r[0] for r in records[:11]] == [0, 1, 2, 3, 4, 5, 6, 7, 0xc5, 0xc6, 0xc6]
        assert [r[1] for r in records[8:11]] == [1, 1, 1]
        assert records[11:] == [None] * len(records[11:])
        assert self.content[2 * self.sector:self.slots] == b"\xff" * (self.slots - 2 * self.sector)
        return [r[1] for r in records[:8]]

    def parts(self, slot):
        """Generation, and the parts in their order; None where the slot is erased."""
        content = self.content[self.slots + slot * self.slot_size:][:self.slot_size]
        if content[0] == 0xff:
            assert content == b"\xff" * self.slot_size
            return None
        magic, version, generation, count, size = struct.unpack("<8sIIII", content[:24])
        assert (magic, version, content[24:60]) == (b"tpsParts", 1, bytes(36))
        table = content[64:64 + 64 * count]
        assert struct.unpack("<I", content[60:64])[0] == zlib.crc32(table, zlib.crc32(content[:60]))
        found, end = {}, 64 + 64 * count
        for i in range(count):
            part, offset, length, crc, name = struct.unpack("<IIII48s", table[64 * i:64 * i + 64])
            assert offset == -(-end // 64) * 64 and content[end:offset] == b"\xff" * (offset - end)
            end = offset + length
            assert crc == zlib.crc32(content[offset:end])
            name = name.rstrip(b"\0").decode()
            assert (part, name) not in found
            found[part, name] = content[offset:end]
        assert end == size and content[end:] == b"\xff" * (self.slot_size - end)
        return generation, found


class Chip(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory(prefix="tps-chip-")
        self.maker = self.path("acme")
        self.secure = self.path("secure.bin")
        self.bulb = self.path("bulb.bin")
        self.flash = self.path("flash")
        write(self.secure, os.urandom(30000))
        write(self.bulb, os.urandom(5001))
        self.tps("factory", "init", self.maker, "--name", "Acme", "--demo")
        self.release("component", "0.1.0", self.secure)
        self.release("application", "1.0.0", self.bulb)
        self.tps("factory", "make", self.maker, "--model", "bulb")
        self.device = os.path.join(self.maker, "devices", "bulb-0001")

    def tearDown(self):
        self.folder.cleanup()

    def path(self, name):
        return os.path.join(self.folder.name, name)

    def tps(self, *arguments, expect=0):
        return client.run(TPS, *arguments, expect=expect)

    def refused(self, *arguments):
        done = subprocess.run([TPS, "factory", "chip", *arguments], capture_output=True, text=True, timeout=60, check=False)
        self.assertEqual(done.returncode, 2, done)
        lines = done.stderr.strip().split("\n")
        self.assertEqual(len(lines), 1, lines)
        self.assertRegex(lines[0], r"^tps: .+: .+$")
        return lines[0]

    def release(self, name, version, image):
        self.tps("factory", "release", self.maker, "--model", "bulb", "--name", name, "--version", version, "--image", image)

    def make(self, *more):
        return self.tps("factory", "chip", self.device, "--out", self.flash, *more)

    def expect_parts(self, parts, images=(("component", 4), ("application", 4), ("application", 3))):
        wanted = {(1, ""), (2, ""), (5, "")} | {(kind, name) for name, kind in images}
        self.assertEqual(set(parts), wanted)
        for (kind, name), content in parts.items():
            path = PARTS[kind] % name if "%" in PARTS[kind] else PARTS[kind]
            self.assertEqual(content, read(self.device, path), path)

    def test_a_model_may_have_a_chips_secure_image_as_its_component(self):
        self.assertEqual(read(self.device, "firmware/component.bin"), read(self.secure))

    def test_a_linkers_file_in_place_of_an_image_is_told(self):
        elf = self.path("bulb.elf")
        write(elf, b"\x7fELF" + os.urandom(5000))
        self.release("application", "1.1.0", elf)
        self.tps("factory", "make", self.maker, "--model", "bulb")
        device = os.path.join(self.maker, "devices", "bulb-0002")
        manifest = os.path.join(self.maker, "releases/bulb/application-1.1.0.manifest")
        told = 'tps: WARNING: the image "application" is an ELF file, '

        for more in ([device, "--out", self.flash], [self.flash, "--name", "application", "--image", elf, "--manifest", manifest]):
            done = subprocess.run([TPS, "factory", "chip", *more], capture_output=True, text=True, timeout=60, check=True)
            self.assertTrue(done.stderr.startswith(told) and done.stderr.count("\n") == 1, done.stderr)

    def test_the_flash_holds_what_the_folder_holds_and_nothing_else(self):
        said = self.make()
        self.assertEqual(stat.S_IMODE(os.stat(self.flash).st_mode), 0o600)
        flash = Flash(read(self.flash))
        secret, seed = flash.secret()
        self.assertEqual(secret, read(self.device, "boot/unique-secret"))
        self.assertNotEqual(seed, secret)
        self.assertEqual(flash.content[96:SECTOR], b"\xff" * (SECTOR - 96))
        self.assertEqual(flash.counters(), [0, 0, 2, 0, 0, 0, 0, 0])
        generation, parts = flash.parts(0)
        self.assertEqual(generation, 1)
        self.expect_parts(parts)
        self.assertIsNone(flash.parts(1))
        self.assertIn("INSECURE", said)

    def test_two_flashes_of_one_device_have_other_seeds(self):
        self.make()
        seed = Flash(read(self.flash)).secret()[1]
        self.make("--force")
        self.assertNotEqual(Flash(read(self.flash)).secret()[1], seed)

    def test_what_is_told_is_what_is_there_and_never_a_secret(self):
        said = self.make()
        told = self.tps("factory", "chip", self.flash)
        self.assertEqual(told.split("\n")[1:], said.split("\n")[1:-2] + [""])
        content = read(self.flash)
        for line in told.split("\n"):
            fields = line.split()
            if fields[2:4] == ["image", "application"]:
                offset, size = int(fields[0], 16), int(fields[1])
                self.assertEqual(content[offset:offset + size], read(self.bulb))
                break
        else:
            self.fail(told)
        for secret in Flash(content).secret():
            self.assertNotIn(secret.hex(), told)
            self.assertNotIn(secret.hex()[:16], told)

    def test_nothing_is_overwritten_unasked(self):
        self.make()
        before = read(self.flash)
        self.assertIn("--force", self.refused(self.device, "--out", self.flash))
        self.assertEqual(read(self.flash), before)

    def test_an_update_takes_the_other_slot_and_leaves_all_else(self):
        self.make()
        before = Flash(read(self.flash))
        for turn, version in enumerate(("1.0.1", "1.0.2"), 1):
            new = self.path("bulb-" + version)
            write(new, os.urandom(6000 + turn))
            self.release("application", version, new)
            manifest = os.path.join(self.maker, "releases/bulb/application-%s.manifest" % version)
            self.tps("factory", "chip", self.flash, "--name", "application", "--image", new, "--manifest", manifest)
            after = Flash(read(self.flash))
            generation, parts = after.parts(turn % 2)
            self.assertEqual(generation, 1 + turn)
            self.assertEqual(parts.pop((3, "application")), read(new))
            self.assertEqual(parts.pop((4, "application")), read(manifest))
            self.expect_parts(parts, (("component", 4),))
            self.assertEqual(after.content[:after.slots], before.content[:before.slots])
            self.assertEqual(after.parts(1 - turn % 2), before.parts(1 - turn % 2))
            before = after

    def test_the_flash_of_a_board_that_is_on_stays_as_it_is(self):
        self.make()
        before = read(self.flash)
        manifest = os.path.join(self.device, "firmware", "component.manifest")
        with open(self.flash, "rb") as board:
            fcntl.flock(board, fcntl.LOCK_EX)
            for arguments in ((self.flash, "--name", "component", "--manifest", manifest),
                              (self.device, "--update", self.flash), (self.device, "--out", self.flash, "--force")):
                self.assertIn("switched on", self.refused(*arguments))
            self.assertEqual(read(self.flash), before)
            self.tps("factory", "chip", self.flash)
        self.tps("factory", "chip", self.flash, "--name", "component", "--manifest", manifest)

    def test_a_manifest_of_the_component_goes_without_its_image(self):
        self.make()
        write(self.secure, os.urandom(30001))
        self.release("component", "0.2.0", self.secure)
        manifest = os.path.join(self.maker, "releases/bulb/component-0.2.0.manifest")
        self.tps("factory", "chip", self.flash, "--name", "component", "--manifest", manifest)
        parts = Flash(read(self.flash)).parts(1)[1]
        self.assertEqual(parts.pop((4, "component")), read(manifest))
        self.expect_parts(parts, (("application", 4), ("application", 3)))

    def test_a_file_that_an_emulator_made_longer_is_read_and_keeps_its_length(self):
        self.make()
        with open(self.flash, "r+b") as file:
            file.truncate(16 << 20)
        self.assertIn("generation 1", self.tps("factory", "chip", self.flash))
        manifest = os.path.join(self.device, "firmware/application.manifest")
        self.tps("factory", "chip", self.flash, "--name", "application", "--image", self.bulb, "--manifest", manifest)
        self.assertEqual(os.path.getsize(self.flash), 16 << 20)
        self.assertEqual(Flash(read(self.flash)[:FLASH]).parts(1)[0], 2)

    def test_other_chips_have_other_sizes(self):
        for flash, sector, unit in ((512 << 10, 2048, 8), (1 << 20, 4096, 4), (192 << 10, 512, 16), (1 << 20, 1024, 64)):
            sizes = ("--flash-size", str(flash), "--sector-size", hex(sector), "--unit-size", str(unit))
            self.make("--force", *sizes)
            made = Flash(read(self.flash), flash, sector, unit)
            self.assertEqual(made.counters(), [0, 0, 2, 0, 0, 0, 0, 0])
            self.expect_parts(made.parts(0)[1])
            self.assertIn("generation 1", self.tps("factory", "chip", self.flash, *sizes))

    def test_a_flash_that_is_too_small_or_none_is_refused(self):
        small = self.refused(self.device, "--out", self.flash, "--flash-size", "118784")
        self.assertIn("a slot has", small)
        for sizes in (("--sector-size", "3000"), ("--unit-size", "0"), ("--flash-size", "5000")):
            self.assertIn("no flash of a chip", self.refused(self.device, "--out", self.flash, *sizes))
        self.assertIn("is no size", self.refused(self.device, "--out", self.flash, "--flash-size", "4M"))
        self.assertFalse(os.path.exists(self.flash))
        self.assertIn("a flash has", self.refused(self.bulb))
        self.assertIn("is missing", self.refused(self.flash, "--image", self.bulb))
        self.assertIn("is missing", self.refused())

    def test_a_device_that_was_started_is_not_copied(self):
        write(os.path.join(self.device, "secure", "counter-1"), bytes([1]) + bytes(7))
        self.assertIn("was started already", self.refused(self.device, "--out", self.flash))
        self.assertFalse(os.path.exists(self.flash))

    def test_a_folder_without_a_device_is_refused(self):
        self.assertIn("holds no device", self.refused(self.maker, "--out", self.flash))
        os.unlink(os.path.join(self.device, "firmware/application.bin"))
        self.assertIn("application.bin", self.refused(self.device, "--out", self.flash))

    def test_a_container_that_was_changed_is_not_taken_for_one(self):
        self.make()
        content = bytearray(read(self.flash))
        start = Flash(bytes(content)).slots
        content[start + 64 + 64 * 6] ^= 1  # the identity
        write(self.flash, content)
        self.assertIn("none that are whole", self.tps("factory", "chip", self.flash))
        manifest = os.path.join(self.device, "firmware/application.manifest")
        self.assertIn("holds no device", self.refused(self.flash, "--name", "application", "--manifest", manifest))

    def test_a_secret_in_hardware_leaves_its_sector_erased(self):
        os.unlink(os.path.join(self.device, "boot/unique-secret"))
        self.assertIn("hardware has the secret", self.make())
        self.assertIsNone(Flash(read(self.flash)).secret())


if __name__ == "__main__":
    TPS = os.path.join(sys.argv.pop(1), "tps")
    unittest.main()
