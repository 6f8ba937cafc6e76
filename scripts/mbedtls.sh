#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
#   scripts/mbedtls.sh FOLDER
#
# Brings the source of mbedTLS 3.6 LTS into FOLDER/source: Debian's source package, fetched by apt with lists of its own,
# so that the system's stay as they are. Who vouches for it: Debian 13's signature on the list of sources, checked by apt
# against the archive's keyring; and a digest of the upstream tarball in scripts/mbedtls.digests. A newer 3.6 that Debian
# signed is taken with a warning. What is built of it, and how, says src/crypto/psa/CMakeLists.txt.
#
# Quick and silent when the source is there. Ends with 1 and a reason when it cannot be had.
set -eu

release=trixie
package=mbedtls
keyring=/usr/share/keyrings/debian-archive-keyring.gpg
digests=$(cd "$(dirname "$0")" && pwd)/mbedtls.digests

fail()
{
    echo "mbedtls: $1: $2" >&2
    exit 1
}

[ $# -eq 1 ] || fail "one folder is wanted" "scripts/mbedtls.sh FOLDER"
# The stamp holds the digest of what was unpacked; it is written last.
if [ -f "$1/stamp" ] && [ -f "$1/source/include/psa/crypto.h" ]; then
    exit 0
fi
for tool in apt-get apt-cache dpkg-source sha256sum; do
    command -v $tool >/dev/null || fail "$tool is missing" "install dpkg-dev; mbedTLS is taken from Debian only"
done
[ -r $keyring ] || fail "$keyring is missing" "install debian-archive-keyring"

mkdir -p "$1"
folder=$(cd "$1" && pwd)
work=$folder/fetch
rm -rf "$work"
mkdir -p "$work/state/lists/partial" "$work/cache/archives/partial" "$work/sources"
trap 'rm -rf "$work"' EXIT

# The mirror that this machine takes its own Debian from.
own=$(. /etc/os-release 2>/dev/null && echo "${VERSION_CODENAME:-}")
mirror=$(apt-get indextargets --format '$(RELEASE) $(COMPONENT) $(REPO_URI)' 'Created-By: Packages' 2>/dev/null |
    awk -v own="$own" '($1 == own || $1 ~ /^(old)?stable$/) && $2 == "main" { print $3; exit }')
[ -n "$mirror" ] || fail "apt knows no mirror of Debian here" "mbedTLS is taken from Debian only"
echo "deb-src [signed-by=$keyring] $mirror $release main" >"$work/sources.list"

private_apt()
{
    tool=$1
    shift
    "$tool" -qq -o Dir::State="$work/state" -o Dir::State::status=/dev/null -o Dir::Cache="$work/cache" \
        -o Dir::Etc::sourcelist="$work/sources.list" -o Dir::Etc::sourceparts=/dev/null \
        -o APT::Sandbox::User="$(id -un)" -o Acquire::Languages=none -o Acquire::Retries=2 \
        -o Acquire::http::Timeout=20 -o Acquire::https::Timeout=20 \
        -o APT::Get::AllowUnauthenticated=false -o Acquire::AllowInsecureRepositories=false "$@" </dev/null
}

# The newest 3.6 of Debian's list.
private_apt apt-get update -o APT::Update::Error-Mode=any >"$work/log" 2>&1 || {
    cat "$work/log" >&2
    fail "Debian's list of sources cannot be had or trusted" "check the network, and its signature above"
}
version=$(private_apt apt-cache showsrc --only-source $package | sed -n 's/^Version: //p' | sort -V | tail -n 1)
case "$version" in
3.6.*) ;;
*) fail "Debian $release has mbedTLS '$version'" "3.6 LTS is wanted" ;;
esac

(cd "$work/sources" && private_apt apt-get source --download-only --only-source "$package=$version") >"$work/log" 2>&1 || {
    cat "$work/log" >&2
    fail "$package $version cannot be fetched" "check the network"
}
tarball=$(cd "$work/sources" && echo ${package}_3.6.*.orig.tar.*z*)
[ -f "$work/sources/$tarball" ] || fail "the source package holds no upstream tarball" "look at ${package} $version"
digest=$(sha256sum "$work/sources/$tarball")
digest=${digest%% *}
if grep -qF "$digest  $tarball" "$digests"; then
    :
elif grep -qF "$tarball" "$digests"; then
    fail "$tarball has not the digest that scripts/mbedtls.digests knows" "do not use it; it was changed"
else
    newest=$(sed -n "s/^[0-9a-f]\{64\}  ${package}_\(3[.0-9]*[0-9]\)\.orig.*/\1/p" "$digests" | sort -V | tail -n 1)
    [ "$(printf '%s\n%s\n' "$newest" "${version%%-*}" | sort -V | tail -n 1)" != "$newest" ] ||
        fail "$tarball is older than $newest" "Debian's list may have been held back"
    echo "mbedtls: $tarball is newer than what scripts/mbedtls.digests knows; Debian signed it; taking it" >&2
fi

rm -rf "$folder/source" "$folder/stamp"
(cd "$work/sources" && dpkg-source --no-check --no-copy -x ./*.dsc "$folder/source") >"$work/log" 2>&1 || {
    cat "$work/log" >&2
    fail "$package $version cannot be unpacked" "read the message above"
}
echo "$digest" >"$folder/stamp"
echo "mbedtls: $version from Debian $release"
