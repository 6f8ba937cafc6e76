#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What each feature costs a microcontroller: bytes of code and of constants, static memory, stack.

    sizes.py BUILD            one JSON object a line
    sizes.py BUILD --table    for people, each figure beside its bar
    sizes.py BUILD --detail   and what each is made of, function by function
    sizes.py BUILD --check    exit 1 when a bar that was reached is passed
    sizes.py --self-test      whether the stack is added up rightly, and errors are found

A feature is a file bench/sizes/NAME.c: a program of one function, sizes_entry(), that uses the library as its users do.
The portable libraries are built for Cortex-M33 with -Os (preset mcu, with the compiler's call graphs) in the folder BUILD,
and each caller is linked with them under --gc-sections and bench/sizes/sizes.ld, which keeps the caller's own bytes apart.

What is counted, and what is not:
  text, rodata  bytes of our functions and of our constants, the messages of errors among them; and what the compiler adds
                of its own library (libgcc is linked). "flash" is their sum, which the bars are about.
  ram           static memory of ours: 0 is meant, but for the client's table.
  provided      objects that the interface makes the caller provide (marked PROVIDED in the caller); in no sum.
  stack         the deepest chain of our own frames below sizes_entry(): call_graph.py.
  not counted   the caller's own code, frame and buffers; cryptography (tps_crypto_*, the back end's) and the functions of
                the C library: they stay undefined symbols (--unresolved-symbols=ignore-all), which take no bytes beyond
                the call itself. Any other undefined symbol is an error, but for sizes_*, the caller's own, and for what PARTS
                leaves out of the component.
