#!/bin/sh
# The host's part of netd_kills.scn. A client knocks all the time while netd is killed. Both times are the
# guest's: that of the death from the supervisor's events, that of the first answer of the next life from the
# server's access log.
set -eu
. tests/system/console.sh

kills=20
limit_ms=100
file=build/test-tree/tree/file24.bin

# netd's last death and the end of its start after it, in milliseconds since the boot.
last_death()
{
    console events | awk '$2 == "netd" { split($1, t, "."); now = t[1] * 1000 + t[2] }
        $2 == "netd" && /killed/ { killed = now }
        $2 == "netd" && $3 == "ready" { ready = now }
        END { print killed, ready }'
}

# The first answer after a time.
first_answer_after()
{
    console log | awk -v after="$1" '/ www: / && /"status":200/ && /"cut":false/ {
        sub(/^\[ */, ""); at = $1 * 1000
        if (at > after && (first == "" || at < first)) first = at }
        END { print int(first + 0.999) }'
}

netd_starts()
{
    console services | awk '$1 == "netd" { print $4 }'
}

# It has answered before: what follows is about answering again.
build/tools/webload knock "$HOST_PORT_80" "$file" >/dev/null
before=$(netd_starts)
# kill_once: one death. Sets $took, and $seen for people.
deaths=0
kill_once()
{
    deaths=$((deaths + 1))
    console kill netd >/dev/null &
    build/tools/webload knock "$HOST_PORT_80" "$file" --for-ms 400 >"$CONSOLE.answers" || true
    wait
    last_death >"$CONSOLE.death"
    read -r killed ready <"$CONSOLE.death"
    answer=$(first_answer_after "$ready")
    took=$((answer - killed))
    seen="killed $killed, ready $ready, answered $answer"
    echo "round $round: $seen"
    [ "$answer" -gt 0 ] && [ "$ready" -ge "$killed" ] || took=$((limit_ms + 1))
}

# The guest's clock is the host's, which stalls guest and client as it likes: a round that was late is
# repeated, at most twice.
slow='' longest=0 repeated=0 round=0
while [ $round -lt $kills ]; do
    round=$((round + 1)) try=1
    kill_once
    until [ $took -le $limit_ms ]; do
        [ $try -lt 3 ] || break
        try=$((try + 1)) repeated=$((repeated + 1))
        kill_once
    done
    [ $took -le $limit_ms ] || slow="$slow round $round: $seen;"
    [ $took -le $longest ] || longest=$took
done
echo "@@count rounds_repeated $repeated"
echo "@@count longest_ms $longest"
result the_listener_is_back_in_time "$slow"
result every_kill_ended_netd "$([ $(($(netd_starts) - before)) -eq $deaths ] || echo "$(netd_starts) starts")"
result the_server_lived_on "$([ "$(console services | awk '$1 == "www" { print $4 }')" -eq 1 ] || echo "it was started again")"
echo "@@test done $RESULTS"
