#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""C that the documents show is C that is compiled and run: every block marked as C in docs/ and README.md stands, line by line,
in a program of examples/. And names that docs/cose-in-ten-lines.md says stand in the public headers.

`docs_code.py --self-test` checks the check."""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
BLOCK = re.compile(r"^```c\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def missing_blocks(pages, programs):
    """(page, line, first line of the block) of each block that no program has."""
    for name, text in pages.items():
        for match in BLOCK.finditer(text):
            if not any(match.group(1) in program for program in programs):
                yield name, text.count("\n", 0, match.start()) + 1, match.group(1).split("\n")[0]


def unknown_names(text, headers):
    """Names of ours in `text` that no header has; statuses stand there without TPS_."""
    names = set(re.findall(r"\b(TPS_[A-Z0-9_]*[A-Z0-9]|tps_[a-z0-9_]*[a-z0-9])\b(?!_?\*)", text)) - {"TPS_CBOR", "tps_"}
    return sorted(name for name in names
                  if not re.search(r"\b%s\b" % name, headers) and not re.search(r"\bX\(%s," % name[4:], headers))


def self_test():
    program = "int a(void)\n{\n    return 1;\n}\n"
    page = "x\n```c\nint a(void)\n{\n    return 1;\n}\n```\n"
    assert not list(missing_blocks({"p": page}, [program]))
    assert list(missing_blocks({"p": page.replace("1", "2")}, [program])) == [("p", 2, "int a(void)")]
    assert not list(missing_blocks({"p": page.replace("```c", "```")}, []))
    headers = "enum { TPS_A = 1 }; X(B_C, L, 1) tps_do(x)"
    assert not unknown_names("`TPS_A`, `TPS_B_C`, TPS_B_*, tps_do()", headers)
    assert unknown_names("TPS_D and tps_undo()", headers) == ["TPS_D", "tps_undo"]
    print("docs_code: finds what it must")


def main():
    if sys.argv[1:] == ["--self-test"]:
        self_test()
        return
    pages = {str(path.relative_to(ROOT)): path.read_text() for path in [ROOT / "README.md", *sorted(ROOT.glob("docs/*.md"))]}
    programs = [path.read_text() for path in ROOT.glob("examples/*.c")]
    findings = list(missing_blocks(pages, programs))
    for name, line, first in findings:
        print("%s:%d: no program in examples/ has this: %s" % (name, line, first))
    headers = "".join(path.read_text() for path in ROOT.glob("include/tps/*.h"))
    for name in unknown_names(pages["docs/cose-in-ten-lines.md"], headers):
        print("docs/cose-in-ten-lines.md: no header has %s" % name)
        findings.append(name)
    blocks = sum(len(BLOCK.findall(text)) for text in pages.values())
    print("docs_code: %d blocks, %d finding(s)" % (blocks, len(findings)))
    sys.exit(1 if findings or blocks == 0 else 0)


if __name__ == "__main__":
    main()
