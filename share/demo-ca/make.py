#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Makes the demonstration CA: an INSECURE key and certificate that everybody has, and the constants by which every
verifier refuses them. Was run once; running it again makes another CA, which older verifiers would not know as
a demonstration. Needs python3-cryptography.
"""
import datetime
import pathlib

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

HERE = pathlib.Path(__file__).resolve().parent
SOURCE = HERE.parent.parent / "src" / "crypto" / "demonstration.c"
COMMON_NAME = "opentps INSECURE DEMONSTRATION CA - never trust"
BASE = "opentps-INSECURE-demonstration-ca"


def make_certificate(key):
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, COMMON_NAME)])
    usage = x509.KeyUsage(
        digital_signature=False, content_commitment=False, key_encipherment=False, data_encipherment=False,
        key_agreement=False, key_cert_sign=True, crl_sign=True, encipher_only=False, decipher_only=False)
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(datetime.datetime(2020, 1, 1))
        .not_valid_after(datetime.datetime(2049, 12, 31))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256()))


def array(name, data):
    rows = [", ".join(f"0x{b:02x}" for b in data[i:i + 16]) for i in range(0, len(data), 16)]
    return f"const uint8_t {name}[{len(data)}] = {{\n    " + ",\n    ".join(rows) + ",\n};\n"


def write_source(certificate, spki):
    SOURCE.write_text(
        "/* SPDX-License-Identifier: Apache-2.0 */\n"
        "/* The demonstration CA's certificate and public key, written by share/demo-ca/make.py. */\n"
        '#include "crypto/demonstration.h"\n\n'
        "/* clang-format off */\n"
        + array("tps_demonstration_certificate", certificate) + "\n"
        + array("tps_demonstration_spki", spki)
        + "/* clang-format on */\n")


def main():
    key = ec.generate_private_key(ec.SECP256R1())
    certificate = make_certificate(key)
    pem = serialization.Encoding.PEM
    (HERE / f"{BASE}.key.pem").write_bytes(key.private_bytes(
        pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))
    (HERE / f"{BASE}.pem").write_bytes(certificate.public_bytes(pem))
    der = serialization.Encoding.DER
    write_source(certificate.public_bytes(der), key.public_key().public_bytes(
        der, serialization.PublicFormat.SubjectPublicKeyInfo))


if __name__ == "__main__":
    main()
