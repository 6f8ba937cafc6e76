# SPDX-License-Identifier: Apache-2.0
"""The vectors that nobody signed: what each is, and structural faults of it, each with the names that it must have."""
import base64
import json
import os

import cbor2

import diag
from mutations import others, wire
from mutations.wire import ARRAY, BYTES, MAP, TAG, TEXT

# What a value of a type that stands nowhere is called, by reader.
WRONG_TYPE = {"corim": {"CORIM_*", "CBOR_UNEXPECTED_TYPE"}, "psa": {"CLAIM_BAD_TYPE", "CLAIM_UNKNOWN_PROFILE"},
              "eat": {"CLAIM_BAD_TYPE"}, "cmw": {"CMW_*"}, "ear": {"EAR_*"}, "cose": {"COSE_*"}, "bundle": {"CLAIM_*"}}
# What is called so before CBOR is looked at as CBOR: the first byte, or the message's own shape.
SHAPE = {"corim": {"CORIM_NOT_WELL_FORMED"}, "psa": {"CLAIM_BAD_TYPE"}, "eat": set(), "cmw": {"CMW_NOT_WELL_FORMED"},
         "ear": {"JSON_*", "EAR_*"}, "cose": {"COSE_NOT_WELL_FORMED", "COSE_BAD_HEADER"}, "bundle": {"CLAIM_*"}}


class Plain:
    def __init__(self, name, what, kind, data, mutations, good="OK"):
        self.name, self.what, self.kind, self.data, self.mutate, self.good = name, what, kind, data, mutations, good

    def mutations(self, random):
        return self.mutate(self, random)


# ---- CBOR

def _places(data, path=""):
    """Each encoding in the message: itself, and the content of each CoMID, which is CBOR in a byte string."""
    item = wire.read_whole(data)
    yield path, data, lambda changed: changed
    for one in item.walk():
        if one.kind == TAG and one.value == 506:
            content, inner = data[one.children[0].body:one.children[0].end], one.children[0]
            for name, deep, rebuild in _places(content, path + "in %d " % one.start):
                yield name, deep, lambda changed, inner=inner, rebuild=rebuild: wire.replace(
                    data, inner, wire.string(BYTES, rebuild(changed)))


def _at_each_item(kind, data):
    """Faults of encoding, which every reader of CBOR finds: name, changed, statuses."""
    top = wire.read_whole(data)
    for one in top.walk():
        shape = SHAPE[kind] if one is top or kind in ("cose", "bundle") else set()
        where, rest = " at %d" % one.start, data[one.body:]
        yield "a reserved head" + where, data[:one.start] + bytes([one.kind << 5 | 28]) + data[one.start + 1:], \
            {"CBOR_RESERVED"} | shape
        yield "a break" + where, wire.replace(data, one, b"\xff"), {"CBOR_BAD_BREAK"} | shape
        behind = one.body if one.end > one.body else one.start
        yield "nothing behind the head" + where, data[:behind], {"CBOR_TRUNCATED"} | shape
        yield "forty arrays" + where, wire.replace(data, one, b"\x81" * 40 + b"\x00"), \
            {"CBOR_TOO_DEEP", "CBOR_NOT_DETERMINISTIC"} | shape
        if one.kind in (BYTES, TEXT, ARRAY, MAP):
            yield "a length that nobody sent" + where, data[:one.start] + bytes([one.kind << 5 | 27]) + b"\x7f" * 8 + rest, \
                {"CBOR_TRUNCATED", "CBOR_TOO_MANY", "CBOR_TOO_LONG", "CBOR_NOT_DETERMINISTIC"} | shape
        if one.kind == TEXT and one.end > one.body:
            yield "no UTF-8" + where, data[:one.end - 1] + b"\xff" + data[one.end:], {"CBOR_BAD_UTF8"} | shape
        if one.kind in (ARRAY, MAP):
            count = one.value + 1 if not one.is_indefinite else 0
            yield "a break in the place of one more" + where, wire.replace(
                data, one, wire.head(one.kind, count) + data[one.body:one.end] + b"\xff"), {"CBOR_BAD_BREAK"} | shape
        if one.kind == MAP and one.children:
            key, value = one.pairs()[0]
            yield "a label twice" + where, wire.replace(data, one,
                                                        wire.head(MAP, one.value + 1) + data[one.body:one.end] +
                                                        data[key.start:value.end]), {"CBOR_DUPLICATE_KEY"} | shape


