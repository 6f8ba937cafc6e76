#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Veraison's own clients, built from their published modules and not changed, against a running `tps serve`: cocli makes,
signs and submits endorsements, evcli attests in both of its roles, arc verifies the result.

    veraison.py PROGRAM [BUILD-FOLDER]      PROGRAM is tps; the clients are built in BUILD-FOLDER with go

Says "skipped" with the reason, and succeeds, where there is no go or the modules cannot be had. Nothing else is skipped:
a client that was built and fails is a failure.
"""
import base64
import contextlib
import datetime
import hashlib
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

# Commits, so that what is built today is built tomorrow; go checks each against its checksum database.
CLIENTS = {
    "evcli": "github.com/veraison/evcli/v2@0f6295365507b10e139586ec6c56725381ea5d71",
    "cocli": "github.com/veraison/cocli@0cdf0dc2df82ee1306b49a4fbfa834af985ca881",
    "arc": "github.com/veraison/ear/arc@01e1df3c51bc4b452e6fc91a0c34eafa236787c7",
}
NOT_TO_BE_HAD = ("not available", "403 Forbidden", "404 Not Found", "410 Gone", "no such host", "dial tcp", "i/o timeout",
                 "connection refused", "module lookup disabled")

IMPLEMENTATION = hashlib.sha256(b"interop implementation").digest()
SIGNER = hashlib.sha256(b"interop signer").digest()
COMPONENTS = [("BL", "2.1.0", hashlib.sha256(b"boot loader").digest()), ("PRoT", "1.3.5", hashlib.sha256(b"prot").digest())]
PROFILE = "tag:arm.com,2025:psa#1.0.0"
TENANT = "interop"


def base64_of(data):
    return base64.b64encode(data).decode()


def base64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


# ---- the clients

def find_go():
    return shutil.which("go") or next((path for path in ("/usr/local/go/bin/go",) if os.access(path, os.X_OK)), None)


def build_clients(folder):
    """The clients' paths by name, or None after saying why there are none."""
    go = find_go()
    if go is None:
        print("skipped: there is no go")
        return None
    folder.mkdir(parents=True, exist_ok=True)
    for name, module in CLIENTS.items():
        if (folder / f"{name}.built").is_file() and (folder / f"{name}.built").read_text() == module:
            continue
        done = subprocess.run([go, "install", module], env={**os.environ, "GOBIN": str(folder), "GOFLAGS": "-modcacherw"},
                              capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=1200)
        if done.returncode != 0 and any(word in done.stderr for word in NOT_TO_BE_HAD):
            print(f"skipped: the module of {name} cannot be had: {done.stderr.strip().splitlines()[-1].strip()}")
            return None
        if done.returncode != 0:
            sys.exit(f"{name} does not build:\n{done.stderr}")
        (folder / f"{name}.built").write_text(module)
    return {name: folder / name for name in CLIENTS}


def run(*words, cwd=None, code=0):
    done = subprocess.run([str(word) for word in words], cwd=cwd, capture_output=True, text=True, stdin=subprocess.DEVNULL,
                          timeout=120)
    if done.returncode != code:
        sys.exit(f"{' '.join(map(str, words))}: exit {done.returncode}: {done.stdout.strip()} {done.stderr.strip()}")
    return done.stdout.strip()


# ---- what they work with

def jwk_of(key):
    numbers = key.private_numbers()
    public = numbers.public_numbers
    return {"kty": "EC", "crv": "P-256", "x": base64url(public.x.to_bytes(32, "big")),
            "y": base64url(public.y.to_bytes(32, "big")), "d": base64url(numbers.private_value.to_bytes(32, "big"))}


def certificate(name, key, issuer_name, issuer_key, is_ca):
    now = datetime.datetime.utcnow()
    subject, issuer = (x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, text)]) for text in (name, issuer_name))
    return (x509.CertificateBuilder().subject_name(subject).issuer_name(issuer).public_key(key.public_key())
            .serial_number(x509.random_serial_number()).not_valid_before(now - datetime.timedelta(hours=1))
            .not_valid_after(now + datetime.timedelta(days=2))
            .add_extension(x509.BasicConstraints(is_ca, None), True)
            .add_extension(x509.KeyUsage(True, False, False, False, False, is_ca, is_ca, False, False), True)
            .sign(issuer_key, hashes.SHA256()))


