# SPDX-License-Identifier: Apache-2.0
"""Running `tps inspect`, and making files for it with cbor2 and cryptography, independently of our code."""
import base64
import json
import os
import subprocess
import sys
import tempfile
import unittest

import cbor2

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
VECTORS = os.environ.get("TPS_VECTORS") or os.path.join(ROOT, "..", "shared", "vectors")


class Answer:
    """What one run said."""

    def __init__(self, done):
        self.code = done.returncode
        self.text = done.stdout.decode()
        self.error = done.stderr.decode()

    def json(self):
        return json.loads(self.text)


def run(*arguments, data=None):
    done = subprocess.run([PROGRAM, "inspect", *arguments], input=data, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          timeout=60, check=False)
    return Answer(done)


def inspect(data):
    """The JSON of bytes that must be understood."""
    answer = run("-", "--json", data=data)
    if answer.code != 0:
        raise AssertionError("exit %d: %s%s" % (answer.code, answer.text, answer.error))
    return answer.json()


def refusal(data):
    """The error of bytes that must not be understood."""
    answer = run("-", "--json", data=data)
    if answer.code != 1:
        raise AssertionError("exit %d: %s%s" % (answer.code, answer.text[:400], answer.error))
    return answer.json()["error"]


def plain(value):
    """A value without its meaning."""
    return value["value"] if isinstance(value, dict) and set(value) == {"value", "meaning"} else value


def meaning(value):
    return value["meaning"]


def base64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def jwt(claims, header=None):
    parts = [json.dumps(header or {"alg": "ES256", "typ": "JWT"}), json.dumps(claims)]
    return ".".join([base64url(part.encode()) for part in parts] + [base64url(bytes(64))]).encode()


def sign1(payload, protected=None, unprotected=None, tag=18, signature=bytes(64)):
    """A COSE_Sign1 whose signature is not good: nothing here checks it."""
    headers = {1: -7} if protected is None else protected
    return cbor2.dumps(cbor2.CBORTag(tag, [cbor2.dumps(headers) if headers else b"", unprotected or {}, payload,
                                           signature]))


def temporary(data):
    """A path of a file with these bytes, which the caller removes."""
    handle, path = tempfile.mkstemp()
    os.write(handle, data)
    os.close(handle)
    return path


def main():
    """The first argument is the program; the others are unittest's."""
    global PROGRAM
    if len(sys.argv) < 2:
        sys.exit("usage: %s PROGRAM [tests]" % sys.argv[0])
    PROGRAM = os.path.abspath(sys.argv.pop(1))
    unittest.main(module="__main__")


PROGRAM = None
