#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The demonstration on microcontrollers: a maker, two light bulbs whose chips are emulated, and a service provider.
# Everything happens in one folder (demo-mcu-out/, or the first argument) and on the loopback interface; every process that
# is started here ends with it.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
. "$root/demo/story.sh"
images=$(cd "${TPS_FIRMWARE:-$root/build-firmware}/an505" 2>/dev/null && pwd) || images=
[ -f "$images/an505_secure.bin" ] && [ -f "$images/an505_bulb.bin" ] || fail "the images are not built" "make firmware"
command -v qemu-system-arm >/dev/null || fail "qemu-system-arm is not installed" "make deps"

begin_in "${1:-$root/demo-mcu-out}"

boards=()
power_off() { # of all boards that are on
    local board
    for board in "${boards[@]}"; do
        kill -KILL "$board" 2>/dev/null || true
        wait "$board" 2>/dev/null || true
    done
    boards=()
}
switch_off() { power_off; }

# Waits for a line of a file, to its end; shows what the file says if it does not come.
waits_for() { # file text
    for _ in $(seq 600); do
        if grep -q "$2" "$1" 2>/dev/null && [ -z "$(tail -c 1 "$1")" ]; then return; fi
        sleep 0.05
    done
    sed 's/^/    /' "$1"
    unexpected "no \"$2\" within 30 seconds"
}

# Switches a chip on: its secure console goes to NAME.console.
power_on() { # name expected
    show emulate.sh "$1.flash"
    "$root/firmware/an505/emulate.sh" "$1.flash" "$images/an505_secure.elf" >"$1.console" 2>&1 &
    boards+=($!)
    waits_for "$1.console" "$2"
    sed 's/^/    /' "$1.console"
}

# The bridge of a chip, with commands for the chip; what it ends with is the worst of the answers.
bridge() { # expected name command...
    local expected=$1 name=$2 word words=()
    shift 2
    for word; do words+=(--command "$word"); done
    show tps device bridge "unix:$name.flash.line" --to "$url" --tenant sunlight --once "${words[@]}"
    ends_with "$expected" device bridge "unix:$name.flash.line" --to "$url" --tenant sunlight --once --timeout 30 "${words[@]}"
}

tell "The smallest things have no Linux: a microcontroller, a serial line, a light. Here two of them have the whole Root of"
tell "Trust in the secure world of a Cortex-M33 (TrustZone-M), which QEMU emulates; all files are in $out."

chapter "1. A maker"
run factory init acme --name "Acme Home" --demo
tell "The bulb's firmware is an image for the world that is not secure: an application, with a serial line and a light."
cp "$images/an505_secure.bin" secure.bin
cp "$images/an505_bulb.bin" bulb-1.0.0.bin
run factory release acme --model bulb --version 1.0.0 --image bulb-1.0.0.bin
tell "The secure image is the first stage, the Root of Trust and its cryptography in one. Two devices are made with both:"
run factory make acme --model bulb --count 2 --component secure.bin
devices=(acme/devices/bulb-*)
tell "What a device's folder holds goes onto the flash of its chip. The secret is part of it, because the emulated board has"
tell "no fuses; so the chip calls itself INSECURE, in its log and in its evidence."
run factory chip "${devices[0]}" --out kitchen.flash
show tps factory chip "${devices[1]}" --out hall.flash
"$tps" factory chip "${devices[1]}" --out hall.flash >/dev/null

chapter "2. A service provider"
run tenant create sunlight --store provider.db
run tenant trust sunlight acme/ca.pem --store provider.db
endorse sunlight provider.db "acme/endorsements/*.corim"
serve provider.db

chapter "3. Both bulbs are switched on"
tell "The first stage verifies the secure image itself and the application, derives the keys of what runs, locks the secret"
tell "away, and starts the application in the other world. This is what the secure world says on its console:"
power_on kitchen "ready"
power_on hall "ready"

chapter "4. They prove themselves, and obey"
tell "A bridge carries the bytes of a chip's serial line; the chip itself speaks with the provider. It is asked for a"
tell "number that was never used, signs it together with what runs on it, and is accepted. Then it takes commands."
bridge 0 kitchen attest on status
bridge 0 hall attest status

chapter "5. One byte of one bulb's firmware is changed, in its flash"
tell "Somebody has opened the bulb in the hall, and writes to its flash directly. The power is off meanwhile."
power_off
line=$("$tps" factory chip hall.flash | grep 'image application')
offset=$(printf '%s\n' "$line" | awk '{print $1}')
size=$(printf '%s\n' "$line" | awk '{print $2}')
place=$((offset + size / 2))
byte=$(dd if=hall.flash bs=1 skip="$place" count=1 status=none | od -An -tu1)
printf '%b' "$(printf '\\x%02x' $((byte ^ 1)))" | dd of=hall.flash bs=1 seek="$place" conv=notrunc status=none
tell "    $(printf '0x%06x' "$place"): one bit of the image \"application\" is another now"
power_on hall "application does not run"
tell "No instruction of it ran; and the bulb in the kitchen is as good as before, and still lit:"
power_on kitchen "ready"
bridge 0 kitchen status

chapter "6. Firmware that the maker signed, and the provider does not know"
tell "The maker releases 1.1.0. The bulb's first stage runs it, because it is properly signed. But whoever signs can be"
tell "wrong, or be robbed; so the provider decides for itself, by the maker's endorsements that it took in. Not this one:"
power_off
{ cat bulb-1.0.0.bin; printf 'release 1.1.0'; } >bulb-1.1.0.bin
run factory release acme --model bulb --version 1.1.0 --image bulb-1.1.0.bin
release=acme/releases/bulb/application-1.1.0
run factory chip kitchen.flash --name application --image "$release.bin" --manifest "$release.manifest"
power_on kitchen "ready"
bridge 1 kitchen attest
tell "The image is named, and so is what to do. When the provider takes the endorsement of 1.1.0, the bulb is welcome again:"
endorse sunlight provider.db "acme/endorsements/*1.1.0*.corim"
sleep 1.5 # a running server looks at its store once a second
bridge 0 kitchen attest status

chapter "What is left to look at"
tell "In $out (tps is $tps):"
row acme/ "the maker: keys, certificates, releases"
row kitchen.flash "the flash of a chip; tps factory chip kitchen.flash tells what lies in it"
row kitchen.console "what its secure world said at its latest start"
row provider.db "the provider's store"
tell "docs/microcontroller.md goes through it by hand, and says what to change for a real chip."
tell
tell "${bold}What was emulated${plain}, and therefore proves nothing about hardware: the chips; their secret, which is a file; and"
tell "their random bytes. The maker's certificates come from the DEMONSTRATION CA, whose private key is public. A server that"
tell "is not started with --demo refuses all of these."
done_in_time
