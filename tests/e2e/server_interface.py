# SPDX-License-Identifier: Apache-2.0
"""The interfaces of `tps serve`, as an existing client uses them: sessions, provisioning, discovery, keys, tenants."""

import base64
import contextlib
import datetime
import hashlib
import json
import re
import sqlite3
import time
import unittest

import cbor2
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, utils
from cryptography.hazmat.primitives.serialization import Encoding

import server_support
from server_support import (CORIM_TYPE, NEW_SESSION, PSA_NONCE, PSA_TYPE, SUBMIT, Server, base64url, jwt_payload, tiers,
                            tps, vector)


def certificate(name, key, issuer=None, issuer_key=None):
    """A CA's certificate, or that of a signer of endorsements."""
    now = datetime.datetime.utcnow()
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    builder = (x509.CertificateBuilder().subject_name(subject)
               .issuer_name(x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, issuer or name)]))
               .public_key(key.public_key()).serial_number(x509.random_serial_number())
               .not_valid_before(now - datetime.timedelta(days=1)).not_valid_after(now + datetime.timedelta(days=9))
               .add_extension(x509.BasicConstraints(ca=issuer is None, path_length=None), critical=True)
               .add_extension(x509.KeyUsage(digital_signature=issuer is not None, content_commitment=False,
                                            key_encipherment=False, data_encipherment=False, key_agreement=False,
                                            key_cert_sign=issuer is None, crl_sign=issuer is None,
                                            encipher_only=False, decipher_only=False), critical=True)
               .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
               .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key((issuer_key or key).public_key()),
                              critical=False))
    if issuer is not None:
        uri = x509.UniformResourceIdentifier("tag:opentps.org,2026:certificate:endorsements")
        builder = builder.add_extension(x509.SubjectAlternativeName([uri]), critical=False)
    return builder.sign(issuer_key or key, hashes.SHA256())


def sign_corim(corim, key, chain):
    """A signed CoRIM, made without our code."""
    protected = cbor2.dumps({1: -7, 3: "application/rim+cbor", 8: cbor2.dumps({0: {0: "the maker"}}),
                             33: [c.public_bytes(Encoding.DER) for c in chain]})
    der = key.sign(cbor2.dumps(["Signature1", protected, b"", corim]), ec.ECDSA(hashes.SHA256()))
    r, s = utils.decode_dss_signature(der)
    return cbor2.dumps(cbor2.CBORTag(18, [protected, {}, corim, r.to_bytes(32, "big") + s.to_bytes(32, "big")]))


