# SPDX-License-Identifier: Apache-2.0
"""The emulated board of the tests and the demonstration: qemu-system-arm -M mps2-an505, its flash in a file, its two
serial lines, and ways to look into it and to take its power away.

    with Emulator(secure_elf, flash=Flash.from_file("chip.flash")) as board:
        board.wait("application started")
        board.kill()                      # SIGKILL: what a power cut is to the flash

UART0 (the line to the world, non-secure) and UART1 (the secure console) go to files, `board.line()` and
`board.console()`; with `line_socket` the line is a unix socket, on which the emulator listens. Semihosting stays off. A
file of the flash is 16 MiB, the whole external RAM of the board: 4 MiB are the flash, the upper half is the journal of
the emulated flash's driver (firmware/an505/secure/flash.h). Everything lies in a temporary folder, and the emulator dies
with the thread that started it.
"""
import contextlib
import ctypes
import json
import mmap
import os
import re
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time
import weakref

QEMU = "qemu-system-arm"
SKIPPED = 77

FLASH_ADDRESS = 0x80000000
FLASH_SIZE = 4 << 20
SECTOR_SIZE = 4096
UNIT_SIZE = 16
RAM_SIZE = 16 << 20
JOURNAL_OFFSET = 8 << 20

MAGIC = b"tpsFlash"
LAYOUT = 1
HEADER_SIZE = 64
RUNS, STOPPED, FULL = 0, 1, 2


class Failed(Exception):
    """The board did not do what it was to do; the text holds the end of its console."""


def skip(why):
    """Ends the test program: it could not run here, and that is no failure."""
    print(f"skipped: {why}")
    sys.exit(SKIPPED)


def require(*files):
    """Skips the test program unless the emulator and these files are there. Where TPS_REQUIRE_FIRMWARE is set, what is
    missing is a failure: no test of a build that is to have them may skip itself."""
    missing = [] if shutil.which(QEMU) else [f"{QEMU} is not installed (make deps)"]
    missing += [f"{file} is not built (make firmware)" for file in files if not os.path.exists(file)]
    if missing and os.environ.get("TPS_REQUIRE_FIRMWARE"):
        sys.exit("the firmware's tests are required: " + "; ".join(missing))
    if missing:
        skip("; ".join(missing))


class Flash:
    """The file that holds the board's flash and its journal, seen by the host while the emulator runs and after."""

    def __init__(self, path):
        self.path = path
        with open(path, "r+b") as file:
            os.ftruncate(file.fileno(), RAM_SIZE)
            self.memory = mmap.mmap(file.fileno(), RAM_SIZE)

    @classmethod
    def erased(cls, path):
        """A new one, all of it erased."""
        with open(path, "wb") as file:
            file.write(b"\xff" * FLASH_SIZE)
        return cls(path)

    @classmethod
    def copied(cls, source, path):
        """A new one with the content of another file: the flash only, no journal. What is missing is erased."""
        with open(source, "rb") as file:
            content = file.read(FLASH_SIZE)
        with open(path, "wb") as file:
            file.write(content.ljust(FLASH_SIZE, b"\xff"))
        return cls(path)

    def read(self, offset=0, size=FLASH_SIZE):
        return self.memory[offset:offset + size]

    def write(self, offset, data):
        """By the host, past the driver: what an attacker with the chip on a desk does."""
        assert offset + len(data) <= FLASH_SIZE
        self.memory[offset:offset + len(data)] = data

    def start_journal(self, stop_at=0, stop_after=0):
        """An empty journal; before the emulator starts. Returns the content that it begins from."""
        self.memory[JOURNAL_OFFSET:JOURNAL_OFFSET + HEADER_SIZE] = struct.pack(
            "<8s7I", MAGIC, LAYOUT, 0, 0, 0, stop_at, stop_after, RUNS).ljust(HEADER_SIZE, b"\0")
        return self.read()

    def stop_at(self, number, after):
        """Stop when operation `number` begins, after so many of its bytes; 0: at none. Counted over all starts."""
        self.memory[JOURNAL_OFFSET + 24:JOURNAL_OFFSET + 36] = struct.pack("<3I", number, after, RUNS)

    def stop_journal(self):
        self.memory[JOURNAL_OFFSET:JOURNAL_OFFSET + 8] = bytes(8)

    def _field(self, offset):
        return struct.unpack_from("<I", self.memory, JOURNAL_OFFSET + offset)[0]

    @property
    def begun(self):
        return self._field(12)

    @property
    def finished(self):
        return self._field(16)

    @property
    def state(self):
        return self._field(32)

    def entries(self):
        """The journal as (number, operation, offset, size, data); flash.h says what they mean."""
        at, end = JOURNAL_OFFSET + HEADER_SIZE, JOURNAL_OFFSET + HEADER_SIZE + self._field(20)
        while at < end:
            number, operation, offset, size = struct.unpack_from("<4I", self.memory, at)
            at += 16
            data = b""
            if operation == 1:
                data = self.memory[at:at + size]
                at += (size + 3) & ~3
            yield number, operation, offset, size, data

    def close(self):
        self.memory.close()


