#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""`tps inspect` explains manifests with tags and triples of every kind: the examples of spec/corim, compared with what cbor2
finds in them; and signatures beside their manifest. `inspect_corim.py PROGRAM`.
"""
import glob
import hashlib
import os
import unittest

import cbor2

import inspect_support as support
from inspect_support import inspect, meaning, plain, run

EXAMPLES = os.path.join(support.ROOT, "spec", "corim")
TAG = cbor2.CBORTag


def example(name):
    with open(os.path.join(EXAMPLES, name + ".hex"), encoding="utf-8") as file:
        return bytes.fromhex("".join(file.read().split()))


def fields(name):
    answer = inspect(example(name))
    if answer["kind"] != "corim" or any("not shown to its end" in text for text in answer["warnings"]):
        raise AssertionError(answer)
    return answer["fields"]


def triples(name, kind):
    return fields(name)["comids"][0][kind]


class Kinds(unittest.TestCase):
    def test_every_example_is_shown_to_its_end_and_safe_for_people(self):
        for path in sorted(glob.glob(os.path.join(EXAMPLES, "*.hex"))):
            name = os.path.splitext(os.path.basename(path))[0]
            with self.subTest(name):
                fields(name)
                answer = run("-", data=example(name))
                self.assertEqual(answer.code, 0)
                self.assertNotIn("not read here", answer.text)

    def test_endorsed_values(self):
        said = triples("endorsed-values", "endorsed_values")[0]
        self.assertEqual((said["serial_number"], said["name"]), ("SN-0042", "passed level 2"))
        self.assertEqual(plain(said["environment"]["class_id"]), "2b0601040182")
        self.assertEqual(plain(said["environment"]["group"]), "00112233-4455-6677-8899-aabbccddeeff")

    def test_identity_keys_and_their_conditions(self):
        said = triples("identity-keys", "identity_keys")[0]
        self.assertEqual([key["kind"] for key in said["keys"]], ["DER certificate", "key thumbprint"])
        self.assertEqual(said["measurement_key"], "key slot 1")
        self.assertEqual(said["authorized_by"][0]["value"], "a1b2c3")

    def test_domains(self):
        said = triples("domain-dependency", "domain_dependencies")[0]
        self.assertEqual((said["domain"]["layer"], said["depends_on"][0]["layer"]), (1, 0))
        said = triples("domain-membership", "domain_memberships")[0]
        self.assertEqual([member["index"] for member in said["members"]], [0, 1])

    def test_links_to_software(self):
        said = fields("coswid-link")["comids"][0]
        self.assertEqual([plain(tag) for tag in said["coswid_links"][0]["tags"]],
                         ["369a6688-4512-40b9-b749-05b1dd5fae9f", "acme-application-1.4"])
        self.assertEqual([meaning(tag["relation"]) for tag in said["linked_tags"]],
                         ["this tag replaces it", "this tag supplements it"])

    def test_conditional_endorsements(self):
        said = triples("conditional-endorsement", "conditional_endorsements")[0]
        self.assertEqual(len(said["conditions"]), 2)
        self.assertEqual(plain(said["conditions"][0]["measurements"][0]["svn"]), 3)
        self.assertIn("or a later one", meaning(said["conditions"][0]["measurements"][0]["svn"]))
        self.assertEqual(said["endorsements"][0]["measurements"][0]["name"], "free of CVE-2026-0001")

    def test_conditional_endorsement_series(self):
        said = triples("conditional-series", "conditional_endorsement_series")
        self.assertEqual([step["addition"][0]["name"] for step in said[0]["steps"]],
                         ["certified 2026", "certified 2024"])
        self.assertEqual(said[0]["condition"]["authorized_by"][0]["kind"], "PEM public key")
        self.assertEqual(said[1]["steps"][0]["selection"][0]["flags"], ["debug"])

    def test_every_measured_value(self):
        first, second, third = triples("every-value", "reference_values")[:3]
        self.assertEqual((first["ip_address"], second["ip_address"]), ("192.0.2.1", "2001:db8:0:0:0:0:0:1"))
        self.assertEqual(first["flags"][1:4], ["secure", "not recovery", "not debug"])
        self.assertEqual([meaning(digest) for digest in first["digests"]],
                         ["SHA-256", "SHA-512", "of another algorithm"])
        self.assertEqual(len(first["keys"]), 5)
        self.assertEqual([register["id"] for register in first["integrity_registers"]], [0, "pcr"])
        self.assertEqual((first["range"], second["number"], third["range"]), ({"least": -5}, -3, {"most": 10}))
        self.assertEqual(plain(second["raw_mask"]), "ff00")
        self.assertEqual(third["extensions"][-1], {"member": -1, "value": "private"})

    def test_lists_of_tags(self):
        said = fields("tag-list")["tag_list"]
        self.assertEqual([plain(tag["id"]) for tag in said["tags"]],
                         ["43bbe37f-2e61-4b33-aed3-53cff1428b16", "acme-application-1.4"])
        self.assertEqual(plain(said["validity"]["not_after"]), 1821536000)

    def test_software_and_its_files(self):
        said = fields("coswid")["coswid"]
        self.assertEqual(said["software_name"], "Application")
        self.assertEqual([(file["name"], file.get("directories")) for file in said["payload"]["files"]],
                         [("libacme.so", ["lib"]), ("libx.so", ["lib"]), ("application", None)])
        self.assertEqual([meaning(role) for role in said["entities"][0]["roles"]], ["tag creator", "software creator"])

    def test_a_manifests_own_members(self):
        said = fields("manifest")["corim"]
        self.assertEqual(said["dependent_rims"][1]["uris"][1], "https://mirror.example/base.corim")
        self.assertEqual([meaning(entity["roles"][0]) for entity in said["entities"]],
                         ["manifest creator", "manifest signer"])

    def test_what_cannot_be_read_is_named(self):
        answer = inspect(cbor2.dumps(TAG(501, {0: "a", 1: [TAG(506, b"\xa0"), TAG(505, b"\xa0")], 9: 1})))
        self.assertTrue(any("identity or triples are missing" in text for text in answer["warnings"]))
        answer = inspect(cbor2.dumps(TAG(501, {0: "a", 1: [TAG(505, b"\xa0"), TAG(507, 1)], 9: 1})))
        self.assertTrue(any("CoSWID cannot be read" in text for text in answer["warnings"]))
        self.assertTrue(any("neither CoMID" in text for text in answer["warnings"]))
        self.assertEqual(answer["fields"]["corim"]["extensions"], [{"member": 9, "value": 1}])


class Signatures(unittest.TestCase):
    def signed(self, further, payload):
        return inspect(cbor2.dumps(TAG(18, [cbor2.dumps({1: -9, 15: {1: "ACME", 2: "lamp"}, **further}), {}, payload,
                                           bytes(64)])))

    def test_a_hash_envelope(self):
        digest = hashlib.sha256(example("manifest")).digest()
        answer = self.signed({258: -16, 259: "application/rim+cbor", 260: "https://acme.example/a"}, digest)
        self.assertEqual(answer["kind"], "signed-corim")
        self.assertEqual(answer["fields"]["hash"], digest.hex())
        self.assertEqual(answer["fields"]["location"], "https://acme.example/a")
        self.assertEqual(answer["fields"]["signer"]["subject"], "lamp")

    def test_a_manifest_that_is_elsewhere(self):
        answer = self.signed({3: "application/rim+cbor"}, None)
        self.assertEqual(answer["kind"], "signed-corim")
        self.assertEqual(answer["fields"]["signer"]["name"], "ACME")
        answer = self.signed({3: "text/plain"}, None)
        self.assertEqual(answer["kind"], "cose")

    def test_a_validity_in_cwt_claims(self):
        answer = inspect(cbor2.dumps(TAG(18, [
            cbor2.dumps({1: -9, 3: "application/rim+cbor", 15: {1: "ACME", 4: 1000}}), {}, example("manifest"), bytes(64)])))
        self.assertEqual(plain(answer["fields"]["signer"]["signature_validity"]["not_after"]), 1000)
        self.assertTrue(any("signature_validity is over" in text for text in answer["warnings"]))


if __name__ == "__main__":
    support.main()
