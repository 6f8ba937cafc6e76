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
  ram           static memory of ours: 0 is meant.
  provided      objects that the interface makes the caller provide (marked PROVIDED in the caller); in no sum.
  stack         the deepest chain of our own frames below sizes_entry(), by the compiler's -fcallgraph-info=su. A tail call
                counts as a call. Function pointers are followed by the table POINTERS. A frame of variable size, a cycle,
                or a function that is neither ours nor EXTERNAL is an error.
  not counted   the caller's own code, frame and buffers; cryptography (tps_crypto_*, the back end's) and the functions of
                the C library: they stay undefined symbols (--unresolved-symbols=ignore-all), which take no bytes beyond
                the call itself. Any other undefined symbol is an error, but for sizes_*, the caller's own.
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

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
CALLERS = os.path.join(ROOT, "bench", "sizes")
CROSS = "arm-none-eabi-"
CPU = ["-mcpu=cortex-m33", "-mthumb", "-mfloat-abi=soft"]

# What is built and linked.
LIBRARIES = ["tps_base", "tps_format", "tps_component"]

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
    "component_boot": {"flash": (22 * KIB, True), "stack": (3328, True)},
    "component_core": {"flash": (15 * KIB, True), "stack": (2048, True)},
    "component_services": {"flash": (84 * KIB, True), "stack": (4096, True)},
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

# What is not ours: its frames are not counted, nor are its bytes, unless it is in libgcc (__aeabi_*, __ctzdi2 ...).
EXTERNAL = re.compile(r"^(tps_crypto_\w+|mem(cpy|set|move|cmp|chr)|str(len|cmp|ncmp|nlen|chr)|__aeabi_\w+|__gnu_\w+|__\w+[sd][if]\d?)$")

# A function that calls through a pointer -> whom it may call. Where that depends on who called it, there is a table of this:
# the nearest function on the way that stands in it decides. CALLER is a function of the caller's own.
# Two files may each have a function of that name: then it stands as file.c:name. PLATFORM is the platform's operations
# (src/component/platform.h), which are not ours.
CALLER = "(caller)"
PLATFORM = "(platform)"
OUTSIDE = ([CALLER], [PLATFORM])
POINTERS = {
    "check_next": ["is_good"],
    "tell": [CALLER],
    "visit_values": [CALLER],
    "visit_keys": [CALLER],
    "visit_domains": [CALLER],
    "visit_comid": [CALLER],
    "tps_corim_visit": [CALLER],
    "tps_cose_sign1_verify": [CALLER],
    "cose_sign": ["sign_with_key"],
    "cose_sign_whole": ["sign_message_with_key"],
    "cose_find_key": ["agree_with_key"],
    "agree": ["agree_with_key"],
    "put_message": ["put_encrypted", "put_authenticated", "cose_put_recipients"],
    "write": ["cose_make_key"],
    "make": ["put_encrypted", "put_authenticated", "cose_put_recipients", "cose_make_key"],
    "judge_list": ["dice_fwids_read", "dice_registers_read"],
    "read_entries": {
        "read_results": ["check_result"],
        "eat_list_read": ["check_nonce", "check_sueid", "check_submodule", "check_dloa", "check_manifest",
                          "check_measurement", "check_results"],
    },
    # The component's core: whom of a service it calls.
    "tps_component_execute": ["handle"],
    "tps_component_init": ["start"],
    "tps_component_start_service": ["start"],
    "tps_component_stop_service": ["stop"],
    "tps_component_open": [PLATFORM],  # no service is asked here
    "tps_component_end_session": ["close_session", "end_session"],
    "tps_component_owner_forget": ["forget_owner"],
    "ownership.c:renew": [PLATFORM],
    "tps_component_ownership_start": [PLATFORM],
    "tps_login_next_owner": ["tps_session_owner", "tps_key_owner"],
}
POINTERS.update({name: [PLATFORM] for name in (
    "authentication_peer_key", "boot_measure_all", "hash_image",
    "judge_now", "make_nonce", "prepare", "read_counter", "step", "tps_boot", "tps_boot_accept", "tps_key_encrypt",
    "tps_key_generate", "tps_provided_read_all", "tps_sealing_seal", "tps_session_is_administrator", "tps_vault_erase",
    "tps_vault_put", "tps_vault_read", "tps_vault_renew", "tps_vault_step", "tps_vault_write", "update_load",
    "tps_component_debug", "counters.c:handle", "identification.c:handle", "lifecycle.c:judge", "random.c:handle",
    "storage.c:handle")})
POINTERS["lifecycle.c:handle"] = ["attestation.c:handle"]  # and the platform's operations
POINTERS["seal.c:run"] = [PLATFORM]  # tps_crypto_aead_*: not counted


class Unknown(Exception):
    pass


def run(command, **options):
    try:
        return subprocess.run(command, check=True, text=True, **options)
    except subprocess.CalledProcessError:
        raise Unknown("%s failed" % " ".join(command[:2]))


def build(folder):
    """The portable libraries, with a call graph beside each object."""
    environment = dict(os.environ, CFLAGS="-fcallgraph-info=su")
    quiet = {"stdout": subprocess.DEVNULL, "cwd": ROOT, "env": environment}
    run(["cmake", "--preset", "mcu", "-B", folder, "--log-level=WARNING"], **quiet)
    run(["cmake", "--build", folder, "--target", *LIBRARIES], **quiet)


