#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# cortex_m33.sh BUILD: the portable libraries build for a Cortex-M33, without a warning, in the folder BUILD; and what they
# hold and need is what portable code may (portable_symbols.py).
set -eu
build=$1
here=$(cd "$(dirname "$0")" && pwd)
cd "$here/../.."

if ! command -v arm-none-eabi-gcc >/dev/null; then
    echo "skipped: arm-none-eabi-gcc is not installed"
    exit 77
fi
cmake --preset mcu -B "$build" --log-level=WARNING >/dev/null
cmake --build "$build"
exec python3 "$here/portable_symbols.py" "$build"
