#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The examples of spec/examples against the CDDL of spec/, judged without our code: the hex decodes (cbor2) to what the
diagnostic notation says, and fits its rule. With a build, a real component must answer each example's request in the same
shape, and what it answers must fit the same rule.

usage: spec_examples.py                 the files alone
       spec_examples.py BIN             the files, and the programs of the folder BIN
       spec_examples.py BIN --write     makes the examples anew from a real run
"""
import hashlib
import os
import sys
import tempfile
import unittest

import cbor2

import cddl
import component_client as client
import diag

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
SPEC = os.path.join(ROOT, "spec")
EXAMPLES = os.path.join(SPEC, "examples")
BIN = None

NONCE = bytes(range(32))
HELLO = b"hello"
# A sealed message in form, of no device.
NOT_SEALED_HERE = cbor2.dumps(cbor2.CBORTag(16, [cbor2.dumps({1: 3, 4: b"\x01\x00\x00"}), {5: bytes(12)}, bytes(21)]))
# The other side of an agreement: a point of P-384 (its generator).
PEER = {1: 2, -1: 2,
        -2: bytes.fromhex("aa87ca22be8b05378eb1c71ef320ad746e1d3b628ba79b9859f741e082542a38"
                          "5502f25dbf55296c3a545e3872760ab7"),
        -3: bytes.fromhex("3617de4a96262c6f5d9e98bf9292dc29f8f41dbd289a147ce9da3113b5f0b8c0"
                          "0a60b1ce1d7e819d7a431d7c90ea0e5f")}

# Two providers, and the key of a verifier: a point of P-256 (its generator).
SHOP, CLUB = b"\x5a" * 32, b"\xc1" * 32
PAIRWISE, PASSPORT = 2, 3
VERIFIER = {1: 2, -1: 1,
            -2: bytes.fromhex("6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296"),
            -3: bytes.fromhex("4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5")}

# name -> (CDDL, service, login, request, rule of the request, rule of the response). In this order: keys are made, used,
# destroyed. What is random in an answer differs from run to run; its shape does not.
EXCHANGES = [
    ("measurement-list", "measurement", client.USER, (10, {}), "list"),
    ("measurement-registers", "measurement", client.USER, (12, {}), "registers"),
    ("measurement-log-unknown", "measurement", client.USER, (13, {1: 9}), "log"),
    ("sealed-storage-put", "sealed-storage", client.USER, (10, {1: "door", 2: HELLO}), "put"),
    ("sealed-storage-put-changed", "sealed-storage", client.USER, (10, {1: "door", 2: HELLO, 4: bytes(8)}), "put"),
    ("sealed-storage-put-new", "sealed-storage", client.USER, (10, {1: "scene", 2: HELLO, 3: 5, 4: b""}), "put"),
    ("sealed-storage-get", "sealed-storage", client.USER, (11, {1: "door"}), "get"),
    ("sealed-storage-get-of-other", "sealed-storage", client.USER, (11, {1: "door", 5: bytes(16)}), "get"),
    ("sealed-storage-list", "sealed-storage", client.USER, (13, {}), "list"),
    ("sealed-storage-list-after", "sealed-storage", client.USER, (13, {7: "door"}), "list"),
    ("sealed-storage-describe", "sealed-storage", client.USER, (14, {1: "scene"}), "describe"),
    ("sealed-storage-delete", "sealed-storage", client.USER, (12, {1: "door"}), "delete"),
    ("sealed-storage-delete-again", "sealed-storage", client.USER, (12, {1: "door"}), "delete"),
    ("sealed-storage-seal", "sealed-storage", client.USER, (15, {2: HELLO, 6: b"door"}), "seal"),
    ("sealed-storage-unseal-refused", "sealed-storage", client.USER, (16, {2: NOT_SEALED_HERE, 6: b"door"}), "unseal"),
    ("counters-create", "counters", client.USER, (10, {1: "use"}), "create"),
    ("counters-create-again", "counters", client.USER, (10, {1: "use"}), "create"),
    ("counters-increase", "counters", client.USER, (12, {1: "use"}), "increase"),
    ("counters-increase-by", "counters", client.USER, (12, {1: "use", 2: 41}), "increase"),
    ("counters-read", "counters", client.USER, (11, {1: "use"}), "read"),
    ("counters-list", "counters", client.USER, (13, {}), "list"),
    ("random", "random", client.PUBLIC, (10, {1: 32}), "random"),
    ("identification-class", "identification", client.PUBLIC, (10, {}), "class"),
    ("identification-instance", "identification", client.USER, (11, {}), "instance"),
    ("attestation-psa", "attestation", client.USER, (10, {1: 1, 2: NONCE}), "evidence"),
    ("attestation-opentps", "attestation", client.USER,
     (10, {1: 2, 2: NONCE, 3: "https://verifier.example/t/lights", 4: 1}), "evidence"),
    ("attestation-refused", "attestation", client.USER, (10, {1: 1, 2: NONCE[:8]}), "evidence"),
    ("attestation-public-key", "attestation", client.USER, (11, {}), "public-key"),
    ("attestation-certificates", "attestation", client.USER, (12, {}), "certificates"),
    ("key-store-generate", "key-store", client.USER, (10, {1: "door"}), "generate"),
    ("key-store-generate-again", "key-store", client.USER, (10, {1: "door", 2: True}), "generate"),
    ("key-store-sign", "key-store", client.USER, (11, {1: "door", 4: HELLO}), "sign"),
    ("key-store-public-key", "key-store", client.USER, (12, {1: "door"}), "public-key"),
    ("key-store-generate-agree", "key-store", client.USER, (10, {1: "ecdh", 5: 5}), "generate"),
    ("key-store-agree", "key-store", client.USER, (18, {1: "shared", 7: 2, 10: "ecdh", 12: PEER}), "agree"),
    ("key-store-derive", "key-store", client.USER, (17, {1: "data", 5: 7, 7: 2, 10: "shared", 14: HELLO}), "derive"),
    ("key-store-encrypt", "key-store", client.USER, (21, {1: "data", 4: HELLO, 15: b"aad"}), "encrypt"),
    ("key-store-generate-mac", "key-store", client.USER, (10, {1: "mac", 5: 8, 8: True, 9: 9}), "generate"),
    ("key-store-mac", "key-store", client.USER, (19, {1: "mac", 4: HELLO}), "mac"),
    ("key-store-verify-mac", "key-store", client.USER, (20, {1: "mac", 4: HELLO, 17: bytes(32)}), "verify-mac"),
    ("key-store-generate-import", "key-store", client.USER, (10, {1: "in", 5: 12, 9: 1}), "generate"),
    ("key-store-import-refused", "key-store", client.USER,
     (16, {1: "mine", 5: 7, 10: "in", 11: bytes.fromhex("d8608340a040")}), "import"),
    ("key-store-describe", "key-store", client.USER, (15, {1: "door"}), "describe"),
    ("key-store-describe-mac", "key-store", client.USER, (15, {1: "mac"}), "describe"),
    ("key-store-list", "key-store", client.USER, (13, {}), "list"),
    ("key-store-decrypt-refused", "key-store", client.USER, (22, {1: "data", 4: bytes(16), 16: bytes(12)}), "decrypt"),
    ("key-store-destroy", "key-store", client.USER, (14, {1: "door"}), "destroy"),
    ("key-store-destroy-again", "key-store", client.USER, (14, {1: "door"}), "destroy"),
    ("verification-list", "verification", client.USER, (11, {}), "list"),
    ("verification-verify", "verification", client.USER, (10, {1: 1, 2: -9, 4: HELLO, 5: bytes(64)}), "verify"),
    ("verification-verify-sign1", "verification", client.USER, (10, {1: 3, 7: b"\xd2\x84"}), "verify"),
    ("update-authorise", "update", client.USER, (10, {1: HELLO}), "authorise"),
    ("update-staged", "update", client.USER, (15, {}), "staged"),
    ("update-policy", "update", client.USER, (18, {}), "policy"),
    ("authentication-challenge", "authentication", client.USER, (10, {}), "challenge"),
    ("lifecycle-state", "lifecycle", client.PUBLIC, (10, {}), "state"),
    ("session-bind", "session", client.USER, (9, {1: PAIRWISE, 2: SHOP}), "bind"),
    ("session-bind-in-another-mode", "session", client.USER, (9, {1: 1, 2: SHOP}), "bind"),
    ("attestation-pairwise", "attestation", client.USER, (10, {1: 2, 2: NONCE, 3: "https://shop.example"}), "evidence"),
    ("attestation-pairwise-psa", "attestation", client.USER, (10, {1: 1, 2: NONCE}), "evidence"),
    ("attestation-confirm-authentication", "attestation", client.USER, (10, {1: 2, 2: NONCE, 11: True}), "evidence"),
    ("attestation-certification", "attestation", client.USER,
     (13, {1: NONCE, 2: SHOP, 3: "https://aca.example"}), "certification"),
    ("attestation-keep-certificates-refused", "attestation", client.USER,
     (14, {1: [bytes.fromhex("3000")], 2: SHOP}), "keep-certificates"),
    ("attestation-keep-result", "attestation", client.USER, (15, {1: HELLO}), "keep-result"),
    ("attestation-result", "attestation", client.USER, (16, {}), "result"),
    ("key-store-generate-bound", "key-store", client.USER, (10, {1: "kex", 5: 4}), "generate"),
    ("attestation-key", "attestation", client.USER, (17, {1: "kex", 2: NONCE, 3: "https://shop.example"}), "key"),
    ("attestation-agree", "attestation", client.USER, (18, {1: "kex", 2: VERIFIER}), "agree"),
    ("authentication-prove", "authentication", client.USER, (11, {1: NONCE, 2: "door"}), "prove"),
    ("authentication-key", "authentication", client.USER, (13, {}), "key"),
    ("measurement-extend", "measurement", client.USER, (11, {1: 0, 3: b"policy 7"}), "extend"),
    ("measurement-extend-digest", "measurement", client.USER, (11, {1: 0, 2: NONCE}), "extend"),
    ("measurement-log", "measurement", client.USER, (13, {1: 0}), "log"),
]
# The sessions of these are bound.
BINDINGS = {
    "attestation-pairwise": (PAIRWISE, SHOP),
    "attestation-pairwise-psa": (PAIRWISE, SHOP),
    "attestation-confirm-authentication": (PAIRWISE, SHOP),
    "attestation-keep-result": (PASSPORT, CLUB),
    "attestation-result": (PASSPORT, CLUB),
    "key-store-generate-bound": (PAIRWISE, SHOP),
    "attestation-key": (PAIRWISE, SHOP),
    "attestation-agree": (PAIRWISE, SHOP),
    "authentication-prove": (PAIRWISE, SHOP),
    "authentication-key": (PAIRWISE, SHOP),
}
# The messages of session.cddl are any service's.
SENT_TO = {"session": "attestation"}
# A request that the CDDL of well-behaved clients does not have, for the sake of its answer.
REFUSED_REQUESTS = ["attestation-refused"]

# name -> (CDDL, rule): what lies within other things.
CONTENTS = {
    "attestation-psa-claims": ("attestation", "psa-claims"),
    "device-profile-claims": ("device-profile", "claims"),
    "device-profile-pairwise-claims": ("device-profile", "claims"),
    "attestation-key-claims": ("attestation", "key-claims"),
    "folder-identity": ("device-folder", "identity"),
    "folder-certificates": ("device-folder", "certificates"),
    "folder-manifest": ("device-folder", "manifest"),
    "receipt-claims": ("receipt", "claims"),
    "tpm-evidence-quote": ("tpm-evidence", "tpm-evidence"),
}


def schema(name):
    with open(os.path.join(SPEC, name + ".cddl"), encoding="utf-8") as file:
        return cddl.Schema(file.read())


def load(name, ending):
    with open(os.path.join(EXAMPLES, "%s.%s" % (name, ending)), encoding="utf-8") as file:
        return file.read()


def hex_of(name):
    return bytes.fromhex("".join(load(name, "hex").split()))


def shape(value):
    """A value without its contents: kinds, map keys, sizes of what has one size."""
    if isinstance(value, cbor2.CBORTag):
        return ("tag", value.tag, shape(value.value))
    if isinstance(value, dict):
        return {key: shape(content) for key, content in value.items()}
    if isinstance(value, (list, tuple)):
        return [shape(content) for content in value]
    return type(value).__name__


class Device:
    """A maker's device with its component running."""

    def __init__(self):
        self.folder = tempfile.TemporaryDirectory(prefix="tps-examples-")
        self.tps = os.path.join(BIN, "tps")
        self.device = client.make_maker(self.tps, os.path.join(self.folder.name, "acme"))
        client.run(self.tps, "device", "start", self.device)

    def close(self):
        client.run(self.tps, "device", "stop", self.device)
        self.folder.cleanup()

    def read(self, name):
        with open(os.path.join(self.device, name), "rb") as file:
            return file.read()

    def receipt(self, evidence):
        """The claims of a receipt of evidence, with all that a demonstration's maker endorses."""
        maker = os.path.join(self.folder.name, "acme")
        token, key, out = (os.path.join(self.folder.name, name) for name in ("token", "key.pem", "receipt"))
        with open(token, "wb") as file:
            file.write(evidence)
        client.run("openssl", "genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", key)
        given = [word for name in sorted(os.listdir(os.path.join(maker, "endorsements")))
                 for word in ("--endorsements", os.path.join(maker, "endorsements", name))]
        client.run(self.tps, "verify", token, "--demo", "--anchor", os.path.join(maker, "ca.pem"), *given, "--nonce",
                   "hex:" + NONCE.hex(), "--aud", "https://verifier.example/t/lights", "--receipt", out,
                   "--receipt-key", key)
        with open(out, "rb") as file:
            return cbor2.loads(file.read()).value[2]

    def answers(self):
        """name -> (request, response) of every exchange."""
        found = {}
        for name, service, login, (tag, body), _ in EXCHANGES:
            component = client.Component(self.device, login)
            request = cbor2.dumps(cbor2.CBORTag(tag, body), canonical=True)
            found[name] = (request, component.send(SENT_TO.get(service, service), request, BINDINGS.get(name)))
            component.close()
        return found

    def contents(self, answers):
        def payload(name):
            token = cbor2.loads(cbor2.loads(answers[name][1]).value[1])
            return token.value[2]
        return {
            "attestation-psa-claims": payload("attestation-psa"),
            "device-profile-claims": payload("attestation-opentps"),
            "device-profile-pairwise-claims": payload("attestation-pairwise"),
            "attestation-key-claims": payload("attestation-key"),
            "folder-identity": self.read("identity.cbor"),
            "folder-certificates": self.read("certificates.cbor"),
            "folder-manifest": self.read("firmware/application.manifest"),
            "receipt-claims": self.receipt(cbor2.loads(answers["attestation-opentps"][1]).value[1]),
        }


