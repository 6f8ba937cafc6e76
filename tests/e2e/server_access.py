#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Who may what, from outside: every route with every kind of credential; API tokens from their making to their
end; an identity provider that is a few lines of Python, good and bad; client certificates over TLS."""

import base64
import datetime
import http.client
import http.server
import json
import pathlib
import re
import ssl
import tempfile
import threading
import time
import unittest

from cryptography import x509
from cryptography.hazmat.primitives import hashes, hmac, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.x509.oid import NameOID

import server_support
from server_support import Server, base64url, tps

SCOPES = ["read", "endorse", "policy", "trust", "keys", "admin", "appraise", "audit"]

# What each route asks for, written down once more: None is anybody.
ROUTES = {
    ("POST", "/challenge-response/v1/newSession"): None,
    ("POST", "/challenge-response/v1/session/{id}"): None,
    ("GET", "/challenge-response/v1/session/{id}"): None,
    ("DELETE", "/challenge-response/v1/session/{id}"): None,
    ("POST", "/api/v1/appraisals"): "appraise",
    ("POST", "/endorsement-provisioning/v1/submit"): "endorse",
    ("GET", "/.well-known/veraison/verification"): None,
    ("GET", "/.well-known/veraison/provisioning"): None,
    ("GET", "/.well-known/veraison/management"): None,
    ("GET", "/.well-known/jwks.json"): None,
    ("GET", "/api/v1/openapi.json"): None,
    ("GET", "/api/v1/endorsements"): "read",
    ("POST", "/api/v1/endorsements"): "endorse",
    ("GET", "/api/v1/endorsements/{id}"): "read",
    ("DELETE", "/api/v1/endorsements/{id}"): "endorse",
    ("GET", "/api/v1/anchors"): "read",
    ("POST", "/api/v1/anchors"): "trust",
    ("GET", "/api/v1/anchors/{id}"): "read",
    ("DELETE", "/api/v1/anchors/{id}"): "trust",
    ("GET", "/api/v1/policies"): "read",
    ("POST", "/api/v1/policies"): "policy",
    ("GET", "/api/v1/policies/default"): "read",
    ("GET", "/api/v1/policies/{id}"): "read",
    ("DELETE", "/api/v1/policies/{id}"): "policy",
    ("POST", "/api/v1/policies/{id}/activate"): "policy",
    ("POST", "/api/v1/policies/{id}/deactivate"): "policy",
    ("POST", "/management/v1/policy/{scheme}"): "policy",
    ("GET", "/management/v1/policy/{scheme}"): "read",
    ("GET", "/management/v1/policy/{scheme}/{id}"): "read",
    ("POST", "/management/v1/policy/{scheme}/{id}/activate"): "policy",
    ("GET", "/management/v1/policies/{scheme}"): "read",
    ("POST", "/management/v1/policies/{scheme}/deactivate"): "policy",
    ("GET", "/api/v1/revocations"): "read",
    ("GET", "/api/v1/revocations/{name}"): "read",
    ("PUT", "/api/v1/revocations/{name}"): "trust",
    ("DELETE", "/api/v1/revocations/{name}"): "trust",
    ("GET", "/api/v1/crls"): "read",
    ("POST", "/api/v1/crls"): "trust",
    ("GET", "/api/v1/crls/{id}"): "read",
    ("DELETE", "/api/v1/crls/{id}"): "trust",
    ("GET", "/api/v1/keys"): "read",
    ("POST", "/api/v1/keys"): "keys",
    ("DELETE", "/api/v1/keys/{id}"): "keys",
    ("GET", "/api/v1/settings"): "admin",
    ("PATCH", "/api/v1/settings"): "admin",
    ("GET", "/api/v1/tokens"): "admin",
    ("POST", "/api/v1/tokens"): "admin",
    ("DELETE", "/api/v1/tokens/{name}"): "admin",
    ("GET", "/api/v1/administrators"): "admin",
    ("PUT", "/api/v1/administrators/{name}"): "admin",
    ("DELETE", "/api/v1/administrators/{name}"): "admin",
    ("GET", "/api/v1/audit"): "audit",
    ("GET", "/api/v1/audit/checkpoint"): "audit",
}

# At the root alone, with credentials of the default tenant.
SERVER_ROUTES = {
    ("GET", "/healthz"): None,
    ("GET", "/readyz"): None,
    ("GET", "/metrics"): "operator",
    ("GET", "/api/v1/tenants"): "operator",
    ("POST", "/api/v1/tenants"): "operator",
    ("GET", "/api/v1/tenants/{name}"): "operator",
    ("PATCH", "/api/v1/tenants/{name}"): "operator",
    ("DELETE", "/api/v1/tenants/{name}"): "operator",
}

# Made by somebody else at any time: a token that nobody ever had.
STRANGER = "tps_" + base64url(bytes(range(32)))


def bearer(token):
    return {"Authorization": "Bearer " + token}


def basic(user, token):
    return {"Authorization": "Basic " + base64.b64encode(f"{user}:{token}".encode()).decode()}


def concrete(path):
    return re.sub(r"\{[a-z]+\}", "none", path)


def make_token(server, tenant, name, *scopes, days=None):
    more = [] if days is None else ["--days", days]
    return tps("token", "create", tenant, name, "--scopes", ",".join(scopes), *more, "--store", server.store).stdout.strip()


class Case(unittest.TestCase):
    def assert_denied(self, answer, status, error, what=""):
        self.assertEqual(answer.status, status, (what, answer))
        self.assertEqual(answer.fields["Content-Type"], "application/problem+json", what)
        challenge = answer.fields["WWW-Authenticate"]
        self.assertTrue(challenge.startswith('Bearer realm="opentps"'), (what, challenge))
        if error is None:
            self.assertNotIn("error=", challenge, what)
        else:
            self.assertIn(f'error="{error}"', challenge, what)
        problem = answer.json()
        self.assertTrue(problem["detail"] and problem["next_step"], what)

    def assert_let_in(self, answer, what=""):
        self.assertNotIn(answer.status, (401, 403, 429, 500, 503), (what, answer))


class Routes(Case):
    @classmethod
    def setUpClass(cls):
        cls.server = Server().start()
        for tenant in ("acme", "other"):
            tps("tenant", "create", tenant, "--store", cls.server.store)
        cls.tokens = {s: make_token(cls.server, "acme", s, s) for s in SCOPES}
        cls.others = make_token(cls.server, "other", "all", *SCOPES)
        cls.revoked = make_token(cls.server, "acme", "revoked", *SCOPES)
        tps("token", "revoke", "acme", "revoked", "--store", cls.server.store)
        cls.operator = make_token(cls.server, "default", "operator", "operator")
        cls.default_rest = make_token(cls.server, "default", "rest", *SCOPES)
        await_known(cls.server, "/t/acme/api/v1/tokens", cls.tokens["admin"])
        await_known(cls.server, "/api/v1/tenants", cls.operator)
        answer = cls.server.request("POST", "/t/acme/api/v1/tokens", json.dumps(
            {"name": "short", "scopes": SCOPES, "expires_in": 1}), "application/json", bearer(cls.tokens["admin"]))
        assert answer.status == 201, answer
        cls.expired = answer.json()["token"]
        time.sleep(1.2)

    @classmethod
    def tearDownClass(cls):
        cls.server.__exit__()

    def ask(self, method, path, fields=None):
        body = None if method in ("GET", "DELETE") else b"{}"
        return self.server.request(method, concrete(path), body, "application/json" if body else None, fields)

    def test_every_route_of_the_server_is_in_the_tables(self):
        text = (server_support.ROOT / "src/server/api/routes.c").read_text()
        found = set(re.findall(r'X\((GET|POST|PUT|PATCH|DELETE),\s*"([^"]+)"', text))
        self.assertEqual(found, set(ROUTES) | set(SERVER_ROUTES))

    def test_nobody_without_a_credential_comes_to_what_has_a_scope(self):
        for (method, path), scope in ROUTES.items():
            answer = self.ask(method, "/t/acme" + path)
            if scope is None:
                self.assert_let_in(answer, path)
            else:
                self.assert_denied(answer, 401, None, path)
                self.assertIn("Basic realm=", answer.fields["WWW-Authenticate"])

    def test_no_other_method_or_spelling_of_a_path_is_open(self):
        for (method, path), scope in ROUTES.items():
            if scope is not None and method == "GET":
                self.assertEqual(self.ask("HEAD", "/t/acme" + path).status, 401, path)
        for path in ("/t/acme//api/v1/tokens", "/t/acme/api/v1/tokens/", "/t/acme/api/v1/%74okens", "/t/acme/api/v1/./tokens",
                     "/t/acme/api/v1/x/../tokens", "/t/acme/API/v1/tokens", "/t/acme/api/v1/tokens;x", "/t/ACME/api/v1/tokens",
                     "/t/acme/t/acme/api/v1/tokens", "/t/acme/api/v1/tokens%00", "/t//api/v1/tokens", "//t/acme/api/v1/tokens"):
            raw = self.server.raw(f"GET {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n".encode())
            self.assertIn(raw[9:12], (b"400", b"401", b"404"), (path, raw))
        absolute = self.server.raw(b"GET http://x/t/acme/api/v1/tokens HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        self.assertIn(absolute[9:12], (b"400", b"401"), absolute)

    def test_what_does_not_count_is_refused_with_the_same_words(self):
        for (method, path), scope in ROUTES.items():
            if scope is None:
                continue
            bodies = set()
            for name, token in (("unknown", STRANGER), ("revoked", self.revoked), ("of another tenant", self.others),
                                ("of the default tenant", self.default_rest)):
                for fields in (bearer(token), basic("veraison", token)):
                    answer = self.ask(method, "/t/acme" + path, fields)
                    self.assert_denied(answer, 401, "invalid_token", (name, path))
                    bodies.add(answer.body)
            self.assertEqual(len(bodies), 1, path)
            answer = self.ask(method, "/t/acme" + path, bearer(self.expired))
            self.assert_denied(answer, 401, "invalid_token", ("expired", path))
            self.assertIn("expired", answer.json()["detail"])

    def test_each_scope_opens_its_routes_and_no_other(self):
        for (method, path), wanted in ROUTES.items():
            if wanted is None:
                continue
            for scope, token in self.tokens.items():
                if scope == wanted and method in ("DELETE", "POST") and path == "/api/v1/keys":
                    continue  # makes a key each time: once is below
                answer = self.ask(method, "/t/acme" + path, bearer(token))
                if scope == wanted:
                    self.assert_let_in(answer, (scope, method, path))
                else:
                    self.assert_denied(answer, 403, "insufficient_scope", (scope, method, path))
                    self.assertIn(f'scope="{wanted}"', answer.fields["WWW-Authenticate"])
                    self.assertIn(wanted, answer.json()["detail"])
        self.assertEqual(self.ask("POST", "/t/acme/api/v1/keys", bearer(self.tokens["keys"])).status, 201)

    def test_tenants_are_made_by_operators_alone(self):
        for (method, path), scope in SERVER_ROUTES.items():
            answer = self.ask(method, path)
            if scope is None:
                self.assert_let_in(answer, path)
                continue
            self.assert_denied(answer, 401, None, path)
            self.assert_denied(self.ask(method, path, bearer(self.default_rest)), 403, "insufficient_scope", path)
            self.assert_denied(self.ask(method, path, bearer(self.tokens["admin"])), 401, "invalid_token", path)
            self.assert_let_in(self.ask(method, path, bearer(self.operator)), path)
            self.assertEqual(self.ask(method, "/t/acme" + path, bearer(self.operator)).status, 404, path)

    def test_a_credential_that_is_there_twice_or_malformed_is_refused(self):
        for value in ("", "Bearer", "Token abc", "Bearer " + self.tokens["read"] + "x", "Bearer  ",
                      "Bearer " + self.tokens["read"].upper(), "Bearer " + self.tokens["read"][4:], "Digest a=b"):
            answer = self.ask("GET", "/t/acme/api/v1/anchors", {"Authorization": value})
            self.assertEqual(answer.status, 401, value)
            self.assertNotIn(self.tokens["read"][4:20].encode(), answer.body)
        for value in ("Basic !", "Basic " + base64.b64encode(b"nocolon").decode()):
            self.assert_denied(self.ask("GET", "/t/acme/api/v1/anchors", {"Authorization": value}), 400, "invalid_request")
        raw = self.server.raw(("GET /t/acme/api/v1/anchors HTTP/1.1\r\nHost: a\r\nConnection: close\r\n"
                               f"Authorization: Bearer {self.tokens['read']}\r\n"
                               f"Authorization: Bearer {STRANGER}\r\n\r\n").encode())
        self.assertTrue(raw.startswith(b"HTTP/1.1 400 "), raw)
        self.assertEqual(self.ask("GET", "/t/acme/api/v1/anchors", basic("", self.tokens["read"])).status, 200)

    def test_no_secret_comes_into_the_log(self):
        self.ask("GET", "/t/acme/api/v1/anchors", bearer(STRANGER))
        text = self.server.log_text()
        for token in [*self.tokens.values(), self.others, self.revoked, self.operator, STRANGER, self.expired]:
            self.assertNotIn(token[4:30], text)

    def test_the_store_has_no_token(self):
        bytes_of_it = b"".join(p.read_bytes() for p in pathlib.Path(self.server.folder).glob("store.db*"))
        for token in [*self.tokens.values(), self.revoked, self.expired]:
            self.assertNotIn(token[4:30].encode(), bytes_of_it)


def await_known(server, path, token):
    """The server takes what the command line wrote within a second."""
    end = time.monotonic() + 15
    while server.request("GET", path, fields=bearer(token)).status in (401, 404):
        if time.monotonic() > end:
            raise AssertionError("the server does not take notice: " + server.log_text())
        time.sleep(0.02)


class Tokens(Case):
    @classmethod
    def setUpClass(cls):
        cls.server = Server().start()
        cls.admin = make_token(cls.server, "default", "admin", "admin")
        cls.operator = make_token(cls.server, "default", "operator", "operator", "admin")
        await_known(cls.server, "/api/v1/tokens", cls.operator)

    @classmethod
    def tearDownClass(cls):
        cls.server.__exit__()

    def post(self, *who, **body):
        return self.server.request("POST", "/api/v1/tokens", json.dumps(body), "application/json", bearer(*(who or [self.admin])))

    def test_a_token_counts_from_its_answer_to_its_revocation(self):
        answer = self.post(name="ci", scopes=["read", "endorse"])
        self.assertEqual(answer.status, 201, answer)
        self.assertEqual(answer.fields["Cache-Control"], "no-store")
        made = answer.json()
        self.assertRegex(made["token"], r"\Atps_[A-Za-z0-9_-]{43}\Z")
        self.assertEqual((made["id"], made["scopes"]), ("ci", ["read", "endorse"]))
        self.assertEqual(self.server.request("GET", "/api/v1/anchors", fields=bearer(made["token"])).status, 200)
        listed = self.server.request("GET", "/api/v1/tokens", fields=bearer(self.admin))
        self.assertNotIn(made["token"].encode(), listed.body)
        entry = next(t for t in listed.json()["tokens"] if t["id"] == "ci")
        self.assertEqual((entry["scopes"], entry["expires"]), (made["scopes"], made["expires"]))
        self.assertEqual(self.post(name="ci", scopes=["read"]).status, 409)
        gone = self.server.request("DELETE", "/api/v1/tokens/ci", fields=bearer(self.admin))
        self.assertEqual(gone.status, 204, gone)
        self.assert_denied(self.server.request("GET", "/api/v1/anchors", fields=bearer(made["token"])), 401, "invalid_token")
        self.assertEqual(self.server.request("DELETE", "/api/v1/tokens/ci", fields=bearer(self.admin)).status, 404)
        self.assertEqual(self.post(name="ci", scopes=["read"]).status, 201)

    def test_lifetimes(self):
        ends = self.post(name="l1", scopes=["read"]).json()["expires"]
        days = (datetime.datetime.strptime(ends, "%Y-%m-%dT%H:%M:%SZ") - datetime.datetime.utcnow()).total_seconds() / 86400
        self.assertAlmostEqual(days, 90, delta=0.1)
        self.assertIsNone(self.post(name="l2", scopes=["read"], expires_in=None).json()["expires"])
        for wrong in (0, -1, 10**12, "1", 1.5, [], True):
            self.assertEqual(self.post(name="l3", scopes=["read"], expires_in=wrong).status, 400, wrong)

    def test_what_makes_no_token_is_refused_by_name(self):
        for body, named in (({}, "name"), ({"name": "a"}, "scopes"), ({"name": "a", "scopes": []}, "scopes"),
                            ({"name": "a", "scopes": ["all"]}, "scopes"), ({"name": "", "scopes": ["read"]}, "name"),
                            ({"name": "a b", "scopes": ["read"]}, "name"), ({"name": "../a", "scopes": ["read"]}, "name"),
                            ({"name": ".", "scopes": ["read"]}, "name"), ({"name": "a" * 65, "scopes": ["read"]}, "name"),
                            ({"name": "a", "scopes": ["read"], "token": "tps_x"}, "unknown"), ({"name": "a", "scopes": "read"}, "scopes")):
            answer = self.post(**body)
            self.assertEqual(answer.status, 400, (body, answer))
            self.assertIn(named, answer.json()["detail"], body)

    def test_operator_is_given_by_who_has_it(self):
        self.assert_forbidden(self.post(name="op", scopes=["operator"]))
        self.assertEqual(self.post(self.operator, name="op", scopes=["operator"]).status, 201)
        body = {"scopes": ["operator"], "certificate": {"subject": "CN=me"}}
        answer = self.server.request("PUT", "/api/v1/administrators/me", json.dumps(body), "application/json", bearer(self.admin))
        self.assert_forbidden(answer)
        made = self.server.request("POST", "/api/v1/tenants", json.dumps({"name": "sub"}), "application/json", bearer(self.operator))
        self.assertEqual(made.status, 201, made)
        sub = make_token(self.server, "sub", "admin", "admin")
        await_known(self.server, "/t/sub/api/v1/tokens", sub)
        answer = self.server.request("POST", "/t/sub/api/v1/tokens", json.dumps({"name": "op", "scopes": ["operator"]}),
                                     "application/json", bearer(sub))
        self.assertEqual(answer.status, 422, answer)

    def assert_forbidden(self, answer):
        self.assertEqual(answer.status, 403, answer)
        self.assertIn("operator", answer.json()["detail"])

    def test_what_was_changed_is_in_the_audit_log_with_who_did_it(self):
        self.post(name="seen", scopes=["audit"])
        text = tps("audit", "export", "default", "--store", self.server.store).stdout
        entry = [json.loads(line)["entry"] for line in text.splitlines() if '"seen"' in line][-1]
        self.assertEqual(entry["event"], "token.added")
        self.assertEqual((entry["by"]["kind"], entry["by"]["name"]), ("token", "admin"))
        self.assertEqual((entry["what"]["name"], entry["what"]["scopes"]), ("seen", "audit"))


class RateLimits(Case):
    def test_a_client_that_asks_too_often_waits_as_long_as_it_is_told(self):
        with Server(rate_client=5) as server:
            codes = [server.request("GET", "/.well-known/jwks.json").status for _ in range(60)]
            self.assertGreaterEqual(codes.count(200), 10)
            self.assertIn(429, codes)
            answer = server.request("GET", "/.well-known/jwks.json")
            while answer.status != 429:
                answer = server.request("GET", "/.well-known/jwks.json")
            self.assertGreaterEqual(int(answer.fields["Retry-After"]), 1)
            time.sleep(int(answer.fields["Retry-After"]))
            self.assertEqual(server.request("GET", "/.well-known/jwks.json").status, 200)
            self.assertEqual({server.request("GET", "/healthz").status for _ in range(30)}, {200})


    def test_who_floods_takes_nothing_of_what_the_tenants_clients_share(self):
        with Server() as server:
            settings = server.folder / "settings.json"
            settings.write_text('{"requests_per_second": 40, "client_requests_per_second": 5}')
            tps("tenant", "create", "acme", "--store", server.store)
            tps("tenant", "set", "acme", settings, "--store", server.store)
            end = time.monotonic() + 15
            while 429 not in (codes := [self.ask_from(server, "127.0.0.1") for _ in range(20)]) and time.monotonic() < end:
                time.sleep(0.2)
            self.assertIn(429, codes)
            for _ in range(100):
                self.ask_from(server, "127.0.0.1")
            self.assertEqual([self.ask_from(server, "127.0.0.2") for _ in range(8)], [200] * 8)

    @staticmethod
    def ask_from(server, source):
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20, source_address=(source, 0))
        connection.request("GET", "/t/acme/.well-known/jwks.json")
        status = connection.getresponse().status
        connection.close()
        return status


class CommandLine(Case):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="tps-access-")
        self.addCleanup(folder.cleanup)
        self.store = pathlib.Path(folder.name) / "store.db"
        tps("tenant", "create", "acme", "--store", self.store)

    def refused(self, *words):
        done = tps(*words, "--store", self.store, ok=False)
        self.assertEqual((done.returncode, done.stdout), (2, ""), done)
        self.assertRegex(done.stderr, r"\Atps: .+: .+\n\Z")
        return done.stderr

    def test_a_token_stands_alone_on_standard_output(self):
        done = tps("token", "create", "acme", "ci", "--scopes", "endorse read", "--days", "1", "--store", self.store)
        self.assertRegex(done.stdout, r"\Atps_[A-Za-z0-9_-]{43}\n\Z")
        listed = tps("token", "list", "acme", "--store", self.store).stdout
        self.assertRegex(listed, r"\Aci +until \d{4}-\d\d-\d\d +read endorse\n\Z")
        self.assertNotIn(done.stdout[4:20], listed)
        tps("token", "revoke", "acme", "ci", "--store", self.store)
        self.assertIn("no token yet", tps("token", "list", "acme", "--store", self.store).stdout)

    def test_slips_make_no_token(self):
        tps("token", "create", "acme", "ci", "--scopes", "read", "--store", self.store)
        for words in (["create", "acme", "ci", "--scopes", "read"], ["create", "acme", "x"], ["create", "acme", "x", "--scopes", "reed"],
                      ["create", "acme", "x", "--scopes", ""], ["create", "acme", "x", "--scopes", "operator"],
                      ["create", "acme", "a/b", "--scopes", "read"], ["create", "nobody", "x", "--scopes", "read"],
                      ["create", "acme", "x", "--scopes", "read", "--days", "0"], ["create", "acme", "x", "--scopes", "read", "--days", "x"],
                      ["create", "acme", "x", "--scopes", "read", "--days", ""], ["revoke", "acme", "x"], ["list"], ["list", "nobody"], []):
            self.refused("token", *words)
        self.assertEqual(len(tps("token", "list", "acme", "--store", self.store).stdout.splitlines()), 1)

    def test_slips_make_no_administrator(self):
        oidc = ["--issuer", "https://idp.example", "--audience", "a"]
        for words, named in ((["--scopes", "read"], "who that is"), (["--scopes", "read", *oidc], "subject or claims"),
                             (["--scopes", "read", *oidc, "--claim", "x"], "NAME=VALUE"),
                             (["--scopes", "read", "--issuer", "http://idp.example", "--audience", "a", "--subject", "b"], "issuer"),
                             (["--scopes", "read", *oidc, "--subject", "b", "--certificate-subject", "CN=a"], "who that is"),
                             (["--scopes", "read", *oidc, "--subject", "b", "--jwks-uri", "ftp://x"], "jwks_uri"),
                             ([*oidc, "--subject", "b"], "--scopes"), (["--scopes", "read", "--certificate", "/nowhere.pem"], "/nowhere.pem")):
            self.assertIn(named, self.refused("administrator", "add", "acme", "x", *words), words)
        self.assertIn("no administrator yet", tps("administrator", "list", "acme", "--store", self.store).stdout)


# ---- an identity provider ----

class Key:
    """A signing key of a provider."""

    def __init__(self, alg, kid):
        self.alg, self.kid = alg, kid
        if alg in ("RS256", "PS256"):
            self.private = rsa.generate_private_key(65537, 2048)
        elif alg == "EdDSA":
            self.private = ed25519.Ed25519PrivateKey.generate()
        else:
            self.private = ec.generate_private_key(ec.SECP256R1() if alg == "ES256" else ec.SECP384R1())

    def sign(self, data):
        if self.alg == "RS256":
            return self.private.sign(data, padding.PKCS1v15(), hashes.SHA256())
        if self.alg == "PS256":
            return self.private.sign(data, padding.PSS(padding.MGF1(hashes.SHA256()), 32), hashes.SHA256())
        if self.alg == "EdDSA":
            return self.private.sign(data)
        size = 32 if self.alg == "ES256" else 48
        r, s = decode_dss_signature(self.private.sign(data, ec.ECDSA(hashes.SHA256() if size == 32 else hashes.SHA384())))
        return r.to_bytes(size, "big") + s.to_bytes(size, "big")

    def jwk(self):
        public = self.private.public_key()
        common = {"kid": self.kid, "use": "sig", "alg": self.alg}
        if self.alg in ("RS256", "PS256"):
            n = public.public_numbers()
            return {**common, "kty": "RSA", "n": base64url(n.n.to_bytes(256, "big")), "e": "AQAB"}
        if self.alg == "EdDSA":
            raw = public.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
            return {**common, "kty": "OKP", "crv": "Ed25519", "x": base64url(raw)}
        size = 32 if self.alg == "ES256" else 48
        n = public.public_numbers()
        return {**common, "kty": "EC", "crv": "P-256" if size == 32 else "P-384",
                "x": base64url(n.x.to_bytes(size, "big")), "y": base64url(n.y.to_bytes(size, "big"))}


class Provider:
    """Discovery and keys on loopback; `away` makes it fail, `name` what its discovery document says it is."""

    def __init__(self, *keys):
        self.keys, self.away, self.asked = list(keys), False, []
        provider = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                provider.asked.append(self.path)
                documents = {"/.well-known/openid-configuration": {"issuer": provider.name, "jwks_uri": provider.url + "/keys"},
                             "/keys": {"keys": [k.jwk() for k in provider.keys]}}
                found = None if provider.away else documents.get(self.path)
                body = json.dumps(found).encode()
                self.send_response(200 if found else 503)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = self.name = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def stop(self):
        self.server.shutdown()
        self.server.server_close()

    def claims(self, **changes):
        now = int(time.time())
        claims = {"iss": self.url, "sub": "alice", "aud": "opentps", "exp": now + 300, "iat": now, **changes}
        return {k: v for k, v in claims.items() if v is not ...}

    def token(self, key=None, header=None, **changes):
        key = key or self.keys[0]
        header = header or {"alg": key.alg, "kid": key.kid, "typ": "JWT"}
        part = base64url(json.dumps(header).encode()) + "." + base64url(json.dumps(self.claims(**changes)).encode())
        return part + "." + base64url(key.sign(part.encode()))


class IdentityProvider(Case):
    def setUp(self):
        self.provider = Provider(Key("ES256", "k1"))
        self.addCleanup(self.provider.stop)
        self.server = Server().start()
        self.addCleanup(self.server.__exit__)

    def administrator(self, name, *more, scopes="read"):
        tps("administrator", "add", "default", name, "--scopes", scopes, "--issuer", self.provider.url,
            "--audience", "opentps", *more, "--store", self.server.store)

    def ask(self, token, path="/api/v1/anchors"):
        return self.server.request("GET", path, fields=bearer(token))

    def await_answer(self, token, status):
        """Keys are fetched beside the requests: until they are here, 503 tells to come again."""
        end = time.monotonic() + 20
        answer = self.ask(token)
        while answer.status != status and time.monotonic() < end:
            if answer.status == 503:
                self.assertGreaterEqual(int(answer.fields["Retry-After"]), 1)
            time.sleep(0.05)
            answer = self.ask(token)
        self.assertEqual(answer.status, status, answer)
        return answer

    def test_tokens_by_every_algorithm_open_what_their_scopes_say(self):
        self.provider.keys = [Key(alg, "k-" + alg) for alg in ("RS256", "PS256", "ES256", "ES384", "EdDSA")]
        self.administrator("admins", "--claim", "groups=tps-admins", scopes="admin")
        self.administrator("alice", "--subject", "alice")
        for key in self.provider.keys:
            self.await_answer(self.provider.token(key), 200)
        token = self.provider.token(groups=["x", "tps-admins"])
        self.assertEqual(self.ask(token, "/api/v1/tokens").status, 200)
        self.assert_denied(self.ask(self.provider.token(), "/api/v1/tokens"), 403, "insufficient_scope")
        self.assert_denied(self.ask(self.provider.token(sub="bob"), "/api/v1/tokens"), 401, "invalid_token")
        self.assertEqual(self.ask(self.provider.token(sub="bob", groups="tps-admins"), "/api/v1/tokens").status, 200)

    def test_who_did_it_is_in_the_audit_log(self):
        self.administrator("admins", "--claim", "groups=tps-admins", scopes="admin,read")
        token = self.provider.token(sub="carol", groups=["tps-admins"])
        self.await_answer(token, 200)
        answer = self.server.request("POST", "/api/v1/tokens", json.dumps({"name": "n", "scopes": ["read"]}),
                                     "application/json", bearer(token))
        self.assertEqual(answer.status, 201, answer)
        entry = json.loads(tps("audit", "export", "default", "--store", self.server.store).stdout.splitlines()[-1])["entry"]
        self.assertEqual((entry["by"]["kind"], entry["by"]["name"]), ("oidc", "admins/carol"))

    def test_no_bad_token_opens_anything(self):
        self.administrator("alice", "--subject", "alice")
        p = self.provider
        self.await_answer(p.token(), 200)
        now = int(time.time())
        key = p.keys[0]
        public = key.private.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
        bad = {
            "iss": p.token(iss="https://evil.example"), "aud": p.token(aud="other"), "no aud": p.token(aud=...),
            "sub": p.token(sub="mallory"), "no sub": p.token(sub=...), "exp": p.token(exp=now - 3600), "no exp": p.token(exp=...),
            "nbf": p.token(nbf=now + 3600), "iat": p.token(iat=now + 3600), "cnf": p.token(cnf={"jkt": "x"}),
            "typ": p.token(header={"alg": "ES256", "kid": "k1", "typ": "logout+jwt"}),
            "crit": p.token(header={"alg": "ES256", "kid": "k1", "crit": ["x"], "x": 1}),
            "another's key": p.token(Key("ES256", "k1")), "another algorithm": p.token(Key("RS256", "k1")),
            "jwk in the header": p.token(Key("ES256", "k1"), header={"alg": "ES256", "kid": "k1", "jwk": Key("ES256", "k1").jwk()}),
        }
        head = lambda **h: base64url(json.dumps(h).encode()) + "." + base64url(json.dumps(p.claims()).encode())
        bad["none"] = head(alg="none") + "."
        bad["none, with something"] = head(alg="none", kid="k1") + ".AAAA"
        for secret in (public, public.strip(), json.dumps(key.jwk()).encode()):
            code = hmac.HMAC(secret, hashes.SHA256())
            text = head(alg="HS256", kid="k1", typ="JWT")
            code.update(text.encode())
            bad[f"HMAC {len(secret)}"] = text + "." + base64url(code.finalize())
        good = p.token()
        bad["no signature"] = good.rsplit(".", 1)[0] + "."
        bad["zeros"] = good.rsplit(".", 1)[0] + "." + base64url(bytes(64))
        bad["other claims"] = good.split(".")[0] + "." + base64url(json.dumps(p.claims(sub="alice", x=1)).encode()) + "." + good.split(".")[2]
        bad["five parts"] = good + ".a.b"
        for name, token in bad.items():
            self.assert_denied(self.ask(token), 401, "invalid_token", name)
        self.assertEqual(self.ask(good).status, 200)

    def test_a_provider_that_changes_its_keys_is_asked_again_but_not_for_each_stranger(self):
        self.administrator("alice", "--subject", "alice")
        before = self.provider.token()
        self.await_answer(before, 200)
        self.provider.keys = [Key("EdDSA", "k2")]
        self.await_answer(self.provider.token(), 200)
        asked = len(self.provider.asked)
        for i in range(30):
            self.assert_denied(self.ask(self.provider.token(Key("ES256", f"unknown-{i}"))), 401, "invalid_token")
        self.assertEqual(len(self.provider.asked), asked)
        self.assert_denied(self.ask(before), 401, "invalid_token", "the key that is gone")

    def test_while_the_provider_is_away_its_last_keys_count(self):
        self.provider.away = True
        self.administrator("alice", "--subject", "alice")
        token = self.provider.token()
        self.await_answer(token, 503)
        self.provider.away = False
        self.await_answer(token, 200)
        self.provider.away = True
        for _ in range(5):
            self.assertEqual(self.ask(self.provider.token()).status, 200)

    def test_a_document_of_another_issuer_is_no_discovery(self):
        self.provider.name = "https://other.example"
        self.administrator("alice", "--subject", "alice")
        self.await_answer(self.provider.token(), 503)
        end = time.monotonic() + 10
        while not self.provider.asked and time.monotonic() < end:
            time.sleep(0.05)
        time.sleep(0.3)
        self.assertEqual(self.ask(self.provider.token()).status, 503)
        self.assertNotIn("/keys", self.provider.asked)

    def test_keys_that_stand_in_the_entry_are_never_fetched(self):
        jwks = self.server.folder / "jwks.json"
        jwks.write_text(json.dumps({"keys": [k.jwk() for k in self.provider.keys]}))
        self.administrator("alice", "--subject", "alice", "--jwks", jwks)
        self.await_answer(self.provider.token(), 200)
        self.assertEqual(self.provider.asked, [])
        self.assert_denied(self.ask(self.provider.token(Key("ES256", "k9"))), 401, "invalid_token")

    def test_entries_are_put_listed_and_removed_over_http(self):
        admin = make_token(self.server, "default", "admin", "admin")
        await_known(self.server, "/api/v1/tokens", admin)
        who = {"scopes": ["read"], "oidc": {"issuer": self.provider.url, "audience": "opentps", "subject": "alice"}}
        path = "/api/v1/administrators/alice"
        put = lambda body, **fields: self.server.request("PUT", path, json.dumps(body), "application/json", {**bearer(admin), **fields})
        answer = put(who)
        self.assertEqual(answer.status, 201, answer)
        self.await_answer(self.provider.token(), 200)
        self.assertEqual(put(who).status, 428)
        who["scopes"] = ["policy"]
        self.assertEqual(put(who, **{"If-Match": answer.fields["ETag"]}).status, 200)
        self.assert_denied(self.ask(self.provider.token()), 403, "insufficient_scope")
        listed = self.server.request("GET", "/api/v1/administrators", fields=bearer(admin)).json()["administrators"]
        self.assertEqual([(a["id"], a["who"]) for a in listed], [("alice", who)])
        for wrong in ({**who, "scopes": ["all"]}, {**who, "x": 1}, {"scopes": ["read"]},
                      {"scopes": ["read"], "oidc": {**who["oidc"], "issuer": "http://192.0.2.1"}},
                      {"scopes": ["read"], "oidc": {"issuer": "https://a.example", "audience": "b"}},
                      {"scopes": ["read"], "oidc": {**who["oidc"], "jwks": {"keys": []}}}):
            self.assertEqual(put(wrong, **{"If-Match": "*"}).status, 422, wrong)
        self.assertEqual(self.server.request("DELETE", path, fields=bearer(admin)).status, 204)
        self.assert_denied(self.ask(self.provider.token()), 401, "invalid_token")

    def test_tenants_do_not_make_the_server_ask_its_own_machine(self):
        tps("tenant", "create", "acme", "--store", self.server.store, ok=False)
        admin = make_token(self.server, "acme", "admin", "admin")
        await_known(self.server, "/t/acme/api/v1/tokens", admin)
        for oidc in ({"issuer": self.provider.url}, {"issuer": "https://localhost"},
                     {"issuer": "https://idp.example", "jwks_uri": self.provider.url + "/keys"}):
            body = {"scopes": ["read"], "oidc": {**oidc, "audience": "opentps", "subject": "alice"}}
            answer = self.server.request("PUT", "/t/acme/api/v1/administrators/alice", json.dumps(body), "application/json",
                                         bearer(admin))
            self.assertEqual(answer.status, 422, answer)
            self.assertIn("own machine", answer.json()["detail"])
        self.assertEqual(self.provider.asked, [])


# ---- client certificates ----

def make_certificate(name, issuer=None, ca=False):
    """(key, certificate), signed by `issuer`, which is such a pair, or by itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Example"), x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.datetime.utcnow()
    builder = x509.CertificateBuilder().subject_name(subject).issuer_name(issuer[1].subject if issuer else subject)
    builder = builder.public_key(key.public_key()).serial_number(x509.random_serial_number())
    builder = builder.not_valid_before(now - datetime.timedelta(hours=1)).not_valid_after(now + datetime.timedelta(days=1))
    builder = builder.add_extension(x509.BasicConstraints(ca, None), True)
    builder = builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False)
    signer = issuer[0] if issuer else key
    builder = builder.add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), False)
    if ca:
        builder = builder.add_extension(x509.KeyUsage(False, False, False, False, False, True, True, False, False), True)
    elif name == "localhost":
        builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), False)
    return key, builder.sign(signer, hashes.SHA256())


