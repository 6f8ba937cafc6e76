# SPDX-License-Identifier: Apache-2.0
"""Random requests, made from the interfaces' own description, against a server built with sanitizers: no answer is 5xx, each is
one that the description names, with a body that fits its schema, and nothing of another tenant is ever in it.

    server_random.py tps [--requests N] [--seed S]

A failure names the seed and the request."""

import argparse
import email.message
import json
import os
import random
import re
import sys
import time
import urllib.parse

import cbor2
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

import openapi_schema
import server_support
from server_api_support import Client, Provider
from server_interface import certificate
from server_support import Answer

CANARY = "canary-of-the-other-tenant"

# What the server may answer before a request is understood, as the document says in its description.
BEFORE = {400, 405, 408, 411, 413, 414, 417, 431, 501, 505}


def corim(vendor):
    class_id = (vendor.encode() * 32)[:32]
    comid = {1: {0: "tag:" + vendor}, 4: {0: [[{0: {0: cbor2.CBORTag(560, class_id), 1: vendor, 2: "Bulb"}}, [{1: {2: [[1, class_id]]}}]]]}}
    return cbor2.dumps(cbor2.CBORTag(501, {0: "corim of " + vendor, 1: [cbor2.CBORTag(506, cbor2.dumps(comid))]}))


def fill(client, name):
    """A tenant with one of each, all of which say the name; what was answered."""
    root = certificate(name, ec.generate_private_key(ec.SECP256R1()))
    lua = f'policy {{ name = "{name}", version = "1" }}'.encode()
    answers = [
        client("POST", "/api/v1/anchors", root.public_bytes(Encoding.PEM), "application/x-pem-file"),
        client("POST", "/api/v1/endorsements", corim(name), "application/rim+cbor"),
        client("POST", "/management/v1/policy/PSA_IOT?name=" + name, lua, "application/vnd.opentps.policy+lua"),
        client("PUT", "/api/v1/revocations/" + name, {"revoked": [{"kind": "device", "value": "01" * 33, "reason": name}]}),
        client("POST", "/api/v1/tokens", {"name": name, "scopes": ["read"]}),
        client("PUT", "/api/v1/administrators/" + name, {"scopes": ["read"], "certificate": {"subject": "CN=" + name}}),
        client("POST", "/challenge-response/v1/newSession"),
        client("POST", "/api/v1/keys"),
    ]
    for answer in answers:
        assert answer.status in (200, 201), (name, answer)
    return answers


def ids_in(answer):
    """What could be asked for by name or id, in an answer."""
    found = set(re.findall(r'"(?:id|uuid|name|kid)":"([^"]{1,128})"', answer.body.decode("utf-8", "replace")))
    if "Location" in answer.fields:
        found.add(answer.fields["Location"].rsplit("/", 1)[-1])
    return found


