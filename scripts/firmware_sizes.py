#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What a whole firmware takes: code, constants, memory and stack, by part.

    firmware_sizes.py ELF MAP CALLGRAPHS...            one JSON object a line
    firmware_sizes.py ELF MAP CALLGRAPHS... --table    for people
    firmware_sizes.py ELF MAP CALLGRAPHS... --detail   and the largest functions and objects of each part
    firmware_sizes.py ELF MAP CALLGRAPHS... --check    exit 1 when a bar that was reached is passed
    firmware_sizes.py --self-test

MAP is the linker's map (-Wl,-Map=) of ELF. CALLGRAPHS are folders with the objects that were linked and the compiler's
call graphs beside them (-fcallgraph-info=su), as CMake lays them out: TARGET.dir/FOLDER/FILE.c.obj tells the source.

What is counted:
  code, constants  bytes in flash: functions, vectors and entry veneers; and all else, the first values of variables too.
  ram              variables, those with first values again, and the stack that the linker script sets aside.
  padding          bytes that align, less those of texts that share their ends: the linker's map counts them twice.
  stack            bytes of this part's frames in the deepest chain of calls, from the entry of the program, from entry
                   functions for the non-secure world (cmse), and from FAULTS.
The last rows: the whole; "own stack", the deepest chain where the frames of cryptography and of crypto.h over it count
nothing; and "services", code and constants of all services, without the formats that they share with the rest.
"""
import argparse
import collections
import glob
import json
import os
import re
import sys

from call_graph import CROSS, EXTERNAL, PLATFORM, POINTERS, Graph, Unknown, linked_functions, placed, plain, run

KIB = 1024
# Figure of the whole -> (bar in bytes, True once it was reached: from then on --check holds it).
BARS = {"flash": (128 * KIB, True), "ram": (64 * KIB, True), "own_stack": (4 * KIB, True), "services": (40 * KIB, True)}

FIGURES = ("code", "constants", "ram", "stack")
CRYPTOGRAPHY = "cryptography"
OVER_PSA = "ours: crypto.h over PSA"
CRYPTOGRAPHIC = (CRYPTOGRAPHY, OVER_PSA)
LIBRARY = "C library, libgcc"
SERVICES = ("ours: attestation", "ours: key store", "ours: other services")
START_UP = "start-up, drivers"
STACK = "stack"
PADDING = "padding, less shared texts"
# A source's path begins so -> its part. The first that fits.
PARTS = (
    ("firmware/", START_UP),
    ("mbedtls/", CRYPTOGRAPHY),
    ("src/crypto/", OVER_PSA),
    ("src/component/services/attestation", "ours: attestation"),
    ("src/component/services/keys", "ours: key store"),
    ("src/component/services", "ours: other services"),
    ("src/component/", "ours: %s"),
    ("src/format/", "ours: format/%s"),
    ("src/platform/", "ours: platform, gateway"),
    ("src/", "ours: %s"),
)

# Variables of a program that hold what a part of ours needs: where they lie is the program's choice.
MEMORY_OF = {
    ".bss.handover": "ours: boot", ".bss.component": "ours: core", ".bss.attestation": "ours: attestation",
    ".bss.key_store": "ours: key store", ".bss.gateway": "ours: platform, gateway", ".bss.platform": "ours: platform, gateway",
}
MEMORY_OF.update({".bss." + name: "ours: other services" for name in (
    "counters", "lifecycle", "measurement", "random", "random_bytes", "storage", "update", "verification")})

# Tables of functions -> the functions that they may lead to, as source:name: all that nobody calls by name.
CHIP = "(chip)"  # src/platform/trustzone_m/chip.h
MEMORY = "(memory)"  # tps_gateway_memory of src/platform/trustzone_m/gateway.h
CIPHERS = "(ciphers)"
OPERATIONS = {
    PLATFORM: re.compile(r"src/platform/trustzone_m/(?!veneer)"),
    CHIP: re.compile(r"firmware/"),
    MEMORY: re.compile(r"src/platform/trustzone_m/veneer"),
    CIPHERS: re.compile(r"mbedtls/cipher_wrap.c:aes_"),
}
# A function that calls through a pointer -> whom it may call, beside POINTERS of call_graph.py.
FIRMWARE_POINTERS = dict(POINTERS, an505_application_load=[PLATFORM], mbedtls_platform_zeroize=["memset"],
                         mbedtls_psa_external_get_random=[PLATFORM])
FIRMWARE_POINTERS.update({name: [CHIP] for name in (
    "tps_trustzone_m_counters_open", "trustzone_m_erase", "trustzone_m_program", "pass_debug_status", "pass_reset", "pass_log",
    "pass_unique_secret", "pass_lock_secret", "pass_entropy")})
FIRMWARE_POINTERS.update({name: [MEMORY] for name in (
    "check_room", "return_number", "return_answer", "read_message", "refuse_memory", "tps_gateway_call")})
FIRMWARE_POINTERS.update({name: [CIPHERS] for name in (
    "mbedtls_cipher_free", "mbedtls_cipher_setup", "mbedtls_cipher_setkey", "mbedtls_cipher_update")})
FIRMWARE_POINTERS["seal.c:run"] = ["tps_crypto_aead_seal", "tps_crypto_aead_open"]
FIRMWARE_POINTERS["lifecycle.c:handle"] = ["attestation.c:handle", PLATFORM]
# Calls that are in the code and cannot happen: from whom to whom. GCM has an AES of its own, which is no GCM.
NEVER = {("mbedtls_cipher_update", "mbedtls_gcm_update")}
# Frames that are not known: of the C library and libgcc.
OUTSIDE = re.compile(EXTERNAL.pattern + "|^(cmse_check_address_range)$")
# Exceptions of the secure world, which nobody calls.
FAULTS = ("an505_fault",)


# ---- the map ----

def part_of(source):
    for start, part in PARTS:
        if source.startswith(start):
            rest = source[len(start):].split("/")
            return part % (rest[0] if len(rest) > 1 else "other") if "%s" in part else part
    return LIBRARY


class Objects:
    """The objects that were linked, by the name that the map has for them."""

    def __init__(self, folders):
        self.sources = collections.defaultdict(list)  # file name -> [(source, path)]
        self.sections = {}
        for folder in folders:
            for path in glob.glob(os.path.join(folder, "**", "*.obj"), recursive=True):
                self.sources[os.path.basename(path)].append((source_of(path), path))

    def source(self, name, section, size):
        """The source of what the map calls `name`: a path, or archive(member)."""
        archived = re.match(r"(.*)\(([^)]*)\)$", name)
        if archived is None:
            return source_of(name) if name.endswith(".obj") else ""
        found = self.sources.get(archived.group(2), [])
        library = re.match(r"lib(.*)\.a$", os.path.basename(archived.group(1)))
        if library is not None:
            in_library = [one for one in found if "/%s.dir/" % library.group(1) in one[1]]
            found = in_library or found
        if len(found) > 1:
            found = [one for one in found if (section, size) in self.sections_of(one[1])] or [
                one for one in found if section in (name for name, _ in self.sections_of(one[1]))] or found
        return found[0][0] if found else ""

    def sections_of(self, path):
        if path not in self.sections:
            listed = run([CROSS + "objdump", "-h", path], capture_output=True).stdout
            self.sections[path] = {(found[0], int(found[1], 16))
                                   for found in re.findall(r"^\s*\d+ (\S+)\s+([0-9a-f]{8})", listed, re.MULTILINE)}
        return self.sections[path]


def source_of(path):
    """build/src/format/CMakeFiles/tps_format.dir/cose/make.c.obj -> src/format/cose/make.c"""
    found = re.match(r"(.*?/?)CMakeFiles/([^/]+)\.dir/(.*)\.obj$", path)
    if found is None:
        return ""
    folder, target, rest = found.groups()
    if "mbedcrypto" in target:
        return "mbedtls/" + os.path.basename(rest)
    if rest.startswith("__/"):
        return rest.replace("__/", "")
    place = re.search(r"(?:^|/)((?:src|firmware)/.*)$", folder)
    return (place.group(1) if place else "") + rest


def read_map(text):
    """[(output section, input section, address, bytes, object)] of what has a place in memory; object "" for padding."""
    text = text[text.index("Linker script and memory map"):]
    text = re.sub(r"\n( ?[.*]?[\w.$*-]+)\n +(0x)", r"\n\1 \2", text)  # a long name stands on a line of its own
    output, found = "", []
    for line in text.split("\n"):
        begun = re.match(r"(\.[\w.]+)\s+0x", line)
        if begun:
            output = begun.group(1)
        one = re.match(r" (\S+)\s+0x([0-9a-f]+)\s+0x([0-9a-f]+) ?(.*)$", line)
        if one and int(one.group(3), 16) > 0:
            name = "" if one.group(1) == "*fill*" else one.group(4).strip()
            found.append((output, one.group(1), int(one.group(2), 16), int(one.group(3), 16), name))
    return found


def output_sections(elf):
    """Name -> (bytes, whether they lie in flash, whether they take memory)."""
    listed = run([CROSS + "objdump", "-h", elf], capture_output=True).stdout
    found = {}
    for name, size, flags in re.findall(r"^\s*\d+ (\S+)\s+([0-9a-f]{8}).*\n\s+(.*)$", listed, re.MULTILINE):
        if "ALLOC" in flags:
            found[name] = (int(size, 16), "LOAD" in flags, "READONLY" not in flags)
    return found


def is_code(section):
    return section.startswith((".text", ".vectors", ".gnu.sgstubs", ".init", ".fini"))


def count(outputs, text, objects):
    """Part -> Counter of code, constants and ram; and part -> [(bytes, input section, source)]."""
    parts = collections.defaultdict(collections.Counter)
    pieces = collections.defaultdict(list)
    left = {name: size for name, (size, _, _) in outputs.items()}
    for output, section, _, size, name in read_map(text):
        if output not in outputs or (name == "" and output == ".stack"):
            continue
        source = "" if name == "" else objects.source(name, section, size)
        part = PADDING if name == "" else START_UP if name == "linker stubs" else MEMORY_OF.get(section, part_of(source))
        left[output] -= size
        _, in_flash, in_ram = outputs[output]
        parts[part]["code" if is_code(section) else "constants"] += size if in_flash else 0
        parts[part]["ram"] += size if in_ram else 0
        pieces[part].append((size, section, source or name))
    for output, size in left.items():
        _, in_flash, in_ram = outputs[output]
        part = STACK if output == ".stack" else PADDING
        parts[part]["constants"] += size if in_flash else 0
        parts[part]["ram"] += size if in_ram else 0
    return parts, pieces


# ---- the stack ----

class FirmwareGraph(Graph):
    """Calls through the tables of platform and chip lead to their functions."""

    def __init__(self, folders, linked, roots, has_cryptography):
        super().__init__(pointers=FIRMWARE_POINTERS, external=OUTSIDE)
        self.linked = linked
        for folder in folders:
            for path in sorted(glob.glob(os.path.join(folder, "**", "*.ci"), recursive=True)):
                if source_of(object_of(path)):
                    self.add(path)
        if not has_cryptography:
            self.frames.update({node: 0 for node in self.frames if part_of(node_source(node)) in CRYPTOGRAPHIC})
        named = {target for targets in self.calls.values() for target in targets}
        called = {name for _, name in named}
        self.unnamed = [node for node in self.frames if node not in named and node[1] not in called and
                        node[1] not in roots and plain(node) in linked]

    def resolve(self, node, target, above):
        return [] if (plain(node), target[1]) in NEVER else super().resolve(node, target, above)

    def through_pointer(self, node, above):
        names = self.pointers_of(node)
        if not isinstance(names, list):
            return super().through_pointer(node, above)
        tables = [OPERATIONS[name] for name in names if name in OPERATIONS]
        return [other for other in self.unnamed if any(table.match("%s:%s" % (node_source(other), plain(other))) for table in tables)] + [
            other for other in self.frames if plain(other) in self.linked and (plain(other) in names or placed(other) in names)]


def object_of(path):
    return os.path.abspath(path)[:-len(".ci")] + ".obj"


def node_source(node):
    return source_of(object_of(node[0]))


def roots_of(linked):
    """Where chains begin: entry functions for the other world have a second name."""
    return [name for name in linked if "__acle_se_" + name in linked] + [name for name in FAULTS if name in linked]


def entry_of(elf):
    start = re.search(r"start address 0x([0-9a-f]+)", run([CROSS + "objdump", "-f", elf], capture_output=True).stdout).group(1)
    listed = run([CROSS + "nm", "--defined-only", "--format=posix", elf], capture_output=True).stdout
    for name, kind, address in (line.split(" ")[:3] for line in listed.split("\n") if line.count(" ") >= 2):
        if kind in "Tt" and int(address, 16) & ~1 == int(start, 16) & ~1 and not name.startswith("$"):
            return name
    raise Unknown("nothing stands at the entry 0x%s" % start)


def deepest_of(elf, folders, has_cryptography):
    """(bytes, chain) of the deepest way from any root."""
    linked = linked_functions(elf)
    roots = [entry_of(elf)] + roots_of(linked)
    graph = FirmwareGraph(folders, linked, roots, has_cryptography)
    return max((graph.below(graph.globals[root], ())[:2] for root in roots if root in graph.globals), default=(0, ()))


# ---- what is printed ----

def measure(elf, map_path, folders):
    """(rows of the parts, the whole, what each part is made of, the deepest chain)"""
    with open(map_path, encoding="utf-8") as file:
        parts, pieces = count(output_sections(elf), file.read(), Objects(folders))
    whole_stack, chain = deepest_of(elf, folders, True)
    own_stack, own_chain = deepest_of(elf, folders, False)
    for node, frame in chain:
        parts[part_of(node_source(node))]["stack"] += frame
    rows = [dict({figure: found[figure] for figure in FIGURES}, part=part) for part, found in sorted(parts.items(), key=order)]
    whole = {"part": "whole", "flash": sum(row["code"] + row["constants"] for row in rows),
             "ram": sum(row["ram"] for row in rows), "stack": whole_stack, "own_stack": own_stack,
             "services": sum(row["code"] + row["constants"] for row in rows if row["part"] in SERVICES)}
    return rows, whole, pieces, {"deepest chain": chain, "deepest own chain": own_chain}


def order(item):
    """Ours first, then the others by name, padding last."""
    return (not item[0].startswith("ours"), item[0] == PADDING, item[0])


def judged(figure, value):
    bar, was_reached = BARS[figure]
    if value <= bar:
        return bar, "ok" if was_reached else "ok (new: mark it as reached in firmware_sizes.py)"
    return bar, "OVER" if was_reached else "not yet"


def print_table(rows, whole):
    line = "%-32s %8s %10s %8s %8s %8s"
    print(line % ("part", "code", "constants", "flash", "RAM", "stack"))
    ours = collections.Counter()
    for row in rows:
        if row["part"].startswith("ours"):
            ours.update({figure: row[figure] for figure in FIGURES})
        elif ours:
            print_row(line, dict(ours, part="all ours"))
            ours.clear()
        print_row(line, row)
    print(line % ("whole", "", "", whole["flash"], whole["ram"], whole["stack"]))
    for figure in BARS:
        bar, word = judged(figure, whole[figure])
        print("%-32s %8d of %d: %s" % (figure.replace("_", " "), whole[figure], bar, word))


def print_row(line, row):
    print(line % ((row["part"], row.get("code", 0), row.get("constants", 0), row.get("code", 0) + row.get("constants", 0)) +
                  (row.get("ram", 0), row.get("stack", 0))))


def print_detail(pieces, chains):
    for part in sorted(pieces):
        print("\n%s" % part)
        sources = collections.Counter()
        for size, _, source in pieces[part]:
            sources[source] += size
        for source, size in sources.most_common(20):
            print("  %6d %s" % (size, source))
        for size, section, source in sorted(pieces[part], reverse=True)[:20]:
            print("    %6d %-44s %s" % (size, section, os.path.basename(source)))
    for name, chain in chains.items():
        print("\n%s: %s" % (name, " > ".join("%s %d" % (plain(node), frame) for node, frame in chain)))


def self_test():
    text = """Linker script and memory map

