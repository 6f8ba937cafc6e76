#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Mutated claims inside evidence that is validly signed, by keys and with endorsements of its own: the verifier (claims_peer.c) against
a plain second implementation of the specifications (plain_appraisal.py). Wherever one affirms and the other does not, one of the two
is wrong, or the specification is.

usage: claims_fuzz.py PROGRAM [--seconds CPU | --rounds N] [--seed N] [--show N] [--dice]

With --dice the claims are those of layers in certificates (claims_dice.py), else of the PSA and the opentps profile. Each round makes a maker's world of its own (classes, releases, manifests in three profiles, newer tags, validity, revoked images), then
some hundred pieces of evidence in it: good ones, and ones with up to three mutations. Ends with an error at the first round with a
difference, and shows it; the same seed makes the same cases. Prints what it did: cases, affirming ones, each kind of mutation with how often it was tried and affirmed."""
import argparse
import collections
import hashlib
import random
import subprocess
import sys
import time

import cbor2
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, utils

import plain_appraisal
from claims_dice import DICE_MUTATIONS, DiceCase, DiceMaker
from claims_mutations import MUTATIONS, Draft, Pairs

NOW = 1790000000
LATER = NOW + 1000
CASES_A_ROUND = 150


class Signer:
    def __init__(self, rng):
        self.key = ec.derive_private_key(rng.randrange(1, 2**255), ec.SECP256R1())
        self.pem = self.key.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo).decode()
        point = self.key.public_key().public_bytes(serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint)
        self.instance = b"\x01" + hashlib.sha256(point).digest()     # spec/keys.md, "The instance id"

    def sign1(self, protected, payload):
        protected = cbor2.dumps(protected)
        data = cbor2.dumps(["Signature1", protected, b"", payload])
        r, s = utils.decode_dss_signature(self.key.sign(data, ec.ECDSA(hashes.SHA256())))
        return b"\xd2" + cbor2.dumps([protected, {}, payload, r.to_bytes(32, "big") + s.to_bytes(32, "big")])


class Peer:
    """The verifier, a line a question. Many are asked at once, so that both work at the same time."""

    def __init__(self, program):
        self.process = subprocess.Popen([program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def ask(self, lines):
        answers = []
        for start in range(0, len(lines), 16):       # never more than the pipes hold
            batch = lines[start:start + 16]
            self.process.stdin.write("".join(line + "\n" for line in batch))
            self.process.stdin.flush()
            answers += [self.process.stdout.readline().rstrip("\n") for _ in batch]
            if "" in answers:
                raise SystemExit(f"claims_peer ended: {self.process.wait()}")
        return answers


# ---- a world ----

class Release:
    def __init__(self, name, version, digests, signer):
        self.name, self.version, self.digests, self.signer = name, version, digests, signer


class DeviceClass:
    def __init__(self, rng, number, is_psa, shared):
        self.id, self.is_psa = rng.randbytes(32), is_psa
        self.vendor, self.model = "Lumen AG", f"Bulb {number}"
        names = rng.sample(["boot", "application", "tee", "BL", "BL2", "PRoT", "Boot", "µ-kernel"], rng.randint(1, 4))
        self.releases = {name: self.make_releases(rng, name, shared) for name in names}
        self.devices = []

    def make_releases(self, rng, name, shared):
        found = []
        for number in range(rng.choice([1, 1, 2, 3])):
            sizes = [32] if not self.is_psa else rng.choice([[32], [32], [32], [48], [64], [32, 64], [32, 48, 64]])
            digests = [rng.choice(shared.digests) if size == 32 and rng.random() < 0.1 else rng.randbytes(size) for size in sizes]
            signer = rng.choice(shared.signers)
            if signer is None and self.is_psa:
                signer = shared.signers[0]
            found.append(Release(name, f"1.{number}.0", digests, signer))
        return found


class Shared:
    def __init__(self, rng):
        self.digests = [rng.randbytes(32) for _ in range(3)]
        self.signers = [rng.randbytes(32), rng.randbytes(32), None]


ALG_OF_SIZE = {32: 1, 48: 7, 64: 8}


def measurement(profile, release):
    digests = [[ALG_OF_SIZE[len(digest)], digest] for digest in release.digests]
    if profile == plain_appraisal.LEGACY_PROFILE:
        return {0: cbor2.CBORTag(601, {1: release.name, 4: release.version, 5: release.signer}), 1: {2: digests}}
    values = {0: {0: release.version}, 2: digests, 11: release.name}
    if release.signer is not None:
        values[13] = [cbor2.CBORTag(560, release.signer)]
    element = "opentps.software-component" if profile.startswith("tag:opentps") else "psa.software-component"
    return {0: element, 1: values}


class Maker:
    """A maker's world: what there is, what was endorsed, and the manifests that say so."""

    def __init__(self, rng, keys):
        self.rng, self.signer, self.keys = rng, keys[0], keys
        shared = Shared(rng)
        self.classes = [DeviceClass(rng, number, rng.random() < 0.5, shared) for number in range(rng.choice([1, 2, 2, 3]))]
        self.manifests, self.dropped, self.revoked, self.number = [], [], [], 0
        free = list(keys[1:])
        for one in self.classes:
            for _ in range(rng.choice([1, 1, 2])):
                key = free.pop()
                one.devices.append((key.instance, key))
            self.endorse(one)
        if rng.random() < 0.2:
            release = rng.choice([release for releases in rng.choice(self.classes).releases.values() for release in releases])
            self.revoked.append(rng.choice(release.digests))

    def endorse(self, one):
        releases = [release for several in one.releases.values() for release in several]
        parts = [releases] if self.rng.random() < 0.6 else [releases[::2], releases[1::2]]
        for number, part in enumerate(parts):
            profile = self.profile(one, part)
            triples = {}
            if part:
                triples[0] = [[self.environment(one, profile), [measurement(profile, release) for release in part]]]
            if number == 0:
                triples[3] = [[self.environment(one, profile, instance), [cbor2.CBORTag(554, key.pem)]]
                              for instance, key in one.devices]
            if triples:
                self.publish(one, profile, triples, part)
        if self.rng.random() < 0.3:
            self.publish_beside(one)

    def profile(self, one, part):
        known = [plain_appraisal.SOFTWARE_PROFILES[1]]
        if one.is_psa:
            known = list(plain_appraisal.SOFTWARE_PROFILES)
        if one.is_psa and all(release.signer is not None for release in part):
            known.append(plain_appraisal.LEGACY_PROFILE)
        profile = self.rng.choice(known)
        if profile != plain_appraisal.SOFTWARE_PROFILES[1] and any(release.signer is None for release in part):
            profile = plain_appraisal.SOFTWARE_PROFILES[1]
        return profile

    @staticmethod
    def environment(one, profile, instance=None):
        tag = 600 if profile == plain_appraisal.LEGACY_PROFILE else 560
        environment = {0: {0: cbor2.CBORTag(tag, one.id), 1: one.vendor, 2: one.model}}
        if instance is not None:
            environment[1] = cbor2.CBORTag(550, instance)
        return environment

    def publish(self, one, profile, triples, part):
        """The manifest; and sometimes, before it, an older version that has a release more."""
        self.number += 1
        name, rng = f"tag-{self.number}", self.rng
        until = rng.choice([None, None, None, LATER - 500, LATER + 10**6])
        if part and rng.random() < 0.25:
            old = Release(part[0].name, "0.9", [rng.randbytes(32)], part[0].signer)
            more = dict(triples)
            environment, measurements = triples[0][0]
            more[0] = [[environment, measurements + [measurement(profile, old)]]]
            self.manifests.append(self.manifest(name, 0, profile, more, None))
            self.dropped.append((one, old))
        self.manifests.append(self.manifest(name, 1, profile, triples, until))

    def publish_beside(self, one):
        """A release that is spoken of in triples that make it no reference value of the class."""
        self.number += 1
        rng, of_class = self.rng, self.environment(one, "")
        name = rng.choice(list(one.releases))
        spoken = Release(name, "0.8", [rng.randbytes(32)], one.releases[name][0].signer)
        profile = rng.choice([None, plain_appraisal.SOFTWARE_PROFILES[1]])
        element = measurement(plain_appraisal.SOFTWARE_PROFILES[1], spoken)
        element = [element if profile else {0: name, 1: element[1]}]
        settings = {0: "settings", 1: {2: [[1, rng.randbytes(32)]]}}
        purpose = [of_class, [{0: "opentps.purpose", 1: {11: "lamp"}}]]
        choices = [{1: [purpose]}, {1: [[of_class, element]]}, {10: [[[[of_class, element]], [purpose]]]},
                   {10: [[[[of_class, [settings]]], [[of_class, element]]]]}, {0: [[of_class, [settings]]]},
                   {8: [[[of_class, []], [[[settings], element]]]]}]
        if profile is None:
            choices += [{0: [[of_class, element]]}, {0: [[{0: {1: one.vendor, 2: one.model}}, element]]},
                        {0: [[self.environment(one, "", one.devices[0][0]), element]]}]
        self.manifests.append(self.manifest(f"tag-{self.number}", 0, profile, rng.choice(choices), None))
        self.dropped.append((one, spoken))

    def manifest(self, name, version, profile, triples, until):
        comid = {1: {0: name, 1: version}, 4: triples}
        content = {0: f"{name}-{version}", 1: [cbor2.CBORTag(506, cbor2.dumps(comid))]}
        if profile is not None:
            content[3] = cbor2.CBORTag(32, profile)
        if until is not None:
            content[4] = {1: cbor2.CBORTag(1, until)}
        meta = cbor2.dumps({0: {0: "Lumen AG"}})
        return self.signer.sign1({1: -7, 3: "application/rim+cbor", 8: meta}, cbor2.dumps(cbor2.CBORTag(501, content)))

    def tell(self, peer, world):
        lines = ["new", "anchor " + self.signer.pem.encode().hex()]
        lines += [f"corim {NOW} {manifest.hex()}" for manifest in self.manifests]
        lines += [f"revoke 3 {digest.hex()}" for digest in self.revoked]
        answers = peer.ask(lines)
        wrong = [(line[:200], answer) for line, answer in zip(lines, answers) if answer not in ("ok", "TPS_OK")]
        if wrong:
            raise SystemExit(f"the verifier does not take its endorsements: {wrong}")
        for manifest in self.manifests:
            world.add(manifest)
        world.revoked.update(self.revoked)


