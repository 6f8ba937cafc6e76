#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# mcu.sh BUILD: installs the portable libraries that were built for a Cortex-M33 in the folder BUILD, and links programs that
# know nothing else with them: CBOR alone, and COSE with PSA Crypto where BUILD has it. They are linked, not run.
set -eu
build=$1
here=$(cd "$(dirname "$0")" && pwd)

if ! command -v arm-none-eabi-gcc >/dev/null; then
    echo "skipped: arm-none-eabi-gcc is not installed"
    exit 77
fi
if [ ! -f "$(arm-none-eabi-gcc -print-file-name=nosys.specs)" ]; then
    echo "skipped: there is no C library for it (Debian: libnewlib-arm-none-eabi)"
    exit 77
fi
work=$(mktemp -d "${TMPDIR:-/tmp}/tps-install.XXXXXX")
trap 'rm -rf "$work"' EXIT

cmake --preset mcu -S "$here/../../.." -B "$build" --log-level=WARNING >/dev/null
cmake --build "$build" >/dev/null
cmake --install "$build" --prefix "$work/sdk" >/dev/null

# link PART: a program with find_package(opentps COMPONENTS PART)
link() {
    cmake -G Ninja -S "$here" -B "$work/$1" -DTPS_PART="$1" -DCMAKE_PREFIX_PATH="$work/sdk" \
        -DCMAKE_TOOLCHAIN_FILE="$here/../../../cmake/cortex-m33.cmake" \
        -DCMAKE_EXE_LINKER_FLAGS="--specs=nosys.specs -Wl,--gc-sections" >/dev/null
    cmake --build "$work/$1" 2>&1 | grep -i -e error -e undefined && exit 1
    arm-none-eabi-size "$work/$1/consumer"
}

link cbor
if [ -f "$work/sdk/lib/libtps_crypto_psa.a" ]; then
    link format
fi
echo "install: programs for a Cortex-M33 link with what was installed"
