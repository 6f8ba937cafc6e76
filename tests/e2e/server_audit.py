#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The audit log of `tps serve` and of the commands: each change leaves its entry in the right tenant, with who did it; what
changes nothing leaves none; exports hold one tenant alone; what somebody changes in the store's file is found. A second
checker, audit_judge.py, must find the same."""
import datetime
import json
import os
import pathlib
import pwd
import re
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
import unittest

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

import audit_judge
import postgresql_support
import server_support as support
from server_support import ROOT, Server, tps

LUA = "application/vnd.opentps.policy+lua"
ALL = "read,endorse,policy,trust,keys,admin,audit"


def lines_of(store, tenant, *more):
    return tps("audit", "export", tenant, "--store", store, *more).stdout.splitlines()


def entries_of(store, tenant):
    return [json.loads(line)["entry"] for line in lines_of(store, tenant)]


def events_of(store, tenant):
    return [entry["event"] for entry in entries_of(store, tenant)]


def make_token(store, tenant, name, scopes=ALL):
    return tps("token", "create", tenant, name, "--scopes", scopes, "--store", store).stdout.strip()


def ca_and_crl():
    """A CA of its own, in DER, and an empty list of its revoked certificates, in PEM."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Audited CA")])
    now = datetime.datetime.utcnow() - datetime.timedelta(hours=1)
    ca = (x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(7)
          .not_valid_before(now).not_valid_after(now + datetime.timedelta(days=9))
          .add_extension(x509.BasicConstraints(True, None), True)
          .add_extension(x509.KeyUsage(True, False, False, False, False, True, True, False, False), True)
          .sign(key, hashes.SHA256()))
    crl = (x509.CertificateRevocationListBuilder().issuer_name(name).last_update(now)
           .next_update(now + datetime.timedelta(days=9)).add_extension(x509.CRLNumber(1), False).sign(key, hashes.SHA256()))
    return ca.public_bytes(serialization.Encoding.DER), crl.public_bytes(serialization.Encoding.PEM)


