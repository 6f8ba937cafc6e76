#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# scripts/coverage.sh BUILD: runs the tests of a coverage build and prints lines and branches reached, a line a file;
# the same as pages to look at, line by line, in BUILD/coverage/index.html.
set -eu

build=$1

find "$build" -name '*.gcda' -delete
# Lint and fuzzing say nothing about coverage. A failing test is shown, and the figures all the same.
status=0
ctest --test-dir "$build" --output-on-failure --no-label-summary -LE 'lint|fuzz' || status=$?

mkdir -p "$build/coverage"
# An assertion's and a macro's invisible branches count as they are: a figure is not helped by leaving things out.
gcovr --root . --filter src/ --object-directory "$build" --exclude-unreachable-branches \
    --html-details "$build/coverage/index.html" --json-summary "$build/coverage/summary.json" >/dev/null
python3 scripts/coverage_table.py "$build/coverage/summary.json"
echo "pages: $build/coverage/index.html"
exit "$status"
