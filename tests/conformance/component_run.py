#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The conformance program against a real component process, on a device that a maker made and that is thrown
away: it is decommissioned in the end. And that nothing secret crosses the
connector meanwhile: every frame of the run is recorded and searched for the unique device secret and for what is derived from
it (spec/keys.md), computed here. Then once more on a device whose vault cannot be opened.

usage: component_run.py BIN
"""
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time

import cbor2

import component_client
import component_secrets


class Recorder:
    """Stands between clients and a component; keeps every frame, both ways."""

    def __init__(self, path, component):
        self.frames = []
        self.component = component
        self.listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.listener.bind(path)
        self.listener.listen(64)
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            client, _ = self.listener.accept()
            component = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
            component.connect(self.component)
            for source, sink in ((client, component), (component, client)):
                threading.Thread(target=self.pump, args=(source, sink), daemon=True).start()

    def pump(self, source, sink):
        try:
            frame = source.recv(1 << 17)
            while frame:
                self.frames.append(frame)
                sink.send(frame)
                frame = source.recv(1 << 17)
        except OSError:
            pass
        for end in (source, sink):
            try:
                end.shutdown(2)
            except OSError:
                pass


def text_of(log):
    with open(log.name, "rb") as file:
        return file.read().decode()


def start(program, device, log):
    process = subprocess.Popen([program, "--device", device], stderr=log)
    for _ in range(500):
        if "ready on" in text_of(log):
            return process
        assert process.poll() is None, text_of(log)
        time.sleep(0.02)
    raise AssertionError("the component did not start")


def ask_facts(device):
    """The boot digest, and the key by which it is seen that the secrets computed here are those of the device."""
    client = component_client.Component(device)
    digest = client.ask("measurement", 10, {})[3]
    key = client.ask("attestation", 11, {})[1]
    client.close()
    return digest, key[-2]


def judge(device, frames, boot_digest, iak_x):
    secrets, derived = component_secrets.secrets_of(device, boot_digest, first_image(device))
    assert iak_x in [values["IAK, X"] for values in derived], "these are not the device's secrets"
    component_secrets.look_for(secrets, frames)
    found = False
    try:  # the search finds what is there
        component_secrets.look_for(secrets, [b"..." + secrets["unique secret"][5:15] + b"..."])
    except AssertionError:
        found = True
    assert found
    print("# %d frames, %d bytes: nothing of %d secrets" % (len(frames), sum(map(len, frames)), len(secrets)))


def first_image(device):
    """R, as far as it is measured: the first image that the identity names."""
    with open(os.path.join(device, "identity.cbor"), "rb") as file:
        name = cbor2.load(file)[7][0]
    with open(os.path.join(device, "firmware", name + ".bin"), "rb") as file:
        return file.read()


def put_back_storage(programs, device, log):
    """Leaves the device with storage that is older than its counter."""
    storage = os.path.join(device, "secure", "storage")
    kept = []
    for value in (b"1", b"2"):
        process = start(os.path.join(programs, "tps-boot"), device, log)
        client = component_client.Component(device)
        assert 2 not in client.ask("sealed-storage", 10, {1: "value", 2: value})
        client.close()
        process.terminate()
        assert process.wait(20) == 0, text_of(log)
        log.truncate(0)
        with open(storage, "rb") as file:
            kept.append(file.read())
    assert kept[0] != kept[1]
    with open(storage, "r+b") as file:
        file.write(kept[0])


def run_closed(programs, folder):
    """On a device whose vault is not open nothing fails: what needs the vault is skipped and says why, until it begins anew."""
    device = component_client.make_maker(os.path.join(programs, "tps"), os.path.join(folder, "other"), model="old")
    with open(os.path.join(folder, "log-closed"), "a+b") as log:
        put_back_storage(programs, device, log)
        process = start(os.path.join(programs, "tps-boot"), device, log)
        try:
            done = subprocess.run([os.path.join(programs, "tps-conformance"), "--destructive",
                                   os.path.join(device, "component.sock")], check=False, timeout=100, stdout=subprocess.PIPE)
        finally:
            process.terminate()
            process.wait(20)
    lines = done.stdout.decode().splitlines()
    skipped = [line for line in lines if line.endswith("# SKIP the vault is not open: it is older than its counter")]
    failed = [line for line in lines if line.startswith("not ok")]
    assert done.returncode == 0 and not failed, "\n".join(failed)
    for name in ("key store: a key is made", "sealed storage: names are listed", "lifecycle: a new owner"):
        assert any(name in line for line in skipped), name
    for name in ("storage begins anew", "and holds nothing of before", "the device is decommissioned"):
        assert any(line.endswith("lifecycle: " + name) for line in lines), name
    print("# with the vault closed: %s" % lines[-1][2:])


def main(programs, sandbox="seccomp"):
    """The program's exit code. `sandbox` is what the component has to say of its own."""
    folder = tempfile.mkdtemp(prefix="tps-conformance-")
    try:
        maker = os.path.join(folder, "maker")
        device = component_client.make_maker(os.path.join(programs, "tps"), maker, counter="2")
        with open(os.path.join(folder, "log"), "w+b") as log:
            process = start(os.path.join(programs, "tps-boot"), device, log)
            assert sandbox in text_of(log), text_of(log)
            recorder = Recorder(os.path.join(folder, "recorder"), os.path.join(device, "component.sock"))
            facts = ask_facts(device)
            try:
                done = subprocess.run([os.path.join(programs, "tps-conformance"), "--destructive", "--release-key",
                                       os.path.join(maker, "keys", "release.key"),
                                       os.path.join(folder, "recorder")], check=False, timeout=100,
                                      stdout=subprocess.PIPE)
            finally:
                process.terminate()
                assert process.wait(20) == 0, text_of(log)
            text = done.stdout.decode()
            sys.stdout.write(text)
            # The program cannot know that the device was made with a counter of 2.
            assert text.count("update: a release of an older counter is error 6\n") == 1, "older releases are taken"
            judge(device, recorder.frames, *facts)
        run_closed(programs, folder)
        return done.returncode
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    sys.exit(main(os.path.abspath(sys.argv[1])))
