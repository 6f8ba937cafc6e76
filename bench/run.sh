#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Runs every benchmark of a release build and prints one JSON object a line. Usage: bench/run.sh [BUILD-FOLDER]
set -eu
build=${1:-build}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

for part in walk encode; do
    if [ -x "$build/bin/bench_cbor_$part" ]; then
        "$build/bin/bench_cbor_$part"
    fi
done
"$build/bin/bench_cose_verify"
"$build/bin/bench_appraise_process"
"$build/bin/bench_appraise_million"
"$build/bin/bench_appraise_http" "$build/bin/tps" "$folder"
mkdir "$folder/postgresql"
# In a cluster of its own on core 1; 77: there is no PostgreSQL here.
taskset -c 1 /usr/bin/python3 "$(dirname "$0")/../tests/support/with_postgresql.py" sh -c \
    'exec "$0" "$1" "$2" "$TPS_POSTGRESQL_URL"' "$build/bin/bench_appraise_http" "$build/bin/tps" "$folder/postgresql" ||
    [ $? -eq 77 ]
mkdir "$folder/million"
"$build/bin/bench_http_million" "$build/bin/tps" "$folder/million"
"$build/bin/bench_idle_connections"
for part in roundtrip fair; do
    mkdir "$folder/$part"
    "$build/bin/bench_tpsc_$part" "$build/bin/tps" "$build/bin/tps-boot" "$folder/$part"
done
