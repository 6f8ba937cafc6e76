# SPDX-License-Identifier: Apache-2.0
"""Whatever is sent to `tps serve`, it answers with a named error and goes on serving: after each bad input, a good one."""

import json
import random
import re
import socket
import ssl
import threading
import time
import unittest

import cbor2

import server_support
from server_support import (CORIM_TYPE, NEW_SESSION, PSA_NONCE, PSA_TYPE, SUBMIT, Server, base64url, jwt_payload,
                            read_to_end, tiers, tps, vector)

TENANT = "/t/maker"


def post(path, body, extra=""):
    head = f"POST {path} HTTP/1.1\r\nHost: a\r\nContent-Type: {PSA_TYPE}\r\nContent-Length: {len(body)}\r\n{extra}\r\n"
    return head.encode() + body


def statuses(data):
    """The status of each answer in what came over one connection."""
    return re.findall(rb"HTTP/1\.1 (\d{3}) [A-Z]", data)


def send_slowly(s, data, pause):
    """A byte at a time, until the other side answers; what it answered first."""
    try:
        for i in range(len(data)):
            s.sendall(data[i:i + 1])
            s.settimeout(pause)
            try:
                return s.recv(65536)
            except socket.timeout:
                pass
            finally:
                s.settimeout(20)
    except (BrokenPipeError, ConnectionResetError, ssl.SSLError):
        pass
    return b""


