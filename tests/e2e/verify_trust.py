# SPDX-License-Identifier: Apache-2.0
"""`tps verify` with scopes of anchors, files of revoked things, and revocation lists made here without our code.

Usage: verify_trust.py PATH_OF_TPS
"""
import datetime
import hashlib
import json
import time
import unittest

import cbor2
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization

import verify_cli as maker


def spki(key):
    return key.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)


def crl(issuer, key, revoked=(), days=1):
    now = datetime.datetime.utcnow()
    builder = (x509.CertificateRevocationListBuilder().issuer_name(issuer.subject)
               .last_update(now - datetime.timedelta(days=2)).next_update(now + datetime.timedelta(days=days)))
    for certificate in revoked:
        builder = builder.add_revoked_certificate(x509.RevokedCertificateBuilder()
                                                  .serial_number(certificate.serial_number)
                                                  .revocation_date(now - datetime.timedelta(days=2)).build())
    return builder.sign(key, hashes.SHA256())


class Trust(unittest.TestCase):
    file = maker.Verify.file
    run_tps = maker.Verify.run_tps
    verify = maker.Verify.verify

    def expect(self, outcome, code, finding=None, says=None):
        got, result = outcome
        self.assertEqual(got, code, result)
        if finding:
            self.assertIn(finding, [f["name"] for f in result["findings"]])
        if says:
            self.assertIn(str(says), result["stderr"])

    def setUp(self):
        maker.Verify.setUp(self)
        self.root_key = maker.new_key()
        self.root = maker.certificate("Root", self.root_key)
        self.device = maker.new_key()
        self.leaf = maker.certificate("Lamp", self.device, self.root, self.root_key)
        self.evidence = maker.sign1(cbor2.dumps(maker.eat_claims(self.device, [maker.BOOT, maker.APP])), self.device,
                                    unprotected={33: maker.der(self.leaf)})
        self.manifest = maker.corim([maker.BOOT, maker.APP], profile="tag:opentps.org,2026:endorsements")
        self.known = ["--endorsements", self.file(self.manifest)]
        self.anchor = self.file(maker.der(self.root))

    def scoped(self, scopes, anchor=None):
        scope = self.file(json.dumps({"scopes": scopes}).encode())
        return [*self.known, "--scoped-anchor", f"{anchor or self.anchor}={scope}"]

    def revoked(self, kind, value, **more):
        entry = {"kind": kind, "value": value.hex(), **more}
        return [*self.known, "--anchor", self.anchor,
                "--revoked", self.file(json.dumps({"revoked": [entry]}).encode())]

    def test_a_device_is_within_the_scope_of_its_anchor_or_refused(self):
        instance = maker.ueid(self.device)
        within = [[{}], [{"uses": ["certifies"]}], [{"classes": [{"id": maker.CLASS.hex()}]}],
                  [{"uses": ["endorses"]}, {"instances": [{"first": instance.hex(), "last": instance.hex()}]}]]
        outside = [[{"uses": ["endorses", "dice", "tpm"]}], [{"classes": [{"id": "00" * 32}]}],
                   [{"instances": [{"first": "00" * 33, "last": "00" * 33}]}],
                   [{"uses": ["certifies"], "classes": [{"vendor": "Bolt GmbH"}]}]]

        for scopes in within:
            self.expect(self.verify(self.evidence, *self.scoped(scopes)), 0)
            self.expect(self.verify(self.evidence, *self.scoped(scopes, self.file(spki(self.root_key)))), 0)
        for scopes in outside:
            self.expect(self.verify(self.evidence, *self.scoped(scopes)), 1, "instance-identity.out-of-scope")

    def test_a_signer_endorses_within_the_scope_of_its_anchor_or_is_refused(self):
        signer = maker.new_key()
        chain = [maker.certificate("Endorser", signer, self.root, self.root_key, uri=maker.ENDORSEMENTS)]
        self.known = ["--endorsements", self.file(maker.sign_corim(self.manifest, signer, chain))]
        both = [{"uses": ["certifies"]}, {"uses": ["endorses"], "triples": ["reference"]}]

        self.expect(self.verify(self.evidence, *self.scoped(both)), 0)
        self.expect(self.verify(self.evidence, *self.scoped([{"uses": ["certifies"]}])), 1, says="not trusted for this")
        self.expect(self.verify(self.evidence, *self.scoped([{"triples": ["attest-key"]}])), 1,
                    says="not trusted for this")

    def test_what_is_revoked_counts_no_more_from_then_on(self):
        certificates = [maker.der(self.leaf), maker.der(self.root)]
        keys = [("key", hashlib.sha256(spki(key)).digest()) for key in (self.device, self.root_key)]
        things = [*keys,
                  *[("certificate", hashlib.sha256(der).digest()) for der in certificates],
                  ("device", maker.ueid(self.device))]

        for kind, value in things:
            self.expect(self.verify(self.evidence, *self.revoked(kind, value)), 1, "instance-identity.revoked")
            self.expect(self.verify(self.evidence, *self.revoked(kind, value, since=int(time.time()) - 9)), 1,
                        "instance-identity.revoked")
            self.expect(self.verify(self.evidence, *self.revoked(kind, value, since=int(time.time()) + 999)), 0)

    def test_an_image_that_is_revoked_is_known_to_be_bad(self):
        self.expect(self.verify(self.evidence, *self.revoked("image", maker.APP["digest"], reason="CVE-2026-1234")), 1,
                    "executables.known-bad")

    def test_a_list_of_the_issuer_is_obeyed(self):
        other = maker.new_key()
        stranger = maker.certificate("Other", other)
        arguments = [*self.known, "--anchor", self.anchor]

        def with_list(made, encoding=serialization.Encoding.DER):
            return [*arguments, "--crl", self.file(made.public_bytes(encoding))]

        for encoding in (serialization.Encoding.DER, serialization.Encoding.PEM):
            self.expect(self.verify(self.evidence, *with_list(crl(self.root, self.root_key), encoding)), 0)
            self.expect(self.verify(self.evidence, *with_list(crl(self.root, self.root_key, [self.leaf]), encoding)), 1,
                        "instance-identity.revoked")
        self.expect(self.verify(self.evidence, *with_list(crl(self.root, self.root_key, [stranger]))), 0)
        self.expect(self.verify(self.evidence, *with_list(crl(stranger, other, [self.leaf]))), 1, says="vouches")
        self.expect(self.verify(self.evidence, *with_list(crl(self.root, other, [self.leaf]))), 1, says="vouches")
        self.expect(self.verify(self.evidence, *with_list(crl(self.root, self.root_key, days=-1))), 1,
                    says="out of date")

    def test_files_that_are_wrong_are_told_with_their_name(self):
        good = self.file(b'{"scopes": [{}]}')

        for scopes in (b"{}", b'{"scopes": [{"use": ["endorses"]}]}', b'{"scopes": [{"uses": []}]}', b"no JSON"):
            path = self.file(scopes)
            outcome = self.verify(self.evidence, "--scoped-anchor", f"{self.anchor}={path}")
            self.expect(outcome, 1, says=path)
        for pair in (self.anchor, f"={good}", f"{self.anchor}="):
            self.expect(self.verify(self.evidence, "--scoped-anchor", pair), 2, says="names no two files")
        self.expect(self.verify(self.evidence, "--scoped-anchor", f"/no/such={good}"), 2, says="/no/such")
        self.expect(self.verify(self.evidence, "--scoped-anchor", f"{good}={good}"), 1, says=good)
        self.expect(self.verify(self.evidence, "--revoked", self.file(b"[]")), 1, says="another type")
        self.expect(self.verify(self.evidence, "--crl", self.file(b"0no list")), 1, says="revocation list")


if __name__ == "__main__":
    unittest.main()