# ---- evidence in it ----

def good_components(rng, one):
    found = []
    for releases in one.releases.values():
        release = rng.choice(releases)
        signer = release.signer
        pairs = [(1, release.name), (2, rng.choice(release.digests)), (4, release.version)]
        if signer is not None or one.is_psa:
            pairs.append((5, signer if signer is not None else bytes(32)))
        found.append(Pairs(pairs))
    return found


def psa_claims(rng, one, instance, nonce):
    pairs = [(265, plain_appraisal.PSA_PROFILE), (10, nonce), (256, instance), (2396, one.id),
             (2394, rng.choice([1, 2**31 - 1, 0, -1, -2**31])), (2395, rng.choice([0x3000, 0x30ff, 0x3042]))]
    if rng.random() < 0.5:
        pairs.append((268, rng.randbytes(rng.choice([8, 32]))))
    if rng.random() < 0.3:
        pairs.append((2398, "1234567890123-12345"))
    if rng.random() < 0.3:
        pairs.append((2400, "https://verifier.example"))
    return pairs


def device_claims(rng, one, instance, nonce):
    pairs = [(265, plain_appraisal.DEVICE_PROFILE), (10, nonce), (256, instance), (258, rng.randbytes(rng.choice([3, 16]))),
             (259, one.id), (263, rng.choice([2, 2, 3, 4]))]
    choices = [(262, True), (267, 7), (268, rng.randbytes(32)), (270, "application"), (271, ["1.0.0"]), (260, ["1.0", 1]),
               (275, 1), (-80001, 2), (-80002, 5), (-80003, 3), (-80005, [[0, rng.randbytes(32), 2]]),
               (-80006, [[rng.randbytes(32), 1]]), (-80007, None), (6, NOW)]
    return pairs + [pair for pair in choices if rng.random() < 0.5]


