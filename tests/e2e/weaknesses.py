# SPDX-License-Identifier: Apache-2.0
"""What verifiers before this one were found to get wrong, a test each (docs/compared.md): what only a running server, or the
program, can show. Evidence and endorsements are made without our code. The library's part is tests/unit/verifier_weaknesses.c.

Usage: weaknesses.py PATH_OF_TPS PATH_OF_COUNTED_SERVE
"""
import concurrent.futures
import http.client
import json
import os
import pathlib
import re
import socket
import struct
import subprocess
import sys
import tempfile
import time
import unittest

import cbor2

import verify_cli as maker  # takes PATH_OF_TPS
import server_support
from server_support import NEW_SESSION, SUBMIT, Server, base64url, jwt_payload, tps

COUNTED_SERVE = sys.argv.pop(1)
server_support.PROGRAM = maker.TPS

ROOT = pathlib.Path(__file__).resolve().parents[2]
PSA_TYPES = ('application/eat+cwt; eat_profile="tag:psacertified.org,2023:psa#tfm"', "application/psa-attestation-token")
EAT_TYPE = 'application/eat+cwt; eat_profile="tag:opentps.org,2026:device"'
ENDORSED = [maker.BOOT, maker.APP]
KEY = maker.new_key()
CORIM = maker.corim(ENDORSED, [KEY])
CORIM_TYPE = 'application/rim+cbor; profile="tag:arm.com,2025:psa#1.0.0"'


def evidence(make, nonce, components=ENDORSED, **labels):
    claims = {**make(KEY, components), 10: nonce}
    claims.update({int(label[1:]): value for label, value in labels.items()})
    return maker.sign1(cbor2.dumps({k: v for k, v in claims.items() if v is not None}), KEY)


def psa(nonce, components=ENDORSED, **labels):
    return evidence(maker.psa_claims, nonce, components, **labels)


def eat(nonce, components=ENDORSED, **labels):
    return evidence(maker.eat_claims, nonce, components, **labels)


def decode(text):
    return maker.base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def submodules(answer):
    return jwt_payload(answer.json()["result"])["submods"]


def findings(answer):
    return [f["name"] for part in submodules(answer).values() for f in part["opentps.findings"]]


def statuses(answer):
    return [part["ear.status"] for part in submodules(answer).values()]


