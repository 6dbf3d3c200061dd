#!/bin/sh
# bench_http.sh SECONDS [CONNECTIONS [FILES]]: the host's part of the measurement of the web server, by wrk.
set -eu
seconds=$1
address=${HOST_ADDRESS:-127.0.0.1}:${HOST_PORT_80:-80}

# The first of each kind fills the caches.
for file in 1k 1m; do
    curl -sf --connect-timeout 1 --retry 20 --retry-connrefused --retry-delay 0 --retry-max-time 20 -o build/bench/page "http://$address/$file"
    cmp -s build/bench/page build/bench-site/$file || echo "@@count fail $file is not what it should be"
done
for file in ${3:-1k 1m}; do
    for connections in ${2:-1 16 64}; do
        $BENCH_WRAP wrk -t1 -c"$connections" -d"${seconds}s" --timeout 10s -s tests/bench/wrk.lua "http://$address/$file" |
            sed -n "s/^\(rate\|bytes\|p[0-9_]*\|errors\) /@@count http.${file}_at_$connections.&/p"
    done
done
