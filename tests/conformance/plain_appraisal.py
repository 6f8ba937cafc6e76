#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Appraisal of evidence, once more and plainly: written from RFC 8949, RFC 9783, RFC 9711, spec/device-profile.cddl,
spec/endorsements.md, draft-ietf-rats-corim-10 and docs/policy.md, not from src/verifier. It is slow, keeps no index, and walks every
manifest anew for each piece of evidence. claims_fuzz.py holds the verifier against it.

    world = World()
    world.add(manifest)                    # CoRIMs, as the verifier got them; their signatures are taken to be good
    judge(world, evidence, nonce, aud, now).reasons   # a set; empty when the evidence is affirming

The judge has three words for a cause: `malformed` (not as the profile says), `measurement` (the software is not that of the
reference values), and one a fact besides (`nonce`, `identity`, `lifecycle`, ...). Where the specifications leave open whether a
receiver takes a form (lengths that are longer than need be, indefinite lengths, members that are unknown), `is_open` is true: then
refusing is right, and so is taking it, if all else is good."""
import cbor2
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, utils
from cryptography.hazmat.primitives.serialization import load_pem_public_key

PSA_PROFILE = "tag:psacertified.org,2023:psa#tfm"
PSA_2_0_0 = "http://arm.com/psa/2.0.0"
DEVICE_PROFILE = "tag:opentps.org,2026:device"
SOFTWARE_PROFILES = ("tag:arm.com,2025:psa#1.0.0", "tag:opentps.org,2026:endorsements")
SOFTWARE_ELEMENTS = ("psa.software-component", "opentps.software-component")
LEGACY_PROFILE = "http://arm.com/psa/iot/1"


class Malformed(Exception):
    pass


# ---- CBOR (RFC 8949), with what a library hides: keys that come twice, and forms ----

class Map:
    def __init__(self, pairs):
        self.pairs = pairs

    def get(self, label, default=None):
        for key, value in self.pairs:
            if type(key) is type(label) and key == label:
                return value
        return default

    def has(self, label):
        return any(type(key) is type(label) and key == label for key, _ in self.pairs)

    def check_keys(self):
        keys = [(type(key).__name__, repr(key)) for key, _ in self.pairs]
        if len(set(keys)) != len(keys):
            raise Malformed("a key comes twice")


class Tag:
    def __init__(self, number, value):
        self.number, self.value = number, value


class Simple:
    """A float, undefined, or a simple value without a meaning."""

    def __init__(self, content):
        self.content = content

    def __repr__(self):
        return f"Simple({self.content})"


class Reader:
    def __init__(self, data):
        self.data, self.at, self.is_open = data, 0, False

    def take(self, size):
        if self.at + size > len(self.data):
            raise Malformed("truncated")
        part = self.data[self.at:self.at + size]
        self.at += size
        return part

    def head(self):
        first = self.take(1)[0]
        major, info = first >> 5, first & 31
        if info < 24:
            return major, info, info
        if info < 28:
            size = 1 << (info - 24)
            value = int.from_bytes(self.take(size), "big")
            shortest = 24 if size == 1 else 1 << (4 * size)
            if major != 7 and value < shortest:
                self.is_open = True
            return major, info, value
        if info < 31:
            raise Malformed("reserved")
        return major, info, None

    def chunks(self, major):
        self.is_open = True
        parts = []
        while self.data[self.at:self.at + 1] != b"\xff":
            inner, _, size = self.head()
            if inner != major or size is None:
                raise Malformed("bad chunk")
            part = self.take(size)
            parts.append(self.text(part) if major == 3 else part)
        self.at += 1
        return ("" if major == 3 else b"").join(parts)

    @staticmethod
    def text(part):
        try:
            return part.decode("utf-8")
        except UnicodeDecodeError:
            raise Malformed("not UTF-8") from None

    def several(self, count, each):
        if count is not None:
            return [each() for _ in range(count)]
        self.is_open = True
        found = []
        while self.data[self.at:self.at + 1] != b"\xff":
            found.append(each())
        self.at += 1
        return found

    def item(self, depth=0):
        if depth > 12:
            raise Malformed("deep")
        major, info, value = self.head()
        if value is None and major in (0, 1, 6):
            raise Malformed("no length")
        if major == 0:
            return value
        if major == 1:
            return -1 - value
        if major in (2, 3):
            if value is None:
                return self.chunks(major)
            part = self.take(value)
            return self.text(part) if major == 3 else part
        if major == 4:
            return self.several(value, lambda: self.item(depth + 1))
        if major == 5:
            return Map(self.several(value, lambda: (self.item(depth + 1), self.item(depth + 1))))
        if major == 6:
            return Tag(value, self.item(depth + 1))
        return self.simple(info, value)

    @staticmethod
    def simple(info, value):
        if value is None:
            raise Malformed("a break that ends nothing")
        if info == 24 and value < 32:
            raise Malformed("reserved")
        if info < 24 and value in (20, 21, 22):
            return {20: False, 21: True, 22: None}[value]
        return Simple((info, value))


def read_cbor(data):
    """One item and nothing behind it; and whether its form is one that a receiver may refuse."""
    reader = Reader(data)
    value = reader.item()
    if reader.at != len(data):
        raise Malformed("bytes behind")
    return value, reader.is_open


# ---- what endorsements say (spec/endorsements.md) ----

class Reference:
    def __init__(self, class_id, name, version, digests, signer):
        self.class_id, self.name, self.version, self.digests, self.signer = class_id, name, version, digests, signer


class Key:
    def __init__(self, class_id, instance, pem):
        self.class_id, self.instance, self.key = class_id, instance, load_pem_public_key(pem.encode())


class World:
    """All that was endorsed. A tag of a newer version takes the place of the older one of the same maker, who is one here."""

    def __init__(self):
        self.tags = {}
        self.revoked = set()

    def add(self, manifest):
        message = cbor2.loads(manifest)
        content = cbor2.loads(message.value[2]).value
        profile = content[3].value if 3 in content else None
        validity = content.get(4)
        until = validity[1].timestamp() if validity else None
        for tag in content[1]:
            comid = cbor2.loads(tag.value)
            name, version = comid[1][0], comid[1].get(1, 0)
            if name in self.tags and self.tags[name][0] > version:
                raise ValueError("an older tag")
            self.tags[name] = (version, until, list(self.references(profile, comid)), list(self.keys(comid)))

    def references(self, profile, comid):
        for environment, measurements in comid[4].get(0, []) if profile else []:
            class_id = environment[0][0].value
            for measurement in measurements:
                element, values = measurement.get(0), measurement[1]
                digests = {value for _, value in values[2]}
                if profile == LEGACY_PROFILE:
                    part = element.value
                    yield Reference(class_id, part.get(1), part.get(4), digests, part[5])
                elif profile in SOFTWARE_PROFILES and element in SOFTWARE_ELEMENTS:
                    signer = values[13][0].value if 13 in values else None
                    yield Reference(class_id, values.get(11), values[0][0] if 0 in values else None, digests, signer)

    @staticmethod
    def keys(comid):
        for environment, keys in comid[4].get(3, []):
            yield Key(environment[0][0].value, environment[1].value, keys[0].value)

    def current(self, now, which):
        for tag in self.tags.values():
            if tag[1] is None or now <= tag[1]:
                yield from tag[which]

    def references_of(self, class_id, now):
        return [one for one in self.current(now, 2) if one.class_id == class_id]

    def key_of(self, instance, now):
        found = [one for one in self.current(now, 3) if one.instance == instance]
        return found[0] if found else None


# ---- what evidence says ----

class Component:
    def __init__(self, name, version, digest, signer):
        self.name, self.version, self.digest, self.signer = name, version, digest, signer


class Evidence:
    """Claims of either profile, under the names that both have."""

    def __init__(self, claims):
        self.claims = claims
        self.components, self.reasons, self.is_open = [], set(), False

    def need(self, condition, what):
        if not condition:
            raise Malformed(what)

    def value(self, label, kind, is_needed=True):
        """A claim of one type; None if it may be absent and is."""
        if not self.claims.has(label):
            self.need(not is_needed, f"claim {label} is missing")
            return None
        found = self.claims.get(label)
        self.need(type(found) is kind, f"claim {label} has another type")
        return found

    def sized(self, label, sizes, is_needed=True):
        found = self.value(label, bytes, is_needed)
        self.need(found is None or len(found) in sizes, f"claim {label} has another size")
        return found


HASH_SIZES = (32, 48, 64)


def read_component(evidence, item, digest_sizes, signer_is_needed, description=None):
    evidence.need(isinstance(item, Map), "a component is no map")
    item.check_keys()
    member = Evidence(item)
    name = member.value(1, str, not signer_is_needed)
    digest = member.sized(2, digest_sizes)
    version = member.value(4, str, False)
    signer = member.sized(5, digest_sizes, signer_is_needed)
    if description is not None:
        member.value(description, str, False)
    known = (1, 2, 4, 5, description)
    if any(type(key) is not int or key not in known for key, _ in item.pairs) or "" in (name, version):
        evidence.is_open = True
    evidence.components.append(Component(name, version, digest, signer))


def read_components(evidence, items, *rules):
    evidence.need(type(items) is list and items, "no components")
    if len(items) > 32:
        evidence.is_open = True      # how many a receiver takes is its own limit
    for item in items:
        read_component(evidence, item, *rules)


PSA_LIFECYCLES = (0x00, 0x10, 0x20, 0x30, 0x40, 0x50, 0x60)


def read_psa(evidence, profile):
    """RFC 9783, section 4, and of its forerunner what section 8 of it and the published tokens say."""
    evidence.nonce = evidence.sized(10, HASH_SIZES)
    evidence.instance = evidence.sized(256, (33,))
    evidence.need(evidence.instance[0] == 1, "the instance id is of another type")
    evidence.class_id = evidence.sized(2396, (32,))
    client = evidence.value(2394, int)
    evidence.need(-2**31 <= client < 2**31, "the client id is out of its range")
    lifecycle = evidence.value(2395, int)
    evidence.need(0 <= lifecycle <= 0xffff and lifecycle >> 8 in PSA_LIFECYCLES, "no such lifecycle")
    if profile == PSA_2_0_0:
        evidence.sized(2397, (32,))
        sizes = (13, 19)
    else:
        evidence.sized(268, range(8, 33), False)
        sizes = (19,)
        evidence.is_open |= evidence.claims.has(2397)     # known by its older name, and yet no claim of this profile
    reference = evidence.value(2398, str, False)
    if reference is not None:
        digits = reference.replace("-", "", 1)
        evidence.need(len(reference) in sizes and digits.isascii() and digits.isdigit()
                      and (len(reference) == 13) == ("-" not in reference) and reference[13:14] in ("", "-"),
                      "no certification reference")
    if evidence.value(2400, str, False) == "":
        evidence.is_open = True
    read_components(evidence, evidence.claims.get(2399), HASH_SIZES, True, 6)
    if lifecycle >> 8 != 0x30:
        evidence.reasons.add("lifecycle")


def read_times_and_audience(evidence, aud, now):
    """RFC 8392, of every token: an `exp` that is over, an `nbf` to come, an audience that is another."""
    exp, nbf = evidence.claims.get(4), evidence.claims.get(5)
    if type(exp) is int and exp <= now:
        evidence.reasons.add("expired")
    if type(nbf) is int and nbf > now:
        evidence.reasons.add("expired")
    for label in (4, 5, 6):
        time = evidence.claims.get(label, now)
        if type(time) is not int or abs(time) > 2**62 or label == 6 and time > now:
            evidence.is_open = True      # no date (cwt.h); or issued in the future, of which the RFCs say nothing
    evidence.is_open |= type(evidence.claims.get(7, b"")) is not bytes      # cti
    if evidence.claims.has(3):
        audience = evidence.claims.get(3)
        if type(audience) is not str:
            evidence.is_open = True
        several = audience if type(audience) is list else [audience]
        if aud and aud not in several:
            evidence.reasons.add("aud")


def read_lists(evidence):
    """The profile's lists of what moves; and the claims that bind."""
    registers = evidence.value(-80005, list, False)
    for one in registers or []:
        evidence.need(type(one) is list and 2 <= len(one) <= 4 and type(one[0]) is int and one[0] >= 0
                      and type(one[1]) is bytes and len(one[1]) == 32, "no register")
        evidence.need(len(one) < 3 or type(one[2]) is int and one[2] >= 0, "no register")
        evidence.need(len(one) < 4 or type(one[3]) is bytes and len(one[3]) == 32, "no register")
    applications = evidence.claims.get(-80006, [])
    if type(applications) is list:
        for one in applications:
            evidence.need(type(one) is list and len(one) == 2 and type(one[0]) is bytes and len(one[0]) == 32
                          and type(one[1]) is int and one[1] >= 0, "no application")
    else:
        evidence.need(type(applications) is bytes and len(applications) == 32, "no applications")
    staged = evidence.claims.get(-80007)
    if staged is not None:
        evidence.need(type(staged) is list, "no staged update")
        for one in staged:
            evidence.need(type(one) is list and len(one) == 3 and type(one[0]) is str and type(one[1]) is str
                          and type(one[2]) is bytes and len(one[2]) == 32, "no staged image")


