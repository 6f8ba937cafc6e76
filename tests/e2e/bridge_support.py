# SPDX-License-Identifier: Apache-2.0
"""What the tests of `tps device bridge` share: a second end of the serial line, written from spec/serial-line.md alone; a wire that
garbles, cuts and slows; a provider that remembers who asked; and the programs of both ends."""
import http.server
import os
import random
import re
import select
import socket
import struct
import subprocess
import threading
import time
import zlib

HELLO, ACK, DATA = 1, 2, 3
DIAL, DIALLED, BYTES, CREDIT, FINISH, RESET, COMMAND, ANSWER, LOG = (
    0x10, 0x11, 0x12, 0x13, 0x14, 0x15, 0x20, 0x21, 0x30)


# ---- frames ----

def stuff(body):
    """COBS: blocks of what is not zero, each behind the distance to its end."""
    return b"".join(bytes([len(block) + 1]) + block for block in body.split(b"\0"))


def unstuff(data):
    """The body, or None."""
    blocks = []
    while data:
        if data[0] == 0xFF or len(data) < data[0]:
            return None
        blocks.append(data[1:data[0]])
        data = data[data[0]:]
    return b"\0".join(blocks)


def frame(kind, mine, peer, number=0, expected=0, message=0, payload=b""):
    body = struct.pack(">BBBBII", 0x10 | kind, number, expected, message, mine, peer) + payload
    return b"\0" + stuff(body + struct.pack(">I", zlib.crc32(body))) + b"\0"


def parse(data):
    """(kind, number, expected, message, from, to, payload) of what stood between two zeros, or None."""
    body = unstuff(data)
    if body is None or len(body) < 16 or len(body) > 253 or struct.unpack(">I", body[-4:])[0] != zlib.crc32(body[:-4]):
        return None
    first, number, expected, message, mine, peer = struct.unpack(">BBBBII", body[:12])
    return (first & 15, number, expected, message, mine, peer, body[12:-4]) if first >> 4 == 1 else None


