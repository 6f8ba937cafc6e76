#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# appraise_test.sh PROGRAM: the example appraise over published evidence: affirmed with its own nonce, refused with another.
set -eu
program=$1
vectors=${TPS_VECTORS:-$(cd "$(dirname "$0")/.." && pwd)/../shared/vectors}/veraison
if [ ! -d "$vectors" ]; then
    echo "skipped: there are no vectors at $vectors"
    [ -z "${TPS_REQUIRE_VECTORS:-}" ] && exit 77
    exit 1
fi
"$program" "$vectors/psa-evidence.cbor" QUp8F0FBs9DpodKK8xUg8NQimf6sQAfe2J1ormzZLxk= "$vectors/psa-endorsements.cbor"
status=0
"$program" "$vectors/psa-evidence.cbor" AUp8F0FBs9DpodKK8xUg8NQimf6sQAfe2J1ormzZLxk= "$vectors/psa-endorsements.cbor" || status=$?
[ "$status" -eq 1 ]