def decode(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def verify_jwt(text, jwk):
    """Checks ES256 with the cryptography package: our own code has no part in it."""
    header, payload, signature = text.split(".")
    assert json.loads(decode(header)) == {"alg": "ES256", "kid": jwk["kid"], "typ": "JWT"}, decode(header)
    key = ec.EllipticCurvePublicNumbers(int.from_bytes(decode(jwk["x"]), "big"), int.from_bytes(decode(jwk["y"]), "big"),
                                        ec.SECP256R1()).public_key()
    raw = decode(signature)
    der = utils.encode_dss_signature(int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big"))
    key.verify(der, f"{header}.{payload}".encode(), ec.ECDSA(hashes.SHA256()))


class Interface(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server()
        for name in "alice", "bob":
            tps("tenant", "create", name, "--allow-unsigned", "--open", "--store", cls.server.store)
        tps("tenant", "create", "signed", "--open", "--store", cls.server.store)
        cls.server.start()

    @classmethod
    def tearDownClass(cls):
        cls.server.__exit__()

    def get(self, path):
        return self.server.request("GET", path)

    def test_health_and_readiness(self):
        self.assertEqual(self.get("/healthz").json()["status"], "ok")
        self.assertEqual(self.get("/readyz").json()["status"], "ready")
        self.assertEqual(self.server.request("HEAD", "/healthz").body, b"")
        self.assertEqual(self.get("/t/alice/healthz").status, 404)

    def test_a_session_looks_as_clients_expect(self):
        answer = self.server.request("POST", NEW_SESSION)
        self.assertEqual(answer.status, 201)
        self.assertEqual(answer.fields["Content-Type"], "application/vnd.veraison.challenge-response-session+json")
        self.assertRegex(answer.fields["Location"],
                         r"^session/[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$")
        session = answer.json()
        self.assertEqual(session["status"], "waiting")
        self.assertEqual(len(decode(session["nonce"])), 32)
        self.assertNotIn("=", session["nonce"])
        self.assertIn(PSA_TYPE, session["accept"])
        self.assertIn("application/psa-attestation-token", session["accept"])
        self.assertRegex(session["expiry"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$")
        self.assertEqual(self.get("/challenge-response/v1/" + answer.fields["Location"]).json(), session)

    def test_nonces_of_the_sizes_and_forms_that_are_allowed(self):
        for size in 8, 64:
            _, session = self.server.new_session(f"?nonceSize={size}")
            self.assertEqual(len(decode(session["nonce"])), size)
        for form in base64.urlsafe_b64encode(b"\xff" * 10).decode(), base64url(b"\xfe" * 10), "AAAAAAAAAAAAAA%3D%3D":
            _, session = self.server.new_session("?nonce=" + form)
            self.assertGreaterEqual(len(decode(session["nonce"])), 8)
        for query in ("?nonceSize=7", "?nonceSize=65", "?nonceSize=", "?nonceSize=+8", "?nonceSize=99999999999999999999",
                      "?nonce=", "?nonce=AAAA", "?nonce=!!!!!!!!!!!!", "?nonce=" + "A" * 88, "?nonce=" + "A" * 300,
                      "?nonce=AAAAAAAAAAAAAAAA&nonceSize=8", "?nonceSize=8&nonceSize=8"):
            answer = self.server.request("POST", NEW_SESSION + query)
            self.assertEqual(answer.status, 400, query)
            self.assertEqual(answer.fields["Content-Type"], "application/problem+json")
            self.assertIn("next_step", answer.json())

    def test_a_session_can_be_deleted(self):
        path, _ = self.server.new_session()
        self.assertEqual(self.server.request("DELETE", path).status, 204)
        self.assertEqual(self.get(path).status, 404)
        self.assertEqual(self.server.request("DELETE", path).status, 404)

    def test_a_result_can_be_read_and_deleted_and_its_session_is_spent(self):
        path, _ = self.server.new_session()
        first = self.server.request("POST", path, b"rubbish", PSA_TYPE)
        self.assertEqual(first.status, 200)
        self.assertEqual(first.json()["status"], "complete")
        self.assertEqual(base64.b64decode(first.json()["evidence"]["value"]), b"rubbish")
        again = self.get(path)
        self.assertEqual(again.status, 200)
        self.assertEqual(again.json()["result"], first.json()["result"])
        self.assertEqual(again.json()["evidence"], {"type": PSA_TYPE})
        second = self.server.request("POST", path, b"rubbish", PSA_TYPE)
        self.assertEqual(second.status, 409)
        self.assertEqual(second.json()["detail"], "this session has taken its evidence")
        self.assertEqual(self.server.request("DELETE", path).status, 204)
        self.assertEqual(self.get(path).status, 404)

    def test_media_types_are_compared_as_types_not_as_text(self):
        for type in ('Application/EAT-CWT;Profile="http://arm.com/psa/2.0.0"', "application/psa-attestation-token",
                     'application/eat+cwt ; eat_profile="tag:psacertified.org,2023:psa#tfm"'):
            self.assertEqual(self.server.appraise(b"x", type).status, 200, type)
        path, _ = self.server.new_session()
        for type in "application/json", "application/eat-cwt", 'application/eat-cwt; profile="other"', None, "x":
            answer = self.server.request("POST", path, b"x", type)
            self.assertEqual(answer.status, 415, type)
            self.assertIn("application/psa-attestation-token", answer.fields["Accept"])
        self.assertEqual(self.server.request("POST", path, b"x", PSA_TYPE).status, 200)  # the session was not spent

    def test_evidence_may_come_in_a_wrapper(self):
        evidence, corim = vector("psa-evidence.cbor"), vector("psa-endorsements.cbor")
        inner = "application/psa-attestation-token"
        query = "?nonce=" + base64url(PSA_NONCE)
        for i, (type, body) in enumerate((
                ("application/cmw+cbor", cbor2.dumps([inner, evidence, 4])),
                ("application/cmw+json", json.dumps({"psa": [inner, base64url(evidence)]}).encode()),
                ("application/vnd.veraison.cmw", cbor2.dumps({0: [PSA_TYPE, evidence]})))):
            tenant = f"/t/wrapped{i}"
            tps("tenant", "create", f"wrapped{i}", "--allow-unsigned", "--open", "--store", self.server.store)
            self.wait_for(f"wrapped{i}")
            self.server.request("POST", tenant + SUBMIT, corim, CORIM_TYPE)
            good = self.server.appraise(body, type, query=query, tenant=tenant)
            self.assertEqual(set(tiers(good).values()), {"affirming"}, jwt_payload(good.json()["result"]))
            self.assertEqual(good.json()["evidence"]["type"], type)

    def test_evidence_must_be_of_the_profile_that_its_type_names(self):
        evidence = vector("psa-evidence.cbor")  # of the profile http://arm.com/psa/2.0.0
        path, _ = self.server.new_session("?nonce=" + base64url(PSA_NONCE))
        for profile in "tag:psacertified.org,2023:psa#tfm", "tag:opentps.org,2026:device":
            answer = self.server.request("POST", path, evidence, f'application/eat+cwt; eat_profile="{profile}"')
            self.assertEqual(answer.status, 400)
            self.assertEqual(answer.fields["Content-Type"], "application/problem+json")
            self.assertIn("another profile than its Content-Type", json.dumps(answer.json()))
        self.assertEqual(self.get(path).json()["status"], "waiting")  # the session was not spent
        self.assertEqual(self.server.request("POST", path, evidence, "application/psa-attestation-token").status, 200)
        self.assertEqual(self.server.appraise(evidence, PSA_TYPE).status, 200)

    def test_a_wrapper_must_be_what_its_type_says(self):
        evidence = vector("psa-evidence.cbor")
        record = cbor2.dumps(["application/psa-attestation-token", evidence])
        path, _ = self.server.new_session()
        for type, body in (("application/cmw+json", record), ("application/cmw", evidence),
                           ("application/cmw+cbor", json.dumps(["a/b", "AQ"]).encode())):
            self.assertEqual(self.server.request("POST", path, body, type).status, 400, type)
        other = cbor2.dumps(['application/eat+cwt; eat_profile="tag:opentps.org,2026:device"', evidence])
        answer = self.server.request("POST", path, other, "application/cmw+cbor")  # the session was not spent
        self.assertEqual(answer.status, 200)
        submodule = jwt_payload(answer.json()["result"])["submods"]["UNKNOWN"]
        self.assertEqual(submodule["ear.status"], "contraindicated")
        self.assertEqual(submodule["opentps.findings"][0]["error"], "TPS_VERIFIER_TYPE_MISMATCH")

    def test_results_as_cwt_are_judged_without_our_code(self):
        with Server("--ear", "2026-cwt") as server:
            path, session = server.new_session()
            answer = server.request("POST", path, b"rubbish", PSA_TYPE).json()
            jwk = server.request("GET", "/.well-known/jwks.json").json()["keys"][0]
            self.assertEqual(server.request("GET", path).json()["result"], answer["result"])
        message = cbor2.loads(decode(answer["result"]))
        self.assertEqual(message.tag, 18)
        protected, _, payload, signature = message.value
        self.assertEqual(cbor2.loads(protected), {1: -7, 4: jwk["kid"].encode()})
        key = ec.EllipticCurvePublicNumbers(int.from_bytes(decode(jwk["x"]), "big"),
                                            int.from_bytes(decode(jwk["y"]), "big"), ec.SECP256R1()).public_key()
        key.verify(utils.encode_dss_signature(int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")),
                   cbor2.dumps(["Signature1", protected, b"", payload]), ec.ECDSA(hashes.SHA256()))
        claims = cbor2.loads(payload)
        self.assertEqual(cbor2.dumps(claims, canonical=True), payload)
        self.assertEqual(claims[265], "tag:ietf.org,2026:rats/ear#04")
        self.assertEqual(claims[10], decode(session["nonce"]))
        self.assertEqual(claims[1000], 96)
        self.assertEqual(claims[1004], {0: "https://opentps.org", 1: "opentps"})
        self.assertGreater(claims[4], claims[6])
        appraisal = claims[266]["UNKNOWN"]
        self.assertEqual(appraisal[1001], {i: 99 for i in range(8)})
        self.assertEqual(appraisal[1003], ["policy:UNKNOWN"])
        self.assertEqual(appraisal[-70101][0][0], "evidence.malformed")
        self.assertEqual(appraisal[-70105], hashlib.sha256(b"rubbish").digest())

    def test_discovery_and_keys(self):
        for prefix in "", "/t/alice":
            document = self.get(prefix + "/.well-known/veraison/verification")
            self.assertEqual(document.fields["Content-Type"], "application/vnd.veraison.discovery+json")
            document = document.json()
            self.assertEqual(document["service-state"], "READY")
            self.assertEqual(document["api-endpoints"], {"newChallengeResponseSession": prefix + NEW_SESSION})
            jwks = self.get(prefix + "/.well-known/jwks.json").json()
            self.assertEqual(jwks["keys"], [document["ear-verification-key"]])
            key = jwks["keys"][0]
            thumbprint = hashlib.sha256(json.dumps({k: key[k] for k in ("crv", "kty", "x", "y")},
                                                   separators=(",", ":")).encode()).digest()
            self.assertEqual(key["kid"], base64url(thumbprint))
            self.assertEqual(key["alg"], "ES256")
            self.assertNotIn("d", key)
            document = self.get(prefix + "/.well-known/veraison/provisioning").json()
            self.assertEqual(document["api-endpoints"], {"provisioningSubmit": prefix + SUBMIT})
            self.assertEqual(any("rim+cbor" in t for t in document["media-types"]), prefix != "")

    def test_results_are_signed_with_the_tenants_own_key(self):
        keys = {}
        for tenant in "", "/t/alice", "/t/bob":
            result = self.server.appraise(b"rubbish", tenant=tenant).json()["result"]
            keys[tenant] = self.get(tenant + "/.well-known/jwks.json").json()["keys"][0]
            verify_jwt(result, keys[tenant])
            payload = jwt_payload(result)
            self.assertEqual(payload["eat_profile"], "tag:github.com,2023:veraison/ear")
            self.assertGreater(payload["exp"], time.time())
        self.assertEqual(len({k["x"] for k in keys.values()}), 3)

    def test_tenants_never_cross(self):
        path, _ = self.server.new_session(tenant="/t/alice")
        other = path.replace("alice", "bob")
        root = path.replace("/t/alice", "")
        for wrong in other, root:
            self.assertEqual(self.get(wrong).status, 404)
            self.assertEqual(self.server.request("POST", wrong, b"x", PSA_TYPE).status, 404)
            self.assertEqual(self.server.request("DELETE", wrong).status, 404)
        self.assertEqual(self.server.request("POST", path, b"x", PSA_TYPE).status, 200)
        for wrong in other, root:
            self.assertEqual(self.get(wrong).status, 404)
            self.assertEqual(self.server.request("POST", wrong, b"x", PSA_TYPE).status, 404)
            self.assertEqual(self.server.request("DELETE", wrong).status, 404)
        self.assertEqual(self.get(path).status, 200)

    def test_the_default_tenant_has_two_doors(self):
        path, _ = self.server.new_session()
        self.assertEqual(self.get("/t/default" + path).status, 200)

    def test_unknown_tenants_paths_and_methods(self):
        self.assertEqual(self.get("/t/carol/.well-known/jwks.json").status, 404)
        self.assertIn("no tenant", self.get("/t/carol/.well-known/jwks.json").json()["detail"])
        self.assertEqual(self.get("/nowhere").status, 404)
        answer = self.get(NEW_SESSION)
        self.assertEqual(answer.status, 405)
        self.assertEqual(answer.fields["Allow"], "POST")
        path, _ = self.server.new_session()
        answer = self.server.request("PUT", path)
        self.assertEqual(sorted(answer.fields["Allow"].split(", ")), ["DELETE", "GET", "HEAD", "POST"])
        self.assertEqual(self.server.request("OPTIONS", path).status, 204)
        for id in "x", "00000000-0000-0000-0000-00000000000", "0" * 36, "00000000-0000-4000-8000-000000000000":
            self.assertEqual(self.get("/challenge-response/v1/session/" + id).status, 404)

    def test_real_evidence_with_endorsements_of_its_maker(self):
        evidence, corim = vector("psa-evidence.cbor"), vector("psa-endorsements.cbor")
        before = self.server.appraise(evidence, tenant="/t/bob")
        self.assertEqual(before.status, 200)
        self.assertEqual(set(tiers(before).values()), {"contraindicated"})

        answer = self.server.request("POST", "/t/alice" + SUBMIT, corim, CORIM_TYPE)
        self.assertEqual(answer.status, 200)
        self.assertEqual(answer.fields["Content-Type"], "application/vnd.veraison.provisioning-session+json")
        self.assertEqual(answer.json()["status"], "success", answer.json())
        self.assertEqual(self.server.request("POST", "/t/alice" + SUBMIT, corim, CORIM_TYPE).json()["status"], "success")
        query = "?nonce=" + base64url(PSA_NONCE)
        stale, _ = self.server.new_session(query, "/t/alice")
        good = self.server.appraise(evidence, query=query, tenant="/t/alice")
        self.assertEqual(set(tiers(good).values()), {"affirming"}, jwt_payload(good.json()["result"]))

        # The nonce is used now: neither a new session nor one from before may have it again.
        answer = self.server.request("POST", "/t/alice" + NEW_SESSION + query)
        self.assertEqual(answer.status, 409)
        self.assertEqual(answer.json()["detail"], "this nonce was used before")
        self.assertEqual(self.server.request("POST", stale, evidence, PSA_TYPE).status, 409)

        # What alice knows is nothing to bob, whose nonce it is for the first time.
        other = self.server.appraise(evidence, query=query, tenant="/t/bob")
        self.assertEqual(set(tiers(other).values()), {"contraindicated"})

    def test_what_provisioning_refuses(self):
        corim = vector("psa-endorsements.cbor")
        self.assertEqual(self.server.request("POST", SUBMIT, corim, CORIM_TYPE).status, 401)  # not from anybody
        answer = self.server.request("POST", "/t/signed" + SUBMIT, corim, CORIM_TYPE)
        self.assertEqual(answer.status, 415)  # this tenant takes signed ones only
        self.assertNotIn("rim+cbor", answer.fields["Accept"])
        submit = "/t/bob" + SUBMIT
        for type, status in (("application/rim+cbor", 400), ('application/rim+cbor; profile="other"', 400),
                             (CORIM_TYPE.replace("cbor", "cose"), 400), ("text/plain", 415), (None, 415)):
            self.assertEqual(self.server.request("POST", submit, corim, type).status, status, type)
        self.assertEqual(self.server.request("POST", submit, b"", CORIM_TYPE).status, 400)
        for body in b"rubbish", corim[:-1], corim + b"\0", b"\xd9\x01\xf5\xa0":
            answer = self.server.request("POST", submit, body, CORIM_TYPE)
            self.assertEqual(answer.status, 200)
            self.assertEqual(answer.json()["status"], "failed")
            self.assertIn(": ", answer.json()["failure-reason"])
        self.assertEqual(set(tiers(self.server.appraise(vector("psa-evidence.cbor"), tenant="/t/bob")).values()),
                         {"contraindicated"})

    def test_a_trusted_maker_signs_its_endorsements_and_a_stranger_cannot(self):
        corim, evidence = vector("psa-endorsements.cbor"), vector("psa-evidence.cbor")
        type = CORIM_TYPE.replace("cbor;", "cose;")
        ca_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
        ca = certificate("a maker's CA", ca_key)
        chain = [certificate("signs endorsements", key, "a maker's CA", ca_key), ca]
        signed = sign_corim(corim, key, chain)

        def submit(body):
            return self.server.request("POST", "/t/erin" + SUBMIT, body, type)

        tps("tenant", "create", "erin", "--open", "--store", self.server.store)
        self.wait_for("erin")
        self.assertEqual(submit(signed).json()["status"], "failed")
        pem = self.server.folder / "ca.pem"
        pem.write_bytes(ca.public_bytes(Encoding.PEM))
        self.assertIn("trusts", tps("tenant", "trust", "erin", pem, "--store", self.server.store).stdout)
        end = time.monotonic() + 10
        while (answer := submit(signed).json())["status"] != "success" and time.monotonic() < end:
            time.sleep(0.1)
        self.assertEqual(answer["status"], "success", answer)

        size = self.stored("erin")
        protected, _, payload, signature = cbor2.loads(signed).value
        for i in range(20):  # what is unprotected is anybody's to change
            wrapped = cbor2.dumps(cbor2.CBORTag(18, [protected, {-70000: bytes([i]) * 1000}, payload, signature]))
            self.assertEqual(submit(wrapped).json()["status"], "success")
        self.assertEqual(self.stored("erin"), size)

        changed = bytearray(signed)
        changed[-100] ^= 1
        self.assertEqual(submit(bytes(changed)).json()["status"], "failed")
        stranger = ec.generate_private_key(ec.SECP256R1())
        self.assertEqual(submit(sign_corim(corim, stranger, chain)).json()["status"], "failed")
        self.assertEqual(submit(sign_corim(corim, stranger, [certificate("x", stranger)])).json()["status"], "failed")
        self.assertEqual(submit(corim).status, 400)
        good = self.server.appraise(evidence, query="?nonce=" + base64url(PSA_NONCE), tenant="/t/erin")
        self.assertEqual(set(tiers(good).values()), {"affirming"}, jwt_payload(good.json()["result"]))

    def stored(self, tenant):
        """How many endorsements of a tenant the store holds."""
        with contextlib.closing(sqlite3.connect(f"file:{self.server.store}?mode=ro", uri=True)) as db:
            return db.execute("SELECT count(*) FROM items WHERE kind=2 AND tenant=(SELECT id FROM tenants WHERE name=?)",
                              (tenant,)).fetchone()[0]

    def findings(self, tenant):
        """What there is to say of evidence that answers another nonce."""
        return json.dumps(jwt_payload(self.server.appraise(vector("psa-evidence.cbor"), tenant=tenant).json()["result"]))

    def wait_for(self, tenant):
        end = time.monotonic() + 10
        while self.get(f"/t/{tenant}/.well-known/jwks.json").status != 200 and time.monotonic() < end:
            time.sleep(0.05)

    def test_a_running_server_notices_what_the_command_line_changes(self):
        vector("psa-endorsements.cbor")
        tps("tenant", "create", "dave", "--allow-unsigned", "--store", self.server.store)
        tps("tenant", "endorse", "dave", server_support.VECTORS / "psa-endorsements.cbor", "--store", self.server.store)
        self.wait_for("dave")
        end = time.monotonic() + 10
        while "nonce-mismatch" not in self.findings("/t/dave") and time.monotonic() < end:  # until the signer is known
            time.sleep(0.1)
        good = self.server.appraise(vector("psa-evidence.cbor"), query="?nonce=" + base64url(PSA_NONCE), tenant="/t/dave")
        self.assertEqual(set(tiers(good).values()), {"affirming"})
        listed = tps("tenant", "list", "--store", self.server.store).stdout
        self.assertTrue(re.search(r"dave +0 trust anchors +1 endorsements .*takes unsigned", listed), listed)

    def test_the_command_line_names_what_is_wrong(self):
        store = self.server.store
        for words, text in ((("create", "alice"), "a tenant \"alice\" already"), (("create", "A"), "can be no tenant's name"),
                            (("trust", "nobody", "x"), "no tenant \"nobody\""), (("fly",), "unknown command \"fly\"")):
            done = tps("tenant", *words, "--store", store, ok=False)
            self.assertNotEqual(done.returncode, 0)
            self.assertIn(text, done.stderr)
            self.assertTrue(done.stderr.startswith("tps: "), done.stderr)

    def test_the_command_line_takes_no_unsigned_endorsements_where_the_tenant_does_not(self):
        vector("psa-endorsements.cbor")
        done = tps("tenant", "endorse", "default", server_support.VECTORS / "psa-endorsements.cbor", "--store",
                   self.server.store, ok=False)
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("not signed", done.stderr)


class Life(unittest.TestCase):
    def test_only_demo_mode_says_so_in_each_result(self):
        with Server("--demo") as server:
            self.assertIn("demonstration", server.appraise(b"x").json()["warning"])
            self.assertIn("warning: demonstration mode", server.log_text())
        with Server() as server:
            self.assertNotIn("warning", server.appraise(b"x").json())

    def test_the_store_is_private_and_the_url_is_printed(self):
        with Server() as server:
            for file in server.folder.glob("store.db*"):
                self.assertEqual(file.stat().st_mode & 0o777, 0o600, file)
            self.assertIn(f"listening on http://127.0.0.1:{server.port}\n", server.log_text())

    def test_an_address_that_is_taken_is_named(self):
        with Server() as server:
            done = tps("serve", "--store", server.store, "--listen", f"127.0.0.1:{server.port}", ok=False)
            self.assertEqual(done.returncode, 2)
            self.assertIn("Address already in use", done.stderr)


if __name__ == "__main__":
    server_support.main()