class PythonChip:
    """A chip of the tests' own, in this process: it listens, meets a bridge, and says whatever a test wants."""

    def __init__(self, path, session=None):
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(path)
        self.listener.listen(1)
        self.session, self.peer = session or random.randrange(1, 1 << 32), 0
        self.number = self.expected = 0
        self.buffer, self.messages = b"", []
        self.wire = None

    def accept(self):
        self.listener.settimeout(20)
        self.wire = self.listener.accept()[0]
        self.send(HELLO, payload=b"\xed")

    def send(self, kind, message=0, payload=b"", number=None):
        self.wire.sendall(frame(kind, self.session, self.peer, self.number if number is None else number, self.expected,
                                message, payload))

    def step(self, seconds=0.1):
        """Takes what is there; answers what a link answers. False: the bridge has gone."""
        if not select.select([self.wire], [], [], seconds)[0]:
            return True
        try:
            data = self.wire.recv(4096)
        except ConnectionResetError:
            data = b""
        *whole, self.buffer = (self.buffer + data).split(b"\0")
        for one in whole:
            if one:
                self.take(parse(one))
        return bool(data)

    def take(self, parsed):
        kind, number, expected, message, self.peer, to, payload = parsed
        if kind == HELLO:
            self.send(ACK if to == self.session else HELLO, payload=b"" if to == self.session else b"\xed")
            return
        if expected == (self.number + 1) & 255:
            self.number = expected
        if kind == DATA:
            if number == self.expected:
                self.expected = (self.expected + 1) & 255
                self.messages.append((message, payload))
            self.send(ACK)

    def say(self, message, payload):
        """One message, repeated until it is acknowledged."""
        wanted = (self.number + 1) & 255
        end = time.monotonic() + 20
        while self.number != wanted:
            self.send(DATA, message, payload)
            until = time.monotonic() + 0.3
            while self.number != wanted and time.monotonic() < until:
                if not self.step(0.05) or time.monotonic() > end:
                    raise AssertionError("the bridge does not acknowledge message 0x%02x" % message)

    def hear(self, message, seconds=10):
        """The payload of the next message of that kind; those before it are dropped."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            while self.messages:
                found, payload = self.messages.pop(0)
                if found == message:
                    return payload
            if not self.step():
                break
        raise AssertionError("message 0x%02x did not come" % message)

    def close(self):
        self.listener.close()
        if self.wire:
            self.wire.close()


# ---- the wire ----

class Wire:
    """Carries bytes between a chip's socket and one that the bridge connects to, or any descriptor (a pseudo-terminal's)."""

    def __init__(self, chip_path, path=None, descriptor=None, noise=0, bytes_a_second=None, seed=1):
        self.chip_path, self.noise, self.rate = chip_path, noise, bytes_a_second
        self.random = random.Random(seed)
        self.carried, self.is_over, self.ends = 0, False, []
        self.descriptor = descriptor
        if path:
            self.listener = socket.socket(socket.AF_UNIX)
            self.listener.bind(path)
            self.listener.listen(4)
        threading.Thread(target=self.run, daemon=True).start()

    def run(self):
        while not self.is_over:
            try:
                end = self.descriptor if self.descriptor is not None else self.listener.accept()[0].detach()
            except OSError:
                return
            chip = socket.socket(socket.AF_UNIX)
            chip.connect(self.chip_path)
            self.ends = [end, chip.detach()]
            self.carry(*self.ends)
            for descriptor in self.ends:
                os.close(descriptor)
            self.ends = []
            if self.descriptor is not None:
                return

    def carry(self, a, b):
        self.is_cut = False
        while not self.is_over and not self.is_cut:
            for ready in select.select([a, b], [], [], 0.05)[0]:
                try:
                    data = os.read(ready, 256)
                    if not data:
                        return
                    data = self.garble(data)
                    while data:
                        data = data[os.write(b if ready == a else a, data):]
                except OSError:
                    return

    def garble(self, data):
        self.carried += len(data)
        if self.rate:
            time.sleep(len(data) / self.rate)
        if not self.noise:
            return data
        out = bytearray()
        for byte in data:
            what = self.random.random() / self.noise
            if what < 1 / 3:
                out += bytes([byte ^ 1 << self.random.randrange(8)])
            elif what < 2 / 3:
                out += bytes([byte, byte])
            elif what >= 1:
                out.append(byte)
        return bytes(out)

    def cut(self):
        self.is_cut = True

    def close(self):
        self.is_over = True
        if self.descriptor is None:
            self.listener.close()


# ---- the provider ----

class Provider(http.server.ThreadingHTTPServer):
    """Answers each GET with its document, in pieces if it is to be slow, and remembers what was asked."""

    daemon_threads = True

    def __init__(self, document, context=None):
        super().__init__(("127.0.0.1", 0), Answer)
        if context:
            self.socket = context.wrap_socket(self.socket, server_side=True, do_handshake_on_connect=False)
        self.document, self.seen = document, []
        self.port = self.server_address[1]
        self.url = "%s://%s:%d" % (("https", "localhost", self.port) if context else ("http", "127.0.0.1", self.port))
        threading.Thread(target=self.serve_forever, args=(0.01,), daemon=True).start()

    def handle_error(self, request, client_address):
        pass    # those who hang up


class Answer(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.server.seen.append((self.path, self.headers.get("Host"), self.headers.get("X-Scheme")))
        self.send_response(200)
        self.end_headers()
        self.wfile.write(self.server.document)

    def log_message(self, *_):
        pass


# ---- programs ----

class Program:
    """A process whose outputs are read as they come."""

    def __init__(self, arguments, **more):
        self.process = subprocess.Popen([str(a) for a in arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, **more)
        self.out, self.err = bytearray(), bytearray()
        self.threads = [threading.Thread(target=self.read, args=pair, daemon=True)
                        for pair in ((self.process.stdout, self.out), (self.process.stderr, self.err))]
        for thread in self.threads:
            thread.start()

    @staticmethod
    def read(stream, into):
        while True:
            data = stream.read1(4096)
            if not data:
                return
            into.extend(data)

    def wait(self, seconds=60):
        code = self.process.wait(seconds)
        for thread in self.threads:
            thread.join(10)
        return code

    def wait_for(self, pattern, seconds=20, where="err"):
        end = time.monotonic() + seconds
        while not re.search(pattern, bytes(getattr(self, where))):
            if time.monotonic() > end:
                raise AssertionError("%r did not come: %r %r" % (pattern, bytes(self.out), bytes(self.err)))
            time.sleep(0.01)

    def kill(self):
        self.process.kill()
        self.wait()
        self.process.stdout.close()
        self.process.stderr.close()

    def resident(self):
        """KiB of memory in use."""
        with open("/proc/%d/status" % self.process.pid, encoding="ascii") as status:
            return int(re.search(r"VmRSS:\s+(\d+)", status.read()).group(1))