def read_version(evidence, label):
    version = evidence.value(label, list, False)
    if version is not None:
        evidence.need(len(version) in (1, 2) and type(version[0]) is str, "no version")
        evidence.need(len(version) == 1 or type(version[1]) is int, "no version scheme")
        if "" in version:
            evidence.is_open = True


def read_device_numbers(evidence):
    for label, values in ((275, range(1, 6)), (267, None), (-80001, range(5)), (-80002, range(2**32)), (-80003, range(1, 4))):
        number = evidence.value(label, int, False)
        evidence.need(number is None or number >= 0 and (values is None or number in values), f"claim {label}")
    evidence.value(6, int, False)
    evidence.value(4, int, False)
    evidence.value(3, str, False)
    evidence.sized(-80004, (32,), False)
    evidence.sized(-80008, (33,), False)
    if evidence.claims.has(-80004) or evidence.claims.get(-80003) == 2 or evidence.claims.has(-80008):
        evidence.is_open = True      # how these go with each other is for another judge


def read_device(evidence):
    """spec/device-profile.cddl."""
    evidence.nonce = evidence.sized(10, range(8, 65))
    evidence.instance = evidence.sized(256, range(7, 34), False)
    evidence.need(evidence.instance is not None and not evidence.claims.has(257),
                  "direct evidence names its instance, and nothing pairwise")
    evidence.sized(258, (3, 16))
    evidence.class_id = evidence.sized(259, range(1, 33))
    read_version(evidence, 260)
    read_version(evidence, 271)
    oemboot = evidence.value(262, bool, False)
    dbgstat = evidence.value(263, int)
    evidence.need(0 <= dbgstat <= 4, "no such debug status")
    evidence.sized(268, (32,), False)
    if evidence.value(270, str, False) == "":
        evidence.is_open = True
    read_device_numbers(evidence)
    read_lists(evidence)
    evidence.need(not evidence.claims.has(8) or isinstance(evidence.claims.get(8), Map), "cnf is no map")
    if evidence.claims.has(8) or evidence.claims.has(266):
        evidence.is_open = True
    measurements = evidence.value(273, list)
    evidence.need(len(measurements) == 1 and type(measurements[0]) is list and len(measurements[0]) == 2
                  and type(measurements[0][0]) is int and measurements[0][0] == 60 and type(measurements[0][1]) is bytes,
                  "no measurements")
    items, is_open = read_cbor(measurements[0][1])
    evidence.is_open |= is_open
    read_components(evidence, items, (32,), False)
    if dbgstat < 2:
        evidence.reasons.add("debug")
    if oemboot is False:
        evidence.reasons.add("oemboot")
    if evidence.claims.get(-80001, 2) != 2:
        evidence.reasons.add("lifecycle")


