#!/bin/sh
# The host's part of trace.scn: a hundred pages are fetched under a recording. trace_check.awk reads the events that come
# of it; here is checked that they are those of what was done.
set -eu
. tests/system/console.sh

events=$CONSOLE.trace.json
requests=100
console start tracer >/dev/null
export WEB_PORT="$HOST_PORT_80" REQUESTS=$requests
# The first is not recorded: what is read off the disk once.
curl -s -o /dev/null "http://localhost:$HOST_PORT_80/"
why=''
build/tools/trace --port "$HOST_PORT_9110" --seconds 60 -o "$events" --keep "$CONSOLE.trace.rec" --rows 100 --command '
    n=0
    while [ $n -lt "$REQUESTS" ]; do
        curl -s -f -o /dev/null "http://localhost:$WEB_PORT/" || exit 1
        n=$((n + 1))
    done' >"$CONSOLE.trace.txt" || why="build/tools/trace ended with $?"
result recording_comes_whole "$why"
result nothing_was_lost "$(grep -q ' 0 lost,' "$CONSOLE.trace.txt" || head -n 1 "$CONSOLE.trace.txt")"

checked=$(awk -f tests/system/trace_check.awk "$events") || checked="awk ended with $?: $checked"
result events_nest_and_end_in_order_of_time "$(echo "$checked" | grep -v '^count ')"
# The check itself: without one of the ends it must find something.
sed '0,/^{"ph":"E"/{/^{"ph":"E"/d}' "$events" >"$events.cut"
result a_missing_end_is_found "$(awk -f tests/system/trace_check.awk "$events.cut" | grep -q 'never end' || echo "it was not")"
result names_are_resolved "$(grep -E '"name":"(process|call|status) [0-9]+"|"name":"unknown"' "$events" | head -n 3)"

# count CATEGORY PROCESS NAME: spans of that name.
count()
{
    echo "$checked" | awk -v what="$1 $2 $3" '$1 == "count" && $2 " " $3 " " $4 == what { print $5; found = 1 }
        END { if (!found) print 0 }'
}

# Each page is a connection: the server takes one, and the network service makes a stream for it.
accepted=$(count call www stream_read)
result the_servers_reads_are_there "$([ "$accepted" -ge $requests ] || echo "$accepted of $requests")"
made=$(count call netd stream_create_net)
result each_connection_is_there_once "$([ "$made" -eq $requests ] || echo "$made of $requests")"
runs=$(count run cpus virtio-net)
result switches_to_the_driver_are_there "$([ "$runs" -gt 0 ] || echo "none")"
echo "@@test done $RESULTS"
