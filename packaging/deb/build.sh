#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Makes the Debian package from what was built: packaging/deb/build.sh BUILD-FOLDER OUTPUT-FOLDER [VERSION]
# Prints the package's path. The same input gives the same bytes (SOURCE_DATE_EPOCH, else the last commit's time).
set -eu
here=$(cd "$(dirname "$0")/../.." && pwd)
build=$(cd "$1" && pwd)
mkdir -p "$2"
output=$(cd "$2" && pwd)

fail()
{
    echo "deb: $1: $2" >&2
    exit 1
}

for tool in dpkg-deb dpkg-shlibdeps strip gzip; do
    command -v "$tool" >/dev/null || fail "there is no $tool" "install dpkg-dev and binutils"
done
[ -x "$build/bin/tps" ] || fail "$build/bin/tps is not there" "make build"
version=${3:-$(sed -n 's/^project(opentps VERSION \([0-9.]*\).*/\1/p' "$here/CMakeLists.txt")}
architecture=$(dpkg --print-architecture)
SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git -C "$here" log -1 --format=%ct 2>/dev/null || echo 1767225600)}
export SOURCE_DATE_EPOCH

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
tree=$work/tree
doc=$tree/usr/share/doc/opentps
umask 022

# What it holds.
mkdir -p "$tree/DEBIAN" "$tree/usr/bin" "$tree/usr/lib/systemd/system" "$tree/usr/lib/sysusers.d" \
    "$tree/usr/share/man/man1" "$tree/usr/share/man/man8" "$doc" "$tree/etc/tps/tls"
for program in tps tps-boot tps-component; do
    if [ -x "$build/bin/$program" ]; then
        install -m 0755 "$build/bin/$program" "$tree/usr/bin/$program"
        strip --strip-unneeded --remove-section=.comment --remove-section=.note "$tree/usr/bin/$program"
    fi
done
install -m 0644 "$here/packaging/tps.service" "$tree/usr/lib/systemd/system/tps.service"
install -m 0644 "$here/packaging/sysusers.conf" "$tree/usr/lib/sysusers.d/tps.conf"
install -m 0640 "$here/packaging/serve.conf" "$tree/etc/tps/serve.conf"
chmod 0750 "$tree/etc/tps" "$tree/etc/tps/tls"
for page in tps.1 tps-serve.8; do
    sed "s/@VERSION@/$version/" "$here/packaging/man/$page" | gzip -9n >"$tree/usr/share/man/man${page##*.}/$page.gz"
done
install -m 0644 "$here/packaging/alerts.md" "$doc/alerts.md"
gzip -9n <"$here/CHANGELOG.md" >"$doc/changelog.gz"
{
    printf 'Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/\nUpstream-Name: opentps\n\n'
    printf 'Files: *\nCopyright: the opentps authors\nLicense: Apache-2.0\n'
    printf ' On Debian systems the full text is in /usr/share/common-licenses/Apache-2.0.\n'
} >"$doc/copyright"

# What it needs: the libraries that the programs are linked with, as installed here, and what the scripts call.
mkdir -p "$work/shlibs/debian"
printf 'Source: opentps\n\nPackage: opentps\nArchitecture: any\nDescription: -\n' >"$work/shlibs/debian/control"
libraries=$(cd "$work/shlibs" && dpkg-shlibdeps -O "$tree"/usr/bin/* 2>/dev/null | sed -n 's/^shlibs:Depends=//p')
[ -n "$libraries" ] || fail "the programs' libraries cannot be found in packages" "build with Debian's own libraries"

size=$(du -sk --exclude=DEBIAN "$tree" | cut -f1)
cat >"$tree/DEBIAN/control" <<END
Package: opentps
Version: $version
Architecture: $architecture
Maintainer: The opentps maintainers <maintainers@opentps.invalid>
Installed-Size: $size
Depends: $libraries, systemd | systemd-standalone-sysusers, init-system-helpers (>= 1.52)
Recommends: ca-certificates
Suggests: postgresql
Section: net
Priority: optional
Description: trusted platform services: attestation verifier and its server
 Devices prove what they are and what runs on them; the server judges that
 against what their makers endorsed, for many service providers at once, and
 signs the result. With the tools of makers, of providers and of devices.
END
echo /etc/tps/serve.conf >"$tree/DEBIAN/conffiles"
for script in postinst prerm postrm; do
    install -m 0755 "$here/packaging/deb/$script" "$tree/DEBIAN/$script"
done
(cd "$tree" && find usr -type f -print0 | LC_ALL=C sort -z | xargs -0 md5sum >DEBIAN/md5sums)
chmod 0644 "$tree/DEBIAN/control" "$tree/DEBIAN/conffiles" "$tree/DEBIAN/md5sums"

package=$output/opentps_${version}_$architecture.deb
dpkg-deb --root-owner-group -Z"${TPS_DEB_COMPRESSION:-xz}" --build "$tree" "$package" >/dev/null
echo "$package"
