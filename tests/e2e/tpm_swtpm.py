# SPDX-License-Identifier: Apache-2.0
"""`tps tpm` and quotes in `tps verify`, with swtpm as the TPM and tpm2-tools as its owner: quotes and event logs that
verify; a changed register refused, naming the event; a replayed nonce and another's key refused; an attestation key
that its endorsement key activates, for RSA and ECC. The TPM's certificates and the event log are made here.

Usage: tpm_swtpm.py PATH_OF_TPS
"""
import datetime
import hashlib
import json
import os
import pathlib
import shutil
import socket
import struct
import subprocess
import sys
import tempfile
import time
import unittest

import cbor2
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "tests" / "conformance"))
import cddl  # noqa: E402
import skips  # noqa: E402

TPS = sys.argv.pop(1) if len(sys.argv) > 1 else "build/bin/tps"
TOOLS = ("swtpm", "tpm2_quote", "tpm2_createak", "tpm2_activatecredential")
NONCE = "hex:" + "5a" * 32
SHA256, SHA1 = 0x0B, 0x04
EV_NO_ACTION, EV_SEPARATOR, EV_S_CRTM_VERSION, EV_IPL, EV_EFI_ACTION = 3, 4, 8, 0xD, 0x80000007
EVENTS = [
    (0, EV_S_CRTM_VERSION, "ACME 1.2".encode("utf-16-le")),
    (4, EV_EFI_ACTION, b"Calling EFI Application from Boot Option"),
    (0, EV_SEPARATOR, bytes(4)),
    (4, EV_SEPARATOR, bytes(4)),
    (4, EV_IPL, b"grub 2.06\0"),
]


def event_log(events):
    """A crypto-agile log, and the digests to extend: [(PCR, SHA-256)]."""
    spec = b"Spec ID Event03\0" + struct.pack("<IBBBBI", 0, 0, 2, 0, 2, 2)
    spec += struct.pack("<HHHH", SHA1, 20, SHA256, 32) + b"\0"
    log = struct.pack("<II20sI", 0, EV_NO_ACTION, bytes(20), len(spec)) + spec
    extends = []
    for pcr, kind, data in events:
        digest = hashlib.sha256(data).digest()
        log += struct.pack("<III", pcr, kind, 2) + struct.pack("<H", SHA1) + hashlib.sha1(data).digest()
        log += struct.pack("<H", SHA256) + digest + struct.pack("<I", len(data)) + data
        extends.append((pcr, digest))
    return log, extends


def free_ports():
    """A port whose successor is free, too."""
    for _ in range(500):
        with socket.socket() as first, socket.socket() as second:
            second.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # connections that have ended are no matter
            first.bind(("127.0.0.1", 0))
            port = first.getsockname()[1]
            try:
                second.bind(("127.0.0.1", port + 1))
            except OSError:
                continue
            return port
    raise RuntimeError("no two ports in a row are free")