"""
import argparse
import collections
import glob
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

from call_graph import CROSS, EXTERNAL, Graph, Unknown, linked_functions, run

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
CALLERS = os.path.join(ROOT, "bench", "sizes")
CPU = ["-mcpu=cortex-m33", "-mthumb", "-mfloat-abi=soft"]

# What is built and linked.
LIBRARIES = ["tps_base", "tps_format", "tps_component"]
# A feature that takes less of the component than its files would bring in: these files, built with -D, and these libraries.
# The component's other functions are not counted.
Parts = collections.namedtuple("Parts", ("sources", "defines", "libraries"))
PARTS = {
    "attestation_alone": Parts(["src/component/services/attestation/*.c", "src/component/services/members.c"],
                               ["TPS_ATTESTATION_ALONE"], ["tps_base", "tps_format", "tps_client"]),
    "agent_attest": Parts([], [], ["tps_base", "tps_format", "tps_client", "tps_agent"]),
    "serial_line": Parts([], [], ["tps_base", "tps_line"]),
}
# Static memory, where there is any: the one table of src/client.
RAM = {"attestation_alone": 3072, "agent_attest": 3072}

COMPILE = [*CPU, "-std=c11", "-Os", "-ffunction-sections", "-fdata-sections", "-Wall", "-Wextra", "-Werror", "-fcallgraph-info=su",
           "-I", os.path.join(ROOT, "include"), "-I", os.path.join(ROOT, "src")]

KIB = 1024
# Feature -> figure -> (bar in bytes, True once it was reached: from then on --check holds it).
BARS = {
    "cbor_encode": {"flash": (int(0.7 * KIB), True)},
    "cbor_decode": {"flash": (int(2.5 * KIB), True)},
    "cose_sign1_sign": {"flash": (int(1.8 * KIB), True), "stack": (512, True)},
    "cose_sign1_verify": {"flash": (int(3.5 * KIB), True), "stack": (1024, True)},
    "cose_sign1_both": {"flash": (int(4.5 * KIB), True)},
    "psa_sign": {"flash": (int(2.5 * KIB), True), "stack": (512, True)},
    "dice_cbor_make": {"flash": (3 * KIB, True), "stack": (1364, True)},
    "psa_verify": {"flash": (5 * KIB, True), "stack": (1024, True)},
    "agent_attest": {"flash": (21 * KIB, True), "stack": (2816, True)},
    "serial_line": {"flash": (5 * KIB, True), "stack": (256, True)},
    "attestation_alone": {"flash": (12 * KIB, True), "stack": (2048, True)},
    "component_boot": {"flash": (20 * KIB, True), "stack": (2560, True)},
    "component_core": {"flash": (15 * KIB, True), "stack": (2048, True)},
    "component_services": {"flash": (70 * KIB, True), "stack": (3584, True)},
}

# The neighbours' flash and stack, as measured for the design: QCBOR, t_cose with QCBOR, ctoken, open-dice.
NEIGHBOURS = {
    "cbor_encode": {"flash": "0.7 KiB"},
    "cbor_decode": {"flash": "1.6 to 3.1 KiB"},
    "cose_sign1_sign": {"flash": "2.2 KiB", "stack": "872"},
    "cose_sign1_verify": {"flash": "5.3 KiB", "stack": "1856"},
    "cose_sign1_both": {"flash": "6.9 KiB"},
    "psa_sign": {"flash": "2.7 KiB"},
    "dice_cbor_make": {"flash": "3.0 KiB", "stack": "1364"},
    "psa_verify": {"flash": "7.5 KiB"},
}

def build(folder):
    """The portable libraries, with a call graph beside each object."""
    environment = dict(os.environ, CFLAGS="-fcallgraph-info=su")
    quiet = {"stdout": subprocess.DEVNULL, "cwd": ROOT, "env": environment}
    run(["cmake", "--preset", "mcu", "-B", folder, "--log-level=WARNING"], **quiet)
    run(["cmake", "--build", folder, "--target", *LIBRARIES, "tps_client", "tps_agent", "tps_line"], **quiet)


def archive(folder, library):
    return os.path.join(folder, "src", library[len("tps_"):], "lib%s.a" % library)


def defined_in(binary):
    listed = run([CROSS + "nm", "--defined-only", "--format=posix", binary], capture_output=True).stdout
    return {line.split(" ")[0] for line in listed.split("\n") if " " in line}


def outside_of(folder, name):
    """Names that the feature leaves out."""
    return defined_in(archive(folder, "tps_component")) if name in PARTS else set()


def compile_parts(folder, name):
    """The objects of PARTS, with their call graphs; none of a feature that is not in it."""
    objects = []
    for source in (path for pattern in PARTS[name].sources for path in sorted(glob.glob(os.path.join(ROOT, pattern)))):
        objects.append(os.path.join(folder, "sizes", name, os.path.basename(source) + ".o"))
        run([CROSS + "gcc", *COMPILE, *("-D" + define for define in PARTS[name].defines), "-c", source, "-o", objects[-1]])
    return objects


def link(folder, name):
    """Compiles and links one caller; the path of the program."""
    out = os.path.join(folder, "sizes", name)
    shutil.rmtree(out, ignore_errors=True)
    os.makedirs(out)
    run([CROSS + "gcc", *COMPILE, "-c", os.path.join(CALLERS, name + ".c"), "-o", os.path.join(out, "caller.c.o")])
    parts = compile_parts(folder, name) if name in PARTS else []
    libraries = PARTS[name].libraries if name in PARTS else LIBRARIES
    program = os.path.join(out, "program")
    run([CROSS + "gcc", *CPU, "-nostdlib", "-T", os.path.join(CALLERS, "sizes.ld"), "-Wl,--gc-sections", "-Wl,-esizes_entry",
         "-Wl,--unresolved-symbols=ignore-all", "-Wl,--no-warn-rwx-segments", os.path.join(out, "caller.c.o"), *parts,
         "-Wl,--start-group", *(archive(folder, library) for library in libraries), "-lgcc", "-Wl,--end-group", "-o", program])
    outside = outside_of(folder, name)
    undefined = run([CROSS + "nm", "-u", "--format=posix", program], capture_output=True).stdout
    for symbol in (line.split(" ")[0] for line in undefined.split("\n") if line):
        if not EXTERNAL.match(symbol) and not symbol.startswith("sizes_") and symbol not in outside:
            raise Unknown("%s needs %s, which nobody has" % (name, symbol))
    return program


def sections(program):
    """Section -> bytes."""
    listed = run([CROSS + "size", "-A", program], capture_output=True).stdout
    return {parts[0]: int(parts[1]) for parts in map(str.split, listed.split("\n"))
            if len(parts) == 3 and parts[0].startswith(".")}


def symbols(program):
    """(bytes, kind, name) of what the library brings, largest first."""
    listed = run([CROSS + "nm", "--size-sort", "--reverse-sort", "--format=posix", program], capture_output=True).stdout
    ours = defined_in(os.path.join(os.path.dirname(program), "caller.c.o"))
    found = []
    for parts in map(str.split, listed.split("\n")):
        if len(parts) == 4 and parts[0] not in ours:
            found.append((int(parts[3], 16), parts[1], parts[0]))
    return found


def stack(folder, name):
    out = os.path.join(folder, "sizes", name)
    outside = outside_of(folder, name)
    graph = Graph(external=re.compile("|".join([EXTERNAL.pattern] + ["^%s$" % symbol for symbol in sorted(outside)])))
    graph.linked = linked_functions(os.path.join(out, "program"))
    for library in PARTS[name].libraries if name in PARTS else LIBRARIES:
        for path in glob.glob(os.path.join(folder, "src", library[len("tps_"):], "**", "*.ci"), recursive=True):
            graph.add(path)
    for path in glob.glob(os.path.join(out, "*.ci")):
        graph.add(path, is_caller=os.path.basename(path) == "caller.c.ci")
    return graph.deepest(graph.globals["sizes_entry"])


def measure(folder, name):
    program = link(folder, name)
    size = sections(program)
    deepest, chain = stack(folder, name)
    figures = {"name": name, "text": size.get(".text", 0), "rodata": size.get(".rodata", 0), "ram": size.get(".ram", 0),
               "stack": deepest, "provided": size.get(".provided", 0)}
    return figures, chain, program


def judged(name, figure, value):
    """(bar, word) of one figure; (None, "") when it has no bar."""
    bar, was_reached = BARS.get(name, {}).get(figure, (None, False))
    if bar is None:
        return None, ""
    if value <= bar:
        return bar, "ok" if was_reached else "ok (new: mark it as reached in sizes.py)"
    return bar, "OVER" if was_reached else "not yet"


def print_table(rows):
    """Each figure beside its bar, and beside the neighbour's in square brackets."""
    print("%-20s %13s %36s %26s %4s %9s" % ("feature", "text + rodata", "flash / bar [neighbour]", "stack / bar [neighbour]",
                                            "ram", "provided"))
    for figures in rows:
        name = figures["name"]
        cells = []
        for figure, value in (("flash", figures["text"] + figures["rodata"]), ("stack", figures["stack"])):
            bar, word = judged(name, figure, value)
            cell = "%d" % value if bar is None else "%d / %d %s" % (value, bar, word.split(" (")[0])
            neighbour = NEIGHBOURS.get(name, {}).get(figure)
            cells.append(cell + (" [%s]" % neighbour if neighbour else ""))
        print("%-20s %6d + %4d %36s %26s %4d %9d" % (name, figures["text"], figures["rodata"], cells[0], cells[1],
                                                     figures["ram"], figures["provided"]))


