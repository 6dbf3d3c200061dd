# The operator console of the guest, for the host's part of a scenario. Sourced. A command is typed into
# $CONSOLE; its answer is what $SERIAL_LOG gains until the next prompt.

CONSOLE_WAIT_S=30

# console COMMAND...: type it and print the answer.
console()
{
    console_from=$(($(wc -c <"$SERIAL_LOG") + 1))
    printf '%s\r' "$*" >"$CONSOLE"
    console_until=$(($(date +%s) + CONSOLE_WAIT_S))
    until tail -c "+$console_from" "$SERIAL_LOG" | tr -d '\r' | tail -n 1 | grep -q '^swctl> $'; do
        if [ "$(date +%s)" -gt "$console_until" ]; then
            echo "the console does not answer '$*'" >&2
            return 1
        fi
        sleep 0.02 # Between two looks at the log.
    done
    tail -c "+$console_from" "$SERIAL_LOG" | tr -d '\r' | sed '1d;$d'
}

# console_settled COMMAND...: until the answer is twice the same. What ends with a connection (a segment, a
# page table) may end a moment after the client has seen its last byte.
console_settled()
{
    settled_until=$(($(date +%s) + CONSOLE_WAIT_S)) settled_before=''
    while [ "$(date +%s)" -le "$settled_until" ]; do
        settled_now=$(console "$@")
        [ "$settled_now" != "$settled_before" ] || break
        settled_before=$settled_now
    done
    echo "$settled_now"
}

# result NAME WHY: a pass when WHY is empty. Counts into $RESULTS.
RESULTS=0
result()
{
    RESULTS=$((RESULTS + 1))
    if [ -z "$2" ]; then
        echo "@@test pass $1"
    else
        echo "@@test fail $1 $(printf '%s' "$2" | tr '\n' ' ')"
    fi
}
