# SPDX-License-Identifier: Apache-2.0
"""The signed vectors: what each is, how it is judged good, and how it is changed."""
import base64
import itertools
import json
import os

import cbor2
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from mutations import jose, judge
from mutations.signed import cose_mutations, nonces, quote_mutations, signed_again, wrappers

NOW = 1790000000
NONCE = base64.b64decode("QUp8F0FBs9DpodKK8xUg8NQimf6sQAfe2J1ormzZLxk=")
PSA, OLDER = 'application/eat+cwt; eat_profile="tag:psacertified.org,2023:psa#tfm"', \
    'application/eat+cwt; eat_profile="http://arm.com/psa/2.0.0"'
PSA_FORMAT = 10003
QUOTE = "application/vnd.opentps.tpm2-quote+cbor"


def read(root, name):
    with open(os.path.join(root, name), "rb") as file:
        return file.read()


def affirmed(root):
    """The answer that Veraison's verifier gives, too: its vector of the good token, and no finding."""
    good = json.loads(read(root, "veraison/expected-ear-psa.good.json"))["PSA_IOT"]
    names = ("instance-identity", "configuration", "executables", "file-system", "hardware", "runtime-opaque",
             "storage-opaque",
             "sourced-data")
    return good["ear.status"] + "," + " ".join(str(good["ear.trustworthiness-vector"][name]) for name in names)


class Evidence:
    def __init__(self, name, what, data, good, world, judge_one, mutations):
        self.name, self.what, self.data, self.good, self.world = name, what, data, good, world
        self.judge, self.mutations = judge_one, mutations


class Result:
    def __init__(self, name, what, data, key):
        self.name, self.what, self.data, self.key = name, what, data, key
        self.public = serialization.load_pem_public_key(key)

    def judge(self, data):
        return jose.judge(data, self.public)

    def mutations(self, _):
        yield "as published", self.data
        yield from jose.mutations(self.data.strip(), [("another key", lambda signed: raw_signature(STRANGER, signed))])


# ---- keys

STRANGER = ec.derive_private_key(0x51a9e2, ec.SECP256R1())


def raw_signature(key, signed):
    r, s = decode_dss_signature(key.sign(signed, ec.ECDSA(hashes.SHA256())))
    return r.to_bytes(32, "big") + s.to_bytes(32, "big")


def jwk(data, private=False):
    members = {name: int.from_bytes(base64.urlsafe_b64decode(value + "=" * (-len(value) % 4)), "big")
               for name, value in json.loads(data).items() if name in ("x", "y", "d")}
    public = ec.EllipticCurvePublicNumbers(members["x"], members["y"], ec.SECP256R1())
    return ec.EllipticCurvePrivateNumbers(members["d"], public).private_key() if private else public.public_key()


def pem(key):
    return key.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)


def signer(key):
    return lambda context, protected, payload: raw_signature(key, judge.structure(context, protected, payload))


def quote_signer(key):
    def sign(attest):
        made = raw_signature(key, attest)
        return made[:32], made[32:]
    return sign


# ---- endorsements for tokens that are published without

def endorsements(claims, key=None):
    """A manifest of the PSA's older profile: what the token says is what is endorsed."""
    environment = {0: cbor2.CBORTag(600, claims[2396]), 1: "Example", 2: "Chip"}
    references = [{0: cbor2.CBORTag(601, {label: one[label] for label in (1, 4, 5) if label in one}),
                   1: {2: [[1, one[2]]]}}
                  for one in claims[2399]]
    triples = {0: [[{0: environment}, references]]}
    if key is not None:
        triples[3] = [[{0: environment, 1: cbor2.CBORTag(550, claims[256])}, [cbor2.CBORTag(554, pem(key).decode())]]]
    comid = cbor2.dumps({1: {0: "example"}, 4: triples})
    return cbor2.dumps(cbor2.CBORTag(501, {0: "example", 1: [cbor2.CBORTag(506, comid)],
                                           3: "http://arm.com/psa/iot/1"}))


