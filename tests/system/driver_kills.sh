#!/bin/sh
# The host's part of driver_kills.scn: the download types the kills itself, at random places of the file; all of them must have
# ended a driver, and none may have cost a byte or the connection. What is on its way to the client at a death (the
# window, the host's buffers) is less than what lies between two places.
set -eu
. tests/system/console.sh

kills=20
bytes=134217728
if [ -n "${SWOS_FULL:-}" ]; then
    bytes=268435456
else
    echo "@@thinned download_bytes $bytes 268435456"
fi
seed=$(od -An -N4 -tu4 /dev/urandom | tr -d ' ')
echo "@@count seed $seed"

# starts SERVICE: how often it was started.
starts()
{
    console services | awk -v name="$1" '$1 == name { print $4 }'
}

before=$(starts virtio-net)
netd_before=$(starts netd)
build/tools/webload download "$HOST_PORT_80" build/test-large/large.bin --bytes "$bytes" --strikes $kills \
    --console "$CONSOLE" --first 'kill virtio-net' --second 'fault virtio-net read' --seed "$seed" || true
after=$(starts virtio-net)
result every_kill_ended_a_driver "$([ $((after - before)) -eq $kills ] || echo "$((after - before)) of $kills")"
result netd_lives_on "$([ "$(starts netd)" -eq "$netd_before" ] || echo "it was started again")"
echo "@@test done $((RESULTS + 1))"
