#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# scripts/mbedtls.sh takes what it knows, warns of what is newer, and refuses everything else by name. Without a network: apt
# and dpkg-source are stand-ins that serve a made source package of the version in $STAND_IN_VERSION.
set -eu
cd "$(dirname "$0")/../.."
script=$PWD/scripts/mbedtls.sh
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

[ -r /usr/share/keyrings/debian-archive-keyring.gpg ] || {
    echo "skipped: debian-archive-keyring is not installed"
    exit 77
}

mkdir "$work/bin" "$work/scripts"
cat >"$work/bin/apt-get" <<'STAND_IN'
#!/bin/sh
case "$*" in
*indextargets*) [ -n "${STAND_IN_NO_MIRROR:-}" ] || echo "stable main http://mirror.invalid/debian/" ;;
*update*) [ -z "${STAND_IN_BAD_SIGNATURE:-}" ] || { echo "the signature is bad"; exit 100; } ;;
*source*) : >"mbedtls_$STAND_IN_VERSION-1.dsc"; printf '%s' "$STAND_IN_TEXT" >"mbedtls_$STAND_IN_VERSION.orig.tar.bz2" ;;
esac
STAND_IN
cat >"$work/bin/apt-cache" <<'STAND_IN'
#!/bin/sh
printf 'Package: mbedtls\nVersion: 3.6.1-1\n\nVersion: %s-1\n' "$STAND_IN_VERSION"
STAND_IN
cat >"$work/bin/dpkg-source" <<'STAND_IN'
#!/bin/sh
for folder; do :; done
mkdir -p "$folder/include/psa"
: >"$folder/include/psa/crypto.h"
STAND_IN
chmod +x "$work"/bin/*
cp "$script" "$work/scripts"
digest=$(printf good | sha256sum)
echo "${digest%% *}  mbedtls_3.6.5.orig.tar.bz2" >"$work/scripts/mbedtls.digests"

# expect STATUS WORDS VARIABLE=VALUE...: runs the script with these, afresh; it must end so and say so.
expect()
{
    wanted=$1
    words=$2
    shift 2
    rm -rf "$work/out"
    status=0
    said=$(env PATH="$work/bin:$PATH" "$@" "$work/scripts/mbedtls.sh" "$work/out" 2>&1) || status=$?
    if [ "$status" -ne "$wanted" ] || ! echo "$said" | grep -qF "$words"; then
        echo "mbedtls.sh under '$*': status $status, must be $wanted and say '$words'; it said: $said"
        exit 1
    fi
    # What was refused is not there, and nothing of the fetching is left.
    if [ "$wanted" -ne 0 ] && [ -e "$work/out/source" ] || [ -e "$work/out/fetch" ]; then
        echo "mbedtls.sh under '$*' leaves something behind"
        exit 1
    fi
}

expect 0 "3.6.5-1 from Debian" STAND_IN_VERSION=3.6.5 STAND_IN_TEXT=good
[ "$("$work/scripts/mbedtls.sh" "$work/out" 2>&1)" = "" ] # it is there: quick and silent, and without a network
expect 1 "has not the digest" STAND_IN_VERSION=3.6.5 STAND_IN_TEXT=bad
expect 0 "newer than what" STAND_IN_VERSION=3.6.10 STAND_IN_TEXT=new
expect 1 "older than 3.6.5" STAND_IN_VERSION=3.6.2 STAND_IN_TEXT=old
expect 1 "3.6 LTS is wanted" STAND_IN_VERSION=4.0.0 STAND_IN_TEXT=good
expect 1 "cannot be had or trusted" STAND_IN_VERSION=3.6.5 STAND_IN_TEXT=good STAND_IN_BAD_SIGNATURE=yes
expect 1 "knows no mirror" STAND_IN_VERSION=3.6.5 STAND_IN_TEXT=good STAND_IN_NO_MIRROR=yes
echo "mbedtls.sh: nothing found"