def read_evidence(payload, aud, now):
    claims, is_open = read_cbor(payload)
    if not isinstance(claims, Map):
        raise Malformed("no claims")
    claims.check_keys()
    evidence = Evidence(claims)
    evidence.is_open = is_open
    profile = evidence.value(265, str)
    if profile in (PSA_PROFILE, PSA_2_0_0):
        read_psa(evidence, profile)
    elif profile == DEVICE_PROFILE:
        read_device(evidence)
    else:
        raise Malformed("another profile")
    read_times_and_audience(evidence, aud, now)
    return evidence


# ---- the two together ----

def is_good(component, reference):
    same_signer = (component.signer or bytes(32)) == (reference.signer or bytes(32))     # both say: unsigned
    return component.name == reference.name and same_signer and component.digest in reference.digests


def are_components_good(world, evidence, now):
    """Each component with one reference value of its class; none twice; every name that the class has."""
    references = world.references_of(evidence.class_id, now)
    whole = [(component.name, component.digest, component.signer or bytes(32)) for component in evidence.components]
    if not references or len(set(whole)) != len(whole):
        return False
    if {reference.name for reference in references} - {component.name for component in evidence.components}:
        return False
    return all(any(is_good(component, reference) for reference in references)
               for component in evidence.components)


def release_of(world, class_id, component):
    """All digests of one piece of software: whoever revokes it may name another than the evidence does."""
    known = [one for tag in world.tags.values() for one in tag[2] if one.class_id == class_id]
    digests, before = {component.digest}, None
    while digests != before:
        before = set(digests)
        for reference in known:
            if any(is_good(Component(component.name, None, one, component.signer), reference) for one in before):
                digests |= reference.digests
    return digests


