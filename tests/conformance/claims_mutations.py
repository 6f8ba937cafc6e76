# SPDX-License-Identifier: Apache-2.0
"""Kinds of mutations of claims, for claims_fuzz.py: each takes a draft of evidence and changes it in place; False when it found
nothing to change. Many are harmless on purpose: what is harmless says plain_appraisal.py, nothing here. The encoder writes what cbor2
would not: keys that come twice, in any order, in longer forms than need be."""
import struct

import cbor2

PSA_COMPONENTS = 2399
DEVICE_MEASUREMENTS = 273


class Pairs:
    """A map as its pairs, in their order."""

    def __init__(self, pairs):
        self.pairs = list(pairs)

    def index(self, label):
        for number, (key, _) in enumerate(self.pairs):
            if key == label:
                return number
        return None

    def get(self, label):
        number = self.index(label)
        return None if number is None else self.pairs[number][1]

    def put(self, label, value):
        number = self.index(label)
        if number is None:
            self.pairs.append((label, value))
        else:
            self.pairs[number] = (label, value)

    def drop(self, label):
        self.pairs = [pair for pair in self.pairs if pair[0] != label]


class Raw:
    def __init__(self, encoded):
        self.encoded = encoded


def head(major, value):
    if value < 24:
        return bytes([major << 5 | value])
    for info, (code, limit) in enumerate((("B", 8), ("H", 16), ("I", 32), ("Q", 64)), 24):
        if value < 1 << limit:
            return bytes([major << 5 | info]) + struct.pack(">" + code, value)
    raise ValueError(value)


def encode(value):
    if isinstance(value, Raw):
        return value.encoded
    if isinstance(value, Pairs):
        return head(5, len(value.pairs)) + b"".join(encode(key) + encode(item) for key, item in value.pairs)
    if type(value) is list:
        return head(4, len(value)) + b"".join(encode(item) for item in value)
    return cbor2.dumps(value)


class Draft:
    """Evidence before it is signed: its claims, its components apart, and what it will have to answer to."""

    def __init__(self, maker, one, key, pairs, components, nonce):
        self.maker, self.one, self.key, self.nonce = maker, one, key, nonce
        self.claims, self.components = Pairs(pairs), components
        self.aud, self.now, self.behind = "", 0, b""
        self.components_behind, self.format, self.measurements, self.is_tagged = b"", 60, 1, False

    def payload(self, rng):
        pairs = list(self.claims.pairs)
        if self.components is not None and self.one.is_psa:
            pairs.append((PSA_COMPONENTS, self.components))
        elif self.components is not None:
            entry = [self.format, encode(self.components) + self.components_behind]
            pairs.append((DEVICE_MEASUREMENTS, [entry] * self.measurements))
        if rng.random() < 0.3:
            rng.shuffle(pairs)
        return (b"\xd8\x3d" if self.is_tagged else b"") + encode(Pairs(pairs)) + self.behind


# ---- helpers ----

