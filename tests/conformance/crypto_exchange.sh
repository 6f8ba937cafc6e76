#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# crypto_exchange.sh A B...: what the back end of program A makes, that of each other program understands, and the other way
# round.
set -eu
if [ $# -lt 2 ]; then
    echo "skipped: one back end only; scripts/mbedtls.sh build-mbedtls brings the other's library"
    exit 77
fi
made=$(mktemp)
trap 'rm -f "$made"' EXIT
first=$1
shift
for other; do
    "$first" make >"$made"
    "$other" check <"$made"
    "$other" make >"$made"
    "$first" check <"$made"
done
