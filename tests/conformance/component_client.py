# SPDX-License-Identifier: Apache-2.0
"""A client of the component process over its socket (spec/local-connector.cddl), and a maker's device to talk to; for the
checks that judge the services without our own code."""
import os
import socket
import subprocess

import cbor2

PUBLIC, USER = 0, 1
SERVICES = {
    "measurement": "138b2f98e76958d1a865005e37a6a903",
    "sealed-storage": "34213bc215a15af6acc33d635363338d",
    "counters": "aac0afe16e845592ae4c2357e3a7ac8f",
    "random": "2b8ce85bdcb55261ae8d5342f16e0e8e",
    "identification": "f8ff7c015ab8571ca636014bc8511411",
    "attestation": "d412f0c75d505a448541e6d98d18cc3b",
    "verification": "51bbdbcb2264519e8ed2075f40246873",
    "update": "ceeafedb44e0579ab0f7adfc1affdee7",
    "authentication": "e28cd92311655a7ba3254123b231bb96",
    "lifecycle": "a3dce44b99e05c3c97fe578f1921cbd9",
    "key-store": "c794f8a852e15784b3418dd1c940d3a5",
}


def run(*command, expect=0):
    """A program's standard output; an assertion if it does not exit as expected."""
    done = subprocess.run([str(c) for c in command], stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=120,
                          check=False)
    assert done.returncode == expect, "%s: exit %d\n%s%s" % (command, done.returncode, done.stdout.decode(),
                                                             done.stderr.decode())
    return done.stdout.decode()


def read(*path):
    with open(os.path.join(*path), "rb") as file:
        return file.read()


def write(path, content):
    with open(path, "wb") as file:
        file.write(content)


def make_maker(tps, folder, name="Acme Home", model="bulb", version="1.0.0", image=b"light bulb firmware 1.0.0\n" * 40,
               counter="0"):
    """A demonstration's maker with one release and one device; returns the device's folder."""
    file = os.path.join(os.path.dirname(folder), "%s-%s.bin" % (model, version))
    with open(file, "wb") as to:
        to.write(image)
    run(tps, "factory", "init", folder, "--name", name, "--demo")
    run(tps, "factory", "release", folder, "--model", model, "--version", version, "--image", file, "--security-counter", counter)
    run(tps, "factory", "make", folder, "--model", model)
    return os.path.join(folder, "devices", model + "-0001")


class Failed(Exception):
    """What the component answered instead: a TPSC_ERROR_*."""

    def __init__(self, result):
        super().__init__("0x%08x" % result)
        self.result = result


class Component:
    """One connection to a running component."""

    def __init__(self, device, method=USER):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.socket.settimeout(20)
        self.socket.connect(os.path.join(device, "component.sock"))
        self.transaction = 0
        self._ask(1, 1, method, None)
        self.services = {bytes(s[1]).hex(): s[0] for s in self._ask(2)}

    def close(self):
        self.socket.close()

    def _ask(self, operation, *rest):
        self.transaction += 1
        self.socket.send(cbor2.dumps([operation, self.transaction, *rest]))
        transaction, result, _, body = cbor2.loads(self.socket.recv(1 << 17))
        assert transaction == self.transaction
        if result != 0:
            raise Failed(result)
        return body

    def send(self, service, message, binding=None):
        """One message to a service, in a session of its own, bound to (mode, provider) if given; returns the answer's bytes."""
        session = self._ask(3, self.services[SERVICES[service]])
        try:
            if binding is not None:
                bound = self._ask(5, session, 60000, cbor2.dumps(cbor2.CBORTag(9, dict(enumerate(binding, 1)))))
                assert cbor2.loads(bound).value == {}
            return self._ask(5, session, 60000, message)
        finally:
            self._ask(4, session)

    def ask(self, service, tag, body):
        """The map of the answer; its tag is checked."""
        answer = cbor2.loads(self.send(service, cbor2.dumps(cbor2.CBORTag(tag, body))))
        assert answer.tag == tag
        return answer.value
