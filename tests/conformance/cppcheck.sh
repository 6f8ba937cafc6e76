#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# cppcheck.sh BUILD: cppcheck over src/, with the compile commands of the build folder BUILD. Releases differ in what they
# find, so one of them is the judge: 2.10, Debian 12's. Elsewhere it is skipped (77), and says so.
set -eu
build=$1
cd "$(dirname "$0")/../.."

judge=2.10
version=$(command -v cppcheck >/dev/null && cppcheck --version | sed -n 's/^Cppcheck //p') || version=
if [ "$version" != "$judge" ]; then
    echo "skipped: cppcheck $judge is the judge; here is ${version:-none}"
    exit 77
fi

# legacyUninitvar   takes an array for uninitialised when a tps_buf over it is filled; compilers and sanitizers know better
mkdir -p "$build/cppcheck"
cppcheck --project="$build/compile_commands.json" --file-filter="*/src/*" --cppcheck-build-dir="$build/cppcheck" \
    --enable=warning,performance,portability --inline-suppr --suppress=legacyUninitvar \
    --suppress=missingIncludeSystem --suppress=unmatchedSuppression \
    --error-exitcode=1 --quiet -j 2
echo "cppcheck: nothing found"
