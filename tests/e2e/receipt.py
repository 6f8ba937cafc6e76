# SPDX-License-Identifier: Apache-2.0
"""Receipts: what `tps verify --receipt` writes, judged here without our code; what `tps receipt verify` finds in receipts
that are genuine, changed, made by a verifier that lies, or checked with other files than those they were made from.

Usage: receipt.py PATH_OF_TPS
"""
import hashlib
import json
import pathlib
import subprocess
import sys
import tempfile
import time
import unittest

import cbor2
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, utils

import verify_cli as maker

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "tests" / "conformance"))
import cddl  # noqa: E402  pylint: disable=wrong-import-position

SCHEMA = cddl.Schema((ROOT / "spec" / "receipt.cddl").read_text(encoding="utf-8"))
TYPE = "application/vnd.opentps.receipt+cbor"
FINDINGS, POLICY_SHA256 = -70101, -70112


def private_pem(key):
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
                             serialization.NoEncryption())


def identity_of(corim):
    """Of an endorsement that nobody signed."""
    return hashlib.sha256(bytes(32) + bytes(8) + corim).digest()


class Receipt(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.count = 0
        self.device, self.verifier = maker.new_key(), maker.new_key()
        self.private = self.file(private_pem(self.verifier))
        self.public = self.file(maker.pem(self.verifier).encode())
        self.corim = maker.corim([maker.BOOT, maker.APP], [self.device])
        self.endorsements = self.file(self.corim)

    def file(self, data):
        self.count += 1
        path = self.folder / f"{self.count}.bin"
        path.write_bytes(data)
        return path

    def tps(self, *arguments):
        return subprocess.run([maker.TPS, *map(str, arguments)], capture_output=True, text=True, timeout=60,
                              check=False)

    def evidence(self, components=(maker.BOOT, maker.APP)):
        return maker.sign1(cbor2.dumps(maker.psa_claims(self.device, list(components))), self.device)

    def make(self, *arguments, evidence=None, code=0, key=None):
        """A receipt of evidence."""
        out = self.file(b"")
        done = self.tps("verify", self.file(evidence or self.evidence()), "--nonce", "hex:" + maker.NONCE.hex(),
                        "--receipt", out, "--receipt-key", key or self.private,
                        *(arguments or ("--endorsements", self.endorsements)))
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return out

    def check(self, receipt, *arguments, code=0):
        """What the check says, as JSON."""
        done = self.tps("receipt", "verify", receipt, "--key", self.public, "--json", *arguments)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return json.loads(done.stdout) if done.stdout else {"stderr": done.stderr}

    def claims(self, receipt):
        return cbor2.loads(cbor2.loads(receipt.read_bytes()).value[2])

    def signed(self, claims, content_type=TYPE):
        """The claims in a receipt that the verifier signs."""
        payload = cbor2.dumps(claims, canonical=True)
        return self.file(maker.sign1(payload, self.verifier, alg=-7, protected={3: content_type}))

    # ---- what is written ----

    def test_a_receipt_is_what_its_specification_says(self):
        evidence, before = self.evidence(), int(time.time())
        message = cbor2.loads(self.make(evidence=evidence).read_bytes())
        protected, unprotected, payload, signature = message.value
        r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")
        self.verifier.public_key().verify(utils.encode_dss_signature(r, s),
                                          cbor2.dumps(["Signature1", protected, b"", payload]),
                                          ec.ECDSA(hashes.SHA256()))
        self.assertEqual(unprotected, {})
        SCHEMA.check("receipt", message)
        SCHEMA.check("claims", cbor2.loads(payload))
        self.assertEqual(cbor2.dumps(cbor2.loads(payload), canonical=True), payload)
        claims = cbor2.loads(payload)
        self.assertEqual(claims[2], evidence)
        self.assertEqual(claims[3][3], maker.NONCE)
        self.assertTrue(before <= claims[3][1] <= time.time())
        self.assertEqual([claims[4][i] for i in (1, 2, 3)],
                         [[], [], [identity_of(self.corim)]])
        result = cbor2.loads(claims[5])
        part = result[266]["PSA_IOT"]
        self.assertEqual(part[1000], 2)
        default = (ROOT / "src" / "verifier" / "policy" / "default.lua").read_bytes()
        self.assertEqual(claims[4][4], [hashlib.sha256(default).digest()])
        self.assertNotIn(POLICY_SHA256, part)

    def test_keys_on_other_curves_sign_receipts_too(self):
        for curve in (ec.SECP384R1(), ec.SECP521R1()):
            key = ec.generate_private_key(curve)
            receipt = self.make(key=self.file(private_pem(key)))
            done = self.tps("receipt", "verify", receipt, "--key", self.file(maker.pem(key).encode()))
            self.assertEqual(done.returncode, 0, done.stderr)

    # ---- what is reproduced ----

    def test_the_files_that_it_names_reproduce_it_and_without_them_they_are_listed(self):
        receipt = self.make()
        found = self.check(receipt, "--endorsements", self.endorsements)
        self.assertEqual(found["check"], "same")
        self.assertEqual(found["parts"], [{"name": "PSA_IOT", "status": "affirming"}])
        found = self.check(receipt)
        self.assertEqual((found["check"], found["gaps"]), ("not-done", []))
        self.assertEqual(found["known"]["endorsements"], [identity_of(self.corim).hex()])
        done = self.tps("receipt", "verify", receipt, "--key", self.public)
        self.assertEqual(done.returncode, 0)
        self.assertTrue(done.stdout.startswith("genuine:"))
        self.assertIn(identity_of(self.corim).hex(), done.stdout)

    def test_a_refusal_is_reproduced_as_well(self):
        other = dict(maker.APP, digest=b"\xee" * 32)
        receipt = self.make(evidence=self.evidence([maker.BOOT, other]), code=1)
        part = cbor2.loads(self.claims(receipt)[5])[266]["PSA_IOT"]
        self.assertEqual(part[FINDINGS][0][0], "executables.unknown-measurement")
        found = self.check(receipt, "--endorsements", self.endorsements)
        self.assertEqual((found["check"], found["parts"][0]["status"]), ("same", "warning"))

    def test_it_is_judged_at_its_time_and_not_at_ours(self):
        until = int(time.time()) + 2
        endorsements = self.file(maker.corim([maker.BOOT, maker.APP], [self.device], validity=until))
        receipt = self.make("--endorsements", endorsements)
        time.sleep(max(0, until + 1.1 - time.time()))
        done = self.tps("verify", self.file(self.evidence()), "--nonce", "hex:" + maker.NONCE.hex(), "--endorsements",
                        endorsements)
        self.assertEqual(done.returncode, 1)
        self.assertEqual(self.check(receipt, "--endorsements", endorsements)["check"], "same")

    def test_keys_and_anchors_are_named_and_asked_for(self):
        root_key = maker.new_key()
        root = maker.certificate("root", root_key)
        anchor = self.file(root.public_bytes(serialization.Encoding.PEM))
        key = self.file(maker.pem(self.device).encode())
        given = ("--endorsements", self.endorsements, "--anchor", anchor)
        receipt = self.make(*given, "--key", key)
        found = self.check(receipt, *given, "--evidence-key", key)
        self.assertEqual(found["check"], "same")
        self.assertEqual(found["known"]["anchors"], [hashlib.sha256(maker.der(root)).hexdigest()])
        spki = self.device.public_key().public_bytes(serialization.Encoding.DER,
                                                     serialization.PublicFormat.SubjectPublicKeyInfo)
        self.assertEqual(found["known"]["keys"], [hashlib.sha256(spki).hexdigest()])
        found = self.check(receipt, *given, code=1)
        self.assertEqual(found["gaps"], [{"kind": "key", "missing": True, "sha-256": hashlib.sha256(spki).hexdigest()}])

    def test_policies_and_revocations_are_asked_for(self):
        policy = self.file(b'policy { name = "strict", version = "1" }\n'
                           b'warn { claim = "file-system", cause = "nothing is good enough", next_step = "none" }\n')
        revoked = self.file(json.dumps({"revoked": [{"kind": "image", "value": "77" * 32, "reason": "test"}]}).encode())
        given = ("--endorsements", self.endorsements, "--policy", policy, "--revoked", revoked)
        receipt = self.make(*given, code=1)
        found = self.check(receipt, *given)
        self.assertEqual((found["check"], found["known"]["policies"]),
                         ("same", [hashlib.sha256(policy.read_bytes()).hexdigest()]))
        found = self.check(receipt, "--endorsements", self.endorsements, "--revoked", revoked, code=1)
        self.assertNotEqual(found["detail"], "")
        found = self.check(receipt, "--endorsements", self.endorsements, "--policy", policy, code=1)
        self.assertEqual([g["kind"] for g in found["gaps"]], ["rules"])

    # ---- what is seen ----

    def test_other_files_than_those_it_was_made_from_are_told(self):
        receipt = self.make()
        other = maker.corim([maker.BOOT], [maker.new_key()])
        found = self.check(receipt, "--endorsements", self.file(other), code=1)
        self.assertEqual(found["check"], "differs")
        self.assertEqual(sorted((g["missing"], g["sha-256"]) for g in found["gaps"]),
                         [(False, identity_of(other).hex()), (True, identity_of(self.corim).hex())])
        done = self.tps("receipt", "verify", receipt, "--key", self.public, "--endorsements", self.file(other))
        self.assertIn("missing", done.stdout)
        self.assertIn("too much", done.stdout)

    def test_a_changed_receipt_or_another_key_is_refused(self):
        receipt = self.make()
        data = receipt.read_bytes()
        for at in range(0, len(data), 41):
            changed = bytearray(data)
            changed[at] ^= 0x04
            self.check(self.file(bytes(changed)), code=1)
        for size in (0, 1, len(data) // 2, len(data) - 1):
            self.check(self.file(data[:size]), code=1)
        done = self.tps("receipt", "verify", receipt, "--key", self.file(maker.pem(maker.new_key()).encode()))
        self.assertEqual(done.returncode, 1)
        self.assertIn("signature", done.stderr)

    def test_a_verifier_that_lies_is_found_out(self):
        """It signs what it likes; what does not follow from evidence and endorsements is seen by whoever has them."""
        bad = self.make(evidence=self.evidence([maker.BOOT, dict(maker.APP, digest=b"\xee" * 32)]), code=1)
        good = self.make()
        claims = self.claims(bad)
        claims[5] = self.claims(good)[5]
        found = self.check(self.signed(claims), "--endorsements", self.endorsements, code=1)
        self.assertEqual(found["check"], "differs")

        def lie(change):
            claims = self.claims(good)
            result = cbor2.loads(claims[5])
            change(claims, result, result[266]["PSA_IOT"])
            claims[5] = cbor2.dumps(result, canonical=True)
            return self.signed(claims)

        def status(_claims, result, part):
            part[1000], result[1000] = 32, 32

        def time_of(claims, _result, _part):
            claims[3][1] = 1

        lies = {
            "status": status,
            "vector": lambda c, r, p: p[1001].update({1: 3}),
            "nonce": lambda c, r, p: c[3].update({3: b"\x09" * 32}),
            "policy": lambda c, r, p: p.update({POLICY_SHA256: b"\x09" * 32}),
            "digest": lambda c, r, p: p.update({-70105: b"\x09" * 32}),
            "fresh": lambda c, r, p: p.update({-70103: False}),
            "more": lambda c, r, p: p.update({-70900: 1}),
            "evidence": lambda c, r, p: c.update({2: self.evidence([maker.BOOT])}),
        }
        for name, change in lies.items():
            with self.subTest(name):
                found = self.check(lie(change), "--endorsements", self.endorsements, code=1)
                self.assertEqual(found["check"], "differs")
        self.assertEqual(self.check(lie(lambda c, r, p: None), "--endorsements", self.endorsements)["check"], "same")
        self.assertEqual(self.check(lie(time_of), "--endorsements", self.endorsements)["check"], "same") # receipt.md

    def test_what_the_verifier_signed_for_something_else_is_no_receipt(self):
        claims = self.claims(self.make())
        done = self.check(self.signed(claims, content_type="application/eat+cwt"), code=1)
        self.assertIn("content type", done["stderr"])
        for change in ({1: 2}, {6: 1}, {4: {}}, {2: "text"}, {3: {1: 1}}, {5: b"\xa0"}):
            with self.subTest(change):
                self.check(self.signed({**claims, **change}), code=1)
        for label in (1, 2, 3, 4, 5):
            self.check(self.signed({k: v for k, v in claims.items() if k != label}), code=1)

    def test_evidence_under_a_shared_key_has_no_receipt(self):
        secret = bytes(range(48))
        manifest = self.file(maker.corim([maker.BOOT, maker.APP]))
        evidence = maker.mac0(cbor2.dumps(maker.psa_claims(self.device, [maker.BOOT, maker.APP])), secret)
        out = self.folder / "none"
        done = self.tps("verify", self.file(evidence), "--nonce", "hex:" + maker.NONCE.hex(), "--mac-key",
                        self.file(secret), "--endorsements", manifest, "--receipt", out, "--receipt-key", self.private)
        self.assertEqual(done.returncode, 2)
        self.assertIn("shared key", done.stderr)
        self.assertFalse(out.exists())

    # ---- usage ----

    def test_slips_are_told(self):
        receipt = self.make()
        for arguments in ((), ("verify",), ("verify", receipt), ("check", receipt, "--key", self.public),
                          ("verify", receipt, "--key", self.folder / "none"),
                          ("verify", self.folder / "none", "--key", self.public),
                          ("verify", receipt, "--key", receipt)):
            done = self.tps("receipt", *arguments)
            self.assertEqual(done.returncode, 2, arguments)
            self.assertTrue(done.stderr.startswith("tps: "), done.stderr)
        evidence = self.file(self.evidence())
        for arguments in (("--receipt", "x"), ("--receipt-key", self.private),
                          ("--receipt", self.folder / "x", "--receipt-key", self.public),
                          ("--receipt", self.folder / "x", "--receipt-key", self.endorsements),
                          ("--receipt", self.folder / "no" / "x", "--receipt-key", self.private)):
            done = self.tps("verify", evidence, *arguments)
            self.assertEqual(done.returncode, 2, arguments)
            self.assertTrue(done.stderr.startswith("tps: "), done.stderr)


if __name__ == "__main__":
    unittest.main()
