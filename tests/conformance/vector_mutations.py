#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The published vectors, changed: each signed one in at least 200 ways, of which none may be taken, each unsigned one by
structural faults; and each must be refused by the name that its fault has by the rules of mutations/.

    vector_mutations.py PEER [--seed N] [--table]

PEER is the program mutation_peer. The table says how each vector is judged good before it is changed.
"""
import argparse
import os
import random
import subprocess
import sys

try:
    import cbor2  # noqa: F401
    import cryptography  # noqa: F401
except ImportError as absent:
    print("skipped: %s" % absent)
    sys.exit(77)

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
VECTORS = os.environ.get("TPS_VECTORS") or os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                                        "../../../shared/vectors")
if not os.path.isdir(VECTORS):
    print("skipped: the published vectors are not at %s (set TPS_VECTORS)" % VECTORS)
    sys.exit(1 if os.environ.get("TPS_REQUIRE_VECTORS") else 77)

from mutations import plain, vectors  # noqa: E402
from mutations.judge import GOOD  # noqa: E402

NAMED = 40  # failures that are printed
LEAST = 200


class Peer:
    """Many questions to one process; answers come in their order."""

    def __init__(self, program):
        self.process = subprocess.Popen([program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def ask(self, *words):
        line = " ".join(word.hex() or "-" if isinstance(word, bytes) else str(word) for word in words)
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline().rstrip("\n")
        if not answer:
            sys.exit("mutations: the peer ended at: %s" % line[:4000])
        return answer

    def end(self):
        self.process.stdin.close()
        return self.process.wait()


def is_one_of(got, expected):
    """Each part of a name as expected; "CMW_*" stands for all that begin so."""
    def is_like(name, pattern):
        return name.startswith(pattern[:-1]) if pattern.endswith("*") else name == pattern

    return any(all(map(is_like, got, one)) for one in expected)


class Count:
    def __init__(self):
        self.cases, self.failures, self.kinds = 0, [], {}

    def judge(self, vector, name, got, expected, is_as_expected):
        self.cases += 1
        for kind in sorted(expected) if isinstance(expected, set) else [(expected,)]:
            kind = kind[-1] if isinstance(kind, tuple) else kind
            self.kinds[kind] = self.kinds.get(kind, 0) + 1
        if not is_as_expected:
            self.failures.append("%s: %s: %s; expected %s" % (
                vector, name, got, expected if isinstance(expected, str) else sorted(expected)))


def read_answer(answer):
    """Tier and vector, and the findings with their statuses."""
    verdict, *findings = answer.split(";")
    return verdict, [(name, status[4:]) for name, status in (one.split("=") for one in findings)]


def tiers_of(finding):
    """What a device runs may be a warning; that a message is not what it must be is none."""
    return ("contraindicated,", "warning,") if finding.startswith(("executables.", "hardware.",
                                                                   "configuration.")) else \
        ("contraindicated,",)


def judge_evidence(peer, vector, seed, count):
    """Changes of one piece of evidence; the first finding tells, and nothing may be affirming."""
    names = set()
    good = peer.ask("appraise", vector.world.slot, vectors.NOW, vector.world.nonce, vector.data)
    count.judge(vector.name, "as published", good, vector.good, good == vector.good)
    for case in vector.mutations(random.Random(seed)):
        if case.name in names:
            raise AssertionError("%s: two changes are called %r" % (vector.name, case.name))
        names.add(case.name)
        nonce = vector.world.nonce if case.nonce is None else case.nonce
        ruled = vector.judge(case.data, vector.world, nonce) if case.nonce is None else None
        expected = case.expected if case.expected is not None else ruled
        if case.expected is None and expected == GOOD and case.data != vector.data:
            count.failures.append("%s: %s: the rules find nothing wrong" % (vector.name, case.name))
        answer = peer.ask("appraise", vector.world.slot, vectors.NOW, nonce, case.data)
        verdict, findings = read_answer(answer)
        is_right = answer == good if expected == GOOD else \
            bool(findings) and is_one_of(findings[0], expected) and verdict.startswith(tiers_of(findings[0][0]))
        count.judge(vector.name, case.name, answer, expected, is_right)
    return len(names)


def judge_result(peer, vector, seed, count):
    """Changes of one signed result."""
    number = 0
    for number, (name, data) in enumerate(vector.mutations(random.Random(seed)), 1):
        expected = vector.judge(data)
        got = peer.ask("ear", vector.key, vectors.NOW, data)[4:]
        is_right = got == "OK" if expected == GOOD else is_one_of((got,), {(one,) for one in expected})
        count.judge(vector.name, name, got, expected, is_right)
    return number


def judge_structure(peer, vector, seed, count):
    """Structural faults of what nobody signed."""
    number = 0
    got = peer.ask("read", vector.kind, vector.data)[4:]
    count.judge(vector.name, "as published", got, vector.good, got == vector.good)
    for number, (name, data, expected) in enumerate(vector.mutations(random.Random(seed)), 1):
        got = peer.ask("read", vector.kind, data)[4:]
        count.judge(vector.name, name, got, expected, is_one_of((got,), {(one,) for one in expected}))
    return number


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("peer")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--table", action="store_true", help="say of each vector what it is, and how it is judged")
    options = parser.parse_args()
    peer, count = Peer(options.peer), Count()

    def teach(*words):
        answer = peer.ask(*words)
        if answer != "TPS_OK":
            sys.exit("mutations: %s: %s" % (words[0], answer))

    signed = vectors.signed(VECTORS, teach)
    for judge, all_of in ((judge_evidence, signed), (judge_result, vectors.results(VECTORS)),
                          (judge_structure, plain.vectors(VECTORS))):
        for vector in all_of:
            number = judge(peer, vector, options.seed, count)
            if options.table:
                print("%-32s %5d changes; %s" % (vector.name, number, vector.what))
            if judge is not judge_structure and number < LEAST:
                count.failures.append("%s: %d changes only" % (vector.name, number))
    code = peer.end()
    for failure in count.failures[:NAMED]:
        print(failure)
    if options.table:
        for kind, number in sorted(count.kinds.items(), key=lambda pair: -pair[1]):
            print("%6d %s" % (number, kind))
    print("mutations: %d cases, %d not as they must be" % (count.cases, len(count.failures)))
    sys.exit(code or bool(count.failures))


if __name__ == "__main__":
    main()
