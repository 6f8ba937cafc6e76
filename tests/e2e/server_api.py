# SPDX-License-Identifier: Apache-2.0
"""What a tenant has, over HTTP: each resource its whole life, races for one state of it, and that no tenant meets another's."""

import base64
import concurrent.futures
import contextlib
import datetime
import hashlib
import json
import sqlite3
import tempfile
import time
import unittest

import cbor2
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

import openapi_schema
import server_support
from server_api_support import Client, Provider
from server_interface import certificate, sign_corim, verify_jwt
from server_support import (CORIM_TYPE, NEW_SESSION, PSA_NONCE, PSA_TYPE, SUBMIT, Server, base64url, jwt_payload, tiers,
                            vector)

LUA = "application/vnd.opentps.policy+lua"
PEM = "application/x-pem-file"


def policy(name, act=""):
    return f'policy {{ name = "{name}", version = "1" }}\n{act}'.encode()


WARN = ('warn { claim = "executables", name = "executables.tested", cause = "a test", evidence = "any", known = "none", '
        'next_step = "none" }')


def crl(issuer, key, serials=(), hours=0):
    now = datetime.datetime.utcnow() + datetime.timedelta(hours=hours)
    builder = (x509.CertificateRevocationListBuilder().issuer_name(issuer.subject)
               .last_update(now - datetime.timedelta(hours=2)).next_update(now + datetime.timedelta(days=9)))
    for serial in serials:
        builder = builder.add_revoked_certificate(
            x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(now - datetime.timedelta(hours=3)).build())
    return builder.sign(key, hashes.SHA256())