def print_detail(figures, chain, program):
    print("\n%s: %d + %d bytes" % (figures["name"], figures["text"], figures["rodata"]))
    for size, kind, name in symbols(program):
        print("  %6d %s %s" % (size, kind, name))
    print("  stack %d: %s" % (figures["stack"], " > ".join("%s %d" % step for step in chain)))


def check(rows):
    """Prints what is passed, and returns the exit status."""
    status = 0
    for figures in rows:
        flash = figures["text"] + figures["rodata"]
        for figure, value in (("flash", flash), ("stack", figures["stack"])):
            bar, word = judged(figures["name"], figure, value)
            if bar is not None:
                print("%s: %s %d of %d: %s" % (figures["name"], figure, value, bar, word))
            status = 1 if word == "OVER" else status
        if figures["ram"] > RAM.get(figures["name"], 0):
            print("%s: %d bytes of static memory" % (figures["name"], figures["ram"]))
            status = 1
    return status


NODE = 'node: { title: "%s" label: "%s\\nx.c:1:1\\n%s bytes (%s)" }\n'
EDGE = 'edge: { sourcename: "%s" targetname: "%s" label: "x.c:1:1" }\n'


def stack_of(calls, kind="static"):
    """The stack of a made-up program: entry calls a (24 bytes), which calls as `calls` says; b and c take 100 and 200."""
    functions = (("sizes_entry", 8), ("a", 24), ("x.c:b.part.0", 100), ("c", 200))
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "x.ci")
        with open(path, "w", encoding="utf-8") as file:
            file.write("".join(NODE % (name, name, size, kind) for name, size in functions))
            file.write("".join(EDGE % call for call in (("sizes_entry", "a"),) + calls))
        graph = Graph()
        try:
            graph.add(path)
            return graph.deepest(graph.globals["sizes_entry"])[0]
        except Unknown as error:
            return str(error)


