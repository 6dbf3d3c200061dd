#!/bin/sh
# The host's part of http_counts.scn: four hundred requests on one connection, and what they cost by the kernel's own counters,
# after as many that fill caches and tables.
set -eu
. tests/system/console.sh

requests=400

counter()
{
    awk -v name="$1" '$1 == name { print $2 }' "$2"
}

# per_request NAME COUNTER: how much of it there was for each, in thousandths.
per_request()
{
    echo "@@count http_request.$1 $((($(counter "$2" "$CONSOLE.after") - $(counter "$2" "$CONSOLE.before")) * 1000 / requests))"
}

ask()
{
    build/tools/wire http "$WIRE_OWN" "$WIRE_GUEST" / $requests 2>&1
}

ask >/dev/null || true # The second tells.
console counters >"$CONSOLE.before"
why=$(ask || echo "it failed")
console counters >"$CONSOLE.after"
per_request switches_permille context_switches_total
per_request calls_permille syscalls_total
per_request allocations_permille slab_allocations_total
per_request copied_permille stream_bytes_total
result all_are_answered_on_one_connection "$why"
echo "@@test done 1"
