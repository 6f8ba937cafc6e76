#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""No file is longer than 800 lines, no function of C longer than 60: what is longer does more than one thing.

A function's length is counted from its opening to its closing brace, both in the first column, as .clang-format lays
them. `lint_length.py --self-test` checks the check.
"""
import re
import sys

import tree

FILE_LINES = 800
FUNCTION_LINES = 60

# "path" or "path:function" -> why it may be longer.
ALLOWED = {
}


def functions_of(text):
    """Name, first line and number of lines of each function of a C file."""
    lines = tree.without_comments(text).split("\n")
    start = None
    for number, line in enumerate(lines):
        if line == "{":
            start = number
        elif line.startswith("}") and start is not None:
            yield name_above(lines, start), start + 1, number - start + 1
            start = None


def name_above(lines, brace):
    """The name of the function whose opening brace stands on line `brace`."""
    head = ""
    for line in reversed(lines[max(0, brace - 12):brace]):
        head = line + " " + head
        if line and not line[0].isspace():
            break
    found = re.search(r"(\w+)\s*\(", head)
    return found.group(1) if found else "?"


def check(sources, allowed):
    findings, used = [], set()

    def find(key, where, size, most):
        used.add(key)
        if key not in allowed:
            findings.append("%s: %d lines; at most %d, or a reason in ALLOWED of lint_length.py" % (where, size, most))

    for name, text in sorted(sources.items()):
        size = text.count("\n")
        if size > FILE_LINES:
            find(name, name, size, FILE_LINES)
        if not name.endswith(".c") and not name.endswith(".h"):
            continue
        for function, line, size in functions_of(text):
            if size > FUNCTION_LINES:
                find("%s:%s" % (name, function), "%s:%d: %s()" % (name, line, function), size, FUNCTION_LINES)
    findings += ["lint_length.py: ALLOWED names %s, which is not too long" % key for key in allowed if key not in used]
    findings += ["lint_length.py: ALLOWED gives no reason for %s" % key for key in allowed if not allowed[key].strip()]
    return findings


def self_test():
    body = "    step();\n"
    long_function = "static int\nlong_one(int a,\n         int b)\n{\n" + body * 59 + "}\n"
    sources = {
        "a.c": "int good(void)\n{\n" + body * 58 + "}\nstruct s {\n" + body * 70 + "};\n",
        "b.c": long_function,
        "c.c": "/*\n" + "{\n" * 61 + "}\n*/\n",
        "d.py": "\n" * 801,
    }
    wrong = []
    found = check(sources, {})
    if [finding.split(":")[0] for finding in found] != ["b.c", "d.py"] or "b.c:4: long_one(): 61 lines" not in found[0]:
        wrong.append("expected b.c and d.py, found %s" % found)
    if check(sources, {"b.c:long_one": "a table", "d.py": "a list"}):
        wrong.append("what is allowed is found")
    if len(check({}, {"b.c:long_one": ""})) != 2:
        wrong.append("a stale permission without a reason is not found")
    return tree.report(wrong, "length, self-test")


def main():
    if sys.argv[1:] == ["--self-test"]:
        return self_test()
    sources = {name: tree.read(name) for name in tree.files()
               if name.endswith((".c", ".h", ".py", ".sh", ".cmake", ".js")) or name.endswith("CMakeLists.txt")}
    return tree.report(check(sources, ALLOWED), "length")


if __name__ == "__main__":
    sys.exit(main())
