#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""`tps inspect` with files made here: kinds that no vector has, oddities that must be warned of, input that must be
refused with offset and reason, and text that must not reach a terminal as it is. `inspect_files.py PROGRAM`.
"""
import datetime
import json
import os
import pathlib
import random
import unittest

import cbor2
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

import inspect_support as support
from inspect_support import inspect, jwt, meaning, plain, refusal, run, sign1

KEY = ec.generate_private_key(ec.SECP256R1())
NUMBERS = KEY.public_key().public_numbers()
X, Y = NUMBERS.x.to_bytes(32, "big"), NUMBERS.y.to_bytes(32, "big")
SECRET = KEY.private_numbers().private_value.to_bytes(32, "big")


def certificate():
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Lamp\u202e 7")])
    start = datetime.datetime(2026, 1, 1)
    return (x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(KEY.public_key())
            .serial_number(7).not_valid_before(start).not_valid_after(start + datetime.timedelta(days=36500))
            .sign(KEY, hashes.SHA256()))


def warns(answer, text):
    return any(text in warning for warning in answer["warnings"])


DEVICE = {265: "tag:opentps.org,2026:device", 10: bytes(32), 256: b"\x01" + bytes(32), 258: bytes(16),
          259: bytes(32), 263: 2, 262: True, 267: 4, 270: "lamp", 275: 1,
          273: [[60, cbor2.dumps([{1: "boot", 2: bytes(32), 4: "1.0", 5: bytes(32)}])]],
          3: "acme", 4: 4102444800, 6: 1767225600}


class Kinds(unittest.TestCase):
    def test_evidence_of_the_device_profile(self):
        answer = inspect(sign1(cbor2.dumps(DEVICE, canonical=True)))
        claims = answer["fields"]["claims"]
        self.assertEqual(answer["kind"], "eat")
        self.assertIn("opentps device profile", answer["summary"])
        self.assertEqual(meaning(claims["dbgstat"]), "disabled since boot")
        self.assertEqual(meaning(claims["intuse"]), "generic")
        self.assertEqual(claims["exp"], {"value": 4102444800, "meaning": "2100-01-01T00:00:00Z"})
        self.assertEqual(claims["measurements"][0]["components"][0]["type"], "boot")

    def test_an_eat_of_another_profile_with_claims_that_are_not_known(self):
        answer = inspect(sign1(cbor2.dumps({10: bytes(8), 265: "tag:example.com,2026:x", -75000: {"a": [1, 2]},
                                            261: 12, 266: {"tee": {262: True, 266: {"inner": {260: ["1.2", 1]}}}}})))
        claims = answer["fields"]["claims"]
        self.assertEqual(claims["unknown_claims"], [{"label": -75000, "value": '{"a": [1, 2]}'}])
        self.assertIs(claims["submods"]["tee"]["oemboot"], True)
        self.assertEqual(plain(claims["submods"]["tee"]["submods"]["inner"]["hwversion"]), "1.2")

    def test_a_nested_token_is_shown_with_its_claims(self):
        inner = sign1(cbor2.dumps({10: bytes(8), 263: 1}))
        answer = inspect(sign1(cbor2.dumps({10: bytes(8), 266: {"psa": inner}})))
        submodule = answer["fields"]["claims"]["submods"]["psa"]
        self.assertEqual(meaning(submodule["claims"]["dbgstat"]), "disabled")

    def test_submodules_nested_without_end_are_cut_off_with_a_warning(self):
        claims = {10: bytes(8)}
        for _ in range(10):
            claims = {10: bytes(8), 266: {"x": claims}}
        answer = inspect(sign1(cbor2.dumps(claims)))
        self.assertTrue(warns(answer, "nested deeper"))

    def test_a_cwt(self):
        answer = inspect(cbor2.dumps(cbor2.CBORTag(61, cbor2.loads(sign1(cbor2.dumps({1: "me", 2: "you", 4: 1}))))))
        self.assertEqual(answer["kind"], "cwt")
        self.assertTrue(warns(answer, "expired"))

    def test_results_in_cbor(self):
        result = {265: "tag:ietf.org,2026:rats/ear#03", 6: 1666529184, 1004: {0: "https://v.example", 1: "vts 0.0.1"},
                  266: {"PSA": {1000: 96, 1001: {0: 2, 2: 96, 4: 2}, 1003: ["https://v.example/policy/1"]}}}
        answer = inspect(sign1(cbor2.dumps(result)))
        submodule = answer["fields"]["claims"]["submods"]["PSA"]
        self.assertEqual(answer["kind"], "ear")
        self.assertEqual(meaning(submodule["ear_status"]), "contraindicated")
        vector = submodule["ear_trustworthiness_vector"]
        self.assertEqual({name: plain(value) for name, value in vector.items()},
                         {"instance-identity": 2, "executables": 96, "hardware": 2})
        self.assertTrue(warns(answer, "(exp)"))

    def test_results_of_three_generations(self):
        old = {"ear.status": "affirming", "ear.trustworthiness-vector": {"hardware": 2},
               "ear.appraisal-policy-id": "policy:1"}
        new = {"ear_status": "affirming", "ear_trustworthiness_vector": {"hardware": 2},
               "ear_appraisal_policy_ids": ["policy:1"]}
        for profile, appraisal, words in (("tag:github.com,2023:veraison/ear", old, "first"),
                                          ("tag:ietf.org,2025-07:ear", old, "second"),
                                          ("tag:ietf.org,2026:rats/ear#04", new, "third")):
            claims = {"eat_profile": profile, "iat": 1767225600, "exp": 4102444800, "eat_nonce": "AAAAAAAAAAA",
                      "ear_verifier_id" if words == "third" else "ear.verifier-id": {"developer": "d", "build": "b"},
                      "submods": {"PSA_IOT": appraisal}}
            answer = inspect(jwt(claims))
            said = answer["fields"]["claims"]
            self.assertEqual(answer["kind"], "ear")
            self.assertIn(words, meaning(said["profile"]))
            self.assertEqual(said["submods"]["PSA_IOT"]["status"], "affirming")
            self.assertEqual(meaning(said["submods"]["PSA_IOT"]["trustworthiness_vector"]["hardware"]),
                             "affirming: genuine")
            self.assertEqual(answer["warnings"], [])
            self.assertEqual(inspect(json.dumps(claims).encode())["kind"], "ear-claims")

    def test_a_status_better_than_its_worst_claim(self):
        claims = {"eat_profile": "tag:ietf.org,2025-07:ear", "exp": 4102444800, "eat_nonce": "AAAAAAAAAAA",
                  "submods": {"x": {"ear.status": "affirming", "ear.trustworthiness-vector": {"hardware": 97}}}}
        self.assertTrue(warns(inspect(jwt(claims)), "better than its worst claim"))

    def test_what_a_strict_reader_refuses_in_a_result_is_a_warning(self):
        good = {265: "tag:ietf.org,2026:rats/ear#04", 4: 4102444800, 6: 1767225600, 10: bytes(8), 1004: {0: "d", 1: "b"},
                266: {"a": {1000: 2, 1001: {0: 2}}}}
        self.assertFalse(warns(inspect(sign1(cbor2.dumps(good, canonical=True))), "strict reader"))
        for change, words in (({266: {"a": {1000: 2, 1001: {0: 96}}}}, "better than the worst"), ({6: 1.5}, "whole seconds"),
                              ({266: {}}, "no appraisal"), ({1004: {}}, "ear_verifier_id")):
            answer = inspect(sign1(cbor2.dumps({**good, **change}, canonical=True)))
            self.assertEqual(answer["kind"], "ear")
            self.assertTrue(warns(answer, words), answer["warnings"])
        self.assertTrue(warns(inspect(jwt({"eat_profile": "tag:ietf.org,2025-07:ear", "iat": 1, "submods": {}})),
                              "strict reader refuses the result"))

    def test_wrappers(self):
        token = sign1(cbor2.dumps(DEVICE))
        text = support.base64url(token)
        for data in (cbor2.dumps([263, token, 4]), json.dumps(["application/eat+cwt", text, 4]).encode()):
            answer = inspect(data)
            self.assertEqual(answer["kind"], "cmw")
            record = answer["fields"]["cmw"]
            self.assertEqual(record["indicator"], {"value": 4, "meaning": "evidence"})
            self.assertIn("claims", record["message"])
            self.assertIn("cose", record["message"])
            self.assertTrue(warns(answer, "nobody signed the wrapper"))
        answer = inspect(cbor2.dumps({1: ["application/rim+cose", b"x", 3], "n": {-1: [10003, token]}, "__cmwc_t": "1.2.3"}))
        entries = answer["fields"]["cmw"]["entries"]
        self.assertEqual(answer["fields"]["cmw"]["collection_type"], "1.2.3")
        self.assertEqual(entries["1"]["indicator"]["meaning"], "reference values, endorsements")
        self.assertIn("eat_profile", meaning(entries["n"]["entries"]["-1"]["content_format"]))
        self.assertEqual(inspect(cbor2.dumps(cbor2.CBORTag(1668576935, b"x")))["fields"]["cmw"]["content_format"], 30001)
        self.assertEqual(inspect(b'["a/b", "AQ", 99]')["kind"], "json")
        self.assertEqual(inspect(cbor2.dumps({1: ["x", b"y"]}))["kind"], "cbor")

    def test_signed_wrappers(self):
        answer = inspect(sign1(cbor2.dumps({"a": [263, b"x"]}), {3: "application/cmw+cbor"}))
        self.assertEqual(answer["kind"], "signed-cmw")
        self.assertEqual(answer["fields"]["cmw"]["entries"]["a"]["content_format"]["value"], 263)
        answer = inspect(jwt(["a/b", "AQ"], {"alg": "ES256", "cty": "application/cmw+json"}))
        self.assertEqual(answer["kind"], "signed-cmw")
        self.assertEqual(answer["fields"]["cmw"]["type"], "a/b")

    def test_other_jwts(self):
        answer = inspect(jwt({"sub": "x", "iat": 1767225600, "deep": {"a": [1, None]}}))
        self.assertEqual(answer["kind"], "jwt")
        self.assertEqual(answer["fields"]["claims"]["deep"], {"a": [1, None]})
        self.assertTrue(warns(inspect(jwt({"sub": "x"}, {"alg": "none"})), "nobody signed"))

    def test_cose_with_other_payloads(self):
        answer = inspect(sign1(cbor2.dumps([1, 2, 3])))
        self.assertEqual((answer["kind"], answer["fields"]["payload"]), ("cose", "[1, 2, 3]"))
        answer = inspect(sign1(b"This is the content."))
        self.assertEqual(meaning(answer["fields"]["payload"]), '"This is the content."')
        answer = inspect(cbor2.dumps(cbor2.CBORTag(18, [cbor2.dumps({1: -7}), {}, None, bytes(64)])))
        self.assertIn("detached", answer["summary"])

    def test_headers_in_words(self):
        der = certificate().public_bytes(serialization.Encoding.DER)
        answer = inspect(sign1(cbor2.dumps(DEVICE), {1: -9, 3: 263, 4: b"11", 33: [der]}, {-70001: "x"}))
        protected = answer["fields"]["cose"]["protected"]
        self.assertIn("ESP256", meaning(protected["alg"]))
        self.assertEqual(meaning(protected["content_type"]), "application/eat+cwt")
        self.assertEqual(protected["kid"], {"value": "3131", "meaning": '"11"'})
        self.assertEqual(plain(protected["x5chain"][0]["not_before"]), 1767225600)
        self.assertEqual(answer["fields"]["cose"]["unprotected"]["unknown_headers"], [{"label": -70001, "value": "x"}])

    def test_plain_cbor_and_json(self):
        self.assertEqual(inspect(cbor2.dumps({"a": 1.5}))["fields"]["content"], '{"a": 1.5}')
        self.assertIn("COSE_Encrypt0", inspect(cbor2.dumps(cbor2.CBORTag(16, [b"", {}, b"x"])))["summary"])
        self.assertEqual(inspect(b'{"a": [1, 2.5]}')["fields"]["content"], {"a": [1, 2.5]})
        self.assertEqual(inspect(b" true\n")["kind"], "json")

    def test_a_release_manifest(self):
        payload = cbor2.dumps({1: "application", 2: "1.0.1", 3: bytes(32), 4: 4096, 5: bytes(32), 6: "bulb", 7: 3})
        answer = inspect(sign1(payload, {1: -9, 3: "application/vnd.opentps.release+cbor", 4: bytes(32)}))
        self.assertEqual((answer["kind"], answer["fields"]["manifest"]["version"]), ("release-manifest", "1.0.1"))
        self.assertEqual(answer["fields"]["manifest"]["security_counter"], 3)
        self.assertTrue(any("image has this digest" in text for text in answer["not_checked"]))

    def test_files_as_the_factory_makes_them_today(self):
        examples = pathlib.Path(__file__).resolve().parents[2] / "spec" / "examples"
        for name, kind in (("manifest", "release-manifest"), ("identity", "device-identity"), ("certificates", "certificates")):
            content = bytes.fromhex((examples / ("folder-%s.hex" % name)).read_text(encoding="ascii"))
            self.assertEqual(inspect(content)["kind"], kind)

    def test_what_the_factory_puts_onto_devices(self):
        key = cbor2.dumps({1: 2, -1: 1, -2: X, -3: Y})
        identity = {1: "Acme", 2: "bulb", 3: bytes(16), 4: bytes(32), 5: "1.0", 6: "bulb-000001", 7: ["boot"],
                    8: [cbor2.loads(key)]}
        answer = inspect(cbor2.dumps(identity))
        self.assertEqual((answer["kind"], answer["fields"]["serial"]), ("device-identity", "bulb-000001"))
        self.assertIs(answer["fields"]["release_keys"][0]["is_private"], False)
        der = certificate().public_bytes(serialization.Encoding.DER)
        self.assertEqual(inspect(cbor2.dumps([der, der]))["kind"], "certificates")


class Secrets(unittest.TestCase):
    def is_kept(self, data, *shapes):
        answer = inspect(data)
        self.assertTrue(warns(answer, "secret"))
        for said in (run("-", data=data).text, json.dumps(answer)):
            for shape in shapes:
                self.assertNotIn(shape, said)
        return answer

    def test_private_keys_in_pem(self):
        for form in (serialization.PrivateFormat.PKCS8, serialization.PrivateFormat.TraditionalOpenSSL):
            pem = KEY.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption())
            answer = self.is_kept(pem, pem.decode().split("\n")[1], SECRET.hex())
            self.assertEqual(answer["kind"], "private-key")
            self.assertEqual(answer["fields"]["blocks"][0]["curve"], "P-256")

    def test_private_keys_in_der(self):
        der = KEY.private_bytes(serialization.Encoding.DER, serialization.PrivateFormat.PKCS8,
                                serialization.NoEncryption())
        self.assertEqual(self.is_kept(der, SECRET.hex(), der.hex())["kind"], "private-key")

    def test_private_keys_as_jwk_and_cose_key(self):
        secret = support.base64url(SECRET)
        jwk = {"kty": "EC", "crv": "P-256", "x": support.base64url(X), "y": support.base64url(Y), "d": secret}
        self.assertEqual(self.is_kept(json.dumps(jwk).encode(), secret)["kind"], "jwk")
        self.assertEqual(self.is_kept(json.dumps({"keys": [jwk]}).encode(), secret)["kind"], "jwk-set")
        self.assertEqual(self.is_kept(json.dumps({"deep": [{"jwk": jwk}]}).encode(), secret)["kind"], "json")
        self.is_kept(jwt({"cnf": {"jwk": jwk}}), secret)
        self.is_kept(json.dumps({"kty": "oct", "k": secret}).encode(), secret)
        cose_key = {1: 2, -1: 1, -2: X, -3: Y, -4: SECRET}
        self.assertEqual(self.is_kept(cbor2.dumps(cose_key), SECRET.hex())["kind"], "cose-key")
        self.is_kept(sign1(cbor2.dumps({10: bytes(8), 8: {1: cose_key}})), SECRET.hex())
        self.is_kept(cbor2.dumps({1: 4, -1: SECRET}), SECRET.hex())

    def test_public_keys_and_certificates(self):
        public = KEY.public_key()
        for encoding in (serialization.Encoding.PEM, serialization.Encoding.DER):
            answer = inspect(public.public_bytes(encoding, serialization.PublicFormat.SubjectPublicKeyInfo))
            self.assertEqual(answer["kind"], "public-key")
            self.assertEqual(inspect(certificate().public_bytes(encoding))["kind"], "certificate")
        answer = inspect(cbor2.dumps({1: 2, -1: 1, -2: X, -3: Y}))
        self.assertEqual(meaning(answer["fields"]["crv"]), "P-256")


class Oddities(unittest.TestCase):
    def test_the_demonstration_ca(self):
        folder = os.path.join(support.ROOT, "share", "demo-ca")
        for name in os.listdir(folder):
            if name.endswith(".pem"):
                with open(os.path.join(folder, name), "rb") as file:
                    answer = inspect(file.read())
                if answer["kind"] == "certificate":
                    self.assertTrue(warns(answer, "INSECURE"))
                    return
        self.fail("no certificate in " + folder)

    def test_unusual_lengths_of_a_ueid(self):
        self.assertTrue(warns(inspect(sign1(cbor2.dumps({10: bytes(8), 256: b"\x01" + bytes(15)}))), "unusual length"))
        self.assertTrue(warns(inspect(sign1(cbor2.dumps({10: bytes(8), 256: b"\x01"}))), "7 to 33"))

    def test_keys_that_are_not_sorted(self):
        self.assertTrue(warns(inspect(sign1(cbor2.dumps({256: b"\x01" + bytes(32), 10: bytes(8)}))), "deterministic"))

    def test_an_algorithm_that_is_not_protected(self):
        answer = inspect(sign1(cbor2.dumps({10: bytes(8)}), {4: b"1"}, {1: -7}))
        self.assertTrue(warns(answer, "not protected"))

    def test_a_signature_of_the_wrong_size_and_a_missing_tag(self):
        self.assertTrue(warns(inspect(sign1(cbor2.dumps({10: bytes(8)}), signature=bytes(63))), "63 bytes"))
        untagged = cbor2.dumps(cbor2.loads(sign1(cbor2.dumps({10: bytes(8)}))).value)
        self.assertTrue(warns(inspect(untagged), "no tag"))

    def test_a_token_that_breaks_its_profile_is_still_explained(self):
        answer = inspect(sign1(cbor2.dumps({265: "tag:psacertified.org,2023:psa#tfm", 10: bytes(32), 2395: 0x4000})))
        self.assertEqual(answer["kind"], "psa-token")
        self.assertTrue(warns(answer, "breaks its profile"))
        self.assertTrue(warns(answer, "not \"secured\""))

    def test_names_that_stand_twice_in_json(self):
        answer = inspect(b'{"a": 1, "a": 2}')
        self.assertTrue(warns(answer, "twice"))

    def test_odd_times(self):
        for value in (1e300, -1e300, "soon", 10 ** 18, -(10 ** 18)):
            inspect(jwt({"exp": value, "eat_nonce": "x"}))
        for value in (2 ** 63 - 1, -2 ** 63, 2 ** 64 - 1, 1.5, float("nan"), float("inf")):
            inspect(sign1(cbor2.dumps({4: value, 6: value, 10: bytes(8)})))


class Refused(unittest.TestCase):
    def says(self, data, name, offset):
        error = refusal(data)
        self.assertEqual((error["name"], error["offset"]), (name, offset))
        self.assertTrue(error["cause"] and error["next_step"])
        text = run("-", data=data)
        self.assertEqual((text.code, text.text), (1, ""))
        self.assertRegex(text.error, r"\Atps: -: at byte %d: .+: .+\n\Z" % offset)

    def test_what_is_not_well_formed_or_not_known(self):
        self.says(b"", "TPS_UNKNOWN_FORMAT", 0)
        self.says(b"hello world\n", "TPS_UNKNOWN_FORMAT", 0)
        self.says(b"\x82\x01", "TPS_CBOR_TRUNCATED", 0)  # two entries cannot lie in one byte
        self.says(b"\xa2\x01\x01\x01\x02", "TPS_CBOR_DUPLICATE_KEY", 4)
        self.says(b"\x81" * 10000, "TPS_CBOR_TOO_DEEP", 25)
        self.says(b"\xff", "TPS_CBOR_BAD_BREAK", 0)
        self.says(b"\x01\x02", "TPS_CBOR_TRAILING", 1)
        self.says(b'{"a": 1,}', "TPS_JSON_NOT_WELL_FORMED", 9)
        self.says(b'{"a": ', "TPS_JSON_NOT_WELL_FORMED", 6)
        self.says(b"eyJhbGciOiJub25lIn0.e30", "TPS_JWT_NOT_WELL_FORMED", 0)
        self.says(b"eyJhbGciOiJub25lIn0..", "TPS_JWT_NOT_WELL_FORMED", 0)
        self.says(b"\xd2\x83\x40\xa0\x40", "TPS_COSE_NOT_WELL_FORMED", 2)
        self.says(cbor2.dumps(cbor2.CBORTag(501, {0: "x"})), "TPS_CORIM_NOT_WELL_FORMED", 0)
        self.says(b"-----BEGIN PUBLIC KEY-----\nAAAA\n", "TPS_CRYPTO_BAD_KEY", 0)

    def test_too_much(self):
        path = support.temporary(bytes((16 << 20) + 1))
        try:
            answer = run(path)
            self.assertEqual(answer.code, 2)
            self.assertIn("larger than", answer.error)
        finally:
            os.unlink(path)

    def test_damaged_bytes_never_end_in_anything_but_an_answer(self):
        chance = random.Random(7)
        good = [sign1(cbor2.dumps(DEVICE)), jwt({"submods": {"x": {"ear.status": "none"}}}),
                certificate().public_bytes(serialization.Encoding.DER)]
        for _ in range(60):
            data = bytearray(chance.choice(good))
            for _ in range(chance.randint(1, 4)):
                data[chance.randrange(len(data))] = chance.randrange(256)
            answer = run("-", "--json", data=bytes(data))
            self.assertIn(answer.code, (0, 1), answer.error)
            answer.json()

    def test_usage_and_input_that_cannot_be_read(self):
        for arguments in ((), ("/",), ("/nonexistent",), ("a", "b"), ("-", "--what")):
            answer = run(*arguments, data=b"{}")
            self.assertEqual((answer.code, answer.text), (2, ""))
            self.assertRegex(answer.error, r"\Atps: .+: .+\n\Z")


class Terminal(unittest.TestCase):
    """What a stranger wrote must not steer the terminal of who looks at it."""

    EVIL = "a\x1b[2J\x07\x9b1m\u202eb\x7f\r\n"

    def is_safe(self, data):
        for arguments in (("-",), ("-", "--json")):
            answer = run(*arguments, data=data)
            self.assertEqual(answer.code, 0, answer.error)
            self.assertNotRegex(answer.text, "[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e]")
        return answer.json()

    def test_in_every_kind_of_file(self):
        evil = self.EVIL
        self.is_safe(cbor2.dumps({evil: evil}))
        self.is_safe(sign1(cbor2.dumps({1: evil, 10: bytes(8), 266: {evil: {270: evil}}, evil: 1})))
        self.is_safe(sign1(evil.encode(), {1: -7, 3: evil}))
        self.is_safe(json.dumps({evil: evil}).encode())
        self.is_safe(json.dumps({evil: evil}, ensure_ascii=False).encode())
        self.is_safe(jwt({evil: evil, "submods": {evil: {"ear.status": evil, evil: evil}}}, {"alg": evil, evil: 1}))
        self.is_safe(certificate().public_bytes(serialization.Encoding.DER))
        self.is_safe(json.dumps({"kty": evil, evil: evil}).encode())
        corim = cbor2.CBORTag(501, {0: evil, 3: cbor2.CBORTag(32, evil),
                                    1: [cbor2.CBORTag(506, cbor2.dumps({1: {0: evil}, 4: {0: [[
                                        {0: {1: evil, 2: evil}}, [{1: {11: evil}}]]]}}))]})
        self.is_safe(cbor2.dumps(corim))

    def test_in_error_lines(self):
        answer = run("-", data='{"a": \x9b1m\x7f}'.encode())
        self.assertEqual(answer.code, 1)
        self.assertNotRegex(answer.error[:-1], "[\x00-\x1f\x7f-\x9f]")

    def test_text_is_shown_escaped_and_complete(self):
        answer = self.is_safe(sign1(cbor2.dumps({1: self.EVIL, 10: bytes(8)})))
        self.assertEqual(answer["fields"]["claims"]["iss"], self.EVIL)
        text = run("-", data=sign1(cbor2.dumps({1: self.EVIL, 10: bytes(8)}))).text
        self.assertIn(r"a\u001b[2J\u0007\u009b1m\u202eb\u007f\r\n", text)


if __name__ == "__main__":
    support.main()
