#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# run.sh BUILD: installs the build folder BUILD into a folder of its own, and there builds and runs a program that knows
# nothing else: by pkg-config, and by CMake's find_package. The installation is moved in between: it may lie anywhere.
set -eu
build=$1
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d "${TMPDIR:-/tmp}/tps-install.XXXXXX")
trap 'rm -rf "$work"' EXIT

# A library that was built with sanitizers needs their runtime.
flags=
if grep -q '^TPS_SANITIZE:BOOL=ON' "$build/CMakeCache.txt"; then
    flags="$flags -fsanitize=address,undefined"
fi
if grep -q '^TPS_COVERAGE:BOOL=ON' "$build/CMakeCache.txt"; then
    flags="$flags --coverage"
fi

DESTDIR="$work/packed" cmake --install "$build" --prefix /usr/local >/dev/null
mkdir "$work/by-pkg-config" "$work/by-cmake"
mv "$work/packed/usr/local" "$work/installed"
for expected in include/tps/status.h lib/libtps_base.a lib/pkgconfig/opentps.pc lib/cmake/opentps/opentps-config.cmake; do
    [ -f "$work/installed/$expected" ] || { echo "install: $expected was not installed" && exit 1; }
done

cd "$work/by-pkg-config"
export PKG_CONFIG_PATH="$work/installed/lib/pkgconfig"
# shellcheck disable=SC2046,SC2086
cc -std=c11 -Wall -Wextra -Werror $flags -o consumer "$here/consumer.c" $(pkg-config --cflags --libs opentps)
./consumer
# shellcheck disable=SC2046,SC2086
cc -std=c11 -Wall -Wextra -Werror $flags -o evidence "$here/../../../examples/evidence.c" $(pkg-config --cflags --libs opentps)

cmake -G Ninja -S "$here" -B "$work/by-cmake" -DCMAKE_PREFIX_PATH="$work/installed" -DCMAKE_C_FLAGS="$flags" >/dev/null
cmake --build "$work/by-cmake" >/dev/null
"$work/by-cmake/consumer"
echo "install: a program outside of the tree builds and runs"
