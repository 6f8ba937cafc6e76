#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""
judge.py BUILD: no branch and no address in our own code depends on a secret.

Builds the tests of the component in BUILD without sanitizers, optimised as what is installed, and with secrets marked
undefined (classify.c); runs each under valgrind's memcheck. A report counts when its innermost frame, but for the C
library's, lies in src/: how the cryptographic library treats secrets is its own matter, and tests may compare what they
like. A response that carries a secret counts always. That the judge can find anything is asked first, of broken.c.
"""
import concurrent.futures
import os
import pathlib
import shutil
import subprocess
import sys
import xml.etree.ElementTree

ROOT = pathlib.Path(__file__).resolve().parents[2]
KINDS = {"UninitCondition", "UninitValue", "SyscallParam"}
SECONDS = 480  # for one program, on a busy machine
AT_ONCE = 2


def build(folder):
    configure = ["cmake", "-S", str(ROOT), "-B", str(folder), "-G", "Ninja", "-DCMAKE_BUILD_TYPE=RelWithDebInfo",
                 "-DTPS_VALGRIND=ON", "--log-level=WARNING"]
    subprocess.run(configure, check=True, stdout=subprocess.DEVNULL)
    done = subprocess.run(["cmake", "--build", str(folder), "--target", "secrets_programs"], text=True, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, check=False)
    if done.returncode != 0:
        sys.exit(f"secrets: the build failed\n{done.stdout}")
    return (folder / "secrets_programs.txt").read_text().split()


def frame_of(error):
    """The innermost frame with a source of this tree, and whether that source is product code."""
    for frame in error.find("stack").iter("frame"):
        folder, name = frame.findtext("dir") or "", frame.findtext("file") or ""
        if not folder and not name:
            continue
        path = pathlib.Path(os.path.normpath(os.path.join(folder, name)))
        if ROOT in path.parents:
            where = path.relative_to(ROOT)
            return f"{where}:{frame.findtext('line')} {frame.findtext('fn')}", where.parts[0] == "src"
    return "?", False


def run(program, folder):
    """What memcheck finds in a program: [(place, in product code)], and what it printed."""
    report = folder / f"{program.name}.xml"
    command = ["valgrind", "--xml=yes", f"--xml-file={report}", "--undef-value-errors=yes", "--leak-check=no",
               "--num-callers=20", "--error-limit=no", str(program)]
    environment = dict(os.environ, TPS_SECRETS="yes")
    try:
        done = subprocess.run(command, cwd=ROOT, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              timeout=SECONDS, check=False)
    except subprocess.TimeoutExpired:
        return [], f"it took longer than {SECONDS} s", 1
    found = []
    for error in xml.etree.ElementTree.parse(report).getroot().iter("error"):
        if error.findtext("kind") in KINDS:
            found.append(frame_of(error))
    return found, done.stdout, done.returncode


def find_broken(program, folder):
    places = {place.split()[-1].split(".")[0] for place, _ in run(program, folder)[0]}
    missed = {"branch", "look_up", "compare"} - places
    if missed or "tps_equal_secret" in places:
        sys.exit(f"secrets: the judge is blind: missed {sorted(missed)}, found {sorted(places)}")


def main():
    if shutil.which("valgrind") is None or not os.path.exists("/usr/include/valgrind/memcheck.h"):
        print("skipped: valgrind is not installed")
        return 77
    folder = pathlib.Path(sys.argv[1])
    programs = [folder / "bin" / name for name in build(folder)]
    broken = folder / "bin" / "test_secrets_broken"
    find_broken(broken, folder)
    programs.remove(broken)
    bad = 0
    with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
        judged = list(pool.map(lambda program: run(program, folder), programs))
    for program, (found, printed, code) in zip(programs, judged):
        places = sorted({place for place, is_ours in found if is_ours})
        leaks = sorted({line for line in printed.splitlines() if line.startswith("SECRET IN A RESPONSE")})
        for line in places + leaks:
            print(f"{program.name}: depends on a secret: {line}")
        if code != 0:
            print(f"{program.name}: failed\n{printed}")
        bad += len(places) + len(leaks) + (code != 0)
        print(f"{program.name}: {len(found)} reports, {len(places)} of them in src/")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
