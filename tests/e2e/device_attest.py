#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""`tps device attest` against `tps serve`, and against servers that answer nonsense.

usage: device_attest.py BIN
"""
import base64
import http.server
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
import unittest

import cbor2

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "conformance"))
import component_client as client  # noqa: E402

TPS = ""


def b64(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def make_jwt(payload):
    return "%s.%s.%s" % (b64(b"{}"), b64(json.dumps(payload).encode()), b64(b"signature"))


def affirming(**more):
    return {"submods": {"X": {"ear.status": "affirming", "ear.trustworthiness-vector": {"executables": 2}, **more}}}


class Fake(http.server.ThreadingHTTPServer):
    """A server of one's own making: `script` maps "METHOD path" to (status, fields, body)."""

    def __init__(self, script):
        super().__init__(("127.0.0.1", 0), Handler)
        self.script, self.seen = script, []
        self.url = "http://127.0.0.1:%d" % self.server_address[1]
        threading.Thread(target=self.serve_forever, args=(0.01,), daemon=True).start()

    def handle_error(self, request, client_address):
        pass    # clients hang up where they should


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.server.seen.append((self.command, self.path, self.headers.get("Content-Type"), body))
        found = self.server.script.get("%s %s" % (self.command, self.path), (404, {}, b"{}"))
        status, fields, body = found(self) if callable(found) else found
        body = json.dumps(body).encode() if isinstance(body, dict) else body
        self.send_response(status)
        for name, value in fields.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST = answer

    def log_message(self, *_):
        pass


NEW = "POST /challenge-response/v1/newSession?nonceSize=32"
SESSION = "POST /challenge-response/v1/session/1"
OPENED = (201, {"Location": "session/1"}, {"nonce": b64(bytes(32)), "status": "waiting"})


class Attest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory(prefix="tps-attest-")
        cls.maker = os.path.join(cls.folder.name, "acme")
        cls.device = client.make_maker(TPS, cls.maker)
        client.run(TPS, "device", "start", cls.device)

    @classmethod
    def tearDownClass(cls):
        client.run(TPS, "device", "stop", cls.device)
        cls.folder.cleanup()

    def attest(self, url, *more):
        return subprocess.run([TPS, "device", "attest", "--device", self.device, "--to", url, *more],
                              capture_output=True, text=True, timeout=120, check=False)


