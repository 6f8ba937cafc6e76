# SPDX-License-Identifier: Apache-2.0
"""Which files make up the source tree, and a few helpers that the checks in this folder share."""
import os
import re
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

# What is never ours to check: what was built, what a demonstration left, what an editor keeps.
SKIPPED_FOLDERS = re.compile(r"^(build|build-.*|demo-out|demo-mcu-out|__pycache__|\..*)$")
KEPT_HIDDEN = {".ci"}


def files(root=ROOT):
    """The paths below `root` that git tracks or would; all but what was built where there is no git (a tarball)."""
    try:
        listed = subprocess.run(["git", "-C", root, "-c", "safe.directory=*", "ls-files", "-z", "--cached", "--others",
                                 "--exclude-standard"], capture_output=True, check=True).stdout
        if os.path.isdir(os.path.join(root, ".git")):
            names = {name.decode() for name in listed.split(b"\0") if name}
            return sorted(name for name in names if os.path.isfile(os.path.join(root, name)))
    except (OSError, subprocess.CalledProcessError):
        pass
    found = []
    for folder, folders, names in os.walk(root):
        folders[:] = [name for name in folders if name in KEPT_HIDDEN or not SKIPPED_FOLDERS.match(name)]
        found += [os.path.relpath(os.path.join(folder, name), root) for name in names]
    return sorted(found)


def read(name, root=ROOT):
    with open(os.path.join(root, name), encoding="utf-8", newline="") as file:
        return file.read()


def without_comments(text):
    """C source with comments and the content of strings blanked out; line numbers and columns stay."""
    pattern = re.compile(r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.DOTALL)

    def blank(match):
        found = match.group(0)
        if found[0] == "/":
            return re.sub(r"[^\n]", " ", found)
        return found[0] + " " * (len(found) - 2) + found[-1]

    return pattern.sub(blank, text)


def report(findings, what):
    """Prints the findings, or that there are none, and returns the exit status."""
    for finding in findings:
        print(finding)
    print("%s: %s" % (what, "%d finding(s)" % len(findings) if findings else "nothing found"))
    return 1 if findings else 0


if __name__ == "__main__":
    # `tree.py --c` lists the C files, for scripts.
    print("\n".join(name for name in files() if not sys.argv[1:] or name.endswith((".c", ".h"))))
