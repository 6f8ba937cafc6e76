#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# scripts/fuzz.sh [--short] BUILD SECONDS [NAME]: runs the fuzz targets of the build folder BUILD, or the one called NAME, each for
# SECONDS, from the inputs kept in fuzz/corpus/NAME. Afterwards the inputs that reach new code are added there, ready to
# be committed; --short leaves that out. An input that breaks a target is left in BUILD/crashes and named; the exit status is then 1.
set -eu

keep=yes
if [ "$1" = "--short" ]; then
    keep=
    shift
fi
build=$1
seconds=$2
only=${3:-}
broken=
found=

for program in "$build"/bin/fuzz_*; do
    [ -x "$program" ] || continue
    name=${program##*/fuzz_}
    [ -z "$only" ] || [ "$only" = "$name" ] || continue
    found=yes
    kept=fuzz/corpus/$name
    work=$build/corpus/$name
    mkdir -p "$work" "$build/crashes"
    [ -z "$keep" ] || mkdir -p "$kept"
    dictionary=
    [ ! -f "fuzz/$name.dict" ] || dictionary=-dict=fuzz/$name.dict

    echo "fuzz: $name for $seconds s"
    if ! "$program" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 -verbosity=0 \
        $dictionary -artifact_prefix="$build/crashes/$name-" "$work" $([ ! -d "$kept" ] || echo "$kept") \
        >"$build/$name.log" 2>&1; then
        tail -n 40 "$build/$name.log" >&2
        broken="$broken $name"
        continue
    fi
    grep 'number_of_executed_units' "$build/$name.log" || true
    [ -n "$keep" ] || continue
    "$program" -merge=1 -verbosity=0 "$kept" "$work" >>"$build/$name.log" 2>&1
    echo "fuzz: $name keeps $(ls "$kept" | wc -l) inputs in $kept"
done

if [ -z "$found" ]; then
    echo "fuzz: there is no target${only:+ called '$only'} in $build/bin: see fuzz/CMakeLists.txt" >&2
    exit 2
fi
if [ -n "$broken" ]; then
    echo "fuzz: broken:$broken; the inputs are in $build/crashes: run BUILD/bin/fuzz_NAME INPUT to see again" >&2
    exit 1
fi
