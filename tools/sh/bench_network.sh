#!/bin/sh
# bench_network.sh BYTES: the host's part of the measurement of plain TCP, in both directions.
set -eu
# Until the guest has its address.
curl -sf --connect-timeout 1 --retry 20 --retry-connrefused --retry-delay 0 --retry-max-time 20 -o build/bench/page \
    "http://${HOST_ADDRESS:-127.0.0.1}:${HOST_PORT_80:-80}/1k"
for direction in to from; do
    $BENCH_WRAP build/bench/bulk $direction "${HOST_ADDRESS:-127.0.0.1}" "${HOST_PORT_5201:-5201}" "$1" |
        sed "s|\(.*\)|@@count network.tcp_$direction \1 MB/s|"
done
