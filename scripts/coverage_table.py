#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Prints gcovr's summary as one line a file: lines and branches reached, in percent, the lowest branches first. The
last line names the files of which more is asked and that do not have it."""
import json
import sys


# What bytes from outside reach first, and what is trusted to judge them.
HELD = ("src/format/", "src/component/", "src/verifier/")
LEAST = 95.0


def percent(reached, total):
    return "     -" if total == 0 else "%5.1f%%" % (100.0 * reached / total)


def line(name, row):
    return "%s  %s  %s" % (percent(row["line_covered"], row["line_total"]),
                           percent(row["branch_covered"], row["branch_total"]), name)


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        summary = json.load(file)
    rows = sorted(summary["files"], key=lambda row: (row["branch_percent"] or 0.0, row["filename"]))
    print(" lines  branches")
    for row in rows:
        print(line(row["filename"], row))
    print(line("all", summary))
    below = ["%s (%.1f %%)" % (row["filename"], row["branch_percent"]) for row in rows
             if row["filename"].startswith(HELD) and row["branch_total"] > 0 and row["branch_percent"] < LEAST]
    print("format, component, verifier: %s" % (
        "every file has %.0f %% of its branches" % LEAST if not below
        else "below %.0f %% of branches: %s" % (LEAST, ", ".join(below))))


main()
