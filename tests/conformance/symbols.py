#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""No function of ours has the name of one in a shared library that the program is linked with: such a one would be called in
the library's place, by the library itself, too.

usage: symbols.py BUILD        a build folder with bin/tps
       symbols.py --self-test"""
import pathlib
import re
import subprocess
import sys


def output(*command):
    return subprocess.run(command, stdout=subprocess.PIPE, check=True, text=True).stdout


def defined(listing):
    """Names of global functions and data, without versions, from `nm`."""
    return {line.split()[-1].split("@")[0] for line in listing.split("\n") if re.match(r"[0-9a-f]* [TDBRVW] ", line)}


def clashes(ours, theirs):
    """(name, whose) of every name that both have; `theirs` maps a library to its names."""
    return sorted((name, library) for library, names in theirs.items() for name in ours & names)


def self_test():
    assert defined("0001 T json_null\n0002 t hidden\n     U memcpy\n0003 T json_dumps@@libjansson.so.4\n") == {
        "json_null", "json_dumps"}
    assert clashes({"a", "b"}, {"x": {"b", "c"}, "y": {"d"}}) == [("b", "x")]
    print("symbols: finds what it must")


def main():
    if sys.argv[1:] == ["--self-test"]:
        self_test()
        return
    build = pathlib.Path(sys.argv[1])
    archives = sorted((build / "src").glob("**/libtps_*.a"))
    libraries = [match.group(1) for match in re.finditer(r"=> (/\S+)", output("ldd", str(build / "bin" / "tps")))]
    ours = set().union(*(defined(output("nm", "-g", "--defined-only", str(archive))) for archive in archives))
    # The sanitizers' runtimes are meant to take the place of other functions.
    theirs = {library: defined(output("nm", "-D", "--defined-only", library)) for library in libraries
              if not re.search(r"/lib(asan|ubsan|lsan|tsan)\.", library)}
    findings = clashes(ours, theirs)
    for name, library in findings:
        print("%s is a name of %s" % (name, library))
    print("symbols: %d of ours, %d libraries, %d finding(s)" % (len(ours), len(theirs), len(findings)))
    sys.exit(1 if findings or not ours or not theirs else 0)


if __name__ == "__main__":
    main()