class OnServer(unittest.TestCase):
    """One server with two tenants, of which alice knows the device."""

    @classmethod
    def setUpClass(cls):
        cls.server = Server()
        for name in "alice", "bob":
            tps("tenant", "create", name, "--allow-unsigned", "--open", "--store", cls.server.store)
        cls.server.start()
        cls.addClassCleanup(cls.server.__exit__)
        answer = cls.server.request("POST", "/t/alice" + SUBMIT, CORIM, CORIM_TYPE)
        assert answer.json()["status"] == "success", answer

    def session(self, tenant="/t/alice", query="", server=None):
        path, session = (server or self.server).new_session(query, tenant)
        return path, decode(session["nonce"])

    def submit(self, body, type=PSA_TYPES[0], query="?nonce=", nonce=None, server=None):
        """Evidence as the answer to a nonce of the client's."""
        path, _ = self.session(query=query + base64url(nonce), server=server)
        return (server or self.server).request("POST", path, body, type)

    # ---- 1: nonce reuse ----

    def test_weakness_01_nonce_reuse(self):
        path, nonce = self.session()
        good = psa(nonce)
        first = self.server.request("POST", path, good, PSA_TYPES[0])
        self.assertEqual(statuses(first), ["affirming"], first)
        for again in good, psa(nonce), eat(nonce), b"other":
            answer = self.server.request("POST", path, again, PSA_TYPES[0])
            self.assertEqual(answer.status, 409)
            self.assertNotIn("result", answer.json())
        other, _ = self.session()  # the same evidence in another session answers another nonce
        self.assertIn("freshness.nonce-mismatch", findings(self.server.request("POST", other, good, PSA_TYPES[0])))
        query = "?nonce=" + base64url(nonce)  # and the nonce cannot come back by way of a client
        self.assertEqual(self.server.request("POST", "/t/alice" + NEW_SESSION + query).status, 409)

    def test_weakness_01_of_many_at_once_one_is_taken(self):
        path, nonce = self.session()
        good = psa(nonce)
        with concurrent.futures.ThreadPoolExecutor(16) as pool:
            answers = list(pool.map(lambda _: self.server.request("POST", path, good, PSA_TYPES[0]).status, range(32)))
        self.assertEqual((answers.count(200), answers.count(409)), (1, 31))

    def test_weakness_01_no_request_makes_a_session_live_longer(self):
        with Server(session_lifetime_ms=2000) as server:
            waiting, session = server.new_session()
            used, _ = server.new_session()
            answer = server.request("POST", used, b"evidence", PSA_TYPES[0])
            begun = time.monotonic()
            self.assertEqual(server.request("GET", used).json()["expiry"], answer.json()["expiry"])
            while time.monotonic() - begun < 1.5:
                self.assertEqual(server.request("GET", waiting).json()["expiry"], session["expiry"])
                self.assertEqual(server.request("POST", waiting, b"", PSA_TYPES[0]).status, 400)
                self.assertEqual(server.request("POST", waiting, b"x", "text/plain").status, 415)
                time.sleep(0.1)
            time.sleep(max(0.0, 3.1 - (time.monotonic() - begun)))  # its end is a whole second, rounded up
            self.assertEqual(server.request("POST", waiting, b"evidence", PSA_TYPES[0]).status, 404)
            self.assertEqual(server.request("GET", used).status, 404)

    # ---- 2: schemes that do not compare the nonce; 3: the profile of RFC 9783 ----

    def test_weakness_02_every_profile_and_wrapper_compares_the_nonce(self):
        for make, type in ((psa, PSA_TYPES[0]), (psa, PSA_TYPES[1]), (eat, EAT_TYPE)):
            for wrap in (lambda e, t: (e, t),
                         lambda e, t: (cbor2.dumps([t, e]), "application/cmw+cbor"),
                         lambda e, t: (json.dumps([t, base64url(e)]).encode(), "application/cmw+json")):
                path, nonce = self.session()
                answer = self.server.request("POST", path, *wrap(make(nonce), type))
                self.assertEqual(statuses(answer), ["affirming"], jwt_payload(answer.json()["result"]))
                for wrong in os.urandom(32), bytes(32), nonce + nonce, nonce[:31], b"", None:
                    path, _ = self.session()
                    answer = self.server.request("POST", path, *wrap(make(wrong), type))
                    self.assertEqual(statuses(answer), ["contraindicated"])
                    self.assertTrue({"freshness.nonce-mismatch", "evidence.malformed"} & set(findings(answer)))

    def test_weakness_03_the_profile_of_rfc_9783_is_advertised_and_taken(self):
        discovery = self.server.request("GET", "/.well-known/veraison/verification").json()
        _, session = self.server.new_session()
        for type in PSA_TYPES:
            self.assertIn(type, discovery["media-types"])
            self.assertIn(type, session["accept"])
            path, nonce = self.session()
            answer = self.server.request("POST", path, psa(nonce), type)
            self.assertEqual(list(submodules(answer)), ["PSA_IOT"])
            self.assertEqual(statuses(answer), ["affirming"])

    # ---- 4: components ----

    def test_weakness_04_each_component_by_its_digest_and_signer_and_all_of_them(self):
        signer, digest = {**maker.APP, "signer": b"\x99" * 32}, {**maker.APP, "digest": b"\x99" * 32}
        swapped = [{**maker.BOOT, "digest": maker.APP["digest"]}, {**maker.APP, "digest": maker.BOOT["digest"]}]
        for components, name in (([maker.BOOT, signer], "executables.other-signer"),
                                 ([maker.BOOT, digest], "executables.unknown-measurement"),
                                 ([maker.BOOT], "executables.missing-component"),
                                 ([maker.APP], "executables.missing-component"),
                                 ([maker.APP, maker.APP], "executables.repeated-component"),
                                 (swapped, "executables.unknown-measurement"),
                                 ([*ENDORSED, {**maker.APP, "name": "more"}], "executables.unknown-component")):
            for make, type in ((psa, PSA_TYPES[0]), (eat, EAT_TYPE)):
                path, nonce = self.session()
                answer = self.server.request("POST", path, make(nonce, components), type)
                self.assertIn(name, findings(answer))
                self.assertNotIn("affirming", statuses(answer))

    # ---- 5: limits, ids, lengths ----

    def test_weakness_05_bodies_have_a_limit(self):
        path, nonce = self.session()
        for target, limit in ((path, 65536), ("/t/alice" + SUBMIT, 16 << 20), ("/t/alice" + NEW_SESSION, 65536)):
            for length in limit + 1, 10 ** 12, 2 ** 63, 2 ** 64 + 1:  # refused by its head: no byte of it is waited for
                head = f"POST {target} HTTP/1.1\r\nHost: a\r\nContent-Type: {PSA_TYPES[0]}\r\nContent-Length: {length}\r\n\r\n"
                begun = time.monotonic()
                answer = self.server.raw(head.encode())
                self.assertRegex(answer, rb"^HTTP/1\.1 4(13|00) ", (target, length))
                self.assertLess(time.monotonic() - begun, 5)
        chunk = b"8000\r\n" + bytes(0x8000) + b"\r\n"
        head = f"POST {path} HTTP/1.1\r\nHost: a\r\nContent-Type: {PSA_TYPES[0]}\r\nTransfer-Encoding: chunked\r\n\r\n"
        with socket.create_connection(("127.0.0.1", self.server.port), timeout=20) as s:
            try:
                s.sendall(head.encode() + 3 * chunk)
            except (BrokenPipeError, ConnectionResetError):
                pass
            self.assertTrue(server_support.read_to_end(s).startswith(b"HTTP/1.1 413 "))
        self.assertEqual(statuses(self.server.request("POST", path, psa(nonce), PSA_TYPES[0])), ["affirming"])

    def test_weakness_05_lengths_inside_evidence_are_checked(self):
        path, nonce = self.session()
        good = psa(nonce)
        for at in range(0, len(good) - 9, 7):
            for head in b"\x5b", b"\x9b", b"\xbb":
                bad = good[:at] + head + struct.pack(">Q", (1 << 64) - 1 - at) + good[at + 9:]
                path, _ = self.session("/t/bob")
                self.assertEqual(statuses(self.server.request("POST", path, bad, PSA_TYPES[0])), ["contraindicated"])

    def collect(self, server, count):
        """Ids and nonces of so many sessions, as numbers, in the order of their making."""
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)
        ids, nonces = [], []
        for _ in range(count):
            connection.request("POST", NEW_SESSION)
            response = connection.getresponse()
            session = json.loads(response.read())
            ids.append(int(response.headers["Location"].split("/")[1].replace("-", ""), 16))
            nonces.append(int.from_bytes(decode(session["nonce"]), "big"))
        connection.close()
        return ids, nonces

    def check_random(self, numbers, bits, fixed):
        """Each bit is one about as often as not, changes about as often as not, and no two numbers begin alike."""
        count = len(numbers)
        margin = 6.5 * count ** 0.5 / 2
        changes = [a ^ b for a, b in zip(numbers, numbers[1:])]
        for bit in set(range(bits)) - fixed:
            for list in numbers, changes:
                ones = sum(n >> bit & 1 for n in list)
                self.assertLess(abs(ones - len(list) / 2), margin, f"bit {bit}: {ones} of {len(list)}")
        ordered = sorted(numbers)
        self.assertTrue(all((a ^ b) >> (bits - 44) for a, b in zip(ordered, ordered[1:])), "two begin alike")
        rising = sum(a < b for a, b in zip(numbers, numbers[1:]))
        self.assertLess(abs(rising - count / 2), margin)  # no time, no counter

    def test_weakness_05_session_ids_and_nonces_cannot_be_guessed(self):
        ids, nonces = self.collect(self.server, 1000)
        with Server() as other:  # begun at another time by another process: nothing of it shows
            more = self.collect(other, 200)
        # The first bytes of both tell when the session ends, and of an id when it was made (spec/session-id.md).
        version_place_and_variant = {*range(76, 80), 61, 62, 63}
        self.check_random([id % 2 ** 80 for id in ids + more[0]], 76, version_place_and_variant)
        self.check_random([nonce % 2 ** 216 for nonce in nonces + more[1]], 216, set())

    # ---- 6: results without an end ----

    def test_weakness_06_results_end_in_every_generation_as_jwt_and_as_cwt(self):
        for generation in "2023", "2025", "2026":
            for form in "", "-cwt":
                with Server("--ear", generation + form, session_lifetime_ms=60000) as server:
                    path, _ = server.new_session()
                    result = server.request("POST", path, b"evidence", PSA_TYPES[0]).json()["result"]
                if form:
                    claims = cbor2.loads(cbor2.loads(decode(result)).value[2])
                    issued, ends = claims[6], claims[4]
                else:
                    claims = jwt_payload(result)
                    issued, ends = claims["iat"], claims["exp"]
                self.assertIs(type(ends), int)
                self.assertEqual(ends - issued, 60)
                self.assertLess(abs(issued - time.time()), 10)

    # ---- 8: what was asked for and not done ----

    def test_weakness_08_health_and_readiness_are_told(self):
        self.assertEqual(self.server.request("GET", "/healthz").status, 200)
        self.assertEqual(self.server.request("GET", "/readyz").status, 200)

    def test_weakness_08_tenants_have_everything_of_their_own(self):
        answers = {}
        for tenant in "alice", "bob":
            path, nonce = self.session("/t/" + tenant)
            answers[tenant] = self.server.request("POST", path, psa(nonce), PSA_TYPES[0])
            for other in "/t/" + {"alice": "bob", "bob": "alice"}[tenant], "":
                elsewhere = other + path.replace("/t/" + tenant, "")
                self.assertEqual(self.server.request("GET", elsewhere).status, 404)
                self.assertEqual(self.server.request("DELETE", elsewhere).status, 404)
        self.assertEqual(statuses(answers["alice"]), ["affirming"])
        self.assertEqual(statuses(answers["bob"]), ["contraindicated"])  # whom alice trusts is nothing to bob
        self.assertIn("instance-identity.unknown-signer", findings(answers["bob"]))

    def test_weakness_08_parts_of_a_device_are_appraised_each_by_itself(self):
        path, nonce = self.session()
        bad = eat(nonce, [maker.BOOT])
        collection = {"main": [PSA_TYPES[0], psa(nonce)], "radio": [EAT_TYPE, bad]}
        answer = self.server.request("POST", path, cbor2.dumps(collection), "application/cmw+cbor")
        parts = submodules(answer)
        self.assertEqual(set(parts), {"main", "radio"}, parts)
        self.assertNotEqual(parts["radio"]["ear.status"], "affirming")
        self.assertIn("executables.missing-component", findings(answer))

    def test_weakness_08_who_asks_too_much_is_told_when_to_come_back(self):
        with Server() as server:
            settings = server.folder / "settings.json"
            settings.write_text('{"client_requests_per_second": 10}')
            tps("tenant", "create", "busy", "--store", server.store)
            tps("tenant", "set", "busy", settings, "--store", server.store)
            answer = None
            end = time.monotonic() + 10
            while (answer is None or answer.status != 429) and time.monotonic() < end:
                answer = server.request("POST", "/t/busy" + NEW_SESSION)
            self.assertEqual(answer.status, 429)
            self.assertGreater(int(answer.fields["Retry-After"]), 0)
            self.assertIn("next_step", answer.json())
            self.assertEqual(server.request("POST", NEW_SESSION).status, 201)  # another tenant's rate is its own

    # ---- 9: setting it up ----

    def test_weakness_09_one_process_by_one_command_in_two_seconds(self):
        taken = []
        for _ in range(3):  # the best of three: others may keep this machine busy
            begun = time.monotonic()
            with Server() as server:
                ready = server.request("GET", "/readyz").status
                taken.append(time.monotonic() - begun)
                self.assertEqual(ready, 200)
                children = pathlib.Path(f"/proc/{server.process.pid}/task/{server.process.pid}/children")
                if children.exists():
                    self.assertEqual(children.read_text().strip(), "")
                path, _ = server.new_session()  # at once of use: nothing else has to be set up
                self.assertEqual(server.request("POST", path, b"evidence", PSA_TYPES[0]).status, 200)
                self.assertEqual({p.name for p in server.folder.iterdir()} - {"port", "log"},
                                 {"store.db", "store.db-wal", "store.db-shm"})
        self.assertLess(min(taken), 2, taken)

    # ---- 10: refusals ----

    def check_words(self, words):
        self.assertGreater(len(re.findall("[A-Za-z]", words)), 5, words)
        self.assertIn(" ", words)
        self.assertNotRegex(words.lower(), r"internal error|unknown error|0x[0-9a-f]{2}\b|assert")

    def test_weakness_10_every_problem_has_a_title_a_cause_and_a_next_step(self):
        used, _ = self.session()
        self.server.request("POST", used, b"evidence", PSA_TYPES[0])
        waiting, nonce = self.session()
        requests = [("POST", used, b"evidence", PSA_TYPES[0], 409), ("POST", waiting, b"", PSA_TYPES[0], 400),
                    ("POST", waiting, b"x", "text/plain", 415), ("POST", waiting, b"x", None, 415),
                    ("POST", waiting, psa(nonce), EAT_TYPE, 400), ("POST", waiting, b"x", "application/cmw+cbor", 400),
                    ("POST", waiting, bytes(65537), PSA_TYPES[0], 413), ("PUT", waiting, b"x", PSA_TYPES[0], 405),
                    ("GET", "/t/alice/challenge-response/v1/session/1", None, None, 404), ("GET", "/x", None, None, 404),
                    ("GET", "/t/carol/.well-known/jwks.json", None, None, 404), ("BREW", "/", None, None, 501),
                    ("POST", NEW_SESSION + "?nonce=!", None, None, 400), ("POST", SUBMIT, CORIM, CORIM_TYPE, 401),
                    ("POST", "/t/alice" + SUBMIT, CORIM, "application/rim+cbor", 400),
                    ("GET", "/" + "x" * 9000, None, None, 414)]
        for method, path, body, type, status in requests:
            answer = self.server.request(method, path, body, type)
            self.assertEqual(answer.status, status, (method, path[:80], answer))
            self.assertEqual(answer.fields["Content-Type"], "application/problem+json")
            problem = answer.json()
            self.assertEqual(problem["status"], status)
            self.assertTrue(problem["title"])
            self.check_words(problem["detail"])
            self.check_words(problem["next_step"])
        refused = self.server.request("POST", "/t/alice" + SUBMIT, b"\xd9\x01\xf5\xa0", CORIM_TYPE).json()
        cause, next_step = refused["failure-reason"].split(": ", 1)
        self.check_words(cause)
        self.check_words(next_step)

    def test_weakness_10_every_finding_in_results_has_a_cause_and_a_next_step(self):
        seen = set()
        for body in (b"x", psa(b"n" * 32), psa(bytes(32), [maker.BOOT]), psa(bytes(32), _2395=0x2000), eat(bytes(32), _263=0),
                     eat(bytes(32), _263=1), eat(bytes(32), _262=False), eat(bytes(32), _259=b"other"), eat(bytes(32), _10=7),
                     eat(bytes(32), _4=1), maker.sign1(b"\xa0", KEY), maker.sign1(b"\xa0", maker.new_key()),
                     psa(bytes(32))[:-1] + b"x", psa(bytes(32), _256=b"\x01" + bytes(32))):
            path, nonce = self.session()
            answer = self.server.request("POST", path, body.replace(bytes(32), nonce), PSA_TYPES[1])
            if answer.status != 200:  # another profile than its type: then as it is
                answer = self.server.request("POST", path, body, EAT_TYPE)
            for part in submodules(answer).values():
                for finding in part["opentps.findings"]:
                    seen.add(finding["name"])
                    self.check_words(finding["cause"])
                    self.check_words(finding["next-step"])
                self.assertTrue(part["opentps.findings"] or part["ear.status"] == "affirming")
        self.assertGreaterEqual(len(seen), 3, seen)


