#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Switches an emulated board on, with a flash that `tps factory chip` made:
#
#   firmware/an505/emulate.sh FLASH [SECURE.elf]
#
# One board at a time has a flash, and a file that is smaller than the board's flash is none and stays as it is.
# The secure world's console is standard output. The serial line is the unix socket FLASH.line, for
#   tps device bridge unix:FLASH.line --to URL
# Ends when it is killed: that is the power, and the flash keeps what was written (it grows to 16 MiB, the board's whole
# memory; the flash is its beginning). SECURE.elf is build-firmware/an505/an505_secure.elf if not given.
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)

fail()
{
    echo "emulate: $1: $2" >&2
    exit 2
}

[ $# -ge 1 ] || fail "no flash is named" "emulate.sh FLASH [SECURE.elf]"
flash=$1
secure=${2:-$root/build-firmware/an505/an505_secure.elf}
[ -f "$flash" ] || fail "there is no file $flash" "tps factory chip DEVICE --out $flash"
[ -f "$secure" ] || fail "there is no secure image $secure" "make firmware"
command -v qemu-system-arm >/dev/null || fail "qemu-system-arm is not installed" "make deps"
case $flash in
*,*) fail "the name $flash holds a comma, which QEMU takes for its own" "rename the file" ;;
esac

size=$(stat -L -c %s "$flash")
[ "$size" -ge 4194304 ] && [ "$size" -le 16777216 ] ||
    fail "$flash is no flash: it has $size bytes, and a flash 4194304 to 16777216" "tps factory chip DEVICE --out FLASH"
exec 9<>"$flash" # the lock lasts as long as the emulator, which inherits it
flock -n 9 || fail "a board with the flash $flash is switched on already" "end it first, or make another flash"
truncate -s 16M "$flash"
rm -f "$flash.line"
exec qemu-system-arm -M mps2-an505,memory-backend=flash -nodefaults -display none -monitor none \
    -object "memory-backend-file,id=flash,share=on,size=16M,mem-path=$flash" \
    -chardev "socket,id=line,path=$flash.line,server=on,wait=off" -serial chardev:line \
    -chardev stdio,id=console,signal=off -serial chardev:console \
    -nic user,restrict=on,model=lan9118 -kernel "$secure" </dev/null
