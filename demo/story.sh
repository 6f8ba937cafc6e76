# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# What the demonstrations share, for `.`: a folder of their own, commands as one would type them, a server, and an end at which
# every process that was started has ended, too. Wants `root`, the source's folder; sets `tps`, the program.
bin=$(cd "${TPS_BIN:-$root/build/bin}" 2>/dev/null && pwd) || bin=
tps=$bin/tps
mark=.made-by-the-demonstration

fail() { printf 'demo: %s: %s\n' "$1" "$2" >&2; exit 2; }
[ -x "$tps" ] || fail "the program tps is not built" "make build"

# Makes the folder, which is `out` from then on, and goes there. Only what a demonstration made is thrown away; one that was
# killed may have left its devices running.
begin_in() { # folder
    out=$1
    if [ -e "$out" ] && ! rmdir "$out" 2>/dev/null; then
        [ -e "$out/$mark" ] ||
            fail "$out is there already, and no demonstration made it" "move it away, or: demo/${0##*/} ANOTHER-FOLDER"
        for device in "$out"/acme/devices/*/; do "$tps" device stop "$device" >/dev/null 2>&1 || true; done
        rm -rf "$out"
    fi
    mkdir -p "$out" || fail "the folder $out cannot be made" "name another: demo/${0##*/} FOLDER"
    cd "$out"
    out=$PWD
    touch "$mark"
    started=$(date +%s%N)
}

# ---- words ----

if [ -t 1 ]; then bold=$'\033[1m'; dim=$'\033[2m'; plain=$'\033[0m'; else bold=; dim=; plain=; fi
chapter() { printf '\n%s%s%s\n' "$bold" "$*" "$plain"; }
tell() { printf '%s\n' "$*"; }
row() { printf '  %-24s %s\n' "$@"; }
unexpected() { tell "This was not expected ($1): the demonstration stops here."; exit 1; }

# ---- commands ----

# A command as one would type it in this folder.
show() {
    local words= word
    for word; do
        case $word in *" "*) words+=" \"$word\"" ;; *) words+=" $word" ;; esac
    done
    printf '%s$%s%s\n' "$dim" "$words" "$plain"
}
run() { show tps "$@"; "$tps" "$@" 2>&1 | sed 's/^/    /'; }

# A command that ends with this status, or the story does.
run_to() { # status argument...
    local expected=$1
    shift
    show tps "$@"
    ends_with "$expected" "$@"
}

# The same, not shown.
ends_with() { # status argument...
    local expected=$1 got=0
    shift
    "$tps" "$@" >command.log 2>&1 || got=$?
    sed 's/^/    /' command.log
    rm -f command.log
    [ "$got" = "$expected" ] || unexpected "exit $got instead of $expected"
}

endorse() { # tenant store pattern-of-files
    show tps tenant endorse "$1" "$3" --store "$2"
    # shellcheck disable=SC2086 # it is a pattern
    "$tps" tenant endorse "$1" $3 --store "$2" 2>&1 | sed 's/^/    /'
}

# ---- the server, which is at `url` ----

server=
serve() { # store
    show tps serve --store "$1" --listen 127.0.0.1:0 --port-file port --demo
    "$tps" serve --store "$1" --listen 127.0.0.1:0 --port-file port --demo >server.log 2>&1 &
    server=$!
    for _ in $(seq 100); do
        [ -s port ] || ! kill -0 "$server" 2>/dev/null || { sleep 0.05; continue; }
        break
    done
    [ -s port ] || fail "the server did not start: $(tail -n 1 server.log)" "see $out/server.log"
    url=http://127.0.0.1:$(cat port)
    sed 's/^/    /' server.log
}

# ---- the end ----

switch_off() { :; } # what a demonstration started besides the server: it says so itself
finish() {
    switch_off
    if [ -n "$server" ]; then kill "$server" 2>/dev/null || true; wait "$server" 2>/dev/null || true; fi
}
trap finish EXIT

done_in_time() {
    local took=$((($(date +%s%N) - started) / 100000000))
    printf '\nDone in %d.%d s.\n' $((took / 10)) $((took % 10))
}
