#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""A non-secure image that wants what it may not have (firmware/an505/nonsecure/hostile.h). Each of its attempts must end in an
error or in a fault, as it says here; after them the memory that it can read is searched for every secret of the device,
computed here from the unique secret (tests/conformance/component_secrets.py).

usage: hostile.py BIN FIRMWARE
"""
import os
import re
import sys
import tempfile

import cbor2
import chips
import emulator

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "conformance"))
import component_secrets  # noqa: E402

NONSECURE_RAM = 0x28200000, 2 << 20  # firmware/an505/memory.h
SECURE_RAM = 0x28000000, 64 << 10  # on the bus
CLOSED = (0x00000000, 0x10000000, 0x28000000, 0x38000000, 0x38200000, 0x80000000, 0x90000000)

REACHED = "non-secure world: SecureFault: reached for secure memory"
ENTERED = "non-secure world: SecureFault: entered the secure world elsewhere than at an entry function"
# What the console says of an attempt, by the beginning of its name; the first that fits.
FAULTS = [
    ("reads", REACHED), ("writes", REACHED), ("runs", ENTERED), ("enters", ENTERED),
    ("returns into the secure world, uncalled", "non-secure world: HardFault: an exception's return that is none"),
    ("returns from an exception", ENTERED),
    ("returns from a handler", "secure world: SecureFault: an exception's return that is none"),
    ("returns as if", "secure world: SecureFault: an exception's frame without integrity signature"),
    ("is interrupted with a stack", REACHED), ("pushes onto", REACHED), ("switches the attribution off", REACHED),
    ("keeps its vectors", "non-secure world: HardFault"),
]
FAULTS_COUNT = 41

# What each line must end in, by a pattern of what it begins with.
RESULTS = [
    (r"(a descriptor|a message|a name) in .*|(an answer|a list) to .*", "SECURITY"),
    (r"(an answer|a message) whose (first|last) byte is not its own|a descriptor that is not aligned", "SECURITY"),
    (r"room that is too long|(a message|room) around the end of all addresses", "SECURITY"),
    (r"a message that is too long", "SECURITY|BAD_FORMAT"),
    (r"an answer onto its descriptor", "BAD_FORMAT"),
    (r"another version|an operation that there is not", "NOT_SUPPORTED"),
    (r"a (connection|session) that there is not", "BAD_STATE"),
    (r"a right call after .*|a connection|a session|a (connection|session) after the flood", "SUCCESS"),
    (r"a flood of connections", "6 made, 10000 OUT_OF_MEMORY"),
    (r"a flood of sessions", "5 made, 1000 OUT_OF_MEMORY"),
    (r"registers (after a call|in a handler within a call)", "nothing of the secure world"),
    (r"calls from a handler", "all BUSY, no other disturbed"),
    (r"changes during calls", "each answered or refused, both seen"),
    (r"a thread without privilege|its (session|message)|the same with privilege", "SUCCESS"),
    (r"its step of the device's life|a login without privilege as .*", "ACCESS_DENIED"),
    (r"a step of the device's life with privilege", "SUCCESS"),
    (r"a connection of (privileged code|code without privilege) (that|whose) .*", "BAD_STATE"),
    (r"a flood without privilege", "5 sessions, 6 connections"),
    (r"the privileged session afterwards|another privileged session beside a flood", "SUCCESS"),
    (r"random calls", "some answered"),
    (r"its (message in|answer to) memory that needs privilege", "SECURITY"),
]
RESULTS_MIN = 167


def fail(text):
    raise SystemExit(f"hostile: {text}")


def judge_faults(line, console):
    attempts = re.findall(r"^fault \d+: (.*)$", line, re.MULTILINE)
    faults = re.findall(r"^fault: (.*); starting anew$", console, re.MULTILINE)
    if "no fault" in line:
        fail("it got through:\n" + re.search(r"^.*\n.*\nno fault$", line, re.MULTILINE).group())
    if len(attempts) != FAULTS_COUNT or len(faults) != len(attempts):
        fail(f"{len(attempts)} attempts, {len(faults)} faults; {FAULTS_COUNT} were expected")
    for name, fault in zip(attempts, faults):
        expected = next(text for begins, text in FAULTS if name.startswith(begins))
        if not fault.startswith(expected):
            fail(f"{name}: {fault}; expected {expected}")
    return len(attempts)


def judge_results(line):
    lines = [one for one in line.splitlines() if ": " in one and not one.startswith(("fault ", "facts: "))]
    for one in lines:
        name, result = one.split(": ", 1)
        expected = [good for pattern, good in RESULTS if re.fullmatch(pattern, name)]
        if not expected or not re.fullmatch(expected[0], result):
            fail(f"{one}; expected {expected}")
    for pattern, _ in RESULTS:
        if not any(re.fullmatch(pattern, one.split(": ", 1)[0]) for one in lines):
            fail(f"not tried: {pattern}")
    if len(lines) < RESULTS_MIN:
        fail(f"{len(lines)} results; there were more when this was written")
    return len(lines)


def secrets_of(device, line, component):
    """Derived here, and seen to be this device's by its attestation key."""
    measured, attested = re.search(r"^facts: (\S+) (\S+)$", line, re.MULTILINE).groups()
    digest = cbor2.loads(bytes.fromhex(measured)).value[3]
    key = cbor2.loads(bytes.fromhex(attested)).value[1]
    secrets, derived = component_secrets.secrets_of(device, digest, component)
    if key[-2] not in [values["IAK, X"] for values in derived]:
        fail("these are not the device's secrets")
    return secrets


def judge_closed(board):
    """The emulator itself can read nothing else in the name of the non-secure world."""
    for address in CLOSED:
        try:
            board.memory(address, 64)
        except emulator.Failed:
            continue
        fail(f"the non-secure world can read {address:#x}")


def names_in(secrets, memory):
    """Which of the secrets are there, whole: memory of the secure world must have some, or the search finds nothing."""
    return [name for name, value in secrets.items() if value in memory]


def main():
    programs, firmware, _ = chips.arguments(__doc__)
    firmware.require("hostile")
    with tempfile.TemporaryDirectory(prefix="tps-hostile-") as folder:
        maker = chips.Maker(os.path.join(programs, "tps"), folder)
        flash = os.path.join(folder, "flash")
        maker.release("chip", "1.0.0", firmware.image("hostile"))
        device = maker.make("chip", firmware.image("secure"), flash)
        with emulator.Emulator(firmware.elf(), flash=emulator.Flash(flash), name="hostile") as board:
            board.until(lambda: re.search(r"^(done|no component)$", board.line(), re.MULTILINE) or
                        board.console().count("fault: ") > FAULTS_COUNT, 250, "the end of its attempts", 0.05)
            line, console = board.line(), board.console()
            faults, results = judge_faults(line, console), judge_results(line)
            judge_closed(board)
            open_memory, secure_memory = board.memory(*NONSECURE_RAM), board.secure_memory(*SECURE_RAM)
        if firmware.image("hostile").read_bytes()[:1024] not in open_memory:
            fail("that is not the memory of the image")
        secrets = secrets_of(device, line, firmware.image("secure").read_bytes())
        found = names_in(secrets, secure_memory)
        if not any(name.startswith("CDI_A") for name in found) or not any(name.startswith("S(") for name in found):
            fail(f"the search does not find what is there: {found}")
        component_secrets.look_for(secrets, [open_memory, line.encode()])
    print(f"{faults} attempts ended in faults, {results} as they should; {len(open_memory) >> 20} MiB that it can read hold "
          f"nothing of {len(secrets)} secrets, of which the secure world holds {len(found)}")


if __name__ == "__main__":
    main()