def _of_another_type(kind, data):
    """undefined in the place of each value that has a type: what lies in claims that nobody knows has none."""
    top = wire.read_whole(data)
    pairs = [pair for one in top.walk() if one.kind == MAP for pair in one.pairs()]
    keys = {key for key, _ in pairs} | {inner for key,
                                        value in pairs if (key.number() or 0) < -65536 for inner in value.walk()}
    for one in top.walk():
        if one not in keys:
            yield "undefined at %d" % one.start, wire.replace(data, one, b"\xf7"), WRONG_TYPE[kind] | \
                (SHAPE[kind] if one is top else set())


def cbor_faults(vector, random):
    kind, data = vector.kind, vector.data
    for size in range(0, len(data), 5):
        yield "cut to %d" % size, data[:size], {"CBOR_TRUNCATED"} | (SHAPE[kind] if size == 0 or kind == "bundle" else set())
    for name, more in (("a zero", b"\0"), ("itself", data), ("a break", b"\xff")):
        yield "followed by " + name, data + more, {"CBOR_TRAILING"}
    for where, inner, rebuild in _places(data):
        for generate in (_at_each_item, _of_another_type):
            for name, changed, expected in generate(kind, inner):
                yield where + name, rebuild(changed), expected
        if where:
            yield where + "cut", rebuild(inner[:-1]), {"CBOR_TRUNCATED"}
            yield where + "followed by a zero", rebuild(inner + b"\0"), {"CBOR_TRAILING"}
    for generate in (EXTRA.get(kind),) if kind in EXTRA else ():
        yield from generate(data)


def _without(data, labels, statuses):
    """Members that must be there, taken away."""
    for one in wire.read_whole(data).walk():
        for key, value in one.pairs() if one.kind == MAP else ():
            if key.number() in labels:
                rest = data[one.body:key.start] + data[value.end:one.end]
                changed = wire.replace(data, one, wire.head(MAP, one.value - 1) + rest)
                yield "without %d at %d" % (key.number(), key.start), changed, statuses.get(key.number(), {"CLAIM_MISSING"})


def psa_members(data):
    yield from _without(data, {10, 256, 265, 2394, 2395, 2396, 2399, 2, 5}, {265: {"CLAIM_UNKNOWN_PROFILE"}})
    claims = cbor2.loads(data)
    for name, change in (("a nonce of 31 bytes", {10: bytes(31)}), ("a nonce of 65 bytes", {10: bytes(65)}),
                         ("an instance of 32 bytes", {256: b"\1" + bytes(31)}),
                         ("an instance of another kind", {256: b"\2" + bytes(32)}),
                         ("an implementation of 33 bytes", {2396: bytes(33)}),
                         ("a lifecycle between others", {2395: 0x3100}),
                         ("a lifecycle behind all", {2395: 0x7000}), ("a lifecycle of 17 bits", {2395: 0x10000}),
                         ("no components", {2399: []}), ("a client of 33 bits", {2394: 1 << 32}),
                         ("a seed of 7 bytes", {268: bytes(7)}), ("a reference that is none", {2398: "abc"})):
        yield name, cbor2.dumps({**claims, **change}), {"CLAIM_BAD_VALUE"}
    yield "another profile", cbor2.dumps({**claims, 265: "http://example.com"}), {"CLAIM_UNKNOWN_PROFILE"}


