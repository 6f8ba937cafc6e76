# SPDX-License-Identifier: Apache-2.0
"""`tps verify` against tokens, manifests and certificates that are made here without our code, and published ones.

Usage: verify_cli.py PATH_OF_TPS
"""
import base64
import datetime
import hashlib
import hmac
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time
import unittest

import cbor2
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa, utils

TPS = sys.argv.pop(1) if len(sys.argv) > 1 else "build/bin/tps"
ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
VECTORS = pathlib.Path(os.environ.get("TPS_VECTORS") or ROOT.parent / "shared" / "vectors")
PSA_NONCE = "QUp8F0FBs9DpodKK8xUg8NQimf6sQAfe2J1ormzZLxk="
DEMO = ROOT / "share" / "demo-ca" / "opentps-INSECURE-demonstration-ca"

NONCE = bytes(range(32))
CLASS = bytes([0x1A]) * 32
BOOT = {"name": "boot", "version": "1.0", "digest": b"\xa1" * 32, "signer": b"\x51" * 32}
APP = {"name": "app", "version": "2.3", "digest": b"\xa2" * 32, "signer": b"\x51" * 32}


def vector(name):
    path = VECTORS / name
    if not path.exists():
        if os.environ.get("TPS_REQUIRE_VECTORS"):
            raise AssertionError(f"the vectors are required, and {path} is not there")
        raise unittest.SkipTest(f"skipped: the published vectors are not at {VECTORS}")
    return path


def sign1(payload, key, alg=-9, protected=None, unprotected=None):
    header = cbor2.dumps({1: alg, **(protected or {})})
    der = key.sign(cbor2.dumps(["Signature1", header, b"", payload]), ec.ECDSA(hashes.SHA256()))
    r, s = utils.decode_dss_signature(der)
    signature = r.to_bytes(32, "big") + s.to_bytes(32, "big")
    return cbor2.dumps(cbor2.CBORTag(18, [header, unprotected or {}, payload, signature]))


def sign1_with(payload, sign, alg):
    """A COSE_Sign1 whose signature any function of what is signed makes."""
    header = cbor2.dumps({1: alg})
    signature = sign(cbor2.dumps(["Signature1", header, b"", payload]))
    return cbor2.dumps(cbor2.CBORTag(18, [header, {}, payload, signature]))


