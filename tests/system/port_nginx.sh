#!/bin/sh
# The host's part of port_nginx.scn: the site as it is; a load during which nginx reads its configuration anew
# again and again, and one during which it quits and is started again: its listener is the supervisor's, so that who
# comes meanwhile waits. No request fails.
set -eu
. tests/system/console.sh

port=$HOST_PORT_80
site=profiles/hosting/root/www
webload=build/tools/webload
requests=600 signals=5
if [ -n "${SWOS_FULL:-}" ]; then
    requests=20000 signals=50
fi
echo "@@thinned nginx_load_requests $requests 20000"

starts() { console services | awk '$1 == "nginx" { print $4 }'; }
# The last line of the log with a text; it keeps the last lines alone, so counting them says nothing.
last() { console log | grep -e "nginx: .*$1" | tail -n 1 || true; }

# Until the log has a later line with the text.
await()
{
    await_until=$(($(date +%s) + CONSOLE_WAIT_S))
    while [ "$(last "$1")" = "$2" ]; do
        [ "$(date +%s)" -le "$await_until" ] || return 1
    done
}

# load NAME SIGNAL TEXT: the load, with the signal again whenever the log has the text of the last one.
load()
{
    $webload load "$port" "$site" --requests $requests --connections 4 --fresh 1 >"$CONSOLE.load" 2>&1 &
    loader=$!
    load_signals=0 load_lost=''
    while kill -0 $loader 2>/dev/null && [ $load_signals -lt $signals ] && [ -z "$load_lost" ]; do
        load_before=$(last "$3")
        console signal nginx "$2" >/dev/null
        load_signals=$((load_signals + 1))
        await "$3" "$load_before" || load_lost="signal $load_signals"
    done
    wait $loader || true
    echo "$1: $load_signals signals during $requests requests"
    sed 's/^@@count /@@count '"$1"'_/; /^@@test/d' "$CONSOLE.load"
    result "$1.no_request_fails" "$(grep -q '^@@test pass' "$CONSOLE.load" || cat "$CONSOLE.load")"
    result "$1.while_it_was_served" "$([ $load_signals -ge 2 ] || echo "$load_signals signals alone")"
    result "$1.each_was_obeyed" "$load_lost"
}

workers_until=$(($(date +%s) + CONSOLE_WAIT_S)) workers=0
while [ "$workers" -ne 2 ] && [ "$(date +%s)" -le $workers_until ]; do
    workers=$(console log | grep -c -e 'nginx: .*start worker process [0-9]' || true)
done
result nginx.two_workers "$([ "$workers" -eq 2 ] || echo "$workers")"
$webload verify "$port" "$site" >"$CONSOLE.verify" 2>&1 || true
result nginx.serves_the_site "$(grep -q '^@@test pass' "$CONSOLE.verify" || cat "$CONSOLE.verify")"
before=$(starts)
load nginx_reload HUP '(SIGHUP) received, reconfiguring'
result nginx.one_life_through_all_reloads "$([ "$(starts)" -eq "$before" ] || starts)"
# Each is a restart, and the manifest allows for 20 a minute.
[ $signals -le 15 ] || signals=15
load nginx_quit QUIT '(SIGQUIT) received, shutting down'
result nginx.each_quit_was_an_end "$([ "$(starts)" -gt "$before" ] || starts)"
console stop nginx >/dev/null
result nginx.stops "$(console services | grep -q '^nginx *stopped' || console services)"
result nginx.nothing_alarming "$(console log | grep -e 'nginx: .*\[\(crit\|emerg\)\]' || true)"
echo "@@test done $RESULTS"
