#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# scripts/stale.sh FOLDER: prints --fresh when the build folder FOLDER was configured for a source tree at another place,
# or by a cmake that is gone, so that a tree which was moved or copied with its build folders still builds.
set -eu

cache=$1/CMakeCache.txt
[ -f "$cache" ] || exit 0

home=$(sed -n 's/^CMAKE_HOME_DIRECTORY:INTERNAL=//p' "$cache")
cmake=$(sed -n 's/^CMAKE_COMMAND:INTERNAL=//p' "$cache")
if [ "$home" != "$(pwd -P)" ] || [ ! -x "$cmake" ]; then
    echo --fresh
fi