def make_draft(rng, maker):
    one = rng.choice(maker.classes)
    instance, key = rng.choice(one.devices)
    size = rng.choice([32, 48, 64]) if one.is_psa else rng.choice([8, 32, 64])
    nonce = rng.randbytes(size)
    pairs = (psa_claims if one.is_psa else device_claims)(rng, one, instance, nonce)
    draft = Draft(maker, one, key, pairs, good_components(rng, one), nonce)
    draft.now = rng.choice([NOW, NOW, NOW, LATER])
    return draft


class Case:
    def __init__(self, rng, maker):
        self.names = []
        draft = make_draft(rng, maker)
        for _ in range(rng.choice([0, 1, 1, 1, 1, 2, 3])):
            name, mutate = rng.choice(MUTATIONS)
            if mutate(rng, draft) is not False:
                self.names.append(name)
        self.draft = draft
        self.token = draft.key.sign1({1: -7 if draft.one.is_psa else -9}, draft.payload(rng))
        self.command = rng.choice(["appraise", "whole"])

    def line(self):
        draft = self.draft
        aud = draft.aud.encode().hex() or "-"
        return f"{self.command} {draft.now} {draft.nonce.hex()} {aud} {self.token.hex()}"

    def judge(self, world):
        return plain_appraisal.judge(world, self.token, self.draft.nonce, self.draft.aud, self.draft.now)


# ---- the comparison ----

def is_affirming(value):
    return 2 <= value <= 31 or -32 <= value <= -2


EXECUTABLES = 2
SOFTWARE = {"measurement", "known-bad"}


