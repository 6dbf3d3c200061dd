# A shell of the guest, typed into by the host's part of a scenario ($CONSOLE, $SERIAL_LOG). Sourced.

said() { tr -d '\r' <"$SERIAL_LOG"; }
lines=0
# run COMMAND: type it; $status is what it ended with, $output what it printed.
run()
{
    lines=$((lines + 1))
    printf '%s\n' "{ $1; } >/tmp/out 2>&1; s=\$?; echo; cat /tmp/out; echo \"=end=\" $lines \$s" >"$CONSOLE"
    tries=1200
    until status=$(said | sed -n "s/^=end= $lines \([0-9]*\)\$/\1/p") && [ -n "$status" ]; do
        tries=$((tries - 1))
        [ $tries -gt 0 ] || { status=none output='no answer' && return 0; }
        sleep 0.05 # Between two looks at the log.
    done
    output=$(said | awk -v last="=end= $lines $status" '/^=end= / { if ($0 == last) exit; text = ""; next } { text = text $0 "\n" }
        END { printf "%s", text }')
}
