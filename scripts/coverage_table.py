#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Prints gcovr's summary as one line a file: lines and branches reached, in percent, the lowest branches first."""
import json
import sys


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


main()