class BadInput(unittest.TestCase):
    tls = False

    @classmethod
    def setUpClass(cls):
        cls.server = Server(tls=cls.tls, header_timeout_ms=700, request_timeout_ms=1500, session_lifetime_ms=60000)
        tps("tenant", "create", "maker", "--allow-unsigned", "--open", "--store", cls.server.store)
        cls.server.start()

    @classmethod
    def tearDownClass(cls):
        cls.server.__exit__()

    def tearDown(self):
        """The server goes on serving: a whole good exchange."""
        path, session = self.server.new_session()
        answer = self.server.request("POST", path, b"evidence", PSA_TYPE)
        self.assertEqual(answer.status, 200, answer)
        self.assertEqual(answer.json()["status"], "complete")

    def assert_problem(self, data, status, words=""):
        """`data` is what came back on a raw connection: one problem, after which the server closed."""
        head, _, body = data.partition(b"\r\n\r\n")
        self.assertTrue(head.startswith(f"HTTP/1.1 {status} ".encode()), data)
        self.assertIn(b"Content-Type: application/problem+json", head)
        problem = json.loads(body)
        self.assertEqual(problem["status"], status)
        self.assertTrue(problem["detail"] and problem["next_step"], problem)
        self.assertIn(words, problem["detail"])

    def assert_refused(self, answer, why=None):
        """Evidence was judged: a session that is complete, with a signed result that is not affirming."""
        self.assertEqual(answer.status, 200, answer)
        self.assertEqual(answer.json()["status"], "complete")
        self.assertEqual(set(tiers(answer).values()), {"contraindicated"})

    # ---- requests ----

    def test_truncated_requests(self):
        path, _ = self.server.new_session()
        for data in b"POST /x HT", b"GET / HTTP/1.1\r\nHost: a\r\n", post(path, b"0123456789")[:-5]:
            self.assert_problem(self.server.raw(data, shut=True), 400, "ended in the middle")
        for data in b"POST /x HT", post(path, b"0123456789")[:-5]:  # and without a goodbye
            s = self.server.connect()
            s.sendall(data)
            s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
            s.close()
        self.assertEqual(self.server.request("GET", path).json()["status"], "waiting")

    def test_oversized_headers(self):
        self.assert_problem(self.server.raw(b"GET /" + b"a" * 20000), 414)
        self.assert_problem(self.server.raw(b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"a" * 20000), 431)
        self.assert_problem(self.server.raw(b"GET / HTTP/1.1\r\nHost: a\r\n" + b"X: a\r\n" * 100 + b"\r\n"), 431)

    def test_smuggling_shapes(self):
        for fields, status in ((b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", 400),
                               (b"Content-Length: 5\r\nContent-Length: 6\r\n", 400),
                               (b"Content-Length: +5\r\n", 400), (b"Content-Length : 5\r\n", 400),
                               (b"Transfer-Encoding: gzip, chunked\r\n", 501), (b"X: a\r\n b\r\n", 400),
                               (b"Transfer-Encoding : chunked\r\n", 400), (b"Transfer-Encoding: xchunked\r\n", 400),
                               (b"Transfer-Encoding: chunked, chunked\r\n", 501), (b"Transfer-Encoding: chunked, gzip\r\n", 400),
                               (b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n", 400),
                               (b"Transfer-Encoding:\x0bchunked\r\n", 400), (b"Transfer-Encoding: \"chunked\"\r\n", 400),
                               (b"Transfer-Encoding:\r\n chunked\r\n", 400), (b"X: a\rTransfer-Encoding: chunked\r\n", 400),
                               (b"Content-Length: 5, 5\r\n", 400), (b"Content-Length: 0x5\r\n", 400),
                               (b"Content-Length: -0\r\n", 400), (b"Content-Length:\r\n", 400),
                               (b"Content-Length: 5 5\r\n", 400), (b"Content-Length: 5\r\ncontent-length: 5\r\n", 400),
                               (b"Content-Length: 18446744073709551621\r\n", 413), (b": a\r\n", 400), (b"X\r\n", 400),
                               (b"Expect: 100-continue, x\r\n", 417),
                               (b"Host: b\r\n", 400), (b"X: \0\r\n", 400)):
            data = b"POST / HTTP/1.1\r\nHost: a\r\n" + fields + b"\r\n0\r\n\r\nGET /healthz HTTP/1.1\r\nHost: a\r\n\r\n"
            answer = self.server.raw(data)
            self.assert_problem(answer, status)
            self.assertEqual(len(statuses(answer)), 1, answer)
        self.assert_problem(self.server.raw(b"GET /healthz HTTP/1.1\nHost: a\n\n"), 400)
        self.assert_problem(self.server.raw(b"GET /healthz HTTP/1.1\r\n\r\n"), 400, "Host")
        self.assert_problem(self.server.raw(b"GET /healthz HTTP/2.0\r\nHost: a\r\n\r\n"), 505)
        self.assert_problem(self.server.raw(b"BREW /healthz HTTP/1.1\r\nHost: a\r\n\r\n"), 501)
        self.assert_problem(self.server.raw(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"), 400)  # TLS's hello

    def test_smuggling_shapes_in_chunks(self):
        """Whatever another reader could take for another end of the body."""
        head = b"POST /healthz HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
        smuggled = b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n"
        for chunks in (b"0x1\r\na\r\n0\r\n\r\n", b"+1\r\na\r\n0\r\n\r\n", b" 1\r\na\r\n0\r\n\r\n", b"1 \r\na\r\n0\r\n\r\n",
                       b"1\na\r\n0\r\n\r\n", b"1\r\na\n0\r\n\r\n", b"1\r\nab\r\n0\r\n\r\n", b"\r\n0\r\n\r\n", b"g\r\n",
                       b"1;a\nb\r\na\r\n0\r\n\r\n", b"1;" + b"a" * 300 + b"\r\n", b"-1\r\na\r\n0\r\n\r\n", b"0\r\nX : a\r\n\r\n",
                       b"0\r\n folded\r\n\r\n", b"0\r\nX: a\n\r\n", b"0\r\n\n"):
            answer = self.server.raw(head + chunks + smuggled)
            self.assert_problem(answer, 400)
            self.assertEqual(len(statuses(answer)), 1, (chunks, answer))
        for chunks in b"10000000000000000\r\n", b"fffffffffffffffff\r\n", b"00000000000000001\r\na\r\n0\r\n\r\n":
            self.assert_problem(self.server.raw(head + chunks + smuggled), 413)

    def test_smuggling_shapes_in_the_request_line(self):
        for line in (b"GET  /healthz HTTP/1.1", b"GET /healthz  HTTP/1.1", b"GET\t/healthz HTTP/1.1", b" GET /healthz HTTP/1.1",
                     b"GET /healthz HTTP/1.1 ", b"GET /healthz HTTP/1.1\r", b"GET /healthz", b"GET /a b HTTP/1.1", b"GET /%zz HTTP/1.1",
                     b"GET /\x80 HTTP/1.1", b"GET healthz HTTP/1.1", b"GET http:///healthz HTTP/1.1", b"GET /healthz http/1.1",
                     b"GET /healthz HTTP/11", b"GET /healthz HTTP/1.1\r\nHost: a/b"):
            answer = self.server.raw(line + b"\r\nHost: a\r\n\r\nGET /healthz HTTP/1.1\r\nHost: a\r\n\r\n")
            self.assert_problem(answer, 400)
            self.assertEqual(len(statuses(answer)), 1, (line, answer))

    def test_header_floods_while_others_are_served(self):
        flood = b"GET / HTTP/1.1\r\nHost: a\r\n" + b"".join(b"X%d: %s\r\n" % (i, b"y" * 900) for i in range(60))
        answers = []

        def send():
            for _ in range(10):
                answers.append(self.server.raw(flood))

        threads = [threading.Thread(target=send) for _ in range(10)]
        for thread in threads:
            thread.start()
        while any(thread.is_alive() for thread in threads):
            self.assertEqual(self.server.request("GET", "/healthz").status, 200)
        for thread in threads:
            thread.join()
        self.assertEqual(len(answers), 100)
        for answer in answers:
            if answer:  # a reset may overtake it
                self.assert_problem(answer, 431)

    def test_empty_body(self):
        path, _ = self.server.new_session()
        answer = self.server.request("POST", path, b"", PSA_TYPE)
        self.assertEqual(answer.status, 400)
        self.assertIn("no evidence", answer.json()["detail"])
        self.assertEqual(self.server.request("POST", path).status, 400)
        self.assertEqual(self.server.request("POST", path, b"x", PSA_TYPE).status, 200)

    def test_a_body_of_100_mb_is_refused_at_once(self):
        path, _ = self.server.new_session()
        begun = time.monotonic()
        head = post(path, b"").replace(b"Content-Length: 0", b"Content-Length: 104857600")
        self.assert_problem(self.server.raw(head), 413)
        self.assertLess(time.monotonic() - begun, 4)

    def test_a_body_of_100_mb_in_chunks_is_cut_off(self):
        path, _ = self.server.new_session()
        sent = 0
        with self.server.connect(10) as s:
            s.sendall(f"POST {path} HTTP/1.1\r\nHost: a\r\nContent-Type: {PSA_TYPE}\r\n"
                      "Transfer-Encoding: chunked\r\n\r\n".encode())
            try:
                while sent < 100 << 20:
                    s.sendall(b"4000\r\n" + bytes(0x4000) + b"\r\n")
                    sent += 0x4000
            except (BrokenPipeError, ConnectionResetError, ssl.SSLError):
                pass
            data = read_to_end(s)
        self.assertLess(sent, 32 << 20)
        if data:  # a reset may overtake the answer
            self.assert_problem(data, 413)
        self.assertEqual(self.server.request("GET", path).json()["status"], "waiting")

    def test_a_hundred_slow_clients_are_closed_while_others_are_served(self):
        path, _ = self.server.new_session()
        answers = []

        def trickle(data, pause):
            begun = time.monotonic()
            with self.server.connect() as s:
                received = send_slowly(s, data, pause)
                answers.append((received + read_to_end(s), time.monotonic() - begun))

        slow_head = b"GET /healthz HTTP/1.1\r\nHost: a\r\n" + b"X: y\r\n" * 200
        slow_body = post(path, bytes(1000))
        threads = [threading.Thread(target=trickle, args=(slow_head, 0.1)) for _ in range(50)]
        threads += [threading.Thread(target=self.slow_body, args=(slow_body, answers)) for _ in range(50)]
        for thread in threads:
            thread.start()
        served = late = 0
        while any(thread.is_alive() for thread in threads):
            try:
                self.assertEqual(self.server.request("GET", "/healthz").status, 200)
                served += 1
            except ConnectionResetError:  # on a machine so busy that this very handshake took longer than the deadline
                late += 1
            time.sleep(0.05)
        for thread in threads:
            thread.join()
        self.assertGreater(served, 10 * late)
        self.assertEqual(len(answers), 100)
        for data, seconds in answers:
            self.assert_problem(data, 408, "in time")
            self.assertLess(seconds, 8)
        self.assertEqual(self.server.request("GET", path).json()["status"], "waiting")

    def slow_body(self, data, answers):
        """The head at once, the body a byte at a time: no byte may extend the request's deadline."""
        begun = time.monotonic()
        head, body = data.split(b"\r\n\r\n", 1)
        with self.server.connect() as s:
            s.sendall(head + b"\r\n\r\n")
            received = send_slowly(s, body, 0.1)
            answers.append((received + read_to_end(s), time.monotonic() - begun))

    def test_pipelined_requests_after_a_bad_one_are_not_read(self):
        good = b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n"
        answer = self.server.raw(good + good + b"GET / HTTP/1.1\r\n\r\n" + good)
        self.assertEqual(statuses(answer), [b"200", b"200", b"400"])

    def test_who_reads_late_gets_every_answer(self):
        """What TLS has taken off the socket already is no event of the socket's: it must not be forgotten."""
        request = b"GET /api/v1/openapi.json HTTP/1.1\r\nHost: a\r\nA: " + b"b" * 40 + b"\r\n\r\n"
        requests, sent, answers, kept = request * 1200, 0, 0, b""
        with self.server.connect() as s:
            s.setblocking(False)
            stalled = time.monotonic() + 1
            while sent < len(requests) and time.monotonic() < stalled:
                try:
                    sent += s.send(requests[sent:sent + 16384])
                except (BlockingIOError, ssl.SSLWantWriteError, ssl.SSLWantReadError):
                    time.sleep(0.01)
            s.settimeout(10)
            while answers < sent // len(request):
                received = kept + s.recv(1 << 20)
                answers += received.count(b"HTTP/1.1 200 ")
                kept = received[-12:]
        self.assertGreater(answers, 100)

    def test_random_bytes(self):
        random.seed(2)
        for _ in range(100):
            data = random.randbytes(random.randrange(1, 300))
            answer = self.server.raw(data, shut=True)
            self.assertTrue(answer.startswith((b"HTTP/1.1 400", b"HTTP/1.1 5")), (data, answer))

    # ---- evidence ----

    def test_evidence_that_is_none(self):
        deep = b"\x81" * 10000 + b"\x00"
        for evidence in b"rubbish", b"\xd2", b"\xd2\x84\x40\xa0\x40\x40", deep, b"\xff" * 65536, b"{}", bytes(1):
            self.assert_refused(self.server.appraise(evidence))
        answer = self.server.appraise(bytes(65537))
        self.assertEqual(answer.status, 413)

    def test_evidence_that_was_tampered_with(self):
        evidence = vector("psa-evidence.cbor")
        self.endorse()
        for i in (0, 5, 100, 300, len(evidence) - 1):
            changed = bytearray(evidence)
            changed[i] ^= 1
            self.assert_refused(self.server.appraise(bytes(changed), query="?nonce=" + base64url(b"another nonce %3d" % i),
                                                     tenant=TENANT))
        for bad in evidence[:-1], evidence[:200], evidence + b"\0":
            self.assert_refused(self.server.appraise(bad, tenant=TENANT))

    def endorse(self):
        answer = self.server.request("POST", TENANT + SUBMIT, vector("psa-endorsements.cbor"), CORIM_TYPE)
        self.assertEqual(answer.json()["status"], "success", answer)

    def test_wrong_algorithm_and_duplicate_keys(self):
        message = cbor2.loads(vector("psa-evidence.cbor"))
        protected, unprotected, payload, signature = message.value

        def sign1(head, body):
            return b"\xd2" + cbor2.dumps([head, {}, body, signature])

        self.assert_refused(self.server.appraise(sign1(cbor2.dumps({1: -35}), payload), tenant=TENANT))
        self.assert_refused(self.server.appraise(sign1(cbor2.dumps({1: -8}), payload), tenant=TENANT))
        self.assert_refused(self.server.appraise(sign1(b"\xa2\x01\x26\x01\x26", payload), tenant=TENANT))
        self.assert_refused(self.server.appraise(sign1(protected, b"\xa2\x0a\x40\x0a\x40"), tenant=TENANT))

    def test_an_unknown_signer(self):
        evidence = vector("psa-evidence.cbor")
        answer = self.server.appraise(evidence, query="?nonce=" + base64url(PSA_NONCE))  # the default tenant knows nobody
        self.assert_refused(answer)

    def test_a_wrong_nonce_then_a_replayed_one(self):
        evidence = vector("psa-evidence.cbor")
        self.endorse()
        self.assert_refused(self.server.appraise(evidence, tenant=TENANT))  # a nonce of the server's
        query = "?nonce=" + base64url(PSA_NONCE)
        path, _ = self.server.new_session(query, TENANT)
        good = self.server.request("POST", path, evidence, PSA_TYPE)
        self.assertEqual(set(tiers(good).values()), {"affirming"}, jwt_payload(good.json()["result"]))

        again = self.server.request("POST", path, evidence, PSA_TYPE)
        self.assertEqual(again.status, 409)
        self.assertEqual(again.json()["detail"], "this session has taken its evidence")
        self.assertEqual(again.json()["next_step"], "request a new session")
        answer = self.server.request("POST", TENANT + NEW_SESSION + query)
        self.assertEqual(answer.status, 409)
        self.assertEqual(answer.json()["detail"], "this nonce was used before")

    def test_one_of_many_that_race_for_a_session_gets_it(self):
        path, _ = self.server.new_session()
        answers = []

        def send():
            answers.append(self.server.request("POST", path, b"evidence", PSA_TYPE).status)

        threads = [threading.Thread(target=send) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(sorted(answers), [200] + [409] * 7)

    def test_one_of_many_sessions_with_the_same_nonce_gets_it(self):
        query = "?nonce=" + base64url(b"the same nonce for all")
        paths = [self.server.new_session(query)[0] for _ in range(8)]
        answers = []

        def send(path):
            answers.append(self.server.request("POST", path, b"evidence", PSA_TYPE).status)

        threads = [threading.Thread(target=send, args=(path,)) for path in paths]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(sorted(answers), [200] + [409] * 7)


class BadInputOverTls(BadInput):
    tls = True

    def test_what_is_no_tls(self):
        for data in b"GET / HTTP/1.1\r\nHost: a\r\n\r\n", b"\x16\x03\x01\x00\x05hello", bytes(100), b"\x80\x2e\x01\x03\x01":
            with socket.create_connection(("127.0.0.1", self.server.port), timeout=10) as s:
                s.sendall(data)
                answer = read_to_end(s)
            if data.startswith(b"GET"):
                self.assert_problem(answer, 400, "TLS")
            else:
                self.assertNotIn(b"HTTP/", answer)

    def test_older_tls(self):
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        context.maximum_version = ssl.TLSVersion.TLSv1_2
        with socket.create_connection(("127.0.0.1", self.server.port), timeout=10) as s:
            with self.assertRaises((ssl.SSLError, ConnectionResetError)):
                context.wrap_socket(s)

    def test_half_open_handshakes_while_others_are_served(self):
        begun = time.monotonic()
        half_open = [socket.create_connection(("127.0.0.1", self.server.port), timeout=10) for _ in range(300)]
        for i, s in enumerate(half_open):
            s.sendall(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"[:i % 12])
        self.assertEqual(self.server.request("GET", "/healthz").status, 200)
        for s in half_open:
            self.assertNotIn(b"HTTP/", read_to_end(s))
            s.close()
        self.assertLess(time.monotonic() - begun, 8)

    def test_a_crowd_of_handshakes(self):
        served = []

        def shake():
            for _ in range(10):
                served.append(self.server.request("GET", "/healthz").status)

        threads = [threading.Thread(target=shake) for _ in range(20)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(served, [200] * 200)


class Full(unittest.TestCase):
    """More clients that trickle than the server has connections: they make room for those who do not."""

    def trickle(self, tls):
        with Server(tls=tls, connections_max=40, header_timeout_ms=60000, request_timeout_ms=60000) as server:
            slow = []
            for _ in range(40):
                try:
                    s = server.connect()
                    s.sendall(b"POST / HTTP/1.1\r\nX: ")
                    slow.append(s)
                except (ssl.SSLError, OSError):
                    pass
            time.sleep(1.2)  # from now on the oldest have had their second
            for _ in range(20):
                self.assertEqual(server.request("GET", "/healthz").status, 200)
                for s in slow:
                    try:
                        s.sendall(b"a")
                    except (ssl.SSLError, OSError):
                        pass
            for s in slow:
                s.close()

    def test_over_tcp(self):
        self.trickle(False)

    def test_over_tls(self):
        self.trickle(True)


class Expiry(unittest.TestCase):
    def test_an_expired_session_takes_nothing(self):
        with Server(session_lifetime_ms=1000) as server:  # times are whole seconds
            path, _ = server.new_session()
            time.sleep(2.1)
            answer = server.request("POST", path, b"x", PSA_TYPE)
            self.assertEqual(answer.status, 404)
            self.assertIn("has expired", answer.json()["detail"])
            self.assertEqual(answer.json()["next_step"], "request a new session")
            self.assertEqual(server.request("GET", path).status, 404)
            self.assertEqual(server.appraise(b"x").status, 200)


if __name__ == "__main__":
    server_support.main()