class Judgement:
    def __init__(self, reasons, is_open, evidence=None):
        self.reasons, self.is_open, self.evidence = reasons, is_open, evidence


def is_signed_by(key, protected, payload, signature):
    structure = cbor2.dumps(["Signature1", protected, b"", payload])
    half = len(signature) // 2
    der = utils.encode_dss_signature(int.from_bytes(signature[:half], "big"), int.from_bytes(signature[half:], "big"))
    try:
        key.verify(der, structure, ec.ECDSA(hashes.SHA256()))
        return True
    except InvalidSignature:
        return False


def judge(world, token, nonce, aud, now):
    """Reasons not to affirm `token`, a COSE_Sign1 that is well-formed; of claims that cannot be read: `malformed` alone."""
    message, _ = read_cbor(token)
    protected, _, payload, signature = message.value
    try:
        evidence = read_evidence(payload, aud, now)
    except Malformed as error:
        return Judgement({"malformed"}, False, str(error))
    reasons = evidence.reasons
    if evidence.nonce != nonce:
        reasons.add("nonce")
    if not are_components_good(world, evidence, now):
        reasons.add("measurement")
    if any(release_of(world, evidence.class_id, component) & world.revoked for component in evidence.components):
        reasons.add("known-bad")
    key = world.key_of(evidence.instance, now)
    if key is None or key.class_id != evidence.class_id:
        reasons.add("identity")
    elif not reasons and not is_signed_by(key.key, protected, payload, signature):
        reasons.add("identity")
    return Judgement(reasons, evidence.is_open, evidence)
