#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""`tps device bridge`: a chip's serial line, garbled, cut and killed, between a chip and its provider; and chips and providers that
want to harm it.

usage: bridge.py BIN
"""
import os
import pty
import re
import socket
import ssl
import subprocess
import sys
import tempfile
import termios
import time
import unittest

from bridge_support import (ACK, BYTES, CREDIT, DATA, DIAL, DIALLED, FINISH, HELLO, LOG, RESET, Program, Provider, PythonChip,
                            Wire, frame, parse)

BIN = ""
ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
DOCUMENT = os.urandom(100000) + bytes(50000) + os.urandom(50000)


class Case(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory(prefix="tps-bridge-")
        self.addCleanup(self.folder.cleanup)
        self.chip_path, self.line_path = self.path("chip.sock"), self.path("line.sock")

    def path(self, name):
        return os.path.join(self.folder.name, name)

    def provider(self, document=DOCUMENT, context=None):
        provider = Provider(document, context)
        self.addCleanup(provider.server_close)
        self.addCleanup(provider.shutdown)
        return provider

    def chip(self, *command, program="test_bridge_chip"):
        chip = Program([os.path.join(BIN, program), self.chip_path, self.path("out"), *command])
        self.addCleanup(chip.kill)
        while not os.path.exists(self.chip_path):
            time.sleep(0.01)
        return chip

    def python_chip(self):
        chip = PythonChip(self.chip_path)
        self.addCleanup(chip.close)
        return chip

    def wire(self, **how):
        wire = Wire(self.chip_path, self.line_path, **how)
        self.addCleanup(wire.close)
        return wire

    def bridge(self, line, url, *more, **how):
        bridge = Program([os.path.join(BIN, "tps"), "device", "bridge", line, "--to", url, *more],
                         **{"stdin": subprocess.DEVNULL, **how})
        self.addCleanup(bridge.kill)
        return bridge

    def run_bridge(self, line, url, *more, **how):
        bridge = self.bridge(line, url, *more, **how)
        return bridge.wait(), bytes(bridge.out).decode(), bytes(bridge.err).decode()

    def assert_fetched(self):
        with open(self.path("out"), "rb") as out:
            self.assertEqual(out.read(), DOCUMENT)


class Commands(Case):
    def test_the_chip_answers_and_the_worst_answer_is_the_exit_code(self):
        self.chip()
        line = "unix:" + self.chip_path
        url = "http://127.0.0.1:9"
        for commands, code, answers in ((["on"], 0, "the bulb is on\n"),
                                        (["on", "no", "off"], 1, "the bulb is on\nthe owner forbids it\nthe bulb is off\n"),
                                        (["no", "what"], 2, "the owner forbids it\nthere is no such command\n")):
            asked = [word for command in commands for word in ("--command", command)]
            found = self.run_bridge(line, url, *asked, "--once", "--timeout", "20")
            self.assertEqual(found[:2], (code, answers), found)
            self.assertIn("chip on %s is there\n" % line, found[2])

    def test_the_log_is_shown_and_steers_no_terminal(self):
        self.chip()
        code, out, err = self.run_bridge("unix:" + self.chip_path, "http://127.0.0.1:9", "--command", "escape", "--once")
        self.assertEqual((code, out), (0, "?]0;owned? line?break\n"))
        self.assertIn("chip: the chip has started\n", err)
        self.assertIn("chip: red ?[31m bell ? zero ? end\n", err)

    def test_lines_that_the_chip_dropped_are_counted(self):
        self.chip()
        _, out, err = self.run_bridge("unix:" + self.chip_path, "http://127.0.0.1:9", "--command", "say 40",
                                      "--command", "on", "--command", "say 1", "--once")
        self.assertEqual(out, "said\nthe bulb is on\nsaid\n")
        shown = err.count("chip: this is line")
        dropped = int(re.search(r"dropped (\d+) lines of its log", err).group(1))
        self.assertEqual(shown + dropped, 41, err)

    def test_a_chip_that_does_not_answer_is_told(self):
        self.chip()
        code, _, err = self.run_bridge("unix:" + self.chip_path, "http://127.0.0.1:9", "--command", "silent", "--once",
                                       "--timeout", "1")
        self.assertEqual(code, 2)
        self.assertIn('the chip did not answer "silent" within 1 s', err)

    def test_a_chip_that_begins_anew_before_it_answers_is_told(self):
        self.chip()
        code, _, err = self.run_bridge("unix:" + self.chip_path, "http://127.0.0.1:9", "--command", "reset", "--once",
                                       "--timeout", "20")
        self.assertEqual(code, 2)
        self.assertIn('the chip began anew before it answered "reset"', err)

    def test_nobody_at_the_line_is_told(self):
        chip = self.python_chip()
        code, _, err = self.run_bridge("unix:" + self.chip_path, "http://127.0.0.1:9", "--once", "--timeout", "1")
        self.assertEqual(code, 2)
        self.assertIn("nothing was heard from a chip on unix:", err)
        chip.close()

    def test_lines_typed_at_a_terminal_are_commands(self):
        self.chip()
        master, slave = pty.openpty()
        self.addCleanup(os.close, master)
        bridge = self.bridge("unix:" + self.chip_path, "http://127.0.0.1:9", stdin=slave)
        os.close(slave)
        os.write(master, b"on\n\n" + b"x" * 300 + b"\nno\n")
        bridge.wait_for(b"forbids it\n", where="out")
        self.assertEqual(bytes(bridge.out), b"the bulb is on\nthe owner forbids it\n")
        self.assertIn(b"a command is a line of 1 to 128 bytes", bytes(bridge.err))
        os.write(master, b"\x04")
        time.sleep(0.2)
        self.assertIsNone(bridge.process.poll())


class Streams(Case):
    def test_the_chip_reaches_its_provider_under_the_name_and_path_of_the_url(self):
        provider = self.provider()
        self.chip()
        for url, tenant, path in ((provider.url, None, "/doc"), (provider.url + "/", "acme", "/t/acme/doc"),
                                  (provider.url + "/below", "a.b-c_1", "/below/t/a.b-c_1/doc")):
            more = ["--tenant", tenant] if tenant else []
            code, out, err = self.run_bridge("unix:" + self.chip_path, url, *more, "--command", "try /doc", "--once",
                                             "--timeout", "60")
            self.assertEqual((code, out), (0, "fetched 200000 bytes in 1 tries\n"), err)
            self.assert_fetched()
            self.assertEqual(provider.seen[-1], (path, "127.0.0.1:%d" % provider.port, "http"))

    def test_a_chip_of_a_few_hundred_bytes_does_as_well(self):
        provider = self.provider()
        self.chip(program="test_bridge_chip_small")
        code, out, err = self.run_bridge("unix:" + self.chip_path, provider.url, "--tenant", "acme", "--command", "say 3",
                                         "--command", "try /doc", "--once", "--timeout", "60")
        self.assertEqual((code, out), (0, "said\nfetched 200000 bytes in 1 tries\n"), err)
        self.assert_fetched()
        code, out, err = self.run_bridge("unix:" + self.chip_path, provider.url + "/" + "long" * 12, "--command",
                                         "try /doc", "--once", "--timeout", "60")
        self.assertEqual((code, out), (2, "failed after 0 bytes, 1 tries: TPS_LINE_PROTOCOL\n"), err)

    def test_once_ends_with_the_first_stream(self):
        provider = self.provider()
        self.chip("try /doc")
        code, _, err = self.run_bridge("unix:" + self.chip_path, provider.url, "--once", "--timeout", "60")
        self.assertEqual(code, 0, err)

    def test_a_noisy_line_costs_time_only(self):
        provider = self.provider()
        self.chip()
        wire = self.wire(noise=1 / 12000)
        code, out, err = self.run_bridge("unix:" + self.line_path, provider.url, "--command", "try /doc", "--once",
                                         "--timeout", "120")
        self.assertEqual((code, out), (0, "fetched 200000 bytes in 1 tries\n"), err)
        self.assert_fetched()
        self.assertEqual(len(provider.seen), 1)
        self.assertNotIn("anew", err)
        self.assertGreater(wire.carried, 200000)

    def test_a_line_that_is_cut_and_mended_goes_on_where_it_was(self):
        provider = self.provider()
        self.chip("try /doc")
        wire = self.wire(bytes_a_second=150000)
        bridge = self.bridge("unix:" + self.line_path, provider.url, "--once", "--timeout", "120")
        for part in range(1, 5):
            while wire.carried < part * 40000:
                time.sleep(0.01)
            wire.cut()
        self.assertEqual(bridge.wait(120), 0, bytes(bridge.err))
        self.assert_fetched()
        self.assertEqual(len(provider.seen), 1)
        self.assertEqual(bytes(bridge.err).count(b"went away"), 4)
        self.assertEqual(bytes(bridge.err).count(b"is there again"), 4)
        self.assertNotIn(b"anew", bytes(bridge.err))

    def test_a_bridge_that_is_killed_is_noticed_and_the_chip_begins_again(self):
        provider = self.provider()
        chip = self.chip("fetch /doc")
        wire = self.wire(bytes_a_second=200000, noise=1 / 30000)
        for part in range(1, 4):
            bridge = self.bridge("unix:" + self.line_path, provider.url)
            while wire.carried < part * 60000:
                time.sleep(0.01)
            bridge.kill()
        bridge = self.bridge("unix:" + self.line_path, provider.url)
        chip.wait_for(rb"fetched 200000 bytes in \d+ tries", 120, "out")
        self.assert_fetched()
        tries = int(re.search(rb"in (\d+) tries", bytes(chip.out)).group(1))
        self.assertEqual(tries, 4)
        self.assertEqual(len(provider.seen), tries)

    def test_a_chip_that_is_killed_is_noticed_and_its_stream_ends(self):
        provider = self.provider()
        chip = self.chip("try /doc")
        wire = self.wire(bytes_a_second=150000)
        bridge = self.bridge("unix:" + self.line_path, provider.url, "--timeout", "120")
        while wire.carried < 50000:
            time.sleep(0.01)
        chip.kill()
        chip = self.chip("try /doc")
        chip.wait_for(b"fetched 200000 bytes in 1 tries", 60, "out")
        self.assert_fetched()
        bridge.wait_for(b"began anew")

    def test_a_serial_device_is_a_line_too(self):
        provider = self.provider()
        self.chip()
        master, slave = pty.openpty()
        name = os.ttyname(slave)
        mode = termios.tcgetattr(slave)
        self.addCleanup(os.close, slave)
        wire = Wire(self.chip_path, descriptor=master, noise=1 / 50000)
        self.addCleanup(wire.close)
        code, out, err = self.run_bridge(name, provider.url, "--command", "try /doc", "--once", "--baud", "921600",
                                         "--timeout", "120")
        self.assertEqual((code, out), (0, "fetched 200000 bytes in 1 tries\n"), err)
        self.assert_fetched()
        self.assertNotEqual(termios.tcgetattr(slave)[:4], mode[:4])
        self.assertEqual(termios.tcgetattr(slave)[4:6], [termios.B921600] * 2)

    def test_standard_input_and_output_are_a_line_too(self):
        provider = self.provider()
        self.chip()
        mine, other = socket.socketpair()
        wire = Wire(self.chip_path, descriptor=mine.detach())
        self.addCleanup(wire.close)
        bridge = subprocess.run([os.path.join(BIN, "tps"), "device", "bridge", "-", "--to", provider.url, "--command",
                                 "try /doc", "--once", "--timeout", "60"], stdin=other, stdout=other,
                                stderr=subprocess.PIPE, timeout=90, check=False)
        other.close()
        self.assertEqual(bridge.returncode, 0, bridge.stderr)
        self.assertIn(b"\nfetched 200000 bytes in 1 tries\n", bridge.stderr)
        self.assert_fetched()


    def test_standard_input_that_ends_is_the_end_of_the_line(self):
        for more, code, says in (([], 0, ""), (["--command", "on"], 2, "nothing was heard from a chip on - before the line ended"),
                                 (["--once"], 2, "nothing was heard")):
            found = self.run_bridge("-", "http://127.0.0.1:9", *more)
            self.assertEqual(found[0], code, found)
            self.assertIn(says, found[2])

    def test_a_line_that_waits_takes_no_time_of_the_machine(self):
        chip = self.python_chip()
        bridge = self.bridge("unix:" + self.chip_path, "http://127.0.0.1:9")
        chip.accept()
        chip.step(1)
        with open("/proc/%d/stat" % bridge.process.pid, encoding="ascii") as stat:
            before = sum(map(int, stat.read().split()[13:15]))
        time.sleep(2)
        with open("/proc/%d/stat" % bridge.process.pid, encoding="ascii") as stat:
            self.assertLessEqual(sum(map(int, stat.read().split()[13:15])) - before, 10)    # hundredths of a second


class Providers(Case):
    def test_one_that_is_not_there_is_told_to_both(self):
        self.chip()
        with socket.socket() as unused:
            unused.bind(("127.0.0.1", 0))
            url = "http://127.0.0.1:%d" % unused.getsockname()[1]
            code, out, err = self.run_bridge("unix:" + self.chip_path, url, "--command", "try /doc", "--once",
                                             "--timeout", "60")
        self.assertEqual((code, out), (2, "failed after 0 bytes, 1 tries: TPS_LINE_UNREACHABLE\n"))
        self.assertIn("%s cannot be reached: " % url, err)

    def test_tls_is_spoken_and_the_provider_must_prove_its_name(self):
        for name, subject in (("good", "localhost"), ("other", "elsewhere.example")):
            subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                            "-subj", "/CN=" + subject, "-addext", "subjectAltName=DNS:" + subject, "-days", "2", "-keyout",
                            self.path(name + ".key"), "-out", self.path(name + ".pem")], check=True, capture_output=True)
        self.chip()
        for name, more, expected in (("good", ["--ca", self.path("good.pem")], "fetched 200000 bytes in 1 tries\n"),
                                     ("good", [], "failed after 0 bytes, 1 tries: TPS_LINE_INSECURE\n"),
                                     ("other", ["--ca", self.path("other.pem")],
                                      "failed after 0 bytes, 1 tries: TPS_LINE_INSECURE\n")):
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(self.path(name + ".pem"), self.path(name + ".key"))
            provider = self.provider(context=context)
            code, out, err = self.run_bridge("unix:" + self.chip_path, provider.url, *more, "--command", "try /doc",
                                             "--once", "--timeout", "60")
            self.assertEqual((out, code), (expected, 0 if expected.startswith("fetched") else 2), err)
            if code == 0:
                self.assert_fetched()
                self.assertEqual(provider.seen, [("/doc", "localhost:%d" % provider.port, "https")])
            else:
                self.assertEqual(provider.seen, [])

    def test_one_that_breaks_off_is_told(self):
        self.chip("try /doc")
        with socket.socket() as listener:
            listener.bind(("127.0.0.1", 0))
            listener.listen(1)
            bridge = self.bridge("unix:" + self.chip_path, "http://127.0.0.1:%d" % listener.getsockname()[1], "--once")
            connection = listener.accept()[0]
            connection.recv(1000)
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
            connection.close()
            self.assertEqual(bridge.wait(), 2)
        self.assertIn(b"the connection to http://127.0.0.1:", bytes(bridge.err))

    def test_one_that_sends_without_end_fills_no_memory(self):
        chip = self.python_chip()
        with socket.socket() as listener:
            listener.bind(("127.0.0.1", 0))
            listener.listen(1)
            bridge = self.bridge("unix:" + self.chip_path, "http://127.0.0.1:%d" % listener.getsockname()[1])
            chip.accept()
            chip.say(DIAL, b"\1\2\0")
            connection = listener.accept()[0]
            chip.hear(DIALLED)
            before = bridge.resident()
            connection.settimeout(1)
            sent = 0
            try:
                while sent < 50 << 20:
                    sent += connection.send(bytes(65536))
            except TimeoutError:
                pass
            self.assertLess(sent, 20 << 20)
            self.assertLess(bridge.resident() - before, 4096)
            taken = sum(len(payload) - 1 for message, payload in chip.messages if message == BYTES)
            while chip.step(0.3) and taken < 512:
                taken = sum(len(payload) - 1 for message, payload in chip.messages if message == BYTES)
            self.assertEqual(taken, 512)
            connection.close()


class Chips(Case):
    """Chips that break every rule: the bridge tells them so, lives, and remembers nothing of it."""

    def setUp(self):
        super().setUp()
        self.listener = socket.socket()
        self.listener.bind(("127.0.0.1", 0))
        self.listener.listen(64)
        self.listener.settimeout(5)
        self.addCleanup(self.listener.close)
        self.chip = self.python_chip()
        self.program = self.bridge("unix:" + self.chip_path, "http://127.0.0.1:%d" % self.listener.getsockname()[1])
        self.chip.accept()

    def dial(self, number=1):
        self.chip.say(DIAL, bytes([number]) + b"\x02\x00")
        connection = self.listener.accept()[0]
        self.addCleanup(connection.close)
        return connection, self.chip.hear(DIALLED)

    def assert_alive(self):
        self.chip.say(LOG, b"\0still there")
        self.program.wait_for(b"chip: still there\n")
        self.assertIsNone(self.program.process.poll())

    def test_the_stream_is_one_of_bytes(self):
        connection, dialled = self.dial()
        self.assertEqual(dialled, b"\1\2\0\0" + bytes([len("127.0.0.1:%d" % self.listener.getsockname()[1])]) +
                         b"127.0.0.1:%d" % self.listener.getsockname()[1])
        self.chip.say(BYTES, b"\1from the chip")
        self.assertEqual(connection.recv(100), b"from the chip")
        connection.sendall(b"to the chip")
        self.assertEqual(self.chip.hear(BYTES), b"\1to the chip")
        self.chip.say(FINISH, b"\1")
        self.assertEqual(connection.recv(100), b"")
        connection.sendall(b" and more")
        self.assertEqual(self.chip.hear(BYTES), b"\1 and more")
        connection.close()
        self.assertEqual(self.chip.hear(FINISH), b"\1")

    def test_more_than_was_granted_ends_the_stream(self):
        self.dial()
        for _ in range(4):
            self.chip.say(BYTES, b"\1" + bytes(200))
        self.assert_alive()
        self.dial(2)
        self.chip.say(CREDIT, b"\2\xff\xff")
        self.assertEqual(self.chip.hear(RESET), b"\2\4")
        self.assert_alive()

    def test_a_provider_that_takes_nothing_fills_no_memory(self):
        self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
        self.dial()
        before = self.program.resident()
        granted, sent = 512, 0
        while sent < 256 << 10:
            if granted == 0:
                try:
                    granted = int.from_bytes(self.chip.hear(CREDIT, 1)[1:], "big")
                except AssertionError:
                    break
            size = min(granted, 230)
            self.chip.say(BYTES, b"\1" + bytes(size))
            granted, sent = granted - size, sent + size
        self.assertLess(self.program.resident() - before, 4096)
        self.assert_alive()

    def test_dialling_again_and_again_opens_one_connection_at_a_time(self):
        start = time.monotonic()
        for number in range(1, 60):
            self.chip.say(DIAL, bytes([number]) + b"\0\1")
            self.chip.say(RESET, bytes([number]) + b"\0")
        self.chip.say(DIAL, b"\x63\0\1")
        self.chip.hear(DIALLED)
        seconds = time.monotonic() - start
        count = 0
        self.listener.settimeout(0.2)
        try:
            while True:
                self.addCleanup(self.listener.accept()[0].close)
                count += 1
        except TimeoutError:
            pass
        self.assertLessEqual(count, seconds / 0.02 + 2)
        self.assert_alive()

    def test_noise_fills_no_memory(self):
        self.chip.say(LOG, b"\0first")
        before = self.program.resident()
        for _ in range(1000):
            self.chip.wire.sendall(os.urandom(4096))
            self.chip.step(0)
        self.chip.wire.sendall(b"\xff" * 1000 + bytes(1000))
        self.assertLess(self.program.resident() - before, 4096)
        self.assert_alive()

    def test_messages_that_mean_nothing_change_nothing(self):
        for message in range(256):
            if message not in (DIAL, LOG):
                for payload in (b"", b"\0", b"\1" * 237):
                    self.chip.say(message, payload)
        for payload in (b"", b"\1", b"\1\2"):
            self.chip.say(DIAL, payload)
        self.chip.say(LOG, b"")
        self.assert_alive()

    def test_sessions_that_change_all_the_time_are_told_and_endured(self):
        for session in range(1, 300):
            self.chip.session, self.chip.number, self.chip.expected = session, 0, 0
            self.chip.send(HELLO, payload=b"\xed")
            self.chip.step(0.001)
        self.chip.session, self.chip.number, self.chip.expected = 1000, 0, 0
        self.chip.peer = 0
        self.chip.send(HELLO, payload=b"\xed")
        self.chip.step(0.5)
        self.assert_alive()

    def test_a_log_steers_no_terminal(self):
        self.chip.say(LOG, b"\0\x1b[2J\x9b31m\xe2\x80\xae\xff\r\n%s%n end")
        self.program.wait_for(b" end\n")
        self.assertIn(b"chip: ?[2J?31m????%s%n end\n", bytes(self.program.err))


class Ends(Case):
    def test_a_stream_that_is_given_up_for_another_has_not_ended_in_order(self):
        with socket.socket() as listener:
            listener.bind(("127.0.0.1", 0))
            listener.listen(4)
            chip = self.python_chip()
            bridge = self.bridge("unix:" + self.chip_path, "http://127.0.0.1:%d" % listener.getsockname()[1], "--once")
            chip.accept()
            chip.say(DIAL, b"\1\2\0")
            chip.hear(DIALLED)
            chip.wire.sendall(b"".join(
                frame(DATA, chip.session, chip.peer, chip.number + i, chip.expected, message, payload)
                for i, (message, payload) in enumerate(((RESET, b"\1\0"), (DIAL, b"\2\2\0")))))
            self.assertEqual(bridge.wait(20), 2)


class Usage(Case):
    def assert_refused(self, *arguments, says):
        done = subprocess.run([os.path.join(BIN, "tps"), "device", "bridge", *arguments], stdin=subprocess.DEVNULL,
                              capture_output=True, timeout=20, check=False)
        self.assertEqual(done.returncode, 2, done)
        self.assertIn(says, done.stderr.decode())

    def test_what_cannot_work_is_refused_at_once(self):
        good = "http://127.0.0.1:1"
        line = "unix:" + self.path("nothing")
        self.assert_refused(line, says="--to is missing")
        self.assert_refused("--to", good, says="LINE is missing")
        self.assert_refused(line, "--to", "http://verifier.example", says="http without TLS is for this machine only")
        self.assert_refused(line, "--to", "ftp://verifier.example", says="only https")
        self.assert_refused(line, "--to", good, "--tenant", "../x", says="is no tenant's name")
        self.assert_refused(line, "--to", good + "/a%20b", says="characters that a chip does not take")
        self.assert_refused(line, "--to", good + "/" + "a" * 120, says="longer than the 125 bytes")
        self.assert_refused(line, "--to", good, "--baud", "12345", says="is no speed of a serial device")
        self.assert_refused(line, "--to", good, "--baud", "1e6", says="--baud takes a number")
        self.assert_refused(line, "--to", good, "--timeout", "0", says="--timeout takes a number")
        for command in ("", "x" * 129, "on\n", "a\tb"):
            self.assert_refused(line, "--to", good, "--command", command, says="a command is a line of 1 to 128 bytes")
        self.assert_refused(line, "--to", good, says="cannot be opened: No such file")
        self.assert_refused("unix:" + "x" * 200, "--to", good, says="the path is too long")

    def test_a_line_that_is_none_is_refused_with_its_cause(self):
        good = "http://127.0.0.1:1"
        self.chip()
        with open(self.path("file"), "wb"):
            pass
        self.assert_refused(self.path("none"), "--to", good, says="No such file")
        self.assert_refused(self.path("file"), "--to", good, says="it is no serial device")
        self.assert_refused(self.chip_path, "--to", good, says="it is a socket: write unix: before its path")

    def test_a_serial_device_in_use_is_refused(self):
        master, slave = pty.openpty()
        self.addCleanup(os.close, master)
        name = os.ttyname(slave)
        first = self.bridge(name, "http://127.0.0.1:1")
        self.addCleanup(os.close, slave)
        os.read(master, 1)
        self.assert_refused(name, "--to", "http://127.0.0.1:1", says="another program uses it")
        self.assertIsNone(first.process.poll())


class Specification(unittest.TestCase):
    def test_the_examples_are_what_they_say(self):
        with open(os.path.join(ROOT, "spec", "serial-line.md"), encoding="utf-8") as page:
            lines = re.findall(r"^    (chip|bridge) +([A-Z]+) +([0-9a-f]{30,})$", page.read(), re.MULTILINE)
        ends = {"chip": 0x01020304, "bridge": 0xA0B0C0D0}
        kinds = {"HELLO": (HELLO, 0), "ACK": (ACK, 0), "DIAL": (DATA, DIAL), "DIALLED": (DATA, DIALLED), "BYTES": (DATA, BYTES)}
        self.assertEqual(len(lines), 7)
        for who, what, hexadecimal in lines:
            data = bytes.fromhex(hexadecimal)
            kind, number, expected, message, mine, peer, payload = parse(data[1:-1])
            self.assertEqual((kind, message), kinds[what])
            self.assertEqual(mine, ends[who])
            self.assertEqual(frame(kind, mine, peer, number, expected, message, payload), data)


if __name__ == "__main__":
    BIN = sys.argv.pop(1)
    unittest.main()