def flip(rng, value):
    if not value:
        return b"\0"
    at = rng.randrange(len(value) * 8)
    changed = bytearray(value)
    changed[at // 8] ^= 1 << at % 8
    return bytes(changed)


def other_class(rng, draft):
    others = [one for one in draft.maker.classes if one is not draft.one]
    return rng.choice(others) if others else None


def component(rng, draft):
    if not draft.components:
        return None
    return rng.choice([one for one in draft.components if isinstance(one, Pairs)] or [None])


def some_release(rng, one, name=None):
    releases = [release for several in one.releases.values() for release in several if name in (None, release.name)]
    return rng.choice(releases) if releases else None


def as_component(rng, draft, release):
    signer = release.signer if release.signer is not None else bytes(32) if draft.one.is_psa else None
    pairs = [(1, release.name), (2, rng.choice(release.digests)), (4, release.version)]
    return Pairs(pairs + ([(5, signer)] if signer is not None else []))


def pick(rng, pairs, *types):
    """The place of a claim of these types; None if there is none."""
    return rng.choice([number for number, (_, value) in enumerate(pairs) if type(value) in types] or [None])


def some_value(rng):
    return rng.choice([0, 1, -1, 2**32, 2**63, -2**63, "", "x", b"", b"\0", rng.randbytes(32), rng.randbytes(33), True, False, None,
                       1.5, [], [b"x" * 32], Pairs([]), Pairs([(1, 2)]), Raw(b"\xc1\x00"), Raw(b"\xf7"), Raw(b"\xe5")])


def class_label(draft):
    return 2396 if draft.one.is_psa else 259


# ---- the claims as a set ----

def drop_claim(rng, draft):
    draft.claims.pairs.pop(rng.randrange(len(draft.claims.pairs)))


def repeat_claim(rng, draft):
    draft.claims.pairs.append(rng.choice(draft.claims.pairs))


def repeat_claim_with_another_value(rng, draft):
    label, value = rng.choice(draft.claims.pairs)
    changed = flip(rng, value) if type(value) is bytes else some_value(rng)
    draft.claims.pairs.insert(rng.randint(0, len(draft.claims.pairs)), (label, changed))


def repeat_components(rng, draft):
    if draft.components is None:
        return False
    other = [as_component(rng, draft, some_release(rng, one)) for one in [other_class(rng, draft) or draft.one]]
    draft.claims.pairs.insert(0, (PSA_COMPONENTS, other) if draft.one.is_psa else (DEVICE_MEASUREMENTS, [[60, encode(other)]]))
    return None


def shuffle_claims(rng, draft):
    rng.shuffle(draft.claims.pairs)


def unknown_claim(rng, draft):
    label = rng.choice([-70000, -99999, 9999, 2393, 2401, 100, 7, "x", "nonce", 2397 if draft.one.is_psa else 2399])
    if draft.claims.index(label) is not None:
        return False
    return draft.claims.put(label, some_value(rng))


def another_type(rng, draft):
    number = rng.randrange(len(draft.claims.pairs))
    draft.claims.pairs[number] = (draft.claims.pairs[number][0], some_value(rng))


def claim_one_bit(rng, draft):
    number = pick(rng, draft.claims.pairs, bytes)
    if number is None:
        return False
    label, value = draft.claims.pairs[number]
    draft.claims.pairs[number] = (label, flip(rng, value))
    return None


def claim_length(rng, draft):
    number = pick(rng, draft.claims.pairs, bytes, str)
    if number is None:
        return False
    label, value = draft.claims.pairs[number]
    filler = b"\0" if type(value) is bytes else "0"
    changed = rng.choice([value[:-1], value[1:], value + filler, filler + value, value[:0], value * 2])
    draft.claims.pairs[number] = (label, changed)
    return None


def claim_number(rng, draft):
    number = pick(rng, draft.claims.pairs, int)
    if number is None:
        return False
    label, value = draft.claims.pairs[number]
    changed = rng.choice([value + 1, value - 1, -value, value | 1 << 16, value + 2**32, value + 2**16, 2**64 - 1, 0])
    draft.claims.pairs[number] = (label, changed)
    return None


def labels_as_text(rng, draft):
    number = rng.randrange(len(draft.claims.pairs))
    label, value = draft.claims.pairs[number]
    draft.claims.pairs[number] = (str(label), value)


def longer_form(rng, draft):
    number = rng.randrange(len(draft.claims.pairs))
    label, value = draft.claims.pairs[number]
    if type(label) is not int or label < 0:
        return False
    if rng.random() < 0.5 and type(value) is int and 0 <= value < 2**32:
        draft.claims.pairs[number] = (label, Raw(b"\x1b" + struct.pack(">Q", value)))
    else:
        draft.claims.pairs[number] = (Raw(b"\x1a" + struct.pack(">I", label)), value)
        if rng.random() < 0.5:
            draft.claims.pairs.append((label, value))
    return None


def indefinite_length(rng, draft):
    number = pick(rng, draft.claims.pairs, bytes)
    if number is None:
        return False
    label, value = draft.claims.pairs[number]
    cut = rng.randint(0, len(value))
    draft.claims.pairs[number] = (label, Raw(b"\x5f" + encode(value[:cut]) + encode(value[cut:]) + b"\xff"))
    return None


def bytes_behind(rng, draft):
    draft.behind = rng.choice([b"\0", b"\xff", b"\xf6", rng.randbytes(5)])


def tagged_claims(_, draft):
    draft.is_tagged = True


def bad_text(rng, draft):
    number = pick(rng, draft.claims.pairs, str)
    if number is None:
        return False
    draft.claims.pairs[number] = (draft.claims.pairs[number][0], Raw(b"\x62\xc3\x28"))
    return None


def broken_cbor(rng, draft):
    return draft.claims.put(rng.choice(draft.claims.pairs)[0], Raw(rng.choice([b"\x1c", b"\xff", b"\x5a\xff\xff\xff\xff", b"\xf8\x10", b"\x81"])))


# ---- freshness, audience, time, profile, identity ----

def foreign_nonce(rng, draft):
    return draft.claims.put(10, rng.randbytes(len(draft.nonce)))


def nonce_of_another_form(rng, draft):
    nonce = draft.nonce
    return draft.claims.put(10, rng.choice([[nonce], [nonce, rng.randbytes(32)], nonce[:-1], nonce + b"\0", nonce[:8], nonce[:32],
                                            nonce.ljust(64, b"\0"), nonce.hex(), b"", None]))


def other_request(rng, draft):
    draft.nonce = flip(rng, draft.nonce)


def nonce_is_longer_than_asked(rng, draft):
    draft.nonce = draft.nonce[:rng.choice([8, 31, 32])]


def audience(rng, draft):
    draft.aud = rng.choice(["", "verifier", "verifier"])
    return draft.claims.put(3, rng.choice(["verifier", "other", "", "verifier\0", "Verifier", ["verifier"], ["other", "x"]]))


def times(rng, draft):
    label = rng.choice([4, 4, 5, 6])
    return draft.claims.put(label, draft.now + rng.choice([-2000, -1, 0, 1, 2000]))


def another_time_now(rng, draft):
    draft.now += rng.choice([500, 1000, 10**5])


def another_profile(rng, draft):
    return draft.claims.put(265, rng.choice(["tag:psacertified.org,2023:psa#tfm", "http://arm.com/psa/2.0.0", "tag:opentps.org,2026:device",
                                             "tag:psacertified.org,2019:psa#legacy", "PSA_IOT_PROFILE_1", "", Raw(b"\xd8\x6f\x41\x2a")]))


def older_profile(rng, draft):
    if not draft.one.is_psa:
        return False
    draft.claims.put(265, "http://arm.com/psa/2.0.0")
    draft.claims.drop(268)
    draft.claims.put(2397, rng.randbytes(rng.choice([32, 32, 32, 31, 8])))
    if rng.random() < 0.3:
        draft.claims.put(2398, "1234567890123")
    return None


def other_class_id(rng, draft):
    one = other_class(rng, draft)
    return draft.claims.put(class_label(draft), one.id) if one else False


def other_instance(rng, draft):
    one = other_class(rng, draft) or draft.one
    return draft.claims.put(256, rng.choice([rng.choice(one.devices)[0], rng.choice(draft.one.devices)[0], b"\x01" + rng.randbytes(32)]))


def other_key(rng, draft):
    draft.key = rng.choice(draft.maker.keys)


def wholly_of_another_class(rng, draft):
    one = other_class(rng, draft)
    if one is None or one.is_psa != draft.one.is_psa:
        return False
    draft.components = [as_component(rng, draft, rng.choice(several)) for several in one.releases.values()]
    return draft.claims.put(class_label(draft), rng.choice([one.id, draft.claims.get(class_label(draft))]))


# ---- components ----

def no_component(rng, draft):
    draft.components = rng.choice([None, [], Pairs([]), b"", 0])
    if not isinstance(draft.components, list):
        draft.claims.put(PSA_COMPONENTS if draft.one.is_psa else DEVICE_MEASUREMENTS, some_value(rng))
        draft.components = None


def drop_component(rng, draft):
    if not draft.components:
        return False
    draft.components.pop(rng.randrange(len(draft.components)))
    return None


def repeat_component(rng, draft):
    one = component(rng, draft)
    return draft.components.append(Pairs(one.pairs)) if one else False


def another_release_beside(rng, draft):
    if not draft.components:
        return False
    return draft.components.append(as_component(rng, draft, some_release(rng, draft.one)))


def unknown_component_beside(rng, draft):
    if not draft.components:
        return False
    pairs = [(1, rng.choice(["extra", "", "boot\0"])), (2, rng.randbytes(32)), (5, rng.randbytes(32))]
    return draft.components.insert(rng.randint(0, len(draft.components)), Pairs(pairs))


def component_of_another_class_beside(rng, draft):
    one = other_class(rng, draft)
    if not one or not draft.components:
        return False
    return draft.components.append(as_component(rng, draft, some_release(rng, one)))


def component_of_another_class_instead(rng, draft):
    one, here = other_class(rng, draft), component(rng, draft)
    release = some_release(rng, one, here.get(1)) or some_release(rng, one) if one and here else None
    if release is None:
        return False
    draft.components[draft.components.index(here)] = as_component(rng, draft, release)
    return None


def another_release_instead(rng, draft):
    here = component(rng, draft)
    release = some_release(rng, draft.one, here.get(1)) if here else None
    if release is None:
        return False
    draft.components[draft.components.index(here)] = as_component(rng, draft, release)
    return None


def superseded_release(rng, draft):
    found = [old for one, old in draft.maker.dropped if one is draft.one]
    if not found or not draft.components:
        return False
    old = rng.choice(found)
    draft.components = [as_component(rng, draft, old) if isinstance(one, Pairs) and one.get(1) == old.name else one for one in draft.components]
    return None


def revoked_release(rng, draft):
    for several in draft.one.releases.values():
        for release in several:
            if set(release.digests) & set(draft.maker.revoked) and draft.components:
                draft.components = [as_component(rng, draft, release) if isinstance(one, Pairs) and one.get(1) == release.name else one
                                    for one in draft.components]
                return None
    return False


def shuffle_components(rng, draft):
    return rng.shuffle(draft.components) if draft.components else False


def digest_one_bit(rng, draft):
    one = component(rng, draft)
    if one is None or type(one.get(2)) is not bytes or not one.get(2):
        return False
    return one.put(2, flip(rng, one.get(2)))


def digest_length(rng, draft):
    one = component(rng, draft)
    value = one.get(2) if one else None
    if type(value) is not bytes:
        return False
    return one.put(2, rng.choice([value[:-1], value[:31], value[:32], value + b"\0", value.ljust(48, b"\0"), value.ljust(64, b"\0"), b"", value * 2]))


def member_swapped(rng, draft):
    """Digests, signers, versions or names of two components, one for the other."""
    maps = [one for one in draft.components or [] if isinstance(one, Pairs)]
    if len(maps) < 2:
        return False
    first, second = rng.sample(maps, 2)
    label = rng.choice([1, 2, 4, 5])
    a, b = first.get(label), second.get(label)
    if a is None or b is None:
        return False
    first.put(label, b)
    second.put(label, a)
    return None


def other_digest_of_the_class(rng, draft):
    one = component(rng, draft)
    return one.put(2, rng.choice(some_release(rng, rng.choice(draft.maker.classes)).digests)) if one else False


def other_signer(rng, draft):
    one = component(rng, draft)
    if one is None:
        return False
    signer = some_release(rng, rng.choice(draft.maker.classes)).signer
    return one.put(5, rng.choice([signer or bytes(32), bytes(32), rng.randbytes(32), b"", bytes(48), draft.maker.keys[0].instance[1:]]))


def signer_one_bit(rng, draft):
    one = component(rng, draft)
    return one.put(5, flip(rng, one.get(5))) if one and type(one.get(5)) is bytes and one.get(5) else False


def no_signer(rng, draft):
    one = component(rng, draft)
    return one.drop(5) if one and one.get(5) is not None else False


def signer_length(rng, draft):
    one = component(rng, draft)
    value = one.get(5) if one else None
    if type(value) is not bytes:
        return False
    return one.put(5, rng.choice([value[:-1], value + b"\0", value.ljust(48, b"\0"), value.ljust(64, b"\0"), value[1:]]))


def other_version(rng, draft):
    one = component(rng, draft)
    return one.put(4, rng.choice(["9.9.9", "", "1.0.0\0", "1.0", rng.randbytes(4), 1])) if one else False


def no_version(rng, draft):
    one = component(rng, draft)
    return one.drop(4) if one else False


def other_name(rng, draft):
    one = component(rng, draft)
    name = one.get(1) if one else None
    if type(name) is not str:
        return False
    return one.put(1, rng.choice([name + "\0", name + " ", " " + name, name.upper(), name.lower(), name[:-1], name + "2", "", name * 2,
                                  name.encode(), 1, some_release(rng, rng.choice(draft.maker.classes)).name]))


def no_name(rng, draft):
    one = component(rng, draft)
    return one.drop(1) if one else False


def repeat_member(rng, draft):
    one = component(rng, draft)
    if one is None or not one.pairs:
        return False
    label, value = rng.choice(one.pairs)
    value = flip(rng, value) if type(value) is bytes and value and rng.random() < 0.7 else value
    return one.pairs.insert(rng.randint(0, len(one.pairs)), (label, value))


def unknown_member(rng, draft):
    one = component(rng, draft)
    return one.put(rng.choice([3, 6, 7, -1, "x"]), some_value(rng)) if one else False


def description(rng, draft):
    one = component(rng, draft)
    return one.put(6, rng.choice(["sha-256", "sha-512", "", "TF-M"])) if one else False


def member_of_another_type(rng, draft):
    one = component(rng, draft)
    return one.put(rng.choice([1, 2, 4, 5]), some_value(rng)) if one else False


def shuffle_members(rng, draft):
    one = component(rng, draft)
    return rng.shuffle(one.pairs) if one else False


def component_of_another_type(rng, draft):
    if not draft.components:
        return False
    draft.components[rng.randrange(len(draft.components))] = some_value(rng)
    return None


def many_components(rng, draft):
    if not draft.components:
        return False
    for number in range(rng.choice([28, 31, 32, 40])):
        draft.components.append(Pairs([(1, f"c{number}"), (2, rng.randbytes(32)), (5, rng.randbytes(32))]))
    return None


# ---- what each profile has of its own ----

def lifecycle(rng, draft):
    if draft.one.is_psa:
        return draft.claims.put(2395, rng.choice([0, 0xff, 0x100, 0x1000, 0x2fff, 0x2000, 0x3000, 0x30ff, 0x3100, 0x4000, 0x40ff, 0x5000,
                                                  0x6000, 0x7000, 0x13000, -0x3000, 0x30]))
    return draft.claims.put(-80001, rng.choice([0, 1, 2, 3, 4, 5, -1, "secured", None, 2**32 + 2]))


def client(rng, draft):
    if not draft.one.is_psa:
        return False
    return draft.claims.put(2394, rng.choice([0, 1, -1, 2**31, -2**31, -2**31 - 1, 2**32 + 1, 2**63]))


def certification_reference(rng, draft):
    if not draft.one.is_psa:
        return False
    return draft.claims.put(2398, rng.choice(["1234567890123-12345", "1234567890123", "123456789012-123456", "1234567890123-1234",
                                              "1234567890123-12345 ", "a234567890123-12345", "1234567890123+12345", ""]))


def debug(rng, draft):
    return False if draft.one.is_psa else draft.claims.put(263, rng.choice([0, 1, 2, 3, 4, 5, -1, 258, True, None]))


def own_boot(rng, draft):
    return False if draft.one.is_psa else draft.claims.put(262, rng.choice([False, False, True, 0, 1, None]))


def moving_lists(rng, draft):
    if draft.one.is_psa:
        return False
    head = rng.randbytes(32)
    label, values = rng.choice([
        (-80005, [[], [[0, head, 1]], [[1, head, 1, head]], [[1, head]], [[1]], [[-1, head, 1]], [[0, head[:31], 1]], [[0, head, -1]], head, [[]]]),
        (-80006, [[], [[head, 1]], head, head[:31], [[head]], [[head, -1]], [head], 1]),
        (-80007, [None, [], [["app", "2.0", head]], [["app", "2.0"]], [["app", 2, head]], [["app", "2.0", head[1:]]], head, False])])
    return draft.claims.put(label, rng.choice(values))


def pairwise_and_direct(rng, draft):
    if draft.one.is_psa:
        return False
    if rng.random() < 0.5:
        draft.claims.drop(256)
    return draft.claims.put(257, Pairs([("p", b"\x01" + rng.randbytes(32))]))


def measurements_of_another_form(rng, draft):
    if draft.one.is_psa:
        return False
    which = rng.randrange(4)
    if which == 0:
        draft.format = rng.choice([61, 0, 258, -60, "60", 65535])
    elif which == 1:
        draft.measurements = rng.choice([0, 2])
    elif which == 2:
        draft.components_behind = rng.choice([b"\0", b"\x80", b"\xff"])
    elif draft.components:
        draft.claims.put(DEVICE_MEASUREMENTS, rng.choice([[[60, draft.components]], [[60]], [60, encode(draft.components)], [[60, b"", 1]]]))
        draft.components = None
    return None


MUTATIONS = [(function.__name__, function) for function in (
    drop_claim, repeat_claim, repeat_claim_with_another_value, repeat_components, shuffle_claims, unknown_claim, another_type,
    claim_one_bit, claim_length, claim_number, labels_as_text, longer_form, indefinite_length, bytes_behind, tagged_claims, bad_text,
    broken_cbor, foreign_nonce, nonce_of_another_form, other_request, nonce_is_longer_than_asked, audience, times, another_time_now,
    another_profile, older_profile, other_class_id, other_instance, other_key, wholly_of_another_class, no_component, drop_component,
    repeat_component, another_release_beside, unknown_component_beside, component_of_another_class_beside,
    component_of_another_class_instead, another_release_instead, superseded_release, revoked_release, shuffle_components,
    digest_one_bit, digest_length, member_swapped, other_digest_of_the_class, other_signer, signer_one_bit, no_signer, signer_length,
    other_version, no_version, other_name, no_name, repeat_member, unknown_member, description, member_of_another_type,
    shuffle_members, component_of_another_type, many_components, lifecycle, client, certification_reference, debug, own_boot,
    moving_lists, pairwise_and_direct, measurements_of_another_form)]