.text           0x10000000       0x30
 .text.short    0x10000000        0x8 src/format/libtps_format.a(key.c.obj)
 .text.a_name_that_is_long
                0x10000008       0x10 firmware/x/CMakeFiles/x.dir/secure/main.c.obj
                0x10000008                a_name_that_is_long
 *fill*         0x10000018        0x2
 .text.gone     0x00000000        0x0 src/format/libtps_format.a(key.c.obj)

.data           0x38000000        0x8 load address 0x10000030
 .data.two      0x38000000        0x8 firmware/x/CMakeFiles/x.dir/secure/main.c.obj

.bss            0x38000008        0x4
 .bss.one       0x38000008        0x4 firmware/x/CMakeFiles/x.dir/secure/main.c.obj
"""
    outputs = {".text": (0x20, True, False), ".data": (8, True, True), ".bss": (4, False, True), ".stack": (64, False, True)}
    counted = {part: dict(found) for part, found in count(outputs, text, Objects([]))[0].items()}
    main_c = "firmware/x/CMakeFiles/x.dir/secure/main.c.obj"
    cases = (
        (read_map(text), [(".text", ".text.short", 0x10000000, 8, "src/format/libtps_format.a(key.c.obj)"),
                          (".text", ".text.a_name_that_is_long", 0x10000008, 16, main_c),
                          (".text", "*fill*", 0x10000018, 2, ""),
                          (".data", ".data.two", 0x38000000, 8, main_c),
                          (".bss", ".bss.one", 0x38000008, 4, main_c)]),
        # first values of variables lie in flash and in memory; what no section of an object has is padding, or the stack
        (counted[START_UP], {"code": 16, "ram": 12, "constants": 8}),
        (counted[PADDING], {"constants": 8, "ram": 0}),
        (counted[STACK], {"constants": 0, "ram": 64}),
        (source_of("/tmp/b/src/format/CMakeFiles/tps_format.dir/cose/make.c.obj"), "src/format/cose/make.c"),
        (source_of(main_c), "firmware/x/secure/main.c"),
        (source_of("firmware/x/CMakeFiles/y.dir/__/__/src/platform/z.c.obj"), "src/platform/z.c"),
        (source_of("/tmp/b/mbedtls/CMakeFiles/tps_mbedcrypto.dir/x/source/library/aes.c.obj"), "mbedtls/aes.c"),
        (part_of("src/component/services/keys/use.c"), "ours: key store"),
        (part_of("src/component/vault/log.c"), "ours: vault"),
        (part_of("src/base/secret.c"), "ours: base"),
        (part_of(""), LIBRARY),
        (judged("ram", 64 * KIB + 1)[1] in ("OVER", "not yet"), True),
    )
    wrong = ["expected %r, found %r" % (wanted, got) for got, wanted in cases if got != wanted]
    print("\n".join(wrong) or "firmware_sizes: maps and paths are read rightly")
    return 1 if wrong else 0


def main():
    if sys.argv[1:] == ["--self-test"]:
        return self_test()
    parser = argparse.ArgumentParser()
    parser.add_argument("elf")
    parser.add_argument("map")
    parser.add_argument("callgraphs", nargs="+")
    for option in ("--table", "--detail", "--check"):
        parser.add_argument(option, action="store_true")
    given = parser.parse_intermixed_args()
    if not os.path.exists(given.elf) and not os.environ.get("TPS_REQUIRE_FIRMWARE"):
        print("skipped: there is no %s; `make firmware` makes it" % given.elf, file=sys.stderr)
        return 77
    try:
        rows, whole, pieces, chains = measure(given.elf, given.map, given.callgraphs)
    except Unknown as error:
        print("firmware_sizes: %s" % error, file=sys.stderr)
        return 1

    if given.table or given.detail:
        print_table(rows, whole)
    elif not given.check:
        for row in rows + [whole]:
            print(json.dumps(row))
    if given.detail:
        print_detail(pieces, chains)
    if not given.check:
        return 0
    words = {figure: judged(figure, whole[figure]) for figure in BARS}
    for figure, (bar, word) in words.items():
        print("%s %d of %d: %s" % (figure, whole[figure], bar, word))
    return 1 if any(word == "OVER" for _, word in words.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
