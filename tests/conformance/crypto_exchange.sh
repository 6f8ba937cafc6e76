#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# crypto_exchange.sh A B: what the back end of program A makes, that of program B understands, and the other way round.
set -eu
if [ $# -ne 2 ]; then
    echo "skipped: one back end only; scripts/mbedtls.sh build-mbedtls brings the other's library"
    exit 77
fi
made=$(mktemp)
trap 'rm -f "$made"' EXIT
"$1" make >"$made"
"$2" check <"$made"
"$2" make >"$made"
"$1" check <"$made"
