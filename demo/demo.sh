#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The demonstration: a maker, a light bulb and a door lock, two service providers. Everything happens in one folder
# (demo-out/, or the first argument) and on the loopback interface; every process that is started here ends with it.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
. "$root/demo/story.sh"
begin_in "${1:-$root/demo-out}"

devices=()
switch_off() {
    for device in "${devices[@]}"; do "$tps" device stop "$device" >/dev/null 2>&1 || true; done
}

# What a provider thinks of a device: one line if it is accepted, cause and next step if not.
attests() { # device provider profile expected
    run_to "$4" device attest --device "$1" --to "$url" --tenant "$2" --profile "$3"
}

tell "How does a service know that the thing at the other end is genuine, and runs what its maker released? The thing proves"
tell "it. Here a maker, two devices and two service providers do so, in the folder $out."

chapter "1. A maker"
tell "Acme Home makes connected things. It needs keys once: a certificate authority for its devices, a signer for what it"
tell "says of them to service providers (endorsements), and a signer for its firmware."
run factory init acme --name "Acme Home" --demo

chapter "2. Its products"
tell "Firmware for a light bulb and a door lock is released: signed, and its digests put down as reference values."
{ echo "light bulb firmware 1.0.0"; head -c 20000 /dev/zero; } >bulb-1.0.0.bin
{ echo "door lock firmware 2.3.1"; head -c 30000 /dev/zero; } >lock-2.3.1.bin
run factory release acme --model bulb --version 1.0.0 --image bulb-1.0.0.bin
run factory release acme --model lock --version 2.3.1 --image lock-2.3.1.bin
tell "Then one of each is made: a secret that never leaves it, and a certificate from the maker."
run factory make acme --model bulb
run factory make acme --model lock
bulb=$(echo acme/devices/bulb-*)
lock=$(echo acme/devices/lock-*)
devices=("$bulb" "$lock")

chapter "3. Two service providers"
tell "Sunlight runs lighting, Hausmeister runs doors. Neither knows the other; both trust the maker, and both take its"
tell "endorsements. (Here they are two tenants of one server; --demo lets it take the demonstration CA.)"
for provider in sunlight hausmeister; do
    run tenant create "$provider" --store providers.db
    run tenant trust "$provider" acme/ca.pem --store providers.db
    endorse "$provider" providers.db "acme/endorsements/*.corim"
done
serve providers.db

chapter "4. Both devices prove themselves to both providers"
tell "A provider sends a number that it never used before; the device's secure component signs it, together with what it"
tell "measured when it started. The provider checks signature and number, and compares with what the maker endorsed. Two"
tell "forms of such evidence are spoken: the profile of opentps, and PSA tokens (RFC 9783), which other verifiers know."
attests "$bulb" sunlight opentps 0
attests "$bulb" hausmeister psa 0
attests "$lock" sunlight psa 0
attests "$lock" hausmeister opentps 0

chapter "5. Somebody changes the bulb's firmware"
tell "One byte is enough. The first stage of the bulb's boot checks every image against what the maker signed: this one does"
tell "not run any more. The bulb cannot lie about it either, so every provider learns of it, and why."
{ echo "light bulb firmware 1.0.O"; head -c 20000 /dev/zero; } >bulb-changed.bin
run device stop "$bulb"
run device flash "$bulb" bulb-changed.bin
run device start "$bulb"
attests "$bulb" sunlight opentps 1
attests "$bulb" hausmeister psa 1
tell "The lock is as good as before:"
attests "$lock" hausmeister psa 0

# For those who want to look: a token, and a result as the provider signed it.
"$tps" device evidence --device "$lock" --profile psa --nonce "$(openssl rand -base64 32)" --out lock-evidence.cbor >/dev/null
"$tps" device attest --device "$bulb" --to "$url" --tenant sunlight --json 2>/dev/null |
    sed -n 's/^ *"result": "\(.*\)".*/\1/p' >bulb-result.jwt || true

chapter "6. Somebody changes the secure component itself"
tell "It is the image that holds the keys. If it is not what the maker signed, nothing starts, and no key is given to it:"
{ cat "$bulb/firmware/component.bin"; echo x; } >component-changed.bin
run device stop "$bulb"
run device flash "$bulb" component-changed.bin --name component
run_to 2 device start "$bulb"
tell "With the maker's own images back in their places the bulb is as good as ever, and still itself:"
for image in component application; do
    release=$(echo "acme/releases/bulb/$image"-*.bin)
    run device flash "$bulb" "$release" "${release%.bin}.manifest" --name "$image"
done
attests "$bulb" sunlight opentps 0

chapter "What is left to look at"
tell "In $out (tps is $tps):"
row acme/ "the maker: keys, certificates, releases (README.txt says what is what)"
row acme/endorsements/ "what it says of its devices"
row "$bulb/" "the bulb; component.log says what it refused to run, and why"
row lock-evidence.cbor "what the lock says of itself: a PSA token"
row bulb-result.jwt "what Sunlight thinks of the bulb: a signed result (EAR)"
row providers.db "the providers' store"
row server.log "what their server wrote"
tell "tps inspect FILE explains endorsements, evidence, results, certificates. README.md goes on with two tours by hand."
tell
tell "${bold}What was software only${plain}, and therefore proves nothing about hardware: the secure component was a Linux process whose"
tell "secret is a file (boot/unique-secret); the maker's certificates come from the DEMONSTRATION CA, whose private key is"
tell "public. A server that is not started with --demo refuses both."
done_in_time