class Generator:
    """Requests from the document: mostly good ones, with what was answered before; some that are broken on purpose."""

    def __init__(self, document, rng, bodies):
        self.document, self.rng, self.bodies = document, rng, bodies
        self.operations = list(openapi_schema.operations(document))
        self.strange = ["none", "00000000-0000-4000-8000-000000000000", "0" * 64]
        self.ids = {}      # what was answered, by what stands before it in paths
        self.foreign = []  # ids of the other tenant
        self.tags = ['"1"', "*", "rubbish", 'W/"7"', ""]

    def learn(self, path, answer):
        place = path.split("{")[0].rstrip("/") + "/"
        place = place.replace("newSession", "session").replace("/management/v1/policies/", "/api/v1/policies/").replace(
            "/management/v1/policy/", "/api/v1/policies/")
        known = self.ids.setdefault(place, [])
        known += sorted(ids_in(answer) - set(known) - {"default"})  # which is a route of its own
        del known[:-12]
        if "ETag" in answer.fields:
            self.tags = self.tags[:5] + self.tags[-5:] + [answer.fields["ETag"]]

    def value(self, parameter):
        if parameter["in"] == "header" and parameter["name"].startswith("If-"):
            return self.rng.choice(self.tags)
        if self.rng.random() < 0.1:
            return self.rng.choice(("", "0", "-1", "99999999999999999999", "\x00", "é", "a" * 300, "%", "../..", '"', "1e3"))
        return str(openapi_schema.make(self.document, parameter["schema"], self.rng))

    def path_value(self, path, parameter, makes):
        if parameter["name"] not in ("id", "name") or self.rng.random() < 0.1:
            return self.value(parameter)
        place = "/api/v1/policies/" if path.startswith("/management") else path.split("{")[0]
        known = self.ids.get(place, []) or self.strange
        return self.rng.choice(self.rng.choices((known, known if makes else self.foreign, self.strange), (7, 2, 1))[0])

    def target(self, path, operation):
        query, fields, described = [], {}, path
        for parameter in operation.get("parameters", []):
            parameter = openapi_schema.resolve(self.document, parameter)
            if parameter["in"] == "path":
                path = path.replace("{%s}" % parameter["name"], urllib.parse.quote(self.path_value(described, parameter, "put" in operation["operationId"]), safe="") or "x")
            elif self.rng.random() < 0.4:
                if parameter["in"] == "query":
                    query.append((parameter["name"], self.value(parameter)))
                else:
                    fields[parameter["name"]] = self.value(parameter)
        if query and self.rng.random() < 0.05:
            query.append(query[0])
        return path + ("?" + urllib.parse.urlencode(query, quote_via=urllib.parse.quote) if query else ""), fields

    def body(self, operation):
        """(bytes, media type) or (None, None)."""
        content = operation.get("requestBody", {}).get("content", {})
        if not content:
            return (b"{}", "application/json") if self.rng.random() < 0.05 else (None, None)
        type = self.rng.choice(sorted(content))
        if "schema" in content[type]:
            value = openapi_schema.make(self.document, content[type]["schema"], self.rng)
            if self.rng.random() < 0.1 and isinstance(value, dict):
                value[self.rng.choice(("more", "name", "scopes"))] = self.rng.choice((None, 1, "x", [], {}))
            body = json.dumps(value, ensure_ascii=self.rng.random() < 0.5).encode()
        else:
            body = self.rng.choice(self.bodies.get(type.split(";")[0], [b"rubbish"]))
        if self.rng.random() < 0.1:
            body = self.broken(body)
        if self.rng.random() < 0.05:
            type = self.rng.choice(("text/plain", "application/json", "application/vnd.veraison.policy.opa", "x"))
        return body, type

    def broken(self, body):
        place = self.rng.randrange(len(body) + 1)
        return self.rng.choice((body[:place], body[:place] + bytes([self.rng.randrange(256)]) + body[place + 1:], body + b"x", b""))

    def request(self):
        method, path, operation, entry = self.rng.choice(self.operations)
        target, fields = self.target(path, operation)
        body, type = self.body(operation)
        return method, path, target, operation, fields, body, type


class Fault(Exception):
    pass


