#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Plain things about plain text: UTF-8, no trailing blanks, tabs only where make needs them, one newline at the end, a
licence line at the head of every source, and Markdown links that lead to a file and a heading that exist.

`lint_text.py --self-test` checks the check.
"""
import os
import re
import sys
import tempfile
import urllib.parse

import tree

TEXT = (".c", ".h", ".py", ".sh", ".md", ".txt", ".cmake", ".json", ".cddl", ".js", ".css", ".html", ".yml", ".yaml",
        ".in", ".lua", ".pc", ".service")
TEXT_NAMES = ("Makefile", "LICENSE", ".clang-format", ".clang-tidy", ".editorconfig", ".gitignore", "run")
SOURCES = (".c", ".h", ".py", ".sh")
TABS = ("Makefile", ".mk")

# Data that must stay as it is: inputs of tests and of the fuzzer, the licence as it is published.
EXEMPT = re.compile(r"^(fuzz/corpus/|tests/.*/data/|LICENSE$)")


def check_lines(name, text):
    for number, line in enumerate(text.split("\n"), 1):
        where = "%s:%d" % (name, number)
        if line.endswith("\r"):
            yield "%s: ends in a carriage return" % where
        elif line != line.rstrip():
            yield "%s: ends in blanks" % where
        if "\t" in line and not name.endswith(TABS):
            yield "%s: holds a tab" % where
    if text and (not text.endswith("\n") or text.endswith("\n\n")):
        yield "%s: must end in one newline" % name


def check_licence(name, text):
    if name.endswith(SOURCES) and "SPDX-License-Identifier: Apache-2.0" not in "\n".join(text.split("\n")[:3]):
        yield "%s: has no licence line (SPDX-License-Identifier: Apache-2.0) at its head" % name


def headings_of(text):
    """The anchors that a page's headings make, as forges form them."""
    anchors = {}
    for title in re.findall(r"^#{1,6}[ ]+(.+?)[ ]*#*$", without_code_blocks(text), re.MULTILINE):
        title = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", title)
        anchor = re.sub(r"[^\w\- ]", "", title.lower()).strip().replace(" ", "-")
        count = anchors.get(anchor, 0)
        anchors[anchor] = count + 1
        yield anchor if count == 0 else "%s-%d" % (anchor, count)


def without_code_blocks(text):
    return re.sub(r"^(```|~~~).*?^\1[^\n]*$", lambda m: "\n" * m.group(0).count("\n"), text, flags=re.MULTILINE | re.DOTALL)


def check_links(name, text, root):
    prose = without_code_blocks(text)
    prose = re.sub(r"`[^`\n]*`", lambda m: " " * len(m.group(0)), prose)
    pattern = re.compile(r"\]\(\s*<?([^()\s<>]+)>?(?:\s+\"[^\"]*\")?\s*\)|^\[[^\]]+\]:[ ]+(\S+)", re.MULTILINE)
    for match in pattern.finditer(prose):
        link = match.group(1) or match.group(2)
        if re.match(r"[a-z][a-z0-9+.-]*:", link):
            continue
        path, _, anchor = urllib.parse.unquote(link).partition("#")
        target = os.path.normpath(os.path.join(os.path.dirname(name), path)) if path else name
        where = "%s:%d" % (name, prose.count("\n", 0, match.start()) + 1)
        if target.startswith("..") or not os.path.exists(os.path.join(root, target)):
            yield "%s: links to %s, which is not there" % (where, link)
        elif anchor and target.endswith(".md") and anchor not in headings_of(tree.read(target, root)):
            yield "%s: links to %s; %s has no such heading" % (where, link, target)


def check(root):
    findings = []
    for name in tree.files(root):
        if EXEMPT.match(name) or not (name.endswith(TEXT) or os.path.basename(name) in TEXT_NAMES):
            continue
        try:
            text = tree.read(name, root)
        except UnicodeDecodeError as error:
            findings.append("%s: is not UTF-8 at byte %d" % (name, error.start))
            continue
        findings += check_lines(name, text)
        findings += check_licence(name, text)
        if name.endswith(".md"):
            findings += check_links(name, text, root)
    return findings


def self_test():
    spdx = "/* SPDX-License-Identifier: Apache-2.0 */\n"
    good = {
        "README.md": "# A b: `c`\n\n[this](#a-b-c) [that](docs/x.md#two-words-1) [away](https://example.org/x)\n"
                     "```\n[no](link.md)\n```\n`[no](link)`\n",
        "docs/x.md": "## Two words\n## Two words\n[up](../README.md)\n",
        "Makefile": "all:\n\ttrue\n",
        "a.c": spdx,
        "tests/e2e/data/raw.txt": "x \t\n\n",
    }
    breaks = [
        ("a.c", spdx + "int a; \n", "ends in blanks"),
        ("a.c", spdx + "\tint a;\n", "holds a tab"),
        ("a.c", spdx + "int a;\r\n", "carriage return"),
        ("a.c", spdx + "int a;", "one newline"),
        ("a.c", spdx + "\n\n", "one newline"),
        ("a.c", "int a;\n", "no licence line"),
        ("a.c", b"\xff\n", "not UTF-8"),
        ("docs/y.md", "[x](z.md)\n", "docs/y.md:1: links to z.md, which is not there"),
        ("docs/y.md", "\n[x]: ../z.md\n", "docs/y.md:2: links to ../z.md"),
        ("docs/y.md", "[x](x.md#three)\n", "no such heading"),
        ("docs/y.md", "[x](../../outside)\n", "not there"),
    ]
    wrong = []
    for name, text, expected in [("a.c", spdx, None)] + breaks:
        with tempfile.TemporaryDirectory() as root:
            for path, content in {**good, name: text}.items():
                os.makedirs(os.path.dirname(os.path.join(root, path)), exist_ok=True)
                with open(os.path.join(root, path), "wb") as file:
                    file.write(content if isinstance(content, bytes) else content.encode())
            findings = check(root)
        if expected is None and findings:
            wrong.append("found in a good tree: %s" % findings)
        if expected is not None and (len(findings) != 1 or expected not in findings[0]):
            wrong.append("expected '%s', found %s" % (expected, findings))
    return tree.report(wrong, "text, self-test")


if __name__ == "__main__":
    sys.exit(self_test() if sys.argv[1:] == ["--self-test"] else tree.report(check(tree.ROOT), "text"))