def b64u(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def cose_key(key, **members):
    """An EC2 key of P-256; alg=..., key_ops=[...] say what it is for."""
    x, y = point(key)[1:33], point(key)[33:]
    more = {3: members["alg"]} if "alg" in members else {}
    more.update({4: members["key_ops"]} if "key_ops" in members else {})
    return cbor2.dumps({1: 2, -1: 1, -2: x, -3: y, **more})


def jwk(key, **members):
    x, y = point(key)[1:33], point(key)[33:]
    return json.dumps({"kty": "EC", "crv": "P-256", "x": b64u(x), "y": b64u(y), **members}).encode()


def mac0(payload, secret, alg=5, digest=hashlib.sha256):
    header = cbor2.dumps({1: alg})
    tag = hmac.new(secret, cbor2.dumps(["MAC0", header, b"", payload]), digest).digest()
    return cbor2.dumps(cbor2.CBORTag(17, [header, {}, payload, tag]))


def new_key():
    return ec.generate_private_key(ec.SECP256R1())


def point(key):
    return key.public_key().public_bytes(serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint)


def pem(key):
    return key.public_key().public_bytes(serialization.Encoding.PEM,
                                         serialization.PublicFormat.SubjectPublicKeyInfo).decode()


def ueid(key):
    return b"\x01" + hashlib.sha256(point(key)).digest()


ENDORSEMENTS = "tag:opentps.org,2026:certificate:endorsements"

def certificate(name, key, issuer=None, issuer_key=None, days=9, uri=None):
    """A CA's certificate when there is no issuer, else one that it issued: a lamp's, unless the URI says otherwise."""
    now = datetime.datetime.utcnow()
    is_ca = issuer is None
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    usage = x509.KeyUsage(digital_signature=not is_ca, content_commitment=False, key_encipherment=False,
                          data_encipherment=False, key_agreement=False, key_cert_sign=is_ca, crl_sign=is_ca,
                          encipher_only=False, decipher_only=False)
    builder = x509.CertificateBuilder()
    if not is_ca:
        uri = x509.UniformResourceIdentifier(uri or "tag:opentps.org,2026:class:" + CLASS.hex())
        builder = builder.add_extension(x509.SubjectAlternativeName([uri]), critical=False)
    return (builder.subject_name(subject).issuer_name(issuer.subject if issuer else subject)
            .public_key(key.public_key()).serial_number(x509.random_serial_number())
            .not_valid_before(now - datetime.timedelta(days=30)).not_valid_after(now + datetime.timedelta(days=days))
            .add_extension(x509.BasicConstraints(ca=is_ca, path_length=None), critical=True)
            .add_extension(usage, critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(
                (issuer_key or key).public_key()), critical=False)
            .sign(issuer_key or key, hashes.SHA256()))


def der(cert):
    return cert.public_bytes(serialization.Encoding.DER)


def psa_claims(key, components):
    return {10: NONCE, 256: ueid(key), 265: "tag:psacertified.org,2023:psa#tfm", 2394: -7, 2395: 0x3000, 2396: CLASS,
            2399: [{1: c["name"], 2: c["digest"], 4: c["version"], 5: c["signer"]} for c in components]}


def eat_claims(key, components):
    measured = cbor2.dumps([{1: c["name"], 2: c["digest"], 4: c["version"], 5: c["signer"]} for c in components])
    return {10: NONCE, 256: ueid(key), 258: b"\x01\x02\x03", 259: CLASS, 262: True, 263: 2,
            265: "tag:opentps.org,2026:device", 273: [[60, measured]]}


def comid(triples):
    tag_id = hashlib.sha256(cbor2.dumps(triples)).digest()[:16]  # a tag has one content in each version
    return cbor2.CBORTag(506, cbor2.dumps({1: {0: tag_id}, 4: triples}))


def corim(components, devices=(), profile="tag:arm.com,2025:psa#1.0.0", validity=None):
    """A manifest; class ids, measurement keys and signers as its profile has them."""
    mkey = "opentps.software-component" if "opentps" in profile else "psa.software-component"
    environment = {0: {0: cbor2.CBORTag(560, CLASS), 1: "Lumen", 2: "Lamp"}}
    triples = {}
    if components:
        triples[0] = [[environment, [{0: mkey, 1: {
            0: {0: c["version"]}, 2: [["sha-256", c["digest"]]], 11: c["name"],
            13: [cbor2.CBORTag(560, c["signer"])]}} for c in components]]]
    if devices:
        triples[3] = [[{**environment, 1: cbor2.CBORTag(550, ueid(k))}, [cbor2.CBORTag(554, pem(k))]] for k in devices]
    manifest = {0: "test", 1: [comid(triples)], 3: cbor2.CBORTag(32, profile)}
    if validity:
        manifest[4] = {1: cbor2.CBORTag(1, int(validity))}
    return cbor2.dumps(cbor2.CBORTag(501, manifest))


def legacy_corim(class_id, components):
    measurements = [{0: cbor2.CBORTag(601, {1: c["name"], 5: c["signer"]}), 1: {2: [[1, c["digest"]]]}}
                    for c in components]
    environment = {0: {0: cbor2.CBORTag(600, class_id)}}
    return cbor2.dumps(cbor2.CBORTag(501, {0: "test", 1: [comid({0: [[environment, measurements]]})],
                                           3: "http://arm.com/psa/iot/1"}))


def sign_corim(manifest, key, chain):
    meta = cbor2.dumps({0: {0: "Lumen"}})
    return sign1(manifest, key, protected={3: "application/rim+cbor", 8: meta, 33: [der(c) for c in chain]})


class Verify(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.key = new_key()
        self.count = 0

    def file(self, data):
        self.count += 1
        path = pathlib.Path(self.folder.name) / f"{self.count}.bin"
        path.write_bytes(data)
        return path

    def run_tps(self, *arguments):
        return subprocess.run([TPS, "verify", *map(str, arguments)], capture_output=True, text=True, timeout=60,
                              check=False)

    def verify(self, evidence, *arguments, nonce=NONCE):
        """The exit code and the JSON result."""
        path = self.file(evidence) if isinstance(evidence, bytes) else evidence
        asked = ["--nonce", "hex:" + nonce.hex()] if nonce else []
        done = self.run_tps(path, *arguments, *asked, "--json")
        return done.returncode, json.loads(done.stdout) if done.stdout else {"stderr": done.stderr}

    def expect(self, outcome, code, finding=None, error=None):
        got, result = outcome
        self.assertEqual(got, code, result)
        if finding:
            found = [(f["name"], f["error"]) for f in result["findings"]]
            self.assertIn((finding, error), found)
            for f in result["findings"]:
                self.assertTrue(f["cause"] and f["next-step"], f)

    # ---- published tokens ----

    def test_accepts_the_published_token_with_every_spelling_of_its_nonce(self):
        endorsements = vector("veraison/psa-endorsements.cbor")
        nonce = base64.b64decode(PSA_NONCE)
        for text in (PSA_NONCE, PSA_NONCE.rstrip("="), base64.urlsafe_b64encode(nonce).decode(),
                     "hex:" + nonce.hex(), "hex:" + nonce.hex().upper()):
            done = self.run_tps(vector("veraison/psa-evidence.cbor"), "--endorsements", endorsements, "--nonce", text)
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
            self.assertTrue(done.stdout.startswith("accepted"))
            self.assertNotIn("\x1b", done.stdout)

    def test_refuses_the_published_token_changed_or_with_another_nonce_or_key(self):
        token = bytearray(vector("veraison/psa-evidence.cbor").read_bytes())
        endorsements = vector("veraison/psa-endorsements.cbor")
        nonce = base64.b64decode(PSA_NONCE)
        self.expect(self.verify(bytes(token), "--endorsements", endorsements, nonce=b"\0" * 32), 1,
                    "freshness.nonce-mismatch", "TPS_VERIFIER_NONCE_MISMATCH")
        other = vector("psa/tfm-es-iak.json")
        self.expect(self.verify(bytes(token), "--endorsements", endorsements, "--key", other, nonce=nonce), 1,
                    "evidence.bad-signature", "TPS_COSE_BAD_SIGNATURE")
        token[-1] ^= 1
        self.expect(self.verify(bytes(token), "--endorsements", endorsements, nonce=nonce), 1,
                    "evidence.bad-signature", "TPS_COSE_BAD_SIGNATURE")

    def test_without_a_nonce_or_with_a_key_alone_nothing_is_affirming(self):
        done = self.run_tps(vector("veraison/psa-evidence.cbor"), "--endorsements",
                            vector("veraison/psa-endorsements.cbor"))
        self.assertEqual(done.returncode, 1)
        self.assertIn("freshness", done.stdout)
        self.expect(self.verify(vector("veraison/psa-evidence.cbor"), "--key", vector("veraison/psa-evidence-pub.jwk"),
                                nonce=base64.b64decode(PSA_NONCE)), 1, "executables.no-reference-values", None)

    def test_accepts_the_example_of_the_rfc_with_manifests_of_both_psa_profiles(self):
        token = vector("psa/psa-sign1.cbor")
        key = vector("psa/tfm-es-iak.json")
        component = {"name": "PRoT", "digest": b"\x03" * 32, "signer": b"\x04" * 32}
        legacy = self.file(legacy_corim(b"\0" * 32, [component]))
        environment = {0: {0: cbor2.CBORTag(560, b"\0" * 32)}}
        newer = self.file(cbor2.dumps(cbor2.CBORTag(501, {
            0: "test", 3: cbor2.CBORTag(32, "tag:arm.com,2025:psa#1.0.0"), 1: [comid({0: [[environment, [{
                0: "psa.software-component", 1: {2: [[1, b"\x03" * 32]], 11: "PRoT",
                                                 13: [cbor2.CBORTag(560, b"\x04" * 32)]}}]]]})]})))
        for manifest in (legacy, newer):
            self.expect(self.verify(token, "--key", key, "--endorsements", manifest, nonce=b"\1" * 32), 0)
            self.expect(self.verify(token, "--key", key, "--endorsements", manifest, nonce=b"\2" * 32), 1,
                        "freshness.nonce-mismatch", "TPS_VERIFIER_NONCE_MISMATCH")
            self.expect(self.verify(token, "--key", vector("veraison/psa-evidence-pub.jwk"), "--endorsements", manifest,
                                    nonce=b"\1" * 32), 1, "evidence.bad-signature", "TPS_COSE_BAD_SIGNATURE")
            for at in range(0, 332, 9):
                changed = bytearray(token.read_bytes())
                changed[at] ^= 0x10
                self.expect(self.verify(bytes(changed), "--key", key, "--endorsements", manifest, nonce=b"\1" * 32), 1)

    def test_the_published_mac_token_verifies_with_its_shared_key_alone(self):
        token = vector("psa/psa-mac0.cbor")
        key = vector("psa/tfm-hs-iak.bin")
        component = {"name": "PRoT", "digest": b"\x03" * 32, "signer": b"\x04" * 32}
        manifest = self.file(legacy_corim(b"\0" * 32, [component]))
        outcome = self.verify(token, "--mac-key", key, "--endorsements", manifest, nonce=b"\1" * 32)
        self.expect(outcome, 0)
        self.assertTrue(outcome[1]["mac"])
        self.assertEqual(outcome[1]["signer-sha-256"], "00" * 32)
        self.assertIn("no receipt", self.run_tps(token, "--mac-key", key).stdout)
        self.expect(self.verify(token, "--mac-key", key, nonce=b"\1" * 32), 1, "hardware.unknown-class", None)
        self.expect(self.verify(token, "--mac-key", self.file(bytes(64)), "--endorsements", manifest, nonce=b"\1" * 32), 1,
                    "evidence.bad-mac", "TPS_COSE_BAD_TAG")
        self.assertIn("--mac-key", self.run_tps(token, "--key", key).stderr)
        self.assertIn("--mac-key", self.run_tps(token).stdout)
        self.expect(self.verify(token, "--endorsements", manifest, nonce=b"\1" * 32), 1, "evidence.malformed",
                    "TPS_UNSUPPORTED")
        self.assertEqual(self.verify(token, "--key", vector("psa/tfm-es-iak.json"))[0], 1)

    # ---- evidence made here ----

    def test_shared_keys_come_as_bytes_cose_key_and_jwk(self):
        secret = bytes(range(100, 148))
        manifest = self.file(corim([BOOT, APP]))
        keys = [self.file(k) for k in (secret, cbor2.dumps({1: 4, -1: secret}),
                                       json.dumps({"kty": "oct", "k": b64u(secret)}).encode())]
        payload = cbor2.dumps(psa_claims(self.key, [APP, BOOT]))
        evidence = {5: hashlib.sha256, 6: hashlib.sha384, 7: hashlib.sha512}
        for option, keys in (("--mac-key", keys), ("--key", keys[1:])):
            for alg, digest in evidence.items():
                for key in keys:
                    self.expect(self.verify(mac0(payload, secret, alg, digest), option, key, "--endorsements", manifest),
                                0)
            wrapped = cbor2.dumps([263, mac0(payload, secret)])
            for key in keys:
                self.expect(self.verify(wrapped, option, key, "--endorsements", manifest), 0)
        keys = [self.file(secret)]
        self.expect(self.verify(mac0(payload, secret[:-1]), "--mac-key", keys[0], "--endorsements", manifest), 1,
                    "evidence.bad-mac", "TPS_COSE_BAD_TAG")
        endorsed = self.file(corim([BOOT, APP], [self.key]))
        self.expect(self.verify(mac0(payload, secret), "--mac-key", keys[0], "--endorsements", endorsed), 1,
                    "instance-identity.other-device", "TPS_VERIFIER_INSTANCE_MISMATCH")
        self.expect(self.verify(sign1(payload, self.key), "--mac-key", keys[0], "--endorsements", endorsed), 1,
                    "instance-identity.unknown-signer", "TPS_VERIFIER_NO_TRUST_ANCHOR")
        both = ("--mac-key", keys[0], "--key", self.file(cose_key(self.key)), "--endorsements", manifest)
        self.expect(self.verify(mac0(payload, secret), *both), 0)
        self.expect(self.verify(sign1(payload, self.key), *both), 0)

    def test_32_bytes_are_a_public_key_or_a_secret_as_the_option_says(self):
        """A MAC made with the 32 bytes of an Ed25519 key could be anybody's."""
        key = ed25519.Ed25519PrivateKey.generate()
        public = key.public_key().public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
        manifest = self.file(corim([BOOT, APP]))
        payload = cbor2.dumps(psa_claims(self.key, [APP, BOOT]))
        file, forged = self.file(public), mac0(payload, public)
        self.expect(self.verify(sign1_with(payload, key.sign, -8), "--key", file, "--endorsements", manifest), 0)
        for evidence in (forged, cbor2.dumps([263, forged])):
            self.expect(self.verify(evidence, "--key", file, "--endorsements", manifest), 1, "evidence.malformed",
                        "TPS_UNSUPPORTED")
        secret = bytes(range(200, 232))
        self.expect(self.verify(mac0(payload, secret), "--mac-key", self.file(secret), "--endorsements", manifest), 0)

    def test_the_bytes_of_a_public_key_in_whatever_form_make_no_mac(self):
        """What --key does not know as a key is refused: it is not taken for a secret that everybody knows."""
        der = self.key.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
        ssh = self.key.public_key().public_bytes(serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH)
        xy = point(self.key)[1:]
        manifest = self.file(corim([BOOT, APP]))
        payload = cbor2.dumps(psa_claims(self.key, [APP, BOOT]))
        for form in (der, der + b"\n", base64.b64encode(der), b64u(der).encode(), point(self.key) + b"\n", xy, xy.hex().encode(), ssh,
                     b"[" + jwk(self.key) + b"]", cose_key(self.key)[:-1], b"\x81" + cose_key(self.key), b"\x07" + xy):
            file = self.file(form)
            for evidence in (mac0(payload, form), cbor2.dumps([263, mac0(payload, form)])):
                done = self.run_tps(self.file(evidence), "--key", file, "--endorsements", manifest, "--nonce", b64u(NONCE))
                self.assertNotEqual(done.returncode, 0, form)

    def test_a_shared_key_that_is_none_is_told(self):
        evidence = self.file(mac0(cbor2.dumps(psa_claims(self.key, [APP])), bytes(32)))
        for option, keys in (("--key", (b"short", b"-----BEGIN PUBLIC KEY-----", b'{"kty":"EC"}', bytes(129))),
                             ("--mac-key", (b"", b"short", bytes(31), bytes(129), b'{"kty":"EC"}', pem(self.key).encode(),
                                            point(self.key), point(self.key)[1:], cose_key(self.key), jwk(self.key),
                                            cbor2.dumps({1: 4, -1: bytes(15)}), cbor2.dumps({1: 4, 3: 1, -1: bytes(32)}),
                                            cbor2.dumps({1: 4, 4: [9], -1: bytes(32)})))):
            for key in keys:
                done = self.run_tps(evidence, option, self.file(key))
                self.assertEqual(done.returncode, 1, key)
                self.assertRegex(done.stderr, r"^tps: .*: ")

    def test_what_a_key_says_of_its_use_is_obeyed(self):
        manifest = self.file(corim([BOOT, APP]))
        payload = cbor2.dumps(psa_claims(self.key, [APP, BOOT]))
        signed = {alg: sign1(payload, self.key, alg=alg) for alg in (-7, -9)}
        for key, permitted in ((cose_key(self.key), (-7, -9)), (cose_key(self.key, alg=-7), (-7,)),
                               (cose_key(self.key, alg=-9, key_ops=[2]), (-9,)), (jwk(self.key, alg="ES256"), (-7, -9)),
                               (jwk(self.key, use="sig", key_ops=["verify"]), (-7, -9))):
            for alg, evidence in signed.items():
                outcome = self.verify(evidence, "--key", self.file(key), "--endorsements", manifest)
                if alg in permitted:
                    self.expect(outcome, 0)
                else:
                    self.expect(outcome, 1, "evidence.key-use", "TPS_COSE_KEY_USE")
        for key in (cose_key(self.key, alg=-35), cose_key(self.key, alg=5), cose_key(self.key, key_ops=[1]),
                    jwk(self.key, alg="ES384"), jwk(self.key, use="other"), jwk(self.key, key_ops=["sign"])):
            done = self.run_tps(self.file(signed[-7]), "--key", self.file(key))
            self.assertEqual((done.returncode, done.stdout), (1, ""))
            self.assertIn("forbids this use", done.stderr)
        secret = bytes(32)
        shared = self.file(json.dumps({"kty": "oct", "k": b64u(secret), "alg": "HS512"}).encode())
        self.expect(self.verify(mac0(payload, secret), "--mac-key", shared, "--endorsements", manifest), 1,
                    "evidence.key-use", "TPS_COSE_KEY_USE")

    def test_an_endorsed_key_is_held_to_its_algorithm(self):
        """RFC 9052, 7.1, for a COSE_Key in an attest-key triple (tag 558)."""
        environment = {0: {0: cbor2.CBORTag(560, CLASS), 1: "Lumen", 2: "Lamp"}, 1: cbor2.CBORTag(550, ueid(self.key))}
        manifests = {}
        for alg in (-7, -9, -35):
            triple = [[environment, [cbor2.CBORTag(558, cbor2.loads(cose_key(self.key, alg=alg)))]]]
            manifests[alg] = self.file(cbor2.dumps(cbor2.CBORTag(501, {
                0: "test", 1: [comid({3: triple})], 3: cbor2.CBORTag(32, "tag:arm.com,2025:psa#1.0.0")})))
        values = self.file(corim([BOOT, APP]))
        evidence = sign1(cbor2.dumps(psa_claims(self.key, [APP, BOOT])), self.key, alg=-7)
        self.expect(self.verify(evidence, "--endorsements", manifests[-7], "--endorsements", values), 0)
        self.expect(self.verify(evidence, "--endorsements", manifests[-9], "--endorsements", values), 1,
                    "evidence.key-use", "TPS_COSE_KEY_USE")
        done = self.run_tps(self.file(evidence), "--endorsements", manifests[-35])
        self.assertEqual(done.returncode, 1)
        self.assertIn("forbids this use", done.stderr)
        done = self.run_tps(self.file(evidence), "--endorsements", manifests[-7], "--endorsements", manifests[-9])
        self.assertIn("contradict", done.stderr)

    def test_keys_of_every_kind_verify(self):
        manifest = self.file(corim([BOOT, APP]))
        payload = cbor2.dumps(psa_claims(self.key, [APP, BOOT]))
        okp = ed25519.Ed25519PrivateKey.generate()
        x = okp.public_key().public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
        pss = rsa.generate_private_key(65537, 2048)
        numbers = pss.public_key().public_numbers()
        n, e = numbers.n.to_bytes(256, "big"), numbers.e.to_bytes(3, "big")
        p521 = ec.generate_private_key(ec.SECP521R1())
        at = point(p521)

        def sign_pss(data):
            return pss.sign(data, padding.PSS(padding.MGF1(hashes.SHA256()), 32), hashes.SHA256())

        def sign_p521(data):
            r, s = utils.decode_dss_signature(p521.sign(data, ec.ECDSA(hashes.SHA512())))
            return r.to_bytes(66, "big") + s.to_bytes(66, "big")

        for sign, alg, other, keys in (
                (okp.sign, -8, -37, (pem(okp).encode(), cbor2.dumps({1: 1, 3: -8, -1: 6, -2: x}),
                                     json.dumps({"kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "x": b64u(x)}).encode())),
                (sign_pss, -37, -8, (pem(pss).encode(), cbor2.dumps({1: 3, 3: -37, -1: n, -2: e}),
                                     json.dumps({"kty": "RSA", "n": b64u(n), "e": b64u(e), "alg": "PS256"}).encode())),
                (sign_p521, -36, -7, (pem(p521).encode(), at, json.dumps({
                    "kty": "EC", "crv": "P-521", "x": b64u(at[1:67]), "y": b64u(at[67:]), "use": "sig"}).encode()))):
            good, wrong = sign1_with(payload, sign, alg), sign1_with(payload, sign, other)
            for key in map(self.file, keys):
                self.expect(self.verify(good, "--key", key, "--endorsements", manifest), 0)
                self.assertEqual(self.verify(wrong, "--key", key, "--endorsements", manifest)[0], 1)
                changed = bytearray(good)
                changed[-1] ^= 1
                self.expect(self.verify(bytes(changed), "--key", key, "--endorsements", manifest), 1,
                            "evidence.bad-signature", "TPS_COSE_BAD_SIGNATURE")

    def test_a_public_key_is_no_shared_key(self):
        """Anybody can make a MAC with what everybody knows: what protects the evidence must not choose the key's kind."""
        manifest = self.file(corim([BOOT, APP]))
        payload = cbor2.dumps(psa_claims(self.key, [APP, BOOT]))
        spki = self.key.public_key().public_bytes(serialization.Encoding.DER,
                                                  serialization.PublicFormat.SubjectPublicKeyInfo)
        for public in (spki, point(self.key), b" " + jwk(self.key), cose_key(self.key)):
            key = self.file(public)
            self.expect(self.verify(sign1(payload, self.key), "--key", key, "--endorsements", manifest), 0)
            forged = mac0(payload, public)
            for evidence in (forged, cbor2.dumps([263, forged])):
                done = self.run_tps(self.file(evidence), "--key", key, "--endorsements", manifest, "--nonce",
                                    "hex:" + NONCE.hex())
                self.assertEqual(done.returncode, 1, done.stdout)
                self.assertNotIn("accepted", done.stdout)

    def test_accepts_both_profiles_by_endorsed_key(self):
        manifest = self.file(corim([BOOT, APP], [self.key]))
        psa = sign1(cbor2.dumps(psa_claims(self.key, [APP, BOOT])), self.key, alg=-7)
        eat = sign1(cbor2.dumps(eat_claims(self.key, [BOOT, APP])), self.key)
        code, result = self.verify(psa, "--endorsements", manifest)
        self.assertEqual((code, result["status"], result["scheme"]), (0, "affirming", "PSA_IOT"), result)
        self.assertEqual(result["trustworthiness-vector"], {
            "instance-identity": 2, "configuration": 0, "executables": 2, "file-system": 0, "hardware": 2,
            "runtime-opaque": 2, "storage-opaque": 2, "sourced-data": 0})
        self.assertEqual(result["device-class"], "Lumen Lamp")
        self.assertEqual(result["instance-id"], ueid(self.key).hex())
        self.assertEqual(result["evidence-sha-256"], hashlib.sha256(psa).hexdigest())
        code, result = self.verify(eat, "--endorsements", manifest)
        self.assertEqual((code, result["scheme"]), (0, "OPENTPS"), result)

    def test_software_that_differs_is_told_with_digest_and_known_versions(self):
        manifest = self.file(corim([BOOT, APP], [self.key]))
        changed = {**APP, "version": "2.2", "digest": b"\xee" * 32}
        token = self.file(sign1(cbor2.dumps(psa_claims(self.key, [BOOT, changed])), self.key, alg=-7))
        done = self.run_tps(token, "--endorsements", manifest, "--nonce", "hex:" + NONCE.hex())
        self.assertEqual(done.returncode, 1)
        lines = done.stdout.splitlines()
        self.assertEqual(lines[0], 'refused: executables: component "app" 2.2 is not among the maker\'s reference values')
        self.assertEqual(lines[1], "  evidence   sha-256 eeeeeeeeeeeeeeee..., signer 51515151...")
        self.assertEqual(lines[2], "  known      2.3")
        self.assertTrue(lines[3].startswith("  next step  update the device"))
        missing = sign1(cbor2.dumps(psa_claims(self.key, [BOOT])), self.key, alg=-7)
        self.expect(self.verify(missing, "--endorsements", manifest), 1, "executables.missing-component", None)

    def test_text_from_a_device_cannot_write_to_the_terminal(self):
        manifest = self.file(corim([BOOT, APP], [self.key]))
        evil = {**APP, "name": "\x1b]0;owned\x07\u202e\x9b2J\u061c\u200b"}
        token = self.file(sign1(cbor2.dumps(psa_claims(self.key, [BOOT, evil])), self.key, alg=-7))
        done = self.run_tps(token, "--endorsements", manifest, "--nonce", "hex:" + NONCE.hex())
        self.assertEqual(done.returncode, 1)
        for character in "\x1b\x07\u202e\x9b\u061c\u200b":
            self.assertNotIn(character, done.stdout)

    def test_algorithms_that_do_not_fit_are_refused(self):
        manifest = self.file(corim([BOOT, APP], [self.key]))
        payload = cbor2.dumps(psa_claims(self.key, [BOOT, APP]))
        for alg in (-35, -51, -8, -37, 0, 5):
            self.expect(self.verify(sign1(payload, self.key, alg=alg), "--endorsements", manifest), 1,
                        "evidence.algorithm-refused", "TPS_COSE_ALG_REFUSED")
        message = cbor2.loads(sign1(payload, self.key, alg=-7)).value
        relabelled = cbor2.dumps(cbor2.CBORTag(18, [cbor2.dumps({1: -9}), *message[1:]]))
        self.expect(self.verify(relabelled, "--endorsements", manifest), 1, "evidence.bad-signature",
                    "TPS_COSE_BAD_SIGNATURE")
        unprotected = cbor2.dumps(cbor2.CBORTag(18, [b"", {1: -7}, *message[2:]]))
        self.expect(self.verify(unprotected, "--endorsements", manifest), 1)

    def test_bytes_that_are_no_evidence_are_named(self):
        deep = b"\x81" * 10000 + b"\0"
        twice = b"\xa2\x0a\x41\1\x0a\x41\1"
        for data, error in ((b"", "TPS_CBOR_TRUNCATED"), (deep, "TPS_COSE_NOT_WELL_FORMED"),
                            (sign1(deep, self.key), "TPS_CBOR_TOO_DEEP"),
                            (sign1(twice, self.key), "TPS_CBOR_DUPLICATE_KEY"),
                            (b"\0" * 70000, "TPS_TOO_LARGE"),
                            (cbor2.dumps({}), "TPS_CMW_EMPTY_COLLECTION"),
                            (sign1(cbor2.dumps({265: "x"}), self.key), "TPS_CLAIM_UNKNOWN_PROFILE")):
            self.expect(self.verify(data), 1, "evidence.malformed", error)

    # ---- evidence in a wrapper (CMW, RFC 9999) ----

    def test_evidence_is_taken_out_of_a_wrapper(self):
        manifest = self.file(corim([BOOT, APP], [self.key]))
        token = sign1(cbor2.dumps(psa_claims(self.key, [BOOT, APP])), self.key, alg=-7)
        type = 'application/eat+cwt; eat_profile="tag:psacertified.org,2023:psa#tfm"'
        text = base64.urlsafe_b64encode(token).rstrip(b"=").decode()
        for wrapped in (cbor2.dumps([type, token]), cbor2.dumps([10003, token, 4]), json.dumps([type, text, 4]).encode(),
                        cbor2.dumps(cbor2.CBORTag(1668546817 + 10003 // 255 * 256 + 10003 % 255, token)),
                        cbor2.dumps({1: [263, token]}), json.dumps({"a": [type, text]}, indent=2).encode()):
            code, result = self.verify(wrapped, "--endorsements", manifest)
            self.assertEqual((code, result["status"]), (0, "affirming"), result)
            self.assertEqual(result["evidence-sha-256"], hashlib.sha256(token).hexdigest())

    def test_a_wrapper_changes_no_rule(self):
        manifest = self.file(corim([BOOT, APP], [self.key]))
        claims = psa_claims(self.key, [BOOT, APP])
        token = sign1(cbor2.dumps(claims), self.key, alg=-7)
        for data, name, error in (
                (cbor2.dumps([263, sign1(cbor2.dumps(claims), new_key(), alg=-7)]), "evidence.bad-signature", "TPS_COSE_BAD_SIGNATURE"),
                (cbor2.dumps([263, sign1(cbor2.dumps({**claims, 10: b"\1" * 32}), self.key, alg=-7)]),
                 "freshness.nonce-mismatch", "TPS_VERIFIER_NONCE_MISMATCH"),
                (cbor2.dumps(['application/eat+cwt; eat_profile="tag:opentps.org,2026:device"', token]),
                 "evidence.other-type", "TPS_VERIFIER_TYPE_MISMATCH"),
                (cbor2.dumps(["application/rim+cose", token]), "evidence.malformed", "TPS_VERIFIER_WRAPPED_TYPE"),
                (cbor2.dumps({1: [263, token], 2: [263, token]}), "evidence.repeated-part", "TPS_VERIFIER_COMPOSITE"),
                (cbor2.dumps([263, token, 8]), "evidence.malformed", "TPS_VERIFIER_WRAPPED_TYPE"),
                (cbor2.dumps([263, token, 32]), "evidence.malformed", "TPS_CMW_BAD_INDICATOR")):
            self.expect(self.verify(data, "--endorsements", manifest), 1, name, error)

    # ---- freshness ----

    def made_nonce(self, key, *arguments):
        done = subprocess.run([TPS, "nonce", "--nonce-key", key, *arguments], capture_output=True, text=True, timeout=60,
                              check=True)
        return base64.urlsafe_b64decode(done.stdout.strip() + "=")

    def psa_over(self, nonce):
        return sign1(cbor2.dumps({**psa_claims(self.key, [BOOT, APP]), 10: nonce}), self.key, alg=-7)

    def test_a_nonce_with_its_time_needs_no_memory(self):
        manifest = self.file(corim([BOOT, APP], [self.key]))
        key = self.file(os.urandom(32))
        nonce = self.made_nonce(key, "--context", "session 7")
        head = nonce[:16]
        mac = hmac.new(pathlib.Path(key).read_bytes(), b"opentps nonce\0" + head + b"session 7", "sha256").digest()
        self.assertEqual((nonce[16:], abs(time.time() - int.from_bytes(nonce[:5], "big")) < 60), (mac[:16], True))
        how = ("--endorsements", manifest, "--freshness", "time", "--nonce-key", key)
        self.expect(self.verify(self.psa_over(nonce), *how, "--context", "session 7", nonce=None), 0)
        self.expect(self.verify(self.psa_over(nonce), *how, "--context", "session 8", nonce=None), 1,
                    "freshness.foreign-nonce", "TPS_VERIFIER_NONCE_FOREIGN")
        head = (int(time.time()) - 100).to_bytes(5, "big") + bytes(11)
        old = head + hmac.new(pathlib.Path(key).read_bytes(), b"opentps nonce\0" + head, "sha256").digest()[:16]
        self.expect(self.verify(self.psa_over(old), *how, nonce=None), 0)
        self.expect(self.verify(self.psa_over(old), *how, "--max-age", "60", nonce=None), 1, "freshness.too-old",
                    "TPS_VERIFIER_NONCE_TOO_OLD")

    def test_an_epoch_counts_until_the_next_one_ends(self):
        manifest = self.file(corim([BOOT, APP], [self.key]))
        key = self.file(os.urandom(32))
        how = ("--endorsements", manifest, "--freshness", "epoch", "--nonce-key", key, "--period", "86400")
        now = self.made_nonce(key, "--period", "86400")
        self.expect(self.verify(self.psa_over(now), *how, nonce=None), 0)
        number = int(time.time()) // 86400
        for back, code in ((1, 0), (2, 1)):
            text = b"opentps epoch\0" + (86400).to_bytes(8, "big") + (number - back).to_bytes(8, "big")
            past = hmac.new(pathlib.Path(key).read_bytes(), text, "sha256").digest()
            outcome = self.verify(self.psa_over(past), *how, nonce=None)
            self.expect(outcome, code, *(("freshness.unknown-epoch", "TPS_VERIFIER_EPOCH_UNKNOWN") if code else ()))

    def test_a_binder_needs_an_origin_that_is_enough(self):
        manifest = self.file(corim([BOOT, APP], [self.key]))
        for origin, listed, code in ((1, None, 0), (3, None, 1), (3, "component,caller", 0)):
            token = sign1(cbor2.dumps({**eat_claims(self.key, [BOOT, APP]), -80003: origin}), self.key, alg=-9)
            more = ["--binder-origin", listed] if listed else []
            self.expect(self.verify(token, "--endorsements", manifest, "--binder", *more), code,
                        *(("freshness.binder-origin", "TPS_VERIFIER_BINDER_ORIGIN") if code else ()))

    def test_freshness_that_cannot_be_judged_is_no_verdict(self):
        token = self.file(self.psa_over(NONCE))
        key = self.file(b"short")
        for words in (("--freshness", "soon"), ("--freshness", "time"), ("--freshness", "time", "--nonce-key", key),
                      ("--freshness", "epoch", "--nonce-key", self.file(bytes(32))), ("--max-age", "-1"),
                      ("--period", "x"), ("--binder-origin", "me"),
                      ("--freshness", "time", "--nonce-key", self.file(bytes(32)), "--nonce", "hex:" + NONCE.hex())):
            self.assertEqual(self.run_tps(token, *words).returncode, 2, words)

    # ---- composite devices ----

    def parts(self, outcome, code, *names):
        """Fails unless these are the names of the parts; returns the result."""
        got, result = outcome
        self.assertEqual((got, [part["name"] for part in result.get("parts", [])]), (code, list(names)), result)
        return result

    def make_two(self):
        """Endorsements of a lamp and of a lock, and the lock's token."""
        self.lock = new_key()
        manifest = self.file(corim([BOOT, APP], [self.key, self.lock]))
        return manifest, sign1(cbor2.dumps(eat_claims(self.lock, [BOOT, APP])), self.lock, alg=-9)

    def test_a_token_in_a_token_is_a_part(self):
        manifest, lock = self.make_two()
        token = sign1(cbor2.dumps({**psa_claims(self.key, [BOOT, APP]), 266: {"lock": lock}}), self.key, alg=-7)
        result = self.parts(self.verify(token, "--endorsements", manifest), 0, "", "lock")
        self.assertEqual([part["status"] for part in result["parts"]], ["affirming", "affirming"])
        stale = sign1(cbor2.dumps({**eat_claims(self.lock, [BOOT, APP]), 10: b"\1" * 32}), self.lock, alg=-9)
        token = sign1(cbor2.dumps({**psa_claims(self.key, [BOOT, APP]), 266: {"lock": stale}}), self.key, alg=-7)
        result = self.parts(self.verify(token, "--endorsements", manifest), 1, "", "lock")
        self.assertEqual([part["status"] for part in result["parts"]], ["affirming", "contraindicated"])
        self.assertEqual((result["status"], result["findings"][0]["part"], result["findings"][0]["name"]),
                         ("contraindicated", "lock", "freshness.nonce-mismatch"))
        done = self.run_tps(self.file(token), "--endorsements", manifest, "--nonce", "hex:" + NONCE.hex())
        self.assertIn("part 2: lock", done.stdout)

    def test_a_collection_is_as_good_as_its_worst_message(self):
        manifest, lock = self.make_two()
        lamp = sign1(cbor2.dumps(psa_claims(self.key, [BOOT, APP])), self.key, alg=-7)
        whole = cbor2.dumps({"a": [263, lamp], "b": {7: ["application/eat+cwt", lock, 4]}})
        self.parts(self.verify(whole, "--endorsements", manifest), 0, "a", "b/7")
        whole = cbor2.dumps({"a": [263, lamp], "ear": ["application/eat+jwt", lock, 8]})
        result = self.parts(self.verify(whole, "--endorsements", manifest), 1, "a", "ear")
        self.assertEqual(result["findings"][0]["error"], "TPS_VERIFIER_WRAPPED_TYPE")

    def test_detached_claims_need_their_digest(self):
        manifest = self.file(corim([BOOT, APP], [self.key]))
        for changed in (b"", b"\0"):
            claims = cbor2.dumps(eat_claims(new_key(), [BOOT, APP]))
            digest = hashlib.sha256(claims + changed).digest()
            lead = sign1(cbor2.dumps({**psa_claims(self.key, [BOOT, APP]), 266: {"sub": [-16, digest]}}), self.key, alg=-7)
            bundle = cbor2.dumps(cbor2.CBORTag(602, [lead, {"sub": claims}]))
            result = self.parts(self.verify(bundle, "--endorsements", manifest), 1 if changed else 0, "", "sub")
            self.assertEqual([f["error"] for f in result["findings"]],
                             ["TPS_CLAIM_DIGEST_MISMATCH"] if changed else [])

    def test_a_jwt_is_evidence_too(self):
        manifest = self.file(corim([BOOT, APP], [self.key]))
        names = {10: "eat_nonce", 256: "ueid", 258: "oemid", 259: "hwmodel", 262: "oemboot", 263: "dbgstat", 265: "eat_profile",
                 273: "measurements"}
        claims = {names[label]: value for label, value in eat_claims(self.key, [BOOT, APP]).items()}
        claims["dbgstat"] = ["enabled", "disabled", "disabled-since-boot", "disabled-permanently",
                             "disabled-fully-and-permanently"][claims["dbgstat"]]
        claims["measurements"] = [[format, b64u(content)] for format, content in claims["measurements"]]
        claims = {name: b64u(value) if isinstance(value, bytes) else value for name, value in claims.items()}
        signed = b64u(b'{"alg":"ES256"}') + "." + b64u(json.dumps(claims).encode())
        r, s = utils.decode_dss_signature(self.key.sign(signed.encode(), ec.ECDSA(hashes.SHA256())))
        token = (signed + "." + b64u(r.to_bytes(32, "big") + s.to_bytes(32, "big"))).encode()
        self.expect(self.verify(token + b"\n", "--endorsements", manifest), 0)
        self.expect(self.verify(cbor2.dumps(["application/eat+jwt", token]), "--endorsements", manifest), 0)
        self.expect(self.verify(token[:-4] + b"AAAA", "--endorsements", manifest), 1, "evidence.bad-signature",
                    "TPS_COSE_BAD_SIGNATURE")

    # ---- certificates and signed endorsements ----

    def test_a_chain_to_an_anchor_vouches_for_its_device(self):
        root_key = new_key()
        root = certificate("Lumen root", root_key)
        anchor = self.file(root.public_bytes(serialization.Encoding.PEM))
        leaf = certificate("Lamp 1", self.key, root, root_key)
        old = certificate("Lamp 1", self.key, root, root_key, days=-1)
        manifest = self.file(corim([BOOT, APP], profile="tag:opentps.org,2026:endorsements"))
        payload = cbor2.dumps(eat_claims(self.key, [BOOT, APP]))
        token = sign1(payload, self.key, unprotected={33: [der(leaf), der(root)]})
        self.expect(self.verify(token, "--endorsements", manifest, "--anchor", anchor), 0)
        self.expect(self.verify(token, "--endorsements", manifest), 1, "instance-identity.unknown-signer",
                    "TPS_VERIFIER_NO_TRUST_ANCHOR")
        self.expect(self.verify(sign1(payload, self.key, unprotected={33: der(old)}), "--endorsements", manifest,
                                "--anchor", anchor), 1, "instance-identity.certificate-expired",
                    "TPS_CRYPTO_CHAIN_EXPIRED")
        other = new_key()
        token = sign1(payload, other, unprotected={33: der(certificate("Lamp 2", other, root, root_key))})
        self.expect(self.verify(token, "--endorsements", manifest, "--anchor", anchor), 1,
                    "instance-identity.other-device", "TPS_VERIFIER_INSTANCE_MISMATCH")

    def test_signed_endorsements_need_a_known_signer(self):
        root_key = new_key()
        root = certificate("Lumen root", root_key)
        signer_key = new_key()
        chain = [certificate("Lumen signer", signer_key, root, root_key, uri=ENDORSEMENTS), root]
        anchor = self.file(der(root))
        manifest = sign_corim(corim([BOOT, APP], [self.key]), signer_key, chain)
        token = sign1(cbor2.dumps(eat_claims(self.key, [BOOT, APP])), self.key)
        self.expect(self.verify(token, "--endorsements", self.file(manifest), "--anchor", anchor), 0)
        code, result = self.verify(token, "--endorsements", self.file(manifest))
        self.assertEqual(code, 1)
        self.assertIn("ends in no trust anchor", result["stderr"])
        changed = bytearray(manifest)
        changed[-1] ^= 1
        code, result = self.verify(token, "--endorsements", self.file(bytes(changed)), "--anchor", anchor)
        self.assertEqual(code, 1)
        self.assertIn("the signature does not match", result["stderr"])
        device = sign_corim(corim([BOOT, APP], [self.key]), self.key, [certificate("Lamp", self.key, root, root_key)])
        code, result = self.verify(token, "--endorsements", self.file(device), "--anchor", anchor)
        self.assertEqual(code, 1)
        self.assertIn("issued for another purpose", result["stderr"])

    def test_expired_or_malformed_endorsements_are_refused(self):
        token = sign1(cbor2.dumps(eat_claims(self.key, [BOOT, APP])), self.key)
        good = corim([BOOT, APP], [self.key], validity=time.time() + 1000)
        self.expect(self.verify(token, "--endorsements", self.file(good)), 0)
        for data, words in ((corim([BOOT, APP], [self.key], validity=time.time() - 10), "outside its validity"),
                            (good[:-1], "ends in the middle"), (good + b"\0", "bytes follow"),
                            (b"\xa0", "without the tag 501"),
                            (corim([BOOT], profile="https://other.example"), "profile is not known")):
            code, result = self.verify(token, "--endorsements", self.file(data))
            self.assertEqual(code, 1, result)
            self.assertIn(words, result["stderr"])
            self.assertTrue(result["stderr"].startswith("tps: "))

    def test_the_demonstration_ca_is_taken_only_when_asked_for(self):
        demo_key = serialization.load_pem_private_key(DEMO.with_suffix(".key.pem").read_bytes(), None)
        demo = x509.load_pem_x509_certificate(DEMO.with_suffix(".pem").read_bytes())
        self.assertEqual(demo.public_key().public_numbers(), demo_key.public_key().public_numbers())
        leaf = certificate("Lamp 1", self.key, demo, demo_key)
        manifest = self.file(corim([BOOT, APP]))
        token = sign1(cbor2.dumps(eat_claims(self.key, [BOOT, APP])), self.key, unprotected={33: der(leaf)})
        self.expect(self.verify(token, "--endorsements", manifest), 1, "instance-identity.demonstration",
                    "TPS_VERIFIER_DEMONSTRATION")
        code, result = self.verify(token, "--endorsements", manifest, "--anchor", DEMO.with_suffix(".pem"))
        self.assertEqual(code, 1)
        self.assertIn("demonstration CA", result["stderr"])
        code, result = self.verify(token, "--endorsements", manifest, "--demo")
        self.assertEqual((code, result["demonstration"]), (0, True), result)

    # ---- the command line ----

    def test_what_cannot_be_judged_exits_with_2(self):
        token = self.file(b"\0")
        for arguments in ((), (token, token), ("/nonexistent",), (token, "--policy", "x"), (token, "--nonce", "!"),
                          (token, "--nonce", "hex:0"), (token, "--nonce", "AAAA"), (token, "--key"),
                          (token, "--endorsements", "/nonexistent"), (self.folder.name,)):
            done = self.run_tps(*arguments)
            self.assertEqual(done.returncode, 2, arguments)
            self.assertRegex(done.stderr, r"^tps: .+: .+\n$")
            self.assertEqual(done.stdout, "")


if __name__ == "__main__":
    unittest.main()
