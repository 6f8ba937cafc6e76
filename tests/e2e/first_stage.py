#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The first stage on Linux (tps-boot) as an attacker on the same system meets it: whose the processes are, what of them and of
their files others can reach, what a changed image does, which program gets an APPLICATION login, and what happens when a process is
killed. Some tests need root, to be other users: they are skipped without. With --unprivileged root becomes a user without
rights first, and all the others run as that user.

usage: first_stage.py BIN [--unprivileged]
"""
import ctypes
import errno
import fcntl
import hashlib
import os
import pty
import resource
import shutil
import signal
import socket
import stat
import struct
import subprocess
import sys
import tempfile
import termios
import time
import unittest

import cbor2

BIN = ""
ROT13 = "87bae713b08f5e28b9ee4aa6e202440e"
KEY_STORE = "c794f8a852e15784b3418dd1c940d3a5"
FEATURES = "c1a0"
APPLICATIONS_CLAIM = -80006
COUNTERS = "aac0afe16e845592ae4c2357e3a7ac8f"
USER, APPLICATION, USER_APPLICATION, GROUP_APPLICATION = 1, 4, 5, 6
DENIED = "open: 0xf0090001"
STRANGER, OTHER = 54320, 54321
SKIPPED = 77
if "--unprivileged" in sys.argv:
    sys.argv.remove("--unprivileged")
    if os.geteuid() == 0:
        os.setgroups([])
        os.setgid(STRANGER)
        os.setuid(STRANGER)
    if not os.access(os.path.join(sys.argv[1], "tps-boot"), os.X_OK):
        print("skipped: the build's folder is closed to other users")
        sys.exit(SKIPPED)
IS_ROOT = os.geteuid() == 0
NEEDS_ROOT = "needs root, to be another user"


def run(*command, expect=0):
    done = subprocess.run([str(c) for c in command], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == expect, "%s: exit %d\n%s%s" % (command, done.returncode, done.stdout, done.stderr)
    return done


def program(name):
    return os.path.join(BIN, name)


def message(tag, body):
    return cbor2.dumps(cbor2.CBORTag(tag, body)).hex()


def as_user(uid, call):
    """What `call` returns in a child that is this user and has no other groups: true or false."""
    child = os.fork()
    if child == 0:
        try:
            os.setgroups([])
            os.setgid(uid)
            os.setuid(uid)
            os._exit(0 if call() else 1)
        except BaseException as error:  # pylint: disable=broad-except
            print("as user", uid, repr(error), file=sys.stderr)
            os._exit(2)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    assert code in (0, 1)
    return code == 0


def open_file(path):
    with open(path, "rb") as file:
        return file.read()


def cannot_open(path):
    try:
        with open(path, "rb") as file:
            file.read(1)
    except OSError:
        return True
    return False


class Maker(unittest.TestCase):
    """A maker with one model of two images: the component, and an application."""

    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp(prefix="tps-first-stage-")
        os.chmod(cls.folder, 0o755)
        cls.application = program("test_first_stage_application")
        maker = os.path.join(cls.folder, "maker")
        run(program("tps"), "factory", "init", maker, "--name", "Acme", "--demo")
        run(program("tps"), "factory", "release", maker, "--model", "bulb", "--version", "1.0.0", "--image", cls.application)
        run(program("tps"), "factory", "make", maker, "--model", "bulb")
        cls.made = os.path.join(maker, "devices", "bulb-0001")

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.folder)

    def setUp(self):
        self.device = tempfile.mkdtemp(dir=self.folder)
        shutil.rmtree(self.device)
        shutil.copytree(self.made, self.device)
        self.addCleanup(shutil.rmtree, self.device)
        self.path = os.path.join(self.device, "component.sock")
        self.log = open(os.path.join(self.folder, "log"), "w+b")
        self.process = None

    def tearDown(self):
        if self.process is not None:
            self.stop()
        self.log.close()

    def text(self):
        with open(self.log.name, "rb") as file:
            return file.read().decode()

    def await_text(self, words, seconds=20):
        for _ in range(seconds * 50):
            if words in self.text():
                return
            if self.process.poll() is not None and words not in self.text():
                break
            time.sleep(0.02)
        self.fail("no \"%s\" in: %s" % (words, self.text()))

    def start(self, *options, words="ready on", environment=None):
        self.process = subprocess.Popen([program("tps-boot"), "--device", self.device, *options], stdout=self.log,
                                        stderr=self.log, env=environment)
        self.await_text(words)

    def start_application(self, *arguments, words="the application application is started", environment=None):
        users = ["--application-user", str(OTHER)] if IS_ROOT else []
        self.start(*users, "--start", "application", "--", *arguments, words=words, environment=environment)

    def stop(self):
        process, self.process = self.process, None
        process.terminate()
        return process.wait(20)

    def children(self):
        """The processes that the first stage started: {what they call themselves: pid}."""
        pid = self.process.pid
        with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as file:
            found = [int(child) for child in file.read().split()]
        names = {}
        for child in found:
            with open(f"/proc/{child}/cmdline", encoding="ascii") as file:
                names[file.read().split("\0")[0]] = child
        return names

    def component(self):
        return self.children()["tps-component"]

    def refuses(self, *words, options=()):
        done = subprocess.run([program("tps-boot"), "--device", self.device, *options], capture_output=True, text=True,
                              timeout=30, check=False)
        self.assertEqual(done.returncode, 1, done.stderr)
        for word in words:
            self.assertIn(word, done.stderr)

    def image(self, name):
        return os.path.join(self.device, "firmware", name + ".bin")

    def change(self, name):
        with open(self.image(name), "r+b") as file:
            file.seek(-1, os.SEEK_END)
            last = file.read(1)[0]
            file.seek(-1, os.SEEK_END)
            file.write(bytes([last ^ 1]))


class Verified(Maker):
    def test_the_component_that_runs_is_the_image_that_was_verified(self):
        self.start()

        self.assertIn("image component", self.text())
        self.assertIn("signed by its maker", self.text())
        self.assertNotIn("NOBODY VERIFIED", self.text())
        self.assertIn("memfd:", os.readlink(f"/proc/{self.component()}/exe") if IS_ROOT else "memfd:")

    def test_a_changed_component_does_not_run(self):
        self.change("component")
        self.refuses("component", "not what its maker signed")

    def test_no_other_program_runs_in_the_place_of_a_changed_component(self):
        self.change("component")
        self.refuses("not what its maker signed", options=["--component", program("tps-component")])

    def test_a_component_that_is_gone_is_not_replaced(self):
        os.unlink(self.image("component"))
        self.refuses("component", options=["--component", program("tps-component")])

    def test_a_component_changed_while_it_runs_runs_on_and_is_refused_at_the_next_start(self):
        self.start()
        self.change("component")
        os.kill(self.component(), signal.SIGKILL)

        self.assertEqual(self.process.wait(20), 1)
        self.process = None
        self.assertIn("not what its maker signed", self.text())

    def test_a_script_is_no_component(self):
        with open(self.image("component"), "wb") as file:
            file.write(b"#!/bin/sh\nexit 0\n")
        self.refuses("component cannot be started: it is no ELF program")

    def test_the_component_does_not_start_by_itself(self):
        done = subprocess.run([program("tps-component"), "--first-stage"], capture_output=True, text=True, check=False,
                              timeout=20)
        self.assertNotEqual(done.returncode, 0)
        done = subprocess.run([program("tps-component"), "--device", self.device], capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 2)
        self.assertIn("tps-boot --device", done.stderr)

    def test_a_device_without_an_identity_says_that_nobody_verified_its_component(self):
        os.unlink(os.path.join(self.device, "identity.cbor"))
        self.refuses("--component gives none")
        self.start("--component", program("tps-component"))
        self.assertIn("NOBODY VERIFIED IT", self.text())
        self.assertIn("lifecycle assembly", self.text())


class Surroundings(Maker):
    """How the first stage itself was started, by whom it does not choose."""

    def boot(self, prepare):
        self.process = subprocess.Popen([program("tps-boot"), "--device", self.device], stdout=self.log, stderr=self.log,
                                        preexec_fn=prepare)

    def login(self):
        client = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        client.settimeout(20)
        client.connect(self.path)
        client.send(cbor2.dumps([1, 1, 1, 0, None]))
        self.assertEqual(cbor2.loads(client.recv(1000))[1], 0)
        return client

    def await_socket(self):
        for _ in range(1000):
            if os.path.exists(self.path):
                return
            time.sleep(0.02)
        self.fail("no socket")

    @unittest.skipUnless(IS_ROOT, NEEDS_ROOT)
    def test_what_is_closed_at_the_start_does_not_become_the_log(self):
        self.boot(lambda: os.closerange(0, 3))
        self.await_socket()
        client = self.login()

        for number in (0, 1, 2):
            self.assertEqual(os.readlink(f"/proc/{self.component()}/fd/{number}"), "/dev/null")
        client.close()

    def test_whoever_ignored_the_ends_of_its_children_does_not_make_it_deaf_to_theirs(self):
        self.boot(lambda: signal.signal(signal.SIGCHLD, signal.SIG_IGN))
        self.await_text("ready on")
        os.kill(self.component(), signal.SIGKILL)

        self.await_text("the device starts anew")
        self.await_text("start 2,")

    def test_the_socket_is_every_user_s_whatever_files_are(self):
        self.boot(lambda: os.umask(0o077))
        self.await_text("ready on")

        self.assertEqual(stat.S_IMODE(os.stat(self.path).st_mode), 0o666)

    def test_a_second_first_stage_is_refused_and_the_first_runs_on(self):
        self.start()
        self.refuses("another component runs")
        self.login().close()

    def test_a_socket_s_name_that_is_too_long_is_refused(self):
        self.refuses("107 bytes", options=["--socket", os.path.join(self.device, "s" * 108)])

    def test_a_folder_that_others_can_write_is_refused(self):
        os.chmod(self.device, 0o777)
        self.refuses("DIR: others can write")
        os.chmod(self.device, 0o755)
        os.chmod(os.path.join(self.device, "secure"), 0o710)
        self.refuses("DIR/secure: others can write")
        os.chmod(os.path.join(self.device, "secure"), 0o700)
        for name in ("identity.cbor", "firmware"):
            there = os.path.join(self.device, name)
            mode = stat.S_IMODE(os.stat(there).st_mode)
            os.chmod(there, mode | 0o020)
            self.refuses(f"DIR/{name}: others can write")
            os.chmod(there, mode)

    def test_links_in_the_folder_are_not_followed(self):
        for name in ("secure", "boot"):
            there = os.path.join(self.device, name)
            os.rename(there, there + ".away")
            os.symlink(there + ".away", there)
            self.refuses("DIR/" + name)
            os.unlink(there)
            os.rename(there + ".away", there)
        os.rename(self.image("component"), self.image("component") + ".away")
        os.symlink(self.image("component") + ".away", self.image("component"))
        self.refuses("component cannot be started")

    def component_ticks(self):
        with open(f"/proc/{self.component()}/stat", encoding="ascii") as file:
            return sum(int(ticks) for ticks in file.read().rsplit(")", 1)[1].split()[11:13])

    def test_a_component_without_descriptors_waits_for_some_and_does_not_spin(self):
        self.boot(lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (48, 48)))
        self.await_text("ready on")
        clients = []
        for _ in range(60):
            clients.append(socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET))
            clients[-1].connect(self.path)
        time.sleep(0.2)
        before = self.component_ticks()
        time.sleep(1)

        self.assertLess(self.component_ticks() - before, os.sysconf("SC_CLK_TCK") // 5)
        for client in clients:
            client.close()
        self.login().close()

    def test_a_low_limit_of_descriptors_is_raised(self):
        self.boot(lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (48, 512)))
        self.await_text("ready on")
        with open(f"/proc/{self.component()}/limits", encoding="ascii") as file:
            limits = [line.split() for line in file if line.startswith("Max open files")]
        self.assertEqual(limits[0][3:5], ["256", "512"])

    def test_a_client_s_descriptor_that_lingers_holds_nobody_up(self):
        self.start()
        hostile = self.login()
        listener = socket.create_server(("127.0.0.1", 0))
        lingering = socket.create_connection(listener.getsockname())
        lingering.setblocking(False)
        try:
            while True:
                lingering.send(bytes(65536))
        except BlockingIOError:
            pass
        lingering.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 300))
        try:
            socket.send_fds(hostile, [b"x"], [lingering.fileno()])
        except PermissionError:  # since Linux 6.16; then nobody but this process has it
            lingering.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 0, 0))
        lingering.close()

        self.login().close()
        hostile.close()
        listener.close()


class Separation(Maker):
    def setUp(self):
        super().setUp()
        self.start()
        self.pid = self.component()

    def uid(self):
        return os.stat(os.path.join(self.device, "secure")).st_uid

    def test_without_root_the_log_says_that_nothing_is_separate(self):
        self.assertEqual("nothing separates it" in self.text(), not IS_ROOT)

    @unittest.skipUnless(IS_ROOT, NEEDS_ROOT)
    def test_the_component_has_a_user_of_its_own_and_no_groups_or_capabilities(self):
        with open(f"/proc/{self.pid}/status", encoding="ascii") as file:
            status = dict(line.split(":\t") for line in file.read().splitlines() if ":\t" in line)

        self.assertNotEqual(self.uid(), 0)
        self.assertEqual(status["Uid"].split(), [str(self.uid())] * 4)
        self.assertNotIn("0", status["Gid"].split())
        self.assertEqual(status["Groups"].strip(), "")
        for kind in ("CapInh", "CapPrm", "CapEff", "CapAmb"):
            self.assertEqual(int(status[kind], 16), 0)
        self.assertEqual(status["NoNewPrivs"].strip(), "1")

    def reach(self):
        """False when a process of this user can look into the component."""
        libc = ctypes.CDLL(None, use_errno=True)
        buffer = ctypes.create_string_buffer(16)
        local = (ctypes.c_void_p * 2)(ctypes.addressof(buffer), 16)
        remote = (ctypes.c_void_p * 2)(0x400000, 16)
        closed = [cannot_open(f"/proc/{self.pid}/{file}") for file in ("mem", "maps", "environ", "auxv")]
        closed.append(libc.ptrace(16, self.pid, None, None) == -1)  # PTRACE_ATTACH
        closed.append(libc.ptrace(0x4206, self.pid, None, None) == -1)  # PTRACE_SEIZE
        closed.append(libc.process_vm_readv(self.pid, local, 1, remote, 1, 0) == -1 and ctypes.get_errno() == 1)
        try:
            closed.append(os.listdir(f"/proc/{self.pid}/fd") is None)
        except PermissionError:
            closed.append(True)
        return all(closed)

    def no_signal(self):
        try:
            os.kill(self.pid, signal.SIGTERM)
        except PermissionError:
            return True
        return False

    @unittest.skipUnless(IS_ROOT, NEEDS_ROOT)
    def test_another_user_cannot_look_into_the_component_or_signal_it(self):
        self.assertTrue(as_user(STRANGER, self.reach))
        self.assertTrue(as_user(STRANGER, self.no_signal))

    @unittest.skipUnless(IS_ROOT, NEEDS_ROOT)
    def test_another_process_of_the_component_s_user_cannot_look_into_it(self):
        self.assertTrue(as_user(self.uid(), self.reach))

    @unittest.skipIf(IS_ROOT, "is for users other than root")
    def test_another_process_of_this_user_cannot_look_into_it(self):
        self.assertTrue(self.reach())

    @unittest.skipUnless(IS_ROOT, NEEDS_ROOT)
    def test_the_first_stage_is_closed_to_others_too(self):
        self.pid = self.process.pid
        self.assertTrue(as_user(STRANGER, self.reach))
        self.assertTrue(as_user(self.uid(), self.reach))
        self.assertTrue(as_user(self.uid(), self.no_signal))

    @unittest.skipUnless(IS_ROOT, NEEDS_ROOT)
    def test_nobody_but_the_first_stage_reads_the_unique_secret(self):
        secret = os.path.join(self.device, "boot", "unique-secret")

        self.assertEqual(os.stat(secret).st_uid, 0)
        self.assertTrue(as_user(self.uid(), lambda: cannot_open(secret)))
        self.assertTrue(as_user(STRANGER, lambda: cannot_open(secret)))

    @unittest.skipUnless(IS_ROOT, NEEDS_ROOT)
    def test_neither_leaves_a_core_dump(self):
        for pid in (self.pid, self.process.pid):
            with open(f"/proc/{pid}/limits", encoding="ascii") as file:
                limits = [line.split() for line in file if line.startswith("Max core file size")]
            self.assertEqual(limits[0][4:6], ["0", "0"])
            self.assertEqual(os.stat(f"/proc/{pid}/environ").st_uid, 0)  # as of all that is not dumpable

    @unittest.skipUnless(IS_ROOT, NEEDS_ROOT)
    def test_nothing_of_the_environment_reaches_the_component(self):
        self.stop()
        self.log.truncate(0)
        self.start(environment={**os.environ, "OPENSSL_CONF": "/none", "GLIBC_TUNABLES": "x=y", "LC_ALL": "C", "SECRET": "1"})

        with open(f"/proc/{self.component()}/environ", "rb") as file:
            names = {entry.split(b"=")[0] for entry in file.read().split(b"\0") if entry}
        self.assertLessEqual(names, {b"ASAN_OPTIONS", b"UBSAN_OPTIONS", b"GCOV_PREFIX", b"GCOV_PREFIX_STRIP"})

    @unittest.skipUnless(IS_ROOT, NEEDS_ROOT)
    def test_the_component_has_nothing_of_the_first_stage_s_open(self):
        files = [os.readlink(f"/proc/{self.pid}/fd/{fd}") for fd in os.listdir(f"/proc/{self.pid}/fd")]

        self.assertIn(os.path.join(self.device, "secure"), files)
        self.assertEqual([file for file in files if "boot" in os.path.relpath(file, self.device)], [])

    @unittest.skipUnless(IS_ROOT, NEEDS_ROOT)
    def test_the_secret_is_in_no_memory(self):
        with open(os.path.join(self.device, "boot", "unique-secret"), "rb") as file:
            secret = file.read()
        for pid in (self.pid, self.process.pid):
            self.assertFalse(in_memory(pid, secret), "the unique secret is in the memory of process %d" % pid)

    @unittest.skipUnless(IS_ROOT, NEEDS_ROOT)
    def test_the_component_s_user_can_be_chosen_and_is_never_root(self):
        self.stop()
        self.log.truncate(0)
        self.refuses("0: an argument", options=["--component-user", "0"])
        self.start("--component-user", str(OTHER))
        self.assertEqual(self.uid(), OTHER)
        with open(f"/proc/{self.component()}/status", encoding="ascii") as file:
            self.assertIn(f"Uid:\t{OTHER}\t{OTHER}", file.read())

    @unittest.skipUnless(IS_ROOT, NEEDS_ROOT)
    def test_the_user_stays_the_same_from_start_to_start(self):
        before = self.uid()
        self.stop()
        self.log.truncate(0)
        self.start()
        self.assertEqual(self.uid(), before)


def is_gone(pid):
    """It ended, even if nobody has asked how yet."""
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii") as file:
            return file.read().rsplit(")", 1)[1].split()[0] == "Z"
    except (FileNotFoundError, ProcessLookupError):
        return True


def in_memory(pid, needle):
    """Looks through all that a process has mapped and can read."""
    with open(f"/proc/{pid}/maps", encoding="ascii") as maps, open(f"/proc/{pid}/mem", "rb", 0) as memory:
        for line in maps:
            bounds, rights = line.split()[:2]
            start, end = (int(part, 16) for part in bounds.split("-"))
            if "r" not in rights or end - start > 1 << 28 or "[v" in line:
                continue
            try:
                memory.seek(start)
                if needle in memory.read(end - start):
                    return True
            except (OSError, ValueError, OverflowError):
                continue
    return False


class Applications(Maker):
    CREATE = message(10, {1: "door"})
    LIST = message(13, {})

    def answers(self):
        lines = [line[8:] for line in self.text().splitlines() if line.startswith("answer: ")]
        return [cbor2.loads(bytes.fromhex(line)[1:]) for line in lines]  # without their tag, of one byte

    def outside(self, *steps):
        """The same program, started by somebody else."""
        return run(self.application, "path:" + self.path, *steps).stdout

    def test_an_application_has_its_logins(self):
        logins = (USER, 2, APPLICATION, USER_APPLICATION, GROUP_APPLICATION)
        self.start_application(f"0:{ROT13}:{message(10, {1: 'Uryyb'})}", *[f"{login}:{KEY_STORE}:{FEATURES}" for login in
                                                                          logins], "wait", words="waits")

        self.assertEqual(self.answers()[0], {1: "Hello"})
        self.assertEqual(len(self.answers()), 1 + len(logins), self.text())

    def test_the_same_program_has_not_when_anybody_else_starts_it(self):
        self.start()
        for login in (APPLICATION, USER_APPLICATION, GROUP_APPLICATION):
            self.assertIn(DENIED, self.outside(f"{login}:{KEY_STORE}:{FEATURES}"))

    def test_what_belongs_to_an_application_is_invisible_to_others(self):
        self.start_application(f"{APPLICATION}:{COUNTERS}:{self.CREATE}", f"{APPLICATION}:{COUNTERS}:{self.LIST}",
                               f"{USER}:{COUNTERS}:{self.LIST}", "wait", words="waits")

        self.assertEqual(self.answers()[1:], [{1: ["door"]}, {1: []}])
        self.assertIn(cbor2.dumps(cbor2.CBORTag(13, {1: []})).hex(), self.outside(f"{USER}:{COUNTERS}:{self.LIST}"))

    def test_a_changed_application_is_not_started_and_the_device_runs(self):
        self.change("application")
        self.start_application("wait", words="NOT started")

        self.assertNotIn("waits", self.text())
        self.assertEqual(list(self.children()), ["tps-component"])
        self.assertIn("answer", self.outside(f"0:{ROT13}:{message(10, {1: 'Uryyb'})}"))

    def test_an_image_that_the_identity_does_not_name_is_not_started(self):
        shutil.copy(self.image("application"), self.image("other"))
        users = ["--application-user", str(OTHER)] if IS_ROOT else []
        self.start(*users, "--start", "other", words="NOT started")

    def test_the_component_is_no_application(self):
        self.refuses("no name of an application", options=["--start", "component"])

    @unittest.skipUnless(IS_ROOT, NEEDS_ROOT)
    def test_an_application_is_neither_root_nor_the_component(self):
        self.refuses("not started as root", options=["--start", "application"])
        self.start_application("wait", words="waits")
        self.assertIn(f"user {OTHER}", self.text())
        self.stop()
        self.refuses("component's user", options=["--component-user", str(OTHER), "--application-user", str(OTHER),
                                                  "--start", "application"])

    def test_an_application_that_fails_is_started_again_and_given_up_at_last(self):
        self.start_application(f"{APPLICATION}:{KEY_STORE}:{FEATURES}", "exit:3", words="given up")

        self.assertEqual(self.text().count("(exit code 3)"), 6)
        self.assertEqual(len(self.answers()), 6)
        self.assertEqual(list(self.children()), ["tps-component"])

    def evidence(self):
        """A token of the device, and how often its applications were started in it: {digest: starts}."""
        token = os.path.join(self.folder, "token.cbor")
        run(program("tps"), "device", "evidence", "--device", self.device, "--profile", "opentps", "--nonce", "hex:" + "ab" * 32,
            "--out", token)
        with open(token, "rb") as file:
            claims = cbor2.loads(cbor2.loads(file.read()).value[2])
        return token, dict(claims.get(APPLICATIONS_CLAIM, []))

    def test_evidence_tells_how_often_an_application_was_started(self):
        self.start_application("wait", words="waits")
        digest = hashlib.sha256(open_file(self.image("application"))).digest()
        self.assertEqual(self.evidence()[1], {digest: 1})
        os.kill([pid for name, pid in self.children().items() if name != "tps-component"][0], signal.SIGKILL)
        self.await_text("is started again")
        for _ in range(1000):
            if self.text().count("waits") == 2:
                break
            time.sleep(0.02)

        token, starts = self.evidence()
        self.assertEqual(starts, {digest: 2})
        shown = run(program("tps"), "inspect", token).stdout
        line = [line for line in shown.splitlines() if "applications" in line]
        self.assertEqual(len(line), 1, shown)
        self.assertIn(digest.hex()[:16], shown)

    def left_behind(self):
        return [int(line[5:]) for line in self.text().splitlines() if line.startswith("left ")]

    def test_what_an_application_leaves_behind_ends_with_it(self):
        self.start_application("leave", "exit:0", words="it is done")
        self.stop()
        self.start_application("leave", "wait", words="waits")
        self.stop()

        left = self.left_behind()
        self.assertEqual(len(left), 2)
        for pid in left:
            for _ in range(250):
                if is_gone(pid):
                    break
                time.sleep(0.02)
            self.assertTrue(is_gone(pid))

    def test_an_application_that_is_done_is_left(self):
        self.start_application("exit:0", words="it is done")
        time.sleep(0.5)

        self.assertEqual(self.text().count("is started"), 1)

    def test_what_makes_the_loader_run_other_code_does_not_reach_an_application(self):
        bad = {"LD_LIBRARY_PATH": "/none", "OPENSSL_CONF": "/none"}
        self.start_application("environment:LD_LIBRARY_PATH", "environment:OPENSSL_CONF", "environment:HARMLESS", "wait",
                               words="waits", environment={**os.environ, **bad, "HARMLESS": "yes"})

        self.assertIn("LD_LIBRARY_PATH=\n", self.text())
        self.assertIn("OPENSSL_CONF=\n", self.text())
        self.assertIn("HARMLESS=yes\n", self.text())

    def test_an_application_makes_no_namespaces_or_mounts_and_writes_into_no_terminal(self):
        control, terminal = pty.openpty()
        users = ["--application-user", str(OTHER)] if IS_ROOT else []
        self.process = subprocess.Popen([program("tps-boot"), "--device", self.device, *users, "--start", "application", "--",
                                         "calls", "wait"], stdin=terminal, stdout=self.log, stderr=self.log,
                                        preexec_fn=lambda: (os.setsid(), fcntl.ioctl(0, termios.TIOCSCTTY, 0)))
        self.await_text("waits")

        for call in ("namespace", "unshare", "mount", "tree", "trace", "input"):
            self.assertIn(f"\n{call}: {errno.EPERM}\n", self.text())
        self.assertIn(f"\nterminal: {errno.ENXIO}\n", self.text())
        for pid in self.children().values():
            self.assertEqual(os.getsid(pid), pid)
        self.stop()
        os.close(control)
        os.close(terminal)

    def test_an_application_that_cannot_be_taken_is_not_started_and_the_device_runs(self):
        for content in (b"", b"#!/bin/sh\nexit 0\n"):
            with open(self.image("application"), "wb") as file:
                file.write(content)
            self.start_application("wait", words="NOT started")

            self.assertIn("the image application cannot be started", self.text())
            self.assertEqual(list(self.children()), ["tps-component"])
            self.stop()
            self.log.truncate(0)

    def test_a_door_s_number_is_believed_of_nobody(self):
        """Another program's socket, in the variable's place, is no door."""
        self.start()
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        connection.connect(self.path)
        done = subprocess.run([self.application, f"{APPLICATION}:{KEY_STORE}:{FEATURES}"],
                              pass_fds=[connection.fileno()], capture_output=True, text=True, check=False, timeout=60,
                              env={**os.environ, "TPS_COMPONENT_FD": str(connection.fileno())})
        connection.close()
        self.assertNotIn("answer", done.stdout)
        done = subprocess.run([self.application], capture_output=True, text=True, check=False, timeout=60,
                              env={**os.environ, "TPS_COMPONENT_FD": "77"})
        self.assertIn("no component", done.stdout)


class Restart(Maker):
    def test_a_killed_component_starts_anew_and_clients_can_reconnect(self):
        self.start()
        client = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        client.settimeout(20)
        client.connect(self.path)
        client.send(cbor2.dumps([1, 1, 1, 0, None]))
        client.recv(1000)
        os.kill(self.component(), signal.SIGKILL)

        try:
            self.assertEqual(client.recv(1000), b"")
        except ConnectionResetError:
            pass
        client.close()
        again = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        again.settimeout(20)
        again.connect(self.path)  # waits in the queue of the socket that stays
        again.send(cbor2.dumps([1, 1, 1, 0, None]))
        self.assertEqual(cbor2.loads(again.recv(1000))[1], 0)
        again.close()
        self.assertIn("boot: start 2", self.text())

    def test_a_component_that_is_killed_again_and_again_is_given_up(self):
        self.start()
        for number in range(1, 7):
            self.await_text(f"boot: start {number},")
            for _ in range(500):
                if self.text().count("ready on") == number:
                    break
                time.sleep(0.02)
            os.kill(self.component(), signal.SIGKILL)
        self.assertEqual(self.process.wait(30), 1)
        self.process = None
        self.assertIn("happens too often", self.text())

    def test_a_killed_first_stage_takes_component_and_application_along(self):
        self.start_application("wait", words="waits")
        children = list(self.children().values())
        self.assertEqual(len(children), 2)
        self.process.kill()
        self.process.wait()
        self.process = None
        for child in children:
            for _ in range(500):
                if is_gone(child):
                    break
                time.sleep(0.02)
            else:
                self.fail("a process outlived the first stage")

    def test_a_restart_of_the_device_restarts_the_application(self):
        self.start_application("wait", words="waits")
        os.kill(self.component(), signal.SIGKILL)
        for _ in range(1000):
            if self.text().count("waits") == 2:
                break
            time.sleep(0.02)
        self.assertEqual(self.text().count("waits"), 2)
        self.assertEqual(self.stop(), 0)

    def test_it_ends_cleanly_with_all_that_it_started(self):
        self.start_application("wait", words="waits")
        children = list(self.children().values())
        self.assertEqual(self.stop(), 0)
        self.assertFalse([child for child in children if os.path.exists(f"/proc/{child}")])


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    BIN = os.path.abspath(sys.argv.pop(1))
    if not IS_ROOT:
        print("skipped where not root: what needs to be another user")
    unittest.main(verbosity=2)  # says why a test is skipped
