#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Many clients of one component process at once: that they are served evenly, and that those who flood it, do not read what
they asked for, do not log in or are killed harm no other. How even exactly is measured by bench/tpsc_fair.c; here the bounds
are wide, because a test must hold on a busy machine.

usage: component_clients.py TPS-BOOT
"""
import os
import random
import signal
import socket
import struct
import sys
import time
import unittest

import cbor2

import tps_component
from tps_component import BAD_FORMAT, CANCEL, PUBLIC, ROT13, SUCCESS, Client, ComponentTest

SECONDS = 2.0
ASK = cbor2.dumps(cbor2.CBORTag(10, {1: "Hello"}))
ANSWER = cbor2.dumps(cbor2.CBORTag(10, {1: "Uryyb"}))
PATIENCE = 5.0  # the longest that a good client may have to wait, in seconds, on the busiest machine


def connect(path):
    """A logged-in client; waits where many come at once."""
    while True:
        try:
            return Client(path)
        except BlockingIOError:
            time.sleep(0.001)


def ask_until(path, end, pipe):
    """A good client's process: asks, checks, counts; at the end it says how often, and how long it waited at most."""
    client = connect(path)
    session = client.open()[3]
    served, longest, now = 0, 0.0, time.monotonic()
    while now < end:
        asked = now
        answer = client.execute(session, ASK)
        assert answer[1] == SUCCESS and answer[3] == ANSWER, answer
        served += 1
        now = time.monotonic()
        longest = max(longest, now - asked)
    client.close()
    os.write(pipe, struct.pack("Id", served, longest))


def login(path):
    client = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    client.connect(path)
    client.send(cbor2.dumps([1, 1, 1, PUBLIC, None]))
    client.recv(1 << 17)
    return client


def send_all_that_fits(client, frame):
    client.setblocking(False)
    try:
        while True:
            client.send(frame)
    except BlockingIOError:
        pass


def flood_with_requests(path, end):
    """Asks without end, and reads only what is there already."""
    client = login(path)
    while time.monotonic() < end:
        send_all_that_fits(client, cbor2.dumps([2, 7]))
        try:
            while True:
                client.recv(1 << 17)
        except BlockingIOError:
            pass


def flood_with_cancels(path, end):
    client = login(path)
    client.setblocking(True)
    client.settimeout(10)
    while time.monotonic() < end:
        client.send(cbor2.dumps([6, 1]))


def flood_with_connections(path, end):
    """Connects, says nonsense or nothing, and goes."""
    while time.monotonic() < end:
        client = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        client.settimeout(10)
        try:
            client.connect(path)
            client.send(random.choice([b"\xff", b"\x85\x05", cbor2.dumps([5, 1, 1, 1, b"x"])]))
        except (BlockingIOError, BrokenPipeError, ConnectionResetError):
            pass
        client.close()


def stall(path, end):
    """Asks for the largest responses and never reads one."""
    client = login(path)
    instance = [s[0] for s in _services(client) if s[1] == ROT13][0]
    client.send(cbor2.dumps([3, 3, instance]))
    session = cbor2.loads(client.recv(1 << 17))[3]
    send_all_that_fits(client, cbor2.dumps([5, 4, session, 65536, cbor2.dumps(cbor2.CBORTag(10, {1: "a" * 1000}))]))
    time.sleep(max(0, end - time.monotonic()))


def _services(client):
    client.send(cbor2.dumps([2, 2]))
    return cbor2.loads(client.recv(1 << 17))[3]


def be_killed(path, end):
    """Asks with many requests under way; whoever started it kills it at any moment."""
    flood_with_requests(path, end + 60)