def _die_with_parent():
    """In the child before exec: the kernel kills it when the thread that started it is gone (PR_SET_PDEATHSIG)."""
    ctypes.CDLL(None, use_errno=True).prctl(1, signal.SIGKILL, 0, 0, 0)


def _end(process, folder):
    if process is not None and process.poll() is None:
        process.kill()
        process.wait()
    if folder is not None:
        folder.cleanup()


class Emulator:
    """One board. `start()` and `kill()` may follow one another any number of times on the same flash.

    secure        the secure image, an ELF file
    flash         a Flash; without one an erased one of its own
    icount        N: each instruction takes 2^N ns of the board's time, whatever the host does; None: real time
    line_socket   True: the line is the unix socket `board.line_path`; else a file that is only written
    paused        True: nothing runs until resume()
    """

    def __init__(self, secure, flash=None, icount=None, line_socket=False, paused=False, name="board", options=()):
        self.secure, self.icount, self.line_socket, self.paused, self.name = secure, icount, line_socket, paused, name
        self.options = list(options)
        self.folder = tempfile.TemporaryDirectory(prefix="tps-board-")
        self.path = self.folder.name
        self.flash = flash or Flash.erased(os.path.join(self.path, "flash"))
        self.console_path = os.path.join(self.path, "console")
        self.line_path = os.path.join(self.path, "line")
        self.starts = 0
        self.process = None
        self._qmp = None
        self._finalizer = weakref.finalize(self, _end, None, self.folder)

    def command(self):
        line = (f"socket,id=line,path={self.line_path},server=on,wait=off" if self.line_socket
                else f"file,id=line,path={self.line_path}")
        words = [QEMU, "-M", "mps2-an505,memory-backend=flash", "-nodefaults", "-display", "none", "-monitor", "none",
                 "-object", f"memory-backend-file,id=flash,share=on,size={RAM_SIZE >> 20}M,mem-path={self.flash.path}",
                 "-chardev", line, "-serial", "chardev:line",
                 "-chardev", f"file,id=console,path={self.console_path}", "-serial", "chardev:console",
                 "-qmp", f"unix:{os.path.join(self.path, 'qmp')},server=on,wait=off",
                 "-kernel", os.fspath(self.secure)]
        if self.icount is not None:
            words += ["-icount", f"shift={self.icount},align=off,sleep=off"]
        if self.paused:
            words += ["-S"]
        return words + self.options

    def start(self):
        assert self.process is None, "it runs already"
        self.starts += 1
        for path in (self.console_path, self.line_path):
            with contextlib.suppress(FileNotFoundError):
                os.unlink(path)
        self._errors = open(os.path.join(self.path, "errors"), "wb")  # noqa: SIM115
        self.process = subprocess.Popen(self.command(), stdin=subprocess.DEVNULL, stdout=self._errors,
                                        stderr=self._errors, preexec_fn=_die_with_parent)
        self._finalizer.detach()
        self._finalizer = weakref.finalize(self, _end, self.process, self.folder)
        return self

    def kill(self):
        """The power is gone: SIGKILL of this emulator. The flash keeps what was done until then."""
        if self.process is None:
            return
        if self._qmp is not None:
            self._qmp.close()
            self._qmp = None
        self.process.kill()
        self.process.wait()
        self._errors.close()
        self.process = None

    def restart(self):
        self.kill()
        return self.start()

    def close(self):
        self.kill()
        self._finalizer()

    def __enter__(self):
        return self.start()

    def __exit__(self, *failure):
        self.close()

    # What it says.

    @staticmethod
    def _text(path):
        try:
            with open(path, "rb") as file:
                return file.read().decode("utf-8", "replace").replace("\r\n", "\n")
        except FileNotFoundError:
            return ""

    def console(self):
        """All that the secure world printed since this start."""
        return self._text(self.console_path)

    def line(self):
        """All that came over the line since this start; not with `line_socket`."""
        return self._text(self.line_path)

    def describe(self):
        """Where it stands, for a failure's text."""
        said = "\n".join(self.console().splitlines()[-20:])
        text = f"{self.name}, start {self.starts}; its console ends:\n{said}"
        if not self.line_socket:
            text += "\nits line ends:\n" + "\n".join(self.line().splitlines()[-10:])
        return text + "\n" + self._text(os.path.join(self.path, "errors"))

    def until(self, condition, timeout=30, what="what was waited for", step=0.002):
        """Waits until condition() is true, and returns its value."""
        end = time.monotonic() + timeout
        while True:
            value = condition()
            if value:
                return value
            if self.process is None or self.process.poll() is not None:
                raise Failed(f"the emulator ended before {what}: {self.describe()}")
            if time.monotonic() > end:
                raise Failed(f"{what} did not come within {timeout} s: {self.describe()}")
            time.sleep(step)

    def wait(self, pattern, timeout=30, source="console"):
        """Waits until a regular expression matches what the console (or "line") says; returns the match."""
        read = self.console if source == "console" else self.line
        return self.until(lambda: re.search(pattern, read(), re.MULTILINE), timeout, f"{source}: /{pattern}/")

    def wait_stopped(self, timeout=30):
        """Waits until the driver of the flash stopped where Flash.stop_at() said."""
        self.until(lambda: self.flash.state != RUNS, timeout, "the stop at an operation of the flash")
        if self.flash.state == FULL:
            raise Failed("the journal is full: start it anew more often. " + self.describe())

    # Its inside.

    def qmp(self, command, **arguments):
        """One command of QEMU's machine protocol; its answer."""
        if self._qmp is None:
            connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            path = os.path.join(self.path, "qmp")

            def connected():
                try:
                    connection.connect(path)
                    return True
                except (FileNotFoundError, ConnectionRefusedError):
                    return False

            self.until(connected, 10, "the emulator's control socket")
            connection.settimeout(60)
            self._qmp = connection.makefile("rwb")
            connection.close()  # the file keeps it open
            self._qmp.readline()
            self._ask({"execute": "qmp_capabilities"})
        return self._ask({"execute": command, "arguments": arguments})

    def _ask(self, request):
        self._qmp.write(json.dumps(request).encode() + b"\n")
        self._qmp.flush()
        while True:
            answer = json.loads(self._qmp.readline() or b'{"error": "it is gone"}')
            if "error" in answer:
                raise Failed(f"{request}: {answer['error']}")
            if "return" in answer:
                return answer["return"]

    def _save(self, command, address, size):
        path = os.path.join(self.path, "memory")
        self.qmp(command, val=address, size=size, filename=path)
        with open(path, "rb") as file:
            return file.read()

    def memory(self, address, size):
        """Bytes as the processor has them at this moment: what the world in which it is can read, or Failed."""
        return self._save("memsave", address, size)

    def secure_memory(self, address, size):
        """Bytes past the processor, at an address of the bus (bit 28 is not part of it), by secure transactions: memory of
        the non-secure world is all zeros to them."""
        return self._save("pmemsave", address, size)

    def pause(self):
        self.qmp("stop")

    def resume(self):
        self.qmp("cont")
