#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What a call of the Root of Trust costs, by part, in instructions of the emulated processor.

The image an505_cost asks for evidence and a few other things; an505_secure_profile is the secure image with hooks around
what it does (firmware/an505/secure/profile.h). Under -icount an instruction takes a fixed time, so that the board's
timers count instructions, whatever the host does: two runs must tell the same, to the last instruction, or this fails. A
real chip's cycles are others (flash, caches, divisions, an accelerator for cryptography); what stands behind which part
is not.

usage: cost.py BIN FIRMWARE [--json]
"""
import json
import os
import re
import sys
import tempfile

import chips
import emulator

CLOCK = 20_000_000  # ticks a second, of both timers
PARTS = {
    "client-and-veneer": "client library, veneer, both ways",
    "gateway": "gateway: addresses judged, copies",
    "core-and-service": "dispatch, and the service's own work",
    "facts": "evidence: the request, facts gathered",
    "claims": "claims encoded (measured, then written)",
    "cose": "COSE envelope",
    "hashing": "hashing",
    "signing": "signing",
    "verifying": "verifying",
    "making-keys": "keys made, loaded or computed",
    "derivation": "derivation of keys",
    "aead": "sealing, opening (AEAD)",
    "random": "random bytes",
    "vault": "vault",
    "flash": "flash (the emulator's driver)",
    "first-stage": "first stage: the rest",
    "start-of-services": "start of core and services",
}


def instructions(ticks):
    return round(ticks * 1_000_000_000 / CLOCK / (1 << chips.ICOUNT))


def read_records(console):
    """Of the start and of each transaction: {part: (instructions, calls)}."""
    for record in re.findall(r"^cost begin\n(.*?)^cost end 0x[0-9a-f]+\n", console, re.MULTILINE | re.DOTALL):
        yield {part: (instructions(int(ticks, 16)), int(calls, 16))
               for part, ticks, calls in re.findall(r"^cost (\S+) (0x\S+) (0x\S+)$", record, re.MULTILINE)}


def read_calls(line):
    """Of each transaction: (name, instructions from call to return, bytes of request, bytes of response)."""
    for name, ticks, request, response in re.findall(r"^(\S+) (\d+) (\d+) (\d+)$", line, re.MULTILINE):
        yield name, instructions(int(ticks)), int(request), int(response)


def measure(firmware, flash, folder):
    """One run: [{name, total, request, response, parts}]."""
    copy = emulator.Flash.copied(flash, os.path.join(folder, "run.flash"))
    with emulator.Emulator(firmware.elf("secure_profile"), flash=copy, icount=chips.ICOUNT, name="cost") as board:
        board.wait("^end$", timeout=120, source="line")
        start, *records = read_records(board.console())
        calls = list(read_calls(board.line()))
        said = board.describe()
        board.restart().wait(r"^cost end 0x[0-9a-f]+\n")
        restart = next(read_records(board.console()))
    copy.close()
    if not calls or len(calls) != len(records) - 1:  # one request is made to prepare, and not measured
        raise SystemExit(f"{len(calls)} calls, {len(records)} records\n{said}")
    told = [{"name": name, "total": sum(taken for taken, _ in parts.values()), "parts": parts}
            for name, parts in (("first start", start), ("any other start", restart))]
    for (name, total, request, response), parts in zip(calls, records[1:]):
        if response == 0:
            raise SystemExit(f"{name} failed\n{said}")
        parts = {"client-and-veneer": (total - sum(taken for taken, _ in parts.values()), 1), **parts}
        told.append({"name": name, "total": total, "request": request, "response": response, "parts": parts})
    return told


def show(told):
    seen = set()
    for call in told:
        name = call["name"].replace("-", " ") + (", again" if call["name"] in seen else "")
        seen.add(call["name"])
        sizes = f", {call['request']} bytes there, {call['response']} back" if "request" in call else ""
        print(f"\n{name}: {call['total']:,} instructions{sizes}")
        for part, (taken, times) in sorted(call["parts"].items(), key=lambda one: -one[1][0]):
            print(f"  {taken:>12,}  {100 * taken / call['total']:5.1f} %  {PARTS[part]}"
                  + (f" ({times} times)" if times > 1 else ""))


def main():
    bin, firmware, rest = chips.arguments(__doc__, takes_more=True)
    firmware.require("cost", "secure_profile")
    with tempfile.TemporaryDirectory(prefix="tps-cost-") as folder:
        flash = chips.make_chip(bin, firmware, "cost", folder, secure="secure_profile")
        told, again = measure(firmware, flash, folder), measure(firmware, flash, folder)
    if rest == ["--json"]:
        print(json.dumps(told, indent=2))
    else:
        show(told)
    if told != again:
        different = [(a, b) for a, b in zip(told, again) if a != b]
        raise SystemExit(f"two runs are not the same: {different[:1]}")
    print("\ntwo runs, the same to the last instruction", file=sys.stderr)


if __name__ == "__main__":
    main()
