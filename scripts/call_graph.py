# SPDX-License-Identifier: Apache-2.0
"""How deep a program's stack gets: the deepest chain of frames, by the compiler's -fcallgraph-info=su. For sizes.py and
firmware_sizes.py.

A tail call counts as a call. Function pointers are followed by tables (POINTERS). A frame of variable size, a cycle, or a
function that is neither in the graphs nor external is an error.
"""
import collections
import os
import re
import subprocess

CROSS = "arm-none-eabi-"

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
    # The client: whom of a connector it calls.
    "discover": [CALLER],
    "TPSC_OpenSession": [CALLER],
    "TPSC_CloseSession": [CALLER],
    "TPSC_ExecuteTransaction": [CALLER],
    "caller.c:serve": ["attestation.c:handle", "attestation.c:start", "attestation.c:stop"],
    # The component's core: whom of a service it calls.
    "get_features": ["put_features"],
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
    "judge_now", "make_nonce", "measure.c:refuse", "measure_image", "prepare", "read_counter", "step", "tps_boot", "tps_boot_accept", "tps_key_encrypt",
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


class Graph:
    """Who calls whom, and how large each frame is, from the compiler's call graphs.

    A function is a pair: the object it is defined in, and its name; or None and the name, when it is global.
    """

    def __init__(self, pointers=None, external=EXTERNAL):
        self.frames = {}
        self.calls = collections.defaultdict(set)
        self.globals = {}
        self.callers_own = set()
        self.linked = None  # names of the functions in the program, if only these can be called by a pointer
        self.pointers = POINTERS if pointers is None else pointers
        self.external = external
        self.known = {}  # function -> what below() found, where that does not depend on who calls it

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
        if self.external.match(name):
            return []
        raise Unknown("%s calls %s, of which nothing is known" % (plain(node), name))

    def through_pointer(self, node, above):
        names = self.pointers_of(node)
        if names is None and node in self.callers_own:
            raise Unknown("the caller calls through a pointer")
        if isinstance(names, dict):
            names = next((names[plain(other)] for other in reversed(above) if plain(other) in names), None)
        if names is None:
            raise Unknown("%s calls through a pointer: name in POINTERS whom it may call (by way of %s)"
                          % (plain(node), " > ".join(plain(other) for other in above)))
        found = [other for other in self.frames if plain(other) in names or placed(other) in names]
        if not found and names not in OUTSIDE:
            raise Unknown("%s may call %s, but there is none" % (plain(node), " or ".join(names)))
        return [other for other in found if self.linked is None or plain(other) in self.linked]

    def pointers_of(self, node):
        return self.pointers.get(placed(node), self.pointers.get(plain(node)))

    def below(self, node, above):
        """(bytes, chain of functions, whether that depends on `above`) of the deepest path that starts in `node`.

        A function may stand twice on a path if its pointers depend on who calls it: it is a cycle when the same calls the
        same.
        """
        if node in self.known:
            return self.known[node]
        depends = isinstance(self.pointers_of(node), dict)
        way = above + (node,)
        if any(way[i:i + 2] == way[-2:] for i in range(len(way) - 2)) or (node in above and not depends):
            raise Unknown("a cycle: %s" % " > ".join(plain(other) for other in way))
        best = (0, ())
        for target in sorted(self.calls[node]):
            for other in self.resolve(node, target, above):
                found = self.below(other, way)
                best = max(best, found[:2])
                depends = depends or found[2]
        found = (best[0] + self.frames[node], ((node, self.frames[node]),) + best[1], depends)
        if not depends:
            self.known[node] = found
        return found

    def deepest(self, node):
        """(bytes, chain of functions) of the deepest path that starts in `node`: each a name and its frame."""
        size, chain, _ = self.below(node, ())
        return size, tuple((plain(function), frame) for function, frame in chain)


def plain(node):
    """A function's name without its file and what the compiler added: reader.c:take.constprop.0 -> take."""
    return node[1].rsplit(":", 1)[-1].split(".")[0]


def placed(node):
    """The same with its file: reader.c:take."""
    return "%s:%s" % (os.path.basename(node[0])[:-len(".ci")], plain(node))


def linked_functions(program):
    listed = run([CROSS + "nm", "--defined-only", "--format=posix", program], capture_output=True).stdout
    return {line.split(" ")[0].split(".")[0] for line in listed.split("\n") if line}
