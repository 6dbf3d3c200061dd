#!/bin/sh
# The host's part of web.scn: after a warm-up of 100 requests, every file byte for byte, a load and malformed
# requests; and then free frames, page cache, slabs, handles, segments and the charges of every cell are exactly what
# they were after the warm-up.
set -eu
. tests/system/console.sh

tree=build/test-tree/tree
port=$HOST_PORT_80
webload=build/tools/webload
requests=2000
if [ -n "${SWOS_FULL:-}" ]; then
    requests=20000
else
    echo "@@thinned load_requests $requests 20000"
fi

# What the server holds besides connections, in handles; no stream is open then.
www_handles()
{
    console accounts | awk '$1 == "system" { segments = $NF }
        $1 == "www" { for (i = 1; i < NF; i++) if ($i == "handles") print $(i + 1), segments }'
}

# Until the server has closed what its clients have left behind: a refused request's connection is read for some
# seconds more.
wait_for_idle()
{
    idle_until=$(($(date +%s) + CONSOLE_WAIT_S))
    while [ "$(www_handles)" != "$idle" ] && [ "$(date +%s)" -le "$idle_until" ]; do :; done
}

# state FILE: all that must come back to what it was. Twice the same, since the driver lets go of memory in its own time.
state()
{
    console drop-cache >/dev/null
    console_settled memory >"$1"
    console_settled accounts >>"$1"
}

idle=$(www_handles)
$webload load "$port" "$tree" --requests 100 | sed "s/ load_/ warm_/"
# All ways of answering once: a page of the server's code that has run stays.
$webload verify "$port" "$tree" >/dev/null || true
$webload malformed "$port" "$tree" >/dev/null || true
wait_for_idle
state "$CONSOLE.before" # The first time for the console, too.
state "$CONSOLE.before"

$webload verify "$port" "$tree" || true
$webload load "$port" "$tree" --requests "$requests"
$webload malformed "$port" "$tree"
wait_for_idle
state_until=$(($(date +%s) + CONSOLE_WAIT_S))
state "$CONSOLE.after"
until cmp -s "$CONSOLE.before" "$CONSOLE.after" || [ "$(date +%s)" -gt "$state_until" ]; do
    state "$CONSOLE.after"
done
# The last lines are the cells', the first their sums.
result nothing_is_left "$(diff "$CONSOLE.before" "$CONSOLE.after" | grep '^[<>]' | tac | tr -s ' ')"

ping=$(console ping 10.0.2.2)
result ping_from_the_guest "$([ "$(echo "$ping" | grep -c 'bytes from 10.0.2.2')" -eq 4 ] || echo "$ping")"

echo "@@test done $((RESULTS + 4))"
