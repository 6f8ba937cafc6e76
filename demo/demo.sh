#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The demonstration: a maker, a light bulb and a door lock, two service providers. Everything happens in one folder
# (demo-out/, or the first argument) and on the loopback interface; every process that is started here ends with it.
set -euo pipefail
cd "$(dirname "$0")/.."
out=${1:-demo-out}
bin=${TPS_BIN:-build/bin}
tps=$bin/tps

if [ -t 1 ]; then bold=$'\033[1m'; dim=$'\033[2m'; plain=$'\033[0m'; else bold=; dim=; plain=; fi
chapter() { printf '\n%s%s%s\n' "$bold" "$*" "$plain"; }
tell() { printf '%s\n' "$*"; }
show() { printf '%s$ %s%s\n' "$dim" "tps ${*/#$out\//}" "$plain"; }
run() { show "$@"; "$tps" "$@" 2>&1 | sed 's/^/    /'; }

server=
devices=()
finish() {
    for device in "${devices[@]}"; do "$tps" device stop "$device" >/dev/null 2>&1 || true; done
    if [ -n "$server" ]; then kill "$server" 2>/dev/null || true; wait "$server" 2>/dev/null || true; fi
}
trap finish EXIT
started=$(date +%s%N)

rm -rf "$out"
mkdir -p "$out"

# What a provider thinks of a device: one line if it is accepted, cause and next step if not.
attests() { # device provider profile expected
    local device=$1 provider=$2 profile=$3 expected=$4 got=0
    show device attest --device "$device" --to "$url" --tenant "$provider" --profile "$profile"
    "$tps" device attest --device "$device" --to "$url" --tenant "$provider" --profile "$profile" \
        >"$out/attest.log" 2>&1 || got=$?
    sed 's/^/    /' "$out/attest.log"
    rm -f "$out/attest.log"
    if [ "$got" != "$expected" ]; then
        tell "This was not expected (exit $got instead of $expected): the demonstration stops here."
        exit 1
    fi
}

chapter "1. A maker"
tell "Acme Home makes connected things. It needs keys once: a certificate authority for its devices, a signer for what it"
tell "says of them to service providers, and a signer for its firmware."
run factory init "$out/acme" --name "Acme Home" --demo

chapter "2. Its products"
tell "Firmware for a light bulb and a door lock is released: signed, and its digests put down as reference values."
{ echo "light bulb firmware 1.0.0"; head -c 20000 /dev/zero; } >"$out/bulb-1.0.0.bin"
{ echo "door lock firmware 2.3.1"; head -c 30000 /dev/zero; } >"$out/lock-2.3.1.bin"
run factory release "$out/acme" --model bulb --version 1.0.0 --image "$out/bulb-1.0.0.bin"
run factory release "$out/acme" --model lock --version 2.3.1 --image "$out/lock-2.3.1.bin"
tell "Then one of each is made: a secret that never leaves it, and a certificate from the maker."
run factory make "$out/acme" --model bulb
run factory make "$out/acme" --model lock
bulb=$(echo "$out"/acme/devices/bulb-*)
lock=$(echo "$out"/acme/devices/lock-*)
devices=("$bulb" "$lock")

chapter "3. Two service providers"
tell "Sunlight runs lighting, Hausmeister runs doors. Neither knows the other; both trust the maker, and both take its"
tell "endorsements. (Here they are two tenants of one server; --demo lets it take the demonstration CA.)"
for provider in sunlight hausmeister; do
    run tenant create "$provider" --store "$out/providers.db"
    run tenant trust "$provider" "$out/acme/ca.pem" --store "$out/providers.db"
    show tenant endorse "$provider" "acme/endorsements/*.corim" --store providers.db
    "$tps" tenant endorse "$provider" "$out"/acme/endorsements/*.corim --store "$out/providers.db" 2>&1 | sed 's/^/    /'
done
"$tps" serve --store "$out/providers.db" --listen 127.0.0.1:0 --port-file "$out/port" --demo >"$out/server.log" 2>&1 &
server=$!
for _ in $(seq 100); do [ -s "$out/port" ] && break; sleep 0.05; done
url=http://127.0.0.1:$(cat "$out/port")
tell "Their server listens at $url; its log is $out/server.log."

chapter "4. Both devices prove themselves to both providers"
attests "$bulb" sunlight opentps 0
attests "$bulb" hausmeister psa 0
attests "$lock" sunlight psa 0
attests "$lock" hausmeister opentps 0

chapter "5. Somebody changes the bulb's firmware"
tell "One byte is enough. The bulb still starts (its boot is measured, not yet verified), and it cannot lie about it."
{ echo "light bulb firmware 1.0.O"; head -c 20000 /dev/zero; } >"$out/bulb-changed.bin"
run device stop "$bulb"
run device flash "$bulb" "$out/bulb-changed.bin"
attests "$bulb" sunlight opentps 1
attests "$bulb" hausmeister psa 1
tell "The lock is as good as before:"
attests "$lock" hausmeister psa 0

chapter "What is left to look at"
cat <<EOF
  $out/acme/                   the maker: keys, certificates, releases (README.txt says what is what)
  $out/acme/endorsements/      what it says of its devices        tps inspect FILE explains each
  $bulb   the bulb, with its changed firmware
  $out/providers.db            the providers' store
  $out/server.log              what their server wrote

What was software only, and therefore proves nothing about hardware: the secure component was a Linux process whose secret
is a file (secure/unique-secret); the maker's certificates come from the DEMONSTRATION CA, whose private key is public. A
server that is not started with --demo refuses both.
EOF
printf '\nDone in %d.%d s.\n' $((($(date +%s%N) - started) / 1000000000)) $((($(date +%s%N) - started) / 100000000 % 10))
