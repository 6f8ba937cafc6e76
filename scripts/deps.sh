#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Installs the Debian packages that opentps is built and tested with; nothing from anywhere else.
#
#   scripts/deps.sh build   what `make build` and `make demo` need
#   scripts/deps.sh test    the same, and what `make test`, `make fuzz` and `make coverage` need
#
# Quick and silent when everything is there. Asks for a password only through sudo.
set -eu

build_packages="
    build-essential cmake ninja-build pkg-config
    libssl-dev libevent-dev libsqlite3-dev libpq-dev libjansson-dev libseccomp-dev libcurl4-openssl-dev liblua5.4-dev
    openssl curl ca-certificates python3"

# dpkg-dev and the archive's keyring are what scripts/mbedtls.sh takes a source package with.
# libclang-rt-dev holds the sanitizers' and libFuzzer's runtime, which clang only recommends; libcbor is what bench/
# compares with; valgrind finds branches that depend on secrets; qemu-system-arm is the board of tests/firmware; swtpm and
# tpm2-tools are a TPM and its owner; git lists the files that the checks of tests/conformance look at; postgresql's
# programs make clusters of the tests' own (the system's is never touched), faketime nodes whose clocks jump;
# fakeroot makes the package that lintian reads, and systemd judges its unit.
test_packages="
    libcmocka-dev libcbor-dev python3-cbor2 python3-cryptography git
    dpkg-dev debian-archive-keyring
    clang libclang-rt-dev clang-format clang-tidy cppcheck gcovr valgrind
    gcc-arm-none-eabi libnewlib-arm-none-eabi qemu-system-arm swtpm tpm2-tools
    postgresql faketime iproute2 util-linux fakeroot lintian systemd"

fail()
{
    echo "deps: $1: $2" >&2
    exit 1
}

case "${1:-test}" in
build) wanted=$build_packages ;;
test) wanted="$build_packages $test_packages" ;;
*) fail "there is no set of packages called '$1'" "use 'build' or 'test'" ;;
esac

# A package is there when its own name is installed, or another package that provides the name.
installed=$(dpkg-query -W -f '${db:Status-Status} ${Package} ${Provides}\n' 2>/dev/null |
    sed -n 's/^installed //p' | sed 's/([^)]*)//g' | tr ', ' '\n\n' | sort -u) || installed=
if [ -z "$installed" ]; then
    fail "this system has no dpkg" \
        "opentps is built on Debian 12 or 13; elsewhere install what they call$(echo " $wanted" | tr -s ' \n' ' ')and run \`make DEPS=no ...\`"
fi

missing=$(for package in $wanted; do
    echo "$installed" | grep -qxF "$package" || echo "$package"
done)
[ -n "$missing" ] || exit 0

. /etc/os-release
case "${ID:-}:${VERSION_ID:-}" in
debian:12 | debian:13) ;;
*) echo "deps: this is ${PRETTY_NAME:-an unknown system}; opentps is tested on Debian 12 and 13 only; trying anyway" >&2 ;;
esac

if [ "$(id -u)" -eq 0 ]; then
    as_root=
elif command -v sudo >/dev/null; then
    as_root="sudo"
else
    fail "packages are missing, and this is neither root nor is sudo there" \
        "have an administrator run: apt-get install --no-install-recommends $(echo $missing)"
fi

echo "deps: installing" $missing
apt()
{
    # shellcheck disable=SC2086
    $as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=300 "$@" </dev/null
}
apt update || echo "deps: the package lists could not all be brought up to date; trying with what is there" >&2
# shellcheck disable=SC2086
apt install -y --no-install-recommends -o Dpkg::Use-Pty=0 $missing >/dev/null ||
    fail "apt-get could not install what is missing" "read its message above; to try again: make deps"
echo "deps: done"