class ManyClients(ComponentTest):
    def fork(self, work, *args):
        pid = os.fork()
        if pid == 0:
            code = 1
            try:
                work(*args)
                code = 0
            finally:
                os._exit(code)
        return pid

    def ask_from(self, count, end):
        """Starts good clients; returns how to wait for them: their counts and longest waits."""
        reader, writer = os.pipe()
        pids = [self.fork(ask_until, self.path, end, writer) for _ in range(count)]
        os.close(writer)

        def wait():
            for pid in pids:
                self.assertEqual(os.waitpid(pid, 0)[1], 0, "a good client failed")
            with os.fdopen(reader, "rb") as pipe:
                results = list(struct.iter_unpack("Id", pipe.read()))
            self.assertEqual(len(results), count)
            return [served for served, _ in results], [longest for _, longest in results]

        return wait

    def test_64_clients_at_once_are_served_evenly(self):
        self.start()
        served, waits = self.ask_from(64, time.monotonic() + 3 + SECONDS)()
        self.assertGreater(min(served), 0)
        self.assertLess(max(served) / min(served), 5, served)
        self.assertLess(max(waits), PATIENCE)

    def bad_beside_good(self, work, count=4):
        """Good clients beside some that do `work`: all are answered in time; afterwards nothing is left behind."""
        self.start()
        end = time.monotonic() + SECONDS
        bad = [self.fork(work, self.path, end) for _ in range(count)]
        served, waits = self.ask_from(8, end)()
        for pid in bad:
            self.assertEqual(os.waitpid(pid, 0)[1], 0, "the bad client failed")
        self.assertLess(max(waits), PATIENCE)
        self.assertGreater(min(served), 10, served)
        self.client()

    def test_who_floods_with_requests_holds_up_no_other(self):
        self.bad_beside_good(flood_with_requests)

    def test_who_floods_with_cancels_holds_up_no_other(self):
        self.bad_beside_good(flood_with_cancels)

    def test_who_floods_with_connections_and_nonsense_holds_up_no_other_and_does_not_fill_the_log(self):
        self.bad_beside_good(flood_with_connections)
        self.assertLess(len(self.log_text().splitlines()), 40 * (SECONDS + 4), "the log was filled")

    def test_who_does_not_read_holds_up_no_other(self):
        self.bad_beside_good(stall)

    def test_who_is_killed_at_any_moment_holds_up_no_other(self):
        self.start()
        end = time.monotonic() + SECONDS
        wait = self.ask_from(8, end)
        random.seed(4)
        while time.monotonic() < end:
            victims = [self.fork(be_killed, self.path, end) for _ in range(4)]
            time.sleep(random.uniform(0.0, 0.05))
            for pid in victims:
                os.kill(pid, signal.SIGKILL)
                os.waitpid(pid, 0)
        served, waits = wait()
        self.assertLess(max(waits), PATIENCE)
        self.assertGreater(min(served), 10, served)
        for _ in range(60):  # what the dead had is free again
            self.client()

    def test_who_does_not_log_in_is_closed_and_its_place_is_free(self):
        self.start()
        idle = [self.client(login=False) for _ in range(96)]  # all that one user may have
        late = self.client(login=False)
        self.assertTrue(late.is_closed(), "more clients than one user may have")
        begin = time.monotonic()
        for client in idle:
            self.assertTrue(client.is_closed())
        self.assertGreater(time.monotonic() - begin, 5)
        self.assertEqual(self.client().result, SUCCESS)

    def test_a_request_that_waits_behind_others_can_be_cancelled(self):
        self.start()
        good = [self.client() for _ in range(8)]
        sessions = [client.open()[3] for client in good]
        mine = self.client()
        session = mine.open()[3]
        self.signal_component(signal.SIGSTOP)
        for client, theirs in zip(good, sessions):
            client.send(5, theirs, 100, ASK)
        first = mine.send(5, session, 100, ASK)
        second = mine.send(5, session, 100, ASK)
        mine.socket.send(cbor2.dumps([6, second]))
        self.signal_component(signal.SIGCONT)
        self.assertEqual([mine.receive()[:2] for _ in range(2)], [[first, SUCCESS], [second, CANCEL]])
        for client in good:
            self.assertEqual(client.receive()[1], SUCCESS)

    def test_requests_read_ahead_are_bounded_in_bytes(self):
        """One client's large requests wait in its socket, not in the component's memory; all are answered in the end."""
        self.start()
        client = self.client()
        session = client.open()[3]
        client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 20)
        frame = cbor2.dumps(cbor2.CBORTag(10, {1: "a" * 60000}))
        self.signal_component(signal.SIGSTOP)
        sent = []
        client.socket.setblocking(False)
        try:
            while len(sent) < 8:
                sent.append(client.send(5, session, 100, frame))
        except BlockingIOError:
            pass
        self.signal_component(signal.SIGCONT)
        client.socket.settimeout(20)
        self.assertGreater(len(sent), 1)
        for transaction in sent:
            answer = client.receive()
            self.assertEqual(answer[0], transaction)
            self.assertIn(answer[1], (SUCCESS, BAD_FORMAT))


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    tps_component.PROGRAM = os.path.abspath(sys.argv.pop(1))
    unittest.main(warnings="ignore")