def environment():
    return {"class": {"id": {"type": "bytes", "value": base64_of(IMPLEMENTATION)}, "vendor": "ACME", "model": "Interop"}}


def comid(number, triples):
    return {"lang": "en-GB", "tag-identity": {"id": f"00000000-0000-4000-8000-00000000000{number}", "version": 0},
            "entities": [{"name": "ACME", "regid": "https://acme.example", "roles": ["tagCreator", "creator", "maintainer"]}],
            "triples": triples}


def reference_values():
    return comid(1, {"reference-values": [{"environment": environment(), "measurements": [
        {"key": {"type": "string", "value": "psa.software-component"},
         "value": {"name": name, "version": {"value": version}, "digests": ["sha-256:" + base64_of(digest)],
                   "cryptokeys": [{"type": "bytes", "value": base64_of(SIGNER)}]}}
        for name, version, digest in COMPONENTS]}]})


def attestation_key(instance, key):
    spki = key.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    pem = f"-----BEGIN PUBLIC KEY-----\n{base64_of(spki)}\n-----END PUBLIC KEY-----"
    return comid(2, {"attester-verification-keys": [{
        "environment": {**environment(), "instance": {"type": "ueid", "value": base64_of(instance)}},
        "verification-keys": [{"type": "pkix-base64-key", "value": pem}]}]})


def claims(instance, nonce=None):
    found = {"eat-profile": "http://arm.com/psa/2.0.0", "psa-client-id": 1, "psa-security-lifecycle": 12288,
             "psa-implementation-id": base64_of(IMPLEMENTATION), "psa-boot-seed": base64_of(bytes(range(32))),
             "psa-software-components": [{"measurement-type": name, "version": version, "measurement-value": base64_of(digest),
                                          "signer-id": base64_of(SIGNER)} for name, version, digest in COMPONENTS],
             "psa-instance-id": base64_of(instance)}
    return {**found, "psa-nonce": base64_of(nonce)} if nonce else found


class Work:
    """A folder with everything that the clients are given."""

    def __init__(self, folder):
        self.folder = folder
        self.iak, ca, signer = (ec.generate_private_key(ec.SECP256R1()) for _ in range(3))
        point = self.iak.public_key().public_bytes(serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint)
        self.instance = b"\x01" + hashlib.sha256(point).digest()
        self.json("iak.jwk", jwk_of(self.iak))
        self.json("signer.jwk", jwk_of(signer))
        (folder / "ca.pem").write_bytes(certificate("ACME CA", ca, "ACME CA", ca, True)
                                        .public_bytes(serialization.Encoding.PEM))
        (folder / "signer.der").write_bytes(certificate("ACME endorsements", signer, "ACME CA", ca, False)
                                            .public_bytes(serialization.Encoding.DER))
        validity = {"not-before": "2021-12-31T00:00:00Z", "not-after": "2099-12-31T00:00:00Z"}
        self.json("corim.json", {"corim-id": "5c57e8f4-46cd-421b-91c9-08cf93e13cfc", "profile": PROFILE, "validity": validity,
                                 "entities": [{"name": "ACME", "regid": "https://acme.example", "roles": ["manifestCreator"]}]})
        self.json("meta.json", {"signer": {"name": "ACME", "uri": "https://acme.example"}, "validity": validity})
        self.json("reference.json", reference_values())
        self.json("key.json", attestation_key(self.instance, self.iak))
        self.json("claims.json", claims(self.instance))

    def json(self, name, value):
        (self.folder / name).write_text(json.dumps(value))
        return self.folder / name


# ---- the story

@contextlib.contextmanager
def serving(tps, folder, store):
    port = folder / "port"
    log = open(folder / "log", "wb")
    server = subprocess.Popen([tps, "serve", "--store", store, "--listen", "127.0.0.1:0", "--port-file", port], stdout=log,
                              stderr=log)
    try:
        for _ in range(400):
            if port.exists() and port.read_text().strip():
                break
            time.sleep(0.05)
        yield f"http://127.0.0.1:{port.read_text().strip()}/t/{TENANT}"
    finally:
        server.terminate()
        server.wait(20)
        log.close()


