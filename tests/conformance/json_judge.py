#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The JSON reader and writer against Python's json: thousands of texts, made and damaged from a fixed seed, must be taken or
refused by both, and what our writer makes of a text must hold the same values.

usage: json_judge.py PROGRAM    (tests/conformance/json_rewrite.c)"""
import json
import random
import struct
import subprocess
import sys

SEEDS = [
    b'{}', b'[]', b'""', b'0', b'-0', b'-0.0', b'true', b'false', b'null', b' [ 1 , 2.5 , -3e-7 ] ',
    b'{"a":{"b":[{"c":null}]},"d":"x"}', b'[1e308,1.7976931348623157e308,5e-324,2.2250738585072014e-308,1e-400]',
    b'[9223372036854775807,-9223372036854775808,18446744073709551615,123456789012345678901234567890]',
    b'"\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\\ud834\\udd1e\\u0000"', '{"ü":"水𐅑","\\u00fd":1}'.encode(),
    b'{"b":1,"a":2,"c":3,"\\u0061b":4}', b'{"a":1,"\\u0061":2}', b'["\\ud800"]', b'["\\ud800\\u0041"]', b'[NaN]',
    b'{"eat_nonce":"MIDBNH28iioisjPy","ueid":"AgAEizrK3Q","location":{"lat":-33.86785,"long":151.20732}}',
    b'[0.1,0.2,0.30000000000000004,100000000000000000000000,9007199254740993.0,8.41e21,9.5367431640625e-7]',
]
BITS = [b'{', b'}', b'[', b']', b',', b':', b'"', b'\\', b'\\u00', b'0', b'1', b'-', b'+', b'.', b'e', b'E', b' ', b'\n',
        b'true', b'null', b'\xff', b'\xc3\xa9', b'\x00', b'\x1f', b'\x7f', b'\\ud834', b'\\udd1e', b'a', b'/']


class Refused(Exception):
    pass


def pairs(members):
    if len({name for name, _ in members}) != len(members):
        raise Refused("a name twice")
    return dict(members)


def refuse(word):
    raise Refused(word)


def whole(value):
    """Python lets half a surrogate pair through, which no UTF-8 can hold."""
    if isinstance(value, str):
        value.encode()
    elif isinstance(value, list):
        for item in value:
            whole(item)
    elif isinstance(value, dict):
        for name, item in value.items():
            whole(name)
            whole(item)
    return value


def judge(text):
    """The value, or Refused. Python's float() makes infinity of what is too large: both keep the text then."""
    if text.startswith(b"\xef\xbb\xbf"):
        raise Refused("byte order mark")
    try:
        return whole(json.loads(text.decode(), object_pairs_hook=pairs, parse_constant=refuse,
                                parse_float=lambda s: ("float", struct.pack(">d", float(s)))))
    except (ValueError, RecursionError) as error:
        raise Refused(str(error)) from error


def random_value(rng, depth=0):
    kind = rng.randrange(9 if depth < 5 else 7)
    if kind == 0:
        return rng.choice([True, False, None])
    if kind <= 2:
        return rng.randrange(-2**rng.randrange(1, 70), 2**rng.randrange(1, 70))
    if kind <= 4:
        bits = rng.getrandbits(64)
        number = struct.unpack(">d", bits.to_bytes(8, "big"))[0]
        return 0.0 if number != number or abs(number) == float("inf") else number
    if kind <= 6:
        return "".join(chr(rng.choice([rng.randrange(0x80), rng.randrange(0xd800), rng.randrange(0xe000, 0x110000)]))
                       for _ in range(rng.randrange(12)))
    if kind == 7:
        return [random_value(rng, depth + 1) for _ in range(rng.randrange(6))]
    return {str(random_value(rng, 9)): random_value(rng, depth + 1) for _ in range(rng.randrange(6))}


def damaged(rng, text):
    for _ in range(rng.randrange(1, 4)):
        at = rng.randrange(len(text) + 1)
        action = rng.randrange(4)
        if action == 0:
            text = text[:at] + text[at + rng.randrange(1, 4):]
        elif action == 1:
            text = text[:at] + rng.choice(BITS) + text[at:]
        elif action == 2:
            text = text[:at] + bytes([rng.randrange(256)]) + text[at + 1:]
        else:
            other = rng.randrange(len(text) + 1)
            text = text[:at] + text[min(at, other):max(at, other)] + text[at:]
    return text


def texts():
    rng = random.Random(9711)
    made = [json.dumps(random_value(rng), ensure_ascii=rng.random() < 0.5, indent=rng.choice([None, 1])).encode()
            for _ in range(1500)]
    return SEEDS + made + [damaged(rng, rng.choice(SEEDS + made[:300])) for _ in range(12000)]


def main():
    cases = texts()
    packed = b"".join(struct.pack(">I", len(text)) + text for text in cases)
    run = subprocess.run([sys.argv[1]], input=packed, stdout=subprocess.PIPE, check=True)
    answers = run.stdout.split(b"\n")[:-1]
    accepted = failures = 0
    if len(answers) != len(cases):
        sys.exit("%d answers to %d texts" % (len(answers), len(cases)))
    for text, answer in zip(cases, answers):
        status, _, copy = answer.decode().partition(" ")
        try:
            expected = judge(text)
        except Refused:
            expected = Refused
        if (status == "TPS_OK") != (expected is not Refused) or (status == "TPS_OK" and judge(copy.encode()) != expected):
            print("%r: %s %s, but Python: %r" % (text, status, copy, expected))
            failures += 1
        accepted += status == "TPS_OK"
    print("%d texts, %d accepted by both, %d differences" % (len(cases), accepted, failures))
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
