# SPDX-License-Identifier: Apache-2.0
"""DICE for claims_fuzz.py --dice: chains whose layers say what they are in DiceTcbInfo (TCG, DICE Attestation Architecture), each
certified by the one before, with mutated layers in certificates that are good; and a plain judge of them, from spec/dice-evidence.md,
spec/endorsements.md ("Matching in the general form") and the TCG's ASN.1, not from src/verifier."""
import datetime

import cbor2
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.x509.oid import NameOID

TCB_INFO = x509.ObjectIdentifier("2.23.133.5.4.1")
PURPOSE = "tag:opentps.org,2026:certificate:attestation"
SHA256, SHA384 = bytes.fromhex("608648016503040201"), bytes.fromhex("608648016503040202")
FLAGS = ("not-configured", "not-secure", "recovery", "debug")     # bits 0 to 3 of OperationalFlags
START, END = datetime.datetime(2020, 1, 1), datetime.datetime(2040, 1, 1)


# ---- DER ----

def der(tag, content):
    size = len(content)
    if size < 128:
        return bytes([tag, size]) + content
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(length)]) + length + content


def integer(number):
    return number.to_bytes(number.bit_length() // 8 + 1, "big")


class Layer:
    """What one DiceTcbInfo says; None is absent."""

    def __init__(self, vendor, model, number, version, svn, digest, flags=()):
        self.vendor, self.model, self.number, self.version, self.svn = vendor, model, number, version, svn
        self.digests, self.flags, self.index, self.info = [(SHA256, digest)], set(flags), None, None
        self.has_mask = True

    def copy(self):
        other = Layer(self.vendor, self.model, self.number, self.version, self.svn, b"")
        other.__dict__.update(self.__dict__)
        other.digests, other.flags = list(self.digests), None if self.flags is None else set(self.flags)
        return other

    def encoded(self):
        parts = [(0x80, self.vendor and self.vendor.encode()), (0x81, self.model and self.model.encode()),
                 (0x82, self.version and self.version.encode()), (0x83, self.svn is not None and integer(self.svn)),
                 (0x84, self.number is not None and integer(self.number)), (0x85, self.index is not None and integer(self.index))]
        body = b"".join(der(tag, content) for tag, content in parts if content)
        if self.digests:
            body += der(0xa6, b"".join(der(0x30, der(6, alg) + der(4, value)) for alg, value in self.digests))
        if self.flags is not None:
            body += der(0x87, bytes([4, sum(0x80 >> bit for bit, name in enumerate(FLAGS) if name in self.flags)]))
        body += der(0x88, self.info) if self.info else b""
        return der(0x30, body + (der(0x8a, b"\x04\xf0") if self.has_mask and self.flags is not None else b""))

    def tells(self, name):
        """A flag that is told; None for one that is left open, as flagsMask or its absence has it."""
        if self.flags is None or not self.has_mask and name not in self.flags:
            return None
        return name in self.flags


# ---- a maker's world, and evidence in it ----

class DiceMaker:
    def __init__(self, rng, keys):
        self.rng, self.signer, self.keys, self.certificates = rng, keys[0], keys, {}
        self.models = {}
        for model in ("Bulb 1", "Bulb 2")[:rng.choice([1, 2])]:
            self.models[model] = [[Layer("Lumen AG", model, number, f"1.{state}", 5 + state, rng.randbytes(32))
                                   for state in range(rng.choice([1, 2, 3]))] for number in range(rng.choice([1, 2, 3]))]
        self.manifests, self.triples = [], []
        for layers in self.models.values():
            for states in layers:
                self.triples += [self.triple(state) for state in states]
        comid = {1: {0: "layers"}, 4: {0: self.triples}}
        content = cbor2.CBORTag(501, {0: "layers", 1: [cbor2.CBORTag(506, cbor2.dumps(comid))]})
        protected = {1: -7, 3: "application/rim+cbor", 8: cbor2.dumps({0: {0: "Lumen AG"}})}
        self.manifests.append(self.signer.sign1(protected, cbor2.dumps(content)))

    def triple(self, state):
        values = {0: {0: state.version}, 1: self.rng.choice([cbor2.CBORTag(552, state.svn), cbor2.CBORTag(553, state.svn)]),
                  2: [[1, state.digests[0][1]]]}
        if self.rng.random() < 0.7:
            values[3] = {0: True, 3: False}
        return [{0: {1: state.vendor, 2: state.model, 3: state.number}}, [{1: values}]]

    def tell(self, peer, world, now):
        answers = peer.ask(["new", "anchor " + self.signer.pem.encode().hex()] + [f"corim {now} {one.hex()}" for one in self.manifests])
        if answers != ["ok"] + ["TPS_OK"] * (len(answers) - 1):
            raise SystemExit(f"the verifier does not take its endorsements: {answers}")
        world.triples = self.triples

    def certificate(self, issuer, issuer_name, key, name, layer):
        """Kept: most layers of most chains are as endorsed."""
        encoded = layer and layer.encoded()
        place = (issuer_name, name, encoded)
        if place not in self.certificates:
            builder = (x509.CertificateBuilder().issuer_name(named(issuer_name)).subject_name(named(name))
                       .public_key(key.key.public_key()).serial_number(1 + len(self.certificates))
                       .not_valid_before(START).not_valid_after(END)
                       .add_extension(x509.BasicConstraints(ca=layer is not None, path_length=None), True))
            if layer is None:
                builder = builder.add_extension(x509.SubjectAlternativeName([x509.UniformResourceIdentifier(PURPOSE)]), False)
            else:
                builder = builder.add_extension(x509.UnrecognizedExtension(TCB_INFO, encoded), False)
            certificate = builder.sign(issuer.key, hashes.SHA256())
            self.certificates[place] = certificate.public_bytes(serialization.Encoding.DER)
        return self.certificates[place]


def named(name):
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


class DiceCase:
    command = "appraise"

    def __init__(self, rng, maker, now):
        self.names, self.maker, self.now = [], maker, now
        self.nonce = rng.randbytes(32)
        self.told_nonce, self.exp = self.nonce, None
        model = rng.choice(list(maker.models))
        self.layers = [rng.choice(states).copy() for states in maker.models[model]]
        self.signed_by_leaf = True
        for _ in range(rng.choice([0, 1, 1, 1, 2])):
            name, mutate = rng.choice(DICE_MUTATIONS)
            if mutate(rng, self) is not False:
                self.names.append(name)
        self.token = self.sign(rng)

    def sign(self, rng):
        chain, issuer, issuer_name = [], self.maker.signer, "root"
        for number, layer in enumerate(self.layers):
            key, name = self.maker.keys[1 + number], f"layer {number}"
            chain.insert(0, self.maker.certificate(issuer, issuer_name, key, name, layer))
            issuer, issuer_name = key, name
        leaf = self.maker.keys[7]
        chain.insert(0, self.maker.certificate(issuer, issuer_name, leaf, "attestation", None))
        claims = {10: self.told_nonce, 265: "tag:opentps.org,2026:dice"}
        if self.exp is not None:
            claims[4] = self.exp
        key = leaf if self.signed_by_leaf else issuer
        return key.sign1({1: -7, 33: chain}, cbor2.dumps(claims))

    def line(self):
        return f"{self.command} {self.now} {self.nonce.hex()} - {self.token.hex()}"

    def judge(self, world):
        reasons = set()
        if self.told_nonce != self.nonce:
            reasons.add("nonce")
        if self.exp is not None and self.exp <= self.now:
            reasons.add("expired")
        if not self.layers or not self.signed_by_leaf:
            reasons.add("identity")
        if any(layer.flags for layer in self.layers):
            reasons.add("flags")
        if not are_layers_good(world.triples, self.layers):
            reasons.add("measurement")
        is_open = any(layer.tells("debug") is None or len({alg for alg, _ in layer.digests}) < len(layer.digests) for layer in self.layers)
        return DiceJudgement(reasons, is_open)


# ---- the plain judge ----

class DiceJudgement:
    def __init__(self, reasons, is_open):
        self.reasons, self.is_open, self.evidence = reasons, is_open, None


def is_same_environment(condition, layer):
    """What the reference value names must be the layer's."""
    told = {1: layer.vendor, 2: layer.model, 3: layer.number, 4: layer.index}
    return all(told[label] == value for label, value in condition[0].items())


def is_value_good(values, layer):
    if 0 in values and layer.version != values[0][0]:
        return False
    if 1 in values:
        least = values[1].tag == 553
        if layer.svn is None or (layer.svn < values[1].value if least else layer.svn != values[1].value):
            return False
    if 2 in values:
        known = {SHA256: 1, SHA384: 7}
        endorsed = dict((alg, value) for alg, value in values[2])
        common = [(endorsed[known[alg]], value) for alg, value in layer.digests if known[alg] in endorsed]
        if not common or any(a != b for a, b in common):
            return False
    for bit, value in values.get(3, {}).items():
        told = layer.tells(FLAGS[bit])
        if told is None or value != (not told if FLAGS[bit].startswith("not-") else told):
            return False
    return True


def are_layers_good(triples, layers):
    """Each layer, by itself, with one triple, which has what it claims."""
    return all(any(is_same_environment(condition, layer) and any(is_value_good(one[1], layer) for one in measurements)
                   for condition, measurements in triples) for layer in layers)


# ---- mutations ----

def one_layer(rng, case):
    return rng.choice(case.layers) if case.layers else None


def changing(change):
    def mutate(rng, case):
        layer = one_layer(rng, case)
        return change(rng, case, layer) if layer else False
    mutate.__name__ = change.__name__
    return mutate


def layer_digest_one_bit(rng, _, layer):
    alg, value = layer.digests[0] if layer.digests else (SHA256, bytes(32))
    changed = bytearray(value)
    changed[rng.randrange(len(changed))] ^= 1 << rng.randrange(8)
    layer.digests = [(alg, bytes(changed))] + layer.digests[1:]


def layer_digest_of_another(rng, case, layer):
    states = [state for layers in case.maker.models.values() for several in layers for state in several]
    layer.digests = list(rng.choice(states).digests)


def layer_more_digests(rng, _, layer):
    layer.digests.insert(rng.randint(0, len(layer.digests)), rng.choice([(SHA384, rng.randbytes(48)), (SHA256, rng.randbytes(32))]))


def layer_no_digests(_, __, layer):
    layer.digests = []


def layer_other_algorithm(rng, _, layer):
    layer.digests = [(SHA384, rng.randbytes(48))]


def layer_svn(rng, _, layer):
    layer.svn = rng.choice([None, 0, (layer.svn or 0) + 1, max(0, (layer.svn or 0) - 1), 2**31, 200])


def layer_version(rng, _, layer):
    layer.version = rng.choice([None, "1.0", "1.1", "1.2", "1.0\0", "9"])


def layer_number(rng, _, layer):
    layer.number = rng.choice([None, 0, 1, 2, 3, 255])


def layer_index(rng, _, layer):
    layer.index = rng.choice([0, 1])


def layer_vendor_or_model(rng, _, layer):
    if rng.random() < 0.5:
        layer.vendor = rng.choice([None, "Lumen", "Lumen AG\0", "lumen ag"])
    else:
        layer.model = rng.choice([None, "Bulb 1", "Bulb 2", "Bulb"])


def layer_flags(rng, _, layer):
    layer.flags = rng.choice([None, set(), {rng.choice(FLAGS)}, {rng.choice(FLAGS)}, set(FLAGS)])
    layer.has_mask = rng.random() < 0.5


def layer_vendor_info(rng, _, layer):
    layer.info = rng.randbytes(8)


def another_state_of_a_layer(rng, case, layer):
    for layers in case.maker.models.values():
        for states in layers:
            if states[0].number == layer.number and states[0].model == layer.model:
                case.layers[case.layers.index(layer)] = rng.choice(states).copy()
                return


def layer_twice(rng, case, layer):
    if len(case.layers) < 5:
        case.layers.insert(rng.randint(0, len(case.layers)), layer.copy())


def two_states_of_a_layer(rng, case, layer):
    before = len(case.layers)
    layer_twice(rng, case, layer)
    if len(case.layers) > before:
        another_state_of_a_layer(rng, case, layer)


def layer_dropped(_, case, layer):
    case.layers.remove(layer)


def layers_in_another_order(rng, case, _):
    rng.shuffle(case.layers)


def other_nonce(rng, case, _):
    case.told_nonce = rng.choice([rng.randbytes(32), case.nonce[:-1], case.nonce + b"\0"])


def time_is_over(rng, case, _):
    case.exp = case.now + rng.choice([-1, 0, 1])


def signed_by_the_layer(_, case, __):
    case.signed_by_leaf = False


DICE_MUTATIONS = [(one.__name__, changing(one)) for one in (
    layer_digest_one_bit, layer_digest_of_another, layer_more_digests, layer_no_digests, layer_other_algorithm, layer_svn, layer_version,
    layer_number, layer_index, layer_vendor_or_model, layer_flags, layer_vendor_info, another_state_of_a_layer, layer_twice,
    two_states_of_a_layer, layer_dropped, layers_in_another_order, other_nonce, time_is_over, signed_by_the_layer)]