def check(document, operation, answer, method):
    if answer.status >= 500:
        raise Fault(f"{answer.status}")
    response = openapi_schema.resolve(document, operation["responses"].get(str(answer.status), {}))
    if not response:
        if answer.status not in BEFORE:
            raise Fault(f"{answer.status} is not described")
        response = {"content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}}
    content = response.get("content", {})
    if not content:
        if answer.body:
            raise Fault(f"{answer.status} has a body, which is not described")
        return
    message = email.message.Message()
    message["Content-Type"] = answer.fields.get("Content-Type", "")
    described = next((v for t, v in content.items() if t.split(";")[0] == message.get_content_type()), None)
    if described is None:
        raise Fault(f"{answer.status} is of {message.get_content_type()}, which is not described")
    if "schema" in described:
        found = list(openapi_schema.faults(document, described["schema"], json.loads(answer.body)))
        if found:
            raise Fault(f"{answer.status}: " + "; ".join(found[:3]))
    for name in response.get("headers", {}):
        if name in ("ETag", "Location") and name not in answer.fields and answer.status in (200, 201) and name != "ETag":
            raise Fault(f"{answer.status} lacks {name}")


def bodies():
    """Of types that have no schema: something that is right, or nearly."""
    pem = certificate("a maker", ec.generate_private_key(ec.SECP256R1()))
    found = {"application/x-pem-file": [pem.public_bytes(Encoding.PEM), b"-----BEGIN X509 CRL-----\nAAAA\n-----END X509 CRL-----\n"],
             "application/pem-certificate-chain": [pem.public_bytes(Encoding.PEM)],
             "application/pkix-cert": [pem.public_bytes(Encoding.DER)],
             "application/vnd.opentps.policy+lua": [b'policy { name = "x", version = "1" }', b"policy {", b'policy { name = "y", version = "2" }\nfoo()'],
             "application/rim+cbor": [corim("Lumen AG"), corim("Other"), b"\xd9\x01\xf5\xa0"], "application/rim+cose": [corim("Lumen AG"), b"\xd2\x84"]}
    try:
        evidence = server_support.vector("psa-evidence.cbor")
        for type in "application/psa-attestation-token", "application/eat-cwt", "application/cmw":
            found[type] = [evidence, b"rubbish", b"\x82\x61\x61\x40"]
        found["application/rim+cbor"].append(server_support.vector("psa-endorsements.cbor"))
    except Exception:  # without the vectors, with what is here
        pass
    return found


class Run:
    def __init__(self, server, seed):
        self.server = server
        self.rng = random.Random(seed)
        self.document = openapi_schema.load()
        self.other = server.tenant(CANARY, allow_unsigned=True)
        self.secrets = {CANARY.encode(), self.other.token.encode()}
        foreign = set().union(*(ids_in(a) for a in fill(self.other, CANARY)))
        self.clients = []
        self.generator = Generator(self.document, self.rng, bodies())
        self.generator.foreign = sorted(foreign)
        self.secrets |= {id.encode() for id in foreign if len(id) > 16}
        self.renew()

    def renew(self):
        """A fresh tenant that is played with: settings and keys of the one before may be anything by now."""
        name = "played-%d" % len(self.clients)
        mine = self.server.tenant(name, allow_unsigned=True)
        fill(mine, "mine")
        self.mine = mine
        self.clients.append(mine)
        for old in self.clients[:-1]:
            old.close()
        self.reader = Client(self.server, mine("POST", "/api/v1/tokens", {"name": "r", "scopes": ["read"]}).json()["token"], name)
        self.anybody = Client(self.server, None, name)
        self.outsider, self.nobody = Client(self.server, mine.token), Client(self.server)
        self.generator.ids = {}
        self.stranger = Client(self.server, self.other.token, name)

    def client(self, entry):
        if "servers" in entry:  # the operator's; or nobody, or somebody else asks for it
            return self.rng.choices((self.server.operator, self.outsider, self.nobody), (4, 1, 1))[0]
        return self.rng.choices((self.mine, self.reader, self.anybody, self.stranger), (12, 2, 1, 1))[0]

    def one(self):
        method, path, target, operation, fields, body, type = self.generator.request()
        client = self.client(self.document["paths"][path])
        if client is self.server.operator and (CANARY in target or "played" in target):
            return 0  # who may do all would
        if operation["operationId"] in ("changeSettings",) and body and b"second" in body:
            return 0  # limits of requests answer 429, and sessions of seconds end: nothing is learnt
        sent = {n.replace("-", "_"): v for n, v in fields.items()}
        try:
            sent = {n: v.encode("latin-1").decode("latin-1") for n, v in sent.items() if not re.search(r"[\r\n\x00]", v)}
        except UnicodeEncodeError:
            return 0
        answer = client(method, target, body, type, **sent)
        sent_here = target.encode() + (body or b"") + urllib.parse.unquote_to_bytes(target)
        try:
            check(self.document, operation, answer, method)
            for secret in self.secrets if client is not self.server.operator else ():
                if secret in answer.body + str(dict(answer.fields)).encode() and secret not in sent_here:
                    raise Fault(f"{secret} of the other tenant is in the answer")
        except (Fault, ValueError) as fault:
            raise Fault(f"{fault}\n{method} {client.tenant}{target} {fields} {type}\n{body!r:.2000}\n{answer}") from None
        if client in (self.mine, self.server.operator):
            self.generator.learn(path, answer)
        return answer.status


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("--requests", type=int, default=int(os.environ.get("TPS_RANDOM_REQUESTS", "1000")))
    parser.add_argument("--seed", type=int, default=None)
    arguments = parser.parse_args()
    seed = arguments.seed if arguments.seed is not None else random.SystemRandom().randrange(1 << 32)
    server_support.PROGRAM = arguments.program
    counts, begun = {}, time.monotonic()
    with Provider() as server:
        run = Run(server, seed)
        before = state(run.other)
        for i in range(arguments.requests):
            if i % 250 == 249:
                run.renew()
            try:
                status = run.one()
            except Fault as fault:
                print(f"seed {seed}, request {i}: {fault}")
                return 1
            counts[status] = counts.get(status, 0) + 1
        if state(run.other) != before:
            print(f"seed {seed}: the other tenant has changed")
            return 1
    counts.pop(0, None)
    print(f"seed {seed}: {sum(counts.values())} requests in {time.monotonic() - begun:.1f} s: " +
          ", ".join(f"{n} of {s}" for s, n in sorted(counts.items())))
    good = sum(n for s, n in counts.items() if s < 300)
    return 0 if good * 10 > sum(counts.values()) or arguments.requests < 200 else 1


def state(client):
    return [client("GET", "/api/v1/" + name).json()
            for name in ("anchors", "endorsements", "policies", "revocations", "crls", "tokens", "administrators", "settings")]


if __name__ == "__main__":
    sys.exit(main())
