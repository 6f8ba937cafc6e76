# SPDX-License-Identifier: Apache-2.0
"""What the tests of `tps serve` share: a server of their own on a free port, and small clients."""

import base64
import datetime
import http.client
import ipaddress
import json
import os
import pathlib
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import time
import unittest

import skips

ROOT = pathlib.Path(__file__).resolve().parents[2]
VECTORS = pathlib.Path(os.environ.get("TPS_VECTORS", ROOT.parent / "shared" / "vectors")) / "veraison"
PROGRAM = None  # set by main()

NEW_SESSION = "/challenge-response/v1/newSession"
SUBMIT = "/endorsement-provisioning/v1/submit"
PSA_TYPE = 'application/eat-cwt; profile="http://arm.com/psa/2.0.0"'
PSA_NONCE = base64.b64decode("QUp8F0FBs9DpodKK8xUg8NQimf6sQAfe2J1ormzZLxk=")
CORIM_TYPE = 'application/rim+cbor; profile="http://arm.com/psa/iot/1"'


def vector(name):
    path = VECTORS / name
    if not path.exists():
        if os.environ.get("TPS_REQUIRE_VECTORS"):
            raise AssertionError(f"the vectors are required, and {path} is not there")
        raise unittest.SkipTest(f"skipped: the vector {path} is not there")
    return path.read_bytes()


def base64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def tps(*arguments, ok=True):
    """Runs the program; returns the finished process."""
    done = subprocess.run([PROGRAM, *map(str, arguments)], capture_output=True, text=True, timeout=60)
    if ok and done.returncode != 0:
        raise AssertionError(f"tps {arguments}: {done.returncode}: {done.stderr}")
    return done


class Answer:
    def __init__(self, status, fields, body):
        self.status, self.fields, self.body = status, fields, body

    def json(self):
        return json.loads(self.body)

    def __repr__(self):
        return f"{self.status} {dict(self.fields)} {self.body[:300]}"


def make_certificate(folder, name="localhost"):
    """A self-signed certificate for this machine and its key, as NAME.pem and NAME.key; their paths."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    who = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    now = datetime.datetime.utcnow()
    names = x509.SubjectAlternativeName([x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    certificate = (x509.CertificateBuilder().subject_name(who).issuer_name(who).public_key(key.public_key())
                   .serial_number(x509.random_serial_number()).not_valid_before(now - datetime.timedelta(hours=1))
                   .not_valid_after(now + datetime.timedelta(days=1)).add_extension(names, False)
                   .add_extension(x509.BasicConstraints(True, None), True).sign(key, hashes.SHA256()))
    paths = pathlib.Path(folder) / (name + ".pem"), pathlib.Path(folder) / (name + ".key")
    paths[0].write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    paths[1].write_bytes(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
                                           serialization.NoEncryption()))
    return paths


class Server:
    """`tps serve` on a store in a folder of its own; options by keyword (header_timeout_ms=200). With `tls`, over TLS with
    a certificate of its own."""

    prefix, environment = (), None  # for tests that run it within something

    def __init__(self, *flags, folder=None, tls=False, **options):
        self.temporary = None if folder else tempfile.TemporaryDirectory(prefix="tps-serve-")
        self.folder = pathlib.Path(folder or self.temporary.name)
        self.store = self.folder / "store.db"
        self.flags = list(flags)
        for name, value in options.items():
            self.flags += ["--" + name.replace("_", "-"), str(value)]
        self.process = None
        self.context = None
        if tls:
            certificate, key = make_certificate(self.folder)
            self.flags += ["--tls-certificate", certificate, "--tls-key", key]
            self.context = ssl.create_default_context(cafile=certificate)

    def start(self):
        port_file = self.folder / "port"
        port_file.unlink(missing_ok=True)
        self.log = open(self.folder / "log", "ab")
        self.process = subprocess.Popen(
            [*self.prefix, PROGRAM, "serve", "--store", self.store, "--listen", "127.0.0.1:0", "--port-file", port_file,
             *self.flags], stdout=self.log, stderr=self.log, env=self.environment)
        end = time.monotonic() + 20
        while not port_file.exists() or not port_file.read_text().strip():
            if self.process.poll() is not None or time.monotonic() > end:
                raise AssertionError("the server does not start: " + self.log_text())
            time.sleep(0.01)
        self.port = int(port_file.read_text())
        return self

    def know(self, tenant, maker):
        """A new tenant that trusts a maker, by the folder of `tps factory init`, and has all of its endorsements."""
        endorsements = sorted((pathlib.Path(maker) / "endorsements").iterdir())
        for words in (["create", tenant], ["trust", tenant, pathlib.Path(maker) / "ca.pem"], ["endorse", tenant, *endorsements]):
            tps("tenant", *words, "--store", self.store)

    def log_text(self):
        return (self.folder / "log").read_text()

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        self.log.close()

    def stop(self):
        """Ends it gracefully and checks that it ended well (the sanitizers' verdict included)."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(timeout=30)
        self.log.close()
        if code != 0:
            raise AssertionError(f"the server ended with {code}: {self.log_text()}")

    def __enter__(self):
        return self.start()

    def __exit__(self, *failure):
        try:
            self.stop()
        finally:
            if self.temporary:
                self.temporary.cleanup()

    def request(self, method, path, body=None, type=None, fields=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        if self.context:
            connection = http.client.HTTPSConnection("127.0.0.1", self.port, timeout=20, context=self.context)
        fields = dict(fields or {})
        if type:
            fields["Content-Type"] = type
        connection.request(method, path, body=body, headers=fields)
        response = connection.getresponse()
        answer = Answer(response.status, response.headers, response.read())
        connection.close()
        return answer

    def connect(self, timeout=20):
        """A connection, over TLS where the server speaks it."""
        s = socket.create_connection(("127.0.0.1", self.port), timeout=timeout)
        s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return self.context.wrap_socket(s, server_hostname="localhost") if self.context else s

    def raw(self, data, timeout=20, shut=False):
        """Sends bytes as they are; returns all that comes until the server closes."""
        with self.connect(timeout) as s:
            s.sendall(data)
            if shut:
                socket.socket.shutdown(s, socket.SHUT_WR)  # TCP's: ssl's own would end decryption, too
            return read_to_end(s)

    def new_session(self, query="", tenant=""):
        answer = self.request("POST", tenant + NEW_SESSION + query)
        assert answer.status == 201, answer
        return tenant + "/challenge-response/v1/" + answer.fields["Location"], answer.json()

    def appraise(self, evidence, type=PSA_TYPE, query="", tenant=""):
        path, _ = self.new_session(query, tenant)
        return self.request("POST", path, evidence, type)


def read_to_end(s):
    data = b""
    while True:
        try:
            piece = s.recv(65536)
        except (ConnectionResetError, ssl.SSLEOFError):
            return data
        if not piece:
            return data
        data += piece


def jwt_payload(text):
    part = text.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))


def tiers(answer):
    """The status of each submodule of an answered session's EAR."""
    return {name: m["ear.status"] for name, m in jwt_payload(answer.json()["result"])["submods"].items()}


def main():
    global PROGRAM
    PROGRAM = sys.argv.pop(1) if len(sys.argv) > 1 and not sys.argv[1].startswith("-") else os.environ["TPS_PROGRAM"]
    sys.modules["server_support"].PROGRAM = PROGRAM
    skips.main()
