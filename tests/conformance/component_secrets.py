# SPDX-License-Identifier: Apache-2.0
"""What must never be seen outside of a component: the unique device secret, and what spec/keys.md derives from it, computed
here by keys_judge.py from the device's folder. look_for() searches messages for eight bytes in a row of any of it."""
import hashlib
import os

import keys_judge

WINDOW = 8
PUBLIC = ("X", "Y", "instance id", "UUID of the component", "SUEID_p")


def secrets_of(device, boot_digest, image):
    """{name: bytes}, for each mode that the device may have started in."""
    with open(os.path.join(device, "boot", "unique-secret"), "rb") as file:
        unique = file.read()
    with open(os.path.join(device, "identity.cbor"), "rb") as file:
        identity = file.read()
    given = {name: bytes(32) for name in keys_judge.INPUTS}
    given.update({"unique secret": unique, "code": hashlib.sha256(image).digest(), "configuration (boot digest)": boot_digest,
                  "authority": hashlib.sha256(identity).digest()})
    secrets = {"unique secret": unique}
    derived = []
    for mode in (0, 1, 2):
        given["mode"] = bytes([mode])
        values = keys_judge.compute(given)
        derived.append(values)
        for name, value in values.items():
            if not name.endswith(PUBLIC):
                secrets["%s, mode %d" % (name, mode)] = value
        seal = values["S(255)"]
        for u in range(254, -1, -1):
            seal = keys_judge.hkdf(seal, b"", b"opentps S older", 32)
            secrets["S(%d), mode %d" % (u, mode)] = seal
    return secrets, derived


def look_for(secrets, frames):
    """An assertion if any frame has eight bytes in a row of a secret, in either order of bytes."""
    windows = {}
    for name, value in secrets.items():
        for whole in (value, value[::-1]):
            for at in range(len(whole) - WINDOW + 1):
                windows[whole[at:at + WINDOW]] = name
    assert windows and frames
    for frame in frames:
        for at in range(len(frame) - WINDOW + 1):
            name = windows.get(frame[at:at + WINDOW])
            assert name is None, "%s is seen in a frame: %s" % (name, frame.hex())
