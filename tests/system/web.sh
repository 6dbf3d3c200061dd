#!/bin/sh
# The host's part of web.scn: every file byte for byte, then a load and malformed requests, after which handles,
# segments, processes, threads, scratch and page cache of every cell are what they were before.
#
# Frames are compared within a bound, after a first round of the same load: the packet pool, and the tables of
# netd and httpd, keep each page that they have once used, and which pages a load uses first is a matter of
# timing. The bound is below one frame for each connection of a round.
set -eu
. tests/system/console.sh

tree=build/test-tree/tree
port=$HOST_PORT_80
webload=build/tools/webload
frames_slack=256
requests=2000
if [ -n "${SWOS_FULL:-}" ]; then
    requests=20000
else
    echo "@@thinned load_requests $requests 20000"
fi

# state FILE: all that must come back to what it was.
state()
{
    console drop-cache >/dev/null
    console_settled memory >"$1.memory"
    console_settled accounts >"$1.accounts"
    {
        grep -E '^(page cache|handles|segments)' "$1.memory"
        sed 's/ memory [0-9]*//' "$1.accounts"
    } >"$1"
}

frames_free()
{
    sed -n 's/^free *//p' "$1.memory"
}

# load WHEN: a round, its results under names of its own.
load()
{
    $webload load "$port" "$tree" --requests "$2" | sed "s/ load_/ $1_/"
    $webload malformed "$port" "$tree" | sed "s/ malformed/ $1_malformed/"
}

$webload verify "$port" "$tree" || true
load warm 100
load first "$requests"
state "$CONSOLE.before" # The first time for the console, too.
state "$CONSOLE.before"
load load "$requests"
state "$CONSOLE.after"

result nothing_is_left "$(diff "$CONSOLE.before" "$CONSOLE.after" || true)"
left=$(($(frames_free "$CONSOLE.before") - $(frames_free "$CONSOLE.after")))
echo "@@count frames_first_used $((left > 0 ? left : 0))"
result frames_are_bounded "$([ "$left" -le "$frames_slack" ] || echo "$left frames are gone")"

ping=$(console ping 10.0.2.2)
result ping_from_the_guest "$([ "$(echo "$ping" | grep -c 'bytes from 10.0.2.2')" -eq 4 ] || echo "$ping")"

echo "@@test done $((RESULTS + 7))"
