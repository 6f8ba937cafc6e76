# SPDX-License-Identifier: Apache-2.0
"""kill -9 at any moment loses nothing that was acknowledged: results, used sessions and nonces, evidence that is appraised
later, endorsements; and sessions that were begun take their evidence afterwards. SIGTERM finishes first.

KILLS=100 python3 server_kill.py TPS    kills that often under load; 3 unless told.
"""

import os
import random
import signal
import socket
import threading
import time
import unittest

import server_support
from server_support import CORIM_TYPE, NEW_SESSION, PSA_TYPE, SUBMIT, Server, base64url, tps, vector

KILLS = int(os.environ.get("KILLS", "3"))
GONE = (OSError, server_support.http.client.HTTPException)


class Acknowledged:
    """What clients were told, by several threads."""

    def __init__(self):
        self.lock = threading.Lock()
        self.results = []  # (path, nonce of the client's or None, result)
        self.begun = []  # paths of sessions that have taken nothing
        self.later = []  # paths of sessions whose evidence is kept

    def add(self, what, one):
        with self.lock:
            what.append(one)

    def count(self):
        return len(self.results)


class Kill(unittest.TestCase):
    def hammer(self, server, told, stop):
        """Appraises in every way until the server is gone; keeps what was answered."""
        while not stop.is_set():
            nonce = base64url(os.urandom(32)) if random.random() < 0.5 else None
            try:
                path, _ = server.new_session("?nonce=" + nonce if nonce else "")
                if random.random() < 0.2:
                    told.add(told.begun, path)
                    continue
                fields = {"Prefer": "respond-async"} if random.random() < 0.2 else {}
                answer = server.request("POST", path, b"evidence", PSA_TYPE, fields)
            except GONE:
                return
            if answer.status == 200:
                told.add(told.results, (path, nonce, answer.json()["result"]))
            elif answer.status == 202:
                told.add(told.later, path)

    def load_and_kill(self, server, told, least):
        stop = threading.Event()
        threads = [threading.Thread(target=self.hammer, args=(server, told, stop)) for _ in range(4)]
        for thread in threads:
            thread.start()
        end = time.monotonic() + 20
        while told.count() < least and time.monotonic() < end:
            time.sleep(0.005)
        time.sleep(random.random() / 50)
        server.kill()
        stop.set()
        for thread in threads:
            thread.join()
        self.assertGreaterEqual(told.count(), least)

    def check_spent(self, server, told):
        for path, nonce, result in told.results:
            answer = server.request("GET", path)
            self.assertEqual(answer.status, 200)
            self.assertEqual(answer.json()["result"], result)
            self.assertEqual(server.request("POST", path, b"evidence", PSA_TYPE).status, 409)
            if nonce:
                self.assertEqual(server.request("POST", NEW_SESSION + "?nonce=" + nonce).status, 409)
        for path in told.later:
            self.assertIn(server.request("GET", path).json()["status"], ("processing", "complete"))
            self.assertEqual(server.request("POST", path, b"evidence", PSA_TYPE).status, 409)

    def check_begun(self, server, told):
        for path in told.begun:
            self.assertEqual(server.request("GET", path).json()["status"], "waiting")
            self.assertEqual(server.request("POST", path, b"evidence", PSA_TYPE).status, 200)
            self.assertEqual(server.request("POST", path, b"evidence", PSA_TYPE).status, 409)

    def check_later(self, server, paths):
        """What was kept for later is appraised by whoever comes after, a while after it was left."""
        end = time.monotonic() + 90
        while paths and time.monotonic() < end:
            paths = [path for path in paths if server.request("GET", path).json()["status"] != "complete"]
            time.sleep(0.5)
        self.assertEqual(paths, [])

    def test_nothing_acknowledged_is_lost(self):
        later = []
        with Server(session_lifetime_ms=3600000) as server:
            for i in range(KILLS):
                told = Acknowledged()
                self.load_and_kill(server, told, 40)
                server.start()
                self.check_spent(server, told)
                self.check_begun(server, told)
                later += told.later
                if KILLS > 3:
                    print(f"{i + 1} kills: {told.count()} results, {len(told.begun)} begun, {len(told.later)} later", flush=True)
            self.assertGreater(len(later), 0)
            self.check_later(server, later)

    def test_endorsements_and_keys_survive_and_waiting_sessions_go_on(self):
        with Server() as server:
            tps("tenant", "create", "maker", "--allow-unsigned", "--open", "--store", server.store)
            while server.request("GET", "/t/maker/.well-known/jwks.json").status != 200:
                time.sleep(0.1)
            answer = server.request("POST", "/t/maker" + SUBMIT, vector("psa-endorsements.cbor"), CORIM_TYPE)
            self.assertEqual(answer.json()["status"], "success")
            keys = server.request("GET", "/.well-known/jwks.json").body
            waiting = [server.new_session(query)[0] for query in ("", "?nonceSize=8", "?nonce=" + base64url(os.urandom(16)))]
            server.kill()
            server.start()

            self.assertEqual(server.request("GET", "/.well-known/jwks.json").body, keys)
            self.assertIn("1 endorsements", tps("tenant", "list", "--store", server.store).stdout)
            for path in waiting:
                self.assertEqual(server.request("POST", path, b"x", PSA_TYPE).status, 200)
                self.assertEqual(server.request("POST", path, b"x", PSA_TYPE).status, 409)

    def test_sigterm_finishes_what_is_under_way(self):
        with Server() as server:
            path, _ = server.new_session()
            with socket.create_connection(("127.0.0.1", server.port), timeout=10) as s:
                s.sendall(f"POST {path} HTTP/1.1\r\nHost: a\r\nContent-Type: {PSA_TYPE}\r\nContent-Length: 8\r\n\r\nevid"
                          .encode())
                time.sleep(0.2)
                server.process.send_signal(signal.SIGTERM)
                time.sleep(0.2)
                with self.assertRaises(ConnectionRefusedError):
                    socket.create_connection(("127.0.0.1", server.port), timeout=10)
                s.sendall(b"ence")
                data = server_support.read_to_end(s)
            self.assertTrue(data.startswith(b"HTTP/1.1 200 OK\r\n"), data)
            self.assertIn(b"Connection: close", data)
            self.assertEqual(server.process.wait(timeout=10), 0)


if __name__ == "__main__":
    server_support.main()