def endorse(clients, work, url, token):
    cocli = clients["cocli"]
    run(cocli, "comid", "create", "--profile", PROFILE, "--template", "reference.json", "--template", "key.json", cwd=work.folder)
    run(cocli, "corim", "create", "--template", "corim.json", "--comid", "reference.cbor", "--comid", "key.cbor", "--output",
        "unsigned.cbor", cwd=work.folder)
    run(cocli, "corim", "sign", "--file", "unsigned.cbor", "--key", "signer.jwk", "--meta", "meta.json", "--cert", "signer.der",
        "--output", "signed.cbor", cwd=work.folder)
    submit = [cocli, "corim", "submit", "--corim-file", "signed.cbor", "--api-server", f"{url}/endorsement-provisioning/v1/submit",
              "--media-type", f'application/rim+cose; profile="{PROFILE}"']
    run(*submit, cwd=work.folder, code=1)
    print("ok: cocli cannot submit without a credential")
    run(*submit, "--auth", "basic", "--username", "cocli", "--password", token, cwd=work.folder)
    print("ok: cocli makes, signs and submits endorsements, with an API token as password")


def plain_nonce():
    """48 bytes whose text is the same in both alphabets of base 64: the client library of this evcli reads nonces in the
    plain one with padding, while the interface says base64url (Veraison's own server, too)."""
    while True:
        nonce = os.urandom(48)
        if not set(base64_of(nonce)) & set("+/="):
            return nonce


def attest(clients, work, url):
    """The results that evcli prints, as a relying party's and as an attester's."""
    evcli, new = clients["evcli"], f"{url}/challenge-response/v1/newSession"
    work.json("claims-nonce.json", claims(work.instance, plain_nonce()))
    run(evcli, "psa", "create", "--claims", "claims-nonce.json", "--key", "iak.jwk", "--token", "token.cbor", cwd=work.folder)
    run(evcli, "psa", "check", "--token", "token.cbor", "--key", "iak.jwk", cwd=work.folder)
    yield "relying party", run(evcli, "psa", "verify-as", "relying-party", "--api-server", new, "--token", "token.cbor",
                               cwd=work.folder)
    yield "attester", run(evcli, "psa", "verify-as", "attester", "--api-server", new, "--claims", "claims.json", "--key",
                          "iak.jwk", cwd=work.folder)     # asks for 48 bytes by itself


def verify(clients, work, url, role, printed):
    result = work.folder / "result.jwt"
    result.write_text(json.loads(printed.splitlines()[-1]))
    with urllib.request.urlopen(f"{url}/.well-known/veraison/verification", timeout=20) as answer:
        work.json("pkey.json", json.loads(answer.read())["ear-verification-key"])
    report = run(clients["arc"], "verify", "--pkey", "pkey.json", "--alg", "ES256", result, cwd=work.folder)
    assert '"affirming"' in report, report
    print(f"ok: evcli as {role}: arc verifies the result, which is affirming")


def refuse_opa(url, token):
    """What Veraison's policy client would send: this server has another policy language, and says which."""
    request = urllib.request.Request(f"{url}/management/v1/policy/PSA_IOT", b"package policy\n",
                                     {"Content-Type": "application/vnd.veraison.policy.opa",
                                      "Authorization": f"Bearer {token}"})
    try:
        urllib.request.urlopen(request, timeout=20)
        sys.exit("a policy for OPA was taken")
    except urllib.error.HTTPError as answer:
        assert answer.code == 415 and "lua" in (answer.headers["Accept"] or "").lower(), (answer.code, answer.headers["Accept"])
    print("ok: a policy for OPA is refused (415), naming the type that is taken")


def main():
    tps = pathlib.Path(sys.argv[1]).resolve()
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        clients = build_clients(pathlib.Path(sys.argv[2]).resolve() if len(sys.argv) > 2 else folder / "clients")
        if clients is None:
            return
        work, store = Work(folder), folder / "store.db"
        run(tps, "tenant", "create", TENANT, "--store", store)
        run(tps, "tenant", "trust", TENANT, folder / "ca.pem", "--store", store)
        token = run(tps, "token", "create", TENANT, "interop", "--scopes", "endorse,policy", "--store", store).splitlines()[-1]
        with serving(tps, folder, store) as url:
            endorse(clients, work, url, token)
            for role, printed in attest(clients, work, url):
                verify(clients, work, url, role, printed)
            refuse_opa(url, token)


if __name__ == "__main__":
    main()
