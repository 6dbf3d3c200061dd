#!/bin/sh
# bench_request.sh REQUESTS: the host's part of counting what a request costs the guest: it asks for that many, then ends QEMU,
# which prints its counts.
set -eu
build/tools/wire http "$WIRE_OWN" "$WIRE_GUEST" /1k "$1"
qemu=$(cat build/bench/qemu.pid)
kill "$qemu"
while kill -0 "$qemu" 2>/dev/null; do
    sleep 0.05 # Between two looks at whether it has gone.
done