class ClientCertificates(Case):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory(prefix="tps-access-")
        cls.ca = make_certificate("ca", ca=True)
        cls.files = {}
        cls.keep("ca", cls.ca)
        for name in ("localhost", "ops", "guest"):
            cls.keep(name, make_certificate(name, cls.ca))
        cls.keep("forged", make_certificate("ops", make_certificate("ca", ca=True)))
        cls.server = Server(tls_certificate=cls.files["localhost"][0], tls_key=cls.files["localhost"][1],
                            client_ca=cls.files["ca"][0]).start()
        for tenant in ("acme", "other"):
            tps("tenant", "create", tenant, "--store", cls.server.store)
        tps("administrator", "add", "acme", "ops", "--scopes", "read", "--certificate", cls.files["ops"][0],
            "--store", cls.server.store)
        tps("administrator", "add", "other", "ops", "--scopes", "audit", "--certificate-subject", "CN=ops,O=Example",
            "--store", cls.server.store)

    @classmethod
    def keep(cls, name, pair):
        paths = [pathlib.Path(cls.folder.name) / (name + end) for end in (".pem", ".key")]
        paths[0].write_bytes(pair[1].public_bytes(serialization.Encoding.PEM))
        paths[1].write_bytes(pair[0].private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
                                                   serialization.NoEncryption()))
        paths[1].chmod(0o600)
        cls.files[name] = paths

    @classmethod
    def tearDownClass(cls):
        cls.server.__exit__()
        cls.folder.cleanup()

    def ask(self, path, who=None, fields=None):
        context = ssl.create_default_context(cafile=self.files["ca"][0])
        if who:
            context.load_cert_chain(*self.files[who])
        connection = http.client.HTTPSConnection("localhost", self.server.port, context=context, timeout=20)
        connection._create_connection = lambda address, *rest: __import__("socket").create_connection(("127.0.0.1", address[1]), *rest)
        connection.request("GET", path, headers=fields or {})
        response = connection.getresponse()
        answer = server_support.Answer(response.status, response.headers, response.read())
        connection.close()
        return answer

    def test_a_certificate_opens_what_its_entry_says_at_its_tenant(self):
        end = time.monotonic() + 15
        while self.ask("/t/other/api/v1/audit", "ops").status != 200 and time.monotonic() < end:
            time.sleep(0.05)
        self.assertEqual(self.ask("/t/acme/api/v1/anchors", "ops").status, 200)
        self.assertEqual(self.ask("/t/other/api/v1/audit", "ops").status, 200)
        self.assert_denied(self.ask("/t/acme/api/v1/audit", "ops"), 403, "insufficient_scope")
        self.assert_denied(self.ask("/t/acme/api/v1/anchors"), 401, None)
        self.assert_denied(self.ask("/t/acme/api/v1/anchors", "guest"), 401, None)
        self.assert_denied(self.ask("/api/v1/anchors", "ops"), 401, None)
        self.assertEqual(self.ask("/healthz", "guest").status, 200)

    def test_a_field_that_is_there_decides(self):
        self.assert_denied(self.ask("/t/acme/api/v1/anchors", "ops", bearer(STRANGER)), 401, "invalid_token")

    def test_a_certificate_of_another_ca_makes_no_connection(self):
        with self.assertRaises((ssl.SSLError, ConnectionError, http.client.HTTPException)):
            self.ask("/t/acme/api/v1/anchors", "forged")


if __name__ == "__main__":
    server_support.main()
