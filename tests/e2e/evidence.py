# SPDX-License-Identifier: Apache-2.0
"""Evidence, certificates and endorsements, judged by cbor2 and cryptography alone: a second opinion on what our code
makes. Everything raises on the first thing that is not as it must be."""
import hashlib

import cbor2
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
PSA, OPENTPS = "tag:arm.com,2025:psa#1.0.0", "tag:opentps.org,2026:endorsements"


def hkdf(secret, info, size, salt=None):
    return HKDF(hashes.SHA256(), size, salt, info).derive(secret)


def s0_of(unique_secret, identity):
    """S(0) of a secured device, as spec/keys.md derives it."""
    authority = hashlib.sha256(identity).digest()
    secret = hkdf(unique_secret, b"CDI_Seal", 32, hashlib.sha256(authority + b"\x01" + bytes(32)).digest())
    secret = hkdf(secret, b"opentps S(255)", 32)
    for _ in range(255):
        secret = hkdf(secret, b"opentps S older", 32)
    return secret


def iak_of(unique_secret, identity):
    """The public attestation key that spec/keys.md derives."""
    return key_of(hkdf(s0_of(unique_secret, identity), b"psa-iak", 48))


def key_of(seed):
    """The public key of 48 derived bytes (FIPS 186-5, A.2.1)."""
    return ec.derive_private_key(int.from_bytes(seed, "big") % (ORDER - 1) + 1, ec.SECP256R1()).public_key()


def instance_id(key):
    point = key.public_bytes(serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint)
    return b"\x01" + hashlib.sha256(point).digest()


def spki_sha256(key):
    return hashlib.sha256(key.public_bytes(serialization.Encoding.DER,
                                           serialization.PublicFormat.SubjectPublicKeyInfo)).digest()


def verify_issued(certificate, issuer):
    assert certificate.issuer == issuer.subject
    issuer.public_key().verify(certificate.signature, certificate.tbs_certificate_bytes,
                               ec.ECDSA(certificate.signature_hash_algorithm))


def open_sign1(message):
    tagged = cbor2.loads(message)
    assert tagged.tag == 18 and len(tagged.value) == 4
    protected, unprotected, payload, signature = tagged.value
    return cbor2.loads(protected), unprotected, protected, payload, signature


def verify_sign1(message, key):
    """Protected headers and payload of a COSE_Sign1 on P-256; raises if the signature is not the key's."""
    header, _, protected, payload, signature = open_sign1(message)
    assert header[1] in (-7, -9) and len(signature) == 64
    to_be_signed = cbor2.dumps(["Signature1", protected, b"", payload])
    r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")
    key.verify(encode_dss_signature(r, s), to_be_signed, ec.ECDSA(hashes.SHA256()))
    return header, payload


class Corim:
    """A signed CoRIM whose signer is certified by `ca`: reference values and keys of devices."""

    def __init__(self, path, ca):
        with open(path, "rb") as file:
            message = file.read()
        header = open_sign1(message)[0]
        assert header[3] == "application/rim+cbor"
        self.algorithm = header[1]
        chain = header[33] if isinstance(header[33], list) else [header[33]]
        signer = x509.load_der_x509_certificate(chain[0])
        verify_issued(signer, ca)
        _, payload = verify_sign1(message, signer.public_key())
        corim = cbor2.loads(payload)
        assert corim.tag == 501
        self.profile = corim.value[3]
        self.profile = self.profile.value if isinstance(self.profile, cbor2.CBORTag) else self.profile
        self.references, self.devices, self.endorsed, self.tags = [], {}, {}, []
        for tag in corim.value[1]:
            assert tag.tag == 506
            comid = cbor2.loads(tag.value)
            self.tags.append((comid[1][0], comid[1].get(1, 0)))
            triples = comid[4]
            for environment, measurements in triples.get(1, []):
                self.class_id = environment[0][0].value
                self.endorsed.update({measurement[0]: measurement[1][11] for measurement in measurements})
            for environment, measurements in triples.get(0, []):
                self._take_references(environment, measurements)
            for environment, keys in triples.get(3, []):
                instance = environment[1]
                assert instance.tag == 550 and len(keys) == 1 and keys[0].tag == 554
                self.devices[instance.value] = serialization.load_pem_public_key(keys[0].value.encode())
                self.class_id = environment[0][0].value

    def _take_references(self, environment, measurements):
        self.class_id = environment[0][0].value
        for measurement in measurements:
            value = measurement[1]
            assert value[2][0][0] == 1  # SHA-256
            self.references.append({"digest": value[2][0][1], "version": value[0][0], "name": value[11],
                                    "signer": value[13][0].value})