def write_example(name, encoded):
    os.makedirs(EXAMPLES, exist_ok=True)
    digits = encoded.hex()
    with open(os.path.join(EXAMPLES, name + ".hex"), "w", encoding="utf-8") as file:
        file.write("\n".join(digits[i:i + 100] for i in range(0, len(digits), 100)) + "\n")
    with open(os.path.join(EXAMPLES, name + ".diag"), "w", encoding="utf-8") as file:
        file.write(diag.write(cbor2.loads(encoded)) + "\n")


def write_all():
    device = Device()
    try:
        answers = device.answers()
        for name, (request, response) in answers.items():
            write_example(name + "-request", request)
            write_example(name + "-response", response)
        for name, encoded in device.contents(answers).items():
            write_example(name, encoded)
    finally:
        device.close()


class TheFiles(unittest.TestCase):
    def test_every_file_belongs_to_an_example(self):
        names = {"%s-%s" % (e[0], side) for e in EXCHANGES for side in ("request", "response")} | set(CONTENTS)
        found = set(os.listdir(EXAMPLES))
        self.assertEqual(found, {name + ending for name in names for ending in (".hex", ".diag")})

    def test_hex_and_diagnostic_notation_say_the_same(self):
        for file in sorted(os.listdir(EXAMPLES)):
            name, ending = os.path.splitext(file)
            if ending == ".hex":
                with self.subTest(name):
                    self.assertEqual(shape(cbor2.loads(hex_of(name))), shape(diag.read(load(name, "diag"))))
                    self.assertEqual(cbor2.loads(hex_of(name)), diag.read(load(name, "diag")))

    def test_messages_fit_their_rules(self):
        for name, service, _, _, rule in EXCHANGES:
            for side in ("request", "response"):
                if side == "request" and name in REFUSED_REQUESTS:
                    continue
                with self.subTest(name + "-" + side):
                    value = cbor2.loads(hex_of("%s-%s" % (name, side)))
                    schema(service).check("%s-%s" % (rule, side), value)
                    schema(service).check(side, value)

    def test_contents_fit_their_rules(self):
        for name, (spec, rule) in CONTENTS.items():
            with self.subTest(name):
                schema(spec).check(rule, cbor2.loads(hex_of(name)))

    def test_the_log_of_a_register_replays_to_its_head(self):
        log, head = cbor2.loads(hex_of("measurement-log-response")).value, bytes(32)
        self.assertEqual(len(log[1]), log[5])
        for event in log[1]:
            if 8 in event:
                self.assertEqual(event[7], hashlib.sha256(event[8]).digest())
            head = hashlib.sha256(head + event[7]).digest()
        self.assertEqual(log[3], head)
        self.assertEqual(cbor2.loads(hex_of("measurement-extend-digest-response")).value[3], head)

    def test_what_is_sent_is_deterministic(self):
        for file in sorted(os.listdir(EXAMPLES)):
            name, ending = os.path.splitext(file)
            if ending == ".hex" and name != "folder-manifest":
                with self.subTest(name):
                    self.assertEqual(cbor2.dumps(cbor2.loads(hex_of(name)), canonical=True), hex_of(name))