def ear_members(data):
    yield from _without(data, {6, 265, 266, 1000, 1004}, {265: {"EAR_UNKNOWN_PROFILE"}, 6: {"EAR_CLAIM_MISSING"},
                                                          266: {"EAR_CLAIM_MISSING", "EAR_NO_APPRAISAL"},
                                                          1000: {"EAR_CLAIM_MISSING"}, 1004: {"EAR_CLAIM_MISSING"}})
    claims = cbor2.loads(data)
    part = next(iter(claims[266]))
    for name, change, status in (("no submodules", {266: {}}, "EAR_NO_APPRAISAL"),
                                 ("a time before 1970", {6: -1}, "EAR_BAD_TIME"),
                                 ("a time with a fraction", {6: 1.5}, "EAR_BAD_TIME"),
                                 ("exp of a text", {4: "x"}, "EAR_BAD_*"),
                                 ("another profile", {265: "tag:example.com,2026:ear"}, "EAR_UNKNOWN_PROFILE")):
        yield name, cbor2.dumps({**claims, **change}), {status}
    for name, change, status in (("a status that is no tier", {1000: 7}, "EAR_BAD_STATUS"),
                                 ("a status better than its claims", {1000: 2}, "EAR_STATUS_TOO_GOOD"),
                                 ("an empty vector", {1001: {}}, "EAR_BAD_VECTOR"),
                                 ("a value of a vector that is 128", {1001: {0: 128}}, "EAR_BAD_VECTOR")):
        yield name, cbor2.dumps({**claims, 266: {part: {**claims[266][part], **change}}}), {status}


def corim_members(data):
    tag = wire.read_whole(data)
    yield "no tag", data[tag.body:], {"CORIM_NOT_WELL_FORMED"}
    for number in (500, 502, 506, 18):
        yield "tag %d" % number, wire.head(TAG, number) + data[tag.body:], {"CORIM_*", "COSE_*", "CBOR_*"}
    whole = cbor2.loads(data).value
    for name, change, statuses in (("an unknown member", {99: 1}, {"CORIM_*"}),
                                   ("another profile", {3: "http://example.com"},
                                   {"CORIM_UNKNOWN_PROFILE"}), ("no tags", {1: []}, {"CORIM_*"}),
                                   ("it is over", {4: {1: cbor2.CBORTag(1, 1)}}, {"CORIM_EXPIRED"}),
                                   ("it is not yet", {4: {0: cbor2.CBORTag(1, 1 << 34), 1: cbor2.CBORTag(1, 1 << 35)}},
                                    {"CORIM_EXPIRED"}),
                                   ("a tag of an unknown kind", {1: [cbor2.CBORTag(507, b"\xa0")]}, {"CORIM_*"})):
        yield name, cbor2.dumps(cbor2.CBORTag(501, {**whole, **change})), statuses
    for label in (0, 1):
        rest = {key: value for key, value in whole.items() if key != label}
        yield "without %d" % label, cbor2.dumps(cbor2.CBORTag(501, rest)), {"CORIM_*"}


