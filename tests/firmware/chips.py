# SPDX-License-Identifier: Apache-2.0
"""A demonstration's maker, and chips of it as files of flash: what the tests of the emulated board start from."""
import os
import pathlib
import re
import subprocess
import sys

import emulator

# How QEMU's time goes where it must be the same in each run: an instruction takes 2^6 ns.
ICOUNT = 6


class Firmware:
    """The images that `make firmware` built, in FOLDER/an505."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder) / "an505"
        self.secure = self.folder / "an505_secure.elf"

    def elf(self, name="secure"):
        return self.folder / f"an505_{name}.elf"

    def image(self, name):
        """What a maker releases: the bytes of an image, as they lie in memory."""
        return self.folder / f"an505_{name}.bin"

    def require(self, *names):
        """Skips the test where something is missing."""
        emulator.require(self.secure, *(self.image(name) for name in names))


def run(*command):
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, timeout=120, check=False)
    if done.returncode != 0:
        raise emulator.Failed(f"{' '.join(map(str, command))}: exit {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout


class Maker:
    """A maker under the demonstration CA, in a folder that is there already."""

    def __init__(self, tps, folder, name="Acme Home"):
        self.tps, self.folder = tps, pathlib.Path(folder) / "maker"
        run(tps, "factory", "init", self.folder, "--name", name, "--demo")

    def release(self, model, version, image):
        run(self.tps, "factory", "release", self.folder, "--model", model, "--version", version, "--image", image)

    def make(self, model, secure, flash):
        """A device whose component is the secure image, as the file `flash`. Returns the device's folder."""
        before = set(self._devices())
        run(self.tps, "factory", "make", self.folder, "--model", model, "--component", secure)
        device, = set(self._devices()) - before
        run(self.tps, "factory", "chip", device, "--out", flash)
        return device

    def _devices(self):
        folder = self.folder / "devices"
        return list(folder.iterdir()) if folder.exists() else []


def make_chip(bin, firmware, application, folder, secure="secure"):
    """A maker and one chip that runs an image of `firmware`; returns the file of its flash."""
    maker = Maker(os.path.join(bin, "tps"), folder)
    maker.release("chip", "1.0.0", firmware.image(application))
    flash = os.path.join(folder, f"{application}.flash")
    maker.make("chip", firmware.image(secure), flash)
    return flash


def read_parts(tps, flash):
    """{name: (offset, size)} of what lies in a flash, as `tps factory chip` tells it."""
    told = run(tps, "factory", "chip", flash)
    return {name.strip(): (int(offset, 16), int(size))
            for offset, size, name in re.findall(r"^ +(0x[0-9a-f]+) +(\d+) +(\w+(?: \w+)?)", told, re.MULTILINE)}


def arguments(usage, takes_more=False):
    """BIN FIRMWARE of a test's command line, and what follows them."""
    if len(sys.argv) < 3 or len(sys.argv) > 3 and not takes_more:
        sys.exit(usage)
    return os.path.abspath(sys.argv[1]), Firmware(os.path.abspath(sys.argv[2])), sys.argv[3:]