def difference(case, judgement, answer):
    """What is wrong with the two answers together; None if nothing is."""
    words = answer.split()
    tier, vector, findings = int(words[0]), [int(word) for word in words[1:9]], words[9:]
    if tier == 2 and judgement.reasons:
        return "affirmed though " + ", ".join(sorted(judgement.reasons))
    if is_affirming(vector[EXECUTABLES]) and judgement.reasons & SOFTWARE:
        return "executables affirmed though " + ", ".join(sorted(judgement.reasons & SOFTWARE))
    if tier != 2 and not judgement.reasons and not judgement.is_open:
        return "not affirmed without a reason"
    if tier == 2 and any(value and not is_affirming(value) for value in vector):
        return "affirmed with a claim that is not affirming"
    if tier != 2 and not findings:
        return "not affirmed without a finding"
    return None


class Tally:
    def __init__(self):
        self.cases = self.affirmed = self.open = self.rounds = 0
        self.kinds = collections.Counter()
        self.kinds_affirmed = collections.Counter()
        self.causes = collections.Counter()
        self.findings = collections.Counter()
        self.differences = []

    def add(self, case, judgement, answer):
        affirmed = answer.startswith("2 ")
        self.cases += 1
        self.affirmed += affirmed
        self.open += not affirmed and not judgement.reasons
        for name in set(case.names) or {"none"}:
            self.kinds[name] += 1
            self.kinds_affirmed[name] += affirmed
        self.causes.update(judgement.reasons or {"affirming"})
        self.findings.update(answer.split()[9:])
        found = difference(case, judgement, answer)
        if found:
            self.differences.append((found, case, judgement, answer))

    def print(self, cpu, mutations):
        print(f"{self.cases} cases in {self.rounds} worlds, {cpu:.0f} CPU-seconds: {self.affirmed} affirming "
              f"({100 * self.affirmed / max(1, self.cases):.1f} %), {self.open} refused where a receiver may, "
              f"{len(self.differences)} differences")
        print("judged:   " + ", ".join(f"{name} {count}" for name, count in self.causes.most_common()))
        print("findings: " + ", ".join(f"{name} {count}" for name, count in self.findings.most_common()))
        print("kinds (tried, affirmed):")
        for name, _ in [("none", None)] + mutations:
            print(f"  {name:34} {self.kinds[name]:8} {self.kinds_affirmed[name]:8}")


def show(found, case, judgement, answer):
    print(f"\n{found}\n  mutations {case.names}\n  plain     {sorted(judgement.reasons)} open={judgement.is_open} "
          f"{judgement.evidence if isinstance(judgement.evidence, str) else ''}\n  verifier  {answer}\n  {case.line()[:3000]}")


def new_round(rng, keys, peer, is_dice):
    """A world that both know, and cases in it."""
    world = plain_appraisal.World()
    keys = [keys[0]] + rng.sample(keys[1:], 7)
    maker = DiceMaker(rng, keys) if is_dice else Maker(rng, keys)
    if is_dice:
        maker.tell(peer, world, NOW)
        return world, [DiceCase(rng, maker, NOW) for _ in range(CASES_A_ROUND)]
    maker.tell(peer, world)
    return world, [Case(rng, maker) for _ in range(CASES_A_ROUND)]


def run(arguments, peer, tally):
    rng = random.Random(arguments.seed)
    keys = [Signer(rng) for _ in range(8)]
    started = time.process_time()
    while True:
        world, cases = new_round(rng, keys, peer, arguments.dice)
        for case, answer in zip(cases, peer.ask([case.line() for case in cases])):
            tally.add(case, case.judge(world), answer)
        tally.rounds += 1
        peer_cpu = int(peer.ask(["cpu"])[0]) / 1000
        cpu = time.process_time() - started + peer_cpu
        is_done = tally.rounds == arguments.rounds if arguments.rounds else cpu >= arguments.seconds
        if is_done or len(tally.differences) >= arguments.show:
            return cpu


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("--seconds", type=float, default=5, help="processor time of both programs")
    parser.add_argument("--rounds", type=int, default=0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--show", type=int, default=1, help="go on until there are so many differences, and show them")
    parser.add_argument("--dice", action="store_true")
    arguments = parser.parse_args()
    mutations = DICE_MUTATIONS if arguments.dice else MUTATIONS
    tally = Tally()
    cpu = run(arguments, Peer(arguments.program), tally)
    tally.print(cpu, mutations)
    for one in tally.differences[:arguments.show]:
        show(*one)
    untried = [name for name, _ in mutations if not tally.kinds[name]]
    if tally.cases >= 3000 and untried:
        sys.exit(f"never tried: {untried}")
    if tally.affirmed * 10 < tally.cases:
        sys.exit("fewer than a tenth of the cases were affirming: this proves nothing")
    sys.exit(1 if tally.differences else 0)


if __name__ == "__main__":
    main()