def cmw_members(_):
    for name, record, statuses in (("a record of one", [1], {"CMW_NOT_WELL_FORMED"}),
                                   ("a record of four", [30001, b"x", 1, 1],
                                   {"CMW_NOT_WELL_FORMED"}), ("a message of text", [30001, "x"], {"CMW_BAD_VALUE"}),
                                   ("an indicator of 0", [30001, b"x", 0], {"CMW_BAD_INDICATOR"}),
                                   ("an indicator of 32", [30001, b"x", 32], {"CMW_BAD_INDICATOR"}),
                                   ("a type with a space", ["a b", b"x"], {"CMW_BAD_TYPE"}),
                                   ("a type of -1", [-1, b"x"], {"CMW_BAD_TYPE"}),
                                   ("a type of 65536", [65536, b"x"], {"CMW_BAD_TYPE"}),
                                   ("a type of bytes", [b"a/b", b"x"], {"CMW_BAD_TYPE"})):
        yield "an entry is " + name, cbor2.dumps({"a": record}), statuses
        if len(record) < 4 and len(record) > 1:
            yield "it is " + name, cbor2.dumps(record), statuses
    good = [30001, b"x"]
    for name, collection, statuses in (("empty", {}, {"CMW_EMPTY_COLLECTION"}),
                                       ("a type alone", {"__cmwc_t": "tag:a.b,2024:c"},
                                       {"CMW_EMPTY_COLLECTION"}),
                                       ("a type that is no URI", {"__cmwc_t": "a b", 1: good},
                                       {"CMW_BAD_COLLECTION_TYPE"}), ("an empty label", {"": good}, {"CMW_BAD_LABEL"}),
                                       ("a label of bytes", {b"a": good}, {"CMW_BAD_LABEL"}),
                                       ("a tag that stands for nothing", {1: cbor2.CBORTag(1668546816, b"x")},
                                        {"CMW_BAD_TAG"}),
                                       ("a tag between two ranges", {1: cbor2.CBORTag(1668546817 + 255, b"x")},
                                        {"CMW_BAD_TAG"}),
                                       ("a tag around text", {1: cbor2.CBORTag(1668546818, "x")}, {"CMW_BAD_VALUE"})):
        yield "a collection: " + name, cbor2.dumps(collection), statuses


EXTRA = {"psa": psa_members, "ear": ear_members, "corim": corim_members, "cmw": cmw_members}


# ---- JSON

def json_faults(vector, random):
    text, layer = vector.data.strip(), WRONG_TYPE[vector.kind]
    for size in range(1, len(text), 7):
        yield "cut to %d" % size, text[:size], {"JSON_TRUNCATED", "JSON_NOT_WELL_FORMED"}
    yield "nothing", b"", layer | {"JSON_TRUNCATED", "CBOR_TRUNCATED"}
    for name, more in (("itself", text), ("a zero", b"\0"), ("a brace", b"}"), ("a word", b" x")):
        yield "followed by " + name, text + more, {"JSON_TRAILING"}
    is_within = False
    for at, character in enumerate(text):
        is_within ^= character == ord('"') and text[at - 1:at] != b"\\"
        if is_within:
            continue
        before, after, where = text[:at], text[at + 1:], " at %d" % at
        if character == ord("{"):
            yield "a name twice" + where, before + b'{"zz":1,"zz":1,' + after, {"JSON_DUPLICATE_NAME"}
            yield "a name twice, once escaped" + where, before + b'{"zz":1,"z\\u007a":1,' + after, {"JSON_DUPLICATE_NAME"}
            yield "a name without quotes" + where, before + b"{zz:1," + after, {"JSON_NOT_WELL_FORMED"}
        elif character in b"}]":
            yield "a comma before the end" + where, before + b"," + text[at:], {"JSON_NOT_WELL_FORMED"}
            other = b"]" if character == ord("}") else b"}"
            yield "another bracket" + where, before + other + after, {"JSON_NOT_WELL_FORMED"}
        elif character == ord(":"):
            yield "two colons" + where, before + b"::" + after, {"JSON_NOT_WELL_FORMED"}
            if after.lstrip()[:1] == b'"':
                within = after.index(b'"') + 1
                for name, put, status in (("a wrong escape", b"\\q", "JSON_BAD_ESCAPE"),
                                          ("half a pair", b"\\ud800", "JSON_BAD_ESCAPE"),
                                          ("no UTF-8", b"\xff", "JSON_BAD_UTF8"),
                                          ("an overlong sequence", b"\xc0\xaf", "JSON_BAD_UTF8"),
                                          ("a line break", b"\n", "JSON_NOT_WELL_FORMED")):
                    yield name + where, before + b":" + after[:within] + put + after[within:], {status}
            for name, put in (("NaN", b"NaN,"), ("a number with a zero before", b"01,"), ("a plus", b"+1,"),
                              ("True", b"True,")):
                yield name + where, before + b":" + put + after, {"JSON_NOT_WELL_FORMED"}
            yield "deep" + where, before + b":" + b"[" * 100 + after, {"JSON_TOO_DEEP"}
    yield "single quotes", text.replace(b'"', b"'"), {"JSON_NOT_WELL_FORMED"}
    yield "a comment", text[:1] + b"/* */" + text[1:], {"JSON_NOT_WELL_FORMED"}
    yield "a byte order mark", b"\xef\xbb\xbf" + text, layer | {"JSON_NOT_WELL_FORMED", "CBOR_*"}
    yield from (JSON_EXTRA[vector.kind])(json.loads(text))