class WithFakes(Attest):
    def ask(self, script, *more):
        server = Fake(script)
        try:
            return self.attest(server.url, *more), server
        finally:
            server.shutdown()
            server.server_close()

    def failed(self, script, words, *more):
        done, server = self.ask(script, *more)
        self.assertEqual(done.returncode, 2, done)
        self.assertEqual(done.stdout, "")
        self.assertRegex(done.stderr, r"^tps: .+: .+\n$")
        self.assertIn(words, done.stderr)
        return server

    def complete(self, payload):
        return {NEW: OPENED, SESSION: (200, {}, {"status": "complete", "result": make_jwt(payload)})}

    def test_the_evidence_answers_the_servers_nonce(self):
        nonce = bytes(range(32))
        script = self.complete(affirming())
        for profile, words in (("psa", "psa#tfm"), ("opentps", "opentps.org")):
            script[NEW] = (201, {"Location": "session/1"}, {"nonce": base64.b64encode(nonce).decode()})
            done, server = self.ask(script, "--profile", profile)
            self.assertEqual(done.returncode, 0, done)
            _, _, kind, body = server.seen[1]
            self.assertIn(words, kind)
            self.assertEqual(cbor2.loads(cbor2.loads(body).value[2])[10], nonce)

    def test_opentps_evidence_names_the_server_and_tenant_as_its_audience(self):
        script = {name.replace("/challenge", "/t/lights/challenge"): what
                  for name, what in self.complete(affirming()).items()}
        done, server = self.ask(script, "--tenant", "lights")
        self.assertEqual(done.returncode, 0, done)
        self.assertEqual(cbor2.loads(cbor2.loads(server.seen[1][3]).value[2])[3], server.url + "/t/lights")

    def test_a_server_that_needs_time_is_asked_again(self):
        script = {NEW: OPENED, SESSION: (202, {}, {"status": "processing"}),
                  "GET /challenge-response/v1/session/1":
                      (200, {}, {"status": "complete", "result": make_jwt(affirming())})}
        self.assertEqual(self.ask(script)[0].returncode, 0)

    def test_every_generation_of_results_is_read(self):
        later = {"submods": {"X": {"ear_status": "warning", "ear_trustworthiness_vector": {"executables": 33}}}}
        done = self.ask(self.complete(later), "--json")[0]
        self.assertEqual(done.returncode, 1)
        self.assertEqual(json.loads(done.stdout)["trustworthiness-vector"], {"executables": 33})

    def test_findings_are_shown_and_cannot_write_to_the_terminal(self):
        finding = {"claim": "executables", "cause": "bad\x1b[31m\u009b1m\nfirm\u202eware\u200b", "next-step": "update\r"}
        done = self.ask(self.complete({"submods": {"X": {"ear.status": "contraindicated",
                                                         "opentps.findings": [finding]}}}))[0]
        self.assertEqual(done.returncode, 1)
        self.assertIn("refused: executables: bad?[31m?1m?firm?ware?\n", done.stdout)
        self.assertIn("next step  update?\n", done.stdout)

    def test_another_verifiers_problem_is_shown(self):
        policy = {"ear.veraison.policy-claims": {"problem": "integrity validation failed"}}
        done = self.ask(self.complete({"submods": {"X": {"ear.status": "contraindicated", **policy}}}))[0]
        self.assertIn("integrity validation failed", done.stdout)

    def test_redirects_are_not_followed(self):
        server = self.failed({NEW: (307, {"Location": "http://127.0.0.1:1/"}, {})}, "answers 307")
        self.assertEqual(len(server.seen), 1)

    def test_a_session_elsewhere_is_refused(self):
        for location in ("http://127.0.0.1:1/session/1", "//evil/session/1", "/admin", "session/../../x", "session/",
                         "session/1?x", ""):
            server = self.failed({NEW: (201, {"Location": location}, OPENED[2])}, "lies where it may not")
            self.assertEqual(len(server.seen), 1, location)

    def test_a_session_as_path_or_url_is_taken(self):
        script = self.complete(affirming())
        script[NEW] = (201, {"Location": "/challenge-response/v1/session/1"}, OPENED[2])
        self.assertEqual(self.ask(script)[0].returncode, 0)
        script[NEW] = lambda handler: (201, {"Location": handler.server.url + "/challenge-response/v1/session/1"},
                                       OPENED[2])
        self.assertEqual(self.ask(script)[0].returncode, 0)

    def test_nonsense_is_named(self):
        for body in (b"", b"{", b"[]", b"\xff", b'{"nonce":1}', b'{"nonce":""}', b'{"nonce":"AA"}', b'{"nonce":"!!!!"}',
                     json.dumps({"nonce": b64(bytes(65))}).encode(), b'{"nonce":"AAAA","nonce":"AAAA"}'):
            self.failed({NEW: (201, {"Location": "session/1"}, body)}, "no nonce")
        for body in (b"", b"{}", b'{"status":"failed"}', b'{"status":"complete"}', b'{"result":7}'):
            self.failed({NEW: OPENED, SESSION: (200, {}, body)}, "without a result")
        for jwt in ("", "x", "a.b.c", "..", make_jwt([]), make_jwt({}), make_jwt({"submods": {}}),
                    make_jwt({"submods": {"A": {}, "B": {}}}), make_jwt({"submods": {"A": 1}})):
            self.failed({NEW: OPENED, SESSION: (200, {}, {"status": "complete", "result": jwt})}, "result")

    def test_a_refusal_is_passed_on(self):
        problem = {"title": "Forbidden", "detail": "this tenant is closed", "next_step": "ask its operator"}
        self.failed({NEW: (403, {}, problem)}, "answers 403: this tenant is closed: ask its operator")
        self.failed({NEW: OPENED, SESSION: (415, {}, b"")}, "answers 415")

    def test_an_answer_without_end_is_cut(self):
        self.failed({NEW: (201, {}, b"x" * (300 << 10))}, "larger than")

    def test_urls_that_cannot_be_used_are_refused_before_anything_is_asked(self):
        for url in ("http://example.com", "http://127.0.0.1.example.com", "ftp://127.0.0.1", "file:///etc/passwd", "x",
                    "", "http://", "https://user@127.0.0.1", "http://127.0.0.1/?x", "http://127.0.0.1/#x", "http://[::2]",
                    "http://10.0.0.1"):
            done = self.attest(url)
            self.assertEqual(done.returncode, 2, url)
            self.assertIn("cannot be used", done.stderr)
        self.assertIn("no tenant's name", self.attest("http://127.0.0.1:1", "--tenant", "../x").stderr)

    def test_a_server_that_is_not_there_is_named(self):
        server = Fake({})
        server.shutdown()
        server.server_close()
        done = self.attest(server.url)
        self.assertEqual(done.returncode, 2)
        self.assertIn("does not answer", done.stderr)

    def test_tls_to_a_server_that_speaks_none_is_named(self):
        server = Fake({})
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        done = self.attest(server.url.replace("http:", "https:"))
        self.assertEqual(done.returncode, 2)
        self.assertIn("no TLS connection can be made", done.stderr)


