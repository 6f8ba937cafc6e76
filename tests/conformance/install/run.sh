#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# run.sh BUILD: installs the build folder BUILD into a folder of its own, and there builds and runs programs that know
# nothing else: by pkg-config, and by CMake's find_package; all of opentps, and each part that is of use alone, which must
# bring in nothing of the others. The installation is moved in between: it may lie anywhere.
set -eu
build=$1
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d "${TMPDIR:-/tmp}/tps-install.XXXXXX")
trap 'rm -rf "$work"' EXIT

# A library that was built with sanitizers needs their runtime.
flags="-std=c11 -Wall -Wextra -Werror"
is_plain=yes
if grep -q '^TPS_SANITIZE:BOOL=ON' "$build/CMakeCache.txt"; then
    flags="$flags -fsanitize=address,undefined"
    is_plain=no
fi
if grep -q '^TPS_COVERAGE:BOOL=ON' "$build/CMakeCache.txt"; then
    flags="$flags --coverage"
fi

fail() {
    echo "install: $1"
    exit 1
}

# by_pkg_config PROGRAM SOURCE MODULE [FLAG]...
by_pkg_config() {
    program=$1 source=$2 module=$3
    shift 3
    # shellcheck disable=SC2046,SC2086
    cc $flags "$@" -o "$program" "$source" $(pkg-config --cflags --libs "$module")
}

# needs PROGRAM LIBRARY: the program is linked with the shared library
needs() {
    readelf -d "$1" | grep -q "NEEDED.*\[lib$2\.so"
}

DESTDIR="$work/packed" cmake --install "$build" --prefix /usr/local >/dev/null
mkdir "$work/by-pkg-config"
mv "$work/packed/usr/local" "$work/installed"
for expected in include/tps/status.h lib/libtps_base.a lib/pkgconfig/opentps.pc lib/cmake/opentps/opentps-config.cmake; do
    [ -f "$work/installed/$expected" ] || fail "$expected was not installed"
done

cd "$work/by-pkg-config"
export PKG_CONFIG_PATH="$work/installed/lib/pkgconfig"
by_pkg_config consumer "$here/consumer.c" opentps
./consumer
for example in "$here"/../../../examples/*.c; do
    by_pkg_config "example_$(basename "$example" .c)" "$example" opentps
done

# The parts: CBOR needs no cryptography, COSE no JSON library.
pkg-config --libs opentps-cbor | grep -q crypto && fail "opentps-cbor asks for cryptography"
pkg-config --libs opentps-format | grep -q -e jansson -e verifier && fail "opentps-format asks for more than formats"
by_pkg_config cbor_only "$here/cbor_only.c" opentps-cbor
./cbor_only
needs cbor_only crypto && fail "a program for CBOR was linked with libcrypto"
by_pkg_config format_only "$here/format_only.c" opentps-format
./format_only

# With OpenSSL inside of the program: all of it static where no sanitizer wants to be shared.
if [ -f "$(cc -print-file-name=libcrypto.a)" ]; then
    # shellcheck disable=SC2046,SC2086
    cc $flags -o static_crypto "$here/format_only.c" \
        $(pkg-config --static --cflags --libs opentps-format | sed 's/-lcrypto/-l:libcrypto.a/')
    ./static_crypto
    needs static_crypto crypto && fail "libcrypto is not inside of the program"
    if [ "$is_plain" = yes ]; then
        # shellcheck disable=SC2046,SC2086
        cc $flags -static -o all_static "$here/format_only.c" \
            $(pkg-config --static --cflags --libs opentps-format) 2>/dev/null
        ./all_static
    fi
else
    echo "install: no static libcrypto here to link with"
fi

# by_cmake FOLDER [OPTION]...
by_cmake() {
    folder=$1
    shift
    cmake -G Ninja -S "$here" -B "$folder" -DCMAKE_PREFIX_PATH="$work/installed" -DCMAKE_C_FLAGS="$flags" "$@" >/dev/null
    cmake --build "$folder" >/dev/null
    "$folder/consumer"
}

by_cmake "$work/by-cmake"
by_cmake "$work/by-cmake-cbor" -DTPS_PART=cbor
needs "$work/by-cmake-cbor/consumer" crypto && fail "a program for CBOR was linked with libcrypto"
by_cmake "$work/by-cmake-format" -DTPS_PART=format
by_cmake "$work/by-cmake-static" -DTPS_PART=format -DOPENSSL_USE_STATIC_LIBS=TRUE
needs "$work/by-cmake-static/consumer" crypto && fail "libcrypto is not inside of the program that CMake linked"
if (by_cmake "$work/by-cmake-unknown" -DTPS_PART=cosy) 2>"$work/unknown"; then
    fail "a component that does not exist was found"
fi
tr -s ' \n' ' ' <"$work/unknown" | grep -q 'no component "cosy"; there are .*format' ||
    fail "what CMake says of an unknown component does not name those that there are"
echo "install: programs outside of the tree build and run, with all of opentps and with parts of it"
