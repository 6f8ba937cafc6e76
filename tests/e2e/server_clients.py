#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""`tps serve` as Veraison's clients see it: requests as their client library sends them, answers read as strictly as it reads
them, in its older manner (base 64 with padding, as Go's encoding/json has it) and its newer one (base64url). `make interop`
runs the clients themselves."""
import base64
import json
import pathlib
import tempfile
import unittest
import urllib.parse

import server_support as support
from server_support import Server, base64url, jwt_payload, tps

SESSION_TYPE = "application/vnd.veraison.challenge-response-session+json"
PROVISIONING_TYPE = "application/vnd.veraison.provisioning-session+json"
PSA_TYPE = "application/psa-attestation-token"


def read_old(text):
    """Go's base64.StdEncoding: the plain alphabet, padding required."""
    return base64.b64decode(text, validate=True)


def read_new(text):
    """Go's base64.RawURLEncoding: the URL-safe alphabet, padding forbidden."""
    assert not set(text) & set("+/="), text
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


READERS = {"old": (read_old, lambda nonce: base64.b64encode(nonce).decode()), "new": (read_new, base64url)}


class Client:
    """The library's challenge-response, step by step."""

    def __init__(self, server, manner):
        self.server, (self.read, self.write) = server, READERS[manner]

    def new_session(self, **query):
        if "nonce" in query:
            query["nonce"] = self.write(query["nonce"])
        answer = self.server.request("POST", f"/t/makers{support.NEW_SESSION}?{urllib.parse.urlencode(query)}", b"", None,
                                     {"Accept": SESSION_TYPE})
        assert answer.status == 201, answer
        base = f"http://127.0.0.1:{self.server.port}/t/makers{support.NEW_SESSION}"
        path = urllib.parse.urlsplit(urllib.parse.urljoin(base, answer.fields["Location"])).path
        session = answer.json()
        assert PSA_TYPE in session["accept"], session     # compared as a whole text
        return path, self.read(session["nonce"])

    def run(self, evidence_for, **query):
        """The result, a text."""
        path, nonce = self.new_session(**query)
        answer = self.server.request("POST", path, evidence_for(nonce), PSA_TYPE, {"Accept": SESSION_TYPE})
        session = answer.json()
        assert answer.status == 200 and session["status"] == "complete", answer
        self.read(session["nonce"])
        base64.b64decode(session["evidence"]["value"], validate=True)
        assert self.server.request("DELETE", path).status in (200, 202, 204)
        return session["result"]


class Clients(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.temporary = tempfile.TemporaryDirectory(prefix="tps-clients-")
        folder = pathlib.Path(cls.temporary.name)
        cls.maker, image = folder / "acme", folder / "image.bin"
        image.write_bytes(b"firmware" * 100)
        tps("factory", "init", cls.maker, "--name", "Acme", "--demo")
        tps("factory", "release", cls.maker, "--model", "bulb", "--version", "1.0.0", "--image", image)
        tps("factory", "make", cls.maker, "--model", "bulb")
        cls.device = next((cls.maker / "devices").iterdir())
        cls.server = Server("--demo")
        cls.server.know("makers", cls.maker)
        cls.token = tps("token", "create", "makers", "cocli", "--scopes", "endorse,policy,read", "--store",
                        cls.server.store).stdout.strip()
        cls.server.start()

    @classmethod
    def tearDownClass(cls):
        tps("device", "stop", cls.device)
        cls.server.__exit__()
        cls.temporary.cleanup()

    def evidence(self, nonce):
        path = pathlib.Path(self.temporary.name) / "evidence.cbor"
        tps("device", "evidence", "--device", self.device, "--nonce", base64url(nonce), "--profile", "psa", "--out", path)
        return path.read_bytes()

    def assert_affirming(self, result):
        statuses = {part["ear.status"] for part in jwt_payload(result)["submods"].values()}
        self.assertEqual(statuses, {"affirming"})

    def test_an_attester_of_either_manner_asks_for_48_bytes(self):
        for manner in READERS:
            self.assert_affirming(Client(self.server, manner).run(self.evidence, nonceSize=48))

    def test_nonces_of_48_bytes_are_read_alike_in_both_manners(self):
        for _ in range(50):
            _, nonce = Client(self.server, "old").new_session(nonceSize=48)
            self.assertEqual(read_new(base64url(nonce)), nonce)
            self.assertFalse(set(base64url(nonce)) & set("-_"))

    def test_an_attester_of_the_newer_manner_asks_for_any_size(self):
        for size in (32, 64):
            self.assert_affirming(Client(self.server, "new").run(self.evidence, nonceSize=size))

    def test_a_relying_party_brings_its_nonce(self):
        nonce = bytes(range(100, 132))
        token = self.evidence(nonce)
        self.assert_affirming(Client(self.server, "new").run(lambda got: self.assertEqual(got, nonce) or token, nonce=nonce))
        nonce = bytes(48)   # whose text is the same in both alphabets
        token = self.evidence(nonce)
        self.assert_affirming(Client(self.server, "old").run(lambda got: self.assertEqual(got, nonce) or token, nonce=nonce))

    def submit(self, type, **fields):
        corim = sorted((self.maker / "endorsements").glob("*.psa.corim"))[0].read_bytes()
        return self.server.request("POST", "/t/makers" + support.SUBMIT, corim, type, {"Accept": PROVISIONING_TYPE, **fields})

    def test_endorsements_are_submitted_with_a_token_as_password(self):
        type = 'application/rim+cose; profile="tag:arm.com,2025:psa#1.0.0"'
        basic = base64.b64encode(f"anybody:{self.token}".encode()).decode()
        answer = self.submit(type, Authorization=f"Basic {basic}")
        self.assertEqual((answer.status, answer.fields["Content-Type"]), (200, PROVISIONING_TYPE))
        self.assertEqual(answer.json()["status"], "success")
        self.assertIn("expiry", answer.json())
        self.assertEqual(self.submit(type).status, 401)

    def test_policies_are_managed(self):
        management, fields = "/t/makers/management/v1", {"Authorization": f"Bearer {self.token}"}
        schemes = self.server.request("GET", "/t/makers/.well-known/veraison/management", fields=fields).json()
        self.assertIn("PSA_IOT", schemes["attestation-schemes"])
        text = self.server.request("GET", "/t/makers/api/v1/policies/default", fields=fields).body
        made = self.server.request("POST", f"{management}/policy/PSA_IOT?name=mine", text,
                                   "application/vnd.opentps.policy+lua", fields)
        self.assertEqual((made.status, made.fields["Content-Type"]), (201, "application/vnd.veraison.policy+json"))
        policy = made.json()
        self.assertEqual((policy["name"], policy["rules"], policy["active"]), ("mine", text.decode(), False))
        self.assertTrue({"uuid", "ctime", "type"} <= set(policy))
        activate = f"{management}/policy/PSA_IOT/{policy['uuid']}/activate"
        self.assertEqual(self.server.request("POST", activate, b"", None, fields).status, 200)
        active = self.server.request("GET", f"{management}/policy/PSA_IOT", fields=fields)
        self.assertEqual((active.status, active.json()["uuid"], active.json()["active"]), (200, policy["uuid"], True))
        listed = self.server.request("GET", f"{management}/policies/PSA_IOT", fields=fields)
        self.assertEqual(listed.fields["Content-Type"], "application/vnd.veraison.policies+json")
        self.assertEqual([entry["uuid"] for entry in listed.json()], [policy["uuid"]])
        self.assertEqual(self.server.request("POST", f"{management}/policies/PSA_IOT/deactivate", b"", None, fields).status, 200)
        opa = self.server.request("POST", f"{management}/policy/PSA_IOT", b"package policy",
                                  "application/vnd.veraison.policy.opa", fields)
        self.assertEqual((opa.status, opa.fields["Accept"]), (415, "application/vnd.opentps.policy+lua"))


if __name__ == "__main__":
    support.main()
