# SPDX-License-Identifier: Apache-2.0
"""`tps inspect` on Entity Attestation Tokens of both encodings: every claim, nested tokens, bundles, unprotected claims.

Usage: inspect_eat.py PATH_OF_TPS
"""
import hashlib
import json
import unittest

import cbor2

import inspect_support
from inspect_support import base64url, inspect, jwt, meaning, plain, refusal

NONCE = bytes(range(16))


def warns(answer, text):
    return any(text in warning for warning in answer["warnings"])


def token(payload):
    return cbor2.dumps(cbor2.CBORTag(61, cbor2.CBORTag(18, [cbor2.dumps({1: -7}), {}, payload, bytes(64)])))


class InspectEat(unittest.TestCase):
    def test_every_claim_has_its_name(self):
        claims = {
            1: "i", 4: 4102444800, 6: 1, 10: [NONCE, NONCE], 256: b"\1" + NONCE, 257: {"x": b"\1" + NONCE}, 258: 64242,
            259: b"m", 260: ["1.3", 1], 261: 9, 262: True, 263: 3, 264: {1: 52.5, 2: -10}, 265: bytes.fromhex("2b060104"),
            267: 1, 268: NONCE, 269: [["u", "p"], ["u", "p", "a"]], 270: "n", 271: ["1"], 272: [[258, b"\xa0"]],
            273: [[258, b"\xa0"]], 274: [["s", [["i", 1], [b"\2", 4]]]], 275: 4}
        answer = inspect(token(cbor2.dumps(claims, canonical=True)))
        self.assertEqual(answer["kind"], "eat")
        said = answer["fields"]["claims"]
        for name in ("iss", "exp", "iat", "nonce", "ueid", "sueids", "oemid", "hwmodel", "hwversion", "uptime", "oemboot",
                     "dbgstat", "location", "profile", "bootcount", "boot_seed", "dloas", "swname", "swversion",
                     "manifests", "measurements", "measres", "intuse"):
            self.assertIn(name, said)
        self.assertEqual(said["dloas"][1], {"registrar": "u", "platform": "p", "application": "a"})
        self.assertEqual(meaning(said["measres"][0]["results"][1]["result"]), "absent")
        self.assertEqual(meaning(said["intuse"]), "certificate issuance")
        self.assertIn("1.3.6.1.4", meaning(said["profile"]))
        self.assertNotIn("unknown_claims", said)
        self.assertFalse(warns(answer, "not as RFC 9711"))

    def test_what_the_decoder_refuses_is_a_warning(self):
        answer = inspect(token(cbor2.dumps({10: NONCE, 256: b"\1"})))
        self.assertTrue(warns(answer, "not as RFC 9711 says"), answer)

    def test_submodules_of_every_kind_are_explained(self):
        inner = token(cbor2.dumps({10: NONCE, 263: 1}))
        submods = {"a": {262: True}, "b": inner, "c": json.dumps(["JWT", jwt({"eat_nonce": base64url(NONCE), "dbgstat": "disabled"}).decode()]),
                   "d": [-16, hashlib.sha256(b"x").digest()], "e": cbor2.dumps(cbor2.CBORTag(601, {262: False})),
                   "f": json.dumps(["UJCS", {"swname": "free"}])}
        answer = inspect(token(cbor2.dumps({10: NONCE, 266: submods})))
        said = answer["fields"]["claims"]["submods"]
        self.assertIs(said["a"]["oemboot"], True)
        self.assertEqual(plain(said["b"]["claims"]["dbgstat"]), 1)
        self.assertEqual(plain(said["c"]["claims"]["dbgstat"]), 1)
        self.assertEqual(plain(said["d"]["detached_digest"]["alg"]), -16)
        self.assertIs(said["e"]["unprotected_claims"]["oemboot"], False)
        self.assertEqual(said["f"]["unprotected_claims"]["swname"], "free")
        self.assertTrue(warns(answer, "UCCS"))
        self.assertTrue(warns(answer, "UJCS"))

    def test_a_bundle_is_compared_with_its_main_token(self):
        detached = cbor2.dumps({262: True})
        main = token(cbor2.dumps({10: NONCE, 266: {"x": [-16, hashlib.sha256(detached).digest()]}}))
        answer = inspect(cbor2.dumps(cbor2.CBORTag(602, [main, {"x": detached}])))
        self.assertEqual(answer["kind"], "eat-bundle")
        self.assertIs(answer["fields"]["detached_claims_sets"]["x"]["oemboot"], True)
        self.assertEqual(answer["fields"]["digests"]["x"], "its digest is in the main token")
        self.assertTrue(answer["not_checked"])
        answer = inspect(cbor2.dumps(cbor2.CBORTag(602, [main, {"x": detached, "y": detached}])))
        self.assertTrue(warns(answer, "does not belong to its main token"))
        answer = inspect(cbor2.dumps(cbor2.CBORTag(602, [main, {"x": cbor2.dumps({262: False})}])))
        self.assertEqual(answer["fields"]["digests"]["x"], "its digest is another")
        self.assertEqual(refusal(cbor2.dumps(cbor2.CBORTag(602, [main])))["name"], "TPS_CLAIM_BAD_VALUE")

    def test_bundles_and_claims_in_json_are_explained_as_those_in_cbor(self):
        claims = {"eat_nonce": base64url(NONCE), "dbgstat": "disabled-permanently", "intuse": "csr"}
        bundle = [["JWT", jwt(claims).decode()], {"x": base64url(json.dumps({"oemboot": True}).encode())}]
        answer = inspect(json.dumps(bundle).encode())
        self.assertEqual(answer["kind"], "eat-bundle")
        self.assertIs(answer["fields"]["detached_claims_sets"]["x"]["oemboot"], True)
        self.assertEqual(plain(answer["fields"]["main_token"]["claims"]["dbgstat"]), 3)
        for answer in (inspect(json.dumps(claims).encode()), inspect(jwt(claims))):
            self.assertEqual(plain(answer["fields"]["claims"]["intuse"]), 4)
            self.assertEqual(answer["fields"]["claims"]["nonce"], NONCE.hex())

    def test_unprotected_claims_say_so(self):
        answer = inspect(cbor2.dumps(cbor2.CBORTag(601, {10: NONCE, 262: True})))
        self.assertEqual(answer["kind"], "claims")
        self.assertIn("UCCS", answer["summary"])
        self.assertTrue(warns(answer, "nobody signed it"))


if __name__ == "__main__":
    inspect_support.main()