def ear_json_members(claims):
    part = next(iter(claims["submods"]))
    own = claims["submods"][part]
    for name in ("eat_profile", "iat", "ear_verifier_id", "submods"):
        yield "without " + name, json.dumps({key: value for key, value in claims.items() if key != name}).encode(), \
            {"EAR_UNKNOWN_PROFILE" if name == "eat_profile" else "EAR_CLAIM_MISSING", "EAR_NO_APPRAISAL"}
    for name, change, status in (("iat is text", {"iat": "1"}, "EAR_BAD_*"),
                                 ("iat is negative", {"iat": -1}, "EAR_BAD_TIME"),
                                 ("iat has a fraction", {"iat": 1.5}, "EAR_BAD_TIME"),
                                 ("no submodules", {"submods": {}}, "EAR_NO_APPRAISAL"),
                                 ("submodules in an array", {"submods": []}, "EAR_BAD_CLAIM"),
                                 ("another profile", {"eat_profile": "x"}, "EAR_UNKNOWN_PROFILE")):
        yield name, json.dumps({**claims, **change}).encode(), {status}
    for name, change, status in (("no tier", {"ear_status": "good"}, "EAR_BAD_STATUS"),
                                 ("a number for a tier", {"ear_status": 2}, "EAR_BAD_STATUS"),
                                 ("better than its claims", {"ear_status": "affirming"}, "EAR_STATUS_TOO_GOOD"),
                                 ("128", {"ear_trustworthiness_vector": {"hardware": 128}}, "EAR_BAD_VECTOR"),
                                 ("an empty vector", {"ear_trustworthiness_vector": {}}, "EAR_BAD_VECTOR"),
                                 ("a claim that is none", {"ear_trustworthiness_vector": {"luck": 2}},
                                  "EAR_BAD_VECTOR")):
        yield "of a submodule: " + name, json.dumps({**claims, "submods": {part: {**own, **change}}}).encode(), {status}


def cmw_json_members(_):
    good = ["application/vnd.a", "YQ"]
    for name, entry, statuses in (("padding", ["a/b", "YQ=="], {"CMW_BAD_VALUE"}),
                                  ("plain base64", ["a/b", "+/+/"], {"CMW_BAD_VALUE"}),
                                  ("bits behind the end", ["a/b", "YR"], {"CMW_BAD_VALUE"}),
                                  ("an odd length", ["a/b", "YWFhY"], {"CMW_BAD_VALUE"}),
                                  ("a number for bytes", ["a/b", 5], {"CMW_BAD_VALUE"}),
                                  ("one member", ["a/b"], {"CMW_NOT_WELL_FORMED"}),
                                  ("four members", [*good, 1, 1], {"CMW_NOT_WELL_FORMED"}),
                                  ("indicator 0", [*good, 0], {"CMW_BAD_INDICATOR"}),
                                  ("indicator 64", [*good, 64], {"CMW_BAD_INDICATOR"}),
                                  ("a text for indicator", [*good, "4"], {"CMW_BAD_INDICATOR"}),
                                  ("no media type", ["evidence", "YQ"], {"CMW_BAD_TYPE"}),
                                  ("null", None, {"CMW_NOT_WELL_FORMED"})):
        yield "an entry: " + name, json.dumps({"a": entry}).encode(), statuses
    yield "no entries", b"{}", {"CMW_EMPTY_COLLECTION"}
    yield "an empty label", json.dumps({"": good}).encode(), {"CMW_BAD_LABEL"}
    yield "a type that is none", json.dumps({"__cmwc_t": "a b", "a": good}).encode(), {"CMW_BAD_COLLECTION_TYPE"}


