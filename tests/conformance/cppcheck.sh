#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# cppcheck.sh BUILD: cppcheck over src/, with the compile commands of the build folder BUILD.
set -eu
build=$1
cd "$(dirname "$0")/../.."

if ! command -v cppcheck >/dev/null; then
    echo "skipped: cppcheck is not installed"
    exit 77
fi

# legacyUninitvar   takes an array for uninitialised when a tps_buf over it is filled; compilers and sanitizers know better
# normalCheckLevelMaxBranches and the like are remarks about cppcheck itself
mkdir -p "$build/cppcheck"
cppcheck --project="$build/compile_commands.json" --file-filter="*/src/*" --cppcheck-build-dir="$build/cppcheck" \
    --enable=warning,performance,portability --inline-suppr --suppress=legacyUninitvar \
    --suppress=missingIncludeSystem --suppress=unmatchedSuppression \
    --error-exitcode=1 --quiet -j 2
echo "cppcheck: nothing found"