def _psa(root, name, what, slot, corim, teach, key, nonce, kind, others, private=None):
    data = read(root, name)
    claims = cbor2.loads(cbor2.loads(data).value[2])
    teach("new", slot)
    teach("corim", slot, corim if corim is not None else endorsements(claims, key))
    world = judge.World(slot, nonce or claims[10], {claims[256]: key})
    foreign, foreign_format = (PSA, PSA_FORMAT) if kind == OLDER else (OLDER, None)

    def mutations(random):
        return itertools.chain(cose_mutations(data, world.nonce, others, random),
                               wrappers(data, kind, foreign, foreign_format),
                               signed_again(data, signer(private), world) if private is not None else ())
    return Evidence(name, what, data, affirmed(root), world, judge.judge_token, mutations)


def _mac(root, teach):
    data, secret = read(root, "psa/psa-mac0.cbor"), read(root, "psa/tfm-hs-iak.bin")
    claims = cbor2.loads(cbor2.loads(data).value[2])
    teach("new", 3)
    teach("mac", 3, secret)
    teach("corim", 3, endorsements(claims))
    world = judge.World(3, claims[10], secrets=[secret])
    others = [("another secret", lambda context, protected, payload: judge.code_of(bytes(64), 5, protected, payload)),
              ("a short code", lambda context, protected, payload: judge.code_of(secret, 5, protected, payload)[:16]),
              ("a key instead", signer(STRANGER))]

    def mutations(random):
        return itertools.chain(cose_mutations(data, world.nonce, others, random), wrappers(data, PSA, OLDER, None),
                               signed_again(
            data, lambda context, protected, payload: judge.code_of(secret, 5, protected, payload), world))
    return Evidence("psa/psa-mac0.cbor", "PSA token (RFC 9783) under tfm-hs-iak.bin; endorsements made of its claims",
                    data,
                    affirmed(root), world, judge.judge_token, mutations)


def _quote(root, teach):
    data, key = read(root, "tpm/enacttrust-basic.token"), read(root, "tpm/enacttrust-basic-pub.pem")
    teach("new", 4)
    teach("corim", 4, read(root, "veraison/corim-enacttrust-valid.cbor"))
    world = judge.World(4, b"", {data[:16]: serialization.load_pem_public_key(key)})
    others = [("another key", quote_signer(STRANGER))]

    def mutations(random):
        return itertools.chain(quote_mutations(data, others, random), nonces(data, NONCE),
                               wrappers(data, QUOTE, PSA, None))
    return Evidence("tpm/enacttrust-basic.token",
                    "quote of a TPM 2.0 under corim-enacttrust-valid.cbor; it has no nonce, so "
                    "all but its freshness is good", data, "warning,0 0 2 0 2 0 0 0;freshness.not-judged=TPS_OK", world,
                    judge.judge_quote, mutations)


def signed(root, teach):
    """The pieces of evidence; `teach` tells the peer's verifiers what they trust."""
    published = jwk(read(root, "veraison/psa-evidence-pub.jwk"))
    private = jwk(read(root, "psa/tfm-es-iak.json"), private=True)
    strangers = [("another key", signer(STRANGER))]
    yield _psa(root, "veraison/psa-evidence.cbor", "PSA token of the older profile under psa-endorsements.cbor", 0,
               read(root, "veraison/psa-endorsements.cbor"), teach, published, NONCE, OLDER, strangers)
    yield _psa(root, "veraison/psa.good.cose", "the same claims, signed again; under psa-endorsements.cbor", 1,
               read(root, "veraison/psa-endorsements.cbor"), teach, jwk(read(root, "veraison/psa.good-pub.jwk")), NONCE,
               OLDER,
               strangers)
    yield _psa(root, "psa/psa-sign1.cbor",
               "PSA token (RFC 9783) under tfm-es-iak.json; endorsements made of its claims", 2, None,
               teach, private.public_key(), None, PSA, strangers, private)
    yield _mac(root, teach)
    yield _quote(root, teach)


def results(root):
    yield Result("ear/ear.jwt", "result in a JWT under ear-verifier-pub.pem", read(root, "ear/ear.jwt"),
                 read(root, "ear/ear-verifier-pub.pem"))
