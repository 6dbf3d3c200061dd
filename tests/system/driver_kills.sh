#!/bin/sh
# The host's part of driver_kills.scn: the download types the kills itself, at random places of the file; nearly all of
# them must have ended a driver, and none may have cost a byte or the connection.
set -eu
. tests/system/console.sh

kills=20
bytes=67108864
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
# On a busy host the client may have so much left to read that a strike comes before the next driver is there: it is refused, or
# meets one that dies already.
deaths=$((after - before))
result kills_end_drivers "$([ $deaths -le $kills ] && [ $deaths -ge $((kills - 4)) ] || echo "$deaths of $kills")"
result netd_lives_on "$([ "$(starts netd)" -eq "$netd_before" ] || echo "it was started again")"
echo "@@test done $((RESULTS + 1))"