class Case(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory(prefix="tps-audit-")
        cls.maker = pathlib.Path(cls.folder.name) / "acme"
        image = pathlib.Path(cls.folder.name) / "image.bin"
        image.write_bytes(b"firmware" * 100)
        tps("factory", "init", cls.maker, "--name", "Acme", "--demo")
        tps("factory", "release", cls.maker, "--model", "bulb", "--version", "1.0.0", "--image", image)
        cls.corims = sorted((cls.maker / "endorsements").glob("*.corim"))

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()


class Specification(unittest.TestCase):
    def test_it_names_the_events_that_there_are(self):
        header = (ROOT / "src" / "server" / "audit" / "audit.h").read_text()
        events = set(re.findall(r'X\([A-Z_]+, "([a-z.]+)"\)', header))
        rule = re.search(r"^event = ((?:.|\n)*?)\n\n", (ROOT / "spec" / "audit.cddl").read_text(), re.MULTILINE).group(1)
        self.assertEqual(events, set(re.findall(r'"([a-z.]+)"', rule)) | {"audit.checkpoint"})


class Commands(Case):
    def test_each_command_leaves_the_entries_of_what_it_changes(self):
        user = pwd.getpwuid(os.getuid()).pw_name
        with tempfile.TemporaryDirectory() as name:
            store = pathlib.Path(name) / "store.db"
            settings = pathlib.Path(name) / "settings.json"
            settings.write_text('{"annotated":true}')
            steps = [
                (["tenant", "create", "lights"], ["tenant.created", "key.added"]),
                (["tenant", "trust", "lights", self.maker / "ca.pem"], ["anchor.added"]),
                (["tenant", "trust", "lights", self.maker / "ca.pem"], []),
                (["tenant", "endorse", "lights", *self.corims], ["endorsement.added"] * len(self.corims)),
                (["tenant", "endorse", "lights", *self.corims], []),
                (["tenant", "set", "lights", settings], ["settings.changed"]),
                (["tenant", "rotate", "lights"], ["key.added"]),
                (["token", "create", "lights", "ci", "--scopes", "endorse"], ["token.added"]),
                (["token", "revoke", "lights", "ci"], ["token.removed"]),
                (["administrator", "add", "lights", "ops", "--scopes", "read", "--certificate-subject", "CN=ops"],
                 ["administrator.added"]),
                (["administrator", "remove", "lights", "ops"], ["administrator.removed"]),
                (["audit", "checkpoint", "lights"], ["audit.checkpoint"]),
                (["audit", "checkpoint", "lights"], []),
                (["tenant", "list"], []),
            ]
            known = 0
            for words, expected in steps:
                tps(*words, "--store", store)
                entries = entries_of(store, "lights")
                self.assertEqual([entry["event"] for entry in entries[known:]], expected, words)
                for entry in entries[known:]:
                    by = {"kind": "server"} if expected == ["audit.checkpoint"] else {"kind": "command line", "name": user}
                    self.assertEqual(entry["by"], by)
                    self.assertNotIn("from", entry)
                known = len(entries)

    def test_a_removed_tenants_end_stays_in_the_default_tenants_log(self):
        with tempfile.TemporaryDirectory() as name:
            store = pathlib.Path(name) / "store.db"
            for tenant in ("default", "short"):
                tps("tenant", "create", tenant, "--store", store)
            last = json.loads(lines_of(store, "short")[-1])
            tps("tenant", "remove", "short", "--store", store)
            entry = entries_of(store, "default")[-1]
            self.assertEqual(entry["event"], "tenant.removed")
            self.assertEqual(entry["what"], {"last_hash": last["hash"], "last_sequence": last["sequence"], "name": "short"})


class Routes(Case):
    """Requests that change something: (method, pattern, what is sent, events)."""

    def setUp(self):
        self.server = Server("--demo")
        for tenant in ("default", "lights", "other"):
            tps("tenant", "create", tenant, "--store", self.server.store)
        self.token = make_token(self.server.store, "lights", "ci")
        self.operator = make_token(self.server.store, "default", "root", ALL + ",operator")
        self.server.start()
        self.addCleanup(self.server.__exit__)
        self.known = {name: len(events_of(self.server.store, name)) for name in ("default", "lights", "other")}
        self.asked = set()

    def late_token(self, tenant, name, scopes=ALL):
        """A token that is made while the server runs: it takes it within a second."""
        token = make_token(self.server.store, tenant, name, scopes)
        for _ in range(100):
            fields = {"Authorization": f"Bearer {token}"}
            if self.server.request("GET", f"/t/{tenant}/api/v1/keys", fields=fields).status != 401:
                return token
            time.sleep(0.05)
        raise AssertionError("the token does not come to count")

    def fresh(self):
        """New entries by tenant, without checkpoints."""
        found = {}
        for name in self.known:
            try:
                entries = entries_of(self.server.store, name)
            except AssertionError:
                entries = []
            found[name] = [entry for entry in entries[self.known[name]:] if entry["event"] != "audit.checkpoint"]
            self.known[name] = len(entries)
        return found

    def ask(self, method, pattern, path=None, body=None, type=None, token=None, fields=None, prefix="/t/lights"):
        self.asked.add((method, pattern))
        fields = {"Authorization": f"Bearer {token or self.token}", **(fields or {})}
        return self.server.request(method, prefix + (path or pattern), body, type, fields)

    def change(self, events, *words, tenant="lights", by="ci", **more):
        answer = self.ask(*words, **more)
        self.assertIn(answer.status, (200, 201, 202, 204), (words, answer))
        found = self.fresh()
        self.assertEqual([entry["event"] for entry in found.pop(tenant)] if tenant in found else events, events, words)
        self.assertFalse(any(found.values()), found)
        return answer

    def changing_routes(self):
        text = (ROOT / "src" / "server" / "api" / "routes.c").read_text()
        routes = set(re.findall(r'X\((POST|PUT|PATCH|DELETE), "([^"]+)"', text))
        self.assertGreater(len(routes), 20)
        return {(method, pattern) for method, pattern in routes
                if not pattern.startswith("/challenge-response/") and pattern != "/api/v1/appraisals"}

    def test_each_changing_route_leaves_its_entry(self):
        ca, crl = ca_and_crl()
        policy = self.ask("GET", "/api/v1/policies/default").body
        corim = self.corims[0].read_bytes()
        corim_type = 'application/rim+cose; profile="%s"' % (
            "tag:arm.com,2025:psa#1.0.0" if ".psa." in self.corims[0].name else "tag:opentps.org,2026:endorsements")

        self.change(["anchor.added"], "POST", "/api/v1/anchors", body=(self.maker / "ca.pem").read_bytes(),
                    type="application/pem-certificate-chain")
        anchor = self.change(["anchor.added"], "POST", "/api/v1/anchors", body=ca, type="application/pkix-cert")
        self.change(["endorsement.added"], "POST", "/endorsement-provisioning/v1/submit", body=corim, type=corim_type)
        path = self.first("endorsements")
        self.change(["endorsement.removed"], "DELETE", "/api/v1/endorsements/{id}", path)
        self.change(["endorsement.added"], "POST", "/api/v1/endorsements", body=corim, type=corim_type)

        self.change(["policy.added"], "POST", "/api/v1/policies", "/api/v1/policies?name=a", body=policy, type=LUA)
        path = self.first("policies")
        self.change(["policy.changed"], "POST", "/api/v1/policies/{id}/activate", path + "/activate")
        self.change(["policy.changed"], "POST", "/api/v1/policies/{id}/deactivate", path + "/deactivate")
        self.change(["policy.removed"], "DELETE", "/api/v1/policies/{id}", path)
        made = self.change(["policy.added"], "POST", "/management/v1/policy/{scheme}", "/management/v1/policy/PSA_IOT",
                           body=policy, type=LUA).json()
        self.change(["policy.changed"], "POST", "/management/v1/policy/{scheme}/{id}/activate",
                    f"/management/v1/policy/PSA_IOT/{made['uuid']}/activate")
        self.change(["policy.changed"], "POST", "/management/v1/policies/{scheme}/deactivate",
                    "/management/v1/policies/PSA_IOT/deactivate")

        self.change(["revocation.added"], "PUT", "/api/v1/revocations/{name}", "/api/v1/revocations/list",
                    body=json.dumps({"revoked": []}), type="application/json")
        self.change(["revocation.removed"], "DELETE", "/api/v1/revocations/{name}", "/api/v1/revocations/list")
        self.change(["crl.added"], "POST", "/api/v1/crls", body=crl, type="application/x-pem-file")
        self.change(["crl.removed"], "DELETE", "/api/v1/crls/{id}", self.first("crls"))
        self.change(["anchor.removed"], "DELETE", "/api/v1/anchors/{id}", self.path_in(anchor))

        self.change(["key.added"], "POST", "/api/v1/keys", "/api/v1/keys?active_in=0")
        self.change(["key.removed"], "DELETE", "/api/v1/keys/{id}", self.first("keys"))
        self.change(["settings.changed"], "PATCH", "/api/v1/settings", body=b'{"annotated":true}',
                    type="application/merge-patch+json", fields=self.tag_of("/api/v1/settings"))
        self.change(["token.added"], "POST", "/api/v1/tokens", body=b'{"name":"t","scopes":["read"]}', type="application/json")
        self.change(["token.removed"], "DELETE", "/api/v1/tokens/{name}", "/api/v1/tokens/t")
        administrator = {"scopes": ["read"], "certificate": {"subject": "CN=ops"}}
        self.change(["administrator.added"], "PUT", "/api/v1/administrators/{name}", "/api/v1/administrators/ops",
                    body=json.dumps(administrator), type="application/json")
        self.change(["administrator.removed"], "DELETE", "/api/v1/administrators/{name}", "/api/v1/administrators/ops")
        self.of_operators()
        self.assertEqual(self.changing_routes() - self.asked, set())

    def of_operators(self):
        of_operator = {"token": self.operator, "prefix": "", "by": "root"}
        self.known["new"] = 0
        self.change(["tenant.created", "key.added"], "POST", "/api/v1/tenants", body=b'{"name":"new"}',
                    type="application/json", tenant="new", **of_operator)
        self.change(["settings.changed"], "PATCH", "/api/v1/tenants/{name}", "/api/v1/tenants/new", body=b'{"annotated":true}',
                    type="application/merge-patch+json", tenant="new",
                    fields=self.tag_of("/api/v1/tenants/new", prefix="", token=self.operator), **of_operator)
        self.change(["tenant.removed"], "DELETE", "/api/v1/tenants/{name}", "/api/v1/tenants/new", tenant="default",
                    **of_operator)

    def first(self, resource):
        """The path of the first of a list."""
        found = self.ask("GET", f"/api/v1/{resource}").json()[resource]
        return f"/api/v1/{resource}/{found[0]['id']}"

    @staticmethod
    def path_in(answer):
        return re.sub(r"^.*(/api/v1/)", r"\1", answer.fields["Location"])

    def tag_of(self, path, **more):
        return {"If-Match": self.ask("GET", path, **more).fields["ETag"]}

    def test_an_entry_says_who_from_where_and_by_which_request(self):
        answer = self.change(["token.added"], "POST", "/api/v1/tokens", body=b'{"name":"t","scopes":["read"]}',
                             type="application/json")
        entry = entries_of(self.server.store, "lights")[-1]
        self.assertEqual(entry["by"], {"kind": "token", "name": "ci"})
        self.assertEqual(entry["from"], "127.0.0.1")
        self.assertEqual(entry["request"], answer.fields["X-Request-Id"])
        self.assertEqual(entry["what"]["name"], "t")

    def test_what_changes_nothing_leaves_no_entry(self):
        other = self.late_token("other", "stranger")
        reader = self.late_token("lights", "reader", "read")
        self.fresh()
        token = {"body": b'{"name":"t","scopes":["read"]}', "type": "application/json"}
        for status, words, more in (
                (401, ("POST", "/api/v1/tokens"), {**token, "token": "tps_" + "A" * 43}),
                (401, ("POST", "/api/v1/tokens"), {**token, "token": other}),
                (403, ("POST", "/api/v1/tokens"), {**token, "token": reader}),
                (400, ("POST", "/api/v1/tokens"), {**token, "body": b"{"}),
                (404, ("DELETE", "/api/v1/tokens/nobody"), {}),
                (415, ("POST", "/api/v1/policies"), {"body": b"package policy", "type": "application/vnd.veraison.policy.opa"}),
                (412, ("PATCH", "/api/v1/settings"), {"body": b"{}", "type": "application/merge-patch+json",
                                                      "fields": {"If-Match": '"99999"'}}),
                (200, ("GET", "/api/v1/keys"), {}), (200, ("GET", "/api/v1/audit"), {}),
                (201, ("POST", support.NEW_SESSION), {})):
            self.assertEqual(self.ask(*words, **more).status, status, words)
        self.assertFalse(any(self.fresh().values()))

    def test_the_log_is_read_with_its_scope_alone_and_is_what_the_command_exports(self):
        reader = self.late_token("lights", "reader", "read,admin,keys")
        self.assertEqual(self.ask("GET", "/api/v1/audit", token=reader).status, 403)
        self.assertEqual(self.server.request("GET", "/t/lights/api/v1/audit").status, 401)
        answer = self.ask("GET", "/api/v1/audit")
        self.assertEqual(answer.fields["Content-Type"], "application/jsonl")
        self.assertEqual(answer.body.decode().splitlines(), lines_of(self.server.store, "lights"))
        parts = [self.ask("GET", "/api/v1/audit", f"/api/v1/audit?from={at}&limit=1").body.decode() for at in (1, 2, 3)]
        self.assertEqual("".join(parts).splitlines(), lines_of(self.server.store, "lights")[:3])
        self.assertEqual(self.ask("GET", "/api/v1/audit", "/api/v1/audit?from=1000").body, b"")
        for query in ("from=0", "from=-1", "from=x", "limit=0", "limit=10001", "from=1&from=2"):
            self.assertEqual(self.ask("GET", "/api/v1/audit", "/api/v1/audit?" + query).status, 400, query)

    def test_a_log_is_signed_when_the_server_stops(self):
        self.assertEqual(self.ask("GET", "/api/v1/audit/checkpoint").status, 404)
        self.change(["key.added"], "POST", "/api/v1/keys", "/api/v1/keys?active_in=0")
        self.server.stop()
        self.assertEqual(events_of(self.server.store, "lights")[-1], "audit.checkpoint")
        self.server.start()
        answer = self.ask("GET", "/api/v1/audit/checkpoint")
        self.assertEqual((answer.status, answer.fields["Content-Type"]), (200, "application/jose"))
        keys = audit_judge.keys_of(self.server.request("GET", "/t/lights/.well-known/jwks.json").json())
        says = audit_judge.checkpoint_of(answer.body.decode(), keys)
        self.assertEqual((says["tenant"], says["sequence"]), ("lights", len(events_of(self.server.store, "lights")) - 1))

    def test_a_log_is_signed_while_the_server_runs(self):
        self.server.stop()
        self.server.flags += ["--checkpoint-seconds", "1"]
        self.server.start()
        self.change(["key.added"], "POST", "/api/v1/keys", "/api/v1/keys?active_in=0")
        end = time.monotonic() + 20
        while events_of(self.server.store, "lights")[-1] != "audit.checkpoint":
            self.assertLess(time.monotonic(), end)
            time.sleep(0.1)
        signed = len(events_of(self.server.store, "lights"))
        time.sleep(2.5)     # nothing is signed twice
        self.assertEqual(len(events_of(self.server.store, "lights")), signed)

    def test_an_export_holds_nothing_of_another_tenant(self):
        secret = "name-of-the-other-tenants-token"
        make_token(self.server.store, "other", secret)
        self.assertIn(secret, "".join(lines_of(self.server.store, "other")))
        for text in ("".join(lines_of(self.server.store, "lights")), self.ask("GET", "/api/v1/audit").body.decode()):
            self.assertNotIn(secret, text)
            self.assertNotIn('"other"', text)
        for line in lines_of(self.server.store, "other"):
            self.assertEqual(json.loads(line)["tenant"], "other")

    def test_no_token_and_no_key_is_in_a_log(self):
        made = self.change(["token.added"], "POST", "/api/v1/tokens", body=b'{"name":"t","scopes":["read"]}',
                           type="application/json").json()
        text = "".join(lines_of(self.server.store, "lights"))
        for secret in (self.token, made["token"], self.token[4:20], made["token"][4:20]):
            self.assertNotIn(secret, text)


class ManyWriters(unittest.TestCase):
    """Two nodes that sign every second, and many commands at once, on one store: one chain, without gaps."""

    def write_all(self, store):
        tps("tenant", "create", "acme", "--store", store)
        with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as two, \
             OnStore(store, one) as first, OnStore(store, two) as second:
            words = [support.PROGRAM, "token", "create", "acme", "--scopes", "read", "--store", store]
            running = [subprocess.Popen([*words, f"t{n}"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
                       for n in range(24)]
            self.assertEqual([process.wait(60) for process in running], [0] * len(running))
            jwks = first.request("GET", "/t/acme/.well-known/jwks.json").body
            end = time.monotonic() + 20  # all is signed within two seconds, on a machine that has time for it
            while time.monotonic() < end and "audit.checkpoint" not in lines_of(store, "acme")[-1]:
                time.sleep(0.3)
            self.assertEqual(second.request("GET", "/t/acme/.well-known/jwks.json").body, jwks)
        lines = lines_of(store, "acme")
        events = [json.loads(line)["entry"] for line in lines]
        names = sorted(entry["what"]["name"] for entry in events if entry["event"] == "token.added")
        self.assertEqual(names, sorted(f"t{n}" for n in range(24)))
        self.assertIn("audit.checkpoint", [entry["event"] for entry in events])
        self.assertGreater(audit_judge.check(lines, audit_judge.keys_of(json.loads(jwks))), 24)

    def test_on_sqlite(self):
        with tempfile.TemporaryDirectory() as name:
            self.write_all(pathlib.Path(name) / "store.db")

    @unittest.skipIf(postgresql_support.why_not(), postgresql_support.why_not())
    def test_on_postgresql(self):
        with postgresql_support.Cluster() as cluster:
            self.write_all(cluster.url)


class OnStore(Server):
    """A node that signs every second."""

    def __init__(self, store, folder):
        super().__init__("--checkpoint-seconds", "1", folder=folder)
        self.store = store


class Tampering(Case):
    """Somebody with the store's file, or with the export."""

    def setUp(self):
        self.temporary = tempfile.TemporaryDirectory(prefix="tps-tamper-")
        self.addCleanup(self.temporary.cleanup)
        self.folder_ = pathlib.Path(self.temporary.name)
        self.store = self.folder_ / "store.db"
        tps("tenant", "create", "acme", "--store", self.store)
        tps("tenant", "trust", "acme", self.maker / "ca.pem", "--store", self.store)
        tps("tenant", "endorse", "acme", *self.corims, "--store", self.store)
        self.kept = self.folder_ / "kept"
        self.kept.write_text(tps("audit", "checkpoint", "acme", "--store", self.store).stdout)
        tps("tenant", "rotate", "acme", "--store", self.store)
        self.jwks = self.folder_ / "jwks"
        with Server(folder=self.folder_) as server:
            self.jwks.write_bytes(server.request("GET", "/t/acme/.well-known/jwks.json").body)
        self.count = len(lines_of(self.store, "acme"))

    def verify(self, lines, *more):
        """Exit code and verdict of ours; the independent judge must say the same."""
        log = self.folder_ / "log.jsonl"
        log.write_text("".join(line + "\n" for line in lines))
        done = tps("audit", "verify", log, "--jwks", self.jwks, "--json", *more, ok=False)
        judge = subprocess.run(["/usr/bin/python3", ROOT / "tests" / "e2e" / "audit_judge.py", log, self.jwks, *more[1::2]],
                               capture_output=True, text=True, timeout=60)
        self.assertEqual(done.returncode, judge.returncode, (done.stdout, judge.stdout, judge.stderr))
        return done.returncode, json.loads(done.stdout)

    def refused(self, status, at, lines, *more):
        code, verdict = self.verify(lines, *more)
        self.assertEqual((code, verdict["status"], verdict["at"]), (1, "TPS_SERVER_AUDIT_" + status, at))

    def lines(self):
        return lines_of(self.store, "acme")

    def change_file(self, *statements):
        connection = sqlite3.connect(self.store)
        for statement, *values in statements:
            self.assertEqual(connection.execute(statement, values).rowcount, 1, statement)
        connection.commit()
        connection.close()

    def test_what_was_not_touched_is_whole(self):
        code, verdict = self.verify(self.lines(), "--checkpoint", self.kept)
        self.assertEqual((code, verdict["whole"], verdict["last"], verdict["ends_signed"]), (0, True, self.count, True))
        self.assertEqual(verdict["proven"], self.count - 1)
        text = tps("audit", "verify", self.folder_ / "log.jsonl", "--jwks", self.jwks).stdout
        self.assertIn(f"whole: entries 1 to {self.count} of tenant acme", text)

    def test_a_changed_entry_in_the_file_is_found(self):
        line = json.loads(self.lines()[2])
        changed = json.dumps({**line["entry"], "by": {"kind": "command line", "name": "nobody"}}, sort_keys=True,
                             separators=(",", ":"))
        self.change_file(("UPDATE audit SET entry = ? WHERE sequence = 3 AND instr(entry, 'anchor.added')", changed))
        self.refused("CHANGED", 3, self.lines())

    def test_a_missing_entry_and_a_cut_end_are_found(self):
        lines = self.lines()
        self.refused("MISSING", 3, lines[:2] + lines[3:])
        self.assertEqual(self.verify(lines[:5])[0], 1)     # nothing in it is signed
        self.refused("MISSING", 3, lines[:2], "--checkpoint", self.kept)

    def test_entries_in_another_order_are_found(self):
        lines = self.lines()
        lines[2], lines[3] = lines[3], lines[2]
        self.refused("MISSING", 3, lines)
        self.refused("ORDER", 2, lines[:2] + lines[1:2])

    def test_a_log_that_was_computed_anew_is_found(self):
        """All hashes are right, and no checkpoint is: the keys are needed for that."""
        lines, previous = [], "0" * 64
        for text in self.lines():
            line = json.loads(text)
            if line["sequence"] == 2:
                line["entry"]["by"]["name"] = "nobody"
            line["previous"] = previous
            line["hash"] = previous = audit_judge.hash_of(line)
            lines.append(json.dumps(line, sort_keys=True, separators=(",", ":")))
        code, verdict = self.verify(lines)
        self.assertEqual((code, verdict["status"]), (1, "TPS_SERVER_AUDIT_FORKED"))

    def test_without_keys_nothing_is_judged(self):
        log = self.folder_ / "log.jsonl"
        log.write_text("".join(line + "\n" for line in self.lines()))
        self.assertEqual(tps("audit", "verify", log, ok=False).returncode, 2)
        self.assertEqual(tps("audit", "verify", self.folder_ / "none", "--jwks", self.jwks, ok=False).returncode, 2)
        self.assertEqual(tps("audit", "verify", log, "--jwks", log, ok=False).returncode, 2)
        self.assertEqual(tps("audit", "export", "nobody", "--store", self.store, ok=False).returncode, 2)
        self.assertEqual(tps("audit", "export", "acme", "--store", self.folder_ / "none", ok=False).returncode, 2)

    def test_a_store_that_was_restored_says_so_and_its_log_goes_on(self):
        backup, restored = self.folder_ / "backup.db", self.folder_ / "restored.db"
        before = self.lines()
        tps("store", "backup", self.store, backup)
        tps("store", "restore", backup, restored)
        after = lines_of(restored, "acme")
        self.assertEqual(after[:len(before)], before)
        self.assertIn("store.restored", [json.loads(line)["entry"]["event"] for line in after[len(before):]])
        self.assertEqual(self.verify(after, "--checkpoint", self.kept)[0], 0)

    def test_a_part_of_a_log_can_be_checked(self):
        code, verdict = self.verify(lines_of(self.store, "acme", "--from", 3))
        self.assertEqual((code, verdict["first"]), (0, 3))


if __name__ == "__main__":
    support.main()
