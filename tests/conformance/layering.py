#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Who may include whom.

Reads the include lines of include/tps, src and examples and holds them against the tables below; ARCHITECTURE.md says
why they are so. `layering.py` checks the tree, `layering.py --self-test` checks that each rule finds what breaks it.
"""
import os
import re
import sys
import tempfile

import tree

# A folder of src/ -> the folders it may include. Itself it may always include. Downward only: nothing that stands later
# in this table may be named by what stands before it. The device side (component, client, platform, connector, device)
# and the service side (verifier, store, server) share what stands above both, and meet in cli only. Only device and cli
# know connectors, so only they can register one.
MAY_INCLUDE = {
    "base": [],
    "crypto": ["base"],
    "format": ["base", "crypto"],
    "channel": ["base", "crypto", "format"],
    "record": ["base", "crypto", "format"],
    # explains files to people: neither side's, and only cli uses it
    "inspect": ["base", "crypto", "format"],
    # a chip's serial line: both of its ends use it
    "line": ["base", "format"],
    # the device side
    "component": ["base", "crypto", "format"],
    "client": ["base", "crypto", "format"],
    # a small chip's: of component it knows names and numbers of services only
    "agent": ["base", "crypto", "format", "component", "client", "line"],
    "platform": ["base", "crypto", "format", "component"],
    "connector": ["base", "crypto", "format", "component", "client"],
    "device": ["base", "crypto", "format", "channel", "record", "line", "component", "client", "agent", "platform",
               "connector"],
    # the maker's side: derives and encodes what the component will derive and decode
    "factory": ["base", "crypto", "format", "component"],
    # the service side
    "verifier": ["base", "crypto", "format"],
    "store": ["base", "crypto", "format"],
    "server": ["base", "crypto", "format", "channel", "record", "verifier", "store"],
    # both
    "cli": ["base", "crypto", "format", "channel", "record", "line", "component", "client", "agent", "platform",
            "connector", "device", "factory", "verifier", "store", "server", "inspect"],
}
DEVICE_SIDE = ["component", "client", "agent", "platform", "connector", "device"]
SERVICE_SIDE = ["verifier", "store", "server"]

# A public header -> the folder of src/ that implements it. A new public header is a promise: add it here, knowingly.
PUBLIC_HEADERS = {
    "status.h": "base",
    "span.h": "base",
    "secret.h": "base",
    "crypto.h": "crypto",
    "cbor.h": "format",
    "cose.h": "format",
    "cose_key.h": "format",
    "cose_encrypt.h": "format",
    "base64.h": "format",
    "cbor_diagnostic.h": "format",
    "jws.h": "format",
    "cwt.h": "format",
    "cwt_token.h": "format",
    "device_claims.h": "format",
    "eat.h": "format",
    "eat_bundle.h": "format",
    "eat_json.h": "format",
    "psa.h": "format",
    "corim.h": "format",
    "coswid.h": "format",
    "cmw.h": "format",
    "dice.h": "format",
    "tpm.h": "format",
    "tpm_credential.h": "verifier",
    "ear.h": "format",
    "anchor.h": "verifier",
    "appraisal.h": "verifier",
    "attestation_result.h": "verifier",
    "explain.h": "verifier",
    "freshness.h": "verifier",
    "receipt.h": "verifier",
    "result_keys.h": "verifier",
    "revocation.h": "verifier",
    "verifier.h": "verifier",
    "policy.h": "verifier",
    "tpsc_client_api.h": "client",
    "tpsc_connector_api.h": "client",
    "tpsc_registry.h": "client",
    "connector_local.h": "connector",
    "connector_trustzone_m.h": "connector",
}

# (folder, header as written) -> why it may be included there, against the table.
EXCEPTIONS = {
    ("component", "tps/tpsc_client_api.h"): "GlobalPlatform's numbers and structures; none of its functions is called",
}

# Examples for makers, who build a component from its sources (docs/porting.md): they may include src/component, the
# conformance program and files of their own folder, too.
MAKERS_EXAMPLES = ("examples/ram_component/",)

# Folders that also build for a microcontroller: no heap, no operating system, no global state.
# Folders or files of src/.
PORTABLE = ["base", "format", "line", "component", "client", "agent", "crypto/psa", "crypto/algorithms.c", "crypto/rsa.c",
            "crypto/spki.c", "platform/trustzone_m"]
PORTABLE_STANDARD_HEADERS = ["assert.h", "limits.h", "stdalign.h", "stdatomic.h", "stdbool.h", "stddef.h", "stdint.h",
                             "stdnoreturn.h", "string.h"]
PORTABLE_FORBIDDEN_CALLS = ["malloc", "calloc", "realloc", "free", "alloca", "printf", "fprintf", "snprintf", "sprintf",
                            "getenv", "time", "exit", "abort", "strdup"]

# The one header of crypto that portable folders may know; the others are for hosts.
PORTABLE_CRYPTO = "tps/crypto.h"

# A library's headers -> where in src/ they may be included. What a library is used for stays in one place.
LIBRARIES = {
    "openssl/": ["crypto/openssl", "server", "channel"],
    "psa/": ["crypto/psa"],
    "mbedtls/": ["crypto/psa"],
    "event2/": ["server"],
    "sqlite3.h": ["store"],
    "libpq-fe.h": ["store"],
    "jansson.h": ["inspect", "verifier", "server", "device", "cli"],
    "seccomp.h": ["platform"],
    "arm_cmse.h": ["platform/trustzone_m"],
    "lua.h": ["verifier/policy"],
    "lauxlib.h": ["verifier/policy"],
    "curl/": ["device", "cli", "server/access"],
}

INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*([<"])([^>"]+)[>"]', re.MULTILINE)


class Include:
    def __init__(self, name, line, quoted, target):
        self.name = name  # the file that includes
        self.line = line
        self.quoted = quoted
        self.target = target  # as written

    def says(self, why):
        left, right = ('"', '"') if self.quoted else ("<", ">")
        return "%s:%d: includes %s%s%s: %s" % (self.name, self.line, left, self.target, right, why)


def includes_of(name, text):
    for match in INCLUDE.finditer(text):
        yield Include(name, text.count("\n", 0, match.start()) + 1, match.group(1) == '"', match.group(2))


def folder_of(name):
    """The folder of src/ that a file belongs to; a public header belongs to the folder that implements it."""
    parts = name.split("/")
    if parts[:2] == ["include", "tps"]:
        return PUBLIC_HEADERS.get("/".join(parts[2:]))
    return parts[1] if parts[0] == "src" and len(parts) > 2 else None


def is_portable(name):
    return any(name == "src/" + place or name.startswith("src/%s/" % place) for place in PORTABLE)


def file_of(target, sources):
    """The file of the tree that a quoted include names, written from include/ or from src/; None if there is none."""
    for start in ("include/", "src/"):
        if start + target in sources:
            return start + target
    return None


def check_placement(sources):
    for name in sources:
        if name.startswith("include/") and folder_of(name) is None:
            yield "%s: is a public header that PUBLIC_HEADERS in layering.py does not know" % name
        if name.startswith("src/") and folder_of(name) not in MAY_INCLUDE:
            yield "%s: lies in a folder that MAY_INCLUDE in layering.py does not know" % name


def may_maker_include(include, sources):
    mine = include.name.rsplit("/", 1)[0] + "/" + include.target
    return mine in sources or include.target.startswith("component/") or include.target == "component_conformance.h"


def check_quoted(include, sources):
    """One include of a file of ours."""
    if include.name.startswith(MAKERS_EXAMPLES) and may_maker_include(include, sources):
        return
    target = file_of(include.target, sources)
    if target is None:
        yield include.says('there is no such file below include/ or src/; write it from there, as in "format/x.h"')
        return
    if include.name.startswith("include/") and not target.startswith("include/"):
        yield include.says("a public header may only include public headers")
    if include.name.startswith("examples/"):
        if not target.startswith("include/"):
            yield include.says("an example may only include public headers, as its reader can")
        return

    mine, other = folder_of(include.name), folder_of(target)
    if mine not in MAY_INCLUDE or other is None or mine == other or (mine, include.target) in EXCEPTIONS:
        return
    if (mine in DEVICE_SIDE and other in SERVICE_SIDE) or (mine in SERVICE_SIDE and other in DEVICE_SIDE):
        yield include.says("the device side and the service side never include each other")
    elif other == "connector" and "connector" not in MAY_INCLUDE[mine]:
        yield include.says("connectors are registered from cli or device only")
    elif other not in MAY_INCLUDE[mine]:
        yield include.says("%s may include %s only" % (mine, ", ".join(MAY_INCLUDE[mine]) or "itself"))
    elif mine in PORTABLE and other == "crypto" and include.target != PORTABLE_CRYPTO:
        yield include.says("portable folders know cryptography by %s only" % PORTABLE_CRYPTO)


def check_angled(include):
    """One include of a header that is not ours."""
    if include.target.startswith("tps/"):
        yield include.says("our own headers are included with quotes")
        return
    for prefix, places in LIBRARIES.items():
        if include.target.startswith(prefix):
            if not any(include.name.startswith("src/%s/" % place) for place in places):
                yield include.says("this library is used from %s only" % ", ".join("src/" + p for p in places))
            return
    if include.name.startswith("include/") or is_portable(include.name):
        if include.target not in PORTABLE_STANDARD_HEADERS:
            yield include.says("portable code and public headers may include only these of the C library: %s"
                               % ", ".join(PORTABLE_STANDARD_HEADERS))


def check_calls(name, text):
    if not is_portable(name):
        return
    calls = re.compile(r"(?<![\w.>])(%s)[ ]*\(" % "|".join(PORTABLE_FORBIDDEN_CALLS))
    code = tree.without_comments(text)
    for match in calls.finditer(code):
        yield "%s:%d: calls %s(): portable code has no heap and no operating system" % (
            name, code.count("\n", 0, match.start()) + 1, match.group(1))


def check_cycles(graph):
    """Each ring of files that include each other, once."""
    done, path, found = set(), [], []

    def visit(name):
        if name in path:
            found.append(path[path.index(name):] + [name])
            return
        if name in done:
            return
        path.append(name)
        for target in graph.get(name, []):
            visit(target)
        path.pop()
        done.add(name)

    for name in sorted(graph):
        visit(name)
    for ring in found:
        yield "%s: include each other in a ring" % " -> ".join(ring)


def check(sources):
    """Every finding in `sources`, a dictionary from paths to contents."""
    findings = list(check_placement(sources))
    graph = {}
    for name, text in sorted(sources.items()):
        for include in includes_of(name, text):
            if include.quoted:
                findings += check_quoted(include, sources)
                target = file_of(include.target, sources)
                graph.setdefault(name, []).extend([target] if target else [])
            elif not name.startswith("examples/"):
                findings += check_angled(include)
        findings += check_calls(name, text)
    return findings + list(check_cycles(graph))


def load(root):
    return {name: tree.read(name, root) for name in tree.files(root)
            if name.split("/")[0] in ("include", "src", "examples") and name.endswith((".c", ".h"))}


GOOD_TREE = {
    "include/tps/status.h": "#include <stdint.h>\n",
    "include/tps/cbor.h": '#include "tps/status.h"\n',
    "include/tps/tpsc_client_api.h": "#include <stddef.h>\n",
    "src/base/status.c": '#include "tps/status.h"\n/* never malloc( here */\n',
    "include/tps/crypto.h": '#include "tps/status.h"\n',
    "src/crypto/x509.h": '#include "tps/crypto.h"\n',
    "src/crypto/openssl/key.c": '#include "tps/crypto.h"\n#include <openssl/evp.h>\n',
    "src/crypto/psa/key.c": '#include "tps/crypto.h"\n#include <psa/crypto.h>\nvoid *f(void) { return mbedtls_calloc(1); }\n',
    "src/format/cose.c": '#include "tps/cbor.h"\n#include "tps/crypto.h"\nint f(void) { return my_free (1); }\n',
    "src/component/platform.h": '#include "tps/tpsc_client_api.h"\n',
    "src/connector/local/local.h": '#include "tps/tpsc_client_api.h"\n',
    "src/verifier/verifier.h": '#include "crypto/x509.h"\n',
    "src/store/store.h": '#include "tps/status.h"\n',
    "src/device/agent.c": '#include "connector/local/local.h"\n#include <curl/curl.h>\n#include <stdlib.h>\n',
    "src/server/server.c": '#include "verifier/verifier.h"\n#include "store/store.h"\n#include <event2/event.h>\n',
    "src/cli/main.c": '#include "connector/local/local.h"\n#include "verifier/verifier.h"\n',
    "examples/hello.c": '#include "tps/cbor.h"\n#include <stdio.h>\n',
}

# Each: a file to add or change, its content, and words of the finding that must come of it.
BREAKS = [
    ("src/base/secret.c", '#include "tps/cbor.h"', "base may include itself only"),
    ("src/format/cwt.c", '#include "verifier/verifier.h"', "format may include base, crypto only"),
    ("src/format/cwt.c", '#include "crypto/x509.h"', "know cryptography by tps/crypto.h only"),
    ("src/format/cwt.c", "#include <stdlib.h>", "may include only these of the C library"),
    ("src/component/boot.c", "#  include <unistd.h>", "may include only these of the C library"),
    ("src/client/client.c", "void *f(void)\n{\n    return malloc(1);\n}", "src/client/client.c:3: calls malloc()"),
    ("src/verifier/appraise.c", '#include "store/store.h"', "verifier may include base, crypto, format only"),
    ("src/verifier/appraise.c", '#include "component/platform.h"', "device side and the service side"),
    ("src/device/agent.c", '#include "verifier/verifier.h"', "device side and the service side"),
    ("src/server/server.c", '#include "connector/local/local.h"', "device side and the service side"),
    ("src/client/registry.c", '#include "connector/local/local.h"', "registered from cli or device only"),
    ("src/platform/posix/main.c", '#include "connector/local/local.h"', "registered from cli or device only"),
    ("src/crypto/x509.h", '#include "crypto/x509.h"', "in a ring"),
    ("src/verifier/appraise.c", "#include <openssl/evp.h>", "used from src/crypto/openssl"),
    ("src/crypto/psa/mac.c", "#include <stdlib.h>", "may include only these of the C library"),
    ("src/crypto/psa/mac.c", "void *f(void)\n{\n    return calloc(1, 1);\n}", "src/crypto/psa/mac.c:3: calls calloc()"),
    ("src/crypto/spki.c", "#include <stdlib.h>", "may include only these of the C library"),
    ("src/component/boot.c", "#include <psa/crypto.h>", "used from src/crypto/psa only"),
    ("src/verifier/appraise.c", "#include <tps/cbor.h>", "included with quotes"),
    ("src/verifier/appraise.c", '#include "verifier.h"', "there is no such file"),
    ("include/tps/cbor.h", '#include "crypto/x509.h"', "only include public headers"),
    ("include/tps/secrets_of_ours.h", "", "PUBLIC_HEADERS in layering.py does not know"),
    ("include/tps/cbor.h", "#include <stdio.h>", "may include only these of the C library"),
    ("src/misc/misc.c", "", "MAY_INCLUDE in layering.py does not know"),
    ("examples/hello.c", '#include "crypto/x509.h"', "an example may only include public headers"),
]


def in_a_folder(files):
    """What check() finds when `files` really lie in a folder."""
    with tempfile.TemporaryDirectory() as root:
        for name, text in files.items():
            os.makedirs(os.path.dirname(os.path.join(root, name)), exist_ok=True)
            with open(os.path.join(root, name), "w", encoding="utf-8") as file:
                file.write(text + "\n")
        return check(load(root))


def self_test():
    wrong = ["found in a good tree: " + finding for finding in in_a_folder(GOOD_TREE)]
    for name, text, expected in BREAKS:
        findings = in_a_folder({**GOOD_TREE, name: text})
        if not any(expected in finding and name in finding for finding in findings):
            wrong.append("not found: '%s' in %s; instead: %s" % (expected, name, findings))
    for folder, others in MAY_INCLUDE.items():
        before = list(MAY_INCLUDE)[:list(MAY_INCLUDE).index(folder)]
        wrong += ["MAY_INCLUDE points upward: %s -> %s" % (folder, other) for other in others if other not in before]
    return tree.report(wrong, "layering, self-test of %d broken trees" % len(BREAKS))


if __name__ == "__main__":
    sys.exit(self_test() if sys.argv[1:] == ["--self-test"] else tree.report(check(load(tree.ROOT)), "layering"))