class Counted(unittest.TestCase):
    """`tps serve` with a counter in SQLite's place."""

    NAMES = ("reads", "loads", "on_loop", "scanned", "work")

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="tps-counted-")
        self.addCleanup(folder.cleanup)
        self.counters = pathlib.Path(folder.name) / "counters"
        self.server = Server(folder=folder.name)
        tps("tenant", "create", "alice", "--allow-unsigned", "--open", "--store", self.server.store)
        os.environ["TPS_COUNTERS"] = str(self.counters)
        server_support.PROGRAM = COUNTED_SERVE
        try:
            self.server.start()
        finally:
            server_support.PROGRAM = maker.TPS
            del os.environ["TPS_COUNTERS"]
        self.addCleanup(self.server.stop)

    def read(self):
        return dict(zip(self.NAMES, struct.unpack("=5Q", self.counters.read_bytes())))

    def appraise(self, times):
        """What so many appraisals, one after another, cost the store. Each is affirming."""
        before = self.read()
        for _ in range(times):
            path, session = self.server.new_session("", "/t/alice")
            answer = self.server.request("POST", path, psa(decode(session["nonce"])), PSA_TYPES[0])
            self.assertEqual(statuses(answer), ["affirming"])
        return {name: value - before[name] for name, value in self.read().items()}

    def test_weakness_07_an_appraisal_reads_nothing_from_the_store_and_costs_the_same_when_it_has_grown(self):
        answer = self.server.request("POST", "/t/alice" + SUBMIT, CORIM, CORIM_TYPE)
        self.assertEqual(answer.json()["status"], "success", answer)
        path, _ = self.server.new_session("", "/t/alice")
        self.server.request("GET", path)
        self.assertGreater(self.read()["reads"], 0)  # the counter counts
        self.appraise(100)  # more than each commit looks at for old results
        few = self.appraise(50)
        self.assertEqual((few["reads"], few["on_loop"]), (0, 0), few)
        self.appraise(400)
        for i in range(20):  # and endorsements of other devices come in
            other = maker.corim([], [maker.new_key()])
            self.assertEqual(self.server.request("POST", "/t/alice" + SUBMIT, other, CORIM_TYPE).json()["status"], "success")
        many = self.appraise(50)
        self.assertEqual((many["reads"], many["on_loop"]), (0, 0), many)
        self.assertEqual(many["scanned"], few["scanned"])
        self.assertLess(abs(many["work"] - few["work"]), few["work"] / 50, (few, many))

    def test_weakness_07_many_at_once_are_all_answered(self):
        self.server.request("POST", "/t/alice" + SUBMIT, CORIM, CORIM_TYPE)

        def one(_):
            path, session = self.server.new_session("", "/t/alice")
            return statuses(self.server.request("POST", path, psa(decode(session["nonce"])), PSA_TYPES[0]))

        with concurrent.futures.ThreadPoolExecutor(32) as pool:
            answers = list(pool.map(one, range(320)))
        self.assertEqual(answers, [["affirming"]] * 320)
        self.assertNotIn("locked", self.server.log_text())