JSON_EXTRA = {"ear": ear_json_members, "cmw": cmw_json_members}


# ---- the table

def _read(root, name):
    with open(os.path.join(root, name), "rb") as file:
        return file.read()


def _noted(root, name):
    return cbor2.dumps(diag.read(_read(root, name).decode()))


CBOR_FILES = (("veraison/psa-endorsements.cbor", "CoRIM of the PSA's older profile", "corim", "OK"),
              ("veraison/corim-psa-valid.cbor", "CoRIM of the PSA's newer profile", "corim", "OK"),
              ("veraison/corim-enacttrust-valid.cbor", "CoRIM of EnactTrust", "corim", "OK"),
              ("veraison/corim-psa-bad-class.cbor", "CoRIM with a class that is none of its profile", "corim",
               "CORIM_BAD_VALUE"),
              ("cmw/collection-cbor-ok.cbor", "collection of wrappers", "cmw", "OK"),
              ("psa/GOOD_full.diag", "claims of RFC 9783", "psa", "OK"),
              ("psa/GOOD_mandatory_only.diag", "claims of RFC 9783", "psa", "OK"),
              ("psa/FAIL_BootSeed_too_big.diag", "claims, wrong", "psa", "CLAIM_BAD_VALUE"),
              ("psa/FAIL_ImplementationID_missing.diag", "claims, wrong", "psa", "CLAIM_MISSING"),
              ("psa/FAIL_InstanceID_wrong_format.diag", "claims, wrong", "psa", "CLAIM_BAD_VALUE"),
              ("psa/FAIL_SoftwareComponent_Measurement_missing.diag", "claims, wrong", "psa", "CLAIM_MISSING"),
              ("eat/minimal.diag", "claims of RFC 9711", "eat", "OK"),
              ("eat/valid_iot.diag", "claims of RFC 9711", "eat", "OK"),
              ("eat/valid_key_store.diag", "claims of RFC 9711", "eat", "OK"),
              ("eat/valid_submods.diag", "claims of RFC 9711", "eat", "OK"),
              ("eat/valid_tee.diag", "claims of RFC 9711", "eat", "OK"),
              ("eat/valid_cwt.diag", "token, whose key is not there", "cose", "OK"),
              ("eat/valid_deb.diag", "detached bundle, whose key is not there", "bundle", "OK"),
              ("ear/ear-cbor-1.diag", "claims of a result", "ear", "OK"))


def vectors(root):
    for name, what, kind, good in CBOR_FILES:
        data = _noted(root, name) if name.endswith(".diag") else _read(root, name)
        yield Plain(name, what, kind, data, cbor_faults if good == "OK" else lambda vector, random: (), good)
    for name, what, kind in (("ear/ear-json-1.diag", "claims of a result", "ear"),
                             ("cmw/collection-ok.json", "collection", "cmw"),
                             ("ear/ext-veraison-json-1.diag", "claims of a result, with Veraison's own", "ear")):
        yield Plain(name, what, kind, _read(root, name), json_faults)
    yield Plain("tpm/uefi_log.bin", "event log of a PC", "log", _read(root, "tpm/uefi_log.bin"), others.log_faults)
    yield Plain("tpm/test-quote.txt", "keylime's quote, whose key is not there; over SHA-1", "quote",
                _read(root, "tpm/test-quote.txt"),
                others.text_faults, "TPM_SHA1")
    yield Plain("cmw/x509-cert+cbor-cmw.der", "certificate with a collection of wrappers", "cmw-certificate",
                _read(root, "cmw/x509-cert+cbor-cmw.der"), others.certificate_faults)