class TheComponent(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        if BIN is None:
            raise unittest.SkipTest("no folder of programs was given")
        cls.device = Device()
        cls.answers = cls.device.answers()
        cls.contents = cls.device.contents(cls.answers)

    @classmethod
    def tearDownClass(cls):
        cls.device.close()

    def test_requests_are_the_examples(self):
        for name, (request, _) in self.answers.items():
            self.assertEqual(request, hex_of(name + "-request"), name)

    def test_answers_have_the_examples_shapes_and_fit_their_rules(self):
        for name, service, _, _, rule in EXCHANGES:
            with self.subTest(name):
                answer = cbor2.loads(self.answers[name][1])
                self.assertEqual(shape(answer), shape(cbor2.loads(hex_of(name + "-response"))))
                schema(service).check(rule + "-response", answer)

    def test_contents_have_the_examples_shapes_and_fit_their_rules(self):
        for name, encoded in self.contents.items():
            with self.subTest(name):
                self.assertEqual(shape(cbor2.loads(encoded)), shape(cbor2.loads(hex_of(name))))
                schema(CONTENTS[name][0]).check(CONTENTS[name][1], cbor2.loads(encoded))


class TheValidator(unittest.TestCase):
    """It must be able to say no."""

    def refuses(self, text, value):
        with self.assertRaises(cddl.Mismatch):
            cddl.Schema(text).check("a", value)

    def test_it_takes_what_fits(self):
        cddl.Schema("a = { 1 => bstr .size (2..3), ? 2 => [1*2 tstr], * tstr => any }").check(
            "a", {1: b"xx", 2: ["y"], "z": None})
        cddl.Schema("a = #6.10(b / 7) b = { 1 => bstr .cbor c } c = [-1, 0..4, bool]").check(
            "a", cbor2.CBORTag(10, {1: cbor2.dumps([-1, 4, True])}))

    def test_it_refuses_what_does_not(self):
        self.refuses("a = { 1 => uint }", {1: -1})
        self.refuses("a = { 1 => uint }", {1: True})
        self.refuses("a = { 1 => uint }", {1: 1, 2: 1})
        self.refuses("a = { 1 => uint }", {})
        self.refuses("a = bstr .size 2", b"xxx")
        self.refuses("a = uint .size 1", 256)
        self.refuses("a = [+ tstr]", [])
        self.refuses("a = [1*2 tstr]", ["x", "y", "z"])
        self.refuses("a = 0..4", 5)
        self.refuses("a = #6.1(any)", cbor2.CBORTag(2, 0))
        self.refuses("a = bstr .cbor b b = 1", cbor2.dumps(2))

    def test_it_reads_no_more_than_it_knows(self):
        for text in ("a = b", "a = 1 .gt 2", "a = tstr .regexp \"x\"", "a = <b>"):
            with self.assertRaises(cddl.Unsupported):
                cddl.Schema(text)


if __name__ == "__main__":
    if len(sys.argv) > 1:
        BIN = os.path.abspath(sys.argv[1])
    if sys.argv[2:] == ["--write"]:
        write_all()
    else:
        unittest.main(argv=sys.argv[:1], verbosity=1)