class OnTheCommandLine(unittest.TestCase):
    file = maker.Verify.file
    run_tps = maker.Verify.run_tps
    verify = maker.Verify.verify

    def setUp(self):
        maker.Verify.setUp(self)
        self.endorsements = ["--endorsements", self.file(CORIM)]

    def names(self, result):
        return [finding["name"] for finding in result["findings"]]

    def test_weakness_03_the_profile_of_rfc_9783_is_taken(self):
        self.assertEqual(self.verify(psa(maker.NONCE), *self.endorsements)[0], 0)

    def test_weakness_08_freshness_by_time_and_by_epoch(self):
        key = self.file(os.urandom(32))
        for asked, checked in ((["--context", "session 7"], ["--freshness", "time", "--context", "session 7"]),
                               (["--period", "600"], ["--freshness", "epoch", "--period", "600"])):
            nonce = decode(tps("nonce", "--nonce-key", key, *asked).stdout.strip())
            path = self.file(psa(nonce))
            good = self.run_tps(path, *self.endorsements, "--nonce-key", key, *checked)
            self.assertEqual(good.returncode, 0, good.stdout + good.stderr)
            other = self.run_tps(path, *self.endorsements, "--nonce-key", self.file(os.urandom(32)), *checked)
            self.assertEqual(other.returncode, 1)
            self.assertIn("next step", other.stdout)

    def test_weakness_08_what_is_revoked_counts_no_more(self):
        good = psa(maker.NONCE)
        for kind, value, name in (("device", maker.ueid(KEY), "instance-identity.revoked"),
                                  ("image", maker.APP["digest"], "executables.known-bad")):
            entry = {"kind": kind, "value": value.hex(), "reason": "a test"}
            revoked = self.file(json.dumps({"revoked": [entry]}).encode())
            code, result = self.verify(good, *self.endorsements, "--revoked", revoked)
            self.assertEqual(code, 1)
            self.assertIn(name, self.names(result))

    def test_weakness_10_every_finding_in_the_source_has_a_page(self):
        """Whoever gets a finding by its name can look up what it means: each is in spec/ear-extensions.md."""
        claim = "evidence|freshness|instance-identity|configuration|executables|file-system|hardware|policy"
        pattern = re.compile(rf'"((?:{claim})\.[a-z][a-z0-9-]*)"')
        named = set()
        for path in (ROOT / "src" / "verifier").rglob("*.c"):
            if not path.name.startswith("view"):  # what policies see has such names, too
                named |= set(pattern.findall(path.read_text(encoding="utf-8")))
        self.assertGreater(len(named), 60)
        page = (ROOT / "spec" / "ear-extensions.md").read_text(encoding="utf-8")
        self.assertEqual(sorted(name for name in named if f"`{name}`" not in page), [])

    def test_weakness_10_no_problem_of_the_server_is_without_words(self):
        calls = 0
        for path in (ROOT / "src" / "server").glob("*.c"):
            text = path.read_text(encoding="utf-8")
            for call in re.findall(r"tps_http_answer_problem\((.*?)\);", text, re.DOTALL):
                calls += 1
                self.assertNotRegex(call, r'""|, NULL, NULL|, 0, NULL', f"{path.name}: {call}")
        self.assertGreater(calls, 10)

    def test_dloa_a_device_that_must_be_certified_and_is_not_is_refused(self):
        text = tps("policy", "default").stdout.replace('name = "default"', 'name = "certain"')
        self.assertIn("certified = false", text)
        policy = self.file(text.replace("certified = false", "certified = true").encode())
        letters = [["https://dloa.example", "lamp 7"]]
        code, result = self.verify(psa(maker.NONCE, _269=letters), *self.endorsements, "--policy", policy)
        self.assertEqual(code, 1)
        self.assertEqual(self.names(result), ["hardware.not-certified"])
        environment = {0: {0: cbor2.CBORTag(560, maker.CLASS)}}
        values = {1: [[environment, [{0: "opentps.certification", 1: {11: "SESIP 2"}}]]]}
        certified = self.file(cbor2.dumps(cbor2.CBORTag(501, {0: "certified", 1: [maker.comid(values)]})))
        code, result = self.verify(psa(maker.NONCE), *self.endorsements, "--endorsements", certified, "--policy", policy)
        self.assertEqual(code, 0, result)

    def test_dloa_is_read_and_given_to_policies(self):
        policy = self.file(b"""policy { name = "letters", version = "1" }
local letter = (evidence.dloas or {})[1]
if letter == nil or letter.registrar ~= "https://dloa.example" then
    refuse { claim = "hardware", name = "hardware.no-letter", cause = "no letter of approval", next_step = "ask for one" }
end
""")
        for make in psa, eat:
            for letters, expected in (([["https://dloa.example", "lamp 7"]], []), (None, ["hardware.no-letter"]),
                                      ([["https://dloa.other", "lamp 7"]], ["hardware.no-letter"]), (7, ["policy.failed"])):
                more = {} if letters is None else {"_269": letters}
                code, result = self.verify(make(maker.NONCE, **more), *self.endorsements, "--policy", policy)
                self.assertEqual((code, self.names(result)), (1 if expected else 0, expected))


if __name__ == "__main__":
    unittest.main()