class Tpm:
    """A TPM of its own, with an endorsement key and attestation keys."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir()
        (self.folder / "state").mkdir()
        port = free_ports()
        self.process = subprocess.Popen(
            ["swtpm", "socket", "--tpm2", "--tpmstate", f"dir={self.folder}/state", "--server",
             f"type=tcp,port={port},bindaddr=127.0.0.1", "--ctrl", f"type=tcp,port={port + 1},bindaddr=127.0.0.1",
             "--flags", "not-need-init,startup-clear"], stderr=subprocess.DEVNULL)
        self.environment = {**os.environ, "TPM2TOOLS_TCTI": f"swtpm:host=127.0.0.1,port={port}"}
        for _ in range(100):
            try:
                socket.create_connection(("127.0.0.1", port + 1), 1).close()
                break
            except OSError:
                time.sleep(0.05)

    def end(self):
        self.process.terminate()
        self.process.wait()

    def path(self, name):
        return str(self.folder / name)

    def run(self, tool, *arguments):
        done = subprocess.run(["tpm2_" + tool, *arguments], env=self.environment, capture_output=True, check=False)
        if done.returncode != 0:
            raise RuntimeError(f"tpm2_{tool}: {done.stderr.decode()}")
        return done.stdout

    def flush(self):
        self.run("flushcontext", "-t")

    def make_ek(self, kind):
        self.run("createek", "-c", self.path("ek.ctx"), "-G", kind, "-u", self.path("ek.pub"))
        self.flush()
        self.run("readpublic", "-c", self.path("ek.ctx"), "-f", "pem", "-o", self.path("ek.pem"))
        self.flush()

    def make_ak(self, name, kind="ecc", scheme="ecdsa"):
        self.run("createak", "-C", self.path("ek.ctx"), "-c", self.path(name + ".ctx"), "-G", kind, "-g", "sha256", "-s",
                 scheme, "-u", self.path(name + ".pub"))
        self.flush()

    def extend(self, events):
        log, extends = event_log(events)
        (self.folder / "log").write_bytes(log)
        for pcr, digest in extends:
            self.run("pcrextend", f"{pcr}:sha256={digest.hex()}")

    def quote(self, ak, nonce="5a" * 32, pcrs="sha256:0,4,7", form=()):
        self.run("quote", "-c", self.path(ak + ".ctx"), "-l", pcrs, "-q", nonce, "-m", self.path("quote"), "-s",
                 self.path("signature"), "-o", self.path("pcrs"), "-g", "sha256", *form)
        self.flush()
        return ["--quote", self.path("quote"), "--signature", self.path("signature"), "--pcrs", self.path("pcrs")]

    def activate(self, ak, blob):
        session = self.path("session.ctx")
        self.run("startauthsession", "--policy-session", "-S", session)
        self.run("policysecret", "-S", session, "-c", "e")
        self.run("activatecredential", "-c", self.path(ak + ".ctx"), "-C", self.path("ek.ctx"), "-i", blob, "-o",
                 self.path("secret"), "-P", "session:" + session)
        self.run("flushcontext", session)
        self.flush()
        return self.path("secret")


def tps(*arguments):
    return subprocess.run([TPS, *arguments], capture_output=True, check=False)


def certificate(subject, key, issuer=None, signer=None, usage=None, is_ca=False):
    now = datetime.datetime.utcnow()
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, subject)])
    signer = signer or key
    builder = (x509.CertificateBuilder().subject_name(name)
               .issuer_name(issuer.subject if issuer else name)
               .public_key(key.public_key() if hasattr(key, "public_key") else key)
               .serial_number(x509.random_serial_number())
               .not_valid_before(now - datetime.timedelta(days=1)).not_valid_after(now + datetime.timedelta(days=365))
               .add_extension(x509.BasicConstraints(is_ca, None), True)
               .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), False))
    subject_key = key.public_key() if hasattr(key, "public_key") else key
    builder = builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(subject_key), False)
    flags = dict.fromkeys(("digital_signature", "content_commitment", "key_encipherment", "data_encipherment",
                           "key_agreement", "key_cert_sign", "crl_sign", "encipher_only", "decipher_only"), False)
    if is_ca:
        flags["key_cert_sign"] = True
    elif usage == "2.23.133.8.3":
        flags["digital_signature"] = True
    elif isinstance(subject_key, ec.EllipticCurvePublicKey):
        flags["key_agreement"] = True
    else:
        flags["key_encipherment"] = True
    builder = builder.add_extension(x509.KeyUsage(**flags), True)
    if usage:
        builder = builder.add_extension(x509.ExtendedKeyUsage([x509.ObjectIdentifier(usage)]), False)
    return builder.sign(signer, hashes.SHA256())


class Quotes(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.temporary = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.temporary.cleanup)
        cls.folder = pathlib.Path(cls.temporary.name)
        cls.root_key = ec.generate_private_key(ec.SECP256R1())
        cls.root = certificate("TPM maker", cls.root_key, is_ca=True)
        cls.write("root.pem", cls.root.public_bytes(serialization.Encoding.PEM))
        cls.good = cls.device("good", "ecc")
        cls.good.extend(EVENTS)
        cls.references = cls.at("references.corim")
        cls.evidence = cls.wrap(cls.good, "ak", cls.good.quote("ak"))
        cls.must(tps("tpm", "endorse", cls.evidence, "--vendor", "ACME", "--model", "Gateway", "--events", "--out",
                     cls.references))
        cls.endorsed = cls.bind(cls.good, "ak")

    @classmethod
    def at(cls, name):
        return str(cls.folder / name)

    @classmethod
    def write(cls, name, content):
        (cls.folder / name).write_bytes(content)
        return cls.at(name)

    @staticmethod
    def must(done):
        if done.returncode != 0:
            raise AssertionError(done.stderr.decode() + done.stdout.decode())
        return done

    @classmethod
    def device(cls, name, kind, scheme="ecdsa"):
        tpm = Tpm(cls.at(name))
        cls.addClassCleanup(tpm.end)
        tpm.make_ek(kind)
        tpm.make_ak("ak", kind, scheme)
        public = serialization.load_pem_public_key(pathlib.Path(tpm.path("ek.pem")).read_bytes())
        ek = certificate("EK of " + name, public, cls.root, cls.root_key, "2.23.133.8.1")
        pathlib.Path(tpm.path("ek-cert.pem")).write_bytes(ek.public_bytes(serialization.Encoding.PEM))
        return tpm

    @classmethod
    def wrap(cls, tpm, ak, quote, *more, name="evidence"):
        out = tpm.path(name)
        cls.must(tps("tpm", "wrap", *quote, "--event-log", tpm.path("log"), "--ak", tpm.path(ak + ".pub"), "--out", out,
                     *more))
        return out

    @classmethod
    def bind(cls, tpm, ak, name="binding.corim"):
        blob, state, out = tpm.path("blob"), tpm.path("activation"), tpm.path(name)
        cls.must(tps("tpm", "credential", "--ek-cert", tpm.path("ek-cert.pem"), "--anchor", cls.at("root.pem"), "--ak",
                     tpm.path(ak + ".pub"), "--out", blob, "--state", state))
        secret = tpm.activate(ak, blob)
        cls.must(tps("tpm", "bind", "--state", state, "--answer", secret, "--vendor", "ACME", "--model", "Gateway",
                     "--out", out))
        return out

    def verify(self, evidence, *more, nonce=NONCE):
        done = tps("verify", evidence, "--json", "--nonce", nonce, *more)
        self.assertIn(done.returncode, (0, 1), done.stderr.decode())
        result = json.loads(done.stdout)
        self.assertEqual(done.returncode == 0, result["status"] == "affirming", result)
        return result

    def refused(self, result, name):
        found = [f for f in result["findings"] if f["name"] == name]
        self.assertTrue(found, result["findings"])
        self.assertNotEqual(result["status"], "affirming")
        return found[0]

    def known(self):
        return ["--endorsements", self.references, "--endorsements", self.endorsed]

    def test_a_quote_with_its_log_is_affirming(self):
        result = self.verify(self.evidence, *self.known())
        self.assertEqual(result["findings"], [])
        self.assertEqual(result["status"], "affirming")
        self.assertEqual(result["scheme"], "TPM2")
        self.assertEqual(result["device-class"], "ACME Gateway")
        vector = result["trustworthiness-vector"]
        self.assertEqual((vector["instance-identity"], vector["executables"], vector["hardware"]), (2, 2, 2))

    def test_evidence_is_as_its_cddl_says(self):
        schema = cddl.Schema((ROOT / "spec" / "tpm-evidence.cddl").read_text(encoding="utf-8"))
        evidence = cbor2.loads(pathlib.Path(self.evidence).read_bytes())
        schema.check("tpm-evidence", evidence)
        self.assertEqual(cbor2.dumps(evidence, canonical=True), pathlib.Path(self.evidence).read_bytes())
        instance = b"\x01" + hashlib.sha256(evidence[3]).digest()
        self.assertEqual(self.verify(self.evidence)["instance-id"], instance.hex())

    def test_inspect_explains_evidence_quote_and_log(self):
        for path, kind in ((self.evidence, "tpm-evidence"), (self.good.path("quote"), "tpm-quote"),
                           (self.good.path("log"), "tpm-event-log")):
            explained = json.loads(self.must(tps("inspect", "--json", path)).stdout)
            self.assertEqual(explained["kind"], kind)
        registers = explained["fields"]["replays_to"]
        values = self.good.run("pcrread", "sha256:0,4").decode().lower()
        for pcr in ("sha256_0", "sha256_4"):
            self.assertIn("0x" + registers[pcr], values)

    def test_bare_values_are_taken_as_serialized_ones(self):
        quote = self.good.quote("ak", form=("-F", "values"))
        result = self.verify(self.wrap(self.good, "ak", quote, name="values"), *self.known())
        self.assertEqual(result["status"], "affirming", result)

    def test_a_replayed_nonce_is_refused(self):
        result = self.verify(self.evidence, *self.known(), nonce="hex:" + "a5" * 32)
        self.refused(result, "freshness.nonce-mismatch")
        self.assertEqual(result["status"], "contraindicated")

    def test_audience_and_long_nonce_are_bound_by_their_hash(self):
        nonce = "hex:" + "17" * 64
        challenge = self.must(tps("tpm", "challenge", "--nonce", nonce, "--aud", "shop")).stdout.decode().strip()
        quote = self.good.quote("ak", challenge)
        evidence = self.wrap(self.good, "ak", quote, "--nonce", nonce, "--aud", "shop", name="aud")
        self.assertEqual(self.verify(evidence, *self.known(), "--aud", "shop", nonce=nonce)["status"], "affirming")
        self.refused(self.verify(evidence, *self.known(), "--aud", "bank", nonce=nonce), "freshness.other-audience")
        lie = self.wrap(self.good, "ak", quote, "--nonce", nonce, "--aud", "bank", name="lie")
        self.refused(self.verify(lie, *self.known(), "--aud", "bank", nonce=nonce), "evidence.malformed")

    def test_a_changed_register_is_refused_naming_the_event(self):
        tpm = self.device("changed", "ecc")
        tpm.extend(EVENTS[:4] + [(4, EV_IPL, b"grub 6.66\0")])
        endorsed = self.bind(tpm, "ak")
        evidence = self.wrap(tpm, "ak", tpm.quote("ak"))
        result = self.verify(evidence, "--endorsements", self.references, "--endorsements", endorsed)
        changed = [f for f in result["findings"] if f["name"] == "executables.register-changed"]
        text = " ".join(f["cause"] for f in changed)
        self.assertIn("PCR 4: event 5 (EV_IPL, \"grub 6.66\") is not endorsed", text)
        self.assertEqual(result["trustworthiness-vector"]["executables"], 33)
        people = tps("verify", evidence, "--nonce", NONCE, "--endorsements", self.references, "--endorsements", endorsed)
        self.assertIn(b"refused: executables: PCR 4: event 5 (EV_IPL, \"grub 6.66\") is not endorsed", people.stdout)

    def test_a_log_that_does_not_lead_to_the_quote_is_refused(self):
        lie = self.write("lie.log", event_log(EVENTS[:4] + [(4, EV_IPL, b"grub 2.07\0")])[0])
        quote = self.good.quote("ak")
        out = self.at("lie")
        self.must(tps("tpm", "wrap", *quote, "--event-log", lie, "--ak", self.good.path("ak.pub"), "--out", out))
        finding = self.refused(self.verify(out, *self.known()), "executables.event-log-differs")
        self.assertEqual(finding["error"], "TPS_TPM_LOG_DIFFERS")
        self.assertIn("PCR 4", finding["evidence"])

    def test_other_values_than_the_quoted_are_refused(self):
        quote = self.good.quote("ak", form=("-F", "values"))
        values = bytearray(pathlib.Path(self.good.path("pcrs")).read_bytes())
        values[40] ^= 1
        pathlib.Path(self.good.path("pcrs")).write_bytes(values)
        result = self.verify(self.wrap(self.good, "ak", quote, name="values"), *self.known())
        self.assertEqual(self.refused(result, "executables.register-values")["error"], "TPS_TPM_PCR_DIGEST")

    def test_a_register_that_is_not_quoted_is_missed(self):
        result = self.verify(self.wrap(self.good, "ak", self.good.quote("ak", pcrs="sha256:0,7"), name="less"),
                             *self.known())
        self.assertIn("PCR 4", self.refused(result, "executables.register-not-quoted")["evidence"])

    def test_another_key_of_the_same_tpm_is_refused(self):
        self.good.make_ak("other")
        evidence = self.wrap(self.good, "other", self.good.quote("other"), name="other-key")
        self.refused(self.verify(evidence, *self.known()), "instance-identity.unknown-signer")
        # the endorsed key, and a signature that is not its
        lie = self.wrap(self.good, "ak", self.good.quote("other"), name="wrong-key")
        self.refused(self.verify(lie, *self.known()), "evidence.bad-signature")

    def test_a_key_that_signs_anything_is_no_attestation_key(self):
        self.good.run("createprimary", "-c", self.good.path("primary.ctx"))
        self.good.run("create", "-C", self.good.path("primary.ctx"), "-G", "ecc256:ecdsa-sha256", "-u",
                      self.good.path("signer.pub"), "-r", self.good.path("signer.priv"), "-a",
                      "fixedtpm|fixedparent|sensitivedataorigin|userwithauth|sign")
        self.good.flush()
        done = tps("tpm", "wrap", *self.good.quote("ak"), "--ak", self.good.path("signer.pub"), "--out", self.at("no"))
        self.assertEqual(done.returncode, 1)
        self.assertIn(b"restricted is clear", done.stderr)

    def test_what_no_quote_is_is_refused_by_name(self):
        self.good.run("gettime", "-c", self.good.path("ak.ctx"), "-q", "5a" * 32, "-o", self.good.path("time.sig"),
                      "--attestation", self.good.path("time"))
        self.good.flush()
        done = tps("tpm", "wrap", "--quote", self.good.path("time"), "--signature", self.good.path("time.sig"), "--ak",
                   self.good.path("ak.pub"), "--out", self.at("no"))
        self.assertEqual(done.returncode, 1)
        self.assertIn(b"another kind than a quote (time)", done.stderr)

    def test_rsa_keys_are_activated_and_quote(self):
        for scheme in ("rsassa", "rsapss"):
            with self.subTest(scheme):
                tpm = self.device(scheme, "rsa", scheme)
                tpm.extend(EVENTS)
                quote = tpm.quote("ak", form=("--scheme", scheme))
                result = self.verify(self.wrap(tpm, "ak", quote), "--endorsements", self.references,
                                     "--endorsements", self.bind(tpm, "ak"))
                self.assertEqual(result["status"], "affirming", result)

    def test_the_secret_is_for_one_tpm_and_one_key(self):
        tpm = self.device("stranger", "ecc")
        blob, state = tpm.path("blob"), tpm.path("activation")
        self.must(tps("tpm", "credential", "--ek-cert", self.good.path("ek-cert.pem"), "--anchor", self.at("root.pem"),
                      "--ak", tpm.path("ak.pub"), "--out", blob, "--state", state))
        with self.assertRaises(RuntimeError):
            tpm.activate("ak", blob)
        guess = self.write("guess", bytes(32))
        done = tps("tpm", "bind", "--state", state, "--answer", guess, "--vendor", "ACME", "--model", "Gateway", "--out",
                   self.at("never.corim"))
        self.assertEqual(done.returncode, 1)
        self.assertIn(b"is not the secret", done.stderr)
        self.assertFalse(pathlib.Path(self.at("never.corim")).exists())

    def test_an_endorsement_key_needs_its_makers_root(self):
        stranger_key = ec.generate_private_key(ec.SECP256R1())
        stranger = certificate("Another maker", stranger_key, is_ca=True)
        root = self.write("stranger.pem", stranger.public_bytes(serialization.Encoding.PEM))
        done = tps("tpm", "credential", "--ek-cert", self.good.path("ek-cert.pem"), "--anchor", root, "--ak",
                   self.good.path("ak.pub"), "--out", self.at("b"), "--state", self.at("s"))
        self.assertEqual(done.returncode, 1)
        self.assertIn(b"no trust anchor", done.stderr)

    def test_a_certificate_for_attestation_keys_is_enough(self):
        self.good.run("readpublic", "-c", self.good.path("ak.ctx"), "-f", "pem", "-o", self.good.path("ak.pem"))
        self.good.flush()
        public = serialization.load_pem_public_key(pathlib.Path(self.good.path("ak.pem")).read_bytes())
        for usage, finding in (("2.23.133.8.3", "executables.no-reference-values"),
                               ("2.23.133.8.1", "instance-identity.other-purpose")):
            leaf = certificate("AK", public, self.root, self.root_key, usage)
            path = self.write("ak-cert.pem", leaf.public_bytes(serialization.Encoding.PEM))
            evidence = self.wrap(self.good, "ak", self.good.quote("ak"), "--ak-cert", path, name="certified")
            result = self.verify(evidence, "--anchor", self.at("root.pem"))
            self.refused(result, finding)
        self.assertEqual(self.verify(evidence, "--anchor", self.at("root.pem"))["trustworthiness-vector"]["hardware"], 0)


if __name__ == "__main__":
    MISSING = [tool for tool in TOOLS if not shutil.which(tool)]
    if MISSING:
        skips.all_of_it(f"not installed: {', '.join(MISSING)} (Debian: swtpm tpm2-tools)")
    skips.main()
