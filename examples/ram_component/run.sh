#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# run.sh TPS RAM_COMPONENT: makes a device, puts it into memory and runs the conformance program on it.
set -eu
work=$(mktemp -d "${TMPDIR:-/tmp}/ram-component.XXXXXX")
trap 'rm -rf "$work"' EXIT

head -c 5000 /dev/zero >"$work/image"
"$1" factory init "$work/maker" --name "Chip Maker" --demo >/dev/null
"$1" factory release "$work/maker" --model chip --version 1.0.0 --image "$work/image" >/dev/null
"$1" factory make "$work/maker" --model chip --component "$2" >/dev/null
"$2" "$work/maker/devices/chip-0001"