def self_test():
    cases = (
        (stack_of(()), 32),
        (stack_of((("a", "x.c:b.part.0"), ("a", "c"))), 232),
        (stack_of((("a", "x.c:b.part.0"), ("x.c:b.part.0", "c"))), 332),
        (stack_of((("a", "memcpy"), ("a", "tps_crypto_verify"))), 32),
        (stack_of((("a", "c"), ("c", "a"))), "a cycle: sizes_entry > a > c > a"),
        (stack_of((("a", "d"),)), "a calls d, of which nothing is known"),
        (stack_of((("a", "__indirect_call"),)), "a calls through a pointer: name in POINTERS whom it may call (by way of sizes_entry)"),
        (stack_of((), "dynamic"), "the frame of sizes_entry is dynamic"),
    )
    wrong = ["expected %r, found %r" % (wanted, got) for got, wanted in cases
             if got != wanted and not (isinstance(got, str) and isinstance(wanted, str) and got.endswith(wanted))]
    print("\n".join(wrong) or "sizes: what breaks it is found")
    return 1 if wrong else 0


def main():
    if sys.argv[1:] == ["--self-test"]:
        return self_test()
    parser = argparse.ArgumentParser()
    parser.add_argument("build")
    for option in ("--table", "--detail", "--check"):
        parser.add_argument(option, action="store_true")
    parser.add_argument("names", nargs="*")
    given = parser.parse_intermixed_args()
    folder = os.path.abspath(given.build)
    if shutil.which(CROSS + "gcc") is None:
        print("skipped: %sgcc is not installed" % CROSS, file=sys.stderr)
        return 77

    build(folder)
    names = given.names or sorted(os.path.basename(path)[:-2] for path in glob.glob(os.path.join(CALLERS, "*.c")))
    measured, status = [], 0
    for name in names:
        try:
            measured.append(measure(folder, name))
        except Unknown as error:
            print("sizes: %s: %s" % (name, error), file=sys.stderr)
            status = 1
    rows = [figures for figures, _, _ in measured]
    if given.check:
        return check(rows) or status
    if given.table or given.detail:
        print_table(rows)
    else:
        for figures in rows:
            print(json.dumps(figures))
    if given.detail:
        for figures, chain, program in measured:
            print_detail(figures, chain, program)
    return status


if __name__ == "__main__":
    sys.exit(main())
