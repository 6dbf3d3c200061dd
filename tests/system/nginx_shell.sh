#!/bin/sh
# The host's part of nginx_shell.scn: types at the shell, and loads nginx meanwhile. After `-s quit` nobody listens until it is
# started again; who connects in between waits, so no request of that load fails either.
set -eu
. tests/system/typed_shell.sh

port=$HOST_PORT_8080
site=profiles/hosting/root/www
webload=build/tools/webload
conf=/tmp/nginx.conf
nginx="nginx -c $conf"

results=0
# claim NAME WHY: passed if there is no why.
claim()
{
    results=$((results + 1))
    if [ -z "$2" ]; then
        echo "@@test pass nginx_shell.$1"
    else
        echo "@@test fail nginx_shell.$1 $(printf '%s' "$2" | tail -n 3 | tr '\n' ' ')"
    fi
}

# The commands below leave in $why what went wrong, or nothing.

# shell COMMAND: one that goes well.
shell()
{
    run "$1"
    [ "$status" = 0 ] || why="$why $1: $status: $output"
}

# await CONDITION: of the guest's shell, for at most 30 s.
await()
{
    shell "n=300; until $1 || [ \$n -eq 0 ]; do n=\$((n - 1)); sleep 0.1; done; $1"
}

reload()
{
    shell "$nginx -s reload"
    await "[ \$(grep -c 'SIGHUP.*reconfiguring' /tmp/log) -ge $1 ]"
}

quit_and_start()
{
    shell "$nginx -s quit"
    await '[ ! -e /tmp/nginx.pid ]'
    shell "$nginx"
}

# under_load NAME COMMAND: the command again and again, each time until it is obeyed, while the site is loaded.
under_load()
{
    load_count=0 why=''
    $webload load "$port" "$site" --requests 6000 --connections 4 --fresh 1 >"$CONSOLE.load" 2>&1 &
    loader=$!
    while kill -0 $loader 2>/dev/null && [ -z "$why" ]; do
        load_count=$((load_count + 1))
        "$2" $load_count
    done
    wait $loader || true
    echo "$1: $load_count times"
    claim "$1" "$why"
    claim "$1.while_it_was_served" "$([ $load_count -ge 3 ] || echo "$load_count times alone")"
    claim "$1.no_request_fails" "$(grep -q '^@@test pass' "$CONSOLE.load" || cat "$CONSOLE.load")"
}

why=''
shell "sed 's/daemon off/daemon on/; s/listen 80/listen 8080/; s|stderr notice|/tmp/log notice|' /etc/nginx/nginx.conf >$conf"
shell "cp /etc/nginx/mime.types /tmp"
shell "$nginx"
claim starts_into_the_background "$why"
$webload verify "$port" "$site" >"$CONSOLE.verify" 2>&1 || true
claim serves_the_site "$(grep -q '^@@test pass' "$CONSOLE.verify" || cat "$CONSOLE.verify")"
under_load reload reload
under_load quit quit_and_start
why=''
shell "$nginx -s quit"
await '[ ! -e /tmp/nginx.pid ]'
claim quits "$why"
run "grep -e '\[crit\]' -e '\[emerg\]' /tmp/log"
claim nothing_alarming "$([ "$status" = 1 ] || echo "$output")"
echo "@@test done $results"