class Api(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Provider().start()
        cls.count = 0

    @classmethod
    def tearDownClass(cls):
        cls.server.__exit__()

    def tenant(self, **settings):
        Api.count += 1
        return self.server.tenant(f"tenant{Api.count}", **settings)

    def expect(self, status, answer):
        self.assertEqual(answer.status, status, answer)
        if answer.status >= 400:
            self.assertEqual(answer.fields["Content-Type"], "application/problem+json")
            self.assertEqual(set(answer.json()) - {"line"}, {"type", "title", "status", "detail", "next_step"})
            self.assertTrue(answer.json()["detail"] and answer.json()["next_step"], answer)
        return answer

    def here(self, client, answer):
        """The path of what was made, as the client asks for it."""
        location = answer.fields["Location"]
        self.assertTrue(location.startswith(client.tenant + "/api/v1/"), location)
        return location[len(client.tenant):]

    def tiers(self, client, evidence=None, nonce=None):
        evidence = evidence or vector("psa-evidence.cbor")
        answer = client("POST", NEW_SESSION + ("?nonce=" + base64url(nonce) if nonce else ""))
        self.assertEqual(answer.status, 201, answer)
        answer = client("POST", "/challenge-response/v1/" + answer.fields["Location"], evidence, PSA_TYPE)
        self.assertEqual(answer.status, 200, answer)
        return answer

    # ---- each resource

    def test_a_trust_anchor_lives(self):
        a = self.tenant()
        key = ec.generate_private_key(ec.SECP256R1())
        root = certificate("a maker", key)
        der = root.public_bytes(Encoding.DER)
        made = self.expect(201, a("POST", "/api/v1/anchors", root.public_bytes(Encoding.PEM), PEM))
        self.assertEqual(made.json()["id"], hashlib.sha256(der).hexdigest())
        self.assertEqual(made.json()["subject"], "CN=a maker")
        path = self.here(a, made)
        got = self.expect(200, a("GET", path))
        self.assertEqual(got.fields["ETag"], made.fields["ETag"])
        self.assertEqual(base64.b64decode(got.json()["der"]), der)
        self.assertEqual(a("GET", path, If_None_Match=got.fields["ETag"]).status, 304)
        self.expect(409, a("POST", "/api/v1/anchors", der, "application/pkix-cert"))  # the same one
        self.assertEqual([x["id"] for x in a("GET", "/api/v1/anchors").json()["anchors"]], [made.json()["id"]])
        self.expect(412, a("DELETE", path, If_Match='"1"'))
        self.expect(204, a("DELETE", path, If_Match=got.fields["ETag"]))
        self.expect(404, a("DELETE", path))
        self.expect(404, a("GET", path))

        # A public key is as good, and with scopes; a private one is not.
        pem = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
        scopes = [{"uses": ["endorses"], "classes": [{"vendor": "Lumen AG"}]}]
        made = self.expect(201, a("POST", "/api/v1/anchors", {"anchor": pem, "scopes": scopes}))
        self.assertEqual((made.json()["kind"], made.json()["scopes"]), ("key", scopes))
        private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        self.expect(422, a("POST", "/api/v1/anchors", private, PEM))
        for body in ({"anchor": pem, "scopes": []}, {"anchor": pem, "scopes": [{"uses": ["all"]}]},
                     {"anchor": pem, "scopes": [{"use": ["endorses"]}]}, {"anchor": "rubbish"},
                     {"anchor": root.public_bytes(Encoding.PEM).decode() * 2}):
            self.expect(422, a("POST", "/api/v1/anchors", body))
        for body in {}, {"anchor": 1}, {"anchor": pem, "more": 1}, {"scopes": scopes}:
            self.expect(400, a("POST", "/api/v1/anchors", body))
        self.expect(415, a("POST", "/api/v1/anchors", der, "text/plain"))
        self.expect(422, a("POST", "/api/v1/anchors", b"\x30\x00", "application/pkix-cert"))
        self.assertEqual(len(a("GET", "/api/v1/anchors").json()["anchors"]), 1)

    def test_the_demonstration_ca_is_no_trust_anchor(self):
        a = self.tenant()
        pem = server_support.ROOT / "share" / "demo-ca" / "opentps-INSECURE-demonstration-ca.pem"
        self.expect(422, a("POST", "/api/v1/anchors", pem.read_bytes(), PEM))

    def test_an_endorsement_lives_and_counts_as_long(self):
        a, evidence, corim = self.tenant(allow_unsigned=True), vector("psa-evidence.cbor"), vector("psa-endorsements.cbor")
        made = self.expect(201, a("POST", "/api/v1/endorsements", corim, "application/rim+cbor"))
        path = self.here(a, made)
        self.expect(200, a("POST", "/api/v1/endorsements", corim, CORIM_TYPE))  # known
        self.assertEqual(a("POST", SUBMIT, corim, CORIM_TYPE).json()["status"], "success")
        self.assertEqual(set(tiers(self.tiers(a, nonce=PSA_NONCE)).values()), {"affirming"})
        got = self.expect(200, a("GET", path))
        self.assertEqual((got.body, got.fields["Content-Type"]), (corim, "application/rim+cbor"))
        self.assertEqual(a("GET", path, If_None_Match=got.fields["ETag"]).status, 304)
        about = self.expect(200, a("GET", path + "?explain")).json()
        self.assertEqual(about["about"]["profile"], "http://arm.com/psa/iot/1")
        self.assertEqual({t["kind"] for t in about["tags"]}, {"comid"})
        self.expect(204, a("DELETE", path))
        before = jwt_payload(self.tiers(a).json()["result"])
        self.assertNotIn("affirming", [m["ear.status"] for m in before["submods"].values()])
        self.expect(404, a("GET", path))
        self.assertEqual(a("GET", "/api/v1/endorsements").json(), {"endorsements": []})

    def test_what_endorsements_are_refused(self):
        a, corim = self.tenant(allow_unsigned=True), vector("psa-endorsements.cbor")
        for body in b"rubbish", corim[:-1], corim + b"\0":
            self.expect(422, a("POST", "/api/v1/endorsements", body, "application/rim+cbor"))
        self.expect(400, a("POST", "/api/v1/endorsements", corim, "application/rim+cose"))
        self.expect(400, a("POST", "/api/v1/endorsements", corim, 'application/rim+cbor; profile="other"'))
        self.expect(400, a("POST", "/api/v1/endorsements", b"", "application/rim+cbor"))
        strict = self.tenant()
        self.assertNotIn("rim+cbor", self.expect(415, strict("POST", "/api/v1/endorsements", corim, CORIM_TYPE)).fields["Accept"])
        anybody = Client(self.server, None, a.tenant[3:])
        self.assertIn("WWW-Authenticate", self.expect(401, anybody("POST", SUBMIT, corim, CORIM_TYPE)).fields)
        opened = self.tenant(allow_unsigned=True, open=True)
        anybody = Client(self.server, None, opened.tenant[3:])
        self.assertEqual(anybody("POST", SUBMIT, corim, CORIM_TYPE).json()["status"], "success")
        self.expect(201, anybody("POST", "/api/v1/endorsements", self.other_corim(), "application/rim+cbor"))
        self.expect(401, anybody("GET", "/api/v1/endorsements"))

    def other_corim(self, vendor="Lumen AG"):
        class_id = hashlib.sha256(vendor.encode()).digest()
        comid = {1: {0: "tag:" + vendor}, 4: {0: [[{0: {0: cbor2.CBORTag(560, class_id), 1: vendor, 2: "Bulb"}},
                                                 [{1: {2: [[1, class_id]]}}]]]}}
        return cbor2.dumps(cbor2.CBORTag(501, {0: "corim of " + vendor, 1: [cbor2.CBORTag(506, cbor2.dumps(comid))]}))

    def test_a_signed_endorsement_needs_its_anchor(self):
        a = self.tenant()
        root_key, key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
        root = certificate("maker", root_key)
        signer = certificate("endorser", key, "maker", root_key)
        signed = sign_corim(self.other_corim(), key, [signer])
        self.expect(422, a("POST", "/api/v1/endorsements", signed, "application/rim+cose"))
        anchor = self.expect(201, a("POST", "/api/v1/anchors", root.public_bytes(Encoding.PEM), PEM))
        made = self.expect(201, a("POST", "/api/v1/endorsements", signed, "application/rim+cose"))
        self.assertEqual(made.json()["about"]["signer"], "the maker")
        self.assertEqual(a("GET", self.here(a, made)).fields["Content-Type"], "application/rim+cose")
        self.expect(204, a("DELETE", self.here(a, anchor)))
        again = sign_corim(self.other_corim("Other"), key, [signer])
        self.expect(422, a("POST", "/api/v1/endorsements", again, "application/rim+cose"))

    def test_a_policy_lives_and_judges_while_it_is_active(self):
        a, corim = self.tenant(allow_unsigned=True), vector("psa-endorsements.cbor")
        self.expect(201, a("POST", "/api/v1/endorsements", corim, CORIM_TYPE))
        wrong = self.expect(422, a("POST", "/api/v1/policies", policy("x", "\nfoo()"), LUA))
        self.assertEqual(wrong.json()["line"], 3)
        self.assertIn("foo", wrong.json()["detail"])
        made = self.expect(201, a("POST", "/api/v1/policies?name=mine", policy("mine", WARN), LUA))
        path = self.here(a, made)
        self.assertEqual((made.json()["active"], made.json()["policy_id"]), (False, "mine@1"))

        def judged():
            return [m["ear.appraisal-policy-id"] for m in jwt_payload(self.tiers(a).json()["result"])["submods"].values()]

        self.assertNotIn("mine@1", str(judged()))
        on = self.expect(200, a("POST", path + "/activate", If_Match=made.fields["ETag"]))
        self.assertTrue(on.json()["active"])
        self.expect(412, a("POST", path + "/activate", If_Match=made.fields["ETag"]))
        self.expect(200, a("POST", path + "/activate"))  # it is
        self.assertEqual(a("GET", path).json()["text"].encode(), policy("mine", WARN))
        other = self.expect(201, a("POST", "/api/v1/policies", policy("other"), LUA))
        self.expect(409, a("POST", self.here(a, other) + "/activate"))  # for the same devices
        self.assertIn("next_step", a("POST", self.here(a, other) + "/activate").json())
        self.expect(200, a("POST", path + "/deactivate"))
        self.expect(200, a("POST", self.here(a, other) + "/activate"))
        self.expect(204, a("DELETE", path))
        self.expect(404, a("POST", path + "/activate"))
        self.assertIn(b"policy", self.expect(200, a("GET", "/api/v1/policies/default")).body)

    def test_a_policy_of_the_same_selector_gives_way(self):
        a = self.tenant()
        selector = {"vendor": "Lumen AG", "model": "Bulb"}
        first = self.expect(201, a("POST", "/api/v1/policies", {"name": "one", "text": policy("one").decode(),
                                                               "selector": selector, "active": True}))
        second = self.expect(201, a("POST", "/api/v1/policies", {"name": "two", "text": policy("two").decode(),
                                                                "selector": dict(reversed(selector.items())), "active": True}))
        self.assertFalse(a("GET", self.here(a, first)).json()["active"])
        self.assertTrue(a("GET", self.here(a, second)).json()["active"])
        for bad in ({"model": "Bulb"}, {"scheme": "OTHER"}, {"class_id": "0"}, {"vendor": ""}, {"more": "x"}, {"vendor": 'a"b'}):
            self.expect(400, a("POST", "/api/v1/policies", {"text": policy("x").decode(), "selector": bad}))
        self.expect(400, a("POST", "/api/v1/policies", {"selector": selector}))
        self.expect(400, a("POST", "/api/v1/policies", {"text": policy("x").decode(), "name": "a\\b"}))
        self.expect(413, a("POST", "/api/v1/policies", {"text": "-" * 300000}))

    def test_management_clients_see_the_same_policies(self):
        a, kind = self.tenant(), "application/vnd.veraison.policy+json"
        self.expect(404, a("GET", "/management/v1/policy/PSA_IOT"))
        opa = self.expect(415, a("POST", "/management/v1/policy/PSA_IOT", b"package policy", "application/vnd.veraison.policy.opa"))
        self.assertEqual(opa.fields["Accept"], LUA)
        self.assertIn(LUA, opa.json()["next_step"])
        made = [self.expect(201, a("POST", "/management/v1/policy/PSA_IOT?name=" + n, policy(n), LUA)) for n in ("one", "two")]
        self.assertEqual(made[0].fields["Content-Type"], kind)
        one, two = (m.json() for m in made)
        self.assertEqual(set(one), {"uuid", "ctime", "name", "type", "rules", "active"})
        for uuid in one["uuid"], two["uuid"]:
            answer = self.expect(200, a("POST", f"/management/v1/policy/PSA_IOT/{uuid}/activate"))
            self.assertEqual(answer.body, b"")
            active = self.expect(200, a("GET", "/management/v1/policy/PSA_IOT"))
            self.assertEqual((active.json()["uuid"], active.fields["Content-Type"]), (uuid, kind))
        listed = self.expect(200, a("GET", "/management/v1/policies/PSA_IOT"))
        self.assertEqual(listed.fields["Content-Type"], "application/vnd.veraison.policies+json")
        self.assertEqual([(p["name"], p["active"]) for p in sorted(listed.json(), key=lambda p: p["name"])],
                         [("one", False), ("two", True)])
        self.assertEqual([p["uuid"] for p in a("GET", "/management/v1/policies/PSA_IOT?name=two").json()], [two["uuid"]])
        self.assertEqual(a("GET", "/management/v1/policies/DICE").json(), [])
        self.expect(404, a("GET", "/management/v1/policy/DICE/" + one["uuid"]))
        self.expect(404, a("POST", f"/management/v1/policy/DICE/{one['uuid']}/activate"))
        self.expect(400, a("GET", "/management/v1/policies/OTHER"))
        self.assertEqual(a("GET", "/api/v1/policies/" + one["uuid"]).json()["selector"], {"scheme": "PSA_IOT"})
        self.expect(200, a("POST", "/management/v1/policies/PSA_IOT/deactivate"))
        self.expect(404, a("GET", "/management/v1/policy/PSA_IOT"))
        document = a("GET", "/.well-known/veraison/management").json()
        self.assertIn("PSA_IOT", document["attestation-schemes"])
        self.assertEqual(document["api-endpoints"]["getPolicies"], a.tenant + "/management/v1/policies/:scheme")

    def test_a_list_of_revocations_lives(self):
        a, corim = self.tenant(allow_unsigned=True), vector("psa-endorsements.cbor")
        self.expect(201, a("POST", "/api/v1/endorsements", corim, CORIM_TYPE))
        claims = cbor2.loads(cbor2.loads(vector("psa-evidence.cbor")).value[2])
        digest = next(c[2] for c in claims[2399])
        listed = {"revoked": [{"kind": "image", "value": digest.hex(), "reason": "CVE-2026-1"}]}
        path = "/api/v1/revocations/bad"
        made = self.expect(201, a("PUT", path, {"revoked": []}, If_None_Match="*"))
        self.expect(412, a("PUT", path, listed, If_None_Match="*"))
        self.expect(428, a("PUT", path, listed))
        self.expect(412, a("PUT", path, listed, If_Match='"1"'))
        self.expect(412, a("PUT", path, listed, If_Match="W/" + made.fields["ETag"]))
        changed = self.expect(200, a("PUT", path, listed, If_Match='"7", ' + made.fields["ETag"]))
        self.assertEqual(changed.json()["about"], {"entries": 1})
        self.assertEqual(a("GET", path).json(), listed)
        self.assertIn(b"CVE-2026-1", base64.urlsafe_b64decode(self.tiers(a, nonce=PSA_NONCE).json()["result"].split(".")[1] + "=="))
        for bad in ({"revoked": [{"kind": "thing", "value": "00"}]}, {"revoked": 1}, {"revoke": []},
                    {"revoked": [{"kind": "image", "value": "00"}]}):
            self.expect(422, a("PUT", "/api/v1/revocations/other", bad))
        self.expect(412, a("PUT", "/api/v1/revocations/other", listed, If_Match="*"))
        self.expect(400, a("PUT", "/api/v1/revocations/a%20b", listed))
        self.expect(400, a("PUT", path, listed, If_Match="rubbish"))
        self.expect(204, a("DELETE", path, If_Match="*"))
        self.assertEqual(a("GET", "/api/v1/revocations").json(), {"revocations": []})

    def test_an_older_crl_never_takes_a_newer_ones_place(self):
        a = self.tenant()
        key = ec.generate_private_key(ec.SECP256R1())
        root = certificate("an issuer", key)
        new, old = crl(root, key, (7, 8)), crl(root, key, hours=-1)
        self.expect(422, a("POST", "/api/v1/crls", new.public_bytes(Encoding.DER), "application/pkix-crl"))  # whose?
        self.expect(201, a("POST", "/api/v1/anchors", root.public_bytes(Encoding.PEM), PEM))
        made = self.expect(201, a("POST", "/api/v1/crls", old.public_bytes(Encoding.PEM), PEM))
        self.assertEqual(made.json()["id"], hashlib.sha256(root.subject.public_bytes()).hexdigest())
        changed = self.expect(200, a("POST", "/api/v1/crls", new.public_bytes(Encoding.DER), "application/pkix-crl"))
        self.assertEqual((changed.json()["id"], changed.json()["about"]["entries"]), (made.json()["id"], 2))
        self.expect(409, a("POST", "/api/v1/crls", old.public_bytes(Encoding.DER), "application/pkix-crl"))
        path = "/api/v1/crls/" + made.json()["id"]
        self.assertEqual(a("GET", path).body, new.public_bytes(Encoding.DER))
        self.assertEqual(len(a("GET", "/api/v1/crls").json()["crls"]), 1)
        other = ec.generate_private_key(ec.SECP256R1())
        self.expect(422, a("POST", "/api/v1/crls", crl(root, other).public_bytes(Encoding.DER), "application/pkix-crl"))
        self.expect(422, a("POST", "/api/v1/crls", b"rubbish", PEM))
        self.expect(204, a("DELETE", path))
        self.expect(404, a("GET", path))

    def test_keys_follow_one_another(self):
        a = self.tenant()
        first = a("GET", "/api/v1/keys").json()["keys"]
        self.assertEqual([k["state"] for k in first], ["signing"])
        self.expect(409, a("DELETE", "/api/v1/keys/" + first[0]["id"]))  # nothing else would sign
        tag = a("GET", "/.well-known/jwks.json").fields["ETag"]
        self.assertEqual(a("GET", "/.well-known/jwks.json", If_None_Match=tag).status, 304)
        later = self.expect(201, a("POST", "/api/v1/keys"))
        self.assertEqual(later.json()["state"], "next")
        jwks = a("GET", "/.well-known/jwks.json", If_None_Match=tag)
        self.assertEqual([k["kid"] for k in jwks.json()["keys"]], [first[0]["id"], later.json()["id"]])
        self.expect(409, a("DELETE", "/api/v1/keys/" + first[0]["id"]))
        time.sleep(1.1)
        now = self.expect(201, a("POST", "/api/v1/keys?active_in=0")).json()
        self.assertEqual(now["state"], "signing")
        verify_jwt(self.tiers(a, b"rubbish").json()["result"], now["jwk"])
        self.assertIn(first[0]["id"], [k["kid"] for k in a("GET", "/.well-known/jwks.json").json()["keys"]])
        self.expect(204, a("DELETE", "/api/v1/keys/" + first[0]["id"]))
        self.assertNotIn(first[0]["id"], a("GET", "/.well-known/jwks.json").body.decode())
        for bad in "-1", "x", "", "99999999999":
            self.expect(400, a("POST", "/api/v1/keys?active_in=" + bad))
        for _ in range(6):
            self.expect(201, a("POST", "/api/v1/keys?active_in=1000"))
        self.expect(409, a("POST", "/api/v1/keys"))
        self.assertNotIn(b'"d"', a("GET", "/api/v1/keys").body)

    def test_settings_are_not_those_of_who_has_the_name_now(self):
        a, other = self.tenant(), self.tenant()
        names = a.tenant[3:], other.tenant[3:]
        before = self.expect(200, other("GET", "/api/v1/settings")).json()["settings"]

        def rename(*pairs):
            """As another node does it, of which this one has not heard."""
            with contextlib.closing(sqlite3.connect(self.server.store, isolation_level=None)) as db:
                db.execute("BEGIN IMMEDIATE")
                for old, new in pairs:
                    db.execute("UPDATE tenants SET name=? WHERE name=?", (new, old))
                db.execute("COMMIT")

        rename((names[0], "nobody"), names[::-1])
        self.expect(404, a("GET", "/api/v1/settings"))
        self.expect(404, a("PATCH", "/api/v1/settings", {"open": True}))
        rename(names, ("nobody", names[0]))
        self.assertEqual(self.expect(200, other("GET", "/api/v1/settings")).json()["settings"], before)

    def test_settings_are_patched(self):
        a = self.tenant()
        before = self.expect(200, a("GET", "/api/v1/settings"))
        after = self.expect(200, a("PATCH", "/api/v1/settings", {"allow_unsigned": True, "session_seconds": 60},
                                   If_Match=before.fields["ETag"]))
        self.assertTrue(after.json()["settings"]["allow_unsigned"])
        self.assertEqual(a("GET", "/api/v1/settings").json(), after.json())
        self.expect(201, a("POST", "/api/v1/endorsements", vector("psa-endorsements.cbor"), CORIM_TYPE))  # at once
        self.expect(412, a("PATCH", "/api/v1/settings", {"open": True}, If_Match=before.fields["ETag"]))
        answer = self.expect(200, a("PATCH", "/api/v1/settings", json.dumps({"session_seconds": None}).encode(),
                                    "application/merge-patch+json"))
        self.assertEqual((answer.json()["settings"]["session_seconds"], answer.json()["settings"]["allow_unsigned"]), (300, True))
        for bad in {"alow_unsigned": True}, {"alow_unsigned": None}, {"session_seconds": 1}, {"open": 1}, {"hosts": ["A"]}, {"attest": "nobody"}:
            self.expect(422, a("PATCH", "/api/v1/settings", bad))
        self.expect(400, a("PATCH", "/api/v1/settings", []))
        self.expect(415, a("PATCH", "/api/v1/settings", b"{}", "text/plain"))

    def test_what_touches_other_tenants_is_the_operators(self):
        a, b, op = self.tenant(), self.tenant(), self.server.operator
        host = a.tenant[3:] + ".example"
        for settings in {"hosts": [host]}, {"requests_per_second": 1000000}:
            self.expect(403, a("PATCH", "/api/v1/settings", settings))
        self.expect(200, op("PATCH", "/api/v1/tenants/" + a.tenant[3:], {"hosts": [host], "requests_per_second": 5000}))
        keys = Client(self.server)("GET", "/.well-known/jwks.json", Host=host).json()
        self.assertEqual(keys, a("GET", "/.well-known/jwks.json").json())
        self.expect(200, a("PATCH", "/api/v1/settings", {"annotated": True}))  # those stay as they are
        self.expect(403, a("PATCH", "/api/v1/settings", {"requests_per_second": None}))
        self.expect(409, op("PATCH", "/api/v1/tenants/" + b.tenant[3:], {"hosts": ["other.example", host]}))
        self.expect(409, op("POST", "/api/v1/tenants", {"name": "thief", "settings": {"hosts": [host]}}))
        self.expect(404, op("GET", "/api/v1/tenants/thief"))

    def test_attestation_can_be_for_those_who_have_a_token(self):
        a = self.tenant()
        anybody = Client(self.server, None, a.tenant[3:])
        self.expect(201, anybody("POST", NEW_SESSION))
        self.expect(200, a("PATCH", "/api/v1/settings", {"attest": "token"}))
        self.expect(401, anybody("POST", NEW_SESSION))
        self.expect(201, a("POST", NEW_SESSION))

    def test_a_tenant_lives(self):
        op = self.server.operator
        made = self.expect(201, op("POST", "/api/v1/tenants", {"name": "short-lived", "token": "root"}))
        self.assertEqual(made.fields["Location"], "/api/v1/tenants/short-lived")
        mine = Client(self.server, made.json()["token"], "short-lived")
        self.expect(200, mine("GET", "/api/v1/settings"))
        self.expect(409, op("POST", "/api/v1/tenants", {"name": "short-lived"}))
        for bad in {"name": "-x"}, {"name": "UPPER"}, {"name": ""}, {}, {"name": "ok", "more": 1}, {"name": "ok", "settings": {"x": 1}}:
            self.expect(400, op("POST", "/api/v1/tenants", bad))
        got = self.expect(200, op("GET", "/api/v1/tenants/short-lived"))
        self.assertNotIn("token", got.json())
        changed = self.expect(200, op("PATCH", "/api/v1/tenants/short-lived", {"annotated": True}, If_Match=got.fields["ETag"]))
        self.assertTrue(changed.json()["settings"]["annotated"])
        self.expect(412, op("PATCH", "/api/v1/tenants/short-lived", {"annotated": True}, If_Match=got.fields["ETag"]))
        self.expect(403, self.foreign(mine))
        self.expect(204, op("DELETE", "/api/v1/tenants/short-lived"))
        self.expect(404, mine("GET", "/api/v1/settings"))
        self.expect(404, op("GET", "/api/v1/tenants/short-lived"))
        self.expect(404, op("DELETE", "/api/v1/tenants/short-lived"))
        self.expect(409, op("DELETE", "/api/v1/tenants/default"))

    def foreign(self, client):
        """Somebody of the default tenant who is no operator."""
        answer = self.server.operator("POST", "/api/v1/tokens", {"name": "reader-" + client.tenant[3:], "scopes": ["read", "admin"]})
        self.assertEqual(answer.status, 201, answer)
        return Client(self.server, answer.json()["token"])("GET", "/api/v1/tenants")

    def test_tenants_come_by_page(self):
        for name in "page-a", "page-b", "page-c":
            self.expect(201, self.server.operator("POST", "/api/v1/tenants", {"name": name}))
        seen, after = [], ""
        while True:
            page = self.expect(200, self.server.operator("GET", "/api/v1/tenants?limit=2" + after)).json()
            seen += [t["name"] for t in page["tenants"]]
            if "next" not in page:
                break
            self.assertEqual(len(page["tenants"]), 2)
            after = "&after=" + page["next"]
        self.assertEqual(seen, sorted(set(seen)))
        self.assertLessEqual({"page-a", "page-b", "page-c", "default"}, set(seen))

    def test_lists_come_by_page(self):
        a = self.tenant()
        for i in range(7):
            self.expect(201, a("PUT", f"/api/v1/revocations/list{i}", {"revoked": []}))
        seen, after = [], ""
        while True:
            page = self.expect(200, a("GET", "/api/v1/revocations?limit=3" + after)).json()
            seen += [r["id"] for r in page["revocations"]]
            if "next" not in page:
                break
            after = f"&after={page['next']}"
        self.assertEqual(seen, [f"list{i}" for i in range(7)])
        for bad in "limit=0", "limit=1001", "limit=x", "after=-1", "limit=1&limit=2", "after=", "limit=99999999999999999999":
            self.expect(400, a("GET", "/api/v1/revocations?" + bad))

    # ---- races

    def test_of_many_who_change_the_same_state_one_does(self):
        a = self.tenant()
        path = "/api/v1/revocations/race"
        tag = self.expect(201, a("PUT", path, {"revoked": []})).fields["ETag"]

        def change(i):
            mine = Client(self.server, a.token, a.tenant[3:])
            return mine("PUT", path, {"revoked": [{"kind": "image", "value": f"{i:064x}"}]}, If_Match=tag).status

        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            outcomes = sorted(pool.map(change, range(16)))
        self.assertEqual(outcomes, [200] + [412] * 15)

        def create(i):
            mine = Client(self.server, a.token, a.tenant[3:])
            return mine("PUT", "/api/v1/revocations/fresh", {"revoked": []}, If_None_Match="*").status

        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            self.assertEqual(sorted(pool.map(create, range(16))), [201] + [412] * 15)

    def test_of_many_policies_for_the_same_devices_one_is_active(self):
        a = self.tenant()
        paths = [self.here(a, self.expect(201, a("POST", "/api/v1/policies", policy(f"p{i}"), LUA))) for i in range(6)]

        def activate(path):
            return Client(self.server, a.token, a.tenant[3:])("POST", path + "/activate").status

        with concurrent.futures.ThreadPoolExecutor(6) as pool:
            outcomes = sorted(pool.map(activate, paths))
        self.assertEqual(outcomes, [200] + [409] * 5)
        self.assertEqual(sum(p["active"] for p in a("GET", "/api/v1/policies").json()["policies"]), 1)
        self.assertNotIn("policy", self.server.log_text())

    def test_what_was_changed_is_in_force_with_the_next_request(self):
        a = self.tenant(allow_unsigned=True)
        corim = vector("psa-endorsements.cbor")
        for _ in range(5):
            made = self.expect(201, a("POST", "/api/v1/endorsements", corim, CORIM_TYPE))
            known = jwt_payload(self.tiers(a).json()["result"])
            self.expect(204, a("DELETE", self.here(a, made)))
            unknown = jwt_payload(self.tiers(a).json()["result"])
            self.assertNotEqual(known["submods"], unknown["submods"])

    def test_what_could_not_be_stored_is_forgotten(self):
        a, corim = self.tenant(allow_unsigned=True), vector("psa-endorsements.cbor")

        def submods():
            return jwt_payload(self.tiers(a).json()["result"])["submods"]

        before = submods()
        lock = sqlite3.connect(self.server.store, isolation_level=None)
        lock.execute("BEGIN IMMEDIATE")  # nobody else can write
        answer = self.expect(503, a("POST", "/api/v1/endorsements", corim, CORIM_TYPE))
        self.assertIn("Retry-After", answer.fields)
        self.expect(503, a("PUT", "/api/v1/revocations/x", {"revoked": []}))
        self.expect(200, a("GET", "/api/v1/endorsements"))
        lock.execute("ROLLBACK")
        lock.close()
        end = time.monotonic() + 10
        while submods() != before and time.monotonic() < end:
            time.sleep(0.1)
        self.assertEqual(submods(), before)
        self.assertEqual(a("GET", "/api/v1/endorsements").json(), {"endorsements": []})
        self.expect(201, a("POST", "/api/v1/endorsements", corim, CORIM_TYPE))
        self.assertNotEqual(submods(), before)

    def test_other_nodes_follow(self):
        a, corim = self.tenant(allow_unsigned=True), vector("psa-endorsements.cbor")
        with tempfile.TemporaryDirectory() as folder:
            node = Server(folder=folder)
            node.store = self.server.store
            with node:
                there = Client(node, a.token, a.tenant[3:])
                before = jwt_payload(self.tiers(there).json()["result"])["submods"]
                self.assertEqual(jwt_payload(self.tiers(a).json()["result"])["submods"], before)
                made = self.expect(201, a("POST", "/api/v1/endorsements", corim, CORIM_TYPE))
                self.wait_until(lambda: jwt_payload(self.tiers(there).json()["result"])["submods"] != before)
                self.expect(204, there("DELETE", self.here(a, made)))
                self.wait_until(lambda: jwt_payload(self.tiers(a).json()["result"])["submods"] == before)
                key = self.expect(201, a("POST", "/api/v1/keys")).json()["id"]
                self.wait_until(lambda: key in there("GET", "/.well-known/jwks.json").body.decode())
                token = self.expect(201, a("POST", "/api/v1/tokens", {"name": "n", "scopes": ["read"]})).json()["token"]
                reader = Client(node, token, a.tenant[3:])
                self.wait_until(lambda: reader("GET", "/api/v1/keys").status == 200)
                self.expect(204, a("DELETE", "/api/v1/tokens/n"))
                self.wait_until(lambda: reader("GET", "/api/v1/keys").status == 401)
                reader.close()
                there.close()

    def wait_until(self, holds, seconds=10):
        end = time.monotonic() + seconds
        while not holds():
            self.assertLess(time.monotonic(), end, "it does not follow")
            time.sleep(0.05)

    def test_what_was_answered_survives_kill_9(self):
        with Provider() as server:
            a = server.tenant("alice")
            for turn in range(5):
                path = f"/api/v1/revocations/list{turn}"
                tag = self.expect(201, a("PUT", path, {"revoked": []})).fields["ETag"]
                self.expect(200, a("PUT", path, {"revoked": [{"kind": "image", "value": "%064x" % turn}]}, If_Match=tag))
                server.kill()
                a.close()
                server.operator.close()
                Server.start(server)
                for before in range(turn + 1):
                    listed = a("GET", f"/api/v1/revocations/list{before}").json()["revoked"]
                    self.assertEqual([r["value"] for r in listed], ["%064x" % before])

    # ---- who may

    def token(self, client, *scopes):
        Api.count += 1
        answer = self.expect(201, client("POST", "/api/v1/tokens", {"name": f"t{Api.count}", "scopes": list(scopes)}))
        return Client(self.server, answer.json()["token"], client.tenant[3:])

    def test_each_route_wants_its_scope_and_no_other_is_enough(self):
        document = openapi_schema.load()
        a = self.tenant()
        clients = {s: self.token(a, s) for s in document["components"]["schemas"]["Scope"]["enum"] if s != "operator"}
        anybody = Client(self.server, None, a.tenant[3:])
        for method, path, operation, entry in openapi_schema.operations(document):
            scope = operation.get("x-opentps-scope")
            if scope is None or "servers" in entry or "setting attest" in scope:
                continue
            path = path.replace("{id}", "00000000-0000-4000-8000-000000000000").replace("{name}", "none").replace("{scheme}", "DICE")
            self.expect(401, anybody(method, path))
            for name, client in clients.items():
                answer = client(method, path)
                if name == scope.split(",")[0]:
                    self.assertNotIn(answer.status, (401, 403), (method, path, name, answer))
                else:
                    self.expect(403, answer)
                    self.assertIn(scope.split(",")[0], answer.json()["detail"])

    def test_no_tenant_meets_anothers(self):
        a, b = self.tenant(allow_unsigned=True), self.tenant(allow_unsigned=True)
        ids = self.fill(a)
        self.assertEqual(self.fill(b).keys(), ids.keys())
        before = self.state(a)
        stranger = Client(self.server, b.token, a.tenant[3:])
        for method, path, operation, entry in openapi_schema.operations(openapi_schema.load()):
            if "servers" in entry or operation.get("security") == []:
                continue
            mine = path
            for name, value in ids.get(path.split("/")[3] if path.startswith("/api") else "policy", {}).items():
                mine = mine.replace("{" + name + "}", value)
            mine = mine.replace("{scheme}", "PSA_IOT")
            body = {"revoked": []} if "revocations" in path else {}
            if "{" in mine:
                continue
            answer = stranger(method, mine, body if method in ("POST", "PUT", "PATCH") else None)  # b's token, at a's door
            self.assertEqual(answer.status, 401 if "setting attest" not in operation["x-opentps-scope"] else answer.status,
                             (method, mine, answer))
            if mine != path.replace("{scheme}", "PSA_IOT"):  # a's ids, at b's own door
                answer = b(method, mine)
                self.assertIn(answer.status, (404, 400, 415), (method, mine, answer))
        self.assertEqual(self.state(a), before)

    def fill(self, client):
        """One of each kind; their ids by the paths' second part."""
        secret = "canary of " + client.tenant[3:]
        root = certificate(secret, ec.generate_private_key(ec.SECP256R1()))
        made = {"anchors": client("POST", "/api/v1/anchors", root.public_bytes(Encoding.PEM), PEM),
                "endorsements": client("POST", "/api/v1/endorsements", self.other_corim(secret), "application/rim+cbor"),
                "policies": client("POST", "/management/v1/policy/PSA_IOT?name=" + client.tenant[3:],
                                   policy(client.tenant[3:]), LUA),
                "revocations": client("PUT", "/api/v1/revocations/" + client.tenant[3:], {"revoked": []}),
                "keys": client("POST", "/api/v1/keys"),
                "tokens": client("POST", "/api/v1/tokens", {"name": client.tenant[3:], "scopes": ["read"]})}
        for name, answer in made.items():
            self.assertEqual(answer.status, 201, (name, answer))
        ids = {name: {"id": answer.json().get("id", answer.json().get("uuid")), "name": client.tenant[3:]}
               for name, answer in made.items()}
        return {**ids, "policy": ids["policies"]}

    def state(self, client):
        return [client("GET", "/api/v1/" + name).json()
                for name in ("anchors", "endorsements", "policies", "revocations", "crls", "keys", "tokens", "administrators", "settings")]

    def test_what_every_resource_does_with_methods(self):
        a = self.tenant()
        for path in "/api/v1/anchors", "/api/v1/settings", "/api/v1/policies/default", "/api/v1/keys":
            head = a("HEAD", path)
            self.assertEqual((head.status, head.body), (200, b""))
            self.assertEqual(int(head.fields["Content-Length"]), len(a("GET", path).body))
            self.assertIn("GET, HEAD", a("OPTIONS", path).fields["Allow"])
        self.expect(405, a("PATCH", "/api/v1/anchors"))
        document = a("GET", "/api/v1/openapi.json")
        self.assertEqual(document.body, openapi_schema.PATH.read_bytes())


if __name__ == "__main__":
    server_support.main()
