# SPDX-License-Identifier: Apache-2.0
"""kill -9 at any moment loses nothing that was acknowledged: results, used nonces, endorsements. SIGTERM finishes first."""

import os
import signal
import socket
import threading
import time
import unittest

import server_support
from server_support import CORIM_TYPE, NEW_SESSION, PSA_TYPE, SUBMIT, Server, base64url, tps, vector


class Kill(unittest.TestCase):
    def hammer(self, server, acknowledged, stop):
        """Appraises until the server is gone; keeps what was answered with 200."""
        while not stop.is_set():
            nonce = os.urandom(32)
            try:
                path, _ = server.new_session("?nonce=" + base64url(nonce))
                answer = server.request("POST", path, b"evidence", PSA_TYPE)
            except (OSError, server_support.http.client.HTTPException):
                return
            if answer.status == 200:
                acknowledged.append((path, base64url(nonce), answer.json()["result"]))

    def test_nothing_acknowledged_is_lost(self):
        with Server() as server:
            for _ in range(3):
                acknowledged, stop = [], threading.Event()
                threads = [threading.Thread(target=self.hammer, args=(server, acknowledged, stop)) for _ in range(4)]
                for thread in threads:
                    thread.start()
                end = time.monotonic() + 10
                while len(acknowledged) < 40 and time.monotonic() < end:
                    time.sleep(0.01)
                server.kill()
                stop.set()
                for thread in threads:
                    thread.join()
                self.assertGreaterEqual(len(acknowledged), 40)

                server.start()
                for path, nonce, result in acknowledged:
                    answer = server.request("GET", path)
                    self.assertEqual(answer.status, 200)
                    self.assertEqual(answer.json()["result"], result)
                    self.assertEqual(server.request("POST", path, b"evidence", PSA_TYPE).status, 409)
                    self.assertEqual(server.request("POST", NEW_SESSION + "?nonce=" + nonce).status, 409)

    def test_endorsements_and_keys_survive_and_waiting_sessions_end(self):
        with Server() as server:
            tps("tenant", "create", "maker", "--allow-unsigned", "--store", server.store)
            while server.request("GET", "/t/maker/.well-known/jwks.json").status != 200:
                time.sleep(0.1)
            answer = server.request("POST", "/t/maker" + SUBMIT, vector("psa-endorsements.cbor"), CORIM_TYPE)
            self.assertEqual(answer.json()["status"], "success")
            keys = server.request("GET", "/.well-known/jwks.json").body
            waiting, _ = server.new_session()
            server.kill()
            server.start()

            self.assertEqual(server.request("GET", "/.well-known/jwks.json").body, keys)
            self.assertIn("1 endorsements", tps("tenant", "list", "--store", server.store).stdout)
            self.assertEqual(server.request("POST", waiting, b"x", PSA_TYPE).status, 404)

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
