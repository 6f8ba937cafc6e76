#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Every public header compiles alone, twice in a row, without a warning, as C11 and as C++17. CC and CXX choose compilers.
set -u
cd "$(dirname "$0")/../.." || exit 2

warnings="-Wall -Wextra -Wpedantic -Wshadow -Wundef -Werror"
failed=0
count=0
for header in include/tps/*.h; do
    name=${header#include/}
    count=$((count + 1))
    # shellcheck disable=SC2086
    printf '#include "%s"\n#include "%s"\n' "$name" "$name" |
        ${CC:-cc} -x c -std=c11 $warnings -Wstrict-prototypes -fsyntax-only -Iinclude - ||
        { echo "$header: does not compile alone as C11" && failed=$((failed + 1)); }
    # shellcheck disable=SC2086
    printf '#include "%s"\n#include "%s"\n' "$name" "$name" |
        ${CXX:-c++} -x c++ -std=c++17 $warnings -fsyntax-only -Iinclude - ||
        { echo "$header: does not compile alone as C++17" && failed=$((failed + 1)); }
done
echo "headers: $count public headers, $failed finding(s)"
[ "$failed" -eq 0 ] && [ "$count" -gt 0 ]
