#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Every C file is as clang-format leaves it. Releases of clang-format differ in small things, so one of them is the judge:
# 14, Debian 12's. Elsewhere the check is skipped (exit status 77), and says so. To repair: format.sh --repair
set -eu
cd "$(dirname "$0")/../.."

judge=14
formatter=$(command -v "clang-format-$judge" || command -v clang-format || true)
version=$([ -z "$formatter" ] || "$formatter" --version | sed -n 's/.*version \([0-9]*\).*/\1/p')
if [ "$version" != "$judge" ]; then
    echo "skipped: clang-format $judge is the judge of layout; here is ${version:-none}"
    exit 77
fi

if [ "${1:-}" = "--repair" ]; then
    python3 tests/conformance/tree.py --c | xargs -r "$formatter" --style=file -i
    exit 0
fi

findings=$(python3 tests/conformance/tree.py --c | xargs -r "$formatter" --style=file --dry-run 2>&1 |
    sed -n 's/^\([^:]*:[0-9]*\):[0-9]*: \(warning\|error\): .*/\1: is not laid out by .clang-format/p' | sort -u -V)
if [ -n "$findings" ]; then
    echo "$findings"
    echo "format: to repair: tests/conformance/format.sh --repair"
    exit 1
fi
echo "format: nothing found"
