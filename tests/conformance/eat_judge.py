#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Claims of RFC 9711 in both encodings against Python: thousands of claims sets are made from a fixed seed, each written here
as JSON and, by cbor2, as CBOR, from the tables of RFC 9711 and not from our code. Ours must turn the one into the other, byte for
byte, both ways.

usage: eat_judge.py PROGRAM    (tests/conformance/eat_turn.c)"""
import base64
import json
import random
import struct
import subprocess
import sys

import cbor2

COUNT = 1500


def b64(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


class Maker:
    """Makes values, each as a pair: what stands in JSON, and what stands in CBOR."""

    def __init__(self, rng):
        self.rng = rng

    def bytes(self, low, high):
        data = self.rng.randbytes(self.rng.randint(low, high))
        return b64(data), data

    def text(self):
        alphabet = "abcXYZ019 _-./:\"\\\n\t\x00\x7fäß€\u2028😀"
        return self.same("".join(self.rng.choice(alphabet) for _ in range(self.rng.randint(0, 30))))

    @staticmethod
    def same(value):
        return value, value

    def whole(self, low=0, high=2**64 - 1):
        return self.same(self.rng.choice([low, high, self.rng.randint(low, high), min(high, max(low, 23 + self.rng.randint(0, 2)))]))

    def number(self):
        if self.rng.random() < 0.5:
            return self.whole(-2**40, 2**40)
        real = self.rng.choice([0.5, -0.0, 1.5, 1e300, 5e-324, 1024.0, 65536.0, 0.1, 3.4028234663852886e38,
                                struct.unpack(">d", self.rng.randbytes(8))[0]])
        return self.same(real if abs(real) < float("inf") else 2.5)

    def named(self, *names):
        """One of (name, number)."""
        return self.rng.choice(names)

    def list(self, make, low=1, high=4):
        pairs = [make() for _ in range(self.rng.randint(low, high))]
        return [j for j, _ in pairs], [c for _, c in pairs]

    def tuple(self, *pairs):
        return [j for j, _ in pairs], [c for _, c in pairs]

    def map(self, make, low=1, high=4):
        names = {self.rng.choice("abcdefgh") * self.rng.randint(1, 30) for _ in range(self.rng.randint(low, high))}
        pairs = {name: make() for name in names}
        return {n: p[0] for n, p in pairs.items()}, {n: p[1] for n, p in pairs.items()}

    # ---- claims ----

    def nonce(self):
        return self.bytes(8, 64) if self.rng.random() < 0.5 else self.list(lambda: self.bytes(8, 64), 2)

    def oemid(self):
        return self.rng.choice([lambda: self.whole(0, 2**32 - 1), lambda: self.bytes(3, 3), lambda: self.bytes(16, 16)])()

    def version(self):
        schemes = [("multipartnumeric", 1), ("multipartnumeric-suffix", 2), ("alphanumeric", 3), ("decimal", 4),
                   ("semver", 16384), (5, 5), (-70000, -70000), ("own", "own")]
        return self.tuple(self.text()) if self.rng.random() < 0.5 else self.tuple(self.text(), self.rng.choice(schemes))

    def location(self):
        names = ["latitude", "longitude", "altitude", "accuracy", "altitude-accuracy", "heading", "speed"]
        pairs = {(n, i + 1): self.number() for i, n in enumerate(names) if i < 2 or self.rng.random() < 0.5}
        if self.rng.random() < 0.5:
            pairs[("timestamp", 8)] = self.whole(-2**40, 2**40)
            pairs[("age", 9)] = self.whole(0, 2**40)
        return {k[0]: p[0] for k, p in pairs.items()}, {k[1]: p[1] for k, p in pairs.items()}

    def profile(self):
        return self.rng.choice([("tag:example.com,2026:x", "tag:example.com,2026:x"),
                                ("1.3.6.1.4.1.4128", bytes.fromhex("2b06010401a020")), ("2.999", b"\x88\x37")])

    def manifest(self):
        content = self.bytes(0, 90) if self.rng.random() < 0.7 else self.same("{\"a\": \"b\"}")
        return self.tuple(self.whole(0, 65535), content)

    def measurement(self):
        return self.tuple(self.whole(0, 65535), self.bytes(0, 90))

    def result(self):
        return self.tuple(self.text(), self.named(("success", 1), ("fail", 2), ("not-run", 3), ("absent", 4)))

    def cnf(self):
        if self.rng.random() < 0.5:
            j, c = self.bytes(1, 20)
            return {"kid": j}, {3: c}
        (xj, xc), (yj, yc) = self.bytes(32, 32), self.bytes(32, 32)
        return ({"jwk": {"kty": "EC", "crv": "P-256", "alg": "ESP256", "x": xj, "y": yj}},
                {1: {1: 2, 3: -9, -1: 1, -2: xc, -3: yc}})

    def submodule(self, depth):
        def cbor_token():
            data = cbor2.dumps(cbor2.CBORTag(18, [b"", {}, self.rng.randbytes(9), b""]))
            return ["CBOR", b64(data)], data

        def digest():
            j, c = self.bytes(32, 32)
            return ["DIGEST", [-16, j]], [-16, c]

        def json_token():
            token = ["JWT", ".".join(self.bytes(1, 20)[0] for _ in range(3))]
            return token, json.dumps(token, separators=(",", ":"))

        return self.rng.choice([cbor_token, digest, json_token] + [lambda: self.claims(depth + 1)] * (depth < 4))()

    def anything(self, depth=0):
        leaf = [self.text, self.number, lambda: self.same(None), lambda: self.same(True), lambda: self.same(False)]
        if depth < 3:
            leaf += [lambda: self.list(lambda: self.anything(depth + 1), 0), lambda: self.map(lambda: self.anything(depth + 1), 0)]
        return self.rng.choice(leaf)()

    def claims(self, depth=0):
        debug = [("enabled", 0), ("disabled", 1), ("disabled-since-boot", 2), ("disabled-permanently", 3),
                 ("disabled-fully-and-permanently", 4)]
        uses = [("generic", 1), ("registration", 2), ("provisioning", 3), ("csr", 4), ("pop", 5)]
        known = [
            ("iss", 1, self.text), ("sub", 2, self.text), ("aud", 3, lambda: self.rng.choice([self.text, lambda: self.list(self.text)])()),
            ("exp", 4, lambda: self.rng.choice([self.same(1.5), self.whole(0, 2**40)])), ("nbf", 5, lambda: self.whole(-2**40, 0)),
            ("iat", 6, lambda: self.whole(0, 2**40)), ("jti", 7, lambda: self.bytes(0, 20)), ("cnf", 8, self.cnf),
            ("scope", 9, self.text), ("eat_nonce", 10, self.nonce), ("cnonce", 39, lambda: self.bytes(1, 9)),
            ("ueid", 256, lambda: self.bytes(7, 33)), ("sueids", 257, lambda: self.map(lambda: self.bytes(7, 33))),
            ("oemid", 258, self.oemid), ("hwmodel", 259, lambda: self.bytes(1, 32)), ("hwversion", 260, self.version),
            ("uptime", 261, self.whole), ("oemboot", 262, lambda: self.same(self.rng.random() < 0.5)),
            ("dbgstat", 263, lambda: self.named(*debug)), ("location", 264, self.location), ("eat_profile", 265, self.profile),
            ("submods", 266, lambda: self.map(lambda: self.submodule(depth))), ("bootcount", 267, self.whole),
            ("bootseed", 268, lambda: self.bytes(0, 200)), ("swname", 270, self.text), ("swversion", 271, self.version),
            ("dloas", 269, lambda: self.list(lambda: self.tuple(*[self.text() for _ in range(self.rng.randint(2, 3))]))),
            ("manifests", 272, lambda: self.list(self.manifest)), ("measurements", 273, lambda: self.list(self.measurement)),
            ("measres", 274, lambda: self.list(lambda: self.tuple(self.text(), self.list(self.result)))),
            ("intuse", 275, lambda: self.named(*uses))]
        in_json, in_cbor = {}, {}
        for name, label, make in self.rng.sample(known, self.rng.randint(0, 8 if depth == 0 else 3)):
            in_json[name], in_cbor[label] = make()
        for i in range(self.rng.randint(0, 2)):
            in_json["own%d" % i], in_cbor["own%d" % i] = self.anything()
        return in_json, in_cbor


def same(a, b):
    """Equal, and 1.0 no 1, and -0.0 no 0.0."""
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(same(a[k], b[k]) for k in a)
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(same(x, y) for x, y in zip(a, b))
    return type(a) is type(b) and repr(a) == repr(b)


def main():
    rng = random.Random(9711)
    cases = [Maker(rng).claims() for _ in range(COUNT)]
    stream = b""
    for in_json, in_cbor in cases:
        # without white space: a nested token in JSON stays as it is written
        text = json.dumps(in_json, ensure_ascii=rng.random() < 0.5, separators=(",", ":")).encode()
        cbor = cbor2.dumps(in_cbor, canonical=True)
        stream += b"j" + struct.pack(">I", len(text)) + text + b"c" + struct.pack(">I", len(cbor)) + cbor
    lines = subprocess.run([sys.argv[1]], input=stream, stdout=subprocess.PIPE, check=True).stdout.split(b"\n")
    bad = 0
    for i, (in_json, in_cbor) in enumerate(cases):
        expected = cbor2.dumps(in_cbor, canonical=True).hex()
        for way, line in zip("jc", lines[2 * i:2 * i + 2]):
            status, cbor, text = line.decode().split(" ", 2)
            if status != "TPS_OK" or cbor != expected or not same(json.loads(text), in_json):
                bad += 1
                print("%s: %s\n  JSON     %s\n  must be  %s\n  CBOR     %s\n  must be  %s"
                      % (way, status, text, json.dumps(in_json), cbor, expected))
                if bad == 3:
                    return 1
    print("eat: %d claims sets, both ways: %d differ" % (COUNT, bad))
    return 1 if bad or len(lines) != 2 * COUNT + 1 else 0


if __name__ == "__main__":
    sys.exit(main())