class WithTheServer(Attest):
    """The whole way: maker, device, provider."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        store, port = os.path.join(cls.folder.name, "store.db"), os.path.join(cls.folder.name, "port")
        client.run(TPS, "tenant", "create", "lights", "--store", store)
        client.run(TPS, "tenant", "trust", "lights", os.path.join(cls.maker, "ca.pem"), "--store", store)
        endorsements = os.path.join(cls.maker, "endorsements")
        for name in sorted(os.listdir(endorsements)):
            client.run(TPS, "tenant", "endorse", "lights", os.path.join(endorsements, name), "--store", store)
        with open(os.path.join(cls.folder.name, "server.log"), "wb") as log:
            cls.server = subprocess.Popen([TPS, "serve", "--store", store, "--listen", "127.0.0.1:0", "--port-file",
                                           port, "--demo"], stdout=log, stderr=log)
        for _ in range(200):
            if os.path.exists(port) and os.path.getsize(port):
                break
            time.sleep(0.05)
        with open(port, encoding="utf-8") as file:
            cls.url = "http://127.0.0.1:%s" % file.read().strip()

    @classmethod
    def tearDownClass(cls):
        cls.server.send_signal(signal.SIGTERM)
        cls.server.wait(30)
        super().tearDownClass()

    def test_a_device_is_accepted_until_its_firmware_is_changed(self):
        image = os.path.join(self.device, "firmware", "application.bin")
        for profile in ("psa", "opentps"):
            done = self.attest(self.url, "--tenant", "lights", "--profile", profile)
            self.assertEqual(done.returncode, 0, done)
            self.assertIn("affirming: ", done.stdout)
            self.assertIn("INSECURE", done.stdout)

        with open(image, "rb") as file:
            original = file.read()
        client.run(TPS, "device", "stop", self.device)
        other = os.path.join(self.folder.name, "changed.bin")
        with open(other, "wb") as file:
            file.write(bytes([original[0] ^ 1]) + original[1:])
        client.run(TPS, "device", "flash", self.device, other)
        for profile in ("psa", "opentps"):
            done = self.attest(self.url, "--tenant", "lights", "--profile", profile)
            self.assertEqual(done.returncode, 1, done)
            self.assertRegex(done.stdout, r"^refused: executables: .*application")
            self.assertIn("next step", done.stdout)

        result = json.loads(self.attest(self.url, "--tenant", "lights", "--json").stdout)
        self.assertNotEqual(result["status"], "affirming")
        self.assertGreaterEqual(result["trustworthiness-vector"]["executables"], 32)
        client.run(TPS, "device", "stop", self.device)
        with open(image, "wb") as file:
            file.write(original)
        self.assertEqual(self.attest(self.url, "--tenant", "lights").returncode, 0)

    def test_a_device_is_accepted_by_the_key_that_its_code_certifies(self):
        done = self.attest(self.url, "--tenant", "lights", "--ak")
        self.assertEqual(done.returncode, 0, done)
        self.assertIn("affirming: ", done.stdout)
        done = self.attest(self.url, "--tenant", "lights", "--ak", "--profile", "psa")
        self.assertEqual(done.returncode, 2, done)
        self.assertIn("this key does not sign evidence of this profile", done.stderr)

    def test_a_tenant_that_is_not_there_is_named(self):
        done = self.attest(self.url, "--tenant", "nobody")
        self.assertEqual(done.returncode, 2)
        self.assertIn("404", done.stderr)


if __name__ == "__main__":
    TPS = os.path.join(os.path.abspath(sys.argv[1]), "tps")
    unittest.main(argv=sys.argv[:1], verbosity=1)
