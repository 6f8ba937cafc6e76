#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""`tps inspect` explains what others publish: every .cbor, .cose and .jwt of psa, veraison and ear, and says of each what
an independent decoder (cbor2, json) finds in it. `inspect_vectors.py PROGRAM`.
"""
import base64
import datetime
import glob
import hashlib
import json
import os
import unittest
import uuid

import cbor2
from cryptography.hazmat.primitives import serialization

import inspect_support as support
from inspect_support import VECTORS, meaning, plain, run

FILES = sorted(path for folder in ("psa", "veraison", "ear") for ending in ("cbor", "cose", "jwt")
               for path in glob.glob(os.path.join(VECTORS, folder, "*." + ending)))

LIFECYCLES = {0x00: "unknown", 0x10: "assembly and test", 0x20: "PSA RoT provisioning", 0x30: "secured"}

PSA_NAMES = {10: "nonce", 256: "instance_id", 265: "profile", 268: "boot_seed", 2394: "client_id", 2395: "lifecycle",
             2396: "implementation_id", 2397: "boot_seed", 2398: "certification_reference",
             2400: "verification_service"}

COMPONENT_NAMES = {1: "type", 2: "measurement", 4: "version", 5: "signer_id", 6: "description"}


def hexed(value):
    return value.hex() if isinstance(value, bytes) else value


def read(path):
    with open(path, "rb") as file:
        return file.read()


@unittest.skipUnless(os.path.isdir(VECTORS), "skipped: the published vectors are not at %s (set TPS_VECTORS)" % VECTORS)
class Vectors(unittest.TestCase):
    def explain(self, name):
        answer = run(os.path.join(VECTORS, name), "--json")
        self.assertEqual((answer.code, answer.error), (0, ""))
        return answer.json()

    def test_every_file_is_explained_to_people_and_to_programs(self):
        self.assertGreaterEqual(len(FILES), 9)
        for path in FILES:
            with self.subTest(path):
                text, structured = run(path), run(path, "--json")
                self.assertEqual((text.code, structured.code), (0, 0), text.error + structured.error)
                answer = structured.json()
                self.assertEqual(set(answer), {"kind", "summary", "fields", "warnings", "not_checked"})
                self.assertNotIn(answer["kind"], ("cbor", "json", "cose", "jwt"))
                self.assertEqual(text.text.split("\n")[0], answer["summary"])
                for warning in answer["warnings"]:
                    self.assertIn("warning: " + warning, text.text)
                self.assertNotRegex(text.text, r"[^\n -~\u00a0-\U0010ffff]")

    def check_psa(self, name):
        envelope = cbor2.loads(read(os.path.join(VECTORS, name)))
        claims = cbor2.loads(envelope.value[2])
        answer = self.explain(name)
        said = answer["fields"]["claims"]
        self.assertEqual(answer["kind"], "psa-token")
        for label, value in claims.items():
            if label == 2399:
                self.assertEqual(said["software_components"],
                                 [{COMPONENT_NAMES[k]: hexed(v) for k, v in component.items()} for component in value])
            else:
                self.assertEqual(plain(said[PSA_NAMES[label]]), hexed(value))
        self.assertEqual(len(said), len(claims))
        self.assertEqual(meaning(said["lifecycle"]), "secured")
        cose = answer["fields"]["cose"]
        self.assertEqual(plain(cose["protected"]["alg"]), cbor2.loads(envelope.value[0])[1])
        self.assertEqual(cose.get("signature", cose.get("mac")), envelope.value[3].hex())
        return answer

    def test_psa_sign1(self):
        answer = self.check_psa("psa/psa-sign1.cbor")
        self.assertIn("RFC 9783", answer["summary"])
        self.assertEqual(answer["fields"]["cose"]["structure"], "COSE_Sign1")
        self.assertTrue(any("tps verify" in text for text in answer["not_checked"]))

    def test_psa_mac0(self):
        answer = self.check_psa("psa/psa-mac0.cbor")
        self.assertEqual(answer["fields"]["cose"]["structure"], "COSE_Mac0")
        self.assertIn("HMAC 256/256", meaning(answer["fields"]["cose"]["protected"]["alg"]))
        self.assertTrue(any("forge" in text for text in answer["warnings"]))

    def test_psa_of_the_older_profile(self):
        for name in ("veraison/psa-evidence.cbor", "veraison/psa.good.cose"):
            answer = self.check_psa(name)
            self.assertIn("2.0.0", answer["summary"])
            self.assertTrue(any("older than RFC 9783" in text for text in answer["warnings"]))
            self.assertTrue(any("deterministic" in text for text in answer["warnings"]))

    def check_corim(self, name):
        manifest = cbor2.loads(read(os.path.join(VECTORS, name))).value
        comids = [cbor2.loads(tag.value) for tag in manifest[1]]
        answer = self.explain(name)
        self.assertEqual(answer["kind"], "corim")
        self.assertEqual(answer["fields"]["corim"]["id"], manifest[0])
        profile = manifest[3]
        self.assertEqual(answer["fields"]["corim"]["profile"],
                         profile.value if isinstance(profile, cbor2.CBORTag) else profile)
        self.assertEqual(len(answer["fields"]["comids"]), len(comids))
        for said, comid in zip(answer["fields"]["comids"], comids):
            self.assertEqual(plain(said["id"]), str(uuid.UUID(bytes=comid[1][0])))
            self.check_keys(said, comid)
        self.assertTrue(any("nobody signed it" in text for text in answer["warnings"]))
        return answer, comids

    def check_keys(self, said, comid):
        triples = comid[4].get(3, [])
        self.assertEqual(len(said.get("attest_keys", [])), len(triples))
        for triple, shown in zip(triples, said.get("attest_keys", [])):
            instance = triple[0][1]
            instance = instance.value if isinstance(instance, cbor2.CBORTag) else instance
            if isinstance(instance, uuid.UUID):
                self.assertEqual(plain(shown["environment"]["instance"]), str(instance))
            else:
                self.assertEqual(plain(shown["environment"]["instance"]), instance.hex())
            key = serialization.load_pem_public_key(triple[1][0].value.encode())
            spki = key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
            self.assertEqual(shown["keys"][0]["spki_sha256"], hashlib.sha256(spki).hexdigest())
            self.assertEqual(shown["keys"][0]["curve"], "P-256")

    def test_endorsements_of_the_legacy_psa_profile(self):
        answer, comids = self.check_corim("veraison/psa-endorsements.cbor")
        triple = comids[0][4][0][0]
        said = answer["fields"]["comids"][0]["reference_values"]
        self.assertEqual(len(said), len(triple[1]))
        for shown, measurement in zip(said, triple[1]):
            key = measurement[0].value
            self.assertEqual((shown["component"], shown["version"], shown["signer_id"], shown["digest"]),
                             (key[1], key[4], key[5].hex(), measurement[1][2][0][1].hex()))
            self.assertEqual(plain(shown["environment"]["class_id"]), triple[0][0][0].value.hex())
            self.assertEqual(shown["environment"]["vendor"], triple[0][0][1])

    def test_endorsements_of_the_newer_psa_profile(self):
        answer, comids = self.check_corim("veraison/corim-psa-valid.cbor")
        triple = comids[0][4][0][0]
        said = answer["fields"]["comids"][0]["reference_values"]
        self.assertEqual([(s["component"], s["digest"], s["signer_id"]) for s in said],
                         [(m[1][11], m[1][2][0][1].hex(), m[1][13][0].value.hex()) for m in triple[1]])
        self.check_corim("veraison/corim-psa-bad-class.cbor")

    def test_endorsements_of_a_profile_that_is_not_known(self):
        answer, comids = self.check_corim("veraison/corim-enacttrust-valid.cbor")
        self.assertTrue(any("profile is not known" in text for text in answer["warnings"]))
        digest = comids[0][4][0][0][1][0][1][2][0][1]
        self.assertEqual(plain(answer["fields"]["comids"][0]["reference_values"][0]["digests"][0]), digest.hex())

    def test_result_of_the_first_generation(self):
        parts = read(os.path.join(VECTORS, "ear/ear.jwt")).decode().strip().split(".")
        claims = json.loads(base64.urlsafe_b64decode(parts[1] + "=="))
        answer = self.explain("ear/ear.jwt")
        said = answer["fields"]["claims"]
        self.assertEqual(answer["kind"], "ear")
        self.assertEqual(plain(said["profile"]), claims["eat_profile"])
        self.assertEqual(plain(said["iat"]), int(claims["iat"]))
        expected = datetime.datetime.fromtimestamp(claims["iat"], datetime.timezone.utc)
        self.assertEqual(meaning(said["iat"]), expected.strftime("%Y-%m-%dT%H:%M:%SZ"))
        for name, appraisal in claims["submods"].items():
            shown = said["submods"][name]
            self.assertEqual(shown["status"], appraisal["ear.status"])
            self.assertEqual({k: plain(v) for k, v in shown["trustworthiness_vector"].items()},
                             appraisal["ear.trustworthiness-vector"])
        self.assertTrue(any("floating-point" in text for text in answer["warnings"]))
        self.assertTrue(any("(exp)" in text for text in answer["warnings"]))

    def test_keys(self):
        answer = self.explain("veraison/psa-evidence-pub.jwk")
        self.assertEqual((answer["kind"], answer["fields"]["is_private"]), ("jwk", False))
        answer = self.explain("ear/ear-verifier-pub.pem")
        key = serialization.load_pem_public_key(read(os.path.join(VECTORS, "ear/ear-verifier-pub.pem")))
        spki = key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
        self.assertEqual(answer["kind"], "public-key")
        self.assertEqual(answer["fields"]["blocks"][0]["spki_sha256"], hashlib.sha256(spki).hexdigest())

    def test_a_secret_of_a_published_jwk_is_not_shown(self):
        path = os.path.join(VECTORS, "psa/tfm-es-iak.json")
        secret = json.loads(read(path)).get("d")
        for arguments in ((path,), (path, "--json")):
            self.assertNotIn(secret or "no secret is left in it", run(*arguments).text)

    def test_a_certificate(self):
        answer = self.explain("cmw/x509-cert+cbor-cmw.der")
        self.assertEqual(answer["kind"], "certificate")
        self.assertIn("Acme", answer["fields"]["subject"])
        entries = answer["fields"]["cmw"]["entries"]
        self.assertEqual(entries["1"]["type"], "application/rim+cose")
        self.assertEqual(len(entries), 3)

    def test_wrappers(self):
        entries = self.explain("cmw/collection-cbor-ok.cbor")["fields"]["cmw"]["entries"]
        self.assertEqual(entries["1"]["type"], "application/signed-corim+cbor")
        self.assertEqual((entries["2"]["content_format"], entries["s"]["content_format"]), (29884, 30001))
        answer = self.explain("cmw/collection-ok.json")
        self.assertEqual(answer["kind"], "cmw")
        self.assertEqual(answer["fields"]["cmw"]["entries"]["a"]["type"], "application/vnd.a")

    def test_every_truncation_names_an_offset_and_a_reason(self):
        for name in ("psa/psa-sign1.cbor", "veraison/psa-endorsements.cbor"):
            data = read(os.path.join(VECTORS, name))
            for size in [1, 2, 3, len(data) // 3, len(data) // 2, len(data) - 1]:
                with self.subTest(name=name, size=size):
                    error = support.refusal(data[:size])
                    self.assertEqual(error["name"], "TPS_CBOR_TRUNCATED")
                    self.assertLessEqual(error["offset"], size)


@unittest.skipUnless(os.environ.get("TPS_REQUIRE_VECTORS"), "TPS_REQUIRE_VECTORS is not set")
class Required(unittest.TestCase):
    def test_the_vectors_are_there(self):
        self.assertTrue(os.path.isdir(VECTORS), VECTORS)


if __name__ == "__main__":
    support.main()
