#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The component process as its socket shows it, judged by cbor2: frames, fairness, logins, lock-down, storage folder.

usage: tps_component.py TPS-BOOT (with tps-component beside it)
"""
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
import unittest

import cbor2

PROGRAM = ""
SPEC = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "spec")
ROT13 = bytes.fromhex("87bae713b08f5e28b9ee4aa6e202440e")

SUCCESS = 0
ACCESS_DENIED = 0xF0090001
CANCEL = 0xF0090002
BAD_FORMAT = 0xF0090003
NOT_SUPPORTED = 0xF0090005
OUT_OF_MEMORY = 0xF0090007
SHORT_BUFFER = 0xF009000B
BAD_IDENTIFIER = 0xF009000D
BAD_STATE = 0xF009000F

PUBLIC, USER, GROUP, APPLICATION, USER_APPLICATION, GROUP_APPLICATION = 0, 1, 2, 4, 5, 6


def make_device():
    """A device folder that has what the process needs to start."""
    folder = tempfile.mkdtemp(prefix="tps-component-")
    os.chmod(folder, 0o755)
    os.mkdir(os.path.join(folder, "secure"), 0o700)
    os.mkdir(os.path.join(folder, "boot"), 0o700)
    with open(os.path.join(folder, "boot", "unique-secret"), "wb") as file:
        os.chmod(file.fileno(), 0o600)
        file.write(bytes(range(32)))
    return folder


def command(folder):
    """The first stage of a device without a component image of its own."""
    return [PROGRAM, "--device", folder, "--component", os.path.join(os.path.dirname(PROGRAM), "tps-component")]


def child_of(pid):
    """The component under a first stage; None if there is none now."""
    with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as file:
        children = file.read().split()
    return int(children[0]) if children else None


def examples_of(name):
    """The examples in a CDDL file: [(name, request, response or "")]."""
    with open(os.path.join(SPEC, name), encoding="utf-8") as file:
        return re.findall(r"; example (\w+) +request ([0-9a-f]+)(?: response ([0-9a-f]+))?", file.read())


class Client:
    """One connection."""

    def __init__(self, path, method=PUBLIC, gid=None, login=True):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.socket.settimeout(20)
        self.socket.connect(path)
        self.transaction = 0
        if login:
            self.result = self.ask(1, 1, method, gid)[1]

    def send(self, op, *rest):
        self.transaction += 1
        self.socket.send(cbor2.dumps([op, self.transaction, *rest]))
        return self.transaction

    def receive(self):
        data = self.socket.recv(1 << 17)
        return cbor2.loads(data) if data else None

    def ask(self, op, *rest):
        transaction = self.send(op, *rest)
        answer = self.receive()
        assert answer is not None, "the component closed the connection"
        assert answer[0] == transaction, answer
        return answer

    def services(self):
        return self.ask(2)[3]

    def open(self, service=ROT13):
        instance = [s[0] for s in self.services() if s[1] == service][0]
        return self.ask(3, instance)

    def execute(self, session, message, room=65536):
        return self.ask(5, session, room, message)

    def is_closed(self):
        try:
            return self.socket.recv(1 << 17) == b""
        except ConnectionResetError:
            return True

    def close(self):
        self.socket.close()


class ComponentTest(unittest.TestCase):
    def setUp(self):
        self.folder = make_device()
        self.path = os.path.join(self.folder, "component.sock")
        self.log = open(os.path.join(self.folder, "log"), "w+b")
        self.process = None
        self.clients = []

    def tearDown(self):
        for client in self.clients:
            client.close()
        if self.process is not None:
            self.stop()
        self.log.close()
        subprocess.run(["rm", "-rf", self.folder], check=True)

    def start(self, *options):
        self.process = subprocess.Popen([*command(self.folder), *options], stderr=self.log)
        for _ in range(500):
            if b"ready on" in self.log_text():
                return
            if self.process.poll() is not None:
                break
            time.sleep(0.02)
        self.fail("the component did not start: " + self.log_text().decode())

    def stop(self):
        process, self.process = self.process, None
        process.terminate()
        code = process.wait(20)
        self.assertEqual(code, 0, self.log_text().decode())

    def signal_component(self, number):
        """To the component itself, not to the first stage that watches over it."""
        os.kill(child_of(self.process.pid), number)

    def log_text(self):
        with open(self.log.name, "rb") as file:
            return file.read()

    def client(self, *args, **more):
        client = Client(self.path, *args, **more)
        self.clients.append(client)
        return client

    def try_start(self):
        """Starts a process that is expected to refuse; returns its exit code and what it said."""
        done = subprocess.run(command(self.folder), stderr=subprocess.PIPE, timeout=20, check=False)
        return done.returncode, done.stderr.decode()


class Frames(ComponentTest):
    def setUp(self):
        super().setUp()
        self.start()

    def test_discovery_lists_each_service_once_and_names_it_by_its_rule(self):
        import uuid

        services = self.client().services()

        self.assertEqual(len({s[0] for s in services}), len(services))
        rot13 = [s for s in services if s[1] == ROT13]
        self.assertEqual(len(rot13), 1)
        self.assertEqual(rot13[0][4:], [0, 0, 16])
        component = uuid.UUID(bytes=rot13[0][3])
        self.assertEqual(uuid.UUID(bytes=rot13[0][0]), uuid.uuid5(component, "GPP ROT13"))
        self.assertEqual(rot13[0][2].hex(), "0a288f23b7365826a81a9fe66e331661")

    def test_examples_of_rot13_cddl(self):
        client = self.client()
        session = client.open()[3]
        examples = examples_of("rot13.cddl")

        self.assertGreaterEqual(len(examples), 6)
        for name, request, response in examples:
            self.assertEqual(client.execute(session, bytes.fromhex(request))[3].hex(), response, name)

    def test_examples_of_local_connector_cddl(self):
        client = self.client(login=False)
        examples = {name: (request, response) for name, request, response in examples_of("local-connector.cddl")}

        def ask(name):
            client.socket.send(bytes.fromhex(examples[name][0]))
            return client.socket.recv(1 << 17).hex()

        self.assertEqual(ask("login"), examples["login"][1])
        found = cbor2.loads(bytes.fromhex(ask("discover")))
        client.transaction = 2
        instance = [s[0] for s in found[3] if s[1] == ROT13][0]
        self.assertEqual(client.ask(3, instance)[3], 1, "the examples use session 1")
        self.assertEqual(ask("features"), examples["features"][1])
        self.assertEqual(ask("small"), examples["small"][1])

    def test_nothing_is_answered_before_login(self):
        client = self.client(login=False)

        self.assertEqual(client.ask(2)[1], ACCESS_DENIED)
        self.assertEqual(client.ask(1, 2, PUBLIC, None)[1], NOT_SUPPORTED)  # another protocol version
        self.assertEqual(client.ask(1, 1, PUBLIC, None)[1], SUCCESS)
        self.assertEqual(client.ask(1, 1, USER, None)[1], BAD_FORMAT)  # a second login

    def test_a_session_belongs_to_its_connection(self):
        owner, stranger = self.client(), self.client()
        session = owner.open()[3]

        self.assertEqual(stranger.execute(session, b"\xc1\xa0")[1], BAD_STATE)
        self.assertEqual(stranger.ask(4, session)[1], BAD_STATE)
        self.assertEqual(owner.execute(session, b"\xc1\xa0")[1], SUCCESS)
        self.assertEqual(owner.ask(4, session)[1], SUCCESS)
        self.assertEqual(owner.ask(4, session)[1], BAD_STATE)

    def test_bad_messages_have_a_named_error_and_the_session_goes_on(self):
        client = self.client()
        session = client.open()[3]
        bad = [b"", b"\xa0", b"\xca", b"\xca\xa1", b"\xca\xa1\x01", b"\xca\xa0", b"\xca\xa1\x02\x61a", b"\xcc\xa0",
               b"\xca\xa1\x01\x41a", b"\xca\xa2\x01\x61a\x01\x61b", b"\xca\xa1\x01\x61a\x00", b"\xca\xa1\x01\x61\xff",
               b"\xca" + b"\x81" * 10000 + b"\x00", b"\xff", os.urandom(500)]

        for message in bad:
            self.assertEqual(client.execute(session, message)[1], BAD_FORMAT, message[:20])
        self.assertEqual(client.execute(session, b"\xc1\xa0")[1], SUCCESS)

    def test_texts_at_the_limits(self):
        client = self.client()
        session = client.open()[3]

        def answer(text):
            return cbor2.loads(client.execute(session, cbor2.dumps(cbor2.CBORTag(10, {1: text})))[3]).value

        self.assertEqual(answer("n" * 1023), {1: "a" * 1023})
        self.assertEqual(answer("n" * 1024), {2: 4})
        self.assertEqual(answer("\u00e4"), {2: 3})

    def test_the_largest_message_is_carried_and_a_larger_frame_closes_only_its_client(self):
        good, bad = self.client(), self.client()
        session = good.open()[3]
        largest = b"\xca\xa1\x01\x7a" + (65536 - 8).to_bytes(4, "big") + b"a" * (65536 - 8)

        self.assertEqual(len(largest), 65536)
        self.assertEqual(good.execute(session, largest)[3].hex(), "caa10204")
        bad.socket.send(cbor2.dumps([5, 9, session, 10, b"a" * 65600]))
        self.assertTrue(bad.is_closed())
        self.assertEqual(good.execute(session, b"\xc1\xa0")[1], SUCCESS)

    def test_garbage_closes_only_its_client(self):
        good = self.client()
        session = good.open()[3]
        garbage = [b"\x00", b"\xff" * 40, b"\x80", b"\x9f\xff", b"\x82\x07\x01", b"\x83\x02\x01\x00", b"\x82\x02",
                   b"\x82\x02\x1b" + b"\xff" * 8, b"\x9b" + b"\xff" * 8, b"\x83\x03\x01\x41a", b"\x82\x02\x01\x00",
                   b"\x85\x05\x01\x01\x01\x5f", os.urandom(300), os.urandom(60000)]

        for bytes_ in garbage:
            bad = self.client()
            bad.socket.send(bytes_)
            self.assertTrue(bad.is_closed(), bytes_[:20])
        self.assertEqual(good.execute(session, b"\xc1\xa0")[1], SUCCESS)

    def test_every_truncation_of_a_frame_is_refused(self):
        whole = cbor2.dumps([5, 1, 1, 1000, b"\xc1\xa0"])

        for size in range(1, len(whole)):
            client = self.client()
            client.socket.send(whole[:size])
            self.assertTrue(client.is_closed(), size)
            client.close()

    def test_a_client_killed_midway_leaves_nothing_behind(self):
        for _ in range(100):  # more than there is room for
            client = self.client()
            client.open()
            client.send(5, 1, 65536, b"\xc1\xa0")
            client.close()
        client = self.client()
        self.assertEqual(client.open()[1], SUCCESS)

    def test_a_client_that_does_not_read_holds_up_only_itself(self):
        slow, quick = self.client(), self.client()
        slow_session, session = slow.open()[3], quick.open()[3]
        text = cbor2.dumps(cbor2.CBORTag(10, {1: "n" * 1000}))
        slow.socket.setblocking(False)

        sent = 0
        try:
            for _ in range(2000):
                slow.send(5, slow_session, 65536, text)
                sent += 1
        except BlockingIOError:
            pass
        self.assertLess(sent, 2000, "the component reads without bound")
        self.assertEqual(quick.execute(session, b"\xc1\xa0")[1], SUCCESS)
        slow.socket.settimeout(20)
        for _ in range(sent):
            self.assertEqual(slow.receive()[1], SUCCESS)

    def test_sessions_of_one_client_are_bounded(self):
        client = self.client()
        results = [client.open()[1] for _ in range(17)]

        self.assertEqual(results, [SUCCESS] * 16 + [OUT_OF_MEMORY])
        self.assertEqual(self.client().open()[1], SUCCESS)

    def test_clients_are_bounded_and_room_comes_back(self):
        clients = [self.client() for _ in range(56)]

        self.assertTrue(self.client(login=False).is_closed())
        clients[0].close()
        time.sleep(0.2)
        self.assertEqual(self.client().result, SUCCESS)

    def test_a_request_that_was_cancelled_while_it_waited_is_not_begun(self):
        client = self.client()
        session = client.open()[3]
        self.signal_component(signal.SIGSTOP)
        first = client.send(5, session, 100, b"\xc1\xa0")
        second = client.send(5, session, 100, b"\xc1\xa0")
        client.socket.send(cbor2.dumps([6, second]))
        self.signal_component(signal.SIGCONT)

        answers = [client.receive(), client.receive()]
        self.assertEqual([(a[0], a[1]) for a in answers], [(first, SUCCESS), (second, CANCEL)])
        client.socket.send(cbor2.dumps([6, second]))  # over: without effect, and without an answer
        self.assertEqual(client.execute(session, b"\xc1\xa0")[1], SUCCESS)

    def test_an_unknown_instance_is_a_bad_identifier(self):
        client = self.client()

        self.assertEqual(client.ask(3, bytes(16))[1], BAD_IDENTIFIER)


class Logins(ComponentTest):
    def setUp(self):
        super().setUp()
        self.start()

    def test_application_logins_are_refused(self):
        for method in (APPLICATION, USER_APPLICATION):
            self.assertEqual(self.client(method).result, ACCESS_DENIED)
        self.assertEqual(self.client(GROUP_APPLICATION, os.getegid()).result, ACCESS_DENIED)

    def test_unknown_methods_are_bad_format(self):
        for method in (3, 7, 0xFFFFFFFF):
            self.assertEqual(self.client(method).result, BAD_FORMAT)

    def test_groups_are_checked_against_the_peer(self):
        self.assertEqual(self.client(GROUP, os.getegid()).result, SUCCESS)
        self.assertEqual(self.client(GROUP, 54321).result, ACCESS_DENIED)
        self.assertEqual(self.client(GROUP).result, BAD_FORMAT)

    def as_other_user(self, call):
        """Runs `call` in a child that is user 54320, group 54320, with the supplementary group 54322."""
        if os.geteuid() != 0:
            self.skipTest("skipped: becoming another user needs root")
        child = os.fork()
        if child == 0:
            try:
                os.setgroups([54322])
                os.setgid(54320)
                os.setuid(54320)
                os._exit(0 if call() else 1)
            except BaseException as error:  # pylint: disable=broad-except
                print(error, file=sys.stderr)
                os._exit(2)
        self.assertEqual(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), 0)

    def test_another_user_is_that_user_and_has_only_its_groups(self):
        def results():
            clients = [Client(self.path, USER), Client(self.path, GROUP, 54320), Client(self.path, GROUP, 54322),
                       Client(self.path, GROUP, 0)]
            for client in clients:
                client.close()
            return [client.result for client in clients] == [SUCCESS, SUCCESS, SUCCESS, ACCESS_DENIED]

        self.as_other_user(results)

    def test_another_user_does_not_reach_a_session_of_ours(self):
        session = self.client().open()[3]

        def refused():
            client = Client(self.path)
            answer = client.execute(session, b"\xc1\xa0")
            client.close()
            return answer[1] == BAD_STATE

        self.as_other_user(refused)

    def test_another_user_cannot_read_the_secret(self):
        secret = os.path.join(self.folder, "boot", "unique-secret")

        self.as_other_user(lambda: not os.access(secret, os.R_OK))


class LockDown(ComponentTest):
    def test_the_process_is_locked_down_and_says_what_it_is(self):
        self.start()
        with open(f"/proc/{child_of(self.process.pid)}/status", encoding="ascii") as file:
            status = dict(line.split(":\t") for line in file.read().splitlines() if ":\t" in line)

        self.assertEqual(status["Seccomp"].strip(), "2")
        self.assertEqual(status["NoNewPrivs"].strip(), "1")
        lines = [line for line in self.log_text().decode().splitlines() if "ready on" in line]
        self.assertEqual(len(lines), 1)
        self.assertIn("INSECURE", lines[0])
        self.assertIn("software-only", lines[0])

    def test_it_dumps_no_core_and_cannot_be_traced(self):
        self.start()
        with open(f"/proc/{child_of(self.process.pid)}/limits", encoding="ascii") as file:
            core = [line for line in file if line.startswith("Max core file size")][0]

        self.assertEqual(core.split()[4:6], ["0", "0"])
        self.assertEqual(os.stat(f"/proc/{child_of(self.process.pid)}/mem").st_uid, 0)  # it is not dumpable

    def test_it_ends_cleanly_and_starts_again_over_its_old_socket(self):
        for number in (signal.SIGTERM, signal.SIGINT):
            self.start()
            self.process.send_signal(number)
            self.assertEqual(self.process.wait(20), 0)
            self.process = None
            self.log.truncate(0)

    def test_it_ends_cleanly_with_clients_and_waiting_requests(self):
        self.start()
        client = self.client()
        session = client.open()[3]
        self.signal_component(signal.SIGSTOP)
        client.send(5, session, 100, b"\xc1\xa0")
        self.stop()

    def test_a_second_component_on_the_folder_is_refused(self):
        self.start()
        code, said = self.try_start()

        self.assertEqual(code, 1)
        self.assertIn("another component runs", said)
        self.assertEqual(self.client().result, SUCCESS)

    def test_it_ends_with_its_parent_if_asked_to(self):
        script = ("import subprocess, sys, time\n"
                  "p = subprocess.Popen([*sys.argv[1:], '--parent-death'])\n"
                  "print(p.pid, flush=True)\ntime.sleep(60)\n")
        parent = subprocess.Popen([sys.executable, "-c", script, *command(self.folder)], stdout=subprocess.PIPE,
                                  stderr=self.log)
        pid = int(parent.stdout.readline())
        for _ in range(500):
            if b"ready on" in self.log_text():
                break
            time.sleep(0.02)
        parent.kill()
        parent.wait()
        parent.stdout.close()
        for _ in range(500):
            try:
                with open(f"/proc/{pid}/stat", encoding="ascii") as file:
                    if file.read().split()[2] == "Z":
                        return
            except FileNotFoundError:
                return
            time.sleep(0.02)
        os.kill(pid, signal.SIGKILL)
        self.fail("the component outlived its parent")


class Folder(ComponentTest):
    def refuses(self, words):
        code, said = self.try_start()
        self.assertEqual(code, 1, said)
        self.assertIn(words, said)

    def test_a_folder_that_others_can_write_is_refused(self):
        os.chmod(self.folder, 0o777)
        self.refuses("others can write")

    def test_a_secure_folder_that_others_can_enter_is_refused(self):
        os.chmod(os.path.join(self.folder, "secure"), 0o750)
        self.refuses("others can write")

    def test_a_secure_folder_behind_a_link_is_refused(self):
        secure = os.path.join(self.folder, "secure")
        os.rename(secure, secure + "-elsewhere")
        os.symlink(secure + "-elsewhere", secure)
        self.refuses("no device")

    def test_a_folder_without_a_secret_is_refused(self):
        os.unlink(os.path.join(self.folder, "boot", "unique-secret"))
        self.refuses("no unique secret")

    def test_a_secret_of_the_wrong_size_is_refused(self):
        with open(os.path.join(self.folder, "boot", "unique-secret"), "ab") as file:
            file.write(b"x")
        self.refuses("no unique secret")

    def test_a_missing_folder_is_refused(self):
        done = subprocess.run([PROGRAM, "--device", self.folder + "/none"], stderr=subprocess.PIPE, check=False)
        self.assertEqual(done.returncode, 1)
        self.assertIn(b"tps factory make", done.stderr)

    def test_a_file_in_the_socket_s_place_is_not_removed(self):
        with open(self.path, "w", encoding="ascii") as file:
            file.write("mine")
        code, _ = self.try_start()
        self.assertEqual(code, 1)
        self.assertTrue(os.path.exists(self.path))

    def test_wrong_options_show_the_usage(self):
        done = subprocess.run([PROGRAM, "--nonsense"], stderr=subprocess.PIPE, check=False)
        self.assertEqual(done.returncode, 2)
        self.assertIn(b"usage: tps-boot", done.stderr)


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    PROGRAM = os.path.abspath(sys.argv.pop(1))
    unittest.main()
