#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# tidy.sh BUILD: clang-tidy over src/, as .clang-tidy says, with the compile commands of the build folder BUILD. Releases
# differ in what they find, so one of them is the judge: 14, Debian 12's. Elsewhere it is skipped (77), and says so.
set -eu
build=$1
cd "$(dirname "$0")/../.."
root=$(pwd -P)

judge=14
version=$(command -v clang-tidy >/dev/null && clang-tidy --version | sed -n 's/.*version \([0-9]*\).*/\1/p') || version=
if [ "$version" != "$judge" ]; then
    echo "skipped: clang-tidy $judge is the judge; here is ${version:-none}"
    exit 77
fi

# Only what clang-tidy says is shown; the names of 200 enabled checks for each file are not.
status=0
said=$(run-clang-tidy -p "$build" -quiet -j 2 "^$root/src/.*" 2>&1) || status=$?
echo "$said" | sed 's/\x1b\[[0-9;]*m//g' |
    grep -v -e '^clang-tidy' -e '^[0-9]* warnings\{0,1\} \(and [0-9]* errors\{0,1\} \)\{0,1\}generated' \
        -e '^Suppressed' -e '^Use -header-filter' -e '^$' | sed "s|$root/||g" || true
[ "$status" -ne 0 ] || echo "clang-tidy: nothing found"
exit "$status"
