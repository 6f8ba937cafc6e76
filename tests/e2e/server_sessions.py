# SPDX-License-Identifier: Apache-2.0
"""Sessions of challenge-response over nodes, restarts and clocks that jump; results that come later; appraisals for relying
parties. server_interface.py has what a single client sees."""

import base64
import contextlib
import glob
import json
import os
import pathlib
import sqlite3
import threading
import time
import unittest
import uuid

import cbor2

import server_support
from server_support import NEW_SESSION, PSA_NONCE, PSA_TYPE, Server, base64url, jwt_payload, tiers, tps, vector

APPRAISALS = "/api/v1/appraisals"
ASYNC = {"Prefer": "respond-async"}
SESSION_PATH = "/challenge-response/v1/session/"


def decode(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def expiry(path):
    """When a session ends, by its id (spec/session-id.md)."""
    return int.from_bytes(uuid.UUID(path.rsplit("/", 1)[1]).bytes[:4], "big")


class Sessions(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server()
        tps("tenant", "create", "alice", "--store", cls.server.store)
        cls.server.start()

    @classmethod
    def tearDownClass(cls):
        cls.server.__exit__()

    def rows(self, path):
        """How many rows the store has of a session."""
        with contextlib.closing(sqlite3.connect(f"file:{self.server.store}?mode=ro", uri=True)) as db:
            return db.execute("SELECT count(*) FROM sessions WHERE session=?",
                              (uuid.UUID(path.rsplit("/", 1)[1]).bytes,)).fetchone()[0]

    def wait_for(self, path, status="complete", seconds=20):
        end = time.monotonic() + seconds
        while (answer := self.server.request("GET", path)).json().get("status") != status and time.monotonic() < end:
            time.sleep(0.02)
        self.assertEqual(answer.json().get("status"), status, answer)
        return answer

    def test_a_session_of_ours_is_written_with_its_evidence_and_not_before(self):
        path, session = self.server.new_session()
        self.assertEqual(self.rows(path), 0)
        self.assertEqual(decode(session["nonce"])[:5], b"\0" + uuid.UUID(path.rsplit("/", 1)[1]).bytes[:4])
        self.assertLess(abs(expiry(path) - time.time() - 300), 10)
        self.assertEqual(self.server.request("POST", path, b"x", PSA_TYPE).status, 200)
        self.assertEqual(self.rows(path), 1)
        other, _ = self.server.new_session("?nonceSize=48")
        self.assertEqual(self.rows(other), 1)
        usual, _ = self.server.new_session("?nonceSize=32")
        self.assertEqual(self.rows(usual), 0)

    def test_a_session_takes_evidence_once_however_many_come_at_once(self):
        for query in "", "?nonceSize=20", "?nonce=" + base64url(os.urandom(20)):
            path, _ = self.server.new_session(query)
            answers = []

            def post():
                answers.append(self.server.request("POST", path, b"x", PSA_TYPE).status)

            threads = [threading.Thread(target=post) for _ in range(12)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            self.assertEqual(sorted(answers), [200] + [409] * 11)

    def test_a_nonce_of_ours_is_nobodys_own_however_short(self):
        for size in 8, 15, 16, 33, 64:
            for fields in {}, ASYNC:
                path, session = self.server.new_session(f"?nonceSize={size}")
                again, _ = (path, None) if size > 15 else self.server.new_session("?nonce=" + session["nonce"])
                self.assertEqual(self.server.request("POST", path, b"x", PSA_TYPE, fields).status, 202 if fields else 200)
                self.assertEqual(self.server.request("POST", NEW_SESSION + "?nonce=" + session["nonce"]).status, 409)
                self.assertEqual(self.server.request("POST", again, b"x", PSA_TYPE).status, 409)
                self.assertEqual(self.wait_for(path).json()["nonce"], session["nonce"])

    def test_ids_that_were_not_given_out_are_unknown(self):
        path, _ = self.server.new_session()
        id = uuid.UUID(path.rsplit("/", 1)[1]).bytes
        for bit in range(128):
            changed = bytearray(id)
            changed[bit // 8] ^= 1 << bit % 8
            wrong = SESSION_PATH + str(uuid.UUID(bytes=bytes(changed)))
            self.assertEqual(self.server.request("GET", wrong).status, 404)
            self.assertEqual(self.server.request("POST", wrong, b"x", PSA_TYPE).status, 404)
            self.assertEqual(self.server.request("DELETE", wrong).status, 404)

    def test_what_was_deleted_takes_nothing(self):
        for query in "", "?nonceSize=20":
            path, _ = self.server.new_session(query)
            self.assertEqual(self.server.request("DELETE", path).status, 204)
            self.assertEqual(self.server.request("GET", path).status, 404)
            self.assertIn(self.server.request("POST", path, b"x", PSA_TYPE).status, (404, 409))
            self.assertEqual(self.server.request("DELETE", path).status, 404)

    def test_a_complete_session_has_a_tag(self):
        path, _ = self.server.new_session()
        self.assertNotIn("ETag", self.server.request("GET", path).fields)
        self.server.request("POST", path, b"x", PSA_TYPE)
        answer = self.server.request("GET", path)
        self.assertEqual(answer.status, 200)
        tag = answer.fields["ETag"]
        for condition, status in ((tag, 304), ("W/" + tag, 304), ("*", 304), ('"other"', 200), ('"other", ' + tag, 304)):
            again = self.server.request("GET", path, fields={"If-None-Match": condition})
            self.assertEqual(again.status, status, condition)
            self.assertEqual(again.fields["ETag"], tag)
            self.assertEqual(again.body, b"" if status == 304 else answer.body)

    def test_results_can_come_later(self):
        for query in "", "?nonceSize=64", "?nonce=" + base64url(os.urandom(30)):
            for prefer in "respond-async", "wait=10, Respond-Async", 'foo="bar"; x, respond-async':
                path, session = self.server.new_session(query)
                answer = self.server.request("POST", path, b"rubbish", PSA_TYPE, {"Prefer": prefer})
                self.assertEqual(answer.status, 202)
                self.assertEqual(answer.json()["status"], "processing")
                self.assertEqual(answer.json()["nonce"], session["nonce"])
                self.assertEqual(answer.fields["Location"], path.rsplit("/", 1)[1])
                self.assertGreater(int(answer.fields["Retry-After"]), 0)
                self.assertEqual(answer.fields["Preference-Applied"], "respond-async")
                self.assertEqual(self.server.request("POST", path, b"rubbish", PSA_TYPE).status, 409)
                done = self.wait_for(path)
                self.assertEqual(done.json()["evidence"], {"type": PSA_TYPE})
                claims = jwt_payload(done.json()["result"])
                self.assertEqual(claims["eat_nonce"], session["nonce"])
                self.assertEqual(set(tiers(done).values()), {"contraindicated"})
                if "nonce=" in query:
                    query = "?nonce=" + base64url(os.urandom(30))
        path, _ = self.server.new_session()
        for prefer in "respond-asynchronously", "handling=respond-async", "return=minimal":
            self.assertEqual(self.server.request("POST", path, b"", PSA_TYPE, {"Prefer": prefer}).status, 400)
        self.assertEqual(self.server.request("POST", path, b"x", PSA_TYPE, {"Prefer": "handling=respond-async"}).status, 200)

    def test_each_type_is_taken_in_its_own_form_only(self):
        forms = {"cwt": b"\xd2\x84", "jwt": b"eyJhbGciOiJFUzI1NiJ9.e30.AAAA", "bundle": b"\xd9\x02\x5a\x82\x40\xa0",
                 "json": b'[["JWT",""],{}]'}
        device = '; eat_profile="tag:opentps.org,2026:device"'
        types = {"application/eat+cwt": "cwt", 'application/eat+cwt; eat_profile="tag:opentps.org,2026:dice"': "cwt",
                 "application/eat+cwt" + device: "cwt", "application/eat+jwt": "jwt", "application/eat+jwt" + device: "jwt",
                 "application/eat-bun+cbor": "bundle", "application/eat-bun+json": "json"}
        _, session = self.server.new_session()
        self.assertLessEqual(set(types), set(session["accept"]))
        for type, form in types.items():
            for name, body in forms.items():
                path, _ = self.server.new_session()
                answer = self.server.request("POST", path, body, type)
                self.assertEqual(answer.status, 200 if name == form else 400, (type, name))
        for type in "application/vnd.opentps.tpm2-quote+cbor", "application/vnd.enacttrust.tpm-evidence":
            self.assertIn(type, session["accept"])
            path, _ = self.server.new_session()
            for body in forms.values():
                self.assertEqual(self.server.request("POST", path, body, type).status, 400)

    def test_evidence_of_a_tpm_may_be_larger_for_its_event_log(self):
        quote = cbor2.loads(bytes.fromhex((server_support.ROOT / "spec/examples/tpm-evidence-quote.hex").read_text()))
        quote[7] = bytes(700000)
        evidence, type = cbor2.dumps(quote, canonical=True), "application/vnd.opentps.tpm2-quote+cbor"
        for body, media in ((evidence, type), (cbor2.dumps([type, evidence]), "application/cmw+cbor")):
            path, _ = self.server.new_session()
            answer = self.server.request("POST", path, body, media)
            self.assertEqual(answer.status, 200, answer)
            self.assertNotIn("value", answer.json()["evidence"])
            self.assertEqual(list(tiers(answer)), ["TPM2"], jwt_payload(answer.json()["result"]))
        path, _ = self.server.new_session()
        wrapped = json.dumps([type, base64url(evidence)]).encode()
        for body, media in ((b"x" * 65537, PSA_TYPE), (wrapped, "application/cmw+json"), (b"x" * (1 << 20) + b"x", type)):
            self.assertEqual(self.server.request("POST", path, body, media).status, 413, media)
        self.assertEqual(self.server.request("POST", path, b"x" * 65536, PSA_TYPE).status, 200)

    def test_a_store_that_is_busy_for_too_long_spends_no_session(self):
        path, _ = self.server.new_session()
        with contextlib.closing(sqlite3.connect(self.server.store, isolation_level=None)) as db:
            db.execute("BEGIN IMMEDIATE")
            answer = self.server.request("POST", path, b"x", PSA_TYPE)
            self.assertEqual(answer.status, 503)
            self.assertGreater(int(answer.fields["Retry-After"]), 0)
            later = self.server.request("POST", path, b"x", PSA_TYPE, ASYNC)
            self.assertEqual(later.status, 503)
            self.assertEqual(self.server.request("GET", path).json()["status"], "waiting")
            db.execute("ROLLBACK")
        self.assertEqual(self.server.request("POST", path, b"x", PSA_TYPE).status, 200)
        self.assertEqual(self.server.request("POST", path, b"x", PSA_TYPE).status, 409)

    def test_work_that_was_left_behind_and_that_nobody_can_do_fails_and_says_why(self):
        path, _ = self.server.new_session()
        id = uuid.UUID(path.rsplit("/", 1)[1]).bytes
        with contextlib.closing(sqlite3.connect(self.server.store)) as db:  # as a newer version might have left it
            db.execute("INSERT INTO sessions SELECT (?<<22)+4000000,?,id,2,0,0,0,?,'text/plain',x'',x'',x'78' FROM tenants"
                       " WHERE name='default'", (expiry(path), id, bytes(32)))
            db.commit()
        failed = self.wait_for(path, "failed", 30).json()
        self.assertIn("type", failed["failure-reason"])
        self.assertNotIn("result", failed)
        self.assertEqual(self.server.request("POST", path, b"x", PSA_TYPE).status, 409)
        self.assertEqual(self.server.request("DELETE", path).status, 204)

    def test_a_service_is_one_line_of_text(self):
        path, _ = self.server.new_session()
        for query in "?service=", "?service=a&service=b", "?service=a%0Ab", "?service=a%00", "?service=" + "a" * 600:
            self.assertEqual(self.server.request("POST", path + query, b"x", PSA_TYPE).status, 400, query)
        self.assertEqual(self.server.request("POST", path + "?service=doors", b"x", PSA_TYPE).status, 200)

    def test_claims_are_repeated_only_where_the_tenant_says_so(self):
        evidence = vector("psa-evidence.cbor")
        said = []
        for name, settings in (("silent", {}), ("telling", {"annotated": True})):
            file = self.server.folder / f"{name}.json"
            file.write_text(json.dumps({"allow_unsigned": True, "open": True, **settings}))
            tps("tenant", "create", name, "--store", self.server.store)
            tps("tenant", "set", name, file, "--store", self.server.store)
            tps("tenant", "endorse", name, server_support.VECTORS / "psa-endorsements.cbor", "--store", self.server.store)
            end = time.monotonic() + 20
            result = {}
            while "nonce-mismatch" not in json.dumps(result) and time.monotonic() < end:  # until all of it is in force
                answer = self.server.request("POST", f"/t/{name}" + NEW_SESSION)
                if answer.status == 201:
                    path = f"/t/{name}/challenge-response/v1/" + answer.fields["Location"]
                    result = jwt_payload(self.server.request("POST", path, evidence, PSA_TYPE).json()["result"])
                time.sleep(0.05)
            result = self.server.appraise(evidence, query="?nonce=" + base64url(PSA_NONCE), tenant=f"/t/{name}")
            self.assertEqual(set(tiers(result).values()), {"affirming"})
            said.append("annotated-evidence" in json.dumps(jwt_payload(result.json()["result"])))
        self.assertEqual(said, [False, True])


class Busy(unittest.TestCase):
    def test_more_than_the_queue_holds_is_refused_at_once_and_may_come_again(self):
        with Server(queue_max=2) as server, contextlib.closing(sqlite3.connect(server.store, isolation_level=None)) as db:
            paths = [server.new_session()[0] for _ in range(6)]
            db.execute("BEGIN IMMEDIATE")
            answers = []

            def post(path):
                begun = time.monotonic()
                answer = server.request("POST", path, b"x", PSA_TYPE)
                answers.append((answer.status, answer.json()["detail"], time.monotonic() - begun < 2))

            threads = [threading.Thread(target=post, args=(path,)) for path in paths]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            db.execute("ROLLBACK")
            self.assertEqual({status for status, _, _ in answers}, {503})
            self.assertGreaterEqual(sum(at_once and "under way" in detail for _, detail, at_once in answers), 4)
            for path in paths:
                self.assertEqual(server.request("POST", path, b"x", PSA_TYPE).status, 200)


class Audience(unittest.TestCase):
    def test_issuer_and_audience_are_the_door_that_was_used(self):
        with Server(url="https://tps.example:8443") as server:
            file = server.folder / "settings.json"
            file.write_text('{"hosts": ["alice.example", "other.example"]}')
            tps("tenant", "create", "alice", "--store", server.store)
            tps("tenant", "set", "alice", file, "--store", server.store)
            end = time.monotonic() + 10
            while server.request("POST", "/t/alice" + NEW_SESSION).status != 201 and time.monotonic() < end:
                time.sleep(0.05)
            time.sleep(1.5)  # until its hosts are known, too
            for prefix, host, issuer in (("", "tps.example", "https://tps.example:8443"),
                                         ("/t/alice", "tps.example", "https://tps.example:8443/t/alice"),
                                         ("/t/default", "tps.example", "https://tps.example:8443/t/default"),
                                         ("", "other.example", "https://other.example:8443"),
                                         ("", "Alice.EXAMPLE:99", "https://alice.example:8443")):
                for fields in {"Host": host}, {"Host": host, **ASYNC}:
                    answer = server.request("POST", prefix + NEW_SESSION, fields=fields)
                    path = prefix + "/challenge-response/v1/" + answer.fields["Location"]
                    answer = server.request("POST", path, b"x", PSA_TYPE, fields).json()
                    while answer["status"] == "processing":
                        answer = server.request("GET", path, fields=fields).json()
                    self.assertEqual(jwt_payload(answer["result"])["iss"], issuer)


class Nodes(unittest.TestCase):
    """Two servers on one store."""

    def setUp(self):
        self.one = self.enterContext(Server())
        self.two = Server()
        self.two.store = self.one.store
        self.enterContext(self.two)

    def test_nodes_take_each_others_sessions_once(self):
        for query in "", "?nonceSize=16", "?nonce=" + base64url(os.urandom(16)):
            path, session = self.one.new_session(query)
            waiting = self.two.request("GET", path).json()
            self.assertEqual(waiting, session)
            answer = self.two.request("POST", path, b"x", PSA_TYPE)
            self.assertEqual(answer.status, 200)
            self.assertEqual(answer.json()["nonce"], session["nonce"])
            self.assertEqual(self.one.request("POST", path, b"x", PSA_TYPE).status, 409)
            self.assertEqual(self.one.request("GET", path).json()["result"], answer.json()["result"])

    def test_a_race_between_nodes_has_one_winner(self):
        for _ in range(20):
            path, _ = self.one.new_session()
            answers = []

            def post(server):
                answers.append(server.request("POST", path, b"x", PSA_TYPE).status)

            threads = [threading.Thread(target=post, args=(server,)) for server in (self.one, self.two) * 3]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            self.assertEqual(sorted(answers), [200] + [409] * 5)

    def test_a_nonce_that_was_used_at_one_node_is_used_at_all(self):
        query = "?nonce=" + base64url(os.urandom(24))
        first, _ = self.one.new_session(query)
        second, _ = self.two.new_session(query)
        self.assertEqual(self.two.request("POST", second, b"x", PSA_TYPE).status, 200)
        answer = self.one.request("POST", first, b"x", PSA_TYPE)
        self.assertEqual(answer.status, 409)
        self.assertEqual(answer.json()["detail"], "this nonce was used before")
        self.assertEqual(self.one.request("POST", NEW_SESSION + query).status, 409)

    def test_work_of_a_node_that_died_is_taken_up_by_another(self):
        left = []
        for _ in range(30):  # some of which the node has not appraised when it dies
            path, _ = self.one.new_session()
            self.assertEqual(self.one.request("POST", path, b"x", PSA_TYPE, ASYNC).status, 202)
            left.append(path)
        self.one.kill()
        end = time.monotonic() + 60
        while left and time.monotonic() < end:
            left = [path for path in left if self.two.request("GET", path).json()["status"] != "complete"]
            time.sleep(0.2)
        self.assertEqual(left, [])
        self.one.start()


class Clock(unittest.TestCase):
    """A clock that goes ahead and back: what was used stays used, also when its row is gone."""

    def setUp(self):
        libraries = glob.glob("/usr/lib/*/faketime/libfaketimeMT.so.1")
        if not libraries:
            if os.environ.get("TPS_REQUIRE_FAKETIME"):
                raise AssertionError("faketime is required, and not there")
            self.skipTest("libfaketime is not installed (Debian: faketime)")
        self.server = Server(session_lifetime_ms=60000)
        self.clock = pathlib.Path(self.server.folder) / "clock"
        self.set_clock(0)
        self.environment = {"LD_PRELOAD": libraries[0], "FAKETIME_TIMESTAMP_FILE": str(self.clock), "FAKETIME_NO_CACHE": "1",
                            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
                            "ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "") + ":verify_asan_link_order=0"}
        saved = dict(os.environ)
        os.environ.update(self.environment)
        try:
            self.server.start()
        finally:
            os.environ.clear()
            os.environ.update(saved)
        self.addCleanup(self.server.__exit__)

    def set_clock(self, seconds):
        new = self.clock.with_suffix(".new")
        new.write_text(f"{seconds:+d}\n")
        new.rename(self.clock)

    def use(self, query=""):
        path, _ = self.server.new_session(query)
        self.assertEqual(self.server.request("POST", path, b"x", PSA_TYPE).status, 200)
        return path

    def rows(self):
        with contextlib.closing(sqlite3.connect(f"file:{self.server.store}?mode=ro", uri=True)) as db:
            return {row[0] for row in db.execute("SELECT session FROM sessions")}

    def test_nothing_used_is_taken_again_when_the_clock_goes_ahead_and_back(self):
        nonce = "?nonce=" + base64url(os.urandom(16))
        used = [self.use() for _ in range(5)] + [self.use(nonce), self.use("?nonceSize=9")]
        waiting, _ = self.server.new_session()

        self.set_clock(3600)
        for path in used + [waiting]:
            self.assertEqual(self.server.request("POST", path, b"x", PSA_TYPE).status, 404)
        for _ in range(3):
            self.use()  # writing prunes
        ids = {uuid.UUID(path.rsplit("/", 1)[1]).bytes for path in used}
        self.assertEqual(self.rows() & ids, set())  # nothing is known of them any more

        self.set_clock(0)
        for path in used:
            self.assertIn(self.server.request("POST", path, b"x", PSA_TYPE).status, (404, 409))
            self.assertNotEqual(self.server.request("POST", path, b"x", PSA_TYPE, ASYNC).status, 202)
        self.assertEqual(self.server.request("POST", NEW_SESSION + nonce).status, 409)
        time.sleep(2)  # sessions that end after all that was pruned are good again
        self.use()


class Appraisals(unittest.TestCase):
    """POST /api/v1/appraisals, for relying parties with a token."""

    @classmethod
    def setUpClass(cls):
        cls.server = Server()
        for name in "alice", "bob":
            tps("tenant", "create", name, "--allow-unsigned", "--store", cls.server.store)
            tps("tenant", "endorse", name, server_support.VECTORS / "psa-endorsements.cbor", "--store", cls.server.store)
        cls.token = cls.make_token("alice", "appraise")
        cls.reader = cls.make_token("alice", "read")
        cls.server.start()

    @classmethod
    def tearDownClass(cls):
        cls.server.__exit__()

    @classmethod
    def make_token(cls, tenant, scope):
        return tps("token", "create", tenant, f"{scope}s", "--scopes", scope, "--store", cls.server.store).stdout.strip()

    def ask(self, body, type, query="", token=None, tenant="/t/alice", fields=None):
        fields = {"Authorization": "Bearer " + (token or self.token), **(fields or {})}
        return self.server.request("POST", tenant + APPRAISALS + query, body, type, fields)

    def ask_json(self, fields=None, **members):
        return self.ask(json.dumps(members).encode(), "application/json", fields=fields)

    def test_evidence_as_body_or_in_json_is_answered_with_a_result(self):
        evidence = vector("psa-evidence.cbor")
        answer = self.ask(evidence, PSA_TYPE, "?nonce=" + base64url(PSA_NONCE))
        self.assertEqual(answer.status, 200, answer)
        self.assertEqual(answer.fields["Content-Type"], "application/eat+jwt")
        claims = jwt_payload(answer.body.decode())
        self.assertEqual({m["ear.status"] for m in claims["submods"].values()}, {"affirming"})
        self.assertEqual(claims["eat_nonce"], base64url(PSA_NONCE))
        where = answer.fields["Location"]
        self.assertTrue(where.startswith("../../challenge-response/v1/session/"), where)
        again = self.server.request("GET", "/t/alice/" + where[len("../../"):])
        self.assertEqual(again.json()["result"], answer.body.decode())

        again = self.ask_json(nonce=base64url(PSA_NONCE), evidence=base64.b64encode(evidence).decode(), type=PSA_TYPE)
        self.assertEqual(again.status, 409)  # the nonce was used
        self.assertEqual(again.json()["detail"], "this nonce was used before")
        self.assertEqual(self.server.request("POST", "/t/alice" + NEW_SESSION + "?nonce=" + base64url(PSA_NONCE)).status, 409)

        other = self.ask_json(nonce=base64url(os.urandom(32)), evidence=base64url(evidence), type=PSA_TYPE,
                              audience="https://shop.example", service="doors", binder=True)
        self.assertEqual(other.status, 200)
        self.assertIn("nonce-mismatch", json.dumps(jwt_payload(other.body.decode())))

    def test_results_can_come_later(self):
        answer = self.ask_json(ASYNC, nonce=base64url(os.urandom(8)), evidence="eA==", type=PSA_TYPE)
        self.assertEqual(answer.status, 202)
        path = "/t/alice/" + answer.fields["Location"][len("../../"):]
        end = time.monotonic() + 20
        while (answer := self.server.request("GET", path).json())["status"] != "complete" and time.monotonic() < end:
            time.sleep(0.05)
        self.assertEqual({m["ear.status"] for m in jwt_payload(answer["result"])["submods"].values()}, {"contraindicated"})

    def test_what_is_refused(self):
        good = {"nonce": base64url(os.urandom(32)), "evidence": "eA==", "type": PSA_TYPE}
        for change in ({"nonce": "AAAA"}, {"nonce": "!!!!!!!!!!!!!!!!"}, {"nonce": 5}, {"evidence": ""}, {"evidence": "*"},
                       {"type": "text/plain"}, {"type": "application/cmw"}, {"audience": ""}, {"audience": "a\nb"},
                       {"service": "a" * 600}, {"binder": "yes"}, {"nonces": []}):
            answer = self.ask_json(**{**good, **change})
            self.assertEqual(answer.status, 400, (change, answer))
            self.assertIn("next_step", answer.json())
        for missing in good:
            self.assertEqual(self.ask_json(**{k: v for k, v in good.items() if k != missing}).status, 400)
        for query in "", "?nonce=AAAA", "?nonce=" + good["nonce"] + "&audience=", "?nonce=" + good["nonce"] + "&service=":
            self.assertEqual(self.ask(b"x", PSA_TYPE, query).status, 400, query)
        self.assertEqual(self.ask(b"x", "text/plain", "?nonce=" + good["nonce"]).status, 415)
        self.assertEqual(self.ask(b"x" * 65537, PSA_TYPE, "?nonce=" + good["nonce"]).status, 413)
        self.assertEqual(self.ask_json(**good).status, 200)  # nothing of it has used the nonce

    def test_the_scope_and_the_tenant_are_asked_for(self):
        query = "?nonce=" + base64url(os.urandom(32))
        self.assertEqual(self.server.request("POST", "/t/alice" + APPRAISALS + query, b"x", PSA_TYPE).status, 401)
        self.assertEqual(self.ask(b"x", PSA_TYPE, query, token=self.reader).status, 403)
        self.assertEqual(self.ask(b"x", PSA_TYPE, query, tenant="/t/bob").status, 401)
        self.assertEqual(self.ask(b"x", PSA_TYPE, query).status, 200)

    def test_results_can_be_cwts(self):
        with Server("--ear", "2026-cwt") as server:
            token = tps("token", "create", "default", "relying", "--scopes", "appraise", "--store", server.store).stdout.strip()
            fields = {"Authorization": "Bearer " + token}
            end = time.monotonic() + 10
            answer = None
            while (answer is None or answer.status == 401) and time.monotonic() < end:  # until the token is known
                nonce = os.urandom(32)
                answer = server.request("POST", APPRAISALS + "?nonce=" + base64url(nonce), b"x", PSA_TYPE, fields)
            self.assertEqual(answer.status, 200, answer)
            self.assertEqual(answer.fields["Content-Type"], "application/eat+cwt")
            message = cbor2.loads(answer.body)
            self.assertEqual(message.tag, 18)
            self.assertEqual(cbor2.loads(message.value[2])[10], nonce)
            kept = server.request("GET", "/" + answer.fields["Location"][len("../../"):]).json()
            self.assertEqual(decode(kept["result"]), answer.body)

    def test_composites_and_wrappers_are_taken(self):
        wrapped = cbor2.dumps([PSA_TYPE, vector("psa-evidence.cbor")])
        answer = self.ask(wrapped, "application/cmw+cbor", "?nonce=" + base64url(os.urandom(32)))
        self.assertEqual(answer.status, 200)
        self.assertEqual(list(jwt_payload(answer.body.decode())["submods"]), ["PSA_IOT"])


if __name__ == "__main__":
    server_support.main()