def link(folder, name):
    """Compiles and links one caller; the path of the program."""
    out = os.path.join(folder, "sizes", name)
    os.makedirs(out, exist_ok=True)
    compiler = CROSS + "gcc"
    run([compiler, *CPU, "-std=c11", "-Os", "-ffunction-sections", "-fdata-sections", "-Wall", "-Wextra", "-Werror",
         "-I", os.path.join(ROOT, "include"), "-I", os.path.join(ROOT, "src"), "-fcallgraph-info=su",
         "-c", os.path.join(CALLERS, name + ".c"), "-o", os.path.join(out, "caller.o")])
    archives = [os.path.join(folder, "src", library[len("tps_"):], "lib%s.a" % library) for library in LIBRARIES]
    program = os.path.join(out, "program")
    run([compiler, *CPU, "-nostdlib", "-T", os.path.join(CALLERS, "sizes.ld"), "-Wl,--gc-sections", "-Wl,-esizes_entry",
         "-Wl,--unresolved-symbols=ignore-all", "-Wl,--no-warn-rwx-segments", os.path.join(out, "caller.o"),
         "-Wl,--start-group", *archives, "-lgcc", "-Wl,--end-group", "-o", program])
    undefined = run([CROSS + "nm", "-u", "--format=posix", program], capture_output=True).stdout
    for symbol in (line.split(" ")[0] for line in undefined.split("\n") if line):
        if not EXTERNAL.match(symbol) and not symbol.startswith("sizes_"):
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
    ours = own_functions(os.path.join(os.path.dirname(program), "caller.o"))
    found = []
    for parts in map(str.split, listed.split("\n")):
        if len(parts) == 4 and parts[0] not in ours:
            found.append((int(parts[3], 16), parts[1], parts[0]))
    return found


def own_functions(object_file):
    listed = run([CROSS + "nm", "--defined-only", "--format=posix", object_file], capture_output=True).stdout
    return {line.split(" ")[0] for line in listed.split("\n") if line}


class Graph:
    """Who calls whom, and how large each frame is, from the compiler's call graphs.

    A function is a pair: the object it is defined in, and its name; or None and the name, when it is global.
    """

    def __init__(self):
        self.frames = {}
        self.calls = collections.defaultdict(set)
        self.globals = {}
        self.callers_own = set()
        self.linked = None  # names of the functions in the program, if only these can be called by a pointer

    def add(self, path, is_caller=False):
        with open(path, encoding="utf-8") as file:
            text = file.read()
        for title, label in re.findall(r'^node: \{ title: "([^"]+)" label: "([^"]+)"', text, re.MULTILINE):
            frame = re.search(r"(\d+) bytes \(([^)]*)\)", label)
            if frame is None:
                continue
            node = (path, title)
            if frame.group(2) != "static":
                raise Unknown("%s: the frame of %s is %s" % (path, title, frame.group(2)))
            self.frames[node] = 0 if is_caller else int(frame.group(1))
            if is_caller:
                self.callers_own.add(node)
            if ":" not in title:
                self.globals[title] = node
        for source, target in re.findall(r'^edge: \{ sourcename: "([^"]+)" targetname: "([^"]+)"', text, re.MULTILINE):
            self.calls[(path, source)].add((path, target))

    def resolve(self, node, target, above):
        """The functions that one edge leads to; `above` are those on the way to `node`."""
        if target in self.frames:
            return [target]
        name = target[1]
        if name in self.globals:
            return [self.globals[name]]
        if name == "__indirect_call":
            return self.through_pointer(node, above)
        if EXTERNAL.match(name):
            return []
        raise Unknown("%s calls %s, of which nothing is known" % (plain(node), name))

    def through_pointer(self, node, above):
        if node in self.callers_own:
            raise Unknown("the caller calls through a pointer")
        names = POINTERS.get(placed(node), POINTERS.get(plain(node)))
        if isinstance(names, dict):
            names = next((names[plain(other)] for other in reversed(above) if plain(other) in names), None)
        if names is None:
            raise Unknown("%s calls through a pointer: name in POINTERS whom it may call (by way of %s)"
                          % (plain(node), " > ".join(plain(other) for other in above)))
        found = [other for other in self.frames if plain(other) in names or placed(other) in names]
        if not found and names not in OUTSIDE:
            raise Unknown("%s may call %s, but there is none" % (plain(node), " or ".join(names)))
        return [other for other in found if self.linked is None or plain(other) in self.linked]

    def deepest(self, node, above=()):
        """(bytes, chain of functions) of the deepest path that starts in `node`.

        A function may stand twice on a path if its pointers depend on who calls it: it is a cycle when the same calls the
        same.
        """
        way = above + (node,)
        if any(way[i:i + 2] == way[-2:] for i in range(len(way) - 2)) or (
                node in above and not isinstance(POINTERS.get(plain(node)), dict)):
            raise Unknown("a cycle: %s" % " > ".join(plain(other) for other in way))
        best = (0, ())
        for target in self.calls[node]:
            for other in self.resolve(node, target, above):
                best = max(best, self.deepest(other, way))
        return best[0] + self.frames[node], ((plain(node), self.frames[node]),) + best[1]


def plain(node):
    """A function's name without its file and what the compiler added: reader.c:take.constprop.0 -> take."""
    return node[1].rsplit(":", 1)[-1].split(".")[0]


def placed(node):
    """The same with its file: reader.c:take."""
    return "%s:%s" % (os.path.basename(node[0])[:-len(".ci")], plain(node))


def linked_functions(program):
    listed = run([CROSS + "nm", "--defined-only", "--format=posix", program], capture_output=True).stdout
    return {line.split(" ")[0].split(".")[0] for line in listed.split("\n") if line}


def stack(folder, name):
    graph = Graph()
    graph.linked = linked_functions(os.path.join(folder, "sizes", name, "program"))
    for library in LIBRARIES:
        for path in glob.glob(os.path.join(folder, "src", library[len("tps_"):], "**", "*.ci"), recursive=True):
            graph.add(path)
    graph.add(os.path.join(folder, "sizes", name, "caller.ci"), is_caller=True)
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
        if figures["ram"] != 0:
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
